"""Report files written from Apple's column lists, for the parsers' tests."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO

SALES_1_0 = (
    "Provider,Provider Country,SKU,Developer,Title,Version,Product Type Identifier,Units,Developer Proceeds,"
    "Begin Date,End Date,Customer Currency,Country Code,Currency of Proceeds,Apple Identifier,Customer Price,"
    "Promo Code,Parent Identifier,Subscription,Period,Category,CMB,Device,Supported Platforms,"
    "Proceeds Reason,Preserved Pricing,Client,Order Type"
).split(",")

SUBSCRIPTION_1_3 = [
    *(
        "App Name,App Apple ID,Subscription Name,Subscription Apple ID,Subscription Group ID,"
        "Standard Subscription Duration,Subscription Offer Name,Promotional Offer ID,Customer Price,"
        "Customer Currency,Developer Proceeds,Proceeds Currency,Preserved Pricing,Proceeds Reason,Client,"
        "Device,State,Country,Active Standard Price Subscriptions"
    ).split(","),
    "Active Free Trial Introductory Offer Subscriptions",
    "Active Pay Up Front Introductory Offer Subscriptions",
    "Active Pay As You Go Introductory Offer Subscriptions",
    "Free Trial Promotional Offer Subscriptions",
    "Pay Up Front Promotional Offer Subscriptions",
    "Pay As You Go Promotional Offer Subscriptions",
    "Free Trial Offer Code Subscriptions",
    "Pay Up Front Offer Code Subscriptions",
    "Pay As You Go Offer Code Subscriptions",
    "Marketing Opt-Ins",
    "Billing Retry",
    "Grace Period",
    "Subscribers",
    "Free Trial Win-back Offers",
    "Pay Up Front Win-back Offers",
    "Pay As You Go Win-back Offers",
]

SUBSCRIPTION_EVENT = (
    "Event Date,Event,App Name,App Apple ID,Subscription Name,Subscription Apple ID,Subscription Group ID,"
    "Standard Subscription Duration,Subscription Offer Type,Subscription Offer Duration,Marketing Opt-In,"
    "Marketing Opt-In Duration,Preserved Pricing,Proceeds Reason,Promotional Offer Name,Promotional Offer ID,"
    "Consecutive Paid Periods,Original Start Date,Device,Client,State,Country,Previous Subscription Name,"
    "Previous Subscription Apple ID,Days Before Canceling,Cancellation Reason,Days Canceled,Quantity,"
    "Paid Service Days Recovered"
).split(",")

FINANCE_DETAIL = (
    "Transaction Date,Settlement Date,Apple Identifier,SKU,Title,Developer Name,Product Type Identifier,"
    "Country of Sale,Quantity,Partner Share,Extended Partner Share,Partner Share Currency,Customer Price,"
    "Customer Currency,Sale or Return,Promo Code,Order Type,Region"
).split(",")

FINANCIAL = (
    "Start Date,End Date,UPC,ISRC/ISBN,Vendor Identifier,Quantity,Partner Share,Extended Partner Share,"
    "Partner Share Currency,Sale or Return,Apple Identifier,Artist/Show/Developer/Author,Title,"
    "Label/Studio/Network/Developer/Publisher,Grid,Product Type Identifier,ISAN/Other Identifier,"
    "Country Of Sale,Pre-order Flag,Promo Code,Customer Price,Customer Currency"
).split(",")

APP_DOWNLOADS = (
    "Date,App Name,App Apple Identifier,Download Type,App Version,Device,Platform Version,Source Type,"
    "Page Type,Pre-Order,Territory,Counts"
).split(",")


def table(header: Sequence[str], rows: Iterable[Mapping[str, object]], *, separator: str = "\t") -> bytes:
    """A report's text; cells that a row does not name are a single space, as Apple sometimes sends."""
    lines = [separator.join(header)]
    lines += [separator.join(str(row.get(name, " ")) for name in header) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def packed(content: bytes) -> BinaryIO:
    """The file as Apple serves it."""
    return io.BytesIO(gzip.compress(content))


def sale(**cells: object) -> dict[str, object]:
    """One row of a sales file; keys are given with underscores."""
    base: dict[str, object] = {
        "Provider": "APPLE",
        "Provider Country": "US",
        "SKU": "tide",
        "Developer": "Northwind",
        "Title": "Tide Clock",
        "Version": "5.2",
        "Product Type Identifier": "1F",
        "Units": "1",
        "Developer Proceeds": "0",
        "Begin Date": "11/19/2026",
        "End Date": "11/19/2026",
        "Customer Currency": "USD",
        "Country Code": "US",
        "Currency of Proceeds": "USD",
        "Apple Identifier": "1476097583",
        "Customer Price": "0",
    }
    return base | {name.replace("_", " "): value for name, value in cells.items()}
