"""Figures as they come out of a report file: summed per day, product, territory and currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SalesFact:
    """All rows of a sales file that share these keys. Pacific days. Amounts are estimates of Apple's."""

    day: date
    """First day of the span (the day itself in a daily file)."""
    end: date
    apple_id: str
    """The app's id, or the in-app purchase's own id."""
    parent_sku: str
    """SKU of the app that an in-app purchase belongs to; empty for apps."""
    sku: str
    title: str
    product_type: str
    territory: str
    """Alpha-3."""
    currency: str
    units: Decimal
    """Net: returns are negative."""
    refunds: Decimal
    """How many units came back, positive."""
    proceeds: Decimal
    """Sum of units x developer proceeds (per unit, positive also for returns)."""


@dataclass(frozen=True, slots=True)
class SubscriptionFact:
    """Snapshot of one day; never added over days."""

    day: date
    app_id: str
    subscription_id: str
    title: str
    territory: str
    active: int
    trials: int
    billing_retry: int
    grace: int


@dataclass(frozen=True, slots=True)
class SubscriptionEventFact:
    """How often an event happened on a day."""

    day: date
    app_id: str
    subscription_id: str
    territory: str
    event: str
    quantity: int


@dataclass(frozen=True, slots=True)
class FinanceFact:
    """Settled money of a fiscal period, per product, country and currency."""

    period: str
    """Fiscal `YYYY-MM`."""
    start: date
    end: date
    apple_id: str
    sku: str
    title: str
    product_type: str
    territory: str
    currency: str
    units: Decimal
    proceeds: Decimal


@dataclass(frozen=True, slots=True)
class AnalyticsFact:
    """One figure of one app, UTC day and territory, from one report instance."""

    day: date
    app_id: str
    territory: str
    figure: str
    value: int
