"""Reviews and replies: from the cached reviews; needs no Sales role. UTC days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.report_coverage import runs
from ascinbox.core.metrics.table import Known, KnownFigures, MetricsRow, MetricsTable, RowKey, Selection
from ascinbox.workers.metrics.rows import ReviewCells
from ascinbox.workers.metrics.tables.common import GROUPS, accounts_of, app_row_key, apps_of, shown_apps
from ascinbox.workers.runtime.results import REVIEWS

if TYPE_CHECKING:
    from ascinbox.store.hot.figures import ReviewFact
    from ascinbox.store.store import Store


def reviews_table(store: Store, selection: Selection, _due: date) -> MetricsTable:
    """The rows; who writes no review is counted nowhere, as Apple lists written reviews only."""
    names = {app.id: app for app in apps_of(store, selection)}
    cells: dict[RowKey, ReviewCells] = {}
    period, everything = selection.period, ReviewCells()
    if selection.by is By.DAY:
        cells = {day: ReviewCells() for day in period}
    elif selection.by is not By.COUNTRY:
        cells = {app_row_key(selection.by, app, None): ReviewCells() for app in names.values()}
    for fact in _facts(store, selection, list(names)):
        key = fact.group or "" if selection.by is By.COUNTRY else fact.group
        row = app_row_key(selection.by, names[fact.app_id], key)
        cells.setdefault(row, ReviewCells()).add(fact)
        everything.add(fact)
    keys = sorted(cells, key=str) if selection.by is By.COUNTRY else cells
    return MetricsTable(
        Source.REVIEWS,
        selection.by,
        period,
        _complete_to(store, selection),
        tuple(MetricsRow(key, cells[key].figures()) for key in keys),
        total=everything.figures(),
    )


def reviews_known(store: Store, selection: Selection) -> Known:
    """The days of each app that were over when its reviews were last fetched."""
    succeeded = {run.account_id: run.succeeded_at for run in store.sync.runs() if run.dataset == REVIEWS}
    over: dict[str, date] = {}
    for account in accounts_of(store, selection.account):
        moment = succeeded.get(account.id)
        if moment is not None:
            for app in shown_apps(store, account):
                over[app.id] = max(over.get(app.id, date.min), _last_day(moment))
    known: dict[str, KnownFigures] = {}
    for app in apps_of(store, selection):
        wanted = selection.days_of(app.id)
        days = {
            day
            for day in (selection.period if wanted is None else wanted)
            if day <= over.get(app.id, date.min)
        }
        known[app.id] = KnownFigures(frozenset(days), frozenset({app.id}))
    return known


def _facts(store: Store, selection: Selection, app_ids: list[str]) -> Iterator[ReviewFact]:
    """The reviews of the period, or of the days of it that are wanted of each app."""
    group, period = GROUPS[selection.by], selection.period
    if selection.only is None:
        yield from store.figures.reviews(app_ids, (period.start, period.end), group)
        return
    alike: defaultdict[frozenset[date], list[str]] = defaultdict(list)
    for app_id in app_ids:
        alike[selection.days_of(app_id) or frozenset()].append(app_id)
    for days, ids in alike.items():
        for run in runs(days):
            yield from store.figures.reviews(ids, (run.start, run.end), group)


def _last_day(synced: datetime) -> date:
    """The last day that was over at a sync."""
    return synced.astimezone(UTC).date() - timedelta(days=1)


def _complete_to(store: Store, selection: Selection) -> date | None:
    """The last day of the period that was over when the account furthest behind was last synced."""
    ids = {account.id for account in accounts_of(store, selection.account)}
    synced = [
        run.succeeded_at for run in store.sync.runs() if run.account_id in ids and run.dataset == REVIEWS
    ]
    known = [moment for moment in synced if moment is not None]
    if not known or len(known) < len(synced):
        return None
    last = _last_day(min(known))
    return min(selection.period.end, last) if last >= selection.period.start else None
