"""The list as a window over more rows than fit into memory: a run of loaded rows, a cursor, a page. Pure.

The run is contiguous and grows at either end by blocks that a source delivers by keyset; rows at a far end
are dropped again. The cursor belongs to a review, not to a place: reloading finds it by id. Pages flip: when
the cursor leaves the window, the window moves by its height, which writes less than scrolling line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ascinbox.core.records import ReviewRow
from ascinbox.core.reviews.states import State

BLOCK = 64
"""Rows fetched at a time."""
KEPT = 640
"""Rows kept around the cursor; more are dropped at the far end."""


class RowBlock(NamedTuple):
    """Rows in the list's order, and whether the list ends there."""

    rows: Sequence[ReviewRow]
    edge: bool
    """No more rows in the direction that was asked for."""


class Around(NamedTuple):
    """What stands around one review."""

    before: RowBlock
    onward: RowBlock
    """Begins with the review itself."""
    position: int | None
    """Rows before the review in the whole list; None when nobody counted."""


class RowSource(Protocol):
    """Where rows come from, for one query."""

    async def head(self, limit: int) -> RowBlock:
        """The first rows."""
        ...

    async def tail(self, limit: int) -> RowBlock:
        """The last rows, in the list's order."""
        ...

    async def after(self, row: ReviewRow, limit: int, *, with_it: bool = False) -> RowBlock:
        """The rows that follow one; `with_it`: from where it stands or stood, itself included."""
        ...

    async def before(self, row: ReviewRow, limit: int) -> RowBlock:
        """The rows before one, in the list's order."""
        ...

    async def around(self, review_id: str, limit: int) -> Around | None:
        """The rows on both sides of a review; None when the query does not show it."""
        ...

    async def one(self, review_id: str) -> ReviewRow | None:
        """A review as it is now, whether the query shows it or not; None when it is not there any more."""
        ...


@dataclass(slots=True)
class Total:
    """How many rows the query has, as far as anyone knows."""

    count: int | None = None
    more: bool = False
    """At least `count`: nobody counted on."""

    def __str__(self) -> str:
        if self.count is None:
            return "?"
        return f"{self.count:,}+" if self.more else f"{self.count:,}"


class RowWindow:
    """The loaded run, the cursor in it and the first row of the page."""

    def __init__(self) -> None:
        self.rows: list[ReviewRow] = []
        self.cursor = 0
        self.top = 0
        self.height = 1
        self.at_head = True
        self.at_tail = True
        self.base: int | None = 0
        """Number of `rows[0]` in the whole list; None when nobody knows."""
        self.total = Total()
        self.stale: str | None = None
        """A review that the query no longer shows, kept while the cursor stands on it."""

    # --- looking ---

    @property
    def current(self) -> ReviewRow | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def number(self) -> int | None:
        """Place of the cursor in the whole list, from 1; None when nobody knows, or it is not in it."""
        if self.base is None or not self.rows or self.is_on_stale:
            return None
        return self.base + self.cursor + 1

    @property
    def is_on_stale(self) -> bool:
        """Whether the cursor stands on a review that the query no longer shows."""
        return self.stale is not None and self.current is not None and self.current.id == self.stale

    def page(self) -> Sequence[ReviewRow]:
        """The rows on the screen."""
        return self.rows[self.top : self.top + self.height]

    def near(self) -> Sequence[ReviewRow]:
        """The rows that one step, or one page, would put the cursor on."""
        steps = (self.cursor + by for by in (1, -1, self.height, -self.height))
        return [self.rows[number] for number in steps if 0 <= number < len(self.rows)]

    def index_of(self, review_id: str) -> int | None:
        """Where a review is in the run."""
        return next((n for n, row in enumerate(self.rows) if row.id == review_id), None)

    def next_needing(self, step: int) -> int | None:
        """The nearest loaded row in that direction that needs a person, and to which nobody else writes."""
        stop = len(self.rows) if step > 0 else -1
        for number in range(self.cursor + step, stop, step):
            if State(self.rows[number].state).needs_you and not self.rows[number].writer:
                return number
        return None

    # --- filling ---

    def fill(self, block: RowBlock, *, from_head: bool) -> None:
        """Starts again at one end of the list."""
        self.rows = list(block.rows)
        self.at_head = from_head or block.edge
        self.at_tail = block.edge or not from_head
        self.stale = None
        if from_head:
            self.base = 0
            self.place(0)
        else:
            count = self.total.count
            known = count is not None and not self.total.more
            self.base = count - len(self.rows) if known and count is not None else None
            if self.at_head:
                self.base = 0
            self.place(len(self.rows) - 1)
        self._count_when_whole()

    def fill_around(self, around: Around) -> None:
        """Starts again in the middle, the cursor on the review that was asked for."""
        before, onward, position = around
        self.rows = [*before.rows, *onward.rows]
        self.at_head, self.at_tail = before.edge, onward.edge
        self.base = None if position is None else max(0, position - len(before.rows))
        if before.edge:
            self.base = 0
        self.stale = None
        self._count_when_whole()
        self.place(min(len(before.rows), max(0, len(self.rows) - 1)), flip=True)

    def append(self, block: RowBlock) -> None:
        """More rows behind the last."""
        known = {row.id for row in self.rows}
        self.rows += [row for row in block.rows if row.id not in known]
        self.at_tail = block.edge
        self._count_when_whole()
        self._let_go_head()

    def prepend(self, block: RowBlock) -> None:
        """More rows before the first; what is on the screen stays where it is."""
        known = {row.id for row in self.rows}
        fresh = [row for row in block.rows if row.id not in known]
        self.rows[:0] = fresh
        self.cursor += len(fresh)
        self.top += len(fresh)
        self.at_head = block.edge
        if self.base is not None:
            self.base = max(0, self.base - len(fresh))
        if block.edge:
            self.base = 0
        self._count_when_whole()
        self._let_go_tail()

    def _count_when_whole(self) -> None:
        if self.at_head and self.at_tail:
            self.total = Total(len(self.rows) - self.is_on_stale)
        elif self.at_tail and self.base is not None and (self.total.count is None or self.total.more):
            self.total = Total(self.base + len(self.rows))

    def _let_go_head(self) -> None:
        spare = min(len(self.rows) - KEPT, self.top - 2 * BLOCK)
        if spare > 0:
            del self.rows[:spare]
            self.cursor -= spare
            self.top -= spare
            self.at_head = False
            if self.base is not None:
                self.base += spare

    def _let_go_tail(self) -> None:
        last_shown = self.top + self.height
        spare = min(len(self.rows) - KEPT, len(self.rows) - last_shown - 2 * BLOCK)
        if spare > 0:
            del self.rows[len(self.rows) - spare :]
            self.at_tail = False

    # --- moving ---

    def place(self, number: int, *, flip: bool = False) -> bool:
        """Puts the cursor on a loaded row; True when the page changed. `flip`: show it a third down."""
        if not self.rows:
            self.cursor = self.top = 0
            return False
        self.cursor = max(0, min(number, len(self.rows) - 1))
        before = self.top
        if flip:
            self.top = self.cursor - self.height // 3
        elif self.cursor >= self.top + self.height:
            self.top = self.cursor if self.cursor == self.top + self.height else self.cursor - self.height + 1
        elif self.cursor < self.top:
            behind = self.cursor == self.top - 1
            self.top = self.cursor - self.height + 1 if behind else self.cursor
        self._clamp_top()
        return self.top != before

    def turn_page(self, step: int, part: float = 1.0) -> bool:
        """Moves page and cursor by a page or a part of one; True when anything moved."""
        by = max(1, int(self.height * part))
        before = (self.cursor, self.top)
        if part >= 1.0:
            self.top += step * by
            self._clamp_top()
        moved = self.cursor + step * by
        self.cursor = max(0, min(moved, len(self.rows) - 1)) if self.rows else 0
        if not self.top <= self.cursor < self.top + self.height:
            self.place(self.cursor)
        return (self.cursor, self.top) != before

    def resize(self, height: int) -> None:
        """The page holds so many rows now; the cursor stays visible."""
        self.height = max(1, height)
        if self.cursor >= self.top + self.height:
            self.top = self.cursor - self.height + 1
        self._clamp_top()

    def _clamp_top(self) -> None:
        self.top = max(0, min(self.top, len(self.rows) - (1 if not self.at_tail else self.height)))
        self.top = max(0, min(self.top, self.cursor))
        if self.cursor >= self.top + self.height:
            self.top = self.cursor - self.height + 1

    def lacks(self, ahead: int = BLOCK // 2) -> tuple[bool, bool]:
        """Whether rows are wanted before and behind the page: (before, behind)."""
        before = not self.at_head and self.top < ahead
        behind = not self.at_tail and self.top + self.height + ahead > len(self.rows)
        return before, behind

    # --- changing ---

    def refresh(
        self,
        block: RowBlock,
        *,
        keep_cursor: bool,
        welcome: bool = False,
        dropped: ReviewRow | None = None,
    ) -> int:
        """Rows read again from the first loaded one on. Returns how many new ones were left out.

        What is on the screen is not moved by rows that were not there: those wait (unless `welcome`), but
        for those that come after all that is shown. A review that the query dropped stays while the cursor
        is on it (`keep_cursor`), as it is now (`dropped`); otherwise the cursor goes to the row that took its
        place.
        """
        known = {row.id: number for number, row in enumerate(self.rows)}
        last_shown = min(self.top + self.height, len(self.rows)) - 1
        shown_to = -1
        for number, row in enumerate(block.rows):
            if known.get(row.id, len(self.rows)) <= last_shown:
                shown_to = number
        merged: list[ReviewRow] = []
        left_out = 0
        for number, row in enumerate(block.rows):
            if welcome or row.id in known or not self.rows or number > shown_to:
                merged.append(row)
            else:
                left_out += 1
        self._settle(merged, keep_cursor, dropped)
        self.at_tail = block.edge
        self._count_when_whole()
        self._clamp_top()
        return left_out

    def _settle(self, merged: list[ReviewRow], keep_cursor: bool, dropped: ReviewRow | None) -> None:
        current, place = self.current, self.cursor
        top_row = self.rows[self.top] if self.rows else None
        place_of = {row.id: number for number, row in enumerate(merged)}
        before_cursor = [row.id for row in self.rows[:place]]
        self.stale = None
        if current is not None and current.id not in place_of:
            anchor = next((place_of[i] + 1 for i in reversed(before_cursor) if i in place_of), 0)
            if keep_cursor:
                is_newer = dropped is not None and dropped.id == current.id
                merged.insert(anchor, dropped if dropped is not None and is_newer else current)
                self.stale = current.id
            place = anchor
        elif current is not None:
            place = place_of[current.id]
        shift = self.cursor - self.top
        self.rows = merged
        self.cursor = max(0, min(place, len(merged) - 1))
        if top_row is not None and top_row.id in place_of:
            self.top = next(n for n, row in enumerate(merged) if row.id == top_row.id)
        else:
            self.top = max(0, self.cursor - shift)

    def replace(self, rows: Mapping[str, ReviewRow]) -> list[int]:
        """Puts newer facts into loaded rows; returns the numbers that changed."""
        changed = []
        for number, row in enumerate(self.rows):
            newer = rows.get(row.id)
            if newer is not None and newer != row:
                self.rows[number] = newer
                changed.append(number)
        return changed

    def ids(self) -> Iterable[str]:
        """The loaded reviews."""
        return (row.id for row in self.rows)
