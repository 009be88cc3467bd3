"""Rows of finance reports: what Apple settled in a fiscal period."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete

from ascinbox.core.metrics.facts import FinanceFact
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.report_files import ReportFile
from ascinbox.store.amounts import millionths
from ascinbox.store.cache.reports.products import ProductKey, ProductRows
from ascinbox.store.database import Database
from ascinbox.store.models.reports import FinanceFactTable
from ascinbox.store.statements import RowWriter, Statement, adding, table_of

_f = table_of(FinanceFactTable).c

_ADD = RowWriter(adding(FinanceFactTable, ("units", "proceeds")))
_DROP = Statement(
    delete(table_of(FinanceFactTable)).where(
        _f.scope == bindparam("of_scope"), _f.period == bindparam("of_period")
    )
)


class FinanceRows:
    """Writes rows, in the transaction that is open."""

    def __init__(self, database: Database, products: ProductRows) -> None:
        self._database = database
        self._products = products

    def replace(self, file: ReportFile, facts: Sequence[FinanceFact]) -> None:
        """Puts the facts in the place of the fiscal period's; `file.day` is the first day of it."""
        period = str(FiscalPeriod.of(file.day))
        numbers = self._products.put(file.scope, ((_product(f), f.title) for f in facts))
        _DROP.run(self._database, of_scope=file.scope, of_period=period)
        _ADD.run(
            self._database,
            (
                (
                    file.scope,
                    period,
                    numbers[_product(f)],
                    f.territory,
                    f.currency,
                    f.start.toordinal(),
                    f.end.toordinal(),
                    millionths(f.units),
                    millionths(f.proceeds),
                )
                for f in facts
            ),
        )


def _product(fact: FinanceFact) -> ProductKey:
    """A finance report names no parent."""
    return (fact.apple_id, fact.sku, fact.product_type, "")
