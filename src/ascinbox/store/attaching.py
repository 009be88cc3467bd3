"""A connection, and one data file attached to it: pragmas, mark, schema."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ascinbox.store import integrity
from ascinbox.store.database import BUSY_SECONDS, Database
from ascinbox.store.migrations import Schema, migrate, refuse_newer, version_of

WRITER_CACHE_KIB = 16_384


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(
        ":memory:",
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        uri=True,
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.create_function("guess_language", 2, _guess_language, deterministic=True)
    return connection


def _guess_language(title: str, body: str) -> str:
    from ascinbox.core.reviews.language import guess
    from ascinbox.core.reviews.language_decision import text_of

    return guess(text_of(title, body)) or ""


def attach(
    database: Database,
    schema: Schema,
    path: Path,
    journal: str,
    synchronous: str,
    *,
    before: Callable[[int], None] | None = None,
) -> None:
    connection = database.connection
    connection.execute(f"ATTACH ? AS {schema.name}", (str(path),))
    connection.execute(f"PRAGMA {schema.name}.cache_size = -{WRITER_CACHE_KIB}")
    version = version_of(connection, schema.name)
    if version > schema.version:
        detach(database, schema.name)
        refuse_newer(schema, version)
    if version <= 0:
        if connection.execute(f"SELECT 1 FROM {schema.name}.sqlite_schema LIMIT 1").fetchone():
            raise integrity.Incomplete("its version is lost")
        # The mark goes into the file itself before a log exists beside it.
        connection.execute(f"PRAGMA {schema.name}.application_id = {schema.application_id}")
    _set_journal(connection, schema.name, journal)
    connection.execute(f"PRAGMA {schema.name}.synchronous = {synchronous}")
    if journal == "WAL":
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    migrate(connection, schema, schema.name, before)
    missing = integrity.tables_missing(connection, schema, schema.name)
    if missing:
        raise integrity.Incomplete("tables are missing: " + ", ".join(sorted(missing)))


def _set_journal(connection: sqlite3.Connection, schema: str, journal: str) -> None:
    # Changing to WAL needs the file alone for a moment, and SQLite does not wait for that by itself.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA {schema}.journal_mode = {journal}")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def detach(database: Database, schema: str) -> None:
    if database.connection.in_transaction:
        database.connection.execute("ROLLBACK")
    with suppress(sqlite3.Error):
        database.connection.execute(f"DETACH {schema}")
