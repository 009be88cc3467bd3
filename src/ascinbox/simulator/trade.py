"""What a team sells: every sale of every Pacific day, made from the seed alone.

Report files are written from these sales, and tests add these sales up themselves: neither shares code with
the parser of the files.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ascinbox.simulator.phrases import mix

QUIET_EVERY = 41
"""On one day in so many nobody buys anything of the team."""
LATE_SHARE = 20
"""One row in so many is missing from a day's first edition and added in its correction."""
REFUND_EVERY = 23
FREE = Decimal(0)
FREE_KINDS = ("3F", "7F")
"""Re-downloads and updates cost nothing, so nothing of them comes back."""


@dataclass(frozen=True, slots=True)
class Storefront:
    """A storefront: alpha-2, customer and proceeds currency, share of sales, price factor to USD."""

    country: str
    currency: str
    weight: int
    rate: Decimal


MARKETS = (
    Storefront("US", "USD", 40, Decimal(1)),
    Storefront("DE", "EUR", 14, Decimal(1)),
    Storefront("JP", "JPY", 9, Decimal(150)),
    Storefront("GB", "GBP", 8, Decimal("0.8")),
    Storefront("FR", "EUR", 6, Decimal(1)),
    Storefront("CA", "CAD", 5, Decimal("1.35")),
    Storefront("BR", "BRL", 4, Decimal(5)),
    Storefront("AU", "AUD", 4, Decimal("1.5")),
    Storefront("IT", "EUR", 3, Decimal(1)),
    Storefront("KR", "KRW", 3, Decimal(1300)),
    Storefront("NL", "EUR", 2, Decimal(1)),
    Storefront("XK", "EUR", 1, Decimal(1)),
    Storefront("CH", "CHF", 1, Decimal("0.9")),
)


@dataclass(frozen=True, slots=True)
class Item:
    """A product on sale. An in-app purchase names its app's SKU as `parent`."""

    apple_id: str
    sku: str
    title: str
    parent: str
    kinds: tuple[tuple[str, int], ...]
    """(Product Type Identifier, share of the app's daily units in percent)."""
    usd: Decimal
    """Customer price in USD; 0 is free."""
    subscription: bool = False


@dataclass(frozen=True, slots=True)
class Shop:
    """An app with what is sold in it, and how much a usual day brings."""

    app_id: str
    name: str
    items: tuple[Item, ...]
    daily: int


class Sale(NamedTuple):
    """Some units of one item on one day in one storefront. There are hundreds of thousands: a tuple is made
    in a third of the time."""

    day: date
    app_id: str
    item: Item
    kind: str
    country: str
    currency: str
    units: int
    """Negative for a refund."""
    each: Decimal
    """Developer proceeds per unit; positive for refunds too."""
    price: Decimal
    """Customer price per unit; negative for refunds, as Apple writes it."""
    late: bool
    """Missing from the first edition of the day's file."""

    @property
    def proceeds(self) -> Decimal:
        """What the row brings, or costs."""
        return self.units * self.each


def make_shop(app_id: str, name: str, sku: str, index: int, seed: int) -> Shop:
    """A shop with an app, a tip jar and a yearly subscription; every third app is sold for money."""
    paid = index % 3 == 2
    base = 900_000_000 + mix(seed * 31 + index) % 90_000_000
    items = (
        Item(app_id, sku, name, "", (("1F", 62), ("3F", 25), ("7F", 140)), Decimal("3.99" if paid else 0)),
        Item(str(base), f"{sku}.tips", f"{name} Tip", sku, (("IA1", 6),), Decimal("1.99")),
        Item(str(base + 1), f"{sku}.year", f"{name} Yearly", sku, (("IAY", 9),), Decimal("19.99"), True),
    )
    return Shop(app_id, name, items, max(8, 150 // (index + 1)))


Origin = tuple[str, tuple[Shop, ...], int, date | None]
"""Vendor number, shops, seed, and the first day of all sales."""


class Trade:
    """The sales of one vendor number, from `since` on where it is given."""

    def __init__(self, vendor: str, shops: Sequence[Shop], seed: int, since: date | None = None) -> None:
        self.vendor = vendor
        self.shops = tuple(shops)
        self._seed = seed
        self._since = since

    def sales(self, day: date) -> tuple[Sale, ...]:
        """All sales of a day, corrections included."""
        if self._since is not None and day < self._since:
            return ()
        return _sales(self._seed, self.vendor, self.shops, day)

    @property
    def origin(self) -> Origin:
        """What this was made of: two trades of one origin sell the same."""
        return self.vendor, self.shops, self._seed, self._since

    def between(self, first: date, last: date) -> list[Sale]:
        """All sales from `first` to `last`, both included."""
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return [sale for day in days for sale in self.sales(day)]

    def active(self, day: date, shop: Shop) -> int:
        """Paying subscribers on a day: slow growth with a wave."""
        age = (day - date(2023, 1, 1)).days
        return max(3, shop.daily * 2 + age // 9 + mix(self._seed + age // 30) % 17)


DAYS_KEPT = 4096
"""As many days as the longest history has: its files are read more than once."""


@lru_cache(maxsize=DAYS_KEPT)
def _sales(seed: int, vendor: str, shops: tuple[Shop, ...], day: date) -> tuple[Sale, ...]:
    """Pure, so worlds of one seed share what was made up."""
    if (day.toordinal() + seed) % QUIET_EVERY == 0:
        return ()
    rng = random.Random(f"{seed}:{vendor}:{day.toordinal()}")  # noqa: S311 - invented
    weekend = 1.35 if day.weekday() >= 5 else 1.0
    return tuple(sale for shop in shops for sale in _shop_sales(rng, day, shop, weekend))


def _shop_sales(rng: random.Random, day: date, shop: Shop, factor: float) -> list[Sale]:
    """A year has 100,000 rows: what is the same for each of them is worked out before."""
    found: list[Sale] = []
    chance, app_id = rng.random, shop.app_id
    lateness, returns = _below(rng, LATE_SHARE), _below(rng, REFUND_EVERY)
    for item in shop.items:
        for kind, percent in item.kinds:
            often = shop.daily * factor * percent
            refunded = bool(item.usd) and kind not in FREE_KINDS
            for country, currency, weight, price, each in _offers(
                item.usd if kind not in FREE_KINDS else FREE
            ):
                units = int(often * weight / 10_000 * (0.6 + 0.9 * chance()) + chance())
                late = lateness() == 0
                if units:
                    found.append(Sale(day, app_id, item, kind, country, currency, units, each, price, late))
                if refunded and returns() == 0:
                    found.append(Sale(day, app_id, item, kind, country, currency, -1, each, -price, False))
    return found


def _below(rng: random.Random, limit: int) -> Callable[[], int]:
    """`rng.randrange(limit)` without its checks, which cost more than the number."""
    bits, length = rng.getrandbits, limit.bit_length()

    def below() -> int:
        while (number := bits(length)) >= limit:
            pass
        return number

    return below


@lru_cache(maxsize=256)
def _offers(usd: Decimal) -> tuple[tuple[str, str, int, Decimal, Decimal], ...]:
    """Each storefront's country, currency, weight, what a customer pays and what the developer gets."""
    return tuple((one.country, one.currency, one.weight, *_amounts(usd, one.rate)) for one in MARKETS)


def _amounts(usd: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """What a customer pays and what the developer gets of it."""
    price = (usd * rate).quantize(Decimal("0.01"))
    return price, (price * Decimal("0.7")).quantize(Decimal("0.01"))
