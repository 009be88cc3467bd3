"""A table of figures as commands, screens and exports show it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_coverage import Grain
from ascinbox.core.reviews.territories import name as territory_name

Money = Mapping[str, Decimal]
"""Amount by currency code; currencies are never added together."""

_WELL_KNOWN = ("USD", "EUR", "GBP", "JPY")


def leading_currency(currencies: Collection[str]) -> str:
    """Which of several stands for all: sums of different currencies cannot be compared by size."""
    return next((code for code in _WELL_KNOWN if code in currencies), min(currencies, default=""))


Value = int | Decimal | Money | Mapping[str, int] | None
"""A figure. None: Apple has not published it (yet), which is never 0."""


@dataclass(frozen=True, slots=True)
class KnownFigures:
    """What one report of one vendor or app tells of a period, for good."""

    days: frozenset[date]
    """Its days; of finance the first days of fiscal periods."""
    apps: frozenset[str]
    """The ids of the apps that it is about."""
    figures: frozenset[str] = frozenset()
    """The figures that it tells; empty: all of its source."""


Known = Mapping[str, KnownFigures]
"""What the reports tell, by a name of each that is the same for every period."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a table is about."""

    source: Source
    by: By
    period: Period
    app_id: str | None = None
    account: str | None = None
    """Only this account, by name."""
    only: Known | None = None
    """Of each report only these days; a report that is not in it tells nothing."""

    def days_of(self, report: str) -> frozenset[date] | None:
        """The days that are wanted of a report; None: all of the period."""
        if self.only is None:
            return None
        told = self.only.get(report)
        return told.days if told is not None else frozenset()


@dataclass(frozen=True, slots=True)
class AppKey:
    """A row that stands for an app."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ProductKey:
    """A row that stands for an app or in-app purchase."""

    sku: str
    title: str
    type: str


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A row that stands for somebody who answers."""

    name: str


RowKey = AppKey | ProductKey | PersonKey | str | date
"""A territory (alpha-3) is a str, a day a date."""


def row_name(key: RowKey) -> str:
    """What a row is called on the screen."""
    match key:
        case AppKey():
            return key.name
        case ProductKey():
            return key.title or key.sku
        case PersonKey():
            return key.name or "nobody"
        case date():
            return f"{key:%a %d %b}"
        case _:
            return territory_name(key) or key or "no territory"


@dataclass(frozen=True, slots=True)
class MetricsRow:
    """One row: what it stands for, and its figures by name."""

    key: RowKey
    figures: Mapping[str, Value]
    converted: Decimal | None = None
    """Its proceeds in the home currency at the rates of the table; None when they are not converted."""


@dataclass(frozen=True, slots=True)
class MetricsTable:
    """Rows of one source over one period."""

    source: Source
    by: By
    period: Period
    complete_to: date | None
    """Last day of the period up to which Apple has published everything; None when nothing is there."""
    rows: tuple[MetricsRow, ...]
    notes: tuple[str, ...] = ()
    """Sentences on gaps: which account or app stops where, and why."""
    incomplete: bool = False
    """True when a day of the period that lies in the past has no figures."""
    grains: tuple[tuple[Grain, Period], ...] = ()
    """The parts of the period by how fine the reports are that tell them; empty where all are of days."""
    complete: Mapping[str, date | None] = field(default_factory=dict)
    """The last complete day by figure, where figures of the table come from different reports."""
    home: str = ""
    """The home currency; empty when amounts are not converted."""
    rates_of: date | None = None
    """The day that the rates are from."""
    total: Mapping[str, Value] | None = None
    """The figures of all rows together, where they are no sums of the rows."""
