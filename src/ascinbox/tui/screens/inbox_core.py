"""The Inbox's panes: which are shown at which size, what fills them, where the keys go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ascinbox.core.errors import AscinboxError
from ascinbox.core.filters import Query, parse
from ascinbox.core.records import ReviewRow
from ascinbox.tui.actions import INPUT, LIST, READING
from ascinbox.tui.paint import Span, clip, line
from ascinbox.tui.panes import is_split, is_wide, panes_of
from ascinbox.tui.reviews import QuerySource
from ascinbox.tui.rows import Total
from ascinbox.tui.rowtext import header
from ascinbox.tui.screens.base import FrameScreen
from ascinbox.tui.widgets.filter_bar import FilterBar, Options
from ascinbox.tui.widgets.lines import Lines, VerticalRule
from ascinbox.tui.widgets.reading import ReadingPane
from ascinbox.tui.widgets.review_list import ReviewList
from ascinbox.tui.widgets.side import Side, ViewsBar

if TYPE_CHECKING:
    from ascinbox.workers.inbox import Inbox

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

    # --- widgets ---

    def compose_body(self) -> ComposeResult:
        yield ViewsBar()
        yield FilterBar()
        yield Lines(id="toprule")
        with Horizontal(id="panes"):
            yield Side(id="side")
            yield VerticalRule(id="edge1", classes="edge")
            with Vertical(id="middle"):
                yield Lines(id="header")
                yield ReviewList(self.cursor_moved, id="list")
            yield VerticalRule(id="edge2", classes="edge")
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
        self._tell_header()
        if self.is_wide:
            for name, tee in (("#toprule", "┬"), ("#bottomrule", "┴")):
                self.query_one(name, Lines).show([self._rule(tee)])

    def _rule(self, tee: str) -> tuple[Span, ...]:
        cells = ["─"] * self.app.size.width
        for edge in self.query(VerticalRule):
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

    def cursor_moved(self) -> None:
        """The cursor stands on another review, or the review under it changed; `InboxReading` follows."""
        raise NotImplementedError

    @property
    def current(self) -> ReviewRow | None:
        """The row under the cursor."""
        return self.listing.current

    def breadcrumb(self, width: int) -> str:
        """`Inbox > Needs reply > Tide Clock`."""
        row = self.current
        return clip(" > ".join(filter(None, ("Inbox", row.app_name if row else ""))), width)
