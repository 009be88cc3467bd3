"""The help page as lines: which keys work here, laid out for the width. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len

from ascinbox.core.text import fold
from ascinbox.tui.hints import WIDE
from ascinbox.tui.keyhelp import (
    HELP_NARROW,
    HELP_WIDE,
    STATES_NARROW,
    STATES_WIDE,
    Columns,
    Entry,
    Group,
)
from ascinbox.tui.keys import VERBS, Keymap, show_key
from ascinbox.tui.paint import BLANK, Line, Span, clip, line, pad, rule, width_of

IsOff = Callable[[str], bool]

NARROW_COLUMNS = (1, 30, 57)
WIDE_COLUMN = 39
FILTER_WORDS = (
    " app: acct: rating: is: has: lang: territory: since: until: tag: by: sort:"
    '   -word  "a phrase"  a,b = or  (topic: query)'
)


def help_lines(width: int, keymap: Keymap, off: IsOff, height: int = 0) -> list[Line]:
    """The whole page below its heading; one column where three do not fit. Wide pages fill `height`."""
    if width >= WIDE:
        return _wide(width, keymap, off, height)
    if width >= 80:
        lines: list[Line] = []
        for band in HELP_NARROW:
            lines += _band(band, NARROW_COLUMNS, keymap, off)
            lines.append(BLANK)
        return lines + [(Span(text),) for text in STATES_NARROW]
    return _list(width, keymap, off, "")


def found_lines(width: int, keymap: Keymap, off: IsOff, words: str) -> list[Line]:
    """The verbs whose keys or meaning contain `words`."""
    found = _list(width, keymap, off, words)
    return found or [(Span(f" nothing about {words!r}", "dim"),)]


def _list(width: int, keymap: Keymap, off: IsOff, words: str) -> list[Line]:
    wanted = fold(words).strip()
    lines: list[Line] = []
    for verb in VERBS:
        keys = " ".join(show_key(key) for key in keymap.keys[verb.id])
        if (
            wanted
            and wanted not in fold(f"{verb.label} {verb.id} {verb.group}")
            and words.strip() not in keys
        ):
            continue
        role = "dim" if off(verb.id) else "text"
        lines.append((Span(clip(f"  {pad(keys, 12)} {verb.label}", width), role),))
    return lines


def _entry_spans(entries: Sequence[Entry], keymap: Keymap, off: IsOff, width: int, indent: str) -> Line:
    """Entries side by side; the second begins where the first leaves a stop."""
    spans: list[str | Span] = [indent]
    for number, entry in enumerate(entries):
        role = "dim" if all(off(verb) for verb in entry.verbs) else "text"
        keys = entry.shown_keys(keymap)
        text = pad(keys, max(entry.gap, cell_len(keys) + 1)) + entry.text
        if number < len(entries) - 1:
            text += " " * max(2, entry.room - cell_len(text))
        spans.append(Span(text, role))
    made = line(*spans)
    return made if width_of(made) <= width else line(Span(clip("".join(s.text for s in made), width)))


def _column(groups: Sequence[Group], keymap: Keymap, off: IsOff, width: int) -> list[Line]:
    lines: list[Line] = []
    for group in groups:
        if lines:
            lines.append(BLANK)
        lines.append(line(Span(clip(group.title, width), "strong")))
        lines += [_entry_spans(entries, keymap, off, width, " ") for entries in group.lines]
    return lines


def _band(band: Columns, starts: Sequence[int], keymap: Keymap, off: IsOff) -> list[Line]:
    edges = [*starts[1:], 80]
    columns = [
        _column(groups, keymap, off, edge - start)
        for groups, start, edge in zip(band, starts, edges, strict=True)
    ]
    lines: list[Line] = []
    for row in range(max(map(len, columns))):
        spans: list[str | Span] = [" " * starts[0]]
        for start, edge, column in zip(starts, edges, columns, strict=True):
            made = column[row] if row < len(column) else BLANK
            spans += [*made, " " * (edge - start - width_of(made))]
        lines.append(line(*spans))
    return lines


def _wide(width: int, keymap: Keymap, off: IsOff, height: int) -> list[Line]:
    columns = [_column(groups, keymap, off, WIDE_COLUMN - 2) for groups in HELP_WIDE]
    columns[2] += [BLANK, *(line(Span(text, "strong" if text.isupper() else "text")) for text in STATES_WIDE)]
    lines: list[Line] = []
    for row in range(max(*map(len, columns), height - 3)):
        spans: list[str | Span] = []
        for number, column in enumerate(columns):
            made = column[row] if row < len(column) else BLANK
            room = (WIDE_COLUMN if number == 0 else WIDE_COLUMN + 1) - 1
            spans += [" ", *made, " " * max(0, room - width_of(made))]
            if number < 2:
                spans.append(Span("│", "rule"))
        lines.append(line(*spans))
    lines += [BLANK, rule("Filter words", "", width), (Span(FILTER_WORDS),)]
    return lines
