"""Replies that were sent from here: one's own, or where a team's admin switched that on, person by person."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import UsageError
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.table import (
    Known,
    KnownFigures,
    MetricsRow,
    MetricsTable,
    PersonKey,
    RowKey,
    Selection,
)
from ascinbox.workers.metrics.rows import ReplyCells
from ascinbox.workers.metrics.tables.common import app_row_key, apps_of

if TYPE_CHECKING:
    from ascinbox.core.records import App
    from ascinbox.store.hot.reply_figures import ReplyFact
    from ascinbox.store.store import Store

ON = "Figures per person are on for this team: everybody on it can see them."
OFF = "This team shows no figures per person."


def replies_table(store: Store, selection: Selection, _due: date) -> MetricsTable:
    """The rows. By person: everybody's; otherwise the replies of who asks. Raises UsageError where figures
    per person are off."""
    standing = store.team.standing(store.me)
    everybody = selection.by is By.PERSON and not standing.alone
    if everybody and not standing.per_person:
        raise UsageError(OFF, "", "An admin switches them on: [team] per_person = true in config.toml.")
    names = {app.id: app for app in apps_of(store, selection)}
    period = selection.period
    cells: dict[RowKey, ReplyCells] = {}
    if selection.by is By.DAY:
        cells = {day: ReplyCells() for day in period}
    elif selection.by in (By.APP, By.PRODUCT):
        cells = {app_row_key(selection.by, app, None): ReplyCells() for app in names.values()}
    total = ReplyCells()
    for fact in store.reply_figures.first_replies(list(names), (period.start, period.end)):
        wanted = selection.days_of(fact.app_id)
        if (wanted is not None and fact.at.date() not in wanted) or not (
            everybody or standing.is_mine(fact.by)
        ):
            continue
        row = _key(selection.by, names[fact.app_id], fact, store.me if standing.alone else "")
        cells.setdefault(row, ReplyCells()).add(fact)
        total.add(fact)
    today = store.clock.now().astimezone(UTC).date()
    return MetricsTable(
        Source.REPLIES,
        selection.by,
        period,
        min(period.end, today) if period.start <= today else None,
        tuple(MetricsRow(key, cells[key].figures()) for key in sorted(cells, key=str)),
        notes=(ON,) if standing.per_person else (),
        total=total.figures(),
    )


def _key(by: By, app: App, fact: ReplyFact, me: str) -> RowKey:
    match by:
        case By.PERSON:
            return PersonKey(me or fact.by)
        case By.COUNTRY:
            return fact.territory or ""
        case By.DAY:
            return fact.at.date()
        case _:
            return app_row_key(by, app, None)


def replies_known(store: Store, selection: Selection) -> Known:
    """Every day that is over: what was sent from here is known here."""
    over = store.clock.now().astimezone(UTC).date() - timedelta(days=1)
    known: dict[str, KnownFigures] = {}
    for app in apps_of(store, selection):
        wanted = selection.days_of(app.id)
        days = {day for day in (selection.period if wanted is None else wanted) if day <= over}
        known[app.id] = KnownFigures(frozenset(days), frozenset({app.id}))
    return known
