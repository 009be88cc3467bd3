"""Tables of figures from the cache: sales, analytics, finance and reviews, with their gaps told."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.csvsafe import write_rows
from ascinbox.core.dates import pacific_day
from ascinbox.core.figures import By, Source, figures_of
from ascinbox.core.fiscal import FiscalPeriod
from ascinbox.core.metrics import AppKey, MetricsRow, MetricsTable, ProductKey, RowKey, Selection
from ascinbox.core.metricshape import as_csv, as_json
from ascinbox.core.periods import Period
from ascinbox.core.records import Account, App
from ascinbox.core.reports import ANALYTICS_REPORTS, Dataset
from ascinbox.paths import write_private_file
from ascinbox.store.facts import FileStatus, ReportFile, Span
from ascinbox.store.figures import Product, SalesSum
from ascinbox.workers.metricrows import FinanceCells, ReviewCells, Rows, SalesCells, Seller
from ascinbox.workers.rates import Rates
from ascinbox.workers.reports.common import newest_day
from ascinbox.workers.workspace import takes_long

if TYPE_CHECKING:
    from ascinbox.core.overview import Overview
    from ascinbox.store.store import Store
    from ascinbox.workers.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

FINANCE_DELAY = timedelta(days=45)
"""A closed fiscal period may take so long to be published."""

GROUPS: Mapping[By, str | None] = {By.APP: None, By.PRODUCT: None, By.COUNTRY: "territory", By.DAY: "day"}


class Metrics:
    """Figures, read from the cache only; `workers.reports` fills it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._rates = Rates(str(workspace.config.get("metrics", "home_currency")))

    def today(self) -> date:
        """The Pacific day, which Apple's sales days are."""
        return pacific_day(self._workspace.clock.now())

    @takes_long
    def table(self, selection: Selection) -> MetricsTable:
        """The rows that `selection` asks for."""
        build = BUILDERS[selection.source]
        return self._workspace.store.call(build, selection, self._due(), slow=True)

    @takes_long
    def overview(self, by: By, period: Period, app_id: str | None = None) -> Overview:
        """What the Metrics screen shows. May take long the first time amounts are converted."""
        from ascinbox.workers.overview import overview

        due = self._due()
        return self._workspace.store.call(overview, by, period, due, self._rates, app_id, slow=True)

    def export(self, selection: Selection, kind: str, folder: Path) -> Path:
        """Writes the table of `selection` into `folder` as `csv` or `json`; the file, 0600."""
        table = self.table(selection)
        period = table.period
        name = f"ascinbox-{table.source}-by-{table.by}-{period.start}-{period.end}.{kind}"
        text = io.StringIO()
        if kind == "json":
            json.dump(as_json(table), text, indent=2)
        else:
            headers, rows, text_columns = as_csv(table)
            write_rows(text, headers, rows, text_columns=text_columns)
        write_private_file(folder / name, text.getvalue().encode("utf-8"))
        return folder / name

    def _due(self) -> date:
        """The day before which everything daily should be published."""
        return newest_day(self._workspace.clock.now()) + timedelta(days=1)

    def fetch(self, account: Account, dataset: str, *, full: bool = False) -> DatasetResult:
        """Fetches a report data set (`sales`, `finance` or `analytics`) of an account.

        Raises CredentialError or VaultError when no key can be had; what Apple says is in the result.
        """
        from ascinbox.workers.reports.analytics import fetch_analytics
        from ascinbox.workers.reports.finance import fetch_finance
        from ascinbox.workers.reports.sales import fetch_sales

        fetchers = {"sales": fetch_sales, "finance": fetch_finance, "analytics": fetch_analytics}
        return fetchers[dataset](self._workspace, account, full=full)


def sales_table(store: Store, selection: Selection, due: date) -> MetricsTable:
    """Pacific days; units net of returns; proceeds as Apple estimates them."""
    sellers = _sellers(store, selection)
    period = selection.period
    scopes = [seller.scope for seller in sellers]
    products = store.figures.products(scopes)
    days = {seller.scope: known_sales_days(store, seller.scope, period) for seller in sellers}
    sums: list[SalesSum] = []
    for scope in scopes:
        group = GROUPS[selection.by]
        sums += store.figures.sales([scope], Span.DAY, (period.start, period.end), group)
        for older in _longer_files(store, scope, period, days[scope]):
            if selection.by is not By.DAY:
                span = (older.day, older.day)
                sums += store.figures.sales([scope], older.span, span, group)
    hidden = _hidden(store)
    wanted = [s for s in sums if _shows(products.get(s.product), selection.app_id, hidden)]
    rows = Rows(selection.by, SalesCells, sellers, products)
    for each in wanted:
        rows.cells(each).add(products[each.product], each)
    known = {
        scope: {day for day, file in files.items() if file.status.known} for scope, files in days.items()
    }
    told = {scope for scope in scopes if known[scope] or _longer_files(store, scope, period, days[scope])}
    return MetricsTable(
        Source.SALES,
        selection.by,
        period,
        _complete_to(known.values()),
        rows.finish(selection, sellers, told, set().union(*known.values()) if known else set(), Source.SALES),
        _sales_notes(sellers, days, period, due),
        _has_gap(known.values(), period, due - timedelta(days=1)),
    )


def finance_table(store: Store, selection: Selection, due: date) -> MetricsTable:
    """Fiscal periods that touch the span, whole: the period of the table says which days that are."""
    sellers = _sellers(store, selection)
    fiscal = _fiscal_periods(selection.period)
    scopes = [seller.scope for seller in sellers]
    products = store.figures.products(scopes)
    span = Period(fiscal[0].start, fiscal[-1].end)
    known: dict[str, set[date]] = {}
    for scope in scopes:
        files = store.facts.files(scope, Dataset.FINANCE, Span.FISCAL, span.start, span.end)
        known[scope] = {day for day, file in files.items() if file.status.known}
    rows = Rows(selection.by, FinanceCells, sellers, products)
    hidden = _hidden(store)
    for each in store.figures.finance(scopes, [str(p) for p in fiscal], GROUPS[selection.by]):
        if _shows(products.get(each.product), selection.app_id, hidden):
            rows.cells(each).add(products[each.product], each)
    everywhere = set.intersection(*known.values()) if known else set()
    complete = max((p.end for p in fiscal if p.start in everywhere), default=None)
    missing = [str(p) for p in fiscal if p.start not in everywhere and p.end + FINANCE_DELAY < due]
    notes = ["Fiscal periods are Apple's own: " + ", ".join(f"{p} = {p.start} to {p.end}" for p in fiscal)]
    if missing:
        notes.append("Not published or not fetched: " + ", ".join(missing))
    return MetricsTable(
        Source.FINANCE,
        selection.by,
        span,
        complete,
        rows.finish(
            selection,
            sellers,
            {scope for scope in scopes if known[scope]},
            set().union(*known.values()) if known else set(),
            Source.FINANCE,
            [p.start for p in fiscal],
        ),
        tuple(notes),
        bool(missing),
    )


def analytics_table(store: Store, selection: Selection, due: date) -> MetricsTable:
    """UTC days; counts of people who share analytics where Apple counts only them."""
    apps = [a for a in _apps(store, selection.account) if selection.app_id in (None, a.id)]
    ids = [app.id for app in apps]
    span = (selection.period.start, selection.period.end)
    told: dict[str, set[tuple[str, date]]] = {
        measure.figure: store.figures.analytics_days(ids, report.name, span)
        for report in ANALYTICS_REPORTS
        for measure in report.measures
    }
    names = {app.id: app for app in apps}
    sums: dict[RowKey, dict[str, int]] = defaultdict(dict)
    for app_id, group, figure, value in store.figures.analytics(ids, span, GROUPS[selection.by]):
        key = _app_row_key(selection.by, names[app_id], group)
        sums[key][figure] = sums[key].get(figure, 0) + value
    keys: Iterable[RowKey]
    if selection.by is By.DAY:
        keys = list(selection.period)
    elif selection.by is By.COUNTRY:
        keys = sorted(sums, key=str)
    else:
        keys = [_app_row_key(selection.by, app, None) for app in apps]

    def published(key: RowKey, figure: str) -> bool:
        if isinstance(key, date):
            return any((app_id, key) in told[figure] for app_id in ids)
        if isinstance(key, AppKey):
            return any(app_id == key.id for app_id, _ in told[figure])
        return bool(told[figure])

    rows = tuple(
        MetricsRow(
            key,
            {
                f.name: sums[key].get(f.name, 0) if published(key, f.name) else None
                for f in figures_of(Source.ANALYTICS)
            },
        )
        for key in keys
    )
    days = [{day for _, day in pairs} for pairs in told.values() if pairs]
    return MetricsTable(
        Source.ANALYTICS,
        selection.by,
        selection.period,
        _complete_to(days),
        rows,
        ("Analytics days are UTC days; sales days are Pacific days.",) if rows else (),
        _has_gap(days, selection.period, due - timedelta(days=6)),
    )


def reviews_table(store: Store, selection: Selection, due: date) -> MetricsTable:
    """From the cached reviews; needs no Sales role. UTC days."""
    apps = [a for a in _apps(store, selection.account) if selection.app_id in (None, a.id)]
    names = {app.id: app for app in apps}
    cells: dict[RowKey, ReviewCells] = {}
    period = selection.period
    if selection.by is By.DAY:
        cells = {day: ReviewCells() for day in period}
    elif selection.by is not By.COUNTRY:
        cells = {_app_row_key(selection.by, app, None): ReviewCells() for app in apps}
    found = store.figures.reviews(list(names), (period.start, period.end), GROUPS[selection.by])
    for app_id, group, rating, hours in found:
        key = _app_row_key(selection.by, names[app_id], group)
        cells.setdefault(key, ReviewCells()).add(rating, hours)
    keys = sorted(cells, key=str) if selection.by is By.COUNTRY else cells
    return MetricsTable(
        Source.REVIEWS,
        selection.by,
        period,
        min(period.end, due),
        tuple(MetricsRow(key, cells[key].figures()) for key in keys),
        (),
    )


BUILDERS: Mapping[Source, Callable[[Store, Selection, date], MetricsTable]] = {
    Source.SALES: sales_table,
    Source.FINANCE: finance_table,
    Source.ANALYTICS: analytics_table,
    Source.REVIEWS: reviews_table,
}


def _shows(product: Product | None, app_id: str | None, hidden: set[str]) -> bool:
    if product is None:
        return False
    own = product.app_id or product.apple_id
    return own not in hidden if app_id is None else own == app_id


def _hidden(store: Store) -> set[str]:
    """Apps that every account which sees them hides."""
    accounts = store.accounts.list()
    shown = {app.id for account in accounts for app in _shown(store, account)}
    return {app_id for account in accounts for app_id in account.hidden_apps} - shown


def _app_row_key(by: By, app: App, group: str | date | None) -> RowKey:
    if group is not None:
        return group
    return ProductKey(app.sku, app.name, "app") if by is By.PRODUCT else AppKey(app.id, app.name)


def _sellers(store: Store, selection: Selection) -> list[Seller]:
    sellers: dict[str, Seller] = {}
    for account in _accounts(store, selection.account):
        if account.vendor is None or account.vendor in sellers:
            continue
        apps = tuple(app for app in _shown(store, account))
        if selection.app_id is None or any(app.id == selection.app_id for app in apps):
            sellers[account.vendor] = Seller(account.name, account.vendor, apps)
    return list(sellers.values())


def _accounts(store: Store, name: str | None) -> list[Account]:
    return [a for a in store.accounts.list() if name is None or a.name.casefold() == name.casefold()]


def _apps(store: Store, account_name: str | None) -> list[App]:
    apps: dict[str, App] = {}
    for account in _accounts(store, account_name):
        for app in _shown(store, account):
            apps.setdefault(app.id, app)
    return list(apps.values())


def _shown(store: Store, account: Account) -> Iterable[App]:
    return (app for app in store.accounts.apps(account.id) if app.id not in account.hidden_apps)


def sellers_of(store: Store) -> list[Seller]:
    """Every vendor number with its account and apps."""
    return _sellers(store, Selection(Source.SALES, By.APP, Period(date.min, date.min)))


def known_sales_days(store: Store, scope: str, period: Period) -> dict[date, ReportFile]:
    """What is known of each day's sales report."""
    return store.facts.files(scope, Dataset.SALES, Span.DAY, period.start, period.end)


def _longer_files(
    store: Store, scope: str, period: Period, days: Mapping[date, ReportFile]
) -> list[ReportFile]:
    """Weekly, monthly and yearly files that lie in the period and cover no day that a daily file told."""
    told = {day for day, file in days.items() if file.status.known}
    chosen: list[ReportFile] = []
    for span in (Span.YEAR, Span.MONTH, Span.WEEK):
        for file in store.facts.files(scope, Dataset.SALES, span, period.start, period.end).values():
            covered = set(Period(file.day, span_end(span, file.day)))
            if file.status is FileStatus.STORED and max(covered) <= period.end and not covered & told:
                chosen.append(file)
                told |= covered
    return chosen


def span_end(span: Span, first: date) -> date:
    """Last day of a report file whose first day is `first`."""
    match span:
        case Span.DAY:
            return first
        case Span.WEEK:
            return first + timedelta(days=6)
        case Span.MONTH:
            return (first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        case Span.YEAR:
            return first.replace(month=12, day=31)
        case Span.FISCAL:
            return FiscalPeriod.of(first).end


def _fiscal_periods(period: Period) -> list[FiscalPeriod]:
    found = [FiscalPeriod.of(period.end)]
    while found[-1].start > period.start:
        found.append(found[-1].previous())
    return found[::-1]


def _complete_to(known: Iterable[set[date]]) -> date | None:
    """The day that everybody with figures has reached; who has none at all is told in a note."""
    return min((max(days) for days in known if days), default=None)


def _has_gap(known: Iterable[set[date]], period: Period, until: date) -> bool:
    due = {day for day in period if day <= until}
    sets = list(known)
    return bool(due) and (not sets or any(due - days for days in sets))


def _sales_notes(
    sellers: Iterable[Seller], days: Mapping[str, Mapping[date, ReportFile]], period: Period, due: date
) -> tuple[str, ...]:
    notes = []
    for seller in sellers:
        files = days[seller.scope]
        known = [day for day, file in files.items() if file.status.known]
        last = max(known, default=None)
        troubled = [
            f for d, f in sorted(files.items()) if f.status in (FileStatus.REFUSED, FileStatus.BROKEN)
        ]
        gone = [d for d, f in files.items() if f.status is FileStatus.GONE]
        if troubled:
            where = f"stops at {last}" if last else "has no figures"
            notes.append(f"{seller.account} {where}: {troubled[-1].detail}")
        elif last is None and period.start < due:
            notes.append(f"{seller.account} has no figures for this period yet: F5 fetches them.")
        if gone:
            notes.append(f"{seller.account}: Apple no longer has {len(gone)} days of this period.")
    return tuple(notes)
