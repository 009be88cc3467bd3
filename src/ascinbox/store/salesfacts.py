"""Rows of sales reports, and what is kept added up of them so that a year is read as quickly as a week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from ascinbox.core.metrics.facts import SalesFact
from ascinbox.core.metrics.products import product_kind
from ascinbox.store.amounts import millionths
from ascinbox.store.reportfiles import Change, ReportFile, ReportFiles, Span


class SalesFacts(ReportFiles):
    """Sales by product, territory and currency; totals by day, week and month."""

    def save_sales(self, file: ReportFile, facts: Sequence[SalesFact]) -> Change:
        """Replaces what the file's span held by `facts`."""
        with self._db.write(bulk=True):
            numbers = self._products(
                file.scope, ((f.apple_id, f.sku, f.product_type, f.parent_sku, f.title) for f in facts)
            )
            self._forget_sales(file)
            self._db.executemany(
                """INSERT INTO cache.sales_fact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET units = units + excluded.units,
                   refunds = refunds + excluded.refunds, proceeds = proceeds + excluded.proceeds""",
                (
                    (
                        file.scope,
                        file.span,
                        file.day.toordinal(),
                        numbers[f.apple_id, f.sku, f.product_type, f.parent_sku],
                        f.territory,
                        f.currency,
                        millionths(f.units),
                        millionths(f.refunds),
                        millionths(f.proceeds),
                    )
                    for f in facts
                ),
            )
            self._db.execute(
                """INSERT INTO cache.sales_total
                   SELECT scope, span, day, product, currency, SUM(units), SUM(refunds), SUM(proceeds)
                   FROM cache.sales_fact WHERE scope = ? AND span = ? AND day = ?
                   GROUP BY product, currency""",
                (file.scope, file.span, file.day.toordinal()),
            )
            self._roll_up(file, "")
            return self._stored(file, facts)

    def _roll_up(self, file: ReportFile, sign: str) -> None:
        """Adds a daily file's rows to what is kept added up, or takes them off (`sign` is "-")."""
        if file.span is not Span.DAY:
            return
        amounts = f"SUM({sign}units), SUM({sign}refunds), SUM({sign}proceeds)"
        added = """ON CONFLICT DO UPDATE SET units = units + excluded.units,
                   refunds = refunds + excluded.refunds, proceeds = proceeds + excluded.proceeds"""
        week = file.day - timedelta(days=file.day.weekday())
        source = (file.scope, file.span, file.day.toordinal())
        for span, first in (
            (Span.DAY, file.day),
            (Span.WEEK, week),
            (Span.MONTH, file.day.replace(day=1)),
        ):
            self._db.execute(
                f"""INSERT INTO cache.sales_place
                    SELECT f.scope, ?, ?, p.kind, f.territory, f.currency, {amounts}
                    FROM cache.sales_fact f JOIN cache.product p ON p.number = f.product
                    WHERE f.scope = ? AND f.span = ? AND f.day = ?
                    GROUP BY p.kind, f.territory, f.currency {added}""",
                (span, first.toordinal(), *source),
            )
            if span is not Span.DAY:
                self._db.execute(
                    f"""INSERT INTO cache.sales_rollup
                        SELECT scope, ?, ?, product, currency, {amounts}
                        FROM cache.sales_total WHERE scope = ? AND span = ? AND day = ?
                        GROUP BY product, currency {added}""",
                    (span, first.toordinal(), *source),
                )

    def _forget_sales(self, file: ReportFile) -> None:
        self._roll_up(file, "-")
        for table in ("sales_fact", "sales_total"):
            self._db.execute(
                f"DELETE FROM cache.{table} WHERE scope = ? AND span = ? AND day = ?",
                (file.scope, file.span, file.day.toordinal()),
            )

    def _products(
        self, scope: str, products: Iterable[tuple[str, str, str, str, str]]
    ) -> dict[tuple[str, str, str, str], int]:
        titles = {(apple, sku, kind, parent): title for apple, sku, kind, parent, title in products}
        self._db.executemany(
            """INSERT INTO cache.product (scope, apple_id, sku, type, parent_sku, title, kind)
               VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (scope, apple_id, sku, type, parent_sku) DO UPDATE SET title = excluded.title
               WHERE title IS NOT excluded.title""",
            [(scope, *key, title, product_kind(key[2])) for key, title in titles.items()],
        )
        rows = self._db.execute(
            "SELECT apple_id, sku, type, parent_sku, number FROM cache.product WHERE scope = ?", (scope,)
        )
        return {(apple, sku, kind, parent): number for apple, sku, kind, parent, number in rows}
