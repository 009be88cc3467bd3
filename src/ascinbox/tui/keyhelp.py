"""What stands where on the help page. Pure; every key shown comes from the key table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ascinbox.tui.keys import Keymap


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the help page: keys and what they do, for one or more verbs."""

    verbs: tuple[str, ...]
    keys: str
    text: str
    gap: int = 0
    """Cells reserved for the keys."""
    room: int = 0
    """Cells reserved for the whole entry, when another stands beside it."""

    def shown_keys(self, keymap: Keymap) -> str:
        """The keys as laid out, or as remapped when the person moved one of them."""
        if all(keymap.is_default(verb) for verb in self.verbs):
            return self.keys
        return " ".join(filter(None, (keymap.shown(verb, True) for verb in self.verbs)))


class Group(NamedTuple):
    """A headed block of help lines. A line holds one or more entries side by side."""

    title: str
    lines: tuple[tuple[Entry, ...], ...]


def _line(*entries: tuple[str, str, str, int] | tuple[str, str, str, int, int]) -> tuple[Entry, ...]:
    return tuple(Entry(tuple(e[0].split()), e[1], e[2], e[3], e[4] if len(e) > 4 else 0) for e in entries)


Columns = Sequence[Sequence[Group]]

HELP_NARROW: Sequence[Columns] = (
    (
        (
            Group(
                "MOVE",
                (
                    _line(("next prev", "j k  ↓ ↑", "next, previous", 11)),
                    _line(("first last", "gg G", "first, last", 11)),
                    _line(("half_down half_up", "ctrl+d u", "half page", 11)),
                    _line(("read_down read_up", "J K", "scroll reading", 11)),
                    _line(("item_next item_prev", "] [", "next, prev item", 11)),
                    _line(("need_next need_prev", "n N", "next needing you", 11)),
                    _line(("open", "enter", "open", 11)),
                    _line(("leave back", "q  esc", "back", 11)),
                ),
            ),
        ),
        (
            Group(
                "ANSWER",
                (
                    _line(("reply", "r", "reply / edit reply", 3)),
                    _line(("reply_external", "R", "reply in $EDITOR", 3)),
                    _line(("template", "t", "template", 3)),
                    _line(("repeat", ".", "repeat last action", 3)),
                    _line(("publish", "P", "publish (after check)", 3)),
                    _line(("accept", "!", "accept warnings", 3)),
                    _line(("undo", "u", "undo (also ctrl+z)", 3)),
                    _line(("delete", "D", "delete (type a word)", 3)),
                ),
            ),
        ),
        (
            Group(
                "ORGANISE",
                (
                    _line(("done", "e", "done, no reply", 3)),
                    _line(("snooze", "s", "snooze", 3)),
                    _line(("assign", "a", "assign", 3)),
                    _line(("note", "i", "internal note", 3)),
                    _line(("tag", "#", "tag", 3, 10), ("flag", "f", "flag", 3)),
                    _line(("read", "m", "read / unread", 3)),
                    _line(("select", "x", "select (space)", 3)),
                    _line(("select_all", "X", "select all shown", 3)),
                ),
            ),
        ),
    ),
    (
        (
            Group(
                "GO",
                (
                    _line(("go_inbox", "1", "Inbox", 2, 11), ("go_health", "4", "Health", 2)),
                    _line(("go_outbox", "2", "Outbox", 2, 11), ("go_accounts", "5", "Accounts", 2)),
                    _line(("go_metrics", "3", "Metrics", 2)),
                    _line(("view_prev view_next", "< >", "previous, next view", 5)),
                    _line(("pane_next pane_prev", "tab ← → h l", "other pane", 13)),
                    _line(("zoom", "z", "zoom", 2, 11), ("side", "p", "side pane", 3)),
                ),
            ),
        ),
        (
            Group(
                "TABLES",
                (
                    _line(("filter", "/", "filter", 3)),
                    _line(("views", "v", "views", 3, 11), ("save_view", "V", "save view", 3)),
                    _line(("sort", "S", "sort", 3, 11), ("export", "E", "export", 3)),
                    _line(("by", "b", "by", 3, 11), ("compare", "=", "compare", 3)),
                    _line(("add", "A", "add", 3, 11), ("rotate", "w", "rotate key", 3)),
                    _line(("invite", "I", "invite", 3)),
                ),
            ),
        ),
        (
            Group(
                "ANYWHERE",
                (
                    _line(("help", "?  F1", "help", 12)),
                    _line(("commands", ":  ctrl+p", "commands", 12)),
                    _line(("sync", "F5 ctrl+r", "sync/check", 12)),
                    _line(("copy copy_link", "y  Y", "copy text, link", 7)),
                    _line(("browser", "o", "open in browser", 3)),
                    _line(("quit", "ctrl+q", "quit", 8, 14), ("tour", "T", "tour", 3)),
                ),
            ),
        ),
    ),
)
"""Help at 80 columns: bands of three columns."""

HELP_WIDE: Columns = (
    (
        Group(
            "MOVE",
            (
                _line(("next prev", "j k  ↓ ↑", "next, previous", 11)),
                _line(("first last", "gg G", "first, last (home end)", 11)),
                _line(("half_down half_up", "ctrl+d u", "half page", 11)),
                _line(("page_down page_up", "pgdn pgup", "page", 11)),
                _line(("read_down read_up", "J K", "scroll the reading pane", 11)),
                _line(("item_next item_prev", "] [", "next, previous item", 11)),
                _line(("need_next need_prev", "n N", "next, prev needing you", 11)),
                _line(("open", "enter", "open", 11)),
                _line(("leave back", "q  esc", "back", 11)),
                _line(("pane_next pane_prev", "tab ← → h l", "other pane", 13)),
                _line(("zoom", "z", "zoom the pane", 11)),
                _line(("side", "p", "show/hide side pane", 11)),
            ),
        ),
        Group(
            "GO",
            (
                _line(("go_inbox", "1", "Inbox", 2, 11), ("go_outbox", "2", "Outbox", 2, 12))
                + _line(("go_metrics", "3", "Metrics", 2)),
                _line(("go_health", "4", "Health", 2, 11), ("go_accounts", "5", "Accounts", 2)),
                _line(("view_prev view_next", "< >", "previous, next view", 11)),
                _line(("views", "v", "pick a view", 11)),
                _line(("save_view", "V", "save filter as a view", 11)),
            ),
        ),
        Group(
            "ANYWHERE, EVEN WHILE TYPING",
            (
                _line(("help", "F1", "help", 3, 12), ("commands", "ctrl+p", "commands", 7)),
                _line(("sync", "F5", "sync", 3, 12), ("quit", "ctrl+q", "quit", 7)),
                _line(("redraw", "ctrl+l", "draw again", 7, 19), ("tour", "T", "tour", 2)),
            ),
        ),
    ),
    (
        Group(
            "ANSWER",
            (
                _line(("reply", "r", "reply, or edit the reply", 4)),
                _line(("reply_external", "R", "reply in $EDITOR", 4)),
                _line(("template", "t", "pick a template (1-9)", 4)),
                _line(("repeat", ".", "repeat the last action here", 4)),
                _line(("publish", "P", "publish (from the check step)", 4)),
                _line(("accept", "!", "accept the warnings shown", 4)),
                _line(("undo", "u", "undo (also ctrl+z)", 4)),
                _line(("delete", "D", "delete (you type a word)", 4)),
            ),
        ),
        Group(
            "WHILE WRITING",
            (
                _line(("check", "ctrl+g F9", "check, then P publishes", 12)),
                _line(("insert_template", "ctrl+t F2", "insert a template", 12)),
                _line(("external", "ctrl+o F4", "open in $EDITOR", 12)),
                _line(("save", "ctrl+s", "save draft (automatic)", 12)),
                _line(("back", "esc", "back, draft kept", 12)),
            ),
        ),
        Group(
            "ORGANISE",
            (
                _line(("done", "e", "done, no reply", 3, 21), ("snooze", "s", "snooze", 3)),
                _line(("assign", "a", "assign", 3, 12), ("tag", "#", "tag", 3, 9), ("flag", "f", "flag", 3)),
                _line(("note", "i", "internal note", 3, 21), ("read", "m", "read/unread", 3)),
                _line(("select", "x", "select (space)", 3, 21), ("select_all", "X", "all shown", 3)),
            ),
        ),
    ),
    (
        Group(
            "TABLES",
            (
                _line(("filter", "/", "filter (tab completes)", 3)),
                _line(("sort", "S", "sort", 3, 15), ("export", "E", "export", 3)),
                _line(("by", "b", "break down", 3, 15), ("compare", "=", "compare", 3)),
                _line(("add", "A", "add an account", 3)),
                _line(("rotate", "w", "reconnect or rotate a key", 3)),
                _line(("invite", "I", "invite a teammate", 3)),
            ),
        ),
        Group(
            "TEXT",
            (
                _line(("copy", "y", "copy text", 3, 15), ("copy_link", "Y", "copy link", 3)),
                _line(("browser", "o", "open in browser (or print URL)", 3)),
            ),
        ),
    ),
)
"""Help from 110 columns: one band of three columns."""

STATES_NARROW = (
    " STATES N new  O opened  C changed after your reply  D draft  Q queued",
    "        P pending at Apple  A answered  H held  F failed  Z snoozed  - done",
)
STATES_WIDE = (
    "STATES",
    " N new         O opened, unanswered",
    " C changed after your reply",
    " D draft       Q queued",
    " P pending at Apple   A answered",
    " H held        F failed",
    " Z snoozed     - done",
    "",
    "GREYED = not available here;",
    " press it and it says why",
)
