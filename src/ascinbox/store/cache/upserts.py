"""Upserts of many rows: SQLAlchemy writes them from the models, sqlite3 runs them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlmodel import SQLModel

from ascinbox.store.database import Database
from ascinbox.store.statements import upsert

ROWS_AT_ONCE = 25
"""Rows of one statement. Few long steps let other threads run meanwhile, many short ones make them wait."""


class BulkUpsert:
    """`INSERT … VALUES (…) ON CONFLICT DO UPDATE … WHERE something differs` of any number of rows."""

    def __init__(
        self,
        model: type[SQLModel],
        *,
        conflict: Sequence[Any],
        keep: Sequence[Any] = (),
        differs: Sequence[Any],
    ) -> None:
        """See `statements.upsert`."""
        statement = upsert(model, conflict=conflict, keep=keep, differs=differs)
        compiled: Any = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))
        self.columns = tuple(compiled.positiontup)
        """The order of a row's values."""
        self._row = f"({', '.join('?' * len(self.columns))})"
        self._head, self._tail = str(compiled).split(self._row)

    @cache  # noqa: B019 (one for each table, for as long as the program runs)
    def sql(self, rows: int) -> str:
        """The statement for so many rows."""
        return f"{self._head}{', '.join([self._row] * rows)}{self._tail}"

    def run(self, database: Database, rows: Sequence[tuple[Any, ...]]) -> None:
        """Writes the rows, in the transaction that is open."""
        whole = len(rows) - len(rows) % ROWS_AT_ONCE
        statement = self.sql(ROWS_AT_ONCE)
        for start in range(0, whole, ROWS_AT_ONCE):
            database.execute(statement, tuple(chain.from_iterable(rows[start : start + ROWS_AT_ONCE])))
        if whole < len(rows):
            database.executemany(self.sql(1), rows[whole:])
