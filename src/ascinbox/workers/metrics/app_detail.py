"""What the Metrics screen shows beside the plot of one app: storefronts, ratings, replies, digests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ascinbox.core.metrics.comparison import Sides
from ascinbox.core.metrics.figures import By, Figure, Source
from ascinbox.core.metrics.overview import AppDetail, Place
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey, MetricsRow, MetricsTable, Selection, Value, leading_currency
from ascinbox.workers.metrics.tables.comparing import build_sides, build_table

if TYPE_CHECKING:
    from ascinbox.store.store import Store

TOP = 4
"""Storefronts that are named."""


@dataclass(frozen=True, slots=True)
class _Asker:
    """Tables of one app."""

    store: Store
    app: AppKey
    due: date

    def table(self, source: Source, by: By, period: Period) -> MetricsTable:
        """A table about this app alone."""
        return build_table(self.store, Selection(source, by, period, self.app.id), self.due)

    def rows(self, source: Source, by: By, period: Period) -> tuple[MetricsRow, ...]:
        """Its rows."""
        return self.table(source, by, period).rows

    def sides(self, source: Source, by: By, period: Period) -> Sides:
        """A table about this app alone, compared with the span before."""
        return build_sides(self.store, Selection(source, by, period, self.app.id), self.due)


def app_detail(
    store: Store,
    app: AppKey,
    source: Source,
    period: Period,
    due: date,
    needs_reply: int,
    figure: Figure,
    convert: Callable[[MetricsTable], MetricsTable],
) -> AppDetail:
    """Everything about `app`, with `figure` day by day; `convert` gives amounts in the home currency too."""
    ask = _Asker(store, app, due)
    places, others, other_units = _places(ask, period)
    reviewed = ask.sides(Source.REVIEWS, By.APP, period)

    def by_day(span: Period) -> MetricsTable:
        table = ask.table(figure.source, By.DAY, span)
        return convert(table) if figure.money else table

    now, before = by_day(period), by_day(period.previous())
    currency, unit = _currency(now, before, figure)
    daily = ask.rows(Source.REVIEWS, By.DAY, period)
    return AppDetail(
        app,
        source,
        period,
        figure,
        _series(now, figure, currency),
        _series(before, figure, currency),
        unit,
        places,
        others,
        other_units,
        needs_reply,
        _own(reviewed.now),
        _own(reviewed.compared),
        _own(reviewed.before),
        _weekly([row.figures["stars"] for row in daily]),
        store.summaries.of_app(app.id),
    )


def _currency(now: MetricsTable, before: MetricsTable, figure: Figure) -> tuple[str, str]:
    """In which currency both series are, empty for amounts that are converted; and how that is told."""
    rows = (*now.rows, *before.rows)
    if not figure.money or any(row.converted is not None for row in rows):
        return "", now.home
    amounts = [row.figures.get(figure.name) for row in rows]
    found = {code for amount in amounts if isinstance(amount, Mapping) for code in amount}
    leading = leading_currency(found)
    return leading, f"{leading} +{len(found) - 1}" if len(found) > 1 else leading


def _series(table: MetricsTable, figure: Figure, currency: str) -> tuple[Decimal | None, ...]:
    """A figure of each row; of amounts what they are in `currency`, or converted where it is empty."""
    if not figure.money:
        return tuple(_number(row.figures.get(figure.name)) for row in table.rows)
    values: list[Decimal | None] = []
    for row in table.rows:
        amount = row.figures.get(figure.name)
        if not isinstance(amount, Mapping):
            values.append(None)
        elif currency:
            values.append(Decimal(str(amount.get(currency, 0))))
        else:
            values.append(row.converted if amount else Decimal(0))
    return tuple(values)


def _own(table: MetricsTable) -> Mapping[str, Value]:
    """The figures of a table's one row."""
    return next((row.figures for row in table.rows), {})


def _places(ask: _Asker, period: Period) -> tuple[tuple[Place, ...], int, int]:
    def units(table: MetricsTable) -> dict[str, int]:
        return {
            str(row.key): int(number)
            for row in table.rows
            if (number := _number(row.figures["downloads"])) is not None
        }

    sold = ask.sides(Source.SALES, By.COUNTRY, period)
    now, compared, then = units(sold.now), units(sold.compared), units(sold.before)
    best = sorted(now, key=lambda place: (-now[place], place))
    top = tuple(Place(place, now[place], compared.get(place), then.get(place)) for place in best[:TOP])
    return top, len(best[TOP:]), sum(now[place] for place in best[TOP:])


def _weekly(stars: list[Value]) -> tuple[Decimal | None, ...]:
    means: list[Decimal | None] = []
    for start in range(0, len(stars), 7):
        counts: dict[int, int] = {}
        for day in stars[start : start + 7]:
            for star, count in day.items() if isinstance(day, Mapping) else ():
                counts[int(star)] = counts.get(int(star), 0) + int(count)
        rated = sum(counts.values())
        total = sum(star * count for star, count in counts.items())
        means.append(round(Decimal(total) / rated, 2) if rated else None)
    return tuple(means)


def _number(value: Value) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) else None
