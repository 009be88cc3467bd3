"""Every key and what it does: one table, from which bindings, hints, help, palette and docs/keys.md come.

Pure: imports nothing of Textual, so that `ascinbox keys` starts at once. Keys are written as Textual
names them (`ctrl+d`, `pagedown`, `f5`), except that a printable key is the character itself (`G`, `?`)
and a sequence is its characters in a row (`gg`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

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
"""Contexts in which a printable key is text, never a verb."""

ALL = "LRKEIM"
SCREENS = ("inbox", "outbox", "metrics", "health", "accounts")


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing a key does. The same key never does two things in one context."""

    id: str
    keys: tuple[str, ...]
    label: str
    contexts: str
    group: str
    hint: str = ""
    """Short word for the hint line; the label when empty."""
    screens: tuple[str, ...] = SCREENS
    """Top screens on which it can act."""
    safe: bool = False
    """Only moves or shows: may run before a possible burst of pasted keys has been told apart."""


MOVE, ANSWER, ORGANISE, GO = "Move", "Answer", "Organise", "Go"
TABLES, TEXT, WRITING, ANYWHERE = "Tables", "Text", "While writing", "Anywhere"
GROUPS = (MOVE, ANSWER, WRITING, ORGANISE, GO, TABLES, TEXT, ANYWHERE)

REVIEWS = ("inbox", "outbox")
NUMBERS = ("inbox", "outbox", "metrics")
LINKS = ("health", "accounts")

VERBS: tuple[Verb, ...] = (
    Verb("next", ("j", "down"), "next row, scroll down", "LRKM", MOVE, "next", safe=True),
    Verb("prev", ("k", "up"), "previous row, scroll up", "LRKM", MOVE, "previous", safe=True),
    Verb("first", ("gg", "home"), "first row", "LRKM", MOVE, "first", safe=True),
    Verb("last", ("G", "end"), "last row", "LRKM", MOVE, "last", safe=True),
    Verb("half_down", ("ctrl+d",), "half a page down", "LRKM", MOVE, safe=True),
    Verb("half_up", ("ctrl+u",), "half a page up", "LRKM", MOVE, safe=True),
    Verb("page_down", ("pagedown",), "page down", ALL, MOVE, safe=True),
    Verb("page_up", ("pageup",), "page up", ALL, MOVE, safe=True),
    Verb("read_down", ("J",), "scroll the reading pane down", "L", MOVE, screens=REVIEWS, safe=True),
    Verb("read_up", ("K",), "scroll the reading pane up", "L", MOVE, screens=REVIEWS, safe=True),
    Verb("item_next", ("]",), "next item", "LRK", MOVE, safe=True),
    Verb("item_prev", ("[",), "previous item", "LRK", MOVE, safe=True),
    Verb("need_next", ("n",), "next row that needs you", "LR", MOVE, "next", safe=True),
    Verb("need_prev", ("N",), "previous row that needs you", "LR", MOVE, safe=True),
    Verb("open", ("enter",), "open, continue", "LRIM", MOVE, "open"),
    Verb("back", ("escape",), "back (in the editor: the draft is kept)", ALL, MOVE, "back"),
    Verb("leave", ("q",), "back; on a top screen: quit", "LRKM", MOVE, "back"),
    Verb("pane_next", ("tab", "right", "l"), "next pane, columns to the right", "LRKI", MOVE, safe=True),
    Verb("pane_prev", ("shift+tab", "left", "h"), "other pane, columns to the left", "LRKI", MOVE, safe=True),
    Verb("zoom", ("z",), "zoom the pane", "LR", MOVE),
    Verb("side", ("p",), "side pane (Metrics: the plot) on or off", "LR", MOVE),
    Verb("go_inbox", ("1",), "Inbox", "LRK", GO),
    Verb("go_outbox", ("2",), "Outbox", "LRK", GO),
    Verb("go_metrics", ("3",), "Metrics", "LRK", GO),
    Verb("go_health", ("4",), "Health", "LRK", GO),
    Verb("go_accounts", ("5",), "Accounts", "LRK", GO),
    Verb("view_prev", ("<",), "previous view or period", "L", GO, screens=NUMBERS),
    Verb("view_next", (">",), "next view or period", "L", GO, screens=NUMBERS),
    Verb("views", ("v",), "pick a view", "LR", GO, "views", screens=("inbox",)),
    Verb("save_view", ("V",), "save the filter as a view", "LR", GO, screens=("inbox",)),
    Verb("filter", ("/",), "filter; in help: search", "LRM", TABLES, "filter", screens=("inbox", "metrics")),
    Verb("commands", (":", "ctrl+p"), "commands (ctrl+p also while typing)", ALL, ANYWHERE),
    Verb("help", ("?", "f1"), "help (F1 also while typing)", ALL, ANYWHERE, "help"),
    Verb("quit", ("ctrl+q",), "quit from anywhere", ALL, ANYWHERE),
    Verb("tour", ("T",), "guided tour (in the demo)", "LRK", ANYWHERE),
    Verb("redraw", ("ctrl+l",), "draw the screen again", ALL, ANYWHERE),
    Verb("sync", ("f5", "ctrl+r"), "sync now; on Health and Accounts: check again", "LRKE", ANYWHERE, "sync"),
    Verb("reply", ("r",), "reply, or edit the reply or draft", "LRK", ANSWER, "reply", screens=REVIEWS),
    Verb("reply_external", ("R",), "the same in $EDITOR", "LRK", ANSWER, screens=REVIEWS),
    Verb("template", ("t",), "template (1-9, or type to find)", "LRK", ANSWER, "template", screens=REVIEWS),
    Verb("repeat", (".",), "repeat the last act here", "LR", ANSWER, "repeat", screens=("inbox",)),
    Verb("publish", ("P",), "publish (after the check step)", "LK", ANSWER, "publish", screens=REVIEWS),
    Verb("accept", ("!",), "accept the warnings shown", "K", ANSWER, "accept", screens=REVIEWS),
    Verb("undo", ("u", "ctrl+z"), "undo", "LR", ANSWER, "undo"),
    Verb("delete", ("D",), "delete: you type a word", "LR", ANSWER, "delete"),
    Verb("done", ("e",), "done, no reply", "LR", ORGANISE, "done", screens=REVIEWS),
    Verb("snooze", ("s",), "snooze", "LR", ORGANISE, "snooze", screens=REVIEWS),
    Verb("assign", ("a",), "assign", "LR", ORGANISE, "assign", screens=REVIEWS),
    Verb("tag", ("#",), "tag", "LR", ORGANISE, "tag", screens=REVIEWS),
    Verb("flag", ("f",), "flag", "LR", ORGANISE, "flag", screens=REVIEWS),
    Verb("read", ("m",), "read or unread", "LR", ORGANISE, "read", screens=REVIEWS),
    Verb("note", ("i",), "internal note (never sent)", "LR", ORGANISE, "note", screens=REVIEWS),
    Verb("select", ("x", "space"), "select", "L", ORGANISE, "select", screens=REVIEWS),
    Verb("select_all", ("X",), "select all shown", "L", ORGANISE, screens=REVIEWS),
    Verb("sort", ("S",), "sort", "L", TABLES, "sort", screens=("inbox", "metrics")),
    Verb("export", ("E",), "export what is shown", "L", TABLES, "export"),
    Verb("by", ("b",), "break down by app, country, product", "L", TABLES, "by", screens=("metrics",)),
    Verb("compare", ("=",), "compare with the span before", "L", TABLES, "compare", screens=("metrics",)),
    Verb("add", ("A",), "add an account", "L", TABLES, "link an account", screens=("inbox", *LINKS)),
    Verb("rotate", ("w",), "reconnect or rotate a key", "L", TABLES, "rotate key", screens=LINKS),
    Verb("invite", ("I",), "invite a teammate", "L", TABLES, "invite", screens=LINKS),
    Verb("copy", ("y",), "copy the text", "LRK", TEXT, "copy"),
    Verb("copy_link", ("Y",), "copy the link", "LRK", TEXT),
    Verb("browser", ("o",), "open in the browser, or show the address", "LRK", TEXT, "browser"),
    Verb("check", ("ctrl+g", "f9"), "check step, then P publishes", "E", WRITING, "check+publish"),
    Verb("insert_template", ("ctrl+t", "f2"), "insert a template", "E", WRITING, "template"),
    Verb("external", ("ctrl+o", "f4"), "to $EDITOR and back", "E", WRITING, "$EDITOR"),
    Verb("save", ("ctrl+s",), "save the draft (it is saved anyway)", "E", WRITING, "save draft"),
)

MUST_STAY = ("help", "quit", "back")
"""Verbs that a keymap may move but not take away."""

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
    verbs: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Keymap:
    """The table with the person's own keys laid over it."""

    keys: Mapping[str, tuple[str, ...]]
    """Verb id to its keys."""
    problems: tuple[Clash, ...] = ()
    _found: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)
    _prefixes: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def build(cls, overrides: Mapping[str, Iterable[str]] | None = None) -> Keymap:
        """The default keys with `[keys]` of config.toml over them; `problems` says what is wrong there."""
        keys = {verb.id: verb.keys for verb in VERBS}
        problems: list[Clash] = []
        for verb_id, wanted in (overrides or {}).items():
            chosen = tuple(wanted)
            wrong = _override_problem(verb_id, chosen)
            if wrong:
                problems.append(wrong)
            else:
                keys[verb_id] = chosen
        problems += _clashes(keys)
        found: dict[tuple[str, str], str] = {}
        prefixes: set[tuple[str, str]] = set()
        for verb in VERBS:
            for context in verb.contexts:
                for key in keys[verb.id]:
                    if context in TYPING and is_printing(key):
                        continue
                    found.setdefault((context, key), verb.id)
                    if _is_sequence(key):
                        prefixes.add((context, key[0]))
        return cls(keys, tuple(problems), found, frozenset(prefixes))

    def find(self, context: str, key: str) -> str | None:
        """The verb that `key` (or a whole sequence) is in `context`."""
        return self._found.get((context, key))

    def is_prefix(self, context: str, key: str) -> bool:
        """True when `key` may be the first of a two-key sequence."""
        return (context, key) in self._prefixes

    def shown(self, verb_id: str, every: bool = False, typing: bool = False) -> str:
        """The key or keys of a verb as people write them; `typing` leaves out those that would type text."""
        keys = [key for key in self.keys[verb_id] if not (typing and is_printing(key))]
        return " ".join(show_key(key) for key in (keys if every else keys[:1]))

    def is_default(self, verb_id: str) -> bool:
        """True when the person has not moved this verb."""
        return self.keys[verb_id] == BY_ID[verb_id].keys


def _override_problem(verb_id: str, keys: tuple[str, ...]) -> Clash | None:
    if verb_id not in BY_ID:
        near = difflib.get_close_matches(verb_id, list(BY_ID), 1, 0.5)
        hint = f": did you mean {near[0]}?" if near else ""
        return Clash("", (verb_id,), f"no such verb {verb_id}{hint}")
    for key in keys:
        if not isinstance(key, str) or not is_key(key):
            return Clash(str(key), (verb_id,), f"{key!r} is no key that {verb_id} can have")
    if verb_id in MUST_STAY and not keys:
        return Clash("", (verb_id,), f"{verb_id} must keep a key")
    return None


def _clashes(keys: Mapping[str, tuple[str, ...]]) -> list[Clash]:
    found: list[Clash] = []
    for context, name in CONTEXTS.items():
        owner: dict[str, str] = {}
        for verb in VERBS:
            if context not in verb.contexts:
                continue
            for key in keys[verb.id]:
                if context in TYPING:
                    if is_printing(key):
                        continue
                    if key in TEXT_FIELD_KEYS - SAME_MEANING_WHILE_TYPING:
                        found.append(Clash(key, (verb.id,), f"{show_key(key)} edits text in {name}"))
                if key in owner:
                    pair = (owner[key], verb.id)
                    found.append(
                        Clash(key, pair, f"{show_key(key)} is both {pair[0]} and {pair[1]} in {name}")
                    )
                owner.setdefault(key, verb.id)
        for key, verb_id in owner.items():
            if _is_sequence(key) and key[0] in owner:
                reason = f"{key[0]} ({owner[key[0]]}) begins {key} ({verb_id}) in {name}"
                found.append(Clash(key, (owner[key[0]], verb_id), reason))
    return found


BY_ID: Mapping[str, Verb] = {verb.id: verb for verb in VERBS}
MODES: Mapping[str, str] = {f"go_{screen}": screen for screen in SCREENS}


def as_markdown(keymap: Keymap | None = None) -> str:
    """docs/keys.md: every verb by group, with its id for `[keys]` and where it works."""
    keymap = keymap or Keymap.build()
    lines = [
        "# Keys",
        "",
        "Generated from the key table (`ascinbox keys --markdown`); a test keeps it current.",
        "",
        "Contexts: " + ", ".join(f"**{letter}** {name}" for letter, name in CONTEXTS.items()) + ".",
        "In E and I a printable key is text; only ctrl keys, function keys and esc are verbs there.",
        "",
        "Any verb can have other keys in config.toml, by its id:",
        "",
        "```toml",
        "[keys]",
        'done = ["e", "ctrl+e"]',
        "```",
        "",
        "`ascinbox keys --check` refuses clashes and names them.",
    ]
    for group in GROUPS:
        lines += ["", f"## {group}", "", "| key | does | id | where |", "|---|---|---|---|"]
        for verb in VERBS:
            if verb.group == group:
                shown = " ".join(f"`{show_key(key)}`" for key in keymap.keys[verb.id])
                where = "all" if verb.contexts == ALL else " ".join(verb.contexts)
                lines.append(f"| {shown} | {verb.label} | `{verb.id}` | {where} |")
    return "\n".join(lines) + "\n"
