"""Metrics: downloads, proceeds and ratings per app, country, product or day, with their gaps told."""

from __future__ import annotations

from pathlib import Path

from ascinbox.core.figures import By, Source, figures_of
from ascinbox.core.metrics import AppKey, Selection
from ascinbox.core.overview import OverviewRow
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.metricssets import SETS, row_words
from ascinbox.tui.screens.menu import Choice, MenuScreen
from ascinbox.tui.screens.metrics_view import PERIODS, MetricsView, Row

BYS = (By.APP, By.COUNTRY, By.PRODUCT)
SORTS = ("units", "proceeds", "name", "stars", "refunds")


class MetricsScreen(MetricsView):
    """What the keys do."""

    def actions(self) -> Handlers:
        """What the keys of Metrics do."""
        return {
            **self._navigation.actions(),
            "need_next": Handler(lambda: self._seek(1)),
            "need_prev": Handler(lambda: self._seek(-1)),
            "view_next": Handler(lambda: self._choose(period=(self._period + 1) % len(PERIODS))),
            "view_prev": Handler(lambda: self._choose(period=(self._period - 1) % len(PERIODS))),
            "pane_next": Handler(lambda: self._choose_set(1)),
            "pane_prev": Handler(lambda: self._choose_set(-1)),
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
        self.app.spawn(self.load_detail())

    def _move(self, number: int) -> None:
        self._cursor.go(number)
        self.moved()

    def _seek(self, step: int) -> None:
        rows = self.rows()
        ahead = range(self._cursor.number + step, len(rows) if step > 0 else -1, step)
        found = next((number for number in ahead if _stops_early(rows[number])), None)
        if found is None:
            self.app.notices.say("no further row stops early")
        else:
            self._move(found)

    async def _choose_set(self, step: int) -> None:
        self._set = (self._set + step) % len(SETS)
        await self._choose()
        self.app.notices.say(f"columns: {SETS[self._set][0]}")

    async def break_down(self) -> None:
        """App, country, product."""
        self._days_of = None
        self._by = BYS[(BYS.index(self._by) + 1) % len(BYS)]
        await self._choose()
        self.app.notices.say(f"by {self._by}")

    async def _choose(self, period: int | None = None) -> None:
        if period is not None:
            self._period = period
        self._cursor.number = self._cursor.top = 0
        await self.load()

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
            self._sorts[self._set] = value
            self._move(0)
            self.app.notices.say(f"sorted by {value}")

        names = SORTS if self.source is None else (*(f.name for f in figures_of(self.source)), "name")
        choices = [Choice(name, name.replace("_", " ")) for name in names]
        cursor = names.index(self.sort) if self.sort in names else 0
        await self.app.push_screen(MenuScreen(self, "Sort by", choices, chosen, cursor=cursor))

    async def filter_rows(self) -> None:
        """Narrows the rows by name."""
        from ascinbox.tui.screens.menu import PromptScreen

        async def answered(text: str) -> str | None:
            self._filter = text.strip()
            await prompt.close()
            self._move(0)
            return None

        prompt = PromptScreen(self, "Rows whose name contains", answered, value=self._filter)
        await self.app.push_screen(prompt)

    async def open_days(self) -> None:
        """The day table of the app under the cursor, or back."""
        rows = self.rows()
        key = rows[self._cursor.number].key if rows else None
        if self._days_of is None and isinstance(key, AppKey):
            self._days_of = key
            await self._choose()
        elif self._days_of is not None:
            await self._to_table()
        else:
            self.app.notices.say("day tables are of apps: b leads back to them")

    async def _to_table(self) -> None:
        """From the day table to the table."""
        self._days_of = None
        await self._choose()

    async def back(self) -> None:
        """Takes back the day table or the filter."""
        if self._days_of is not None:
            await self._to_table()
        elif self._filter:
            self._filter = ""
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
        app_id = self._days_of.id if self._days_of is not None else None
        selection = Selection(self.source or Source.SALES, self.by, self.period(), app_id)
        return str(self.app.workspace.metrics.export(selection, kind, Path.cwd()))

    def copy(self) -> None:
        """Copies the row."""
        rows = self.rows()
        if rows:
            row = rows[self._cursor.number]
            if isinstance(row, OverviewRow):
                self.app.copy(f"{row.name}: {row.now.units} units", "the row")
            else:
                self.app.copy(row_words(row, self.source or Source.SALES), "the row")


def _stops_early(row: Row) -> bool:
    return isinstance(row, OverviewRow) and row.stops_at is not None
