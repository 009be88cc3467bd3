"""What can still be read of a damaged file, beside the one that took its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ascinbox.core.outbox.recovery import restored
from ascinbox.core.outbox.states import MOVING, body_hash
from ascinbox.store.hot.outbox_rows import rows_from, values_of

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


@dataclass(slots=True)
class Texts:
    """What was found of a person's words in a damaged file."""

    saved: int = 0
    """Texts that are newer than the restored ones."""
    replies: set[str] = field(default_factory=set)
    """Ids of the outbox rows that could be read whole."""


def salvage_texts(connection: sqlite3.Connection, source: str, found: Texts) -> int:
    """Copies drafts and outbox rows that are newer than the restored ones and whose hash is right.

    Notes in `found` what it meets; returns how many it copied.
    """
    for table, identity, growing in TEXTS:
        columns = _shared_columns(connection, source, "user", table)
        if not columns:
            continue
        names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
        for row in _readable(connection, source, table, names):
            values = dict(zip(columns, row, strict=True))
            if not isinstance(values["text"], str) or body_hash(values["text"]) != values["sha256"]:
                continue
            if table == "outbox":
                found.replies.add(values["op_id"])
            have = connection.execute(
                f"SELECT {growing} FROM user.{table} WHERE {identity} = ?", (values[identity],)
            ).fetchone()
            if have is None or have[0] < values[growing]:
                connection.execute(f"INSERT OR REPLACE INTO user.{table} ({names}) VALUES ({marks})", row)
                found.saved += 1
    return found.saved


def hold_restored(connection: sqlite3.Connection, sound: Set[str], now: datetime) -> int:
    """Holds every restored reply that would go out by itself, except the `sound` ones; returns how many."""
    states = ", ".join(f"'{phase}'" for phase in sorted(MOVING))
    waiting = rows_from(connection.execute(f"SELECT * FROM user.outbox WHERE state IN ({states})"))
    rows = [row for row in waiting if row.op_id not in sound]
    if rows:
        held = [{**values_of(restored(row, now)), "id": row.id} for row in rows]
        places = ", ".join(f"{name} = :{name}" for name in held[0] if name != "id")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"UPDATE user.outbox SET {places} WHERE id = :id", held)
        connection.execute("COMMIT")
    return len(rows)


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
