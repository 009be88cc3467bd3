"""The fourth pane's lines: what the customer wrote besides, and what others write of the app. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from ascinbox.core.dates import age
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.text import list_cell
from ascinbox.tui.paint import BLANK, Line, PaintSpan, app_label, clip, line, wrap
from ascinbox.tui.signs import OVER, bar_mark, short_stars, star_role, stars, state_sign
from ascinbox.tui.theme import on

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewRow
    from ascinbox.workers.reviews.others import OtherReviews

BY_CUSTOMER = 3
"""Reviews of the customer that are shown; the others of the app follow below."""
MOST = 10
"""Reviews of the app that are shown in a high pane: each costs some 150 bytes when the cursor rests."""
INDENT = 3
"""Cells before the text of a review."""
APP_CELLS = 12


class OtherEntry(NamedTuple):
    """A review that is shown, and where."""

    row: ReviewRow
    query: str
    """The filter that lists it and those like it."""
    top: int
    """Its first line; it has two."""


class OthersText(NamedTuple):
    """What the pane shows."""

    lines: Sequence[Line]
    entries: Sequence[OtherEntry]


def others_text(
    others: OtherReviews,
    now: datetime,
    width: int,
    height: int,
    *,
    cursor: int | None = None,
    ascii_only: bool = False,
) -> OthersText:
    """The pane in at most `height` lines of at most `width` cells; a review is shown whole or not at all.

    `cursor`: number of the entry that the keys stand on, while this pane has them.
    """
    lines: list[Line] = []
    entries: list[OtherEntry] = []
    heading = "strong" if cursor is None else "focus"

    def part(title: str, role: str, rows: Sequence[ReviewRow], query: str, *, apps: bool) -> None:
        if lines and len(lines) + 1 < height:
            lines.append(BLANK)
        if len(lines) < height:
            lines.append((PaintSpan(" " + clip(title, width - 2), role),))
        for row in rows:
            if len(lines) + 2 > height:
                break
            where = _app_of(row) if apps else (alpha2(row.territory) if row.territory else "")
            surface = "cursor" if cursor == len(entries) else ""
            entries.append(OtherEntry(row, query, len(lines)))
            lines.extend(_entry(row, where, now, width, surface, ascii_only=ascii_only))

    theirs, of_app = others.by_customer, others.of_app
    if others.customer:
        name = clip(list_cell(others.customer), max(8, width - 22))
        title = f"{name} wrote {_count(len(theirs))}"
        part(title, heading if theirs else "dim", theirs[:BY_CUSTOMER], others.customer_query, apps=True)
    lead = "others on" if of_app else "no others on"
    rated = f"{others.stars.replace('..', '-')} stars" if others.stars else "any stars"
    app = clip(list_cell(others.app_name), max(8, width - len(f"  {lead} , {rated}")))
    title = f"{lead} {app}, {rated}"
    part(title, heading if of_app else "dim", of_app[:MOST], others.app_query, apps=False)
    return OthersText(lines, entries)


def _count(number: int) -> str:
    return "no other review" if not number else "1 other review" if number == 1 else f"{number} other reviews"


def _app_of(row: ReviewRow) -> str:
    return clip(app_label(list_cell(row.app_name), APP_CELLS), APP_CELLS)


def _entry(
    row: ReviewRow, where: str, now: datetime, width: int, surface: str, *, ascii_only: bool
) -> tuple[Line, Line]:
    """`▌● ★☆☆☆☆ Crash on launch   2h` over `   Same crash as everyone.   US`."""
    over = row.state in OVER

    def span(text: str, role: str) -> PaintSpan:
        return PaintSpan(text, on(surface, "faint" if over else role))

    glyph, glyph_role = state_sign(row.state, ascii_only=ascii_only)
    rating = short_stars(row.rating, ascii_only=True) if ascii_only else stars(row.rating)
    full = rating.rstrip("☆")
    title, body = list_cell(row.title), list_cell(row.body)
    right = f" {age(row.created_at, now):>3} "
    room = max(1, width - INDENT - len(rating) - 1 - len(right))
    if title:
        first, second = clip(title, room), body
    else:
        # A review without a title begins with its text.
        first = (wrap(body, room, 2) or [""])[0]
        second = body[len(first) :].lstrip()
    mark = bar_mark(bool(surface), ascii_only=ascii_only)
    upper = line(
        PaintSpan(mark, on(surface, "accent")),
        span(glyph, glyph_role),
        span(" ", "text"),
        span(full, star_role(row.rating)),
        span(rating[len(full) :] + " ", "faint"),
        span(first + " " * (room - cell_len(first)), "strong" if title else "text"),
        span(right, "faint"),
    )
    end = f"  {where} " if where else " "
    room = max(1, width - INDENT - cell_len(end))
    text = clip(second, room)
    lower = line(
        PaintSpan(mark, on(surface, "accent")),
        span(" " * (INDENT - 1), "text"),
        span(text + " " * (room - cell_len(text)), "dim"),
        span(end, "faint"),
    )
    return upper, lower
