"""Puts sales and reviews of two spans side by side for the Metrics screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ascinbox.core.metrics.comparison import Sides
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.overview import Amount, Overview, OverviewRow, PeriodFigures
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_files import ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.metrics.table import AppKey, MetricsRow, MetricsTable, RowKey, Selection, Value, row_name
from ascinbox.workers.metrics.currency_rates import Rates
from ascinbox.workers.metrics.rows import DOWNLOADS
from ascinbox.workers.metrics.tables.analytics import analytics_to
from ascinbox.workers.metrics.tables.common import last_complete, sellers_of
from ascinbox.workers.metrics.tables.comparing import build_sides

if TYPE_CHECKING:
    from ascinbox.store.store import Store

NOTHING = PeriodFigures()


def overview(
    store: Store, by: By, period: Period, due: date, rates: Rates, app_id: str | None = None
) -> Overview:
    """The rows of `by`, with the equal span before. `due` is the day from which nothing is published yet."""
    before = period.previous()
    sold, reviewed = (
        build_sides(store, Selection(source, by, period, app_id), due)
        for source in (Source.SALES, Source.REVIEWS)
    )
    sales = sold.now
    amounts = _Amounts(rates)
    keys = _keys(by, sales, reviewed.now)
    now = _Side(sold.now, reviewed.now, amounts, period.end)
    compared = _Side(sold.compared, reviewed.compared, amounts, period.end)
    earlier = _Side(sold.before, reviewed.before, amounts, before.end)
    trends = _trends(store, period)
    all_days = [trend for id_, trend in trends.items() if app_id in (None, id_)]
    stops = _stops(store, period, sales.complete_to) if by is By.APP else {}
    rows = tuple(
        OverviewRow(
            key,
            row_name(key),
            now.spans.get(key, NOTHING),
            compared.spans.get(key, NOTHING),
            _sold_before(sold, key, earlier),
            trends.get(key.id, ()) if isinstance(key, AppKey) and by is By.APP else (),
            stops.get(key.id) if isinstance(key, AppKey) else None,
        )
        for key in keys
    )
    total = OverviewRow(
        "total",
        "Total",
        now.total([row.now for row in rows]),
        compared.total([row.compared for row in rows]),
        earlier.total([row.before for row in rows]),
        _added((row.trend for row in rows) if by is By.APP else all_days),
    )
    return Overview(
        by,
        period,
        before,
        rows,
        total,
        sales.complete_to,
        analytics_to(store, period),
        sales.notes,
        rates.home if rates.day_of(period.end) else "",
        rates.day_of(period.end),
        sold.words(),
    )


def _sold_before(sold: Sides, key: RowKey, earlier: _Side) -> PeriodFigures:
    """The row of the span before: nothing sold on known days is zero."""
    span = earlier.spans.get(key, NOTHING)
    if span.units is not None or (row := sold.before_row(key)) is None:
        return span
    told = _sales_span(row, earlier.amounts, earlier.end)
    return replace(
        told,
        reviews=span.reviews,
        stars=span.stars,
        replied=span.replied,
        median_hours=span.median_hours,
    )


class _Amounts:
    """Makes amounts, converted where a home currency is set."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates

    def of(self, amounts: object, on: date) -> Amount | None:
        if not isinstance(amounts, Mapping):
            return None
        return Amount(dict(amounts), self._rates.total(amounts, on))


class _Side:
    """Sales and reviews of one span."""

    def __init__(self, sales: MetricsTable, reviews: MetricsTable, amounts: _Amounts, end: date) -> None:
        self.spans = _spans(sales, reviews, amounts, end)
        self.amounts = amounts
        self.end = end
        self._reviews = reviews.total or {}

    def total(self, spans: Sequence[PeriodFigures]) -> PeriodFigures:
        """All rows together."""
        return _total(spans, self._reviews, self.amounts, self.end)


def _spans(
    sales: MetricsTable, reviews: MetricsTable, amounts: _Amounts, end: date
) -> dict[RowKey, PeriodFigures]:
    spans = {row.key: _sales_span(row, amounts, end) for row in sales.rows}
    for row in reviews.rows:
        figures = row.figures
        spans[row.key] = replace(
            spans.get(row.key, NOTHING),
            reviews=_whole(figures["reviews"]),
            stars=_number(figures["average"]),
            replied=_whole(figures["replied"]),
            median_hours=_number(figures["median_reply_hours"]),
        )
    return spans


def _sales_span(row: MetricsRow, amounts: _Amounts, end: date) -> PeriodFigures:
    return PeriodFigures(
        units=_whole(row.figures["downloads"]),
        redownloads=_whole(row.figures["redownloads"]),
        updates=_whole(row.figures["updates"]),
        iap_units=_whole(row.figures["iap_units"]),
        refunds=_whole(row.figures["refunds"]),
        proceeds=amounts.of(row.figures["proceeds"], end),
    )


def _whole(value: Value) -> int | None:
    return int(value) if isinstance(value, int | Decimal) else None


def _number(value: Value) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _keys(by: By, sales: MetricsTable, reviews: MetricsTable) -> list[RowKey]:
    keys = [row.key for row in sales.rows]
    if by is By.APP or (by is By.DAY and not keys):
        keys += [row.key for row in reviews.rows if row.key not in keys]
    return keys


def _total(
    spans: Sequence[PeriodFigures], reviews: Mapping[str, Value], amounts: _Amounts, end: date
) -> PeriodFigures:
    def added(values: Iterable[int | None]) -> int | None:
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    money: dict[str, Decimal] = defaultdict(Decimal)
    for span in spans:
        for currency, amount in span.proceeds.by_currency.items() if span.proceeds else ():
            money[currency] += amount
    return PeriodFigures(
        units=added(span.units for span in spans),
        redownloads=added(span.redownloads for span in spans),
        updates=added(span.updates for span in spans),
        iap_units=added(span.iap_units for span in spans),
        refunds=added(span.refunds for span in spans),
        proceeds=amounts.of(money, end) if any(span.proceeds for span in spans) else None,
        reviews=_whole(reviews.get("reviews")),
        stars=_number(reviews.get("average")),
        replied=_whole(reviews.get("replied")),
        median_hours=_number(reviews.get("median_reply_hours")),
    )


def _trends(store: Store, period: Period) -> dict[str, tuple[int | None, ...]]:
    """Units a day of each app."""
    trends: dict[str, tuple[int | None, ...]] = {}
    for seller in sellers_of(store):
        products = store.figures.products([seller.scope])
        sold = {n: p.app_id for n, p in products.items() if p.kind in DOWNLOADS and p.app_id}
        days: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        span = (period.start, period.end)
        for number, day, units in store.figures.units_by_day(tuple(sold), seller.scope, span):
            days[sold[number] or ""][day] += units
        known = {day.toordinal() for day in _known(store, seller.scope, period)}
        ordinals = range(period.start.toordinal(), period.end.toordinal() + 1)
        for app in seller.apps:
            own = days[app.id]
            trends[app.id] = tuple(own[day] if day in known else None for day in ordinals)
    return trends


def _known(store: Store, scope: str, period: Period) -> set[date]:
    return store.report_files.known_days(scope, Dataset.SALES, ReportSpan.DAY, period.start, period.end)


def _stops(store: Store, period: Period, complete_to: date | None) -> dict[str, date]:
    """The last published day of apps whose vendor is behind the others."""
    last: dict[str, date] = {}
    for seller in sellers_of(store):
        ended = last_complete(_known(store, seller.scope, period))
        if ended is not None:
            last.update({app.id: ended for app in seller.apps})
    newest = max(last.values(), default=complete_to)
    return {app_id: day for app_id, day in last.items() if newest is not None and day < newest}


def _added(trends: Iterable[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    known = [trend for trend in trends if trend]
    if not known:
        return ()
    return tuple(
        sum(value for value in day if value is not None) if any(v is not None for v in day) else None
        for day in zip(*known, strict=True)
    )
