"""Report files, what they held, and up to which day (cache.db). Days are ordinals (`date.toordinal`), amounts
and units millionths.

Apple forgets reports (analytics after 35 days, sales after a year), so a rebuild of cache.db salvages these.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import row_id, truth, whole, words


class ReportFileTable(SQLModel, table=True):
    """What became of each report asked for: stored, empty, waiting, gone, refused or broken."""

    __tablename__ = "report_file"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = words(primary_key=True)
    dataset: str = words(primary_key=True)
    span: str = words(primary_key=True)
    day: int = whole(primary_key=True)
    status: str = words()
    fetched_at: int = whole()
    detail: str = words()


class ProductTable(SQLModel, table=True):
    """An app or in-app purchase as sales and finance reports name it."""

    __tablename__ = "product"
    __table_args__ = (
        Index("product_key", "scope", "apple_id", "sku", "type", "parent_sku", unique=True),
        {"schema": "cache"},
    )

    number: int = row_id()
    scope: str = words()
    apple_id: str = words()
    sku: str = words()
    parent_sku: str = words()
    title: str = words()
    type: str = words()
    kind: str = words()


class SalesSpan(SQLModel):
    """Units and money of a vendor's day (span D) or of a longer span (W, M, Y) from its first day.

    The amounts stand in each table, behind its own key: SQLite 3.40 takes a table without rowids for damaged
    ("NULL value in ...") where a column of the primary key stands behind others.
    """

    scope: str = words(primary_key=True)
    span: str = words(primary_key=True)
    day: int = whole(primary_key=True)


class SalesFactTable(SalesSpan, table=True):
    """What a sales file says of a product in a territory and a currency."""

    __tablename__ = "sales_fact"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    product: int = whole(primary_key=True)
    territory: str = words(primary_key=True)
    currency: str = words(primary_key=True)
    units: int = whole()
    refunds: int = whole()
    proceeds: int = whole()


class SalesTotalTable(SalesSpan, table=True):
    """`sales_fact` summed over territories: what long periods by app, product and day are read from."""

    __tablename__ = "sales_total"
    __table_args__ = (
        Index("sales_total_product", "scope", "span", "product", "day", "units"),
        {"schema": "cache", "sqlite_with_rowid": False},
    )

    product: int = whole(primary_key=True)
    currency: str = words(primary_key=True)
    units: int = whole()
    refunds: int = whole()
    proceeds: int = whole()


class SalesRollupTable(SalesSpan, table=True):
    """`sales_total` of days added up to whole weeks (from Monday) and months: derived, kept in step."""

    __tablename__ = "sales_rollup"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    product: int = whole(primary_key=True)
    currency: str = words(primary_key=True)
    units: int = whole()
    refunds: int = whole()
    proceeds: int = whole()


class SalesPlaceTable(SalesSpan, table=True):
    """`sales_fact` of days summed over the products of a kind, also for whole weeks and months: derived."""

    __tablename__ = "sales_place"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    kind: str = words(primary_key=True)
    territory: str = words(primary_key=True)
    currency: str = words(primary_key=True)
    units: int = whole()
    refunds: int = whole()
    proceeds: int = whole()


class SubscriptionFactTable(SQLModel, table=True):
    """State of a subscription on a day: a snapshot, never added over days."""

    __tablename__ = "subscription_fact"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = words(primary_key=True)
    day: int = whole(primary_key=True)
    app_id: str = words(primary_key=True)
    subscription_id: str = words(primary_key=True)
    territory: str = words(primary_key=True)
    title: str = words()
    active: int = whole()
    trials: int = whole()
    billing_retry: int = whole()
    grace: int = whole()


class SubscriptionEventTable(SQLModel, table=True):
    """How often something happened to a subscription, from the file of `day`."""

    __tablename__ = "subscription_event"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = words(primary_key=True)
    day: int = whole(primary_key=True)
    app_id: str = words(primary_key=True)
    subscription_id: str = words(primary_key=True)
    territory: str = words(primary_key=True)
    event: str = words(primary_key=True)
    event_day: int = whole(primary_key=True)
    quantity: int = whole()


class FinanceFactTable(SQLModel, table=True):
    """Settled units and money of a fiscal period."""

    __tablename__ = "finance_fact"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    scope: str = words(primary_key=True)
    period: str = words(primary_key=True)
    product: int = whole(primary_key=True)
    territory: str = words(primary_key=True)
    currency: str = words(primary_key=True)
    first_day: int = whole()
    last_day: int = whole()
    units: int = whole()
    proceeds: int = whole()


class AnalyticsFactTable(SQLModel, table=True):
    """One figure of an app on a UTC day."""

    __tablename__ = "analytics_fact"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    day: int = whole(primary_key=True)
    figure: str = words(primary_key=True)
    territory: str = words(primary_key=True)
    value: int = whole()


class AnalyticsDayTable(SQLModel, table=True):
    """Which report instance a day of analytics came from: a newer one replaces it whole."""

    __tablename__ = "analytics_day"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    report: str = words(primary_key=True)
    day: int = whole(primary_key=True)
    processed: int = whole()
    ongoing: int = truth()


class ReviewSummaryTable(SQLModel, table=True):
    """Apple's digest of an app's reviews, for one platform, storefront and language."""

    __tablename__ = "review_summary"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    id: str = words(primary_key=True)
    platform: str = words()
    territory: str = words()
    locale: str = words()
    text: str = words()
    created: int | None = whole()


class PublicRatingTable(SQLModel, table=True):
    """What a storefront showed of an app on a UTC day, from the store's public look-up."""

    __tablename__ = "public_rating"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    day: int = whole(primary_key=True)
    territory: str = words(primary_key=True)
    count: int | None = whole()
    """Ratings of all versions; NULL where the store tells none."""
    average: int | None = whole()
    """Their mean in millionths."""
    seen_at: int = whole()
