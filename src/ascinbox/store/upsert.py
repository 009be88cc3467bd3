"""Bulk upserts: SQLAlchemy writes them from the SQLModel tables, sqlite3 runs them.

Importing SQLModel costs more than a third of a second, so the statements are kept as text in
`page_statements`; `python -m ascinbox.store.upsert` writes that module, and a test compares it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

from ascinbox.store.database import Database
from ascinbox.store.page_statements import REVIEW, REVIEW_TEXT

ROWS_AT_ONCE = 25
"""Rows of one statement. Few long steps let other threads run meanwhile, many short ones make them wait."""


@dataclass(frozen=True, slots=True)
class Upsert:
    """`INSERT … VALUES (…) ON CONFLICT DO UPDATE … WHERE something differs`."""

    head: str
    """Up to and with VALUES."""
    columns: tuple[str, ...]
    """The order of a row's values."""
    tail: str

    def sql(self, rows: int) -> str:
        """The statement for so many rows."""
        row = f"({', '.join('?' * len(self.columns))})"
        return f"{self.head} {', '.join([row] * rows)} {self.tail}"

    def run(self, database: Database, rows: Sequence[tuple[Any, ...]]) -> None:
        """Writes the rows, in the transaction that is open."""
        whole = len(rows) - len(rows) % ROWS_AT_ONCE
        statement = _statement(self, ROWS_AT_ONCE)
        for start in range(0, whole, ROWS_AT_ONCE):
            database.execute(statement, tuple(chain.from_iterable(rows[start : start + ROWS_AT_ONCE])))
        if whole < len(rows):
            database.executemany(_statement(self, 1), rows[whole:])


@cache
def _statement(upsert: Upsert, rows: int) -> str:
    return upsert.sql(rows)


REVIEWS = Upsert(*REVIEW)
"""Reviews by id: a row is written when its content, the rest or its removal changed."""
TEXTS = Upsert(*REVIEW_TEXT)
"""Folded texts by key."""


def upsert_of(
    table: type,
    *,
    conflict: Sequence[str],
    keep: Sequence[str] = (),
    differs: Sequence[str] = (),
) -> Upsert:
    """The upsert of one SQLModel table.

    `conflict` names the unique columns, `keep` the columns that an existing row keeps, `differs` those that
    decide whether a row is written at all (default: all that are not kept).
    """
    from sqlalchemy import Table, or_
    from sqlalchemy.dialects import sqlite

    described: Table = table.__table__  # type: ignore[attr-defined]
    insert = sqlite.insert(described)
    updated = [c.name for c in described.columns if c.name not in conflict and c.name not in keep]
    statement = insert.on_conflict_do_update(
        index_elements=list(conflict),
        set_={name: insert.excluded[name] for name in updated},
        where=or_(*(described.c[name].is_not(insert.excluded[name]) for name in (differs or updated))),
    )
    compiled = statement.compile(
        dialect=sqlite.dialect(paramstyle="qmark"),
        column_keys=[column.name for column in described.columns],
    )
    columns = tuple(compiled.positiontup or ())
    head, tail = str(compiled).split(f"({', '.join('?' * len(columns))})")
    return Upsert(head.strip(), columns, tail.strip())


def from_tables() -> dict[str, Upsert]:
    """The statements by their names in `page_statements`, as the tables are now."""
    from ascinbox.store.models.reviews import ReviewTable, ReviewTextTable

    return {
        "REVIEW": upsert_of(
            ReviewTable,
            conflict=["id"],
            keep=["state", "marks", "changed_at"],
            differs=["content", "rest", "removed_at"],
        ),
        "REVIEW_TEXT": upsert_of(ReviewTextTable, conflict=["key"]),
    }


def as_module() -> str:
    """`page_statements.py` as the tables want it."""
    lines = ['"""The upserts of `upsert`, written by `python -m ascinbox.store.upsert`."""', ""]
    for name, upsert in from_tables().items():
        lines.append(f"{name} = (")
        lines.append(f"    {_literal(upsert.head)},")
        lines.append("    (")
        lines += [f"        {_literal(column)}," for column in upsert.columns]
        lines.append("    ),")
        lines.append(f"    {_literal(upsert.tail)},")
        lines.append(")")
    return "\n".join(lines) + "\n"


def _literal(text: str) -> str:
    import json
    import textwrap

    if len(text) < 90:
        return json.dumps(text)
    parts = textwrap.wrap(text, 80, drop_whitespace=False, break_long_words=False)
    return "(\n        " + "\n        ".join(json.dumps(part) for part in parts) + "\n    )"


if __name__ == "__main__":
    from pathlib import Path

    Path(__file__).with_name("page_statements.py").write_text(as_module(), "utf-8")
