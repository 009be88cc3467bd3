"""Metrics: downloads, proceeds and ratings per app, country, product or day, with their gaps told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeGuard

from textual.app import ComposeResult

from ascinbox.core.events import AccountsChanged, FactsChanged, ReviewsChanged
from ascinbox.core.metrics.comparison import Sides
from ascinbox.core.metrics.figures import By, Source, figures_of, plottable
from ascinbox.core.metrics.overview import Overview, OverviewRow
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey, MetricsRow, Selection
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.metrics.figures import PERIODS, MetricsFigures, Row
from ascinbox.tui.metrics.sets import SETS, row_words, set_lines, set_note_lines, set_tabs, set_total_lines
from ascinbox.tui.metrics.side import SIDE_WIDTH, beside, digest_lines, ratings_panel, side_panel
from ascinbox.tui.metrics.text import (
    Curve,
    TableLook,
    detail_curve,
    is_coming,
    no_figures,
    note_lines,
    plot_lines,
    table_lines,
    total_lines,
    units_curve,
)
from ascinbox.tui.paint import Line, PaintSpan, line, pad, spread
from ascinbox.tui.screens import FrameScreen
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation
from ascinbox.tui.widgets.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from ascinbox.core.events import Event
    from ascinbox.tui.chrome_text import FrameState
    from ascinbox.workers.workspace import Workspace

BYS = (By.APP, By.COUNTRY, By.PRODUCT)
SORTS = ("units", "proceeds", "name", "stars", "refunds")
LOWEST_PLOT = 16
"""Rows of the screen from which a plot fits under the table."""

ABOVE_TOTAL = 6
"""Lines around the rows of a table that stands over the plot of its total."""

LOWEST_CURVE = 11
"""Lines that a plot keeps when Apple's digest stands under it."""


class MetricsScreen(FrameScreen):
    """The table, and under it the plot of the row under the cursor with what else is known of its app."""

    PLACE: ClassVar[str] = "metrics"

    def __init__(self) -> None:
        super().__init__()
        self._compare = True
        self._plot = True
        self.cursor = ListCursor(lambda: len(self.figures.rows()))
        self.figures = MetricsFigures(self)
        self._navigation = ListNavigation.over(
            self.cursor, self.moved, lambda: max(1, self.size.height // 2), items=True
        )

    def compose_body(self) -> ComposeResult:
        yield Lines(id="head")
        yield Lines(id="table")
        yield Lines(id="plot")

    def rows(self) -> list[Row]:
        """The rows, filtered and sorted as the person wants them."""
        return self.figures.rows()

    def on_mount(self) -> None:
        self.begin_to_read()

    async def read(self) -> None:
        """Reads the table."""
        await self.figures.load()

    def on_resize(self) -> None:
        """Columns follow the width."""
        self.call_after_refresh(self.paint)

    async def heard(self, event: Event) -> None:
        """New figures or reviews: the table is read again."""
        if isinstance(event, FactsChanged | ReviewsChanged | AccountsChanged) and self.is_mounted:
            await self.figures.load()

    # --- painting ---

    def plots(self) -> bool:
        """Whether there is a plot under the table."""
        height = self.size.height - 5
        if not self._plot or height < LOWEST_PLOT:
            return False
        if self.figures.by is By.APP:
            return True
        # Rows of something else leave room for what all of them make together, or they do not.
        return self._total_curve() is not None and height - len(self.rows()) - ABOVE_TOTAL >= LOWEST_CURVE

    def _total_curve(self) -> Curve | None:
        """Units a day of all rows together; None where they are not known."""
        shown = self.figures.shown
        if not isinstance(shown, Overview) or not any(value is not None for value in shown.total.trend):
            return None
        days_of = self.figures.days_of
        return units_curve(shown, shown.total, days_of.name if days_of is not None else "All apps")

    def paint(self) -> None:
        """Shows what was read last; until then that it is being read."""
        shown = self.figures.shown
        if not self.is_mounted or not self.size:
            return
        plot = self.query_one("#plot", Lines)
        height = self.size.height - 5
        plots = self.plots()
        look = self._look(height, plots=plots)
        rows = self.figures.rows()
        match shown:
            case Overview():
                foot = [*total_lines(shown, look), *note_lines(shown, look)]
            case Sides():
                foot = [*set_total_lines(shown, look), *set_note_lines(shown.now, look)]
            case None:
                foot = []
        tallest = height if look.wide else 16
        plot_height = min(tallest, max(8, height - len(rows) - len(foot) - 3)) if plots else 0
        plot.styles.display = "block" if plots else "none"
        plot.styles.height = plot_height
        self.query_one("#head", Lines).show([set_tabs(self.figures.set_number, look), self._head(look)])
        room = max(1, height - 1 - plot_height - len(foot) - 1)
        self.cursor.keep_in_sight(room)
        body = self._table_lines(rows, look)[: room + 1]
        if not rows:
            body = [*body, *self._empty()]
        self.query_one("#table", Lines).show([*body, *foot])
        if plots and rows:
            plot.show(self._plot_lines(rows[self.cursor.number], look, plot_height))

    def _look(self, height: int, *, plots: bool) -> TableLook:
        figure = self.figures.plotted if self.figures.by is By.APP else plottable(None)[0]
        drawn = plots and self.figures.source is not Source.REVIEWS
        return TableLook(
            self.size.width,
            height,
            self.app.profile.ascii,
            self._compare,
            plots,
            # Days stand in their order, whatever the table is sorted by.
            "" if self.figures.by is By.DAY else self.figures.sort,
            (figure.source, figure.name) if drawn else None,
        )

    def _table_lines(self, rows: list[Row], look: TableLook) -> list[Line]:
        if isinstance(self.figures.shown, Overview):
            ours = [row for row in rows if isinstance(row, OverviewRow)]
            return table_lines(
                self.figures.shown, ours, self.cursor.number, self.cursor.top, look, self.figures.shares()
            )
        if self.figures.shown is None:
            return []
        told = [row for row in rows if isinstance(row, MetricsRow)]
        shares = self.figures.shares()
        return set_lines(self.figures.shown, told, self.cursor.number, self.cursor.top, look, shares)

    def _plot_lines(self, row: Row, look: TableLook, height: int) -> list[Line]:
        if self.figures.by is not By.APP:
            curve = self._total_curve()
            return plot_lines(curve, look, height) if curve is not None else []
        detail = (
            self.figures.detail if isinstance(row.key, AppKey) and self.figures.detail_fits(row.key) else None
        )
        if self.figures.source is Source.REVIEWS:
            return ratings_panel(detail, look, height) if detail else []
        left = replace(look, width=look.width - SIDE_WIDTH - 3)
        narrow = left if look.wide else look
        digest = digest_lines(detail, narrow.width)[: max(0, height - LOWEST_CURVE)] if detail else []
        lines: list[Line] = []
        if detail is not None:
            lines = plot_lines(detail_curve(detail), narrow, height - len(digest))
        elif self._units_are_known(row) and isinstance(self.figures.shown, Overview):
            lines = plot_lines(units_curve(self.figures.shown, row), narrow, height - len(digest))
        lines += digest
        if not look.wide:
            return lines
        panel = TableLook(SIDE_WIDTH, look.height, look.ascii, look.compare)
        right = side_panel(detail, panel) if detail else []
        return beside(lines, right, left.width, height, ascii_only=look.ascii)

    def _units_are_known(self, row: Row) -> TypeGuard[OverviewRow]:
        """Whether the curve can be drawn before the details are read: the table holds the units."""
        return isinstance(row, OverviewRow) and self.figures.plotted is plottable(None)[0]

    def _head(self, look: TableLook) -> Line:
        names = [f"[{n}]" if i == self.figures.period_number else n for i, (n, _) in enumerate(PERIODS)]
        keys = self.app.keymap
        what = (
            self.figures.days_of.name + " by day"
            if self.figures.days_of
            else f"by {self.figures.grouped} ({keys.shown('by')})"
        )
        right = what
        if self._compare:
            told = self._compared()
            words = f", {told}" if told else ""
            right = f"{what} · vs previous{words} ({keys.shown('compare')})"
            if look.wide and self.figures.shown is not None:
                now, before = self._spans()
                right = f"{what}    {_days(now)} vs {_days(before)}{words} ({keys.shown('compare')})"
        while len(names) > 1 and len(" <   >") + sum(len(n) + 2 for n in names) + len(right) > look.width:
            # The one that is shown stays; those farthest from it go first.
            names.pop(
                0 if names.index(f"[{PERIODS[self.figures.period_number][0]}]") > len(names) // 2 else -1
            )
        left = f" < {'  '.join(names)}  >"
        return line(PaintSpan(spread(left, right, look.width), "text"))

    def _spans(self) -> tuple[Period, Period]:
        match self.figures.shown:
            case Overview():
                return self.figures.shown.period, self.figures.shown.before
            case Sides():
                return self.figures.shown.now.period, self.figures.shown.before.period
            case _:
                return self.figures.period(), self.figures.period().previous()

    def _compared(self) -> str:
        """How much of the period is compared; empty where it is all."""
        match self.figures.shown:
            case Overview():
                return self.figures.shown.sales_compared
            case Sides():
                return self.figures.shown.words()
            case _:
                return ""

    def _empty(self) -> list[Line]:
        if self.figures.filter:
            text = f'Nothing matches "{self.figures.filter}". / changes the filter.'
        else:
            text = no_figures(self.app.frame, self.figures.source, read=self.figures.shown is not None)
        return [line(PaintSpan(pad(f"  {text}", self.size.width), "dim"))]

    def tell_frame(self) -> None:
        """The frame, and what the table says while it is empty: that changes with a sync."""
        super().tell_frame()
        if not self.figures.rows():
            self.paint()

    def own_status(self, state: FrameState) -> Line | None:
        keys = self.app.keymap
        more = f"{keys.shown('pane_next')} more columns"
        if self.size.width >= 80 and not self._no_curve():
            more += f" · {keys.shown('left')} {keys.shown('right')} plot another"
        match self.figures.shown:
            case Overview() as shown:
                no_sales, no_analytics = (
                    f"fetching {source}" if is_coming(state, source) else words
                    for source, words in (
                        (Source.SALES, "no sales published"),
                        (Source.ANALYTICS, "no analytics yet"),
                    )
                )
                sales = f"sales to {shown.sales_to:%d %b}" if shown.sales_to else no_sales
                told = f"analytics to {shown.analytics_to:%d %b}" if shown.analytics_to else no_analytics
                days = " · days are Pacific (analytics: UTC)" if self.size.width >= 110 else ""
                return line(PaintSpan(f" {sales} · {told}{days} · {more}", "dim"))
            case Sides() as shown:
                end = shown.now.complete_to
                source = shown.now.source
                none = f"fetching {source}" if is_coming(state, source) else f"no {source} yet"
                told = f"{source} to {end:%d %b}" if end else none
                return line(PaintSpan(f" {told} · {shown.now.source.days} days · {more}", "dim"))
            case _:
                return None

    def actions(self) -> Handlers:
        """What the keys of Metrics do."""
        return {
            **self._navigation.actions(),
            "need_next": Handler(lambda: self._seek(1)),
            "need_prev": Handler(lambda: self._seek(-1)),
            "view_next": Handler(
                lambda: self._choose(period=(self.figures.period_number + 1) % len(PERIODS))
            ),
            "view_prev": Handler(
                lambda: self._choose(period=(self.figures.period_number - 1) % len(PERIODS))
            ),
            "pane_next": Handler(lambda: self._choose_set(1)),
            "pane_prev": Handler(lambda: self._choose_set(-1)),
            "right": Handler(lambda: self._plot_next(1), self._no_curve),
            "left": Handler(lambda: self._plot_next(-1), self._no_curve),
            "by": Handler(self.break_down),
            "compare": Handler(self.compare),
            "side": Handler(self.show_plot),
            "sort": Handler(self.sort_rows),
            "filter": Handler(self.filter_rows),
            "open": Handler(self.open_days),
            "back": Handler(self.back),
            "export": Handler(self.export),
            "copy": Handler(self.copy),
        }

    def moved(self) -> None:
        """The cursor stands on another row: the table follows at once, the details when it rests."""
        self.paint()
        self.app.spawn(self.figures.load_detail())

    def _move(self, number: int) -> None:
        self.cursor.go(number)
        self.moved()

    def _seek(self, step: int) -> None:
        rows = self.figures.rows()
        ahead = range(self.cursor.number + step, len(rows) if step > 0 else -1, step)
        found = next((number for number in ahead if _stops_early(rows[number])), None)
        if found is None:
            self.app.notices.say("no further row stops early")
        else:
            self._move(found)

    async def _choose_set(self, step: int) -> None:
        self.figures.set_number = (self.figures.set_number + step) % len(SETS)
        await self._choose()
        self.app.notices.say(f"columns: {SETS[self.figures.set_number][0]}")

    def _no_curve(self) -> str:
        if not self.plots():
            return "no plot is shown: p shows it, by app and where there is room"
        if self.figures.by is not By.APP:
            return "the units of all rows are drawn; by app one chooses the figure"
        return "here the ratings are drawn" if self.figures.source is Source.REVIEWS else ""

    def _plot_next(self, step: int) -> None:
        """Plots the figure of the next column."""
        self.app.notices.say(f"plotted: {self.figures.plot_next(step).label.lower()}")
        self.moved()

    async def break_down(self) -> None:
        """App, country, product."""
        self.figures.days_of = None
        ways: tuple[By, ...] = BYS
        if self.figures.source is Source.REPLIES and await self.app.ask(shows_people, self.app.workspace):
            ways = (*BYS, By.PERSON)
        self.figures.grouped = ways[(ways.index(self.figures.by) + 1) % len(ways)]
        await self._choose()
        self.app.notices.say(f"by {self.figures.grouped}")

    async def _choose(self, period: int | None = None) -> None:
        if period is not None:
            self.figures.period_number = period
        self.cursor.number = self.cursor.top = 0
        await self.figures.load()

    def compare(self) -> None:
        """With or without the span before."""
        self._compare = not self._compare
        self.app.notices.say("compared with the span before" if self._compare else "this span alone")
        self.paint()

    def show_plot(self) -> None:
        """The plot, on or off."""
        self._plot = not self._plot
        self.app.notices.say("plot shown" if self._plot else "plot hidden")
        self.paint()

    async def sort_rows(self) -> None:
        """Chooses the column that rows are sorted by."""

        async def chosen(value: str) -> None:
            self.figures.sorts[self.figures.set_number] = value
            self._move(0)
            self.app.notices.say(f"sorted by {value}")

        names = (
            SORTS
            if self.figures.source is None
            else (*(f.name for f in figures_of(self.figures.source)), "name")
        )
        choices = [Choice(name, name.replace("_", " ")) for name in names]
        cursor = names.index(self.figures.sort) if self.figures.sort in names else 0
        await self.app.push_screen(MenuScreen(self, "Sort by", choices, chosen, cursor=cursor))

    async def filter_rows(self) -> None:
        """Narrows the rows by name."""
        from ascinbox.tui.widgets.menu import PromptScreen

        async def answered(text: str) -> str | None:
            self.figures.filter = text.strip()
            await prompt.close()
            self._move(0)
            return None

        prompt = PromptScreen(self, "Rows whose name contains", answered, value=self.figures.filter)
        await self.app.push_screen(prompt)

    async def open_days(self) -> None:
        """The day table of the app under the cursor, or back."""
        rows = self.figures.rows()
        key = rows[self.cursor.number].key if rows else None
        if self.figures.days_of is None and isinstance(key, AppKey):
            self.figures.days_of = key
            await self._choose()
        elif self.figures.days_of is not None:
            await self._to_table()
        else:
            self.app.notices.say("day tables are of apps: b leads back to them")

    async def _to_table(self) -> None:
        """From the day table to the table."""
        self.figures.days_of = None
        await self._choose()

    async def back(self) -> None:
        """Takes back the day table or the filter."""
        if self.figures.days_of is not None:
            await self._to_table()
        elif self.figures.filter:
            self.figures.filter = ""
            self._move(0)
        else:
            self.nothing_to_go_back_to()

    async def export(self) -> None:
        """Writes what is shown as CSV or JSON."""

        async def chosen(kind: str) -> None:
            target = await self.app.work(self._export, kind)
            self.app.notices.say(f"exported to {target}")

        choices = [Choice("csv", "CSV", "raw numbers, ISO dates"), Choice("json", "JSON")]
        await self.app.push_screen(MenuScreen(self, "Export this table", choices, chosen))

    def _export(self, kind: str) -> str:
        app_id = self.figures.days_of.id if self.figures.days_of is not None else None
        selection = Selection(
            self.figures.source or Source.SALES, self.figures.by, self.figures.period(), app_id
        )
        return str(self.app.workspace.metrics.export(selection, kind, Path.cwd()))

    def copy(self) -> None:
        """Copies the row."""
        rows = self.figures.rows()
        if rows:
            row = rows[self.cursor.number]
            if isinstance(row, OverviewRow):
                self.app.copy(f"{row.name}: {row.now.units} units", "the row")
            else:
                self.app.copy(row_words(row, self.figures.source or Source.SALES), "the row")


def shows_people(workspace: Workspace) -> bool:
    """Whether this team shows figures per person, to everybody."""
    return workspace.store.call(lambda store: store.team.standing(store.me).per_person)


def _days(period: Period) -> str:
    def short(day: date) -> str:
        return f"{day.day} {day:%b}"

    return f"{short(period.start)}-{short(period.end)}"


def _stops_early(row: Row) -> bool:
    return isinstance(row, OverviewRow) and row.stops_at is not None
