"""Views as a bar and as a column, with apps, ratings and territories beside them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from ascinbox.core.text import list_cell
from ascinbox.tui.paint import BLANK, Line, PaintSpan, app_label, clip, line, pad
from ascinbox.tui.signs import BAR, MOST_STARS, STAR, short_stars, star_role
from ascinbox.tui.theme import on


@dataclass(frozen=True, slots=True)
class ViewLabel:
    """A view as bar and column show it. `count` is words already: `37`, `2,000+`, empty if unknown."""

    name: str
    count: str = ""


def views_line(views: Sequence[ViewLabel], active: int | None, right: str, width: int) -> Line:
    """` < [Needs reply 37]  Low stars 12  Changed 3  >    v views`; the active view is always in it."""
    labels = [" ".join(filter(None, (list_cell(view.name), view.count))) for view in views]
    if active is not None:
        labels[active] = f"[{labels[active]}]"
    room = width - 1 - 3 - 3 - (cell_len(right) + 1 if width >= 60 else 0)
    first, last = _fitting(labels, active or 0, room)
    spans: list[str | PaintSpan] = [PaintSpan(" < ", "dim")]
    for number in range(first, last):
        if number > first:
            spans.append("  ")
        spans.append(PaintSpan(clip(labels[number], max(1, room)), "tab" if number == active else "text"))
    spans.append(PaintSpan("  >", "dim"))
    made = line(*spans)
    used = sum(cell_len(span.text) for span in made)
    if width >= 60 and used + cell_len(right) + 1 < width:
        made += (PaintSpan(" " * (width - 1 - used - cell_len(right))), PaintSpan(right, "dim"))
    return made


def _fitting(labels: Sequence[str], active: int, room: int) -> tuple[int, int]:
    first = 0
    while first < active and _cells(labels[first : active + 1]) > room:
        first += 1
    last = first
    while last < len(labels) and _cells(labels[first : last + 1]) <= room:
        last += 1
    return first, max(last, min(first + 1, len(labels)))


def _cells(labels: Sequence[str]) -> int:
    return sum(cell_len(label) for label in labels) + 2 * max(0, len(labels) - 1)


@dataclass(frozen=True, slots=True)
class SideEntry:
    """One line of the side column: a heading (no `term`), or something to filter by."""

    text: str
    count: str = ""
    term: str = ""
    """What choosing it does: `view:3`, or a filter term."""
    active: bool = False
    stars: int | None = None
    """The rating that it stands for."""
    share: float = 0.0
    """Its part of the largest count, for a bar."""


def side_lines(
    entries: Sequence[SideEntry], cursor: int | None, width: int, *, ascii_only: bool = False
) -> list[Line]:
    """The column. A bar marks the view in force, or the cursor while the column has the keys."""
    lines: list[Line] = []
    for number, entry in enumerate(entries):
        if not entry.text:
            lines.append(BLANK)
        elif not entry.term:
            heading = f" {entry.text}"
            right = entry.count
            gap = " " * max(1, width - cell_len(heading) - cell_len(right) - 1)
            role = "strong" if cursor is None else "focus"
            lines.append(line(PaintSpan(heading, role), gap, PaintSpan(right, "dim")))
        else:
            here = number == cursor if cursor is not None else entry.active
            if entry.stars is not None:
                entered = cursor is not None
                lines.append(_rating_line(entry, width, here=here, entered=entered, ascii_only=ascii_only))
                continue
            room = width - 2 - max(6, cell_len(entry.count))
            name = pad(app_label(list_cell(entry.text), room), room)
            text = f"{BAR if here else ' '} {name}{entry.count:>{max(6, cell_len(entry.count))}}"
            role = "cursor" if cursor is not None and here else ("strong" if entry.active else "text")
            lines.append((PaintSpan(clip(text, width), role),))
    return lines


def _rating_line(entry: SideEntry, width: int, *, here: bool, entered: bool, ascii_only: bool) -> Line:
    """`  ★★    ██████     9`: stars, and a bar as long as there are reviews of them."""
    count = f"{entry.count:>{max(6, cell_len(entry.count))}}"
    room = max(0, width - 3 - MOST_STARS - cell_len(count))
    bar = "█" * min(room, max(round(room * entry.share), 1 if entry.share else 0))
    surface = "cursor" if entered and here else ""
    role = star_role(entry.stars)
    rating = short_stars(entry.stars, ascii_only=True) if ascii_only else STAR * (entry.stars or 0)
    return (
        PaintSpan(f"{BAR} " if here else "  ", on(surface, "strong")),
        PaintSpan(f"{rating:<{MOST_STARS}} {bar:<{room}}", on(surface, role)),
        PaintSpan(count, on(surface, "strong" if entry.active else "text")),
    )


def _rating_entries(ratings: Sequence[tuple[int, str, bool]]) -> list[SideEntry]:
    counts = [_number(count) for _, count, _ in ratings]
    largest = max(counts, default=0) or 1
    return [
        SideEntry(f"{stars}*", count, f"rating:{stars}", on, stars, number / largest)
        for (stars, count, on), number in zip(ratings, counts, strict=True)
    ]


def side_entries(
    views: Sequence[ViewLabel],
    active: int | None,
    apps: Sequence[tuple[str, str, bool]],
    ratings: Sequence[tuple[int, str, bool]],
    territories: Sequence[tuple[str, str, bool]],
    height: int,
    views_key: str,
) -> list[SideEntry]:
    """The column's entries, shortened so that each part keeps some lines in `height`.

    `apps`: (name, count, in the filter); `ratings`: (stars, count, in the filter); `territories`:
    (two letters, count, in the filter), most frequent first.
    """
    room = height - len(views) - len(ratings) - 8
    app_lines = max(1, min(len(apps), room // 2 + max(0, room // 2 - len(territories))))
    territory_lines = max(1, room - app_lines)
    entries = [SideEntry("VIEWS", views_key)]
    entries += [
        SideEntry(view.name, view.count, f"view:{number}", number == active)
        for number, view in enumerate(views)
    ]
    entries += [SideEntry(""), SideEntry("APPS")]
    entries += _shortened([SideEntry(name, n, f'app:"{name}"', on) for name, n, on in apps], app_lines)
    entries += [SideEntry(""), SideEntry("RATING")]
    entries += _rating_entries(ratings)
    entries += [SideEntry(""), SideEntry("TERRITORY")]
    places = [SideEntry(code, n, f"territory:{code}", on) for code, n, on in territories]
    return entries + _shortened(places, territory_lines)


def _shortened(entries: list[SideEntry], lines: int) -> list[SideEntry]:
    if len(entries) <= lines:
        return entries
    kept, rest = entries[: max(1, lines - 1)], entries[max(1, lines - 1) :]
    total = sum(_number(entry.count) for entry in rest)
    return [*kept, SideEntry(f"{len(rest)} more", f"{total:,}" if total else "", "more:")]


def _number(count: str) -> int:
    """What a count says; 0 where it says nothing, or only how many there are at least."""
    digits = count.replace(",", "")
    return int(digits) if digits.isdigit() else 0
