"""Sums of stored report rows: what the metrics use case asks the cache.

Everything here is a grouped read over a range of days; which days are known is told by `ReportFiles`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.products import ProductKind
from ascinbox.core.metrics.report_coverage import Grain, Piece, span_of
from ascinbox.core.metrics.report_files import ReportSpan
from ascinbox.store.amounts import MILLION
from ascinbox.store.database import Database

MOST_VALUES = 500
"""Days that one statement names."""
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
    """The app it belongs to; None for a purchase of which no file tells the app."""
    parent_sku: str = ""
    """What a sales file calls the app of a purchase, where no app of that SKU is known."""


@dataclass(frozen=True, slots=True)
class SalesSum:
    """Sums of one product in one group."""

    product: int
    group: str | date | None
    """The territory or day asked for; None when neither was."""
    currency: str
    units: int
    """Millionths, as the other two: adding integers is exact and quick."""
    refunds: int
    proceeds: int


@dataclass(frozen=True, slots=True)
class ReviewFact:
    """What the figures want to know of one review."""

    app_id: str
    group: str | date | None
    rating: int | None
    answered: bool
    hours: float | None
    """From the review to our reply; None where no reply stands, or the review got a new date since."""
    before_reply: int | None
    """The rating when the reply was written, where the customer has changed the review since."""
    written: bool = True
    """False: stars without a word. They count as stars, not as a review."""


class Figures:
    """Grouped reads over the report tables."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def products(self, scopes: Sequence[str]) -> dict[int, Product]:
        """Every product of the vendors by number. An in-app purchase finds its app by the parent's SKU.

        Files of all times count: one that names the parent of an item tells it for every other file.
        """
        rows = self._db.execute(
            f"""SELECT number, scope, apple_id, sku, title, type, kind, parent_sku
                FROM cache.product WHERE scope IN ({_marks(scopes)})""",
            tuple(scopes),
        ).fetchall()
        listed = self._db.execute("SELECT sku, id FROM cache.app").fetchall()
        by_sku = {_plain(sku): app_id for sku, app_id in listed if sku}
        ids = {app_id for _, app_id in listed}
        for _, _, apple_id, sku, _, _, kind, _ in rows:
            if ProductKind(kind).is_app:
                by_sku.setdefault(_plain(sku), apple_id)
                ids.add(apple_id)
        # A finance file names no parent: what a sales file said of the same item holds for it too.
        parents = {
            item: p for _, _, apple_id, sku, _, _, _, p in rows if p for item in (apple_id, sku) if item
        }

        def parent_of(apple_id: str, sku: str) -> str:
            return parents.get(apple_id) or parents.get(sku) or ""

        def app_of(parent: str) -> str | None:
            return by_sku.get(_plain(parent)) or (parent if parent in ids else None)

        return {
            number: Product(
                number,
                scope,
                apple_id,
                sku,
                title,
                kind_code,
                ProductKind(kind),
                apple_id if ProductKind(kind).is_app else app_of(parent_of(apple_id, sku)),
                parent_of(apple_id, sku),
            )
            for number, scope, apple_id, sku, title, kind_code, kind, _ in rows
        }

    def sales(
        self, scope: str, pieces: Iterable[Piece], group: str | None, products: Sequence[int] | None = None
    ) -> list[SalesSum]:
        """Sums of the pieces per product and currency, further by `territory` or `day` if that is `group`.

        `products` are the only ones wanted; by territory of few of them that is much quicker.
        """
        column = {"territory": "territory", "day": "day", None: "NULL"}[group]
        sums: dict[tuple[int, str | int | None, str], list[int]] = {}
        for piece in pieces:
            for table, where, values in _reads(piece, group, products):
                rows = self._db.execute(
                    f"""SELECT product, {column}, currency, SUM(units), SUM(refunds), SUM(proceeds)
                        FROM cache.{table} WHERE scope = ? AND {where}
                        GROUP BY product, {column}, currency""",
                    (scope, *values),
                )
                for product, value, currency, *amounts in rows:
                    _add(sums, (product, value, currency), amounts, piece.sign)
        return [
            SalesSum(product, _group(value, group), currency, *amounts)
            for (product, value, currency), amounts in sums.items()
            if any(amounts)
        ]

    def places(
        self, scope: str, pieces: Iterable[Piece], without: Sequence[int] = ()
    ) -> list[tuple[ProductKind, SalesSum]]:
        """Sums per kind of product, territory and currency, over all products but those of `without`."""
        sums: dict[tuple[str, str, str], list[int]] = {}
        for piece in pieces:
            reads: list[tuple[str, list[Any]]] = [
                (
                    """SELECT kind, territory, currency, SUM(units), SUM(refunds), SUM(proceeds)
                       FROM cache.sales_place WHERE scope = ? AND span = ? AND day BETWEEN ? AND ?
                       GROUP BY 1, 2, 3""",
                    [span, first.toordinal(), last.toordinal()],
                )
                for span, first, last in _spans(piece.days)
            ]
            if piece.grain is not Grain.DAY:
                reads = [
                    (
                        """SELECT p.kind, f.territory, f.currency, SUM(units), SUM(refunds), SUM(proceeds)
                           FROM cache.sales_fact f JOIN cache.product p ON p.number = f.product
                           WHERE f.scope = ? AND f.span = ? AND f.day = ? GROUP BY 1, 2, 3""",
                        [ReportSpan[piece.grain.name], piece.days.start.toordinal()],
                    )
                ]
            for statement, values in reads:
                for kind, territory, currency, *amounts in self._db.execute(statement, (scope, *values)):
                    _add(sums, (kind, territory, currency), amounts, piece.sign)
        if without:
            kinds = dict(self._db.execute("SELECT number, kind FROM cache.product WHERE scope = ?", (scope,)))
            for each in self.sales(scope, pieces, "territory", without):
                amounts = [each.units, each.refunds, each.proceeds]
                _add(sums, (kinds[each.product], str(each.group or ""), each.currency), amounts, -1)
        return [
            (ProductKind(kind), SalesSum(0, territory, currency, *amounts))
            for (kind, territory, currency), amounts in sums.items()
            if any(amounts)
        ]

    def units_by_day(
        self, products: Sequence[int], scope: str, days: tuple[date, date]
    ) -> list[tuple[int, int, int]]:
        """(product, ordinal of the day, whole units) of daily files."""
        return self._db.execute(
            f"""SELECT product, day, SUM(units) / {MILLION} FROM cache.sales_total
                WHERE scope = ? AND span = 'D' AND product IN ({_marks(products)}) AND day BETWEEN ? AND ?
                GROUP BY product, day""",
            (scope, *products, days[0].toordinal(), days[1].toordinal()),
        ).fetchall()

    def finance(self, scopes: Sequence[str], periods: Sequence[str], group: str | None) -> list[SalesSum]:
        """Settled sums of fiscal periods per product and currency; refunds are part of the units."""
        column = {"territory": "territory", "day": "first_day", None: "NULL"}[group]
        rows = self._db.execute(
            f"""SELECT product, {column}, currency, SUM(units), SUM(proceeds) FROM cache.finance_fact
                WHERE scope IN ({_marks(scopes)}) AND period IN ({_marks(periods)}) GROUP BY 1, 2, 3""",
            (*scopes, *periods),
        )
        return [
            SalesSum(product, _group(value, group), currency, units, 0, proceeds)
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
        return [(app, _group(value, group), figure, total) for app, value, figure, total in rows]

    def analytics_both(
        self, app_ids: Sequence[str], days: tuple[date, date], group: str | None, reports: tuple[str, str]
    ) -> list[tuple[str, str | date | None, str, int]]:
        """As `analytics`, but only of days that both reports have told: what may be divided."""
        column = {"territory": "f.territory", "day": "f.day", None: "NULL"}[group]
        told = """EXISTS (SELECT 1 FROM cache.analytics_day d
                  WHERE d.app_id = f.app_id AND d.report = ? AND d.day = f.day)"""
        rows = self._db.execute(
            f"""SELECT f.app_id, {column}, f.figure, SUM(f.value) FROM cache.analytics_fact f
                WHERE f.app_id IN ({_marks(app_ids)}) AND f.day BETWEEN ? AND ? AND {told} AND {told}
                GROUP BY 1, 2, 3""",
            (*app_ids, days[0].toordinal(), days[1].toordinal(), *reports),
        )
        return [(app, _group(value, group), figure, total) for app, value, figure, total in rows]

    def analytics_days(
        self, app_ids: Sequence[str], report: str, days: tuple[date, date]
    ) -> dict[tuple[str, date], int]:
        """The (app, day) pairs that an instance of the report has told, and how many days later it did."""
        rows = self._db.execute(
            f"""SELECT app_id, day, processed - day FROM cache.analytics_day
                WHERE app_id IN ({_marks(app_ids)}) AND report = ? AND day BETWEEN ? AND ?""",
            (*app_ids, report, days[0].toordinal(), days[1].toordinal()),
        )
        return {(app, date.fromordinal(day)): age for app, day, age in rows}

    def reviews(self, app_ids: Sequence[str], days: tuple[date, date], group: str | None) -> list[ReviewFact]:
        """Each review of the UTC days. Reviews that vanished at Apple do not count."""
        column = {"territory": "r.territory", "day": "(r.key >> 20) / 86400", None: "NULL"}[group]
        first = int(datetime.combine(days[0], time(), UTC).timestamp()) << 20
        last = int(datetime.combine(days[1] + timedelta(days=1), time(), UTC).timestamp()) << 20
        rows = self._db.execute(
            f"""SELECT a.id, {column}, r.rating, r.response_at - (r.key >> 20), r.response_id IS NOT NULL,
                   CASE WHEN r.response_at IS NOT NULL THEN (
                       SELECT e.rating FROM user.earlier_text e
                       WHERE e.review_id = r.id AND e.seen_until >= r.response_at
                       ORDER BY e.seen_until LIMIT 1) END
                FROM cache.review r JOIN cache.app a ON a.number = r.app
                WHERE r.key >= ? AND r.key < ? AND r.removed_at IS NULL AND a.id IN ({_marks(app_ids)})""",
            (first, last, *app_ids),
        )
        return [
            ReviewFact(
                app,
                date.fromordinal(EPOCH_DAY + value) if group == "day" else value,
                rating,
                bool(answered),
                seconds / 3600 if answered and seconds is not None and seconds >= 0 else None,
                before,
            )
            for app, value, rating, seconds, answered, before in rows
        ] + self._ratings(app_ids, days, group)

    def _ratings(
        self, app_ids: Sequence[str], days: tuple[date, date], group: str | None
    ) -> list[ReviewFact]:
        """Stars without a word of the UTC days."""
        first = int(datetime.combine(days[0], time(), UTC).timestamp())
        last = int(datetime.combine(days[1] + timedelta(days=1), time(), UTC).timestamp())
        rows = self._db.execute(
            f"SELECT app_id, at / 86400, stars FROM cache.rating WHERE app_id IN ({_marks(app_ids)}) "
            "AND at >= ? AND at < ?",
            (*app_ids, first, last),
        )
        return [
            ReviewFact(
                app,
                date.fromordinal(EPOCH_DAY + day) if group == "day" else None,
                stars,
                answered=False,
                hours=None,
                before_reply=None,
                written=False,
            )
            for app, day, stars in rows
        ]

    def subscriptions(
        self, scope: str, days: tuple[date, date], group: str | None
    ) -> list[tuple[str, str, str | date | None, date, tuple[int, int, int, int]]]:
        """(app id, subscription, group, day, (active, trials, billing retry, grace)) of each day's snapshot.

        Snapshots of different days must not be added. The group is a territory, a `title`, or nothing.
        """
        column = {"territory": "territory", "day": "NULL", None: "NULL"}[group]
        rows = self._db.execute(
            f"""SELECT app_id, subscription_id, {column}, day, SUM(active), SUM(trials), SUM(billing_retry),
                       SUM(grace)
                FROM cache.subscription_fact WHERE scope = ? AND day BETWEEN ? AND ? GROUP BY 1, 2, 3, 4""",
            (scope, days[0].toordinal(), days[1].toordinal()),
        )
        return [
            (
                app,
                sub,
                date.fromordinal(day) if group == "day" else value,
                date.fromordinal(day),
                tuple(counts),
            )
            for app, sub, value, day, *counts in rows
        ]

    def subscription_names(self, scope: str) -> dict[str, str]:
        """What each subscription was last called."""
        rows = self._db.execute(
            """SELECT subscription_id, title, MAX(day) FROM cache.subscription_fact
               WHERE scope = ? AND title <> '' GROUP BY subscription_id""",
            (scope,),
        )
        return {subscription: title for subscription, title, _ in rows}

    def events(
        self, scope: str, days: tuple[date, date], group: str | None
    ) -> list[tuple[str, str, str | date | None, str, int]]:
        """(app id, subscription, group, event, quantity) sums of subscription events of daily files."""
        column = {"territory": "territory", "day": "day", None: "NULL"}[group]
        rows = self._db.execute(
            f"""SELECT app_id, subscription_id, {column}, event, SUM(quantity) FROM cache.subscription_event
                WHERE scope = ? AND day BETWEEN ? AND ? GROUP BY 1, 2, 3, 4""",
            (scope, days[0].toordinal(), days[1].toordinal()),
        )
        return [(app, sub, _group(value, group), event, count) for app, sub, value, event, count in rows]


def _plain(sku: str) -> str:
    return sku.strip().casefold()


def _add(sums: dict[Any, list[int]], key: Any, amounts: Sequence[int], sign: int) -> None:
    each = sums.get(key)
    if each is None:
        sums[key] = each = [0, 0, 0]
    for number, amount in enumerate(amounts):
        each[number] += sign * amount


def _reads(
    piece: Piece, group: str | None, products: Sequence[int] | None
) -> Iterator[tuple[str, str, list[Any]]]:
    """(table, condition, values) of what is to be read for a piece."""
    table = "sales_fact" if group == "territory" else "sales_total"
    of = "" if products is None else f" AND product IN ({_marks(products)})"
    wanted = list(products or ())
    if piece.grain is not Grain.DAY:
        values = [ReportSpan[piece.grain.name], piece.days.start.toordinal(), *wanted]
        yield table, f"span = ? AND day = ?{of}", values
    elif group is None:
        for span, first, last in _spans(piece.days):
            source = "sales_total" if span is ReportSpan.DAY else "sales_rollup"
            values = [span, first.toordinal(), last.toordinal(), *wanted]
            yield source, f"span = ? AND day BETWEEN ? AND ?{of}", values
    elif products is not None:
        # Each day is looked up by itself, so that the products are found by the key.
        days = [day.toordinal() for day in piece.days]
        for start in range(0, len(days), MOST_VALUES):
            part = days[start : start + MOST_VALUES]
            yield table, f"span = ? AND day IN ({_marks(part)}){of}", [ReportSpan.DAY, *part, *wanted]
    else:
        ends = (piece.days.start.toordinal(), piece.days.end.toordinal())
        yield table, "span = ? AND day BETWEEN ? AND ?", [ReportSpan.DAY, *ends]


def _spans(days: Period) -> Iterator[tuple[ReportSpan, date, date]]:
    """A run of days as whole months, whole weeks and the days that are left: (span, first, last)."""
    rest = [days]
    for grain in (Grain.MONTH, Grain.WEEK):
        rest, former = [], rest
        for run in former:
            first, last = span_of(grain, run.start), span_of(grain, run.end)
            start = run.start if first.start == run.start else first.end + timedelta(days=1)
            end = run.end if last.end == run.end else last.start - timedelta(days=1)
            if start > end:
                rest.append(run)
                continue
            yield ReportSpan[grain.name], start, end
            if run.start < start:
                rest.append(Period(run.start, start - timedelta(days=1)))
            if end < run.end:
                rest.append(Period(end + timedelta(days=1), run.end))
    for run in rest:
        yield ReportSpan.DAY, run.start, run.end


def _group(value: Any, group: str | None) -> str | date | None:
    return date.fromordinal(value) if group == "day" else value


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
