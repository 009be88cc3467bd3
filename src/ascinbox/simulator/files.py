"""Report files as Apple writes them: gzip around tab-separated text."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from ascinbox.simulator.trade import Item, Sale, Shop, Trade


def _names(text: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in text.split(","))


SALES = _names(
    """Provider, Provider Country, SKU, Developer, Title, Version, Product Type Identifier, Units,
    Developer Proceeds, Begin Date, End Date, Customer Currency, Country Code, Currency of Proceeds,
    Apple Identifier, Customer Price, Promo Code, Parent Identifier, Subscription, Period, Category,
    CMB, Device, Supported Platforms, Proceeds Reason, Preserved Pricing, Client, Order Type"""
)
SUBSCRIPTION = _names(
    """App Name, App Apple ID, Subscription Name, Subscription Apple ID, Subscription Group ID,
    Standard Subscription Duration, Subscription Offer Name, Promotional Offer ID, Customer Price,
    Customer Currency, Developer Proceeds, Proceeds Currency, Preserved Pricing, Proceeds Reason,
    Client, Device, State, Country, Active Standard Price Subscriptions, Active Free Trial
    Introductory Offer Subscriptions, Active Pay Up Front Introductory Offer Subscriptions, Active
    Pay As You Go Introductory Offer Subscriptions, Free Trial Promotional Offer Subscriptions, Pay
    Up Front Promotional Offer Subscriptions, Pay As You Go Promotional Offer Subscriptions, Free
    Trial Offer Code Subscriptions, Pay Up Front Offer Code Subscriptions, Pay As You Go Offer Code
    Subscriptions, Marketing Opt-Ins, Billing Retry, Grace Period, Subscribers, Free Trial Win-back
    Offers, Pay Up Front Win-back Offers, Pay As You Go Win-back Offers"""
)
SUBSCRIPTION_EVENT = _names(
    """Event Date, Event, App Name, App Apple ID, Subscription Name, Subscription Apple ID,
    Subscription Group ID, Standard Subscription Duration, Subscription Offer Type, Subscription
    Offer Duration, Marketing Opt-In, Marketing Opt-In Duration, Preserved Pricing, Proceeds Reason,
    Promotional Offer Name, Promotional Offer ID, Consecutive Paid Periods, Original Start Date,
    Device, Client, State, Country, Previous Subscription Name, Previous Subscription Apple ID, Days
    Before Canceling, Cancellation Reason, Days Canceled, Quantity, Paid Service Days Recovered"""
)
FINANCE_DETAIL = _names(
    """Transaction Date, Settlement Date, Apple Identifier, SKU, Title, Developer Name, Product Type
    Identifier, Country of Sale, Quantity, Partner Share, Extended Partner Share, Partner Share
    Currency, Customer Price, Customer Currency, Sale or Return, Promo Code, Order Type, Region"""
)
FINANCIAL = _names(
    """Start Date, End Date, UPC, ISRC/ISBN, Vendor Identifier, Quantity, Partner Share, Extended
    Partner Share, Partner Share Currency, Sale or Return, Apple Identifier,
    Artist/Show/Developer/Author, Title, Label/Studio/Network/Developer/Publisher, Grid, Product
    Type Identifier, ISAN/Other Identifier, Country Of Sale, Pre-order Flag, Promo Code, Customer
    Price, Customer Currency"""
)


MEMBER = 16 * 1024
"""Bytes of text in one gzip member: Apple's larger files are several of them, one after the other."""


def pack(text: str) -> bytes:
    """Always the same bytes for the same text."""
    content = text.encode()
    parts = (content[at : at + MEMBER] for at in range(0, max(1, len(content)), MEMBER))
    return b"".join(gzip.compress(part, 6, mtime=0) for part in parts)


def sales_name(kind: str, frequency: str, vendor: str, last: date) -> str:
    """What Apple calls a sales file: `S_D_85012345_20261117.txt.gz`."""
    shape = {"MONTHLY": "%Y%m", "YEARLY": "%Y"}.get(frequency.upper(), "%Y%m%d")
    initials = {"SALES": "S", "SUBSCRIPTION": "Subscription"}.get(kind.upper(), "Subscription_Event")
    return f"{initials}_{frequency[0].upper()}_{vendor}_{last:{shape}}.txt.gz"


def finance_name(vendor: str, period: str, region: str) -> str:
    """What Apple calls a finance file: `85012345_1026_ZZ.txt.gz`."""
    year, _, number = period.partition("-")
    return f"{vendor}_{number}{year[-2:]}_{region}.txt.gz"


def table(header: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Tab-separated text; Apple leaves a single space in empty cells."""
    lines = ["\t".join(header)]
    lines += ["\t".join(str(row.get(name, " ")) for name in header) for row in rows]
    return "\n".join(lines) + "\n"


def sales_file(sales: Iterable[Sale], first: date, last: date) -> str:
    """A SALES SUMMARY file; longer spans carry their own begin and end dates."""
    sums: dict[_Kind, int] = {}
    items: dict[str, Item] = {}
    for sale in sales:
        # The item's own hash goes over all of its fields, each time anew.
        number = sale.item.apple_id
        items[number] = sale.item
        key = (number, sale.kind, sale.country, sale.currency, sale.each, sale.price)
        sums[key] = sums.get(key, 0) + sale.units
    rows = (_sales_row(items[key[0]], key, units, first, last) for key, units in sums.items())
    return table(SALES, rows)


_Kind = tuple[str, str, str, str, Decimal, Decimal]


def _sales_row(item: Item, key: _Kind, units: int, first: date, last: date) -> dict[str, object]:
    _, kind, country, currency, each, price = key
    return {
        "Provider": "APPLE",
        "Provider Country": "US",
        "SKU": item.sku,
        "Developer": "Northwind",
        "Title": item.title,
        "Version": "5.2",
        "Product Type Identifier": kind,
        "Units": f"{units}.00",
        "Developer Proceeds": each,
        "Begin Date": f"{first:%m/%d/%Y}",
        "End Date": f"{last:%m/%d/%Y}",
        "Customer Currency": currency,
        "Country Code": country,
        "Currency of Proceeds": currency,
        "Apple Identifier": item.apple_id,
        "Customer Price": price,
        "Parent Identifier": item.parent or " ",
        "Subscription": "Renewal" if item.subscription else " ",
        "Device": "iPhone",
        "Supported Platforms": "iOS",
    }


def subscription_file(trade: Trade, day: date) -> str:
    """A SUBSCRIPTION SUMMARY file: the state of the day, without a date in it."""
    rows: list[dict[str, object]] = []
    for shop, name, subscription_id in _subscriptions(trade):
        active = trade.active(day, shop)
        for country, share in (("US", 60), ("DE", 40)):
            paying = active * share // 100
            rows.append(
                {
                    "App Name": shop.name,
                    "App Apple ID": shop.app_id,
                    "Subscription Name": name,
                    "Subscription Apple ID": subscription_id,
                    "Standard Subscription Duration": "1 Year",
                    "Country": country,
                    "Active Standard Price Subscriptions": paying,
                    "Active Free Trial Introductory Offer Subscriptions": paying // 10,
                    "Active Pay Up Front Introductory Offer Subscriptions": 0,
                    "Active Pay As You Go Introductory Offer Subscriptions": 0,
                    "Billing Retry": paying // 30,
                    "Grace Period": paying // 60,
                }
            )
    return table(SUBSCRIPTION, rows)


def subscription_event_file(trade: Trade, day: date) -> str:
    """A SUBSCRIPTION_EVENT SUMMARY file: the events of its day, and late ones of the day before."""
    rows: list[dict[str, object]] = []
    before = day - timedelta(days=1)
    for shop, name, subscription_id in _subscriptions(trade):
        for event, share, happened in (
            ("Renew", 20, day),
            ("Subscribe", 6, day),
            ("Cancel", 4, day),
            ("Start Introductory Offer", 5, day),
            ("Promotional Offer from Win-Back Offer", 2, day),
            ("Reactivation to Promotional Offer", 2, day),
            ("Canceled from Billing Retry", 1, day),
            ("Upgrade", 2, day),
            ("Renew", 1, before),
        ):
            rows.append(
                {
                    "Event Date": happened.isoformat(),
                    "Event": event,
                    "App Name": shop.name,
                    "App Apple ID": shop.app_id,
                    "Subscription Name": name,
                    "Subscription Apple ID": subscription_id,
                    "Country": "US",
                    "Quantity": max(1, trade.active(day, shop) * share // 1000),
                }
            )
    return table(SUBSCRIPTION_EVENT, rows)


def finance_detail_file(vendor_name: str, sales: Sequence[Sale], first: date, last: date) -> str:
    """A FINANCE_DETAIL file: three leading lines, then one row a sale."""
    head = f"Vendor Name\t{vendor_name}\nStart Date\t{first:%m/%d/%Y}\nEnd Date\t{last:%m/%d/%Y}\n"
    rows = (
        {
            "Transaction Date": f"{sale.day:%m/%d/%Y}",
            "Settlement Date": f"{sale.day:%m/%d/%Y}",
            **_settled(sale),
            "SKU": sale.item.sku,
            "Developer Name": vendor_name,
            "Country of Sale": sale.country,
        }
        for sale in sales
        if sale.each
    )
    return head + table(FINANCE_DETAIL, rows)


def financial_file(sales: Sequence[Sale], first: date, last: date) -> str:
    """A FINANCIAL file of all regions (ZZ), with its trailer and the summary block after it."""
    settled = [sale for sale in sales if sale.each]
    rows = [
        {
            "Start Date": f"{first:%m/%d/%Y}",
            "End Date": f"{last:%m/%d/%Y}",
            "Vendor Identifier": sale.item.sku,
            **_settled(sale),
            "Country Of Sale": sale.country,
        }
        for sale in settled
    ]
    units = sum(sale.units for sale in settled)
    totals: dict[str, Decimal] = {}
    for sale in settled:
        totals[sale.currency] = totals.get(sale.currency, Decimal(0)) + sale.proceeds
    trailer = [f"Total_Rows\t{len(rows)}", f"Total_Units\t{units}", "Currency\tAmount"]
    trailer += [f"{currency}\t{amount}" for currency, amount in sorted(totals.items())]
    return table(FINANCIAL, rows) + "\n".join(trailer) + "\n"


def _settled(sale: Sale) -> dict[str, object]:
    return {
        "Apple Identifier": sale.item.apple_id,
        "Title": sale.item.title,
        "Product Type Identifier": sale.kind,
        "Quantity": sale.units,
        "Partner Share": sale.each,
        "Extended Partner Share": sale.proceeds,
        "Partner Share Currency": sale.currency,
        "Customer Price": sale.price,
        "Customer Currency": sale.currency,
        "Sale or Return": "R" if sale.units < 0 else "S",
    }


def _subscriptions(trade: Trade) -> Iterable[tuple[Shop, str, str]]:
    for shop in trade.shops:
        for item in shop.items:
            if item.subscription:
                yield shop, item.title, item.apple_id
