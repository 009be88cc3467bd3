"""How a review becomes one or two lines of the list, in exactly so many cells. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from rich.cells import cell_len

from ascinbox.core.clock import from_epoch
from ascinbox.core.dates import age
from ascinbox.core.records import ReviewRow
from ascinbox.core.reviews.due_words import LONGEST, due_role, due_words
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.stores import store_of_review
from ascinbox.core.text import list_cell
from ascinbox.tui.chips import chips_within
from ascinbox.tui.paint import Line, PaintSpan, app_label, clip, pad
from ascinbox.tui.signs import (
    BAR,
    FLAG,
    MOST_STARS,
    OVER,
    PICKED,
    PLAIN_BAR,
    PLAIN_FLAG,
    PLAIN_PICKED,
    short_stars,
    star_role,
    stars,
    state_sign,
)
from ascinbox.tui.theme import on

TEXT_AT_LEAST = 36
"""Cells that the free text keeps before a column is dropped: app first, then age, territory, store."""
WHOLE_STARS_FROM = 60
"""Columns of the list from which a rating is five stars; a digit and a star below."""
TAG_CELLS = 24
"""Cells of a row that its tags may have."""
BODY_AT_LEAST = 4
"""Cells that are worth beginning a text in."""


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Which columns a list of this width has."""

    width: int
    two_lines: bool = False
    app_cells: int = 11
    age: bool = True
    territory: bool = True
    due: bool = False
    """A clock is in use: there is a column of times to answer by."""
    store: bool = False
    """Reviews are in more than one store."""
    ascii_only: bool = False
    """Letters and digits in place of glyphs and stars."""
    me: str = ""
    """Who reads: what is assigned to them stands out."""

    @classmethod
    def for_width(
        cls,
        width: int,
        *,
        two_lines: bool,
        one_app: bool,
        due: bool = False,
        several_stores: bool = False,
        ascii_only: bool = False,
        me: str = "",
    ) -> RowLayout:
        """The columns that leave the text enough room. `one_app`: every row is of the same app;
        `several_stores`: rows are in more than one store."""
        app_cells = 0 if one_app else (12 if two_lines else 11)
        layout = cls(width, two_lines, app_cells, due=due, store=several_stores, ascii_only=ascii_only, me=me)
        if two_lines:
            return layout
        for narrower in (
            layout,
            replace(layout, app_cells=0),
            replace(layout, app_cells=0, age=False),
            replace(layout, app_cells=0, age=False, territory=False),
            replace(layout, app_cells=0, age=False, territory=False, store=False),
        ):
            layout = narrower
            if layout.text_cells >= TEXT_AT_LEAST:
                break
        return layout

    @property
    def lines(self) -> int:
        """Lines a row takes."""
        return 2 if self.two_lines else 1

    @property
    def marks_cells(self) -> int:
        """Cells before the stars: bar, selection, state; in one-line rows also the flag."""
        return 4 if self.two_lines or self.width < 40 else 5

    @property
    def short_stars(self) -> bool:
        """Whether a rating is `2★` or `2*` and not five stars."""
        return self.ascii_only or (not self.two_lines and self.width < WHOLE_STARS_FROM)

    @property
    def title_column(self) -> int:
        """Where the columns behind the stars begin; in two-line rows title and text."""
        return self.marks_cells + (2 if self.short_stars else MOST_STARS) + 1

    @property
    def due_cells(self) -> int:
        """Cells of the times to answer by; two-line rows have them in the second line."""
        return LONGEST + 1 if self.due and not self.two_lines else 0

    @property
    def text_column(self) -> int:
        """Where the free text of a one-line row begins, or the time to answer by."""
        columns = self.title_column
        columns += 4 if self.age else 0
        columns += 3 if self.territory else 0
        columns += 3 if self.store else 0
        return columns + (self.app_cells + 1 if self.app_cells else 0)

    @property
    def text_cells(self) -> int:
        """Cells for the free text of a one-line row."""
        return max(0, self.width - self.text_column - self.due_cells)


def header(layout: RowLayout) -> str:
    """The column titles of a one-line list."""
    text = pad(" " * layout.marks_cells + ("R" if layout.short_stars else "Stars"), layout.title_column)
    text += "Age " if layout.age else ""
    text += "Te " if layout.territory else ""
    text += "St " if layout.store else ""
    text += pad("App", layout.app_cells) + " " if layout.app_cells else ""
    text += pad("Due", layout.due_cells) if layout.due_cells else ""
    return clip(text + "Review", layout.width)


def presence(row: ReviewRow) -> str:
    """`anna writes`, or `by anna` where her reply waits for a publisher; empty when neither."""
    if row.writer:
        return f"{list_cell(row.writer)} writes"
    return f"by {list_cell(row.waits_by)}" if row.waits_by else ""


def row_lines(
    row: ReviewRow, layout: RowLayout, now: datetime, *, cursor: str = "", selected: bool = False
) -> tuple[Line, ...]:
    """The one or two lines of a row, each in exactly `layout.width` cells.

    `cursor`: the surface of the row under the cursor, `cursor` or, where its pane has no focus, `resting`.
    """
    made = _TwoLines if layout.two_lines else _OneLine
    return made(row, layout, now, cursor, selected).lines()


class _Row:
    """What rows of both kinds are made of."""

    def __init__(self, row: ReviewRow, layout: RowLayout, now: datetime, cursor: str, selected: bool) -> None:
        self.row, self.layout, self.now = row, layout, now
        self.selected = selected
        self.cursor = cursor
        self.surface = cursor or ("picked" if selected else "")
        self.is_over = row.state in OVER
        self.title, self.body = list_cell(row.title), list_cell(row.body)

    def span(self, text: str, role: str) -> PaintSpan:
        """A piece of the row; of one that is over everything is faint."""
        return PaintSpan(text, on(self.surface, "faint" if self.is_over else role))

    def bar(self) -> PaintSpan:
        """The first cell of each line."""
        shown = PLAIN_BAR if self.layout.ascii_only else BAR
        return PaintSpan(shown if self.cursor else " ", on(self.surface, self._mark_role))

    @property
    def _mark_role(self) -> str:
        return "faint" if self.cursor == "resting" else "accent"

    def picked(self) -> PaintSpan:
        """Whether it is selected."""
        shown = PLAIN_PICKED if self.layout.ascii_only else PICKED
        return PaintSpan(shown if self.selected else " ", on(self.surface, "accent"))

    def flag(self) -> PaintSpan:
        """Whether it is flagged."""
        shown = PLAIN_FLAG if self.layout.ascii_only else FLAG
        return PaintSpan(shown if self.row.flagged else " ", on(self.surface, "warn"))

    def state(self) -> PaintSpan:
        """The sign of its state."""
        return self.span(*state_sign(self.row.state, ascii_only=self.layout.ascii_only))

    def stars(self) -> Iterable[PaintSpan]:
        """Its rating, with a blank behind it."""
        rating = self.row.rating
        if self.layout.short_stars:
            shown = short_stars(rating, ascii_only=self.layout.ascii_only)
            return (self.span(shown + " ", star_role(rating)),)
        all_of_them = stars(rating)
        full = all_of_them.rstrip("☆")
        return self.span(full, star_role(rating)), self.span(all_of_them[len(full) :] + " ", "faint")

    def due(self) -> PaintSpan | None:
        """`due 3h`, `overdue 2h`, as wide as its column where it has one; None where no clock runs."""
        if not self.layout.due or self.row.due_at is None:
            return None
        words, role = _due(self.row.due_at, int(self.now.timestamp()) // 60, self.layout.due_cells)
        return PaintSpan(words, on(self.surface, role))

    def tags(self, room: int) -> list[PaintSpan]:
        """Its tags as chips, as many as fit into `room` cells."""
        if not self.row.tags:
            return []
        words = [list_cell(tag) for tag in self.row.tags]
        return chips_within(words, room, ascii_only=self.layout.ascii_only, surface=self.surface)

    def joined(self, spans: Iterable[PaintSpan]) -> Line:
        """A line in exactly the width of the list; blanks join what stands before them, but for a chip."""
        left = self.layout.width
        line: list[PaintSpan] = []
        for span in spans:
            cells = cell_len(span.text)
            if cells > left:
                span, cells = PaintSpan(pad(clip(span.text, left), left), span.role), left
            if line and (span.role == line[-1].role or (not span.text.strip() and not _is_chip(line[-1]))):
                line[-1] = PaintSpan(line[-1].text + span.text, line[-1].role)
            elif span.text:
                line.append(span)
            left -= cells
            if left <= 0:
                break
        if left > 0 and line and _is_chip(line[-1]):
            line.append(self.span(" " * left, "text"))
        elif left > 0 and line:
            line[-1] = PaintSpan(line[-1].text + " " * left, line[-1].role)
        return tuple(line)


def _is_chip(span: PaintSpan) -> bool:
    return span.role.startswith("chip")


class _OneLine(_Row):
    """`▌▪↻⚑ ★☆☆☆☆ 13d DE Tide Clock Stürzt beim Start ab  Seit dem Update …`."""

    def lines(self) -> tuple[Line, ...]:
        row, layout = self.row, self.layout
        spans = [self.bar(), self.picked(), self.state(), self.flag()]
        spans.append(self.span(" " * (layout.marks_cells - 4), "text"))
        spans += self.stars()
        if layout.age:
            spans.append(self.span(f"{age(row.created_at, self.now):>3} ", "faint"))
        facts = f"{alpha2(row.territory) if row.territory else '?':2} " if layout.territory else ""
        facts += f"{store_of_review(row.id).short:2} " if layout.store else ""
        if layout.app_cells:
            facts += (
                pad(
                    clip(app_label(list_cell(row.app_name), layout.app_cells), layout.app_cells),
                    layout.app_cells,
                )
                + " "
            )
        spans.append(self.span(facts, "faint"))
        if layout.due_cells:
            spans.append(self.due() or self.span(" " * layout.due_cells, "text"))
        return (self.joined([*spans, *self._text()]),)

    def _text(self) -> Iterable[PaintSpan]:
        """Who is at it, the title, and as much of the text as there is room for."""
        room = self.layout.text_cells
        who = presence(self.row)
        if who:
            who = clip(f"{who} · ", room)
            yield self.span(who, "accent")
            room -= cell_len(who)
        title = clip(self.title, room)
        yield self.span(title, "strong")
        room -= cell_len(title)
        tags = self.tags(min(room - 2, TAG_CELLS))
        if tags:
            yield self.span("  " if title else "", "text")
            yield from tags
            room -= sum(cell_len(span.text) for span in tags) + (2 if title else 0)
        between = "  " if title and not tags else ""
        if room >= len(between) + BODY_AT_LEAST:
            yield self.span(between + clip(self.body, room - len(between)), "dim")


class _TwoLines(_Row):
    """`▌▪↻ ★☆☆☆☆ Stürzt beim Start ab        13d` over `▌ ⚑ @anna Seit dem …  Tide Clock DE`."""

    def lines(self) -> tuple[Line, ...]:
        return self.joined(self._first()), self.joined(self._second())

    def _first(self) -> Iterable[PaintSpan]:
        yield from (self.bar(), self.picked(), self.state(), self.span(" ", "text"))
        yield from self.stars()
        right = f" {age(self.row.created_at, self.now):>3} "
        room = self.layout.width - self.layout.title_column - len(right)
        if self.title:
            yield self.span(clip(self.title, room), "strong")
        else:
            yield self.span(clip(self.body, room), "text")
        gap = room - cell_len(clip(self.title or self.body, room))
        yield self.span(" " * gap, "text")
        yield self.span(right, "faint")

    def _second(self) -> Iterable[PaintSpan]:
        layout, row = self.layout, self.row
        yield from (self.bar(), self.span(" ", "text"), self.flag(), self.span(" ", "text"))
        lead = layout.title_column - layout.marks_cells
        assigned = f"@{list_cell(row.assignee)}" if row.assignee else ""
        beside = "" if layout.short_stars else clip(assigned, lead - 1)
        mine = "accent" if row.assignee == layout.me else "dim"
        yield self.span(pad(beside, lead), mine)
        right = self._where()
        room = layout.width - layout.title_column - cell_len(right)
        if room < BODY_AT_LEAST:
            right, room = "", layout.width - layout.title_column
        words = [
            (assigned if layout.short_stars else "", mine),
            (presence(row), "accent"),
            *([(due.text, "")] if (due := self.due()) is not None else []),
        ]
        for text, role in words:
            text = clip(text, room)
            if text:
                yield self.span(text, role) if role else PaintSpan(text, due.role if due else "text")
                between = min(2, room - cell_len(text))
                yield self.span(" " * between, "text")
                room -= cell_len(text) + between
        tags = self.tags(min(room, TAG_CELLS))
        yield from tags
        room -= sum(cell_len(span.text) for span in tags)
        text = clip(self.body if self.title else "", room)
        yield self.span(text + " " * (room - cell_len(text)), "dim")
        yield self.span(right, "faint")

    def _where(self) -> str:
        """` Tide Clock DE `: app, storefront and store."""
        row, layout = self.row, self.layout
        facts = [
            clip(app_label(list_cell(row.app_name), layout.app_cells), layout.app_cells)
            if layout.app_cells
            else "",
            f"{alpha2(row.territory) if row.territory else '?':2}",
            f"{store_of_review(row.id).short:2}" if layout.store else "",
        ]
        return f"  {' '.join(filter(None, facts))} "


@lru_cache(maxsize=1_024)
def _due(due_at: datetime, minute: int, cells: int) -> tuple[str, str]:
    """Words and role; they change once a minute, and rows are painted far more often."""
    now = from_epoch(minute * 60)
    words = due_words(due_at, now)
    return (pad(words, cells) if cells else words), due_role(due_at, now)
