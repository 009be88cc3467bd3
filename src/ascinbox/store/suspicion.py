"""Damage that a quick check does not see: indexes that disagree, a schema that is not ours any more."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ascinbox.store import integrity
from ascinbox.store.migrations import Schema, migrate

BUSY_SECONDS = 10.0


def deep_complaint(path: Path, schema: Schema) -> str:
    """What is wrong with a data file, looked at thoroughly, once more; "" when nothing can be found.

    Reads all of it, so it is for files that have made themselves suspicious.
    """
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
    except sqlite3.Error as error:
        return str(error)
    try:
        return (
            integrity.quick_check(connection, "main")
            or _disagreement(connection)
            or _foreign_schema(connection, schema)
            or _unreadable(connection)
        )
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return str(error)
    finally:
        connection.close()


def _disagreement(connection: sqlite3.Connection) -> str:
    first = connection.execute("PRAGMA integrity_check(1)").fetchone()
    return "" if first is None or first[0] == "ok" else str(first[0])


def _foreign_schema(connection: sqlite3.Connection, schema: Schema) -> str:
    """A table or index that is not as it was made (a flipped bit in a column's name)."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(memory, schema, "main")
        expected = outline(memory)
    finally:
        memory.close()
    found = outline(connection)
    wrong = sorted(name for name, shape in expected.items() if found.get(name) != shape)
    return f"{wrong[0]} is not as it was made" if wrong else ""


def outline(connection: sqlite3.Connection, attached_as: str = "main") -> dict[str, object]:
    """What decides what the tables and indexes of a file hold, by their names.

    Not their words: a file that was carried forward has other words, and its columns in another order, than
    a new one.
    """
    shapes: dict[str, object] = {}
    for name, words in _words(connection, attached_as).items():
        columns = connection.execute(f"PRAGMA {attached_as}.table_xinfo('{name}')").fetchall()
        if words.startswith("CREATE TABLE"):
            shapes[name] = (
                sorted(column[1:] for column in columns),
                words.rstrip().endswith("WITHOUT ROWID"),
            )
        else:
            unique = words.startswith("CREATE UNIQUE")
            shapes[name] = (unique, " ".join(words.partition(" ON ")[2].split()))
    return shapes


def _unreadable(connection: sqlite3.Connection) -> str:
    """Reads every row: text that is no UTF-8 raises, and nothing else would find it."""
    for name in _words(connection):
        if (
            connection.execute("SELECT type FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0]
            == "table"
        ):
            for _ in connection.execute(f'SELECT * FROM "{name}"'):
                pass
    return ""


def _words(connection: sqlite3.Connection, attached_as: str = "main") -> dict[str, str]:
    rows = connection.execute(f"SELECT name, sql FROM {attached_as}.sqlite_schema WHERE sql IS NOT NULL")
    return {str(name): str(sql) for name, sql in rows}
