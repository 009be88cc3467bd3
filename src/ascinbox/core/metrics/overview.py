"""What the Metrics screen shows: sales beside reviews, this span beside the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ascinbox.core.metrics.figures import By, Figure, Source
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey, RowKey, Value
from ascinbox.core.records import ReviewSummary

Money = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Amount:
    """Proceeds by currency, and converted to the home currency when one is set and all rates are known."""

    by_currency: Money
    home: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """The figures of one row over one span; None where Apple has published nothing."""

    units: int | None = None
    redownloads: int | None = None
    updates: int | None = None
    iap_units: int | None = None
    refunds: int | None = None
    proceeds: Amount | None = None
    reviews: int | None = None
    stars: Decimal | None = None
    replied: int | None = None
    median_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One app, country, product or day."""

    key: RowKey
    name: str
    now: PeriodFigures
    compared: PeriodFigures
    """Of the days alone that are known on both sides."""
    before: PeriodFigures
    """The span before, of those days."""
    trend: tuple[int | None, ...] = ()
    """Units a day; None for a day that Apple has not published."""
    stops_at: date | None = None
    """Its last published day, when that is earlier than everybody else's."""


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the screen shows for one selection."""

    by: By
    period: Period
    before: Period
    rows: tuple[OverviewRow, ...]
    total: OverviewRow
    sales_to: date | None
    analytics_to: date | None
    notes: tuple[str, ...]
    home: str = ""
    """The home currency; empty when amounts are not converted."""
    rates_of: date | None = None
    """The day that the rates are from."""
    sales_compared: str = ""
    """`6 of 7 days`: how much of the sales is compared; empty where it is all."""


@dataclass(frozen=True, slots=True)
class Place:
    """How an app does in one storefront."""

    territory: str
    units: int
    compared: int | None
    """Units of the days alone that are known on both sides."""
    before: int | None


@dataclass(frozen=True, slots=True)
class AppDetail:
    """What stands beside the plot of one app."""

    app: AppKey
    source: Source
    period: Period
    figure: Figure
    """What is plotted."""
    series: tuple[Decimal | None, ...]
    """The figure day by day; None for a day that is not known."""
    before: tuple[Decimal | None, ...]
    """The same of the equal span before."""
    unit: str
    """The currency of `series`, `USD +1` where one more is left out; empty for what is no money."""
    places: tuple[Place, ...]
    """The storefronts with the most units, the best first."""
    other_places: int
    other_units: int
    needs_reply: int
    reviews: Mapping[str, Value]
    reviews_compared: Mapping[str, Value]
    reviews_before: Mapping[str, Value]
    trend: tuple[Decimal | None, ...]
    """Mean rating of each week of the period, the oldest first; None for a week without reviews."""
    summaries: tuple[ReviewSummary, ...]


def change(now: float | Decimal | None, before: float | Decimal | None) -> float | None:
    """Relative change as a fraction; None where it cannot be told."""
    if now is None or before is None or not before:
        return None
    return float((Decimal(now) - Decimal(before)) / abs(Decimal(before)))
