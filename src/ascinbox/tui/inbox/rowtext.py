"""How a review becomes one or two lines of the list, in exactly so many cells. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from rich.cells import cell_len

from ascinbox.core.clock import from_epoch
from ascinbox.core.dates import age
from ascinbox.core.records import ReviewRow
from ascinbox.core.reviews.due_words import LONGEST, due_role, due_words
from ascinbox.core.reviews.states import State
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.stores import store_of_review
from ascinbox.core.text import list_cell
from ascinbox.tui.paint import Line, PaintSpan, app_label, clip, clip_pad, pad

TEXT_AT_LEAST = 40
"""Cells that the free text keeps before a column is dropped: app first, then age, territory, store."""

STATE_ROLES: Mapping[str, str] = {
    State.CHANGED: "warn",
    State.DRAFT: "accent",
    State.WAITING: "warn",
    State.HELD: "bad",
    State.FAILED: "bad",
    State.QUEUED: "good",
    State.PENDING: "good",
    State.ANSWERED: "good",
    State.SNOOZED: "dim",
    State.DONE: "dim",
}
"""Colour of a state letter; new and opened ones have none, which also keeps a step of the cursor short."""


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Which columns a list of this width has."""

    width: int
    two_lines: bool = False
    app_cells: int = 10
    age: bool = True
    territory: bool = True
    due: bool = False
    """A clock is in use: there is a column of times to answer by."""
    store: bool = False
    """Reviews are in more than one store."""

    @classmethod
    def for_width(
        cls, width: int, *, two_lines: bool, one_app: bool, due: bool = False, several_stores: bool = False
    ) -> RowLayout:
        """The columns that leave the text enough room. `one_app`: every row is of the same app;
        `several_stores`: rows are in more than one store."""
        app_cells = 0 if one_app else (12 if two_lines else 10)
        layout = cls(width, two_lines, app_cells, due=due, store=several_stores)
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
        """Cells before the state letter: cursor, selection, flag."""
        return 3 if self.two_lines or self.width < 40 else 4

    @property
    def due_cells(self) -> int:
        """Cells of the times to answer by; two-line rows have them in the second line."""
        return LONGEST + 1 if self.due and not self.two_lines else 0

    @property
    def text_column(self) -> int:
        """Where the free text begins, or the time to answer by: up to there a step of the cursor repaints."""
        columns = self.marks_cells + 2 + 3
        columns += 4 if self.age else 0
        columns += 3 if self.territory else 0
        columns += 3 if self.store else 0
        return columns + (self.app_cells + 1 if self.app_cells else 0)

    @property
    def text_cells(self) -> int:
        """Cells for the free text of the first line."""
        return max(0, self.width - self.text_column - self.due_cells - (1 if self.two_lines else 0))


def header(layout: RowLayout) -> str:
    """The column titles of a one-line list."""
    text = " " * layout.marks_cells + "S R  "
    text += "Age " if layout.age else ""
    text += "Te " if layout.territory else ""
    text += "St " if layout.store else ""
    text += pad("App", layout.app_cells) + " " if layout.app_cells else ""
    text += pad("Due", layout.due_cells) if layout.due_cells else ""
    return clip(text + "Review", layout.width)


def columns(row: ReviewRow, layout: RowLayout, now: datetime) -> str:
    """Everything between the marks and the free text, with a blank at its end."""
    rating = f"{row.rating}*" if row.rating is not None else "?*"
    text = f"{row.state} {rating} "
    if layout.age:
        text += f"{age(row.created_at, now):>3} "
    if layout.territory:
        text += f"{alpha2(row.territory) if row.territory else '?':2} "
    if layout.store:
        text += f"{store_of_review(row.id).short:2} "
    if layout.app_cells:
        text += pad(app_label(list_cell(row.app_name), layout.app_cells), layout.app_cells) + " "
    return text


def marks(layout: RowLayout, *, cursor: bool, selected: bool, flagged: bool) -> str:
    """Cursor, selection and flag as characters, so that they read without colour."""
    text = (">" if cursor else " ") + ("x" if selected else " ") + ("f" if flagged else " ")
    return pad(text, layout.marks_cells)


def presence(row: ReviewRow) -> str:
    """`anna writes`, or `by anna` where her reply waits for a publisher; empty when neither."""
    if row.writer:
        return f"{list_cell(row.writer)} writes"
    return f"by {list_cell(row.waits_by)}" if row.waits_by else ""


def row_lines(
    row: ReviewRow, layout: RowLayout, now: datetime, *, cursor: bool = False, selected: bool = False
) -> tuple[Line, ...]:
    """The one or two lines of a row, each in exactly `layout.width` cells.

    The cursor colours the columns up to the text and no more: a step then repaints only those.
    """
    title, body = list_cell(row.title), list_cell(row.body)
    who = presence(row)
    if who and layout.two_lines:
        body = f"{who} · {body}"
    elif who:
        title = f"{who} · {title}"
    left = marks(layout, cursor=cursor, selected=selected, flagged=row.flagged)
    facts = columns(row, layout, now)
    role = "picked" if selected else "text"
    due = _due(row, layout, now)
    if layout.two_lines:
        first = pad(clip(title or body, layout.text_cells), layout.text_cells) + " "
        second = _second_line(body if title else who, due, layout.width)
        return _first_line(left, facts, first, row, role, layout.width, cursor), second
    text = " - ".join(part for part in (title, body) if part)
    rest = clip_pad(text, layout.text_cells)
    if not layout.due_cells:
        return (_first_line(left, facts, rest, row, role, layout.width, cursor),)
    word = due or PaintSpan(" " * layout.due_cells, role)
    return (_first_line(left, facts, rest, row, role, layout.width, cursor, word),)


def _due(row: ReviewRow, layout: RowLayout, now: datetime) -> PaintSpan | None:
    """`due 3h`, `overdue 2h`, as wide as its column where it has one; None where no clock runs."""
    if not layout.due or row.due_at is None:
        return None
    return _due_span(row.due_at, int(now.timestamp()) // 60, layout.due_cells)


@lru_cache(maxsize=1_024)
def _due_span(due_at: datetime, minute: int, cells: int) -> PaintSpan:
    """The words change once a minute; rows are painted far more often."""
    now = from_epoch(minute * 60)
    words = due_words(due_at, now)
    return PaintSpan(pad(words, cells) if cells else words, due_role(due_at, now))


def _second_line(text: str, due: PaintSpan | None, width: int) -> Line:
    if due is None:
        return (PaintSpan(pad("      " + clip(text, width - 7), width), "dim"),)
    room = width - 6 - len(due.text)
    if room < 1:
        return (PaintSpan(pad("      " + clip(due.text, width - 7), width), due.role),)
    rest = f" · {text}" if text else ""
    return PaintSpan("      ", "dim"), due, PaintSpan(pad(clip(rest, room - 1), room), "dim")


def _first_line(
    left: str,
    facts: str,
    rest: str,
    row: ReviewRow,
    role: str,
    width: int,
    cursor: bool,
    due: PaintSpan | None = None,
) -> Line:
    head = left + facts
    if cell_len(head) + (len(due.text) if due else 0) >= width:
        return (PaintSpan(_exact(head, width), "cursor" if cursor else role),)
    if due is not None:
        # A span of its own, so that a step of the cursor leaves it alone.
        text = PaintSpan(_exact(rest, width - cell_len(head) - len(due.text)), role)
        tail: tuple[PaintSpan, ...] = (due, text)
        rest = ""
    else:
        tail = ()
        rest = _exact(rest, width - cell_len(head))
    if cursor:
        return (
            (PaintSpan(head, "cursor"), *tail) if tail else (PaintSpan(head, "cursor"), PaintSpan(rest, role))
        )
    letter_role = STATE_ROLES.get(row.state)
    if letter_role is None or role == "picked":
        return (PaintSpan(head + rest, role), *tail)
    return PaintSpan(left + facts[:1], letter_role), PaintSpan(facts[1:] + rest, role), *tail


def _exact(text: str, width: int) -> str:
    return text if len(text) == width == cell_len(text) else pad(text, width)
