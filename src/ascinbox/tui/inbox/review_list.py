"""The list of reviews: only what is visible is rendered, however many there are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from ascinbox.core.records import ReviewRow
from ascinbox.tui.context import app_of
from ascinbox.tui.inbox.painted_rows import KEPT, PaintedRows, RowLook
from ascinbox.tui.inbox.rows import BLOCK, RowSource, RowWindow, Total
from ascinbox.tui.inbox.rowtext import RowLayout
from ascinbox.tui.paint import BLANK, Line, clip, ticked, wrap
from ascinbox.tui.widgets.lines import PaintsLines, to_strip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

AT_A_STEP = 4
"""Rows that are painted ahead at each step, so that the next page is ready before a held key gets there."""


class ReviewList(PaintsLines, can_focus=True):
    """A cursor over rows that come from a `RowSource` by keyset.

    Every question to the source carries the generation it was asked in; an answer for an older one is
    dropped. Moving within what is loaded repaints two rows and waits for nobody.
    """

    DEFAULT_CSS = """
    ReviewList { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    """

    class Resized(Message):
        """Its columns are others now."""

    class Opened(Message):
        """A row was clicked twice."""

    def __init__(self, moved: Callable[[], None], *, id: str | None = None) -> None:  # noqa: A002
        """`moved`: called when the cursor stands on another review, or the review under it changed."""
        super().__init__(id=id)
        self._moved = moved
        self.data = RowWindow()
        self.selected: dict[str, ReviewRow] = {}
        self.waiting = 0
        """New reviews that would have moved what is read, and therefore are not shown yet."""
        self.empty_text: tuple[str, ...] = ()
        self._source: RowSource | None = None
        self._generation = 0
        self._fetching = asyncio.Lock()
        self._prefetching = False
        self._two_lines = False
        self._one_app = False
        self._several_stores = False
        self._has_focus = True
        self._painted = PaintedRows(lambda: app_of(self).now())
        self._minute = 0

    # --- the layout ---

    def set_rows(self, *, two_lines: bool, one_app: bool, several_stores: bool = False) -> None:
        """Chooses one- or two-line rows, and whether the columns of app and store are needed."""
        wanted = (two_lines, one_app, several_stores)
        if wanted != (self._two_lines, self._one_app, self._several_stores):
            self._two_lines, self._one_app, self._several_stores = wanted
            self._rearrange()

    @property
    def layout_of_rows(self) -> RowLayout:
        """The columns in force."""
        return self._painted.layout

    def _rearrange(self) -> None:
        width, height = self.size
        two_lines = self._two_lines and height > 1
        layout = RowLayout.for_width(
            max(1, width),
            two_lines=two_lines,
            one_app=self._one_app,
            due=app_of(self).workspace.config.answer_clock is not None,
            several_stores=self._several_stores,
            ascii_only=app_of(self).profile.ascii,
            me=app_of(self).workspace.me,
        )
        self._painted.arrange(layout, width)
        self.data.resize(height // layout.lines)
        self.refresh()

    def on_resize(self) -> None:
        """Columns and page follow the size; more rows may be needed."""
        self._rearrange()
        self._prefetch()
        self.post_message(self.Resized())

    # --- loading ---

    async def load(
        self, source: RowSource, *, at: str | None = None, tail: bool = False, unless_moved: bool = False
    ) -> bool:
        """Shows another query: from its head, its end, or with the cursor on a review.

        False when a later call overtook this one, or, `unless_moved`, the cursor has moved meanwhile; nothing
        of it is shown then.
        """
        self._generation += 1
        mine = self._generation
        cursor = self.data.cursor
        around = await source.around(at, BLOCK) if at is not None else None
        block = None
        if around is None:
            block = await (source.tail(BLOCK) if tail else source.head(BLOCK))
        if mine != self._generation or (unless_moved and self.data.cursor != cursor):
            return False
        self._source = source
        self.data.total = Total()
        self.waiting = 0
        if around is not None:
            self.data.fill_around(around)
        elif block is not None:
            self.data.fill(block, from_head=not tail)
        self._forget_selection()
        self._painted.forget()
        self.refresh()
        self._moved()
        self._prefetch()
        return True

    def _forget_selection(self) -> None:
        if self.selected:
            self.selected.clear()

    def tell_total(self, total: Total, source: RowSource) -> None:
        """The number of rows, once somebody has counted; for another query it is ignored."""
        if source is not self._source:
            return
        if self.data.at_head and self.data.at_tail:
            return
        self.data.total = total
        if self.data.base is None and self.data.at_tail and total.count is not None and not total.more:
            self.data.base = max(0, total.count - len(self.data.rows))
        self._moved()

    async def reload(self, *, keep_cursor: bool, welcome: bool = False) -> None:
        """Reads the loaded rows again; the cursor stays on its review.

        `keep_cursor`: also when the query no longer shows it. `welcome`: new rows may move what is shown.
        """
        source, rows = self._source, self.data.rows
        if source is None:
            return
        if not rows:
            await self.load(source)
            return
        mine = self._generation
        at_head = self.data.at_head
        block = await (
            source.head(len(rows) + BLOCK) if at_head else source.after(rows[0], len(rows), with_it=True)
        )
        current, dropped = self.data.current, None
        if keep_cursor and current is not None and all(row.id != current.id for row in block.rows):
            # It stays, but not with the look of when the query still showed it.
            dropped = await source.one(current.id)
        if mine != self._generation:
            return
        before = (list(self.data.page()), self.data.cursor, self.data.top)
        left_out = self.data.refresh(block, keep_cursor=keep_cursor, welcome=welcome, dropped=dropped)
        if at_head:
            self.waiting = left_out
        if before != (list(self.data.page()), self.data.cursor, self.data.top):
            self.refresh()
        self._moved()
        self._prefetch()

    # --- moving ---

    @property
    def current(self) -> ReviewRow | None:
        """The row under the cursor."""
        return self.data.current

    async def move(self, step: int) -> bool:
        """To the next or previous row; fetches when the loaded rows end there."""
        target = self.data.cursor + step
        if not 0 <= target < len(self.data.rows) and not await self._reach(step):
            return False
        self.data.stale = None
        self._go(self.data.cursor + step)
        return True

    async def turn(self, step: int, part: float = 1.0) -> bool:
        """By a page, or a part of one."""
        if self.data.lacks(self.data.height)[0 if step < 0 else 1]:
            await self._reach(step)
        old = self.data.cursor
        if not self.data.turn_page(step, part):
            return False
        self.refresh()
        if old != self.data.cursor:
            self._moved()
        self.call_after_refresh(self._go_ahead)
        return True

    async def first(self) -> None:
        """To the first row of the query."""
        await self._to_end(tail=False)

    async def last(self) -> None:
        """To the last row of the query."""
        await self._to_end(tail=True)

    def take_place(self, review_id: str, top_id: str) -> None:
        """Puts the cursor, and the first row of the page, on loaded rows."""
        cursor, top = self.data.index_of(review_id), self.data.index_of(top_id)
        if cursor is None or top is None:
            return
        self.data.cursor, self.data.top = cursor, top
        self.refresh()
        self._moved()
        self._prefetch()

    async def _to_end(self, *, tail: bool) -> None:
        source = self._source
        if source is None:
            return
        if self.data.at_tail if tail else self.data.at_head:
            self._go(len(self.data.rows) - 1 if tail else 0)
            return
        self._generation += 1
        mine = self._generation
        block = await (source.tail(BLOCK) if tail else source.head(BLOCK))
        if mine == self._generation:
            self.data.fill(block, from_head=not tail)
            self.refresh()
            self._moved()
            self._prefetch()

    async def go_to(self, review_id: str) -> bool:
        """To a review of this query, loaded or not; False when the query does not show it."""
        number = self.data.index_of(review_id)
        if number is not None:
            self._go(number)
            return True
        if self._source is None:
            return False
        self._generation += 1
        mine = self._generation
        around = await self._source.around(review_id, BLOCK)
        if around is None or mine != self._generation:
            return False
        self.data.fill_around(around)
        self.refresh()
        self._moved()
        self._prefetch()
        return True

    def _go(self, number: int) -> None:
        old_cursor = self.data.cursor
        if number == old_cursor:
            return
        if self.data.place(number):
            self.refresh()
        else:
            self.refresh_rows(old_cursor, self.data.cursor)
        self._moved()
        self.call_after_refresh(self._go_ahead)

    # --- fetching ---

    async def _reach(self, step: int) -> bool:
        """Waits for the block in that direction; False at the end of the list."""
        async with self._fetching:
            source, rows = self._source, self.data.rows
            if source is None or not rows:
                return False
            if step > 0:
                if self.data.at_tail:
                    return False
                mine = self._generation
                block = await source.after(rows[-1], BLOCK)
                if mine != self._generation:
                    return False
                self.data.append(block)
            else:
                if self.data.at_head:
                    return False
                mine = self._generation
                block = await source.before(rows[0], BLOCK)
                if mine != self._generation:
                    return False
                self.data.prepend(block)
            return bool(block.rows)

    def _go_ahead(self) -> None:
        """Makes ready what comes next. For when what is shown is painted: the store would hold that up."""
        self._prefetch()
        self.prepare(AT_A_STEP)

    def _prefetch(self) -> None:
        """Fetches the next block before it is needed, without anybody waiting."""
        before, behind = self.data.lacks()
        if (before or behind) and not self._prefetching and self.data.rows:
            self._prefetching = True
            app_of(self).spawn(self._fetch_ahead(-1 if before and not behind else 1))

    async def _fetch_ahead(self, step: int) -> None:
        try:
            await self._reach(step)
        finally:
            self._prefetching = False

    # --- selecting ---

    def toggle(self) -> None:
        """Selects or unselects the row under the cursor."""
        row = self.current
        if row is not None:
            if self.selected.pop(row.id, None) is None:
                self.selected[row.id] = row
            self.refresh_rows(self.data.cursor)

    def select(self, rows: Iterable[ReviewRow]) -> None:
        """Selects exactly these."""
        self.selected = {row.id: row for row in rows}
        self.refresh()

    def targets(self) -> list[ReviewRow]:
        """What an act is about: the selected rows, else the one under the cursor."""
        if self.selected:
            return list(self.selected.values())
        return [self.current] if self.current is not None else []

    # --- painting ---

    def focus_on(self, has_it: bool) -> None:
        """Whether the keys move in this list: the row under the cursor is lit less where they do not."""
        if has_it != self._has_focus:
            self._has_focus = has_it
            self.refresh_rows(self.data.cursor)

    def refresh_rows(self, *numbers: int) -> None:
        """Repaints single rows, if they are on the page."""
        lines = self.layout_of_rows.lines
        regions = [
            Region(0, (number - self.data.top) * lines, self.size.width, lines)
            for number in numbers
            if 0 <= number - self.data.top < self.data.height
        ]
        if regions:
            self.refresh(*regions)

    def follow_time(self) -> bool:
        """Ages grow: repaints the rows that read differently now, once a minute; True when it did."""
        minute = int(app_of(self).now().timestamp()) // 60
        if minute == self._minute:
            return False
        self._minute = minute
        rows = enumerate(self.data.page(), self.data.top)
        page = {self._look(row, number): number for number, row in rows}
        self.refresh_rows(*(page[look] for look in self._painted.aged(page)))
        return True

    def prepare(self, most: int = KEPT) -> None:
        """Paints rows of the next page before it is turned to, `most` at a time; what is painted is kept."""
        end = self.data.top + self.data.height
        looks = [self._look(row, -1) for row in self.data.rows[end : end + self.data.height]]
        looks += [look._replace(cursor=self._lit) for look in looks[:1]]
        missing = [look for look in looks if look not in self._painted]
        if not missing:
            return
        netted = self.netting()
        for look in missing[:most]:
            for strip in self._painted.strips(look, app_of(self).roles):
                # A strip remembers what it becomes.
                netted(strip)

    def render_line(self, y: int) -> Strip:
        roles = app_of(self).roles
        place, line = divmod(y, self.layout_of_rows.lines)
        number = self.data.top + place
        if not self.data.rows:
            return to_strip(self._empty_line(y), self.size.width, roles)
        if number >= len(self.data.rows) or place >= self.data.height:
            return to_strip(BLANK, self.size.width, roles)
        return self._painted.strips(self._look(self.data.rows[number], number), roles)[line]

    def _look(self, row: ReviewRow, number: int) -> RowLook:
        return RowLook(row, self._lit if number == self.data.cursor else "", row.id in self.selected)

    @property
    def _lit(self) -> str:
        """The surface of the row under the cursor."""
        return "cursor" if self._has_focus else "resting"

    def _empty_line(self, y: int) -> Line:
        width = self.size.width
        lines: Sequence[str] = [part for text in self.empty_text for part in wrap(text, max(8, width - 4))]
        return ticked("  " + clip(lines[y - 1], width - 4), "dim") if 0 < y <= len(lines) else BLANK

    # --- the mouse ---

    async def on_click(self, event: events.Click) -> None:
        number = self.data.top + event.y // self.layout_of_rows.lines
        if number < len(self.data.rows):
            self._go(number)
            if event.chain == 2:
                self.post_message(self.Opened())

    async def on_mouse_scroll_down(self) -> None:
        await self.move(1)

    async def on_mouse_scroll_up(self) -> None:
        await self.move(-1)
