"""Reviews and replies: from the cached reviews; needs no Sales role. UTC days."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.figures import By, Source
from ascinbox.core.metrics import MetricsRow, MetricsTable, RowKey, Selection
from ascinbox.workers.metricrows import ReviewCells
from ascinbox.workers.results import REVIEWS
from ascinbox.workers.tables.common import GROUPS, accounts_of, app_row_key, apps_of

if TYPE_CHECKING:
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
    for fact in store.figures.reviews(list(names), (period.start, period.end), GROUPS[selection.by]):
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


def _complete_to(store: Store, selection: Selection) -> date | None:
    """The last day of the period that was over when the account furthest behind was last synced."""
    ids = {account.id for account in accounts_of(store, selection.account)}
    synced = [
        run.succeeded_at for run in store.sync.runs() if run.account_id in ids and run.dataset == REVIEWS
    ]
    known = [moment for moment in synced if moment is not None]
    if not known or len(known) < len(synced):
        return None
    last = min(known).astimezone(UTC).date() - timedelta(days=1)
    return min(selection.period.end, last) if last >= selection.period.start else None
