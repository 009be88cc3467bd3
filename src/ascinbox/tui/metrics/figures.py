"""Which figures are shown, and how they are read: off the loop, each answer once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from ascinbox.core.app_names import names_apart
from ascinbox.core.metrics.comparison import Sides
from ascinbox.core.metrics.figures import By, Figure, Source, figures_of, plottable
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.naming import with_names
from ascinbox.core.metrics.overview import AppDetail, Overview, OverviewRow
from ascinbox.core.metrics.periods import Period, parse_period
from ascinbox.core.metrics.table import AppKey, MetricsRow, row_name
from ascinbox.tui.metrics.sets import SETS, sort_value

if TYPE_CHECKING:
    from ascinbox.tui.metrics.screen import MetricsScreen
    from ascinbox.tui.widgets.list_navigation import ListCursor

PERIODS: tuple[tuple[str, str], ...] = (
    ("28 days", "28d"),
    ("7 days", "7d"),
    ("90 days", "90d"),
    ("Month", "month"),
    ("Fiscal", "fiscal"),
    ("Year", "1y"),
)

Row = OverviewRow | MetricsRow


class MetricsFigures:
    """The selection, the table that was read for it, and what is known of the app under the cursor."""

    def __init__(self, screen: MetricsScreen) -> None:
        self._screen = screen
        self._cursor: ListCursor = screen.cursor
        self.period_number = 0
        self.set_number = 0
        self.grouped = By.APP
        """What a row stands for while no day table is open."""
        self.columns: dict[int, int] = {}
        """Which figure is plotted, by set of columns."""
        self.sorts: dict[int, str] = {}
        """Column that rows are sorted by, by set of columns."""
        self.filter = ""
        self.days_of: AppKey | None = None
        """The app whose day table is open."""
        self.shown: Overview | Sides | None = None
        self.detail: AppDetail | None = None
        self._asked = self._answered = self._detailed = 0
        self._reading = asyncio.Lock()
        self._detailing = False

    async def load(self) -> None:
        """Reads the figures off the loop.

        Several requests in a row are answered once, and each answer is shown unless something else was asked
        meanwhile: a sync that goes on changing figures must not keep the screen empty.
        """
        self._asked += 1
        request = self._asked
        async with self._reading:
            while self._answered < request and self._screen.is_mounted:
                latest, question = self._asked, self._question()
                shown = await self._read()
                if question != self._question():
                    continue
                self._answered = latest
                self.shown = shown
                self._cursor.go(self._cursor.number)
                self._screen.paint()
                self._screen.tell_frame()
        # Keys act on the table, and do not wait for what stands beside the plot.
        self._screen.app.spawn(self.load_detail())

    def _question(self) -> tuple[object, ...]:
        return (self.source, self.by, self.period(), self.days_of)

    async def _read(self) -> Overview | Sides:
        ask, metrics = self._screen.app.ask, self._screen.app.workspace.metrics
        shown: Overview | Sides
        if self.source is None:
            app_id = self.days_of.id if self.days_of is not None else None
            shown = await ask(metrics.overview, self.by, self.period(), app_id)
        else:
            shown = await ask(metrics.sides, self.source, self.by, self.period(), self.days_of)
        return with_names(shown, names_apart(await ask(metrics.app_names)))

    async def load_detail(self) -> None:
        """Reads what stands beside the plot, for the row where the cursor has come to rest."""
        if self._detailing:
            return
        self._detailing = True
        try:
            while self._screen.is_mounted and (app := self._app()) is not None:
                if self.detail_fits(app) and self._detailed == self._answered:
                    break
                seen, source = self._answered, self.source or Source.SALES
                self.detail = await self._screen.app.ask(
                    self._screen.app.workspace.metrics.detail, app, source, self.period(), self.plotted
                )
                self._detailed = seen
                if self._screen.is_mounted and self._app() == app:
                    self._screen.paint()
        finally:
            self._detailing = False

    def detail_fits(self, app: AppKey) -> bool:
        """Whether what was read last beside the plot is of this app and of what is shown."""
        detail = self.detail
        wanted = (app, self.source or Source.SALES, self.period(), self.plotted)
        return detail is not None and (detail.app, detail.source, detail.period, detail.figure) == wanted

    def _app(self) -> AppKey | None:
        """The app under the cursor, if anything of it is shown beside the table."""
        rows = self.rows()
        key = rows[self._cursor.number].key if rows else None
        return key if isinstance(key, AppKey) and self._screen.plots() else None

    @property
    def source(self) -> Source | None:
        """Whose figures are shown; None is the overview."""
        return SETS[self.set_number][1]

    @property
    def plotted(self) -> Figure:
        """The figure under the table."""
        return plottable(self.source)[self.columns.get(self.set_number, 0)]

    def plot_next(self, step: int) -> Figure:
        """Plots the next figure of the set, or the one before."""
        count = len(plottable(self.source))
        self.columns[self.set_number] = (self.columns.get(self.set_number, 0) + step) % count
        return self.plotted

    @property
    def by(self) -> By:
        """What a row stands for now; days while a row's day table is open."""
        if self.days_of is not None:
            return By.DAY
        # People are counted by their replies only.
        return By.APP if self.grouped is By.PERSON and self.source is not Source.REPLIES else self.grouped

    @property
    def leading(self) -> str:
        """The first figure of the set."""
        return "units" if self.source is None else figures_of(self.source)[0].name

    @property
    def sort(self) -> str:
        """What the rows are sorted by: at first the leading figure, so that what is known stands on top."""
        return self.sorts.get(self.set_number, self.leading)

    def period(self) -> Period:
        """The span that is shown."""
        today = self._screen.app.workspace.metrics.today()
        text = PERIODS[self.period_number][1]
        if text == "fiscal":
            last = FiscalPeriod.of(today).previous()
            return Period(last.start, last.end)
        return parse_period(text, today)

    def rows(self) -> list[Row]:
        """The rows, filtered and sorted as the person wants them."""
        wanted = self.filter.casefold()
        rows: list[Row] = [row for row in self._all_rows() if wanted in name_of(row).casefold()]
        if self.by is By.DAY:
            return rows
        if self.sort == "name":
            return sorted(rows, key=lambda row: name_of(row).casefold())
        return sorted(rows, key=lambda row: _sort_value(row, self.sort), reverse=True)

    def shares(self) -> list[float]:
        """Each row's part of the largest, of what the rows are sorted by; 0 where it is not known."""
        sort = self.sort if self.sort != "name" else self.leading
        values = [max(_sort_value(row, sort), Decimal(0)) for row in self.rows()]
        most = max(values, default=Decimal(0))
        return [float(value / most) if most else 0.0 for value in values]

    def _all_rows(self) -> tuple[Row, ...]:
        match self.shown:
            case Overview():
                return self.shown.rows
            case Sides():
                return self.shown.now.rows
            case _:
                return ()


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
