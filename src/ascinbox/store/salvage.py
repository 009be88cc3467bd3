"""What can still be read of a damaged file, beside the one that took its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from ascinbox.core.outbox import body_hash

TEXTS = (("draft", "review_id", "saved_at"), ("outbox", "op_id", "version"))
"""Tables of user.db that hold a person's words with their hash: name, identity, what grows with changes."""


def salvage_rows(
    connection: sqlite3.Connection, source: str, target: str, tables: Sequence[str]
) -> dict[str, int]:
    """Copies the rows of `tables` that can be read from one attached schema to another.

    Returns how many rows each table gave.
    """
    saved: dict[str, int] = {}
    for table in tables:
        columns = _shared_columns(connection, source, target, table)
        if not columns:
            continue
        names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
        before = connection.total_changes
        for row in _readable(connection, source, table, names):
            connection.execute(f"INSERT OR IGNORE INTO {target}.{table} ({names}) VALUES ({marks})", row)
        saved[table] = connection.total_changes - before
    return saved


def salvage_texts(connection: sqlite3.Connection, source: str) -> int:
    """Copies drafts and outbox rows that are newer than the restored ones and whose hash is right.

    Returns how many.
    """
    saved = 0
    for table, identity, growing in TEXTS:
        columns = _shared_columns(connection, source, "user", table)
        if not columns:
            continue
        names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
        for row in _readable(connection, source, table, names):
            values = dict(zip(columns, row, strict=True))
            if not isinstance(values["text"], str) or body_hash(values["text"]) != values["sha256"]:
                continue
            have = connection.execute(
                f"SELECT {growing} FROM user.{table} WHERE {identity} = ?", (values[identity],)
            ).fetchone()
            if have is None or have[0] < values[growing]:
                connection.execute(f"INSERT OR REPLACE INTO user.{table} ({names}) VALUES ({marks})", row)
                saved += 1
    return saved


def _shared_columns(connection: sqlite3.Connection, source: str, target: str, table: str) -> list[str]:
    try:
        have, want = (
            [str(row[1]) for row in connection.execute(f"PRAGMA {schema}.table_info({table})")]
            for schema in (source, target)
        )
    except sqlite3.DatabaseError:
        return []
    return [name for name in have if name in want]


def _readable(
    connection: sqlite3.Connection, source: str, table: str, names: str
) -> Iterator[tuple[Any, ...]]:
    """The rows up to the first broken page, and those behind it from the other end."""
    info = connection.execute(f"PRAGMA {source}.table_info({table})").fetchall()
    primary = [str(row[1]) for row in sorted(info, key=lambda row: row[5]) if row[5]] or ["rowid"]
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{name} {direction}" for name in primary)
        try:
            yield from connection.execute(f"SELECT {names} FROM {source}.{table} ORDER BY {order}")
        except sqlite3.DatabaseError:
            continue
        return
