"""Bulk upserts, written by SQLAlchemy from the SQLModel tables and run by sqlite3.

Compiling costs the import of SQLModel (a third of a second), so whoever fills the cache calls `prepare` in
its own thread before the first page; executing through the driver itself is twice as fast as through Core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Upsert:
    """`INSERT … ON CONFLICT DO UPDATE … WHERE something differs`, and the order of its values."""

    sql: str
    columns: tuple[str, ...]


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
    return Upsert(str(compiled), tuple(compiled.positiontup or ()))


@cache
def review_upsert() -> Upsert:
    """Reviews by id: a row is written when its content, the rest or its removal changed."""
    from ascinbox.store.tables.reviews import ReviewTable

    return upsert_of(
        ReviewTable,
        conflict=["id"],
        keep=["state", "marks", "changed_at"],
        differs=["content", "rest", "removed_at"],
    )


@cache
def text_upsert() -> Upsert:
    """Folded texts by key."""
    from ascinbox.store.tables.reviews import ReviewTextTable

    return upsert_of(ReviewTextTable, conflict=["key"])


def prepare() -> None:
    """Imports SQLModel and compiles the statements; call it where a third of a second hurts nobody."""
    review_upsert()
    text_upsert()
