"""The figures that ascinbox shows: one table from which commands, screens, exports and docs are derived."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where a table's numbers come from (`--source`)."""

    SALES = "sales"
    ANALYTICS = "analytics"
    FINANCE = "finance"
    REVIEWS = "reviews"


class By(StrEnum):
    """What a row stands for (`--by`)."""

    APP = "app"
    COUNTRY = "country"
    PRODUCT = "product"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a source."""

    source: Source
    name: str
    label: str
    """Column head, at most nine cells."""
    meaning: str
    money: bool = False
    """Amounts per currency, as decimal strings."""


FIGURES: tuple[Figure, ...] = (
    Figure(
        Source.SALES, "downloads", "Units", "First downloads of apps (bundles included), returns taken off"
    ),
    Figure(Source.SALES, "redownloads", "Redown", "Downloads by people who had the app before"),
    Figure(Source.SALES, "updates", "Updates", "Updates installed"),
    Figure(Source.SALES, "iap_units", "IAP", "In-app purchases and subscriptions, returns taken off"),
    Figure(Source.SALES, "refunds", "Refunds", "Units that came back, of every product"),
    Figure(
        Source.SALES, "proceeds", "Proceeds", "Your share by currency, an estimate until settled", money=True
    ),
    Figure(Source.ANALYTICS, "impressions", "Impress.", "How often the app was seen in the store"),
    Figure(Source.ANALYTICS, "page_views", "Views", "Views of the product page"),
    Figure(Source.ANALYTICS, "downloads", "Units", "First-time downloads"),
    Figure(Source.ANALYTICS, "redownloads", "Redown", "Downloads by people who had the app before"),
    Figure(Source.ANALYTICS, "sessions", "Sessions", "Times the app was used (people who share analytics)"),
    Figure(Source.ANALYTICS, "installs", "Installs", "Installations (people who share analytics)"),
    Figure(Source.ANALYTICS, "deletions", "Deletions", "Deletions (people who share analytics)"),
    Figure(Source.ANALYTICS, "crashes", "Crashes", "Crashes (people who share analytics)"),
    Figure(Source.FINANCE, "units", "Units", "Settled units, returns taken off"),
    Figure(Source.FINANCE, "proceeds", "Proceeds", "Settled share by currency", money=True),
    Figure(Source.REVIEWS, "reviews", "Revs", "Written reviews"),
    Figure(Source.REVIEWS, "average", "Stars", "Mean rating of the written reviews"),
    Figure(Source.REVIEWS, "stars", "1-5", "Reviews for each rating"),
    Figure(Source.REVIEWS, "replied", "Replied", "Reviews with a reply"),
    Figure(Source.REVIEWS, "median_reply_hours", "Median", "Median hours from review to reply"),
)


def figures_of(source: Source) -> tuple[Figure, ...]:
    """The figures of a source, in the order in which they are shown."""
    return tuple(figure for figure in FIGURES if figure.source is source)
