"""Every action and its keys: one table, from which bindings, hints, help, palette and docs/keys.md come.

Screens and their parts contribute a `Handler` for each action that they do; an action that nobody contributes
is not offered. Pure: imports nothing of Textual, so that `ascinbox keys` starts at once. Keys are written as
Textual names them (`ctrl+d`, `pagedown`, `f5`), except that a printable key is the character itself (`G`,
`?`) and a sequence is its characters in a row (`gg`).
"""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from ascinbox.tui.places import PLACES

LIST, READING, CHECK, EDITOR, INPUT, MENU = "LRKEIM"
CONTEXTS: Mapping[str, str] = {
    LIST: "lists",
    READING: "reading",
    CHECK: "check step",
    EDITOR: "editor",
    INPUT: "prompts and filter bar",
    MENU: "help and menus",
}
TYPING = frozenset({EDITOR, INPUT})
"""Contexts in which a printable key is text, never an action."""

ALL = "LRKEIM"
SCREENS = tuple(place.id for place in PLACES)


class Needs(Enum):
    """What a person's level on the team has to allow for an action."""

    NOTHING = "nothing"
    WRITING = "writing"
    """Changes what the whole team sees."""
    APPROVING = "approving"
    """Publishes what others wrote, or sends it back."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a key does. The same key never does two things in one context."""

    id: str
    keys: tuple[str, ...]
    label: str
    contexts: str
    group: str
    brief: str
    """At most 20 cells for the help page: for both actions of a pair."""
    hint: str = ""
    """Short word for the hint line; `brief` when empty."""
    pair: str = ""
    """Id of the action that shares this one's line on the help page, such as the opposite direction."""
    screens: tuple[str, ...] = SCREENS
    """Top screens that do it; a test holds this to what the screens contribute."""
    needs: Needs = Needs.NOTHING
    with_keys: tuple[str, ...] = ()
    """Top screens on which it asks a store, or is about its keys: never in the home of a team's member."""
    safe: bool = False
    """Only moves or shows: may run before a possible burst of pasted keys has been told apart."""


@dataclass(frozen=True, slots=True)
class Handler:
    """What a screen, or a part of one, does for an action."""

    run: Callable[[], Awaitable[None] | None]
    """Does it; returns, or is done, when the next key may act."""
    why_not: Callable[[], str] = lambda: ""
    """Why it cannot be done now, as a sentence for the status line; empty when it can."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A command that takes words: how it is written and what it does, and what runs it."""

    how: str
    run: Callable[[str], Awaitable[None]]


Handlers = Mapping[str, Handler]
"""What somebody contributes, by id of the action."""


def sideways(step: Callable[[int], Awaitable[None] | None]) -> Handlers:
    """`tab` and the arrows where they mean the same: `step` gets 1 or -1."""
    on, back = Handler(lambda: step(1)), Handler(lambda: step(-1))
    return {"pane_next": on, "pane_prev": back, "right": on, "left": back}


MOVE, ANSWER, ORGANISE, GO = "Move", "Answer", "Organise", "Go"
TABLES, TEXT, WRITING, ANYWHERE = "Tables", "Text", "While writing", "Anywhere"
GROUPS = (MOVE, ANSWER, WRITING, ORGANISE, GO, TABLES, TEXT, ANYWHERE)

INBOX, REVIEWS = ("inbox",), ("inbox", "outbox")
NUMBERS = ("inbox", "outbox", "metrics")
PANES = ("inbox", "outbox", "metrics", "health", "listing")
TEXTS = ("inbox", "outbox", "listing")
LINKS = ("health", "accounts")

# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("next", ("j", "down"), "next row, scroll down", "LRKM", MOVE, "next, previous", "next",
           pair="prev", safe=True),
    Action("prev", ("k", "up"), "previous row, scroll up", "LRKM", MOVE, "previous", "previous", safe=True),
    Action("first", ("gg", "home"), "first row", "LRKM", MOVE, "first, last", "first", pair="last",
           safe=True),
    Action("last", ("G", "end"), "last row", "LRKM", MOVE, "last", "last", safe=True),
    Action("half_down", ("ctrl+d",), "half a page down", "LRKM", MOVE, "half page", pair="half_up",
           safe=True),
    Action("half_up", ("ctrl+u",), "half a page up", "LRKM", MOVE, "half page up", safe=True),
    Action("page_down", ("pagedown",), "page down", ALL, MOVE, "page", pair="page_up", safe=True),
    Action("page_up", ("pageup",), "page up", ALL, MOVE, "page up", safe=True),
    Action("read_down", ("J",), "scroll the reading pane down", "L", MOVE, "scroll reading", pair="read_up",
           screens=REVIEWS, safe=True),
    Action("read_up", ("K",), "scroll the reading pane up", "L", MOVE, "scroll reading up", screens=REVIEWS,
           safe=True),
    Action("item_next", ("]",), "next item", "LRK", MOVE, "next, prev item", pair="item_prev",
           screens=(*NUMBERS, "listing"), safe=True),
    Action("item_prev", ("[",), "previous item", "LRK", MOVE, "previous item",
           screens=(*NUMBERS, "listing"), safe=True),
    Action("need_next", ("n",), "next row that needs you", "LR", MOVE, "next needing you", "next",
           pair="need_prev", safe=True, with_keys=("listing",)),
    Action("need_prev", ("N",), "previous row that needs you", "LR", MOVE, "prev needing you", safe=True,
           with_keys=("listing",)),
    Action("open", ("enter",), "open, continue", "LRIM", MOVE, "open", "open", with_keys=("listing",)),
    Action("back", ("escape",), "back (in the editor: the draft is kept)", ALL, MOVE, "back", "back"),
    Action("leave", ("q",), "back; on a top screen: quit", "LRKM", MOVE, "back, quit", "back"),
    Action("pane_next", ("tab",), "next pane, columns to the right", "LRKI", MOVE,
           "next, other pane", pair="pane_prev", screens=PANES, safe=True),
    Action("pane_prev", ("shift+tab",), "other pane, columns to the left", "LRKI", MOVE,
           "other pane", screens=PANES, safe=True),
    Action("right", ("right", "l"), "pane or column to the right", "LRKI", MOVE, "right, left", pair="left",
           screens=PANES, safe=True),
    Action("left", ("left", "h"), "pane or column to the left", "LRKI", MOVE, "left", screens=PANES,
           safe=True),
    Action("zoom", ("z",), "zoom the pane", "LR", MOVE, "zoom", screens=INBOX),
    Action("side", ("p",), "side pane (Metrics: the plot) on or off", "LR", MOVE, "side pane",
           screens=("inbox", "metrics")),
    Action("go_inbox", ("1",), "Inbox", "LRK", GO, "Inbox"),
    Action("go_outbox", ("2",), "Outbox", "LRK", GO, "Outbox"),
    Action("go_metrics", ("3",), "Metrics", "LRK", GO, "Metrics"),
    Action("go_health", ("4",), "Health", "LRK", GO, "Health"),
    Action("go_accounts", ("5",), "Accounts", "LRK", GO, "Accounts"),
    Action("go_listing", ("6",), "Listing", "LRK", GO, "Listing"),
    Action("view_prev", ("<",), "previous view or period", "L", GO, "previous, next view", pair="view_next",
           screens=NUMBERS),
    Action("view_next", (">",), "next view or period", "L", GO, "next view", screens=NUMBERS),
    Action("views", ("v",), "pick a view", "LR", GO, "views", "views", screens=INBOX),
    Action("save_view", ("V",), "save the filter as a view", "LR", GO, "save view", screens=INBOX),
    Action("filter", ("/",), "filter; in help: search", "LRM", TABLES, "filter", "filter",
           screens=("inbox", "outbox", "metrics")),
    Action("commands", (":", "ctrl+p"), "commands (ctrl+p also while typing)", ALL, ANYWHERE, "commands"),
    Action("settings", (",",), "settings", "LR", ANYWHERE, "settings", "settings"),
    Action("help", ("?", "f1"), "help (F1 also while typing)", ALL, ANYWHERE, "help", "help"),
    Action("quit", ("ctrl+q",), "quit from anywhere", ALL, ANYWHERE, "quit"),
    Action("tour", ("T",), "guided tour (in the demo)", "LRK", ANYWHERE, "tour"),
    Action("redraw", ("ctrl+l",), "draw the screen again", ALL, ANYWHERE, "draw again"),
    Action("sync", ("f5", "ctrl+r"), "sync now; on Health and Accounts: check again", "LRKE", ANYWHERE,
           "sync, check again", "sync", with_keys=("health", "accounts", "listing")),
    Action("reply", ("r",), "reply, or edit the reply or draft", "LRK", ANSWER, "reply / edit reply", "reply",
           screens=REVIEWS, needs=Needs.WRITING),
    Action("reply_external", ("R",), "the same in $EDITOR", "LRK", ANSWER, "reply in $EDITOR", screens=INBOX,
           needs=Needs.WRITING),
    Action("template", ("t",), "template (1-9, or type to find)", "LRK", ANSWER, "template", "template",
           screens=INBOX, needs=Needs.WRITING),
    Action("template_new", ("f3",), "make a template (in the list of templates)", "I", ANSWER,
           "make a template", "make one", screens=INBOX),
    Action("template_edit", ("f4", "ctrl+o"), "the template in $EDITOR (in the list of templates)", "I",
           ANSWER, "edit the template", "edit it", screens=INBOX),
    Action("template_keep", ("ctrl+s",), "keep this reply as a template (in the list of templates)", "I",
           ANSWER, "reply as a template", "keep this reply as one", screens=INBOX),
    Action("repeat", (".",), "repeat the last act here", "LR", ANSWER, "repeat last action", "repeat",
           screens=INBOX, needs=Needs.WRITING),
    Action("publish", ("P",), "publish (after the check step), or read what waits", "LK", ANSWER,
           "publish after check", "publish", screens=TEXTS, needs=Needs.WRITING, with_keys=("listing",)),
    Action("accept", ("!",), "accept the warnings shown", "K", ANSWER, "accept warnings", "accept",
           screens=INBOX, needs=Needs.WRITING),
    Action("translate", ("L",), "translate the review; in the check step, the reply", "LRK", ANSWER,
           "translate", "translate", screens=INBOX),
    Action("send_back", ("B",), "send a waiting reply back to its author, with a note", "LRK", ANSWER,
           "back to its author", "send back", screens=REVIEWS, needs=Needs.APPROVING),
    Action("take_over", ("!",), "take over from whoever writes here", "LRM", ANSWER, "take over", "take over",
           screens=INBOX, needs=Needs.WRITING),
    Action("differences", ("C",), "choose where a teammate had changed the same", "LR", ANSWER,
           "settle differences", "settle", screens=INBOX),
    Action("undo", ("u", "ctrl+z"), "undo", "LR", ANSWER, "undo", "undo", screens=TEXTS,
           needs=Needs.WRITING, with_keys=("listing",)),
    Action("delete", ("D",), "delete: you type a word", "LR", ANSWER, "delete (type a word)", "delete",
           screens=("inbox", "accounts", "listing"), needs=Needs.WRITING, with_keys=("accounts", "listing")),
    Action("done", ("e",), "done, no reply", "LR", ORGANISE, "done, no reply", "done", screens=REVIEWS,
           needs=Needs.WRITING),
    Action("snooze", ("s",), "snooze", "LR", ORGANISE, "snooze", "snooze", screens=INBOX,
           needs=Needs.WRITING),
    Action("assign", ("a",), "assign", "LR", ORGANISE, "assign", "assign", screens=INBOX,
           needs=Needs.WRITING),
    Action("tag", ("#",), "tag", "LR", ORGANISE, "tag", "tag", screens=INBOX, needs=Needs.WRITING),
    Action("flag", ("f",), "flag", "LR", ORGANISE, "flag", "flag", screens=INBOX, needs=Needs.WRITING),
    Action("read", ("m",), "read or unread", "LR", ORGANISE, "read, unread", "read", screens=INBOX),
    Action("note", ("i",), "internal note (never sent)", "LR", ORGANISE, "internal note", "note",
           screens=INBOX, needs=Needs.WRITING),
    Action("select", ("x", "space"), "select", "L", ORGANISE, "select", "select", screens=INBOX),
    Action("select_all", ("X",), "select all shown", "L", ORGANISE, "select all shown", screens=INBOX),
    Action("similar", ("*",), "similar reviews: the same words; again: answered ones too", "LR", TABLES,
           "similar reviews", "similar", screens=INBOX),
    Action("sort", ("S",), "sort", "L", TABLES, "sort", "sort", screens=("inbox", "metrics")),
    Action("export", ("E",), "export what is shown", "L", TABLES, "export", "export",
           screens=("inbox", "outbox", "metrics", "health")),
    Action("by", ("b",), "break down by app, country, product", "L", TABLES, "break down", "by",
           screens=("metrics",)),
    Action("compare", ("=",), "compare with the span before", "L", TABLES, "compare", "compare",
           screens=("metrics",)),
    Action("add", ("A",), "add an account", "L", TABLES, "add an account", "link an account",
           screens=("inbox", *LINKS), with_keys=("inbox", *LINKS)),
    Action("more", ("+",), "add a language, a version, what's new from a file", "L", TABLES,
           "add to the listing", "add", screens=("listing",), with_keys=("listing",)),
    Action("rotate", ("w",), "reconnect or rotate a key", "L", TABLES, "rotate a key", "rotate key",
           screens=LINKS, with_keys=LINKS),
    Action("invite", ("I",), "invite a teammate", "L", TABLES, "invite a teammate", "invite", screens=LINKS,
           with_keys=LINKS),
    Action("copy", ("y",), "copy the text", "LRK", TEXT, "copy the text", "copy"),
    Action("copy_link", ("Y",), "copy the link", "LRK", TEXT, "copy the link", screens=REVIEWS),
    Action("browser", ("o",), "open in the browser, or show the address", "LRK", TEXT, "open in browser",
           "browser", screens=("inbox", "outbox", "health", "accounts", "listing")),
    Action("check", ("ctrl+g", "f9"), "check step, then P publishes", "E", WRITING, "check, then publish",
           "check", screens=INBOX),
    Action("insert_template", ("ctrl+t", "f2"), "insert a template", "E", WRITING, "insert a template",
           "template", screens=INBOX),
    Action("external", ("ctrl+o", "f4"), "to $EDITOR and back", "E", WRITING, "to $EDITOR and back",
           "$EDITOR", screens=INBOX),
    Action("draft", ("ctrl+n", "f8"), "have a draft written; again: take it over", "E", WRITING,
           "draft by the engine", "draft", screens=INBOX),
    Action("save", ("ctrl+s",), "save the draft (it is saved anyway)", "E", WRITING, "save the draft",
           "save draft", screens=INBOX),
)
# fmt: on

MUST_STAY = ("help", "quit", "back")
"""Actions that a keymap may move but not take away."""

TEXT_FIELD_KEYS = frozenset(
    "up down left right shift+left shift+right shift+up shift+down home end shift+home shift+end"
    " ctrl+left ctrl+right ctrl+shift+left ctrl+shift+right ctrl+a ctrl+e ctrl+f ctrl+k ctrl+u ctrl+w"
    " ctrl+d ctrl+x ctrl+c ctrl+v ctrl+z ctrl+y f6 f7 backspace delete super+c super+x super+v"
    " ctrl+h ctrl+backspace ctrl+delete ctrl+insert shift+insert shift+delete ctrl+shift+k ctrl+shift+a"
    " ctrl+shift+z super+y super+z super+backspace alt+backspace alt+delete pageup pagedown enter tab".split()
)
"""Keys that Textual's own text widgets use while one types (a test holds this against Textual)."""

SAME_MEANING_WHILE_TYPING = frozenset({"pageup", "pagedown", "left", "right", "enter", "tab"})
"""Of those, the ones that mean the same there as in the table."""

_NAMED = frozenset(
    "up down left right home end pageup pagedown enter tab space escape backspace delete insert".split()
)
_SHOWN = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "escape": "esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
}


def show_key(key: str) -> str:
    """A key as people write it: `f5` is `F5`, `escape` is `esc`."""
    if len(key) > 1 and key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return _SHOWN.get(key, key)


def pressed(key: str, character: str | None) -> str:
    """The table's name of a key event: the character when it prints, else Textual's name."""
    if character is not None and character.isprintable() and len(character) == 1:
        return "space" if character == " " else character
    return key


def is_printing(key: str) -> bool:
    """True for keys that would type something in a text field."""
    return key == "space" or (len(key) == 1 and key.isprintable()) or _is_sequence(key)


def _is_sequence(key: str) -> bool:
    return len(key) == 2 and key[0] == key[1] and key.isalpha()


def is_key(key: str) -> bool:
    """True when `key` is written as this table writes keys."""
    if is_printing(key) or key in _NAMED:
        return True
    if key.startswith("f") and key[1:].isdigit():
        return 1 <= int(key[1:]) <= 24
    modifier, _, rest = key.rpartition("+")
    return bool(modifier) and set(modifier.split("+")) <= {"ctrl", "shift", "alt"} and is_key(rest)


class Clash(NamedTuple):
    """A keymap that cannot be used, and why, in a sentence."""

    key: str
    actions: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Keymap:
    """The table with the person's own keys laid over it."""

    keys: Mapping[str, tuple[str, ...]]
    """Action id to its keys."""
    problems: tuple[Clash, ...] = ()
    _found: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, repr=False)
    _prefixes: frozenset[tuple[str, str, str]] = frozenset()

    @classmethod
    def build(cls, overrides: Mapping[str, Iterable[str]] | None = None) -> Keymap:
        """The default keys with `[keys]` of config.toml over them; `problems` says what is wrong there."""
        keys = {action.id: action.keys for action in ACTIONS}
        problems: list[Clash] = []
        for action_id, wanted in (overrides or {}).items():
            chosen = tuple(wanted)
            wrong = _override_problem(action_id, chosen)
            if wrong:
                problems.append(wrong)
            else:
                keys[action_id] = chosen
        problems += _clashes(keys)
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        prefixes: set[tuple[str, str, str]] = set()
        for action in ACTIONS:
            for context in action.contexts:
                for key in keys[action.id]:
                    if context in TYPING and is_printing(key):
                        continue
                    found[context, key] = (*found.get((context, key), ()), action.id)
                    if _is_sequence(key):
                        prefixes |= {(context, key[0], place) for place in action.screens}
        return cls(keys, tuple(problems), found, frozenset(prefixes))

    def find(self, context: str, key: str, place: str) -> str | None:
        """The action that `key` (or a whole sequence) is in `context` on the top screen `place`.

        Where no action of that screen has the key, one of another screen: it can be told where it works.
        """
        ids = self._found.get((context, key), ())
        return next((one for one in ids if place in BY_ID[one].screens), ids[0] if ids else None)

    def is_prefix(self, context: str, key: str, place: str) -> bool:
        """True when `key` may be the first of a two-key sequence on the top screen `place`."""
        return (context, key, place) in self._prefixes

    def shown(self, action_id: str, every: bool = False, typing: bool = False) -> str:
        """The keys of an action as people write them; `typing` leaves out those that would type text."""
        keys = [key for key in self.keys[action_id] if not (typing and is_printing(key))]
        return " ".join(show_key(key) for key in (keys if every else keys[:1]))

    def is_default(self, action_id: str) -> bool:
        """True when the person has not moved this action."""
        return self.keys[action_id] == BY_ID[action_id].keys


def _override_problem(action_id: str, keys: tuple[str, ...]) -> Clash | None:
    if action_id not in BY_ID:
        near = difflib.get_close_matches(action_id, list(BY_ID), 1, 0.5)
        hint = f": did you mean {near[0]}?" if near else ""
        return Clash("", (action_id,), f"no such action {action_id}{hint}")
    for key in keys:
        if not isinstance(key, str) or not is_key(key):
            return Clash(str(key), (action_id,), f"{key!r} is no key that {action_id} can have")
    if action_id in MUST_STAY and not keys:
        return Clash("", (action_id,), f"{action_id} must keep a key")
    return None


def _clashes(keys: Mapping[str, tuple[str, ...]]) -> list[Clash]:
    """Keys that would mean two things at once: in one context, on one top screen."""
    found: list[Clash] = []
    for context, name in CONTEXTS.items():
        owners: dict[str, list[Action]] = {}
        for action in ACTIONS:
            if context not in action.contexts:
                continue
            for key in keys[action.id]:
                if context in TYPING:
                    if is_printing(key):
                        continue
                    if key in TEXT_FIELD_KEYS - SAME_MEANING_WHILE_TYPING:
                        found.append(Clash(key, (action.id,), f"{show_key(key)} edits text in {name}"))
                for owner in _together(owners.get(key, ()), action):
                    reason = f"{show_key(key)} is both {owner.id} and {action.id} in {name}"
                    found.append(Clash(key, (owner.id, action.id), reason))
                owners.setdefault(key, []).append(action)
        for key, later in owners.items():
            for action in later if _is_sequence(key) else ():
                for owner in _together(owners.get(key[0], ()), action):
                    reason = f"{key[0]} ({owner.id}) begins {key} ({action.id}) in {name}"
                    found.append(Clash(key, (owner.id, action.id), reason))
    return found


def _together(others: Iterable[Action], action: Action) -> list[Action]:
    """Those of the others that some top screen has as well."""
    return [other for other in others if not set(other.screens).isdisjoint(action.screens)]


BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}
MODES: Mapping[str, str] = {f"go_{screen}": screen for screen in SCREENS}


def as_markdown(keymap: Keymap | None = None) -> str:
    """docs/keys.md: every action by group, with its id for `[keys]` and where it works."""
    keymap = keymap or Keymap.build()
    lines = [
        "# Keys",
        "",
        "Generated from the key table (`ascinbox keys --markdown`); a test keeps it current.",
        "",
        "Contexts: " + ", ".join(f"**{letter}** {name}" for letter, name in CONTEXTS.items()) + ".",
        "In E and I a printable key is text; only ctrl keys, function keys and esc are actions there.",
        "",
        "Any action can have other keys in config.toml, by its id:",
        "",
        "```toml",
        "[keys]",
        'done = ["e", "ctrl+e"]',
        "```",
        "",
        "`ascinbox keys --check` refuses clashes and names them.",
    ]
    for group in GROUPS:
        lines += ["", f"## {group}", "", "| key | does | id | where | screens |", "|---|---|---|---|---|"]
        for action in ACTIONS:
            if action.group == group:
                shown = " ".join(f"`{show_key(key)}`" for key in keymap.keys[action.id])
                where = "all" if action.contexts == ALL else " ".join(action.contexts)
                screens = (
                    "all" if action.screens == SCREENS else ", ".join(map(str.capitalize, action.screens))
                )
                lines.append(f"| {shown} | {action.label} | `{action.id}` | {where} | {screens} |")
    return "\n".join(lines) + "\n"
