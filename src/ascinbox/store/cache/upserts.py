"""Statements that write many rows each: SQLAlchemy writes them from the models, sqlite3 runs them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert

from ascinbox.store.database import Database

ROWS_AT_ONCE = 25
"""Rows of one statement. Few long steps let other threads run meanwhile, many short ones make them wait."""


class ManyRows:
    """`INSERT … VALUES (…)` with whatever follows it, of any number of rows.

    A row that cannot be written ends it where it is: the transaction has to be rolled back. Otherwise SQLite
    would copy each page of the file before it changes it, for the rows that come before in the statement.
    """

    def __init__(self, statement: Insert) -> None:
        compiled: Any = statement.prefix_with("OR FAIL").compile(dialect=sqlite.dialect(paramstyle="qmark"))
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
