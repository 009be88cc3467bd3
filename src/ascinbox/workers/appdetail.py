"""What the Metrics screen shows beside the plot of one app: storefronts, ratings, replies, digests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ascinbox.core.figures import By, Source, figures_of
from ascinbox.core.metrics import AppKey, MetricsRow, MetricsTable, Selection, Value
from ascinbox.core.overview import AppDetail, Place
from ascinbox.core.periods import Period
from ascinbox.workers.metrics import BUILDERS

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

    def rows(self, source: Source, by: By, period: Period) -> tuple[MetricsRow, ...]:
        """The rows of a table about this app alone."""
        table: MetricsTable = BUILDERS[source](
            self.store, Selection(source, by, period, self.app.id), self.due
        )
        return table.rows

    def one(self, source: Source, period: Period) -> Mapping[str, Value]:
        """The app's own figures."""
        return next((row.figures for row in self.rows(source, By.APP, period)), {})


def app_detail(
    store: Store, app: AppKey, source: Source, period: Period, due: date, needs_reply: int
) -> AppDetail:
    """Everything about `app`; the plot's figure is the first one of `source`."""
    ask = _Asker(store, app, due)
    before = period.previous()
    places, others, other_units = _places(ask, period, before)
    # Finance has no days; its plot is that of the sales.
    plotted = Source.SALES if source is Source.FINANCE else source
    figure = figures_of(plotted)[0]
    days = ask.rows(plotted, By.DAY, period)
    daily = ask.rows(Source.REVIEWS, By.DAY, period)
    return AppDetail(
        app,
        source,
        period,
        tuple(_number(row.figures[figure.name]) for row in days),
        figure.label.lower(),
        places,
        others,
        other_units,
        needs_reply,
        ask.one(Source.REVIEWS, period),
        ask.one(Source.REVIEWS, before),
        _weekly([row.figures["stars"] for row in daily]),
        store.facts.summaries(app.id),
    )


def _places(ask: _Asker, period: Period, before: Period) -> tuple[tuple[Place, ...], int, int]:
    def units(span: Period) -> dict[str, int]:
        found = ask.rows(Source.SALES, By.COUNTRY, span)
        return {
            str(row.key): int(number)
            for row in found
            if (number := _number(row.figures["downloads"])) is not None
        }

    now, then = units(period), units(before)
    best = sorted(now, key=lambda place: (-now[place], place))
    top = tuple(Place(place, now[place], then.get(place)) for place in best[:TOP])
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
