"""What is kept added up of sales rows, so that a year is read as quickly as a week.

`sales_total` adds a file up over territories, `sales_rollup` the totals of days to whole weeks and months,
and `sales_place` the rows of days over the products of a kind.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, literal, select

from ascinbox.core.metrics.report_files import ReportFile, ReportSpan
from ascinbox.store.database import Database
from ascinbox.store.models.reports import (
    ProductTable,
    SalesFactTable,
    SalesPlaceTable,
    SalesRollupTable,
    SalesTotalTable,
)
from ascinbox.store.statements import Statement, adding, table_of

AMOUNTS = ("units", "refunds", "proceeds")
"""The columns that are added up."""

_f, _t, _p = table_of(SalesFactTable).c, table_of(SalesTotalTable).c, table_of(ProductTable).c
_TO: Any = [bindparam("to_span").label("span"), bindparam("to_day").label("day")]


def _of_file(columns: Any) -> Any:
    return (
        columns.scope == bindparam("of_scope"),
        columns.span == bindparam("of_span"),
        columns.day == bindparam("of_day"),
    )


def _amounts(columns: Any, sign: int) -> Any:
    return [func.sum(literal(sign) * columns[name]).label(name) for name in AMOUNTS]


def _places(sign: int) -> Select[Any]:
    group = [_p.kind, _f.territory, _f.currency]
    joined = table_of(SalesFactTable).join(table_of(ProductTable), _p.number == _f.product)
    return (
        select(_f.scope, *_TO, *group, *_amounts(_f, sign))
        .select_from(joined)
        .where(*_of_file(_f))
        .group_by(*group)
    )


def _rollups(sign: int) -> Select[Any]:
    group = [_t.product, _t.currency]
    return select(_t.scope, *_TO, *group, *_amounts(_t, sign)).where(*_of_file(_t)).group_by(*group)


_TOTAL = Statement(
    adding(
        SalesTotalTable,
        AMOUNTS,
        select(_f.scope, _f.span, _f.day, _f.product, _f.currency, *_amounts(_f, 1))
        .where(*_of_file(_f))
        .group_by(_f.product, _f.currency),
    )
)
_PLACES = {sign: Statement(adding(SalesPlaceTable, AMOUNTS, _places(sign))) for sign in (1, -1)}
_ROLLUPS = {sign: Statement(adding(SalesRollupTable, AMOUNTS, _rollups(sign))) for sign in (1, -1)}
_DROP_TOTAL = Statement(delete(table_of(SalesTotalTable)).where(*_of_file(_t)))


class SalesSums:
    """Keeps the sums in step with the rows, in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, file: ReportFile) -> None:
        """Adds the rows of a file, which are there by now."""
        _TOTAL.run(self._database, **_named(file))
        self._roll_up(file, 1)

    def take_off(self, file: ReportFile) -> None:
        """Takes off the rows of a file, which are still there."""
        self._roll_up(file, -1)
        _DROP_TOTAL.run(self._database, **_named(file))

    def _roll_up(self, file: ReportFile, sign: int) -> None:
        if file.span is not ReportSpan.DAY:
            return
        source = _named(file)
        for span, first in _around(file.day):
            target = {"to_span": span, "to_day": first.toordinal()}
            _PLACES[sign].run(self._database, **source, **target)
            if span is not ReportSpan.DAY:
                _ROLLUPS[sign].run(self._database, **source, **target)


def _around(day: date) -> tuple[tuple[ReportSpan, date], ...]:
    """The day, and the week (from Monday) and the month that it is in, by their first days."""
    return (
        (ReportSpan.DAY, day),
        (ReportSpan.WEEK, day - timedelta(days=day.weekday())),
        (ReportSpan.MONTH, day.replace(day=1)),
    )


def _named(file: ReportFile) -> dict[str, Any]:
    return {"of_scope": file.scope, "of_span": file.span, "of_day": file.day.toordinal()}
