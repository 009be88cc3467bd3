"""The figures that ascinbox shows: one table from which commands, screens, exports and docs are derived."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NOT_SHARED = (
    "Figures of reports and ratings stay where the team's workers run; those of reviews and replies are here."
)
"""What a member of a team is told in place of them."""


class Source(StrEnum):
    """Where a table's numbers come from (`--source`)."""

    SALES = "sales"
    SUBSCRIPTIONS = "subscriptions"
    ANALYTICS = "analytics"
    FINANCE = "finance"
    REVIEWS = "reviews"
    RATINGS = "ratings"
    REPLIES = "replies"
    """Sent from here; the others are told by a store."""

    @property
    def is_shared(self) -> bool:
        """Whether all of a team have its figures: they are counted from reviews and replies. The others are
        read, and stay, where a worker runs."""
        return self in (Source.REVIEWS, Source.REPLIES)

    @property
    def days(self) -> str:
        """Whose days its days are: `Pacific`, `UTC` or `fiscal`. Days of different kinds are never mixed."""
        match self:
            case Source.SALES | Source.SUBSCRIPTIONS:
                return "Pacific"
            case Source.FINANCE:
                return "fiscal"
            case _:
                return "UTC"


class By(StrEnum):
    """What a row stands for (`--by`)."""

    APP = "app"
    COUNTRY = "country"
    PRODUCT = "product"
    DAY = "day"
    PERSON = "person"
    """Of replies only."""


SALES_REPORT = "SALES SUMMARY"
STATE_REPORT = "SUBSCRIPTION SUMMARY"
EVENT_REPORT = "SUBSCRIPTION_EVENT SUMMARY"
DOWNLOAD_REPORT = "App Downloads Standard"
ENGAGEMENT_REPORT = "App Store Discovery and Engagement Standard"
SESSION_REPORT = "App Sessions Standard"
INSTALL_REPORT = "App Store Installation and Deletion Standard"
CRASH_REPORT = "App Crashes"
FINANCE_REPORT = "FINANCIAL, region ZZ"
REVIEW_LIST = "customerReviews"
LOOKUP = "iTunes look-up"
OWN_OUTBOX = "the outbox"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a source."""

    source: Source
    name: str
    label: str
    """Column head, at most nine cells."""
    meaning: str
    report: str
    """Apple's report or list that it is from."""
    money: bool = False
    """Amounts per currency, as decimal strings."""
    share: bool = False
    """A fraction: 0.25 is shown as 25%."""


def _figures(source: Source, *rows: tuple[str, str, str, str]) -> tuple[Figure, ...]:
    """Rows of name (`$` for money, `%` for a share in front), label, report and meaning."""
    return tuple(
        Figure(source, name.lstrip("$%"), label, meaning, report, name[0] == "$", name[0] == "%")
        for name, label, report, meaning in rows
    )


LESS_IS_BETTER = frozenset(
    "refunds billing_retry grace cancellations churn deletions crashes median_reply_hours lowered"
    " median_first_reply_hours".split()
)
"""Figures by name that are good news when they fall."""

FIGURES: tuple[Figure, ...] = (
    *_figures(
        Source.SALES,
        ("downloads", "Units", SALES_REPORT, "First downloads of apps (bundles included), returns taken off"),
        ("redownloads", "Redown", SALES_REPORT, "Downloads by people who had the app before"),
        ("updates", "Updates", SALES_REPORT, "Updates installed"),
        ("iap_units", "IAP", SALES_REPORT, "In-app purchases and subscriptions, returns taken off"),
        ("refunds", "Refunds", SALES_REPORT, "Units that came back, of every product"),
        ("$proceeds", "Proceeds", SALES_REPORT, "Your share by currency, an estimate until settled"),
    ),
    *_figures(
        Source.SUBSCRIPTIONS,
        ("active", "Active", STATE_REPORT, "Paying subscriptions on the last day that is known"),
        ("trials", "Trials", STATE_REPORT, "Free trials on that day, of every kind of offer"),
        ("billing_retry", "Retry", STATE_REPORT, "Subscriptions whose payment Apple tries again"),
        ("grace", "Grace", STATE_REPORT, "Of these, still served"),
        ("started", "Started", EVENT_REPORT, "Subscribe and Reactivate events"),
        ("trials_started", "Offers", EVENT_REPORT, "Introductory, promotional and code offers that began"),
        ("renewals", "Renewals", EVENT_REPORT, "Renew events"),
        ("cancellations", "Cancels", EVENT_REPORT, "Cancel events of every kind, when the paid period ends"),
        (
            "%churn",
            "Churn",
            EVENT_REPORT,
            "Cancellations divided by the paying subscriptions of the day before the period",
        ),
    ),
    *_figures(
        Source.ANALYTICS,
        ("impressions", "Impress.", ENGAGEMENT_REPORT, "How often the app was seen in the store"),
        ("page_views", "Views", ENGAGEMENT_REPORT, "Views of the product page"),
        ("downloads", "Units", DOWNLOAD_REPORT, "First-time downloads"),
        ("redownloads", "Redown", DOWNLOAD_REPORT, "Downloads by people who had the app before"),
        ("sessions", "Sessions", SESSION_REPORT, "Times the app was used (people who share analytics)"),
        ("installs", "Installs", INSTALL_REPORT, "Installations (people who share analytics)"),
        ("deletions", "Deleted", INSTALL_REPORT, "Deletions (people who share analytics)"),
        ("crashes", "Crashes", CRASH_REPORT, "Crashes (people who share analytics)"),
        (
            "%conversion",
            "Conv.",
            DOWNLOAD_REPORT,
            "Downloads and re-downloads divided by impressions, over days that both reports have told",
        ),
    ),
    *_figures(
        Source.FINANCE,
        ("units", "Units", FINANCE_REPORT, "Settled units, returns taken off"),
        ("$proceeds", "Proceeds", FINANCE_REPORT, "Settled share by currency"),
    ),
    *_figures(
        Source.REVIEWS,
        ("reviews", "Revs", REVIEW_LIST, "Written reviews"),
        ("average", "Stars", REVIEW_LIST, "Mean rating of the written reviews"),
        ("stars", "1-5", REVIEW_LIST, "Reviews for each rating"),
        ("replied", "Replied", REVIEW_LIST, "Reviews with a reply"),
        ("median_reply_hours", "Median h", REVIEW_LIST, "Median hours from review to reply"),
        ("%reply_rate", "Rate", REVIEW_LIST, "Reviews with a reply divided by reviews"),
        ("%replied_in_a_day", "In 24 h", REVIEW_LIST, "Replies within 24 hours divided by replies"),
        ("raised", "Raised", REVIEW_LIST, "Ratings that went up after our reply"),
        ("lowered", "Lowered", REVIEW_LIST, "Ratings that went down after our reply"),
        ("stars_after_reply", "After", REVIEW_LIST, "Mean rating now of reviews changed after our reply"),
    ),
    *_figures(
        Source.RATINGS,
        ("new_ratings", "New", LOOKUP, "Ratings more than before, with and without a text"),
        ("ratings", "Ratings", LOOKUP, "All ratings in the storefronts that are looked at, on the last day"),
        ("average", "Stars", LOOKUP, "Their mean, each storefront by its number of ratings"),
    ),
    *_figures(
        Source.REPLIES,
        ("replies", "Replies", OWN_OUTBOX, "Reviews that you were the first to answer from here"),
        ("median_reply_hours", "Median h", OWN_OUTBOX, "Median hours from review, or its change, to reply"),
        ("%in_time", "In time", OWN_OUTBOX, "Of these with a time in [sla], the share answered within it"),
        ("raised", "Raised", OWN_OUTBOX, "Ratings that went up after the reply"),
        ("lowered", "Lowered", OWN_OUTBOX, "Ratings that went down after the reply"),
        ("stars_after_reply", "After", OWN_OUTBOX, "Mean rating now of reviews changed after the reply"),
    ),
)


OVERVIEW = (
    (Source.SALES, "downloads"),
    (Source.SALES, "redownloads"),
    (Source.SALES, "proceeds"),
    (Source.SALES, "refunds"),
    (Source.REVIEWS, "average"),
    (Source.REVIEWS, "reviews"),
)
"""What the overview shows side by side, by source and name."""


def plottable(source: Source | None) -> tuple[Figure, ...]:
    """The figures that have a value for each day; None asks for those of the overview."""
    if source is None:
        return tuple(next(f for f in FIGURES if (f.source, f.name) == wanted) for wanted in OVERVIEW)
    # Finance has no days: its plots are those of the sales. Counts for each star are no single value.
    days = Source.SALES if source is Source.FINANCE else source
    return tuple(figure for figure in figures_of(days) if figure.name != "stars")


def figures_of(source: Source) -> tuple[Figure, ...]:
    """The figures of a source, in the order in which they are shown."""
    return tuple(figure for figure in FIGURES if figure.source is source)
