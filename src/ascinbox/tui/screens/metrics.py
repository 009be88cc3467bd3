"""Metrics: downloads, proceeds and ratings per app, country, product or day, with their gaps told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ascinbox.core.events import AccountsChanged, FactsChanged, ReviewsChanged
from ascinbox.core.figures import By, Source
from ascinbox.core.fiscal import FiscalPeriod
from ascinbox.core.metrics import AppKey, Selection
from ascinbox.core.overview import Overview, OverviewRow
from ascinbox.core.periods import Period, parse_period
from ascinbox.tui.metricstext import Look, note_lines, plot_lines, table_lines, total_lines
from ascinbox.tui.paint import Line, Span, clip_pad, line, spread
from ascinbox.tui.screens.base import FrameScreen
from ascinbox.tui.screens.menu import Choice, MenuScreen
from ascinbox.tui.widgets.lines import Lines

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
BYS = (By.APP, By.COUNTRY, By.PRODUCT)
SORTS = ("units", "proceeds", "name", "stars", "refunds")


class MetricsScreen(FrameScreen):
    """The table, and one plot of the row under the cursor."""

    PLACE: ClassVar[str] = "metrics"
    CSS_PATH = "metrics.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._period = 0
        self._by = By.APP
        self._compare = True
        self._plot = True
        self._sort = "units"
        self._filter = ""
        self._days_of: AppKey | None = None
        self._shown: Overview | None = None
        self._cursor = 0
        self._top = 0
        self._asked = 0

    def compose_body(self) -> ComposeResult:
        yield Lines(id="head")
        yield Lines(id="table")
        yield Lines(id="plot")

    def on_mount(self) -> None:
        self.desk.spawn(self.load())

    def on_resize(self) -> None:
        """Columns follow the width."""
        self.call_after_refresh(self.paint)

    async def heard(self, event: Event) -> None:
        """New figures or reviews: the table is read again."""
        if isinstance(event, FactsChanged | ReviewsChanged | AccountsChanged) and self.is_mounted:
            await self.load()

    async def load(self) -> None:
        """Reads the figures off the loop; an answer to an older question is dropped."""
        self._asked += 1
        asked = self._asked
        app_id = self._days_of.id if self._days_of is not None else None
        shown = await self.desk.ask(self.desk.workspace.metrics.overview, self.by, self.period(), app_id)
        if asked != self._asked or not self.is_mounted:
            return
        self._shown = shown
        self._cursor = max(0, min(self._cursor, len(self.rows()) - 1))
        self.paint()
        self.tell_frame()

    @property
    def by(self) -> By:
        """What a row stands for now; days while a row's day table is open."""
        return By.DAY if self._days_of is not None else self._by

    def period(self) -> Period:
        """The span that is shown."""
        today = self.desk.workspace.metrics.today()
        text = PERIODS[self._period][1]
        if text == "fiscal":
            last = FiscalPeriod.of(today).previous()
            return Period(last.start, last.end)
        return parse_period(text, today)

    def rows(self) -> list[OverviewRow]:
        """The rows, filtered and sorted as the person wants them."""
        if self._shown is None:
            return []
        wanted = self._filter.casefold()
        rows = [row for row in self._shown.rows if wanted in row.name.casefold()]
        if self._shown.by is By.DAY:
            return rows
        if self._sort == "name":
            return sorted(rows, key=lambda row: row.name.casefold())
        return sorted(rows, key=lambda row: _sort_value(row, self._sort), reverse=True)

    # --- painting ---

    def paint(self) -> None:
        """Shows what was read last."""
        if not self.is_mounted or self._shown is None:
            return
        table = self.query_one("#table", Lines)
        plot = self.query_one("#plot", Lines)
        height = self.size.height - 4
        plots = self._plot and self._shown.by is By.APP and height >= 16
        plot.styles.display = "block" if plots else "none"
        plot_height = min(16, max(8, height - len(self._shown.rows) - 8)) if plots else 0
        plot.styles.height = plot_height
        look = Look(self.size.width, height, self.desk.manners.ascii, self._compare, plots)
        self.query_one("#head", Lines).show([self._head(look)])
        rows = self.rows()
        foot = [*total_lines(self._shown, look), *note_lines(self._shown, look)]
        room = max(1, height - 1 - plot_height - len(foot) - 1)
        self._top = max(min(self._top, self._cursor), self._cursor - room + 1, 0)
        body = table_lines(self._shown, rows, self._cursor, self._top, look)[: room + 1]
        if not rows:
            body = [*body, *self._empty()]
        table.show([*body, *foot])
        if plots and rows:
            plot.show(plot_lines(self._shown, rows[self._cursor], look, plot_height))

    def _head(self, look: Look) -> Line:
        names = [f"[{n}]" if i == self._period else n for i, (n, _) in enumerate(PERIODS)]
        shown = self._shown
        assert shown is not None
        keys = self.desk.keymap
        what = self._days_of.name + " by day" if self._days_of else f"by {self._by} ({keys.shown('by')})"
        right = f"{what} · vs previous ({keys.shown('compare')})" if self._compare else what
        if look.wide and self._compare:
            spans = f"{_days(shown.period)} vs {_days(shown.before)} ({keys.shown('compare')})"
            right = f"{what}    {spans}"
        left = f" < {'  '.join(names)}  >"
        if len(left) + len(right) + 2 > look.width:
            left = f" < [{PERIODS[self._period][0]}]  >"
        return line(Span(spread(left, right, look.width), "text"))

    def _empty(self) -> list[Line]:
        if self._filter:
            text = f'Nothing matches "{self._filter}". / changes the filter.'
        else:
            text = "No figures yet. F5 fetches them; 4 Health says what a key may read."
        return [line(Span(clip_pad(f"  {text}", self.size.width), "dim"))]

    def own_status(self, state: FrameState) -> Line | None:
        shown = self._shown
        if shown is None:
            return None
        del state
        sales = f"sales to {shown.sales_to:%d %b}" if shown.sales_to else "no sales published"
        analytics = f"analytics to {shown.analytics_to:%d %b}" if shown.analytics_to else "no analytics yet"
        return line(Span(f" {sales} · {analytics} · days are Pacific (analytics: UTC)", "dim"))

    # --- verbs ---

    def _move(self, cursor: int) -> None:
        self._cursor = max(0, min(cursor, len(self.rows()) - 1))
        self.paint()

    def verb_next(self) -> None:
        """Down."""
        self._move(self._cursor + 1)

    def verb_prev(self) -> None:
        """Up."""
        self._move(self._cursor - 1)

    def verb_first(self) -> None:
        """To the first row."""
        self._move(0)

    def verb_last(self) -> None:
        """To the last row."""
        self._move(len(self.rows()) - 1)

    def verb_page_down(self) -> None:
        """A page down."""
        self._move(self._cursor + max(1, self.size.height // 2))

    def verb_page_up(self) -> None:
        """A page up."""
        self._move(self._cursor - max(1, self.size.height // 2))

    verb_half_down, verb_half_up = verb_page_down, verb_page_up
    verb_item_next, verb_item_prev = verb_next, verb_prev

    def verb_need_next(self) -> None:
        """To the next row that stops early."""
        self._seek(1)

    def verb_need_prev(self) -> None:
        """To the previous row that stops early."""
        self._seek(-1)

    def _seek(self, step: int) -> None:
        rows = self.rows()
        ahead = range(self._cursor + step, len(rows) if step > 0 else -1, step)
        found = next((number for number in ahead if rows[number].stops_at), None)
        if found is None:
            self.desk.say("no further row stops early")
        else:
            self._move(found)

    async def verb_view_next(self) -> None:
        """The next period."""
        await self._choose(period=(self._period + 1) % len(PERIODS))

    async def verb_view_prev(self) -> None:
        """The previous period."""
        await self._choose(period=(self._period - 1) % len(PERIODS))

    async def verb_by(self) -> None:
        """App, country, product."""
        self._days_of = None
        self._by = BYS[(BYS.index(self._by) + 1) % len(BYS)]
        await self._choose()
        self.desk.say(f"by {self._by}")

    async def _choose(self, period: int | None = None) -> None:
        if period is not None:
            self._period = period
        self._cursor = self._top = 0
        await self.load()

    def verb_compare(self) -> None:
        """With or without the span before."""
        self._compare = not self._compare
        self.desk.say("compared with the span before" if self._compare else "this span alone")
        self.paint()

    def verb_side(self) -> None:
        """The plot, on or off."""
        self._plot = not self._plot
        self.desk.say("plot shown" if self._plot else "plot hidden")
        self.paint()

    async def verb_sort(self) -> None:
        """Chooses the column that rows are sorted by."""

        async def chosen(value: str) -> None:
            self._sort = value
            self._move(0)
            self.desk.say(f"sorted by {value}")

        choices = [Choice(name, name) for name in SORTS]
        await self.desk.push_screen(
            MenuScreen(self, "Sort by", choices, chosen, cursor=SORTS.index(self._sort))
        )

    async def verb_filter(self) -> None:
        """Narrows the rows by name."""
        from ascinbox.tui.screens.menu import PromptScreen

        async def answered(text: str) -> str | None:
            self._filter = text.strip()
            await prompt.close()
            self._move(0)
            return None

        prompt = PromptScreen(self, "Rows whose name contains", answered, value=self._filter)
        await self.desk.push_screen(prompt)

    async def verb_open(self) -> None:
        """The day table of the app under the cursor, or back."""
        rows = self.rows()
        key = rows[self._cursor].key if rows else None
        if self._days_of is None and isinstance(key, AppKey):
            self._days_of = key
            await self._choose()
        elif self._days_of is not None:
            await self._to_table()
        else:
            self.desk.say("day tables are of apps: b leads back to them")

    async def _to_table(self) -> None:
        """From the day table to the table."""
        self._days_of = None
        await self._choose()

    async def verb_back(self) -> None:
        """Takes back the day table or the filter."""
        if self._days_of is not None:
            await self._to_table()
        elif self._filter:
            self._filter = ""
            self._move(0)
        else:
            await super().verb_back()

    async def verb_export(self) -> None:
        """Writes what is shown as CSV or JSON."""

        async def chosen(kind: str) -> None:
            target = await self.desk.work(self._export, kind)
            self.desk.say(f"exported to {target}")

        choices = [Choice("csv", "CSV", "raw numbers, ISO dates"), Choice("json", "JSON")]
        await self.desk.push_screen(MenuScreen(self, "Export this table", choices, chosen))

    def _export(self, kind: str) -> str:
        app_id = self._days_of.id if self._days_of is not None else None
        selection = Selection(Source.SALES, self.by, self.period(), app_id)
        return str(self.desk.workspace.metrics.export(selection, kind, Path.cwd()))

    def verb_copy(self) -> None:
        """Copies the row."""
        rows = self.rows()
        if rows:
            row = rows[self._cursor]
            self.desk.copy(f"{row.name}: {row.now.units} units", "the row")


def _sort_value(row: OverviewRow, sort: str) -> Decimal:
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
