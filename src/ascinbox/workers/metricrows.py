"""Cells and rows of a metrics table while it is being added up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ascinbox.core.figures import By, Source, figures_of
from ascinbox.core.metrics import AppKey, MetricsRow, ProductKey, RowKey, Selection, Value
from ascinbox.core.products import ProductKind
from ascinbox.core.records import App
from ascinbox.store.figures import Product, SalesSum

DOWNLOADS = frozenset({ProductKind.DOWNLOAD, ProductKind.BUNDLE})
PURCHASES = frozenset({ProductKind.IAP, ProductKind.SUBSCRIPTION})


@dataclass(frozen=True, slots=True)
class Seller:
    """An account with a vendor number, and its apps."""

    account: str
    scope: str
    apps: tuple[App, ...]


class SalesCells:
    """Figures of one row of a sales table."""

    def __init__(self) -> None:
        self.units: dict[str, Decimal] = defaultdict(Decimal)
        self.proceeds: dict[str, Decimal] = defaultdict(Decimal)

    def add(self, product: Product, each: SalesSum) -> None:
        name = _unit_figure(product.kind)
        if name:
            self.units[name] += each.units
        self.units["refunds"] += each.refunds
        if each.proceeds:
            self.proceeds[each.currency] += each.proceeds

    def figures(self) -> dict[str, Value]:
        counts = ("downloads", "redownloads", "updates", "iap_units", "refunds")
        return {name: _count(self.units[name]) for name in counts} | {"proceeds": dict(self.proceeds)}


class FinanceCells:
    """Figures of one row of a finance table."""

    def __init__(self) -> None:
        self.units = Decimal(0)
        self.proceeds: dict[str, Decimal] = defaultdict(Decimal)

    def add(self, _product: Product, each: SalesSum) -> None:
        self.units += each.units
        if each.proceeds:
            self.proceeds[each.currency] += each.proceeds

    def figures(self) -> dict[str, Value]:
        return {"units": _count(self.units), "proceeds": dict(self.proceeds)}


class ReviewCells:
    """Figures of one row of a reviews table."""

    def __init__(self) -> None:
        self.stars = {str(n): 0 for n in range(1, 6)}
        self.reviews = 0
        self.hours: list[float] = []
        self.replied = 0

    def add(self, rating: int | None, hours: float | None) -> None:
        self.reviews += 1
        if rating is not None:
            self.stars[str(rating)] += 1
        if hours is not None:
            self.replied += 1
            self.hours.append(hours)

    def figures(self) -> dict[str, Value]:
        rated = sum(self.stars.values())
        mean = sum(int(star) * count for star, count in self.stars.items()) / rated if rated else None
        return {
            "reviews": self.reviews,
            "average": None if mean is None else Decimal(str(round(mean, 2))),
            "stars": dict(self.stars),
            "replied": self.replied,
            "median_reply_hours": _median(self.hours),
        }


class Rows:
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
        self._names = {app.id: app.name for seller in sellers for app in seller.apps}
        self._rows: dict[RowKey, SalesCells | FinanceCells] = {}

    def cells(self, each: SalesSum) -> SalesCells | FinanceCells:
        key = self._key(self._products[each.product], each.group)
        if key not in self._rows:
            self._rows[key] = self._make()
        return self._rows[key]

    def _key(self, product: Product, group: str | date | None) -> RowKey:
        if group is not None:
            return group
        if self._by is By.PRODUCT:
            return ProductKey(product.sku, product.title, product.type)
        app_id = product.app_id or product.apple_id
        return AppKey(app_id, self._names.get(app_id, product.title))

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
        filled = [MetricsRow(key, cells.figures()) for key, cells in rows.items()]
        filled += [MetricsRow(key, figures) for key, figures in silent.items()]
        return tuple(sorted(filled, key=_order))

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


def _count(units: Decimal) -> int | Decimal:
    return int(units) if units == units.to_integral_value() else units


def _median(values: list[float]) -> Decimal | None:
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    value = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Decimal(str(round(value, 1)))
