"""The help page as lines: what works here first, then what works elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest

from rich.cells import cell_len

from ascinbox.core.text import fold
from ascinbox.tui.actions import ACTIONS, BY_ID, GROUPS, SCREENS, Action, Keymap, is_printing, show_key
from ascinbox.tui.hints import WIDE
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, pad, rule, width_of
from ascinbox.tui.signs import legend


class Offer(Enum):
    """What a screen makes of an action."""

    HERE = "it acts"
    NOT_NOW = "it says why it cannot act now"
    ELSEWHERE = "another screen or context does it"


Offers = Callable[[str], Offer]

NARROW_COLUMNS = (1, 30, 57)
NARROWEST_COLUMNS = 80
KEYS_LISTED = 13
"""Cells of keys where one action stands on a line."""
MOST_KEYS = 9
"""Cells of keys up to which they have their words in one column."""
FILTER_WORDS = (
    " app: acct: rating: is: has: lang: territory: since: until: tag: by: sort:"
    '   -word  "a phrase"  a,b = or  (topic: query)'
)


def help_lines(
    width: int, keymap: Keymap, offers: Offers, *, typing: bool = False, ascii_only: bool = False
) -> list[Line]:
    """The whole page below its heading; one column where three do not fit.

    `typing`: it was opened where one types, so that only keys that type nothing work there.
    """
    signs = [(PaintSpan(text),) for text in legend(width, ascii_only=ascii_only)]
    if width < NARROWEST_COLUMNS:
        return [*_list(width, keymap, offers, ""), BLANK, *signs]
    starts = NARROW_COLUMNS if width < WIDE else tuple(1 + number * (width // 3) for number in range(3))
    groups = [(group, _entries(group, keymap, offers, typing=typing)) for group in GROUPS]
    lines = _columns(groups, (*starts, width), wide=width >= WIDE)
    lines += [BLANK, *signs]
    if width >= WIDE:
        lines += [BLANK, rule("Filter words", "", width), (PaintSpan(FILTER_WORDS),)]
    elsewhere = [action for action in ACTIONS if offers(action.id) is Offer.ELSEWHERE]
    if elsewhere:
        lines += [BLANK, rule("Works elsewhere", "", width)]
        lines += [_elsewhere_line(action, keymap, width) for action in elsewhere]
    return lines


def found_lines(width: int, keymap: Keymap, offers: Offers, words: str) -> list[Line]:
    """The actions whose keys or meaning contain `words`."""
    found = _list(width, keymap, offers, words)
    return found or [(PaintSpan(f" nothing about {words!r}", "dim"),)]


def _list(width: int, keymap: Keymap, offers: Offers, words: str) -> list[Line]:
    """One action a line; those that work here come first."""
    wanted = fold(words).strip()
    here: list[Line] = []
    elsewhere: list[Line] = []
    for action in ACTIONS:
        keys = " ".join(show_key(key) for key in keymap.keys[action.id])
        about = fold(f"{action.label} {action.id} {action.group}")
        if wanted and wanted not in about and words.strip() not in keys:
            continue
        offer = offers(action.id)
        if offer is Offer.ELSEWHERE:
            elsewhere.append(_elsewhere_line(action, keymap, width))
        else:
            role = "dim" if offer is Offer.NOT_NOW else "text"
            here.append((PaintSpan(clip(f"  {pad(keys, KEYS_LISTED)} {action.label}", width), role),))
    return here + elsewhere


def _elsewhere_line(action: Action, keymap: Keymap, width: int) -> Line:
    keys = " ".join(show_key(key) for key in keymap.keys[action.id])
    where = "" if action.screens == SCREENS else f" ({', '.join(map(str.capitalize, action.screens))})"
    return (PaintSpan(clip(f"  {pad(keys, KEYS_LISTED)} {action.label}{where}", width), "dim"),)


# --- columns ---


@dataclass(frozen=True, slots=True)
class HelpEntry:
    """One action of the page, or a pair of them."""

    keys: Sequence[str]
    """Alternatives, the first of which is always shown."""
    words: str
    label: str
    role: str

    def shown(self, room: int) -> str:
        """As many of the alternatives as fit `room` cells, but at least the first."""
        shown = self.keys[0] if self.keys else ""
        for option in self.keys[1:]:
            if cell_len(shown) + 1 + cell_len(option) > room:
                break
            shown += f" {option}"
        return shown


def _entries(group: str, keymap: Keymap, offers: Offers, *, typing: bool) -> list[HelpEntry]:
    """What works here of a group; a pair of actions is one entry."""
    here = [action for action in ACTIONS if offers(action.id) is not Offer.ELSEWHERE]
    partners = {action.pair for action in here}
    entries: list[HelpEntry] = []
    for action in here:
        if action.group == group and action.id not in partners:
            pair = BY_ID[action.pair] if action.pair and BY_ID[action.pair] in here else None
            words = action.brief if pair is not None or not action.pair else action.label
            keys = _alternatives(action, pair, keymap, typing=typing)
            role = "dim" if offers(action.id) is Offer.NOT_NOW else "text"
            entries.append(HelpEntry(keys, words, words if pair is not None else action.label, role))
    return entries


def _alternatives(action: Action, pair: Action | None, keymap: Keymap, *, typing: bool) -> list[str]:
    """`gg G`, `Home End`: the keys of an action, or of a pair; `typing`: without those that type text."""
    own = _keys(action, keymap, typing=typing)
    if pair is None:
        return own
    theirs = _keys(pair, keymap, typing=typing)
    return [_both(*keys) for keys in zip_longest(own, theirs, fillvalue="")]


def _keys(action: Action, keymap: Keymap, *, typing: bool) -> list[str]:
    return [show_key(key) for key in keymap.keys[action.id] if not (typing and is_printing(key))]


def _both(one: str, other: str) -> str:
    """`ctrl+d u` for `ctrl+d ctrl+u`, `tab` for `tab shift+tab`."""
    if one and other == f"shift+{one}":
        return one
    modifier = one.rpartition("+")[0]
    return f"{one} {other.removeprefix(modifier + '+') if modifier else other}".strip()


def _columns(
    groups: Sequence[tuple[str, list[HelpEntry]]], edges: Sequence[int], *, wide: bool
) -> list[Line]:
    """The groups in columns that begin at `edges`; each goes where the least stands so far."""
    columns: list[list[Line]] = [[] for _ in edges[1:]]
    for title, entries in groups:
        if not entries:
            continue
        at = min(range(len(columns)), key=lambda number: len(columns[number]))
        if columns[at]:
            columns[at].append(BLANK)
        room = edges[at + 1] - edges[at] - (3 if wide else 1)
        columns[at].append((PaintSpan(title.upper(), "strong"),))
        columns[at] += _entry_lines(entries, room, wide=wide)
    lines: list[Line] = []
    for row in range(max(map(len, columns))):
        spans: list[str | PaintSpan] = [" " * edges[0]]
        for number, column in enumerate(columns):
            made = column[row] if row < len(column) else BLANK
            room = edges[number + 1] - edges[number]
            if wide and number < len(columns) - 1:
                spans += [*made, " " * (room - 2 - width_of(made)), PaintSpan("│", "rule"), " "]
            else:
                spans += [*made, " " * (room - width_of(made))]
        lines.append(line(*spans))
    return lines


def _entry_lines(entries: Sequence[HelpEntry], room: int, *, wide: bool) -> list[Line]:
    """Entries with their words in one column; where it is narrow, two short ones stand side by side."""
    least = MOST_KEYS if wide else 0
    cells = [cell_len(entry.shown(least)) for entry in entries]
    gap = max((keys for keys in cells if keys <= MOST_KEYS), default=0) + 2
    half = room // 2
    lines: list[Line] = []
    short: list[PaintSpan] = []
    for entry, following in zip_longest(entries, entries[1:]):
        brief = f" {entry.shown(0)} {entry.words}"
        beside = following is not None and cell_len(f" {following.shown(0)} {following.words}") < half
        if not wide and cell_len(brief) < half and (short or beside):
            short.append(PaintSpan(pad(brief, half), entry.role))
            if len(short) == 2:
                lines.append(tuple(short))
                short.clear()
            continue
        keys = entry.shown(gap - 2)
        taken = max(gap, cell_len(keys) + 1) + 1
        words = entry.label if wide and taken + cell_len(entry.label) <= room else entry.words
        lines.append((PaintSpan(clip(f" {pad(keys, taken - 1)}{words}", room), entry.role),))
    return lines
