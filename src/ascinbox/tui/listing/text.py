"""The Listing screen in lines: heading, table, and the pane with draft and live text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ascinbox.core.dates import age
from ascinbox.core.listing.checks import measure
from ascinbox.core.listing.fields import ListingField, Scope
from ascinbox.core.listing.platforms import platform_name
from ascinbox.core.listing.records import shown
from ascinbox.core.listing.states import state_of
from ascinbox.core.text import list_cell
from ascinbox.core.word_diff import words_diff
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, pad, rule, spread, width_of, wrap
from ascinbox.tui.signs import BAR
from ascinbox.tui.theme import on
from ascinbox.tui.word_diff import diff_lines

if TYPE_CHECKING:
    from ascinbox.tui.listing.sheet import Sheet

LABEL = 8
"""Cells of the languages' column."""
COLUMN = 10
SIDE_BY_SIDE = 96
"""From so many cells on draft and live text stand side by side."""

SHORT = {
    "name": "Name",
    "subtitle": "Subtitle",
    "promotionalText": "Promo",
    "description": "Descr.",
    "keywords": "Keywords",
    "whatsNew": "New",
    "supportUrl": "Support",
    "marketingUrl": "Market.",
    "privacyPolicyUrl": "Privacy",
    "privacyChoicesUrl": "Choices",
    "privacyPolicyText": "TV text",
}
"""Columns' headings by Apple's attribute."""


@dataclass(frozen=True, slots=True)
class SheetPlace:
    """The cell under the cursor."""

    row: int
    column: int


def heading(sheet: Sheet, number: int, count: int, now: datetime, width: int) -> list[Line]:
    """Which app, its draft and what is live, in two lines."""
    listing = sheet.listing
    read = f"read {age(listing.read_at, now)} ago" if listing.read_at else "never read"
    place = f"{number + 1} of {count} apps" if count > 1 else ""
    first = spread(f" {list_cell(listing.name)}", f"{place} · {read} " if place else f"{read} ", width)
    parts = []
    version = sheet.parts.get(Scope.VERSION)
    if version is not None:
        state = state_of(version.scope, version.state).words
        parts.append(f"{platform_name(version.platform)} {version.version}: {state}")
    live = sheet.live.get(Scope.VERSION)
    if live is not None and version is not None and live.id != version.id:
        parts.append(f"{live.version} is in the App Store")
    info = sheet.parts.get(Scope.INFO)
    if info is not None:
        parts.append(f"app information: {state_of(info.scope, info.state).words}")
    held = sum(1 for edit in sheet.edits.values() if edit.state)
    if sheet.edits:
        # First, so that a narrow screen does not cut it.
        parts.insert(0, f"{len(sheet.edits)} written here" + (f", {held} held or refused" if held else ""))
    second = clip(" " + " · ".join(parts), width)
    return [
        line(PaintSpan(first, "strong")),
        line(PaintSpan(second, "warn" if held else "accent" if sheet.edits else "dim")),
    ]


TITLES, MOST_CELLS, REST_LINES = 20, 110, 3
"""Cells of the titles of a language's other texts, the widest that these are, and lines of each."""


def columns_shown(sheet: Sheet, column: int, width: int) -> range:
    """The columns that fit, the one under the cursor among them."""
    room = max(1, (width - LABEL - 2) // COLUMN)
    total = len(sheet.fields)
    first = max(0, min(column - room + 1, total - room)) if column >= room else 0
    return range(first, min(total, first + room))


def table(sheet: Sheet, place: SheetPlace, width: int, *, ascii_only: bool) -> list[Line]:
    """The headings, then a line a language."""
    shown_columns = columns_shown(sheet, place.column, width)
    head = "".join(pad(SHORT[sheet.fields[c].name], COLUMN) for c in shown_columns)
    lines: list[Line] = [line(PaintSpan(clip(" " + " " * (LABEL + 1) + head, width), "dim"))]
    marks = "*!" if ascii_only else "✎‼"
    for number, locale in enumerate(sheet.locales):
        at_row = number == place.row
        primary = locale == sheet.listing.primary_locale
        surface = "resting" if at_row else ""
        spans = [
            PaintSpan(BAR if at_row else " ", on(surface, "focus")),
            PaintSpan(pad(list_cell(locale), LABEL + 1), on(surface, "strong" if primary else "text")),
        ]
        for c in shown_columns:
            cell = sheet.cell(sheet.fields[c], locale, marks=marks)
            words = clip(cell.words, COLUMN - 1)
            lit = "cursor" if at_row and c == place.column else surface
            spans.append(PaintSpan(words, on(lit, cell.role)))
            spans.append(PaintSpan(" " * (COLUMN - cell_len(words)), surface or "text"))
        row = line(*spans)
        lines.append((*row, PaintSpan(" " * max(0, width - width_of(row)), surface)) if at_row else row)
    return lines


def pane(sheet: Sheet, row: ListingField, locale: str, width: int) -> list[Line]:
    """Everything about the cell under the cursor, then the other texts of its language."""
    return [*_cell_lines(sheet, row, locale, width), *_rest_lines(sheet, row, locale, width)]


def _rest_lines(sheet: Sheet, row: ListingField, locale: str, width: int) -> list[Line]:
    """The other texts of a language, each beside its title."""
    titles = min(TITLES, width // 3)
    room = min(width - titles - 1, MOST_CELLS)
    lines: list[Line] = []
    for other in sheet.fields:
        text = shown(sheet.text(other, locale))
        if other.name == row.name or not text:
            continue
        for number, part in enumerate(wrap(text, room, REST_LINES)):
            title = pad(f" {other.title}" if number == 0 else "", titles)
            lines.append(line(PaintSpan(title, "dim"), PaintSpan(part)))
    if not lines:
        return []
    return [BLANK, rule(f"{list_cell(locale)} · the other texts", "", width), *lines]


def _cell_lines(sheet: Sheet, row: ListingField, locale: str, width: int) -> list[Line]:
    """The cell under the cursor: limits, findings, the draft beside what is live."""
    text = sheet.text(row, locale)
    limit = f"{measure(text):,} of {row.most:,}" if row.most else f"{measure(text):,} characters"
    lines: list[Line] = [rule(f"{list_cell(locale)} · {row.title}", limit, width)]
    why = sheet.why_not(row, locale)
    if why:
        lines += [line(PaintSpan(f" {part}", "dim")) for part in wrap(why, width - 2, 3)]
    for role, sentence in sheet.findings(row, locale):
        lines += [line(PaintSpan(f" {part}", role)) for part in wrap(sentence, width - 2, 3)]
    edit, live = sheet.edit(row, locale), sheet.live_text(row, locale)
    theirs = sheet.theirs(row, locale)
    if edit is not None:
        left_title = "written here, over Apple's"
        left = diff_lines(words_diff(shown(theirs), shown(edit.text)), _half(width, live))
    else:
        part = sheet.parts.get(row.scope)
        left_title = "the draft" if part is not None and part.editable else "in the App Store"
        left = [line(PaintSpan(part)) for part in wrap(shown(text), _half(width, live))]
    if live is None:
        return [*lines, BLANK, *_indented(left or [line(PaintSpan("(empty)", "dim"))])]
    right = [line(PaintSpan(part, "dim")) for part in wrap(shown(live), _half(width, live))]
    if width >= SIDE_BY_SIDE:
        return [*lines, BLANK, *beside(left_title, left, "in the App Store", right, width)]
    return [
        *lines,
        line(PaintSpan(clip(f" {left_title}", width), "dim")),
        *_indented(left or [line(PaintSpan("(empty)", "dim"))]),
        BLANK,
        line(PaintSpan(clip(" in the App Store", width), "dim")),
        *_indented(right or [line(PaintSpan("(empty)", "dim"))]),
    ]


def _half(width: int, live: str | None) -> int:
    return max(10, width // 2 - 2 if live is not None and width >= SIDE_BY_SIDE else width - 3)


def _indented(lines: Iterable[Line]) -> list[Line]:
    return [line(" ", *one) for one in lines]


def beside(
    left_title: str, left: Sequence[Line], right_title: str, right: Sequence[Line], width: int
) -> list[Line]:
    """Two texts in two columns under their titles."""
    room = width // 2
    rows: list[Line] = [
        line(PaintSpan(pad(f" {left_title}", room), "dim"), PaintSpan(f" {right_title}", "dim"))
    ]
    for number in range(max(len(left), len(right), 1)):
        one = left[number] if number < len(left) else BLANK
        other = right[number] if number < len(right) else BLANK
        rows.append(line(" ", *one, " " * max(0, room - 1 - width_of(one)), " ", *other))
    return rows
