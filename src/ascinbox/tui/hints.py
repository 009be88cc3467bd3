"""What the hint line says. Pure; every key shown comes from the key table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ascinbox.tui.actions import BY_ID, Keymap


class Hint(NamedTuple):
    """One entry of the hint line."""

    actions: tuple[str, ...]
    text: str
    every_key: bool = False
    """Show all keys of the action (`ctrl+g F9`)."""
    tight: bool = False
    """No blank between the keys of two actions (`<>`)."""


def hints_of(*entries: str) -> tuple[Hint, ...]:
    """Hints written as `action`, `action=text`, `one two=text` (both keys), `one&two=text` (both, tight) or
    `action+` (all its keys); without a text it is the action's own short word."""
    row: list[Hint] = []
    for entry in entries:
        names, given, text = entry.partition("=")
        ids = tuple(names.rstrip("+").replace("&", " ").split())
        words = text if given else BY_ID[ids[0]].hint or BY_ID[ids[0]].brief
        row.append(Hint(ids, words, names.endswith("+"), "&" in names))
    return tuple(row)


class Hints(NamedTuple):
    """The hints of one place, the most used first, and what is pinned at the right end."""

    entries: tuple[Hint, ...]
    pinned: Hint

    def fitting(self, texts: Mapping[str, str], offers: Callable[[str], bool]) -> Hints:
        """Those that are done here (`offers`), at most `MOST` with the pinned one; `texts` replaces the words
        of single actions, and leaves out those that it has no words for."""
        here = (hint for hint in self.entries if all(map(offers, hint.actions)))
        worded = (hint._replace(text=texts.get(hint.actions[0], hint.text)) for hint in here)
        told = [hint for hint in worded if hint.text]
        pinned = self.pinned._replace(text=texts.get(self.pinned.actions[0], self.pinned.text))
        return Hints(tuple(told[: MOST - 1]), pinned)


MOST = 8
"""Hints on the line, the pinned one among them."""

_HELP = hints_of("help")[0]


def _place(*entries: str) -> Hints:
    return Hints(hints_of(*entries), _HELP)


HINTS: Mapping[str, Hints] = {
    "inbox": _place("reply", "template", "done", "snooze", "filter", "select", "undo"),
    "others": _place("next prev=move", "open=list it and those like it", "pane_next=next pane", "back"),
    "outbox": _place(
        "undo",
        "publish=publish now",
        "reply=edit",
        "done",
        "need_next=next to fix",
        "open=open review",
        "export=export",
    ),
    "metrics": _place(
        "view_prev&view_next=period",
        "by=break down",
        "compare",
        "sort",
        "side=plot",
        "open=day table",
        "export=export",
    ),
    "health": _place(
        "need_next=next to fix",
        "open=detail",
        "rotate",
        "copy=copy the fix",
        "browser",
        "sync=re-check",
        "export=export",
    ),
    "accounts": _place(
        "open", "rotate=reconnect/rotate", "invite", "add=link", "delete=unlink", "sync=check", "browser"
    ),
    "listing": _place(
        "open=edit",
        "publish=compare, send",
        "need_next=next missing",
        "undo",
        "item_prev&item_next=app",
        "more",
        "sync=read",
    ),
    "listing_text": _place("back=keep it, go back", "external", "save=save"),
    "listing_push": _place(
        "publish=send what is ticked", "select=tick", "select_all=all", "next prev=move", "back"
    ),
    "editor": _place("check", "insert_template", "external", "back=keep draft", "draft", "save"),
    "check": _place("publish", "accept", "reply=edit", "back=keep draft", "pane_next=phone width"),
    "approve": _place(
        "publish", "reply=edit", "send_back", "accept", "back=leave it", "pane_next=phone width"
    ),
    "filter": _place("pane_next=completes", "open=keeps", "back=undoes"),
    "menu": _place("next prev=move", "open=choose", "filter=find", "take_over", "back=close"),
    "templates": _place(
        "open=choose",
        "template_new",
        "template_edit",
        "template_keep=keep this reply",
        "next prev=move",
        "back=close",
    ),
    "prompt": _place("open=ok", "pane_next=completes", "back"),
    "form": _place("open=ok", "pane_next=next field", "back"),
    "help": _place("next prev=scroll", "filter=search keys and topics", "pane_next=topics", "back=close"),
    "help_search": _place("open=keeps what was found", "back=all keys"),
    "first_run": _place("next prev=move", "open=choose", "add=link", "back=empty Inbox", "quit"),
    "wizard": _place("pane_next=next field", "open=continue", "back"),
    "wizard_tick": _place("next prev=move", "select=tick", "select_all=all", "open=continue", "back"),
    "wizard_make": _place("open=continue", "back", "copy=copy the message"),
    "wizard_page": _place("open=continue", "back"),
}
"""Hints by place: the top screens and what can lie over them."""

WIDE = 110
"""Columns from which the wide form of screens is used."""


def hint_words(keymap: Keymap, entry: Hint, typing: bool = False) -> str:
    """`r reply`; empty when a remapped keymap leaves the action without a key."""
    keys = [shown for shown in (keymap.shown(v, entry.every_key, typing) for v in entry.actions) if shown]
    if not keys:
        return ""
    return f"{('' if entry.tight else ' ').join(keys)} {entry.text}".rstrip()


class PlacedHint(NamedTuple):
    """A hint on the line: its words, and the column in which they begin."""

    start: int
    words: str
    hint: Hint


def place_hints(
    hints: Hints, keymap: Keymap, width: int, measure: Callable[[str], int] = len, *, typing: bool = False
) -> list[PlacedHint]:
    """What a line of `width` cells has room for: hints drop whole from the left group's end, help stays.

    `measure` gives the cells of a text; narrower than the pinned hint, there is none. `typing`: a text field
    has the keys, so that only those are told that type nothing.
    """
    pinned = hint_words(keymap, hints.pinned, typing)
    last = width - 1 - measure(pinned)
    if last < 1:
        return []
    placed: list[PlacedHint] = []
    column = 1
    for entry in hints.entries:
        words = hint_words(keymap, entry, typing)
        if not words:
            continue
        if column + measure(words) > last - 2:
            break
        placed.append(PlacedHint(column, words, entry))
        column += measure(words) + 2
    return [*placed, PlacedHint(last, pinned, hints.pinned)]


def hint_line(
    hints: Hints, keymap: Keymap, width: int, measure: Callable[[str], int] = len, *, typing: bool = False
) -> str:
    """One line of exactly `width` cells, blank where there is no room for help."""
    line, cells = "", 0
    for start, words, _ in place_hints(hints, keymap, width, measure, typing=typing):
        line += " " * (start - cells) + words
        cells = start + measure(words)
    return line + " " * max(0, width - cells)
