"""Sums of stored report rows: what the metrics use case asks the cache.

Everything here is a grouped read over a range of days; which days are known is told by `Facts.files`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from ascinbox.core.products import ProductKind
from ascinbox.store.database import Database
from ascinbox.store.facts import Span, from_millionths

EPOCH_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Product:
    """A product of a vendor, with the app that it belongs to when that is known."""

    number: int
    scope: str
    apple_id: str
    sku: str
    title: str
    type: str
    kind: ProductKind
    app_id: str | None


@dataclass(frozen=True, slots=True)
class SalesSum:
    """Sums of one product in one group."""

    product: int
    group: str | date | None
    """The territory or day asked for; None when neither was."""
    currency: str
    units: Decimal
    refunds: Decimal
    proceeds: Decimal


class Figures:
    """Grouped reads over the report tables."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def products(self, scopes: Sequence[str]) -> dict[int, Product]:
        """Every product of the vendors by number. An in-app purchase finds its app by the parent's SKU."""
        rows = self._db.execute(
            f"""SELECT number, scope, apple_id, sku, title, type, kind, parent_sku
                FROM cache.product WHERE scope IN ({_marks(scopes)})""",
            tuple(scopes),
        ).fetchall()
        by_sku = dict(self._db.execute("SELECT sku, id FROM cache.app WHERE sku <> ''").fetchall())
        for _, _, apple_id, sku, _, _, kind, _ in rows:
            if ProductKind(kind).is_app:
                by_sku.setdefault(sku, apple_id)
        # A finance file names no parent: what a sales file said of the same item holds for it too.
        by_item = {apple_id: by_sku[p] for _, _, apple_id, _, _, _, _, p in rows if by_sku.get(p)}
        return {
            number: Product(
                number,
                scope,
                apple_id,
                sku,
                title,
                kind_code,
                ProductKind(kind),
                apple_id if ProductKind(kind).is_app else by_item.get(apple_id),
            )
            for number, scope, apple_id, sku, title, kind_code, kind, _ in rows
        }

    def sales(
        self, scopes: Sequence[str], span: Span, days: tuple[date, date], group: str | None
    ) -> list[SalesSum]:
        """Sums per product and currency, further by `territory` or `day` when that is `group`."""
        table = "sales_fact" if group == "territory" else "sales_total"
        column = {"territory": "territory", "day": "day", None: "NULL"}[group]
        rows = self._db.execute(
            f"""SELECT product, {column}, currency, SUM(units), SUM(refunds), SUM(proceeds)
                FROM cache.{table}
                WHERE scope IN ({_marks(scopes)}) AND span = ? AND day BETWEEN ? AND ?
                GROUP BY 1, 2, 3""",
            (*scopes, span, days[0].toordinal(), days[1].toordinal()),
        )
        return [
            SalesSum(
                product,
                date.fromordinal(value) if group == "day" else value,
                currency,
                from_millionths(units),
                from_millionths(refunds),
                from_millionths(proceeds),
            )
            for product, value, currency, units, refunds, proceeds in rows
        ]

    def units_by_day(self, scopes: Sequence[str], days: tuple[date, date]) -> list[tuple[int, date, int]]:
        """(product, day, whole units) of daily files."""
        rows = self._db.execute(
            f"""SELECT product, day, SUM(units) / 1000000 FROM cache.sales_total
                WHERE scope IN ({_marks(scopes)}) AND span = 'D' AND day BETWEEN ? AND ?
                GROUP BY product, day""",
            (*scopes, days[0].toordinal(), days[1].toordinal()),
        )
        return [(product, date.fromordinal(day), units) for product, day, units in rows]

    def finance(self, scopes: Sequence[str], periods: Sequence[str], group: str | None) -> list[SalesSum]:
        """Settled sums of fiscal periods per product and currency; refunds are part of the units."""
        column = {"territory": "territory", "day": "first_day", None: "NULL"}[group]
        rows = self._db.execute(
            f"""SELECT product, {column}, currency, SUM(units), SUM(proceeds) FROM cache.finance_fact
                WHERE scope IN ({_marks(scopes)}) AND period IN ({_marks(periods)}) GROUP BY 1, 2, 3""",
            (*scopes, *periods),
        )
        return [
            SalesSum(
                product,
                date.fromordinal(value) if group == "day" else value,
                currency,
                from_millionths(units),
                Decimal(0),
                from_millionths(proceeds),
            )
            for product, value, currency, units, proceeds in rows
        ]

    def analytics(
        self, app_ids: Sequence[str], days: tuple[date, date], group: str | None
    ) -> list[tuple[str, str | date | None, str, int]]:
        """(app id, group, figure, value) sums; the group is a territory or a UTC day."""
        column = {"territory": "territory", "day": "day", None: "NULL"}[group]
        rows = self._db.execute(
            f"""SELECT app_id, {column}, figure, SUM(value) FROM cache.analytics_fact
                WHERE app_id IN ({_marks(app_ids)}) AND day BETWEEN ? AND ? GROUP BY 1, 2, 3""",
            (*app_ids, days[0].toordinal(), days[1].toordinal()),
        )
        return [
            (app, date.fromordinal(value) if group == "day" else value, figure, total)
            for app, value, figure, total in rows
        ]

    def analytics_days(
        self, app_ids: Sequence[str], report: str, days: tuple[date, date]
    ) -> set[tuple[str, date]]:
        """The (app, day) pairs that an instance of the report has told."""
        rows = self._db.execute(
            f"""SELECT app_id, day FROM cache.analytics_day
                WHERE app_id IN ({_marks(app_ids)}) AND report = ? AND day BETWEEN ? AND ?""",
            (*app_ids, report, days[0].toordinal(), days[1].toordinal()),
        )
        return {(app, date.fromordinal(day)) for app, day in rows}

    def reviews(
        self, app_ids: Sequence[str], days: tuple[date, date], group: str | None
    ) -> list[tuple[str, str | date | None, int | None, float | None]]:
        """(app id, group, rating, hours until the reply) of each review of the UTC days.

        Hours are None where no reply stands. Reviews that vanished at Apple do not count.
        """
        column = {"territory": "r.territory", "day": "(r.key >> 20) / 86400", None: "NULL"}[group]
        first = int(datetime.combine(days[0], time(), UTC).timestamp()) << 20
        last = int(datetime.combine(days[1] + timedelta(days=1), time(), UTC).timestamp()) << 20
        rows = self._db.execute(
            f"""SELECT a.id, {column}, r.rating, r.response_at - (r.key >> 20), r.response_id IS NOT NULL
                FROM cache.review r JOIN cache.app a ON a.number = r.app
                WHERE r.key >= ? AND r.key < ? AND r.removed_at IS NULL AND a.id IN ({_marks(app_ids)})""",
            (first, last, *app_ids),
        )
        return [
            (
                app,
                date.fromordinal(EPOCH_DAY + value) if group == "day" else value,
                rating,
                max(0.0, (seconds or 0) / 3600) if answered else None,
            )
            for app, value, rating, seconds, answered in rows
        ]

    def subscriptions(self, scopes: Sequence[str], day: date) -> list[tuple[str, int, int, int, int]]:
        """(app id, active, trials, billing retry, grace) of the snapshot of a day."""
        return self._db.execute(
            f"""SELECT app_id, SUM(active), SUM(trials), SUM(billing_retry), SUM(grace)
                FROM cache.subscription_fact WHERE scope IN ({_marks(scopes)}) AND day = ? GROUP BY 1""",
            (*scopes, day.toordinal()),
        ).fetchall()

    def events(self, scopes: Sequence[str], days: tuple[date, date]) -> list[tuple[str, str, int]]:
        """(app id, event, quantity) sums of subscription events."""
        return self._db.execute(
            f"""SELECT app_id, event, SUM(quantity) FROM cache.subscription_event
                WHERE scope IN ({_marks(scopes)}) AND event_day BETWEEN ? AND ? GROUP BY 1, 2""",
            (*scopes, days[0].toordinal(), days[1].toordinal()),
        ).fetchall()


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
