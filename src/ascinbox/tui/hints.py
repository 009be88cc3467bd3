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


def _row(*entries: str) -> tuple[Hint, ...]:
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
    """The hints of one place: for narrow and for wide terminals, and what is pinned at the right end."""

    narrow: tuple[Hint, ...]
    wide: tuple[Hint, ...]
    pinned: Hint
    typing: bool = False
    """A text field has the focus there: only keys that type nothing are offered."""


_HELP = _row("help")[0]
_CHOOSE = _row("next&prev=move", "open=choose", "filter=find", "back=close")
_ANSWER = _row("open=ok", "back")
_FILTER = _row("pane_next=completes", "open=keeps", "back=undoes")
_TICK = _row("next&prev=move", "select=tick", "select_all=all", "open=continue", "back")
_MAKE = _row("open=continue", "back", "copy=copy the message")
_PAGE = _row("open=continue", "back")
_FORM = _row("pane_next=next field", "open=continue", "back")

HINTS: Mapping[str, Hints] = {
    "inbox": Hints(
        _row("reply", "template", "done", "snooze", "filter", "select", "undo"),
        _row("reply", "template", "repeat", "done", "snooze", "assign", "note=note", "filter", "views")
        + _row("select", "undo", "need_next=next"),
        _HELP,
    ),
    "outbox": Hints(
        _row("undo", "publish=publish now", "reply=edit", "done", "need_next=next to fix", "open"),
        _row("undo", "publish=publish now", "reply=edit", "done", "need_next=next to fix")
        + _row("open=open review", "export=export activity"),
        _HELP,
    ),
    "metrics": Hints(
        _row("view_prev&view_next=period", "by=break down", "compare", "sort", "export=export")
        + _row("side=plot", "sync="),
        _row("view_prev view_next=period", "by=break down", "compare", "sort", "export=export csv/json")
        + _row("side=plot", "open=day table", "sync"),
        _HELP,
    ),
    "health": Hints(
        _row("need_next=next to fix", "open=detail", "rotate", "copy=copy the fix", "browser"),
        _row("need_next=next to fix", "open=detail", "rotate", "copy=copy the fix", "browser")
        + _row("sync=re-check", "export=export"),
        _HELP,
    ),
    "accounts": Hints(
        _row("open", "rotate=reconnect/rotate", "invite", "add=link", "delete=unlink", "sync=check"),
        _row("open", "rotate=reconnect/rotate", "invite", "add=link", "delete=unlink", "sync=check now")
        + _row("copy", "browser=its web page"),
        _HELP,
    ),
    "listing": Hints(
        _row("open=edit", "publish=compare, send", "need_next=next missing", "undo", "item_next=app", "more"),
        _row("open=edit", "publish=compare and send", "need_next=next missing", "undo")
        + _row("item_prev&item_next=app", "more", "delete", "copy", "sync=read"),
        _HELP,
    ),
    "editor": Hints(
        _row("check", "insert_template", "external", "back=keep draft"),
        _row("check+", "insert_template+", "external+", "save", "back=keep draft"),
        _HELP,
        typing=True,
    ),
    "check": Hints(
        _row("publish", "accept", "reply=edit", "back=keep draft"),
        _row("publish", "accept", "reply=edit", "pane_next=phone width", "back=keep draft"),
        _HELP,
    ),
    "approve": Hints(
        _row("publish", "reply=edit", "send_back", "accept", "back=leave it"),
        _row("publish", "reply=edit", "send_back", "accept", "pane_next=phone width", "back=leave it"),
        _HELP,
    ),
    "menu": Hints(_CHOOSE, _CHOOSE, _HELP),
    "prompt": Hints(_ANSWER, _ANSWER, _HELP, typing=True),
    "filter": Hints(_FILTER, _FILTER, _HELP, typing=True),
    "wizard": Hints(_FORM, _FORM, _HELP, typing=True),
    "wizard_tick": Hints(_TICK, _TICK, _HELP),
    "wizard_make": Hints(_MAKE, _MAKE, _HELP),
    "wizard_page": Hints(_PAGE, _PAGE, _HELP),
}
"""Hints by place: the top screens and what can lie over them."""

WIDE = 110
"""Columns from which the wide form of screens and hints is used."""


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
    hints: Hints, keymap: Keymap, width: int, measure: Callable[[str], int] = len
) -> list[PlacedHint]:
    """What a line of `width` cells has room for: hints drop whole from the left group's end, help stays.

    `measure` gives the cells of a text; narrower than the pinned hint, there is none.
    """
    pinned = hint_words(keymap, hints.pinned, hints.typing)
    last = width - 1 - measure(pinned)
    if last < 1:
        return []
    placed: list[PlacedHint] = []
    column = 1
    for entry in hints.wide if width >= WIDE else hints.narrow:
        words = hint_words(keymap, entry, hints.typing)
        if not words:
            continue
        if column + measure(words) > last - 2:
            break
        placed.append(PlacedHint(column, words, entry))
        column += measure(words) + 2
    return [*placed, PlacedHint(last, pinned, hints.pinned)]


def hint_line(hints: Hints, keymap: Keymap, width: int, measure: Callable[[str], int] = len) -> str:
    """One line of exactly `width` cells, blank where there is no room for help."""
    line, cells = "", 0
    for start, words, _ in place_hints(hints, keymap, width, measure):
        line += " " * (start - cells) + words
        cells = start + measure(words)
    return line + " " * max(0, width - cells)
