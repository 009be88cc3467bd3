"""Report files, what they held, and up to which day (cache.db). Units: see `store.migrations.facts`."""

from __future__ import annotations

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel


class ReportFileTable(SQLModel, table=True):
    """What became of each report asked for: stored, empty, waiting, gone, refused or broken."""

    __tablename__ = "report_file"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = Field(primary_key=True, sa_type=Text)
    dataset: str = Field(primary_key=True, sa_type=Text)
    span: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    status: str = Field(sa_type=Text)
    fetched_at: int
    detail: str = Field(sa_type=Text)


class ProductTable(SQLModel, table=True):
    """An app or in-app purchase as sales and finance reports name it."""

    __tablename__ = "product"
    __table_args__ = (
        Index("product_key", "scope", "apple_id", "sku", "type", "parent_sku", unique=True),
        {"schema": "cache"},
    )

    number: int = Field(primary_key=True)
    scope: str = Field(sa_type=Text)
    apple_id: str = Field(sa_type=Text)
    sku: str = Field(sa_type=Text)
    parent_sku: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)


class SalesFactTable(SQLModel, table=True):
    """Units and proceeds of a product on a day (span D) or in a longer span (W, M, Y) from its first day."""

    __tablename__ = "sales_fact"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = Field(primary_key=True, sa_type=Text)
    span: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    product: int = Field(primary_key=True)
    territory: str = Field(primary_key=True, sa_type=Text)
    currency: str = Field(primary_key=True, sa_type=Text)
    units: int
    refunds: int
    proceeds: int


class SalesTotalTable(SQLModel, table=True):
    """`sales_fact` summed over territories: what long periods by app, product and day are read from."""

    __tablename__ = "sales_total"
    __table_args__ = (
        Index("sales_total_product", "scope", "span", "product", "day", "units"),
        {"schema": "cache", "sqlite_with_rowid": False},
    )

    scope: str = Field(primary_key=True, sa_type=Text)
    span: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    product: int = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    units: int
    refunds: int
    proceeds: int


class SalesRollupTable(SQLModel, table=True):
    """`sales_total` of days added up to whole weeks (from Monday) and months: derived, kept in step."""

    __tablename__ = "sales_rollup"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = Field(primary_key=True, sa_type=Text)
    span: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    product: int = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    units: int
    refunds: int
    proceeds: int


class SalesPlaceTable(SQLModel, table=True):
    """`sales_fact` of days summed over the products of a kind, also for whole weeks and months: derived."""

    __tablename__ = "sales_place"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = Field(primary_key=True, sa_type=Text)
    span: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    kind: str = Field(primary_key=True, sa_type=Text)
    territory: str = Field(primary_key=True, sa_type=Text)
    currency: str = Field(primary_key=True, sa_type=Text)
    units: int
    refunds: int
    proceeds: int


class SubscriptionFactTable(SQLModel, table=True):
    """State of a subscription on a day: a snapshot, never added over days."""

    __tablename__ = "subscription_fact"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    app_id: str = Field(primary_key=True, sa_type=Text)
    subscription_id: str = Field(primary_key=True, sa_type=Text)
    territory: str = Field(primary_key=True, sa_type=Text)
    title: str = Field(sa_type=Text)
    active: int
    trials: int
    billing_retry: int
    grace: int


class SubscriptionEventTable(SQLModel, table=True):
    """How often something happened to a subscription, from the file of `day`."""

    __tablename__ = "subscription_event"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    app_id: str = Field(primary_key=True, sa_type=Text)
    subscription_id: str = Field(primary_key=True, sa_type=Text)
    territory: str = Field(primary_key=True, sa_type=Text)
    event: str = Field(primary_key=True, sa_type=Text)
    event_day: int = Field(primary_key=True)
    quantity: int


class FinanceFactTable(SQLModel, table=True):
    """Settled units and money of a fiscal period."""

    __tablename__ = "finance_fact"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = Field(primary_key=True, sa_type=Text)
    period: str = Field(primary_key=True, sa_type=Text)
    product: int = Field(primary_key=True)
    territory: str = Field(primary_key=True, sa_type=Text)
    currency: str = Field(primary_key=True, sa_type=Text)
    first_day: int
    last_day: int
    units: int
    proceeds: int


class AnalyticsFactTable(SQLModel, table=True):
    """One figure of an app on a UTC day."""

    __tablename__ = "analytics_fact"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    figure: str = Field(primary_key=True, sa_type=Text)
    territory: str = Field(primary_key=True, sa_type=Text)
    value: int


class AnalyticsDayTable(SQLModel, table=True):
    """Which report instance a day of analytics came from: a newer one replaces it whole."""

    __tablename__ = "analytics_day"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = Field(primary_key=True, sa_type=Text)
    report: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    processed: int
    ongoing: int


class ReviewSummaryTable(SQLModel, table=True):
    """Apple's digest of an app's reviews, for one platform, storefront and language."""

    __tablename__ = "review_summary"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = Field(primary_key=True, sa_type=Text)
    id: str = Field(primary_key=True, sa_type=Text)
    platform: str = Field(sa_type=Text)
    territory: str = Field(sa_type=Text)
    locale: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    created: int | None
