"""The report kinds that Apple publishes, as data: how each is asked for and which columns are read.

Columns are found by their header's name; the position, further columns and missing optional ones do not
matter. Names follow App Store Connect Help and the report columns seen in the field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Dataset(StrEnum):
    """What `sync --only` and freshness call them."""

    SALES = "sales"
    SUBSCRIPTIONS = "subscriptions"
    SUBSCRIPTION_EVENTS = "subscription_events"
    FINANCE = "finance"
    ANALYTICS = "analytics"
    SUMMARIES = "summaries"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by the names that it has been seen under."""

    field: str
    names: tuple[str, ...]
    required: bool = True


RENAMED: dict[str, tuple[str, ...]] = {
    "App Apple ID": ("App Apple Identifier",),
    "App Apple Identifier": ("App Apple ID",),
    "Apple Identifier": ("Apple ID",),
    "Country": ("Country Code", "Territory", "Storefront"),
    "Country Code": ("Country", "Territory", "Storefront"),
    "Territory": ("Storefront", "Country", "Country Code"),
    "Counts": ("Count",),
    "Quantity": ("Units",),
    "Event Date": ("Date",),
    "Developer Proceeds": ("Proceeds",),
    "Currency of Proceeds": ("Proceeds Currency",),
}
"""Names that a column may have in another version or kind of report. Case, spaces and signs never count."""


def column(name: str, *, required: bool = True) -> Column:
    """A column by the name it has in Apple's documentation and by those it may get."""
    return Column(_field(name), (name, *RENAMED.get(name, ())), required)


def _columns(*names: str, optional: tuple[str, ...] = ()) -> tuple[Column, ...]:
    return tuple(map(column, names)) + tuple(column(name, required=False) for name in optional)


def _field(name: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


@dataclass(frozen=True, slots=True)
class SalesReport:
    """One kind of `GET /v1/salesReports`. `version` is where to start: a 400 may name a newer one."""

    dataset: Dataset
    report_type: str
    sub_type: str
    frequencies: tuple[str, ...]
    version: str | None
    columns: tuple[Column, ...]


SALES = SalesReport(
    Dataset.SALES,
    "SALES",
    "SUMMARY",
    ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"),
    None,
    _columns(
        "Product Type Identifier",
        "Units",
        "Developer Proceeds",
        "Begin Date",
        "Country Code",
        "Currency of Proceeds",
        "Apple Identifier",
        optional=("SKU", "Title", "End Date", "Parent Identifier"),
    ),
)

SUBSCRIPTION = SalesReport(
    Dataset.SUBSCRIPTIONS,
    "SUBSCRIPTION",
    "SUMMARY",
    ("DAILY",),
    "1_3",
    _columns(
        "App Apple ID",
        "Subscription Apple ID",
        "Country",
        "Active Standard Price Subscriptions",
        optional=(
            "App Name",
            "Subscription Name",
            "Active Free Trial Introductory Offer Subscriptions",
            "Active Pay Up Front Introductory Offer Subscriptions",
            "Active Pay As You Go Introductory Offer Subscriptions",
            "Free Trial Promotional Offer Subscriptions",
            "Pay Up Front Promotional Offer Subscriptions",
            "Pay As You Go Promotional Offer Subscriptions",
            "Free Trial Offer Code Subscriptions",
            "Pay Up Front Offer Code Subscriptions",
            "Pay As You Go Offer Code Subscriptions",
            "Billing Retry",
            "Grace Period",
            "Subscribers",
            "Free Trial Win-back Offers",
            "Pay Up Front Win-back Offers",
            "Pay As You Go Win-back Offers",
        ),
    ),
)

SUBSCRIPTION_EVENT = SalesReport(
    Dataset.SUBSCRIPTION_EVENTS,
    "SUBSCRIPTION_EVENT",
    "SUMMARY",
    ("DAILY",),
    "1_3",
    _columns(
        "Event Date",
        "Event",
        "App Apple ID",
        "Subscription Apple ID",
        "Country",
        "Quantity",
        optional=("App Name", "Subscription Name", "Cancellation Reason"),
    ),
)

SALES_REPORTS: tuple[SalesReport, ...] = (SALES, SUBSCRIPTION, SUBSCRIPTION_EVENT)

_SALE_OR_RETURN = (Column("sale_or_return", ("Sale or Return", "Sales or Return"), required=False),)

FINANCE_DETAIL = (
    *_columns(
        "Settlement Date",
        "Quantity",
        "Extended Partner Share",
        "Partner Share Currency",
        optional=("Apple Identifier", "SKU", "Title", "Product Type Identifier", "Country of Sale"),
    ),
    *_SALE_OR_RETURN,
)

FINANCIAL = (
    *_columns(
        "Quantity",
        "Extended Partner Share",
        "Partner Share Currency",
        optional=(
            "Apple Identifier",
            "Vendor Identifier",
            "Title",
            "Product Type Identifier",
            "Country Of Sale",
            "Start Date",
            "End Date",
        ),
    ),
    *_SALE_OR_RETURN,
)

RETURNED = ("R", "RETURN")
"""What marks a return in the column Sale or Return; its figures are negative in most files, not in all."""
TOTAL_ROWS = "Total_Rows"
"""First cell of the line that counts the rows of a FINANCIAL file."""
AFTER_ROWS = ("total", "country", "currency", "partnersharecurrency", "region")
"""How the first cell of what follows the rows begins (without case and punctuation): totals, or the head of a
summary. A row begins with a date."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of an analytics report: which column is summed, over which labels of another column."""

    figure: str
    value: str
    """Column to sum."""
    label_column: str | None = None
    labels: tuple[str, ...] = ()
    """Compared case-insensitively; the list is open, others are counted apart (`core.metrics.vocabulary`)."""


@dataclass(frozen=True, slots=True)
class AnalyticsReport:
    """One report by its exact API name, matched case-insensitively; never by a part of it."""

    name: str
    category: str
    measures: tuple[Measure, ...]
    complete_after_days: int
    """Days after which a day is complete, from Apple's documentation."""


ANALYTICS_REPORTS: tuple[AnalyticsReport, ...] = (
    AnalyticsReport(
        "App Downloads Standard",
        "COMMERCE",
        (
            Measure("downloads", "Counts", "Download Type", ("first-time download",)),
            Measure("redownloads", "Counts", "Download Type", ("redownload",)),
        ),
        2,
    ),
    AnalyticsReport(
        "App Store Discovery and Engagement Standard",
        "APP_STORE_ENGAGEMENT",
        (
            Measure("impressions", "Counts", "Event", ("impression",)),
            Measure("page_views", "Counts", "Event", ("page view",)),
        ),
        3,
    ),
    AnalyticsReport("App Sessions Standard", "APP_USAGE", (Measure("sessions", "Sessions"),), 5),
    AnalyticsReport(
        "App Store Installation and Deletion Standard",
        "APP_USAGE",
        (
            Measure("installs", "Counts", "Event", ("install",)),
            Measure("deletions", "Counts", "Event", ("delete",)),
        ),
        5,
    ),
    AnalyticsReport("App Crashes", "APP_USAGE", (Measure("crashes", "Crashes"),), 5),
)
