"""Metrics: what is read, and how it is painted; the keys are in `metrics.py`."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ascinbox.core.comparison import Sides
from ascinbox.core.events import AccountsChanged, FactsChanged, ReviewsChanged
from ascinbox.core.figures import By, Source, figures_of
from ascinbox.core.fiscal import FiscalPeriod
from ascinbox.core.metrics import AppKey, MetricsRow, row_name
from ascinbox.core.overview import AppDetail, Overview, OverviewRow
from ascinbox.core.periods import Period, parse_period
from ascinbox.tui.metricssets import SETS, set_lines, set_note_lines, set_total_lines, sort_value
from ascinbox.tui.metricsside import SIDE_WIDTH, beside, digest_lines, ratings_panel, side_panel
from ascinbox.tui.metricstext import (
    Curve,
    Look,
    note_lines,
    plot_lines,
    table_lines,
    total_lines,
    units_curve,
)
from ascinbox.tui.paint import Line, Span, clip_pad, line, spread
from ascinbox.tui.screens.base import FrameScreen
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation

if TYPE_CHECKING:
    from ascinbox.core.events import Event
    from ascinbox.tui.framewords import FrameState

PERIODS: tuple[tuple[str, str], ...] = (
    ("28 days", "28d"),
    ("7 days", "7d"),
    ("90 days", "90d"),
    ("Month", "month"),
    ("Fiscal", "fiscal"),
    ("Year", "1y"),
)
LOWEST_PLOT = 16
"""Rows of the screen from which a plot fits under the table."""

LOWEST_CURVE = 11
"""Lines that a plot keeps when Apple's digest stands under it."""

Row = OverviewRow | MetricsRow


class MetricsView(FrameScreen):
    """The table, and under it the plot of the row under the cursor with what else is known of its app."""

    PLACE: ClassVar[str] = "metrics"
    CSS_PATH = "metrics.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._period = 0
        self._set = 0
        self._by = By.APP
        self._compare = True
        self._plot = True
        self._sorts: dict[int, str] = {}
        self._filter = ""
        self._days_of: AppKey | None = None
        self._shown: Overview | Sides | None = None
        self._detail: AppDetail | None = None
        self._cursor = ListCursor(lambda: len(self.rows()))
        self._navigation = ListNavigation.over(
            self._cursor, self.moved, lambda: max(1, self.size.height // 2), items=True
        )
        self._asked = self._answered = self._detailed = 0
        self._reading = asyncio.Lock()
        self._detailing = False

    def compose_body(self) -> ComposeResult:
        yield Lines(id="head")
        yield Lines(id="table")
        yield Lines(id="plot")

    def on_mount(self) -> None:
        self.app.spawn(self.load())

    def on_resize(self) -> None:
        """Columns follow the width."""
        self.call_after_refresh(self.paint)

    async def heard(self, event: Event) -> None:
        """New figures or reviews: the table is read again."""
        if isinstance(event, FactsChanged | ReviewsChanged | AccountsChanged) and self.is_mounted:
            await self.load()

    # --- reading ---

    async def load(self) -> None:
        """Reads the figures off the loop.

        A burst of wishes is answered once, and each answer is shown unless something else was asked
        meanwhile: a sync that goes on changing figures must not keep the screen empty.
        """
        self._asked += 1
        wish = self._asked
        async with self._reading:
            while self._answered < wish and self.is_mounted:
                latest, question = self._asked, self._question()
                shown = await self._read()
                if question != self._question():
                    continue
                self._answered = latest
                self._shown = shown
                self._cursor.go(self._cursor.number)
                self.paint()
                self.tell_frame()
        await self.load_detail()

    def moved(self) -> None:
        """The cursor stands on another row; `MetricsScreen` follows."""
        raise NotImplementedError

    def _question(self) -> tuple[object, ...]:
        return (self.source, self.by, self.period(), self._days_of)

    async def _read(self) -> Overview | Sides:
        metrics = self.app.workspace.metrics
        if self.source is None:
            app_id = self._days_of.id if self._days_of is not None else None
            return await self.app.ask(metrics.overview, self.by, self.period(), app_id)
        return await self.app.ask(metrics.sides, self.source, self.by, self.period(), self._days_of)

    async def load_detail(self) -> None:
        """Reads what stands beside the plot, for the row where the cursor has come to rest."""
        if self._detailing:
            return
        self._detailing = True
        try:
            while self.is_mounted and (app := self._app()) is not None:
                if self._detail_fits(app) and self._detailed == self._answered:
                    break
                seen, source = self._answered, self.source or Source.SALES
                self._detail = await self.app.ask(
                    self.app.workspace.metrics.detail, app, source, self.period()
                )
                self._detailed = seen
                if self.is_mounted and self._app() == app:
                    self.paint()
        finally:
            self._detailing = False

    def _detail_fits(self, app: AppKey) -> bool:
        detail = self._detail
        wanted = (app, self.source or Source.SALES, self.period())
        return detail is not None and (detail.app, detail.source, detail.period) == wanted

    def _app(self) -> AppKey | None:
        """The app under the cursor, if anything of it is shown beside the table."""
        rows = self.rows()
        key = rows[self._cursor.number].key if rows else None
        return key if isinstance(key, AppKey) and self._plots() else None

    @property
    def source(self) -> Source | None:
        """Whose figures are shown; None is the overview."""
        return SETS[self._set][1]

    @property
    def by(self) -> By:
        """What a row stands for now; days while a row's day table is open."""
        return By.DAY if self._days_of is not None else self._by

    @property
    def sort(self) -> str:
        """What the rows are sorted by: at first the leading figure, so that what is known stands on top."""
        leading = "units" if self.source is None else figures_of(self.source)[0].name
        return self._sorts.get(self._set, leading)

    def period(self) -> Period:
        """The span that is shown."""
        today = self.app.workspace.metrics.today()
        text = PERIODS[self._period][1]
        if text == "fiscal":
            last = FiscalPeriod.of(today).previous()
            return Period(last.start, last.end)
        return parse_period(text, today)

    def rows(self) -> list[Row]:
        """The rows, filtered and sorted as the person wants them."""
        wanted = self._filter.casefold()
        rows: list[Row] = [row for row in self._all_rows() if wanted in name_of(row).casefold()]
        if self.by is By.DAY:
            return rows
        if self.sort == "name":
            return sorted(rows, key=lambda row: name_of(row).casefold())
        return sorted(rows, key=lambda row: _sort_value(row, self.sort), reverse=True)

    def _all_rows(self) -> tuple[Row, ...]:
        match self._shown:
            case Overview():
                return self._shown.rows
            case Sides():
                return self._shown.now.rows
            case _:
                return ()

    # --- painting ---

    def _plots(self) -> bool:
        return self._plot and self.by is By.APP and self.size.height - 4 >= LOWEST_PLOT

    def paint(self) -> None:
        """Shows what was read last."""
        shown = self._shown
        if not self.is_mounted or shown is None:
            return
        plot = self.query_one("#plot", Lines)
        height = self.size.height - 4
        plots = self._plots()
        look = Look(self.size.width, height, self.app.manners.ascii, self._compare, plots)
        rows = self.rows()
        if isinstance(shown, Overview):
            foot = [*total_lines(shown, look), *note_lines(shown, look)]
        else:
            foot = [*set_total_lines(shown, look), *set_note_lines(shown.now, look)]
        tallest = height if look.wide else 16
        plot_height = min(tallest, max(8, height - len(rows) - len(foot) - 3)) if plots else 0
        plot.styles.display = "block" if plots else "none"
        plot.styles.height = plot_height
        self.query_one("#head", Lines).show([self._head(look)])
        room = max(1, height - 1 - plot_height - len(foot) - 1)
        self._cursor.keep_in_sight(room)
        body = self._table_lines(rows, look)[: room + 1]
        if not rows:
            body = [*body, *self._empty()]
        self.query_one("#table", Lines).show([*body, *foot])
        if plots and rows:
            plot.show(self._plot_lines(rows[self._cursor.number], look, plot_height))

    def _table_lines(self, rows: list[Row], look: Look) -> list[Line]:
        if isinstance(self._shown, Overview):
            ours = [row for row in rows if isinstance(row, OverviewRow)]
            return table_lines(self._shown, ours, self._cursor.number, self._cursor.top, look)
        assert self._shown is not None
        told = [row for row in rows if isinstance(row, MetricsRow)]
        return set_lines(self._shown, told, self._cursor.number, self._cursor.top, look)

    def _plot_lines(self, row: Row, look: Look, height: int) -> list[Line]:
        detail = self._detail if isinstance(row.key, AppKey) and self._detail_fits(row.key) else None
        if self.source is Source.REVIEWS:
            return ratings_panel(detail, look, height) if detail else []
        left = Look(look.width - SIDE_WIDTH - 3, look.height, look.ascii, look.compare, look.plot)
        narrow = left if look.wide else look
        digest = digest_lines(detail, narrow.width)[: max(0, height - LOWEST_CURVE)] if detail else []
        lines: list[Line] = []
        if isinstance(row, OverviewRow) and isinstance(self._shown, Overview):
            lines = plot_lines(units_curve(self._shown, row), narrow, height - len(digest))
        elif detail is not None:
            curve = Curve(f"{detail.app.name} · {detail.figure} a day", self.period(), detail.series)
            lines = plot_lines(curve, narrow, height - len(digest))
        lines += digest
        if not look.wide:
            return lines
        panel = Look(SIDE_WIDTH, look.height, look.ascii, look.compare)
        right = side_panel(detail, panel) if detail else []
        return beside(lines, right, left.width, height, ascii_only=look.ascii)

    def _head(self, look: Look) -> Line:
        names = [f"[{n}]" if i == self._period else n for i, (n, _) in enumerate(PERIODS)]
        keys = self.app.keymap
        what = self._days_of.name + " by day" if self._days_of else f"by {self._by} ({keys.shown('by')})"
        if self._set:
            what = f"{SETS[self._set][0]} {what}"
        right = what
        if self._compare:
            told = self._compared()
            words = f", {told}" if told else ""
            right = f"{what} · vs previous{words} ({keys.shown('compare')})"
            if look.wide and self._shown is not None:
                now, before = self._spans()
                right = f"{what}    {_days(now)} vs {_days(before)}{words} ({keys.shown('compare')})"
        while len(names) > 1 and len(" <   >") + sum(len(n) + 2 for n in names) + len(right) > look.width:
            # The one that is shown stays; those farthest from it go first.
            names.pop(0 if names.index(f"[{PERIODS[self._period][0]}]") > len(names) // 2 else -1)
        left = f" < {'  '.join(names)}  >"
        return line(Span(spread(left, right, look.width), "text"))

    def _spans(self) -> tuple[Period, Period]:
        match self._shown:
            case Overview():
                return self._shown.period, self._shown.before
            case Sides():
                return self._shown.now.period, self._shown.before.period
            case _:
                return self.period(), self.period().previous()

    def _compared(self) -> str:
        """How much of the period is compared; empty where it is all."""
        match self._shown:
            case Overview():
                return self._shown.sales_compared
            case Sides():
                return self._shown.words()
            case _:
                return ""

    def _empty(self) -> list[Line]:
        if self._filter:
            text = f'Nothing matches "{self._filter}". / changes the filter.'
        else:
            text = "No figures yet. F5 fetches them; 4 Health says what a key may read."
        return [line(Span(clip_pad(f"  {text}", self.size.width), "dim"))]

    def own_status(self, state: FrameState) -> Line | None:
        del state
        more = f"{self.app.keymap.shown('pane_next')} more columns"
        match self._shown:
            case Overview() as shown:
                sales = f"sales to {shown.sales_to:%d %b}" if shown.sales_to else "no sales published"
                told = (
                    f"analytics to {shown.analytics_to:%d %b}" if shown.analytics_to else "no analytics yet"
                )
                days = " · days are Pacific (analytics: UTC)" if self.size.width >= 110 else ""
                return line(Span(f" {sales} · {told}{days} · {more}", "dim"))
            case Sides() as shown:
                end = shown.now.complete_to
                told = f"{shown.now.source} to {end:%d %b}" if end else f"no {shown.now.source} yet"
                return line(Span(f" {told} · {shown.now.source.days} days · {more}", "dim"))
            case _:
                return None


def name_of(row: Row) -> str:
    """What a row is called."""
    return row.name if isinstance(row, OverviewRow) else row_name(row.key)


def _sort_value(row: Row, sort: str) -> Decimal:
    if isinstance(row, MetricsRow):
        return sort_value(row, sort)
    match sort:
        case "proceeds":
            amount = row.now.proceeds
            if amount is None:
                return Decimal(-1)
            return (
                amount.home
                if amount.home is not None
                else max(amount.by_currency.values(), default=Decimal(0))
            )
        case "stars":
            return row.now.stars or Decimal(-1)
        case "refunds":
            return Decimal(row.now.refunds if row.now.refunds is not None else -1)
        case _:
            return Decimal(row.now.units if row.now.units is not None else -1)


def _days(period: Period) -> str:
    def short(day: date) -> str:
        return f"{day.day} {day:%b}"

    return f"{short(period.start)}-{short(period.end)}"
