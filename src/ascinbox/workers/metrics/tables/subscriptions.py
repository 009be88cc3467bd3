"""Subscriptions: the state of the last known Pacific day, and what happened in the period."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ascinbox.core.metrics.figures import By, Source, figures_of
from ascinbox.core.metrics.report_coverage import runs
from ascinbox.core.metrics.report_files import ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.metrics.table import (
    AppKey,
    Known,
    KnownFigures,
    MetricsRow,
    MetricsTable,
    ProductKey,
    RowKey,
    Selection,
    Value,
)
from ascinbox.core.metrics.vocabulary import EVENT_FIGURES, event_figure, other_note
from ascinbox.workers.metrics.tables.common import (
    GROUPS,
    app_names,
    before,
    complete_to,
    has_gap,
    hidden_apps,
    sellers_of,
    sold_apps,
)

if TYPE_CHECKING:
    from ascinbox.core.metrics.periods import Period
    from ascinbox.store.store import Store
    from ascinbox.workers.metrics.rows import Seller

STATES = ("active", "trials", "billing_retry", "grace")


@dataclass(slots=True)
class _Cells:
    """One row while it is being added up; None where no report has told it."""

    state: list[int] | None = None
    at_start: int | None = None
    events: dict[str, int] | None = None

    def figures(self) -> dict[str, Value]:
        values: dict[str, Value] = dict.fromkeys((f.name for f in figures_of(Source.SUBSCRIPTIONS)), None)
        if self.state is not None:
            values |= dict(zip(STATES, self.state, strict=True))
        if self.events is not None:
            values |= {name: self.events.get(name, 0) for name in EVENT_FIGURES}
            if self.at_start:
                values["churn"] = round(Decimal(self.events.get("cancellations", 0)) / self.at_start, 4)
        return values


@dataclass(slots=True)
class _Known:
    """Which days of one vendor's reports are there."""

    states: set[date] = field(default_factory=set)
    events: set[date] = field(default_factory=set)


def subscriptions_table(store: Store, selection: Selection, due: date) -> MetricsTable:
    """The rows. Snapshots are never added over days: a period shows its last known one."""
    sellers = sellers_of(store, selection.account, selection.app_id)
    period = selection.period
    known = {seller.scope: _known(store, seller.scope, selection) for seller in sellers}
    rows: defaultdict[RowKey, _Cells] = defaultdict(_Cells)
    others: Counter[str] = Counter()
    for seller in sellers:
        _Adder(store, seller, selection, known[seller.scope], rows, others).add()
    inside = [{day for day in each.states | each.events if day in period} for each in known.values()]
    both = [{day for day in each.states & each.events if day in period} for each in known.values()]
    keys = list(period) if selection.by is By.DAY else sorted(rows, key=lambda key: _order(key, rows[key]))
    return MetricsTable(
        Source.SUBSCRIPTIONS,
        selection.by,
        period,
        complete_to(both),
        tuple(MetricsRow(key, rows[key].figures()) for key in keys),
        (
            "Active, trials, retry and grace are the state of the last known day; they are never added up.",
            *other_note(others),
        ),
        has_gap(inside, period, before(due)),
    )


class _Adder:
    """One vendor's figures into the rows."""

    def __init__(
        self,
        store: Store,
        seller: Seller,
        selection: Selection,
        known: _Known,
        rows: defaultdict[RowKey, _Cells],
        others: Counter[str],
    ) -> None:
        self._store = store
        self._seller = seller
        self._selection = selection
        self._known = known
        self._rows = rows
        self._others = others
        self._names = app_names(store, seller)
        self._titles = store.figures.subscription_names(seller.scope)
        self._hidden = hidden_apps(store)

    def add(self) -> None:
        by, period = self._selection.by, self._selection.period
        self._begin()
        days = sorted(day for day in self._known.states if day in period)
        for day in days if by is By.DAY else days[-1:]:
            self._state(day, start=False)
        starts = [before(day) for day in period] if by is By.DAY else [before(period.start)]
        for day in starts:
            if day in self._known.states:
                self._state(day, start=True)
        for run in runs(self._known.events):
            self._events(run)

    def _begin(self) -> None:
        """Rows that nothing may be sold in: zero where the reports are there, unknown where they are not."""
        by, period = self._selection.by, self._selection.period
        if by is By.DAY:
            for day in period:
                self._touch(day, state=day in self._known.states, events=day in self._known.events)
                if before(day) in self._known.states:
                    self._rows[day].at_start = self._rows[day].at_start or 0
        elif by is By.APP:
            for app in self._seller.apps:
                if self._selection.app_id in (None, app.id):
                    self._touch(
                        AppKey(app.id, app.name),
                        state=any(day in period for day in self._known.states),
                        events=bool(self._known.events),
                    )

    def _touch(self, key: RowKey, *, state: bool, events: bool) -> _Cells:
        row = self._rows[key]
        if state and row.state is None:
            row.state = [0] * len(STATES)
        if events and row.events is None:
            row.events = {}
        return row

    def _state(self, day: date, *, start: bool) -> None:
        by = self._selection.by
        found = self._store.figures.subscriptions(self._seller.scope, (day, day), GROUPS[by])
        for app_id, subscription, group, _, counts in found:
            if not self._shows(app_id):
                continue
            shown = day if not start else date.fromordinal(day.toordinal() + 1)
            key = shown if by is By.DAY else self._key(app_id, subscription, group)
            if start:
                row = self._rows[key]
                row.at_start = (row.at_start or 0) + counts[0]
            else:
                row = self._touch(key, state=True, events=bool(self._known.events) and by is not By.DAY)
                assert row.state is not None
                row.state = [a + b for a, b in zip(row.state, counts, strict=True)]

    def _events(self, days: Period) -> None:
        span, by = (days.start, days.end), self._selection.by
        for app_id, subscription, group, event, count in self._store.figures.events(
            self._seller.scope, span, GROUPS[by]
        ):
            if self._shows(app_id):
                row = self._touch(self._key(app_id, subscription, group), state=False, events=True)
                assert row.events is not None
                figure = event_figure(event)
                if figure is None:
                    self._others[event] += count
                else:
                    row.events[figure] = row.events.get(figure, 0) + count

    def _shows(self, app_id: str) -> bool:
        wanted = self._selection.app_id
        return app_id not in self._hidden if wanted is None else app_id == wanted

    def _key(self, app_id: str, subscription: str, group: str | date | None) -> RowKey:
        if group is not None:
            return group
        if self._selection.by is By.PRODUCT:
            return ProductKey(subscription, self._titles.get(subscription, ""), "subscription")
        return AppKey(app_id, self._names.get(app_id, app_id))


def subscriptions_known(store: Store, selection: Selection) -> Known:
    """The days that each vendor's reports of states and of events tell."""
    told: dict[str, KnownFigures] = {}
    for seller in sellers_of(store, selection.account, selection.app_id):
        known = _known(store, seller.scope, selection)
        apps = sold_apps(store, seller)
        states = frozenset(day for day in known.states if day in selection.period)
        told[_states_of(seller.scope)] = KnownFigures(states, apps, frozenset(STATES))
        told[seller.scope] = KnownFigures(frozenset(known.events), apps, frozenset({*EVENT_FIGURES, "churn"}))
    return told


def _states_of(scope: str) -> str:
    return f"{scope} states"


def _known(store: Store, scope: str, selection: Selection) -> _Known:
    """The known days that are wanted; the state of the day before the period is always among them."""
    period = selection.period
    first = before(period.start)
    states = store.report_files.known_days(scope, Dataset.SUBSCRIPTIONS, ReportSpan.DAY, first, period.end)
    events = store.report_files.known_days(
        scope, Dataset.SUBSCRIPTION_EVENTS, ReportSpan.DAY, period.start, period.end
    )
    wanted_states, wanted_events = selection.days_of(_states_of(scope)), selection.days_of(scope)
    if wanted_states is not None:
        states &= wanted_states | {first}
    return _Known(states, events if wanted_events is None else events & wanted_events)


def _order(key: RowKey, cells: _Cells) -> tuple[int, str]:
    return (-(cells.state[0] if cells.state else 0), str(key))
