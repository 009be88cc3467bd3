"""Cells and rows of a metrics table while it is being added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ascinbox.core.metrics.comparison import OF_PURCHASES
from ascinbox.core.metrics.figures import By, Source, figures_of
from ascinbox.core.metrics.products import ProductKind
from ascinbox.core.metrics.table import AppKey, MetricsRow, ProductKey, RowKey, Selection, Value
from ascinbox.core.records import App
from ascinbox.store.amounts import MILLION, from_millionths
from ascinbox.store.hot.figures import Product, ReviewFact, SalesSum
from ascinbox.store.hot.reply_figures import ReplyFact

COUNTS = ("downloads", "redownloads", "updates", "iap_units", "refunds")
DOWNLOADS = frozenset({ProductKind.DOWNLOAD, ProductKind.BUNDLE})
PURCHASES = frozenset({ProductKind.IAP, ProductKind.SUBSCRIPTION})
IN_APPS = PURCHASES | {ProductKind.RESTORE}
UNASSIGNED = AppKey("", "unassigned")
"""The row of purchases of which no file tells the app."""


@dataclass(frozen=True, slots=True)
class Seller:
    """An account with a vendor number, and its apps."""

    account: str
    scope: str
    apps: tuple[App, ...]


def names_of(products: Iterable[Product], sellers: Iterable[Seller]) -> dict[str, str]:
    """Names of apps by id: as their account lists them, else as the files call them."""
    told = {each.apple_id: each.title for each in products if each.kind.is_app and each.title}
    return told | {app.id: app.name for seller in sellers for app in seller.apps}


def app_key(product: Product, names: Mapping[str, str]) -> AppKey:
    """The row of the app that a product is or belongs to; `names` of apps are by id."""
    if product.app_id is None and product.kind in IN_APPS:
        return AppKey(product.parent_sku, product.parent_sku) if product.parent_sku else UNASSIGNED
    app_id = product.app_id or product.apple_id
    return AppKey(app_id, names.get(app_id, product.title))


class SalesCells:
    """Figures of one row of a sales table, added up in millionths."""

    def __init__(self) -> None:
        self._units: dict[str, int] = dict.fromkeys(COUNTS, 0)
        self._proceeds: dict[str, int] = {}

    def add(self, kind: ProductKind, each: SalesSum) -> None:
        name = _unit_figure(kind)
        if name:
            self._units[name] += each.units
        self._units["refunds"] += each.refunds
        if each.proceeds:
            self._proceeds[each.currency] = self._proceeds.get(each.currency, 0) + each.proceeds

    def figures(self) -> dict[str, Value]:
        return {name: _count(units) for name, units in self._units.items()} | {
            "proceeds": _money(self._proceeds)
        }


class FinanceCells:
    """Figures of one row of a finance table, added up in millionths."""

    def __init__(self) -> None:
        self._units = 0
        self._proceeds: dict[str, int] = {}

    def add(self, _kind: ProductKind, each: SalesSum) -> None:
        self._units += each.units
        if each.proceeds:
            self._proceeds[each.currency] = self._proceeds.get(each.currency, 0) + each.proceeds

    def figures(self) -> dict[str, Value]:
        return {"units": _count(self._units), "proceeds": _money(self._proceeds)}


class ReviewCells:
    """Figures of one row of a reviews table."""

    def __init__(self) -> None:
        self.stars = {str(n): 0 for n in range(1, 6)}
        self.reviews = 0
        self.hours: list[float] = []
        self.replied = 0
        self.raised = 0
        self.lowered = 0
        self.after: list[int] = []

    def add(self, fact: ReviewFact) -> None:
        if fact.rating is not None:
            self.stars[str(fact.rating)] += 1
        if not fact.written:
            return
        self.reviews += 1
        if fact.answered:
            self.replied += 1
        if fact.hours is not None:
            self.hours.append(fact.hours)
        if fact.answered and fact.before_reply is not None and fact.rating is not None:
            self.after.append(fact.rating)
            self.raised += fact.rating > fact.before_reply
            self.lowered += fact.rating < fact.before_reply

    def figures(self) -> dict[str, Value]:
        rated = sum(self.stars.values())
        total = sum(int(star) * count for star, count in self.stars.items())
        return {
            "reviews": self.reviews,
            "average": _mean(total, rated),
            "stars": dict(self.stars),
            "replied": self.replied,
            "median_reply_hours": _median(self.hours),
            "reply_rate": _share(self.replied, self.reviews),
            "replied_in_a_day": _share(sum(hours <= 24 for hours in self.hours), len(self.hours)),
            "raised": self.raised,
            "lowered": self.lowered,
            "stars_after_reply": _mean(sum(self.after), len(self.after)),
        }


class ReplyCells:
    """Figures of one row of a table of replies."""

    def __init__(self) -> None:
        self._replies = self._raised = self._lowered = 0
        self._hours: list[float] = []
        self._in_time: list[bool] = []
        self._after: list[int] = []

    def add(self, fact: ReplyFact) -> None:
        self._replies += 1
        if fact.hours is not None:
            self._hours.append(fact.hours)
        if fact.in_time is not None:
            self._in_time.append(fact.in_time)
        if fact.before is not None and fact.rating is not None:
            self._after.append(fact.rating)
            self._raised += fact.rating > fact.before
            self._lowered += fact.rating < fact.before

    def figures(self) -> dict[str, Value]:
        return {
            "replies": self._replies,
            "median_reply_hours": _median(self._hours),
            "in_time": _share(sum(self._in_time), len(self._in_time)),
            "raised": self._raised,
            "lowered": self._lowered,
            "stars_after_reply": _mean(sum(self._after), len(self._after)),
        }


class RowCollector:
    """Collects cells by row key, and fills the rows that nothing was sold in."""

    def __init__(
        self,
        by: By,
        make: Callable[[], SalesCells | FinanceCells],
        sellers: Iterable[Seller],
        products: Mapping[int, Product],
    ) -> None:
        self._by = by
        self._make = make
        self._products = products
        self._names = names_of(products.values(), sellers)
        self._vague: set[str] = set()
        """Vendors of which some purchases belong to no known app."""
        self._scopes: dict[RowKey, str] = {}
        self._rows: dict[RowKey, SalesCells | FinanceCells] = {}

    def cells(self, each: SalesSum) -> SalesCells | FinanceCells:
        return self.cells_of(self._key(self._products[each.product], each.group))

    def cells_of(self, key: RowKey) -> SalesCells | FinanceCells:
        if key not in self._rows:
            self._rows[key] = self._make()
        return self._rows[key]

    def _key(self, product: Product, group: str | date | None) -> RowKey:
        if group is not None:
            return group
        if self._by is By.PRODUCT:
            return ProductKey(product.sku, product.title, product.type)
        key = app_key(product, self._names)
        if key == UNASSIGNED:
            self._vague.add(product.scope)
        self._scopes[key] = product.scope
        return key

    def finish(
        self,
        selection: Selection,
        sellers: Iterable[Seller],
        told: set[str],
        known_days: set[date],
        source: Source,
        days: Iterable[date] = (),
    ) -> tuple[MetricsRow, ...]:
        unknown: dict[str, Value] = {figure.name: None for figure in figures_of(source)}
        if self._by is By.DAY:
            return tuple(
                MetricsRow(day, self._figures(day) if day in known_days else unknown)
                for day in (days or selection.period)
            )
        rows = dict(self._rows)
        silent: dict[RowKey, dict[str, Value]] = {}
        if self._by is By.APP:
            for seller in sellers:
                for app in seller.apps:
                    key = AppKey(app.id, app.name)
                    if key not in rows and selection.app_id in (None, app.id):
                        silent[key] = self._figures(key) if seller.scope in told else unknown
                        self._scopes[key] = seller.scope
        filled = [MetricsRow(key, self._without_wrong_zeros(key, c.figures())) for key, c in rows.items()]
        silent = {key: self._without_wrong_zeros(key, figures) for key, figures in silent.items()}
        filled += [MetricsRow(key, figures) for key, figures in silent.items()]
        return tuple(sorted(filled, key=_order))

    def _without_wrong_zeros(self, key: RowKey, figures: dict[str, Value]) -> dict[str, Value]:
        """While purchases are unassigned, an app without any may have sold them: not known, not 0."""
        if key == UNASSIGNED or self._scopes.get(key) not in self._vague:
            return figures
        return figures | {name: None for name in OF_PURCHASES if name in figures and not figures[name]}

    def _figures(self, key: RowKey) -> dict[str, Value]:
        return self._rows.get(key, self._make()).figures()


def _order(row: MetricsRow) -> tuple[bool, Decimal, str]:
    units = row.figures.get("downloads", row.figures.get("units"))
    number = Decimal(units) if isinstance(units, int | Decimal) else None
    return (number is None, -(number or Decimal(0)), str(row.key))


def _unit_figure(kind: ProductKind) -> str | None:
    if kind in DOWNLOADS:
        return "downloads"
    if kind in PURCHASES:
        return "iap_units"
    return {ProductKind.REDOWNLOAD: "redownloads", ProductKind.UPDATE: "updates"}.get(kind)


def _count(millionths: int) -> int | Decimal:
    whole, rest = divmod(millionths, MILLION)
    return from_millionths(millionths) if rest else whole


def _money(amounts: Mapping[str, int]) -> dict[str, Decimal]:
    return {currency: from_millionths(amount) for currency, amount in amounts.items() if amount}


def _mean(total: int, count: int) -> Decimal | None:
    return Decimal(str(round(total / count, 2))) if count else None


def _share(part: int, of: int) -> Decimal | None:
    return round(Decimal(part) / of, 4) if of else None


def _median(values: list[float]) -> Decimal | None:
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    value = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Decimal(str(round(value, 1)))
