"""Tables of figures from the cache: sales, analytics, finance and reviews, with their gaps told."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.csvsafe import write_rows
from ascinbox.core.dates import pacific_day
from ascinbox.core.metrics.figures import NOT_SHARED, By, Figure, Source, figures_of
from ascinbox.core.metrics.output import as_csv, as_json
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey, MetricsRow, MetricsTable, Selection
from ascinbox.core.records import Account
from ascinbox.paths import write_private_file
from ascinbox.workers.metrics.currency_rates import Rates
from ascinbox.workers.metrics.reports.common import newest_day
from ascinbox.workers.metrics.tables.comparing import build_sides, build_table
from ascinbox.workers.workspace import takes_long

if TYPE_CHECKING:
    from ascinbox.core.metrics.comparison import Sides
    from ascinbox.core.metrics.overview import AppDetail, Overview
    from ascinbox.core.records import ReviewSummary
    from ascinbox.sources.http.pace import SteadyPace
    from ascinbox.store.store import Store
    from ascinbox.workers.runtime.results import DatasetResult
    from ascinbox.workers.workspace import Workspace


class Metrics:
    """Figures, read from the cache only; `workers.metrics.reports` fills it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._kept_rates = Rates("")
        self._pace: SteadyPace | None = None

    @property
    def _rates(self) -> Rates:
        """The rates of the home currency that is set now."""
        home = str(self._workspace.config.get("metrics", "home_currency"))
        if self._kept_rates.home != Rates(home).home:
            self._kept_rates = Rates(home)
        return self._kept_rates

    def today(self) -> date:
        """The Pacific day, which Apple's sales days are."""
        return pacific_day(self._workspace.clock.now())

    @takes_long
    def table(self, selection: Selection) -> MetricsTable:
        """The rows that `selection` asks for. May take long the first time amounts are converted."""
        built = self._workspace.store.call(build_table, selection, self._due(), slow=True)
        return self._noted(convert(built, self._rates))

    @takes_long
    def compared(self, selection: Selection) -> Sides:
        """The same, with what of it can be compared with the equal span before."""
        sides = self._workspace.store.call(build_sides, selection, self._due(), slow=True)
        found = convert_sides(sides, self._rates)
        return replace(found, now=self._noted(found.now))

    @takes_long
    def overview(self, by: By, period: Period, app_id: str | None = None) -> Overview:
        """What the Metrics screen shows. May take long the first time amounts are converted."""
        from ascinbox.workers.metrics.overview import overview

        due = self._due()
        found: Overview = self._workspace.store.call(
            overview, by, period, due, self._rates, app_id, slow=True
        )
        return replace(found, notes=(NOT_SHARED,)) if self._workspace.asks_no_store else found

    def _noted(self, table: MetricsTable) -> MetricsTable:
        if table.source.is_shared or not self._workspace.asks_no_store:
            return table
        return replace(table, notes=(NOT_SHARED,))

    @takes_long
    def sides(self, source: Source, by: By, period: Period, app: AppKey | None = None) -> Sides:
        """One source's table, of one app or of all, compared with the equal span before."""
        return self.compared(Selection(source, by, period, app.id if app is not None else None))

    @takes_long
    def detail(self, app: AppKey, source: Source, period: Period, figure: Figure) -> AppDetail:
        """What stands beside the plot of one app, and `figure` day by day.

        May take long the first time amounts are converted.
        """
        from ascinbox.workers.metrics.app_detail import app_detail

        inbox = self._workspace.inbox
        waiting = inbox.count(inbox.query(f"is:needs-reply app:{app.id}"))
        due = self._due()
        to_home = partial(convert, rates=self._rates)
        return self._workspace.store.call(
            app_detail, app, source, period, due, waiting, figure, to_home, slow=True
        )

    def summaries(self, app_id: str) -> tuple[ReviewSummary, ...]:
        """Apple's digests of an app's reviews."""
        return self._workspace.store.call(lambda store: store.summaries.of_app(app_id))

    def app_names(self) -> dict[str, str]:
        """Names of all apps that figures may be of, by id: listed ones, and those that only files name."""
        from ascinbox.workers.metrics.tables.common import app_names, sellers_of

        def read(store: Store) -> dict[str, str]:
            named = {app.id: app.name for app in store.accounts.apps()}
            return {
                id_: name for each in sellers_of(store) for id_, name in app_names(store, each).items()
            } | named

        return self._workspace.store.call(read)

    def cache_age_s(self, source: Source) -> int | None:
        """Age of what is cached of a source, in seconds; None when it was never fetched."""
        dataset = "sales" if source is Source.SUBSCRIPTIONS else source.value
        return self._workspace.sync.cache_age_s(dataset)

    def export(self, selection: Selection, kind: str, folder: Path) -> Path:
        """Writes the table of `selection` into `folder` as `csv` or `json`; the file, 0600."""
        sides = self.compared(selection)
        table, period = sides.now, sides.now.period
        name = f"ascinbox-{table.source}-by-{table.by}-{period.start}-{period.end}.{kind}"
        text = io.StringIO()
        if kind == "json":
            json.dump(as_json(table, sides), text, indent=2)
        else:
            headers, rows, text_columns = as_csv(table)
            write_rows(text, headers, rows, text_columns=text_columns)
        write_private_file(folder / name, text.getvalue().encode("utf-8"))
        return folder / name

    def _due(self) -> date:
        """The day before which everything daily should be published."""
        return newest_day(self._workspace.clock.now()) + timedelta(days=1)

    def lookup_pace(self, pause_s: float) -> SteadyPace:
        """The one pace that every look-up of public ratings keeps."""
        from ascinbox.sources.http.pace import SteadyPace

        if self._pace is None:
            self._pace = SteadyPace(self._workspace.clock, pause_s)
        return self._pace

    def fetch(self, account: Account, dataset: str, *, full: bool = False) -> DatasetResult:
        """Fetches a report data set (`sales`, `finance`, `analytics`, `summaries` or `ratings`)
        of an account.

        Older days come as far as a run may spend requests on them, the rest with later runs.

        Raises CredentialError or VaultError when no key can be had; what Apple says is in the result.
        """
        from ascinbox.workers.metrics.reports.analytics import fetch_analytics
        from ascinbox.workers.metrics.reports.finance import fetch_finance
        from ascinbox.workers.metrics.reports.public_ratings import fetch_ratings
        from ascinbox.workers.metrics.reports.sales import fetch_sales
        from ascinbox.workers.metrics.reports.summaries import fetch_summaries

        fetchers = {
            "sales": fetch_sales,
            "finance": fetch_finance,
            "analytics": fetch_analytics,
            "summaries": fetch_summaries,
            "ratings": fetch_ratings,
        }
        return fetchers[dataset](self._workspace, account, full=full)


def convert(table: MetricsTable, rates: Rates) -> MetricsTable:
    """The table with its proceeds also in the home currency, where one is set and every rate is known."""
    if not rates.home or all(not figure.money for figure in figures_of(table.source)):
        return table
    on = rates.day_of(table.period.end)
    if on is None:
        note = f"No rates are known for {rates.home} ([metrics] home_currency): nothing is converted."
        return replace(table, notes=(*table.notes, note))

    def amounts_of(row: MetricsRow) -> Mapping[str, Decimal] | None:
        amounts = row.figures.get("proceeds")
        if not isinstance(amounts, Mapping):
            return None
        return {c: a for c, a in amounts.items() if isinstance(a, Decimal)}

    amounts = [amounts_of(row) for row in table.rows]
    rows = tuple(
        replace(row, converted=None if held is None else rates.total(held, on))
        for row, held in zip(table.rows, amounts, strict=True)
    )
    missing = sorted({c for held in amounts if held is not None for c in rates.missing(held)})
    notes = table.notes
    if missing:
        notes = (*notes, f"No rate is known for {', '.join(missing)}: rows with it are not converted.")
    return replace(table, rows=rows, home=rates.home, rates_of=on, notes=notes)


def convert_sides(sides: Sides, rates: Rates) -> Sides:
    """All three tables converted."""
    return replace(
        sides,
        now=convert(sides.now, rates),
        compared=convert(sides.compared, rates),
        before=convert(sides.before, rates),
    )
