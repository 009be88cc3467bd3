"""The Inbox's panes: which are shown at which size, what fills them, where the keys go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from ascinbox.core.errors import AscinboxError
from ascinbox.core.filters import Query, parse, quoted
from ascinbox.core.records import ReviewDetail, ReviewRow
from ascinbox.tui.keys import INPUT, LIST, READING
from ascinbox.tui.neighbours import Known, Neighbours
from ascinbox.tui.paint import Span, clip, line
from ascinbox.tui.panes import is_split, is_wide, panes_of
from ascinbox.tui.readtext import Reading, telling_word
from ascinbox.tui.reviews import QuerySource
from ascinbox.tui.rows import Total
from ascinbox.tui.rowtext import header
from ascinbox.tui.screens.base import FrameScreen
from ascinbox.tui.widgets.filter_bar import FilterBar, Options
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.reading import ReadingPane
from ascinbox.tui.widgets.review_list import ReviewList
from ascinbox.tui.widgets.side import Side, ViewsBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ascinbox.workers.inbox import Inbox

HELD_WITHIN_S = 0.045
"""Steps that follow each other faster than this are a held key."""
READ_AFTER_S = 0.07
"""While a key is held, the reading pane waits until the cursor rests so long: a step costs two rows then."""
ALIKE_AFTER_S = 0.5
"""Like reviews are counted once the cursor has rested so long."""
COUNT_CAP = 2_000
"""Counting stops here in the quick lane; the list says `2,000+`."""


class InboxCore(FrameScreen):
    """List, reading pane, side column and bars; what they show is one query."""

    PLACE = "inbox"
    CSS_PATH = "inbox.tcss"

    def __init__(self) -> None:
        super().__init__()
        self.query_text = ""
        self.filter_query = Query()
        self.pane = "list"
        """Where the keys go: list, read or side."""
        self.zoomed = False
        self.side_hidden = False
        self.source: QuerySource | None = None
        self.total_all = Total()
        self._read_timer: Timer | None = None
        self._moved_at = 0.0
        self._neighbours = Neighbours(self._details)
        self._unread = False
        self._reads_on = False

    # --- widgets ---

    def compose_body(self) -> ComposeResult:
        yield ViewsBar()
        yield FilterBar()
        yield Lines(id="toprule")
        with Horizontal(id="panes"):
            yield Side(id="side")
            yield Lines(id="edge1", classes="edge")
            with Vertical(id="middle"):
                yield Lines(id="header")
                yield ReviewList(self._cursor_moved, id="list")
            yield Lines(id="edge2", classes="edge")
            yield ReadingPane(id="read")
        yield Lines(id="bottomrule")
        yield Options()

    @property
    def listing(self) -> ReviewList:
        """The list."""
        return self.query_one("#list", ReviewList)

    @property
    def reader(self) -> ReadingPane:
        """The reading pane."""
        return self.query_one("#read", ReadingPane)

    @property
    def side(self) -> Side:
        """The side column."""
        return self.query_one("#side", Side)

    @property
    def bar(self) -> FilterBar:
        """The filter bar."""
        return self.query_one(FilterBar)

    @property
    def inbox(self) -> Inbox:
        """The service that reads reviews."""
        return self.desk.workspace.inbox

    async def _details(self, ids: Sequence[str]) -> Sequence[ReviewDetail]:
        return await self.desk.ask(self.inbox.details, ids)

    # --- sizes ---

    @property
    def is_wide(self) -> bool:
        """Three panes, two-line rows."""
        return is_wide(*self.app.size)

    @property
    def is_split(self) -> bool:
        """List over reading pane."""
        return is_split(*self.app.size)

    def arrange_panes(self) -> None:
        """Shows the panes that the size, `z` and `p` leave."""
        panes = panes_of(*self.app.size)
        wide, split = panes.wide, panes.split
        self.set_class(wide, "wide")
        self.set_class(split, "split")
        self.set_class(not wide and not split, "single")
        self.set_class(panes.tiny, "tiny")
        self.set_class(panes.flat, "flat")
        reading = self.zoomed if wide or split else (self.zoomed or self.pane == "read")
        self.set_class(reading, "reading")
        self.set_class(self.side_hidden, "sidehidden")
        self.reader.edged = not wide
        self.reader.whole = reading or wide
        self.listing.set_rows(two_lines=wide, one_app=self.filter_query.one_app)
        self.call_after_refresh(self._after_layout)

    def _after_layout(self) -> None:
        self._paint_rules()
        self.reader.lay_out()
        self.tell_frame()

    def _paint_rules(self) -> None:
        height = self.query_one("#panes").size.height
        for edge in self.query(".edge").results(Lines):
            edge.show([(Span("│", "rule"),)] * height)
        self._tell_header()
        if self.is_wide:
            for name, tee in (("#toprule", "┬"), ("#bottomrule", "┴")):
                self.query_one(name, Lines).show([self._rule(tee)])

    def _rule(self, tee: str) -> tuple[Span, ...]:
        cells = ["─"] * self.app.size.width
        for edge in self.query(".edge").results(Lines):
            if edge.display and edge.region.width and edge.region.x < len(cells):
                cells[edge.region.x] = tee
        return (Span("".join(cells), "rule"),)

    def _tell_header(self) -> None:
        widget = self.query_one("#header", Lines)
        widget.show([line(Span(header(self.listing.layout_of_rows), "dim"))])

    def on_resize(self) -> None:
        """The panes follow the size."""
        self.arrange_panes()

    # --- context ---

    @property
    def context(self) -> str:
        if self.bar.is_open:
            return INPUT
        return READING if self.pane == "read" or self.has_class("reading") else LIST

    # --- the query ---

    def parse(self, text: str) -> Query:
        """The query of a filter; raises FilterError."""
        return parse(text, now=self.desk.now().astimezone())

    async def show_query(self, text: str, *, at: str | None = None) -> bool:
        """Loads the list for a filter; raises FilterError and leaves the list when it is none."""
        query = self.parse(text)
        source = QuerySource(self.desk.ask, self.inbox, query)
        if not await self.listing.load(source, at=at):
            return False
        self.query_text, self.filter_query, self.source = text, query, source
        self.listing.set_rows(two_lines=self.is_wide, one_app=self.filter_query.one_app)
        self.listing.empty_text = ()
        self.desk.spawn(self.count_rows(source))
        self._tell_header()
        self.tell_filter()
        return True

    async def count_rows(self, source: QuerySource) -> None:
        """Counts in the background: quickly up to a cap, then, if there are more, in the slow lane."""
        try:
            count = await self.desk.ask(self.inbox.count, source.query, COUNT_CAP)
            self.listing.tell_total(Total(count, count >= COUNT_CAP), source)
            self.tell_filter()
            if count >= COUNT_CAP:
                count = await self.desk.work(self.inbox.count, source.query)
                self.listing.tell_total(Total(count), source)
        except AscinboxError as error:
            self.desk.tell_error(error)
        self.tell_filter()

    def tell_filter(self) -> None:
        """Brings filter bar and tab bar up to date."""
        if self.is_mounted:
            self.bar.tell(self.query_text, self.counts_words() if not self.is_wide else self._bar_help())
            self.tell_frame()

    def _bar_help(self) -> str:
        return "tab completes · enter keeps · esc undoes"

    def counts_words(self) -> str:
        """`2 selected · 37 of 4812`, and `+4 new (F5 shows)` before it."""
        parts = []
        if self.listing.waiting:
            parts.append(f"+{self.listing.waiting} new ({self.desk.keymap.shown('sync')} shows)")
        if self.listing.selected:
            parts.append(f"{len(self.listing.selected)} selected")
        total = self.listing.data.total
        if total.count is not None:
            of = f" of {self.total_all}" if self.total_all.count is not None and self.query_text else ""
            parts.append(f"{total}{of}")
        return " · ".join(parts)

    def tab_right(self) -> str:
        return self.counts_words() if self.is_wide else ""

    # --- the reading pane ---

    def _cursor_moved(self) -> None:
        """The pane follows at once; while a key is held, when the cursor rests."""
        now = monotonic()
        held, self._moved_at = now - self._moved_at < HELD_WITHIN_S, now
        if self._read_timer is not None:
            self._read_timer.reset()
        elif held:
            self._read_timer = self.set_timer(READ_AFTER_S, self._read_soon)
        else:
            row = self.listing.current
            known = self._neighbours.get(row.id) if row is not None else None
            if known is not None:
                self._show(known)
            # The store's work would hold up the painting.
            self.call_after_refresh(self._read_soon)

    def _read_soon(self) -> None:
        self._read_timer = None
        self._unread = True
        if not self._reads_on:
            self._reads_on = True
            self.desk.spawn(self._read_on())

    async def _read_on(self) -> None:
        """Reads until nothing is left to read: behind a slow disk, once, and not once for each step."""
        try:
            while self._unread:
                self._unread = False
                await self.read_current()
                if not self._unread:
                    await self._neighbours.look(row.id for row in self.listing.data.near())
            self.listing.prepare()
        finally:
            self._reads_on = False

    async def read_current(self) -> ReviewDetail | None:
        """Shows the review under the cursor whole, as the store has it now."""
        row = self.listing.current
        if row is None:
            self.reader.read(None)
            return None
        detail: ReviewDetail | None = await self.desk.ask(self.inbox.detail, row.id)
        if detail is None or self.listing.current is None or self.listing.current.id != row.id:
            return detail
        self._show(self._neighbours.learn(detail))
        return detail

    def _show(self, known: Known) -> None:
        before = self.reader.reading
        same = before is not None and before.detail.review.id == known.detail.review.id
        alike = before.alike if before is not None and same else ""
        reading = Reading(known.detail, self.position(), known.language, alike)
        if reading == before:
            return
        self.reader.read(reading)
        if self.is_wide and not same:
            self.desk.spawn(self._count_alike(known.detail)).set_name("alike")

    async def _count_alike(self, detail: ReviewDetail) -> None:
        """Looks, once the cursor rests, how often the same word came for this app lately."""
        await asyncio.sleep(ALIKE_AFTER_S)
        word = telling_word(detail)
        row = self.listing.current
        if not word or row is None or row.id != detail.review.id:
            return
        text = f"{quoted(word)} app:{quoted(detail.app_name)}"
        recent = self.parse(f"{text} since:14d")
        count = await self.desk.work(self.inbox.count, recent)
        unanswered = await self.desk.work(self.inbox.count, self.parse(f"{text} since:14d is:unanswered"))
        reading = self.reader.reading
        if count > 1 and reading is not None and reading.detail.review.id == detail.review.id:
            words = f'{count} x "{word}", {unanswered} unanswered     / {text}'
            self.reader.read(replace(reading, alike=words))

    def position(self) -> str:
        """`1/37`."""
        number, total = self.listing.data.number, self.listing.data.total
        if number is None:
            return f"?/{total}" if total.count is not None else ""
        return f"{number}/{total}" if total.count is not None else str(number)

    @property
    def current(self) -> ReviewRow | None:
        """The row under the cursor."""
        return self.listing.current

    def breadcrumb(self, width: int) -> str:
        """`Inbox > Needs reply > Tide Clock`."""
        row = self.current
        return clip(" > ".join(filter(None, ("Inbox", row.app_name if row else ""))), width)
