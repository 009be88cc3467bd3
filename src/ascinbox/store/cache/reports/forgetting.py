"""Figures of a vendor number or an app that belong to no linked account any more, deleted a day at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select

from ascinbox.store.database import Database
from ascinbox.store.models.reports import (
    AnalyticsDayTable,
    AnalyticsFactTable,
    FinanceFactTable,
    ProductTable,
    ReportFileTable,
    ReviewSummaryTable,
    SalesFactTable,
    SalesPlaceTable,
    SalesRollupTable,
    SalesTotalTable,
    SubscriptionEventTable,
    SubscriptionFactTable,
)
from ascinbox.store.statements import Statement, table_of

_SCOPE: Any = bindparam("of_scope")


class _Pieces:
    """The rows of one scope in a table, in pieces that agree in some more columns of the key."""

    def __init__(self, model: Any, scope: str, *piece: str) -> None:
        columns = table_of(model).c
        mine = columns[scope] == _SCOPE
        self._piece = piece
        self._next = Statement(select(*(columns[name] for name in piece)).where(mine).limit(1))
        same = (columns[name] == bindparam(f"of_{name}") for name in piece)
        self._drop = Statement(delete(table_of(model)).where(mine, *same))

    def drop(self, database: Database, scope: str) -> None:
        """Deletes all rows, each piece in a transaction of its own."""
        while (piece := self._next.first(database, of_scope=scope)) is not None:
            values = {f"of_{name}": value for name, value in zip(self._piece, piece, strict=True)}
            with database.write(bulk=True):
                self._drop.run(database, of_scope=scope, **values)


_OF_VENDOR = (
    *(
        _Pieces(model, "scope", "span", "day")
        for model in (SalesFactTable, SalesTotalTable, SalesRollupTable, SalesPlaceTable)
    ),
    *(_Pieces(model, "scope", "day") for model in (SubscriptionFactTable, SubscriptionEventTable)),
    _Pieces(FinanceFactTable, "scope", "period"),
)
_OF_APP = (
    _Pieces(AnalyticsFactTable, "app_id", "day"),
    _Pieces(AnalyticsDayTable, "app_id", "report"),
    _Pieces(ReviewSummaryTable, "app_id", "id"),
)
_file = table_of(ReportFileTable).c
_OF_SCOPE = or_(
    _file.scope == _SCOPE,
    # Analytics are remembered by app and instance.
    func.substr(_file.scope, 1, func.length(_SCOPE) + 1) == _SCOPE + ":",
)
_DROP_FILES = Statement(delete(table_of(ReportFileTable)).where(_OF_SCOPE))
_DROP_PRODUCTS = Statement(delete(table_of(ProductTable)).where(table_of(ProductTable).c.scope == _SCOPE))


def forget_vendor(database: Database, vendor: str) -> None:
    """Deletes sales, subscriptions and finance of a vendor number, and what is known of its files."""
    _forget(database, vendor, _OF_VENDOR)


def forget_app(database: Database, app_id: str) -> None:
    """Deletes analytics and digests of an app, and what is known of their files."""
    _forget(database, app_id, _OF_APP)


def _forget(database: Database, scope: str, tables: Iterable[_Pieces]) -> None:
    # The list of files goes last: as long as it is there, something of the figures may be.
    for table in tables:
        table.drop(database, scope)
    with database.write(bulk=True):
        _DROP_PRODUCTS.run(database, of_scope=scope)
        _DROP_FILES.run(database, of_scope=scope)
