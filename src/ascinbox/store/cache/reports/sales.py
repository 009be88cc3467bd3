"""Rows of sales reports: by product, territory and currency, with the sums that are kept of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete

from ascinbox.core.metrics.facts import SalesFact
from ascinbox.core.metrics.report_files import ReportFile
from ascinbox.store.amounts import millionths
from ascinbox.store.cache.reports.products import ProductKey, ProductRows
from ascinbox.store.cache.reports.sums import AMOUNTS, SalesSums
from ascinbox.store.database import Database
from ascinbox.store.models.reports import SalesFactTable
from ascinbox.store.statements import RowWriter, Statement, adding, table_of

_f = table_of(SalesFactTable).c

_ADD = RowWriter(adding(SalesFactTable, AMOUNTS))
_DROP = Statement(
    delete(table_of(SalesFactTable)).where(
        _f.scope == bindparam("of_scope"), _f.span == bindparam("of_span"), _f.day == bindparam("of_day")
    )
)


class SalesRows:
    """Writes rows, in the transaction that is open."""

    def __init__(self, database: Database, products: ProductRows) -> None:
        self._database = database
        self._products = products
        self._sums = SalesSums(database)

    def replace(self, file: ReportFile, facts: Sequence[SalesFact]) -> None:
        """Puts the facts in the place of what the file's span held."""
        numbers = self._products.put(file.scope, ((_product(f), f.title) for f in facts))
        self.clear(file)
        day = file.day.toordinal()
        _ADD.run(
            self._database,
            (
                (
                    file.scope,
                    file.span,
                    day,
                    numbers[_product(f)],
                    f.territory,
                    f.currency,
                    millionths(f.units),
                    millionths(f.refunds),
                    millionths(f.proceeds),
                )
                for f in facts
            ),
        )
        self._sums.add(file)

    def clear(self, file: ReportFile) -> None:
        """Drops what the file's span held."""
        self._sums.take_off(file)
        _DROP.run(self._database, of_scope=file.scope, of_span=file.span, of_day=file.day.toordinal())


def _product(fact: SalesFact) -> ProductKey:
    return (fact.apple_id, fact.sku, fact.product_type, fact.parent_sku)
