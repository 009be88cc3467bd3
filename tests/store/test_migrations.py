"""Numbered steps forward: the same as the tables say, from any older schema, all or nothing, never back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

from ascinbox.core.errors import StoreError
from ascinbox.paths import Paths
from ascinbox.store.migrations import Schema, cache, migrate, user, version_of
from ascinbox.store.store import Store
from ascinbox.store.tables import metadata
from tests.workers.clocks import StepClock

SCHEMAS = (user.SCHEMA, cache.SCHEMA)


def attached() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for schema in SCHEMAS:
        connection.execute(f"ATTACH ':memory:' AS {schema.name}")
    return connection


def described(connection: sqlite3.Connection, schema: str) -> dict[str, object]:
    """Everything that decides what a schema holds: columns, keys, indexes and their conditions."""
    found: dict[str, object] = {}
    tables = connection.execute(f"SELECT name, sql FROM {schema}.sqlite_schema WHERE type = 'table'")
    for table, sql in tables.fetchall():
        columns = connection.execute(f"PRAGMA {schema}.table_xinfo({table})").fetchall()
        found[table] = ([row[1:] for row in columns], "WITHOUT ROWID" in sql.upper(), "NOCASE" in sql.upper())
        for _, index, unique, origin, partial in connection.execute(
            f"PRAGMA {schema}.index_list({table})"
        ).fetchall():
            parts = connection.execute(f"PRAGMA {schema}.index_xinfo({index})").fetchall()
            name = "primary key" if origin == "pk" else index
            found[f"{table}: {name}"] = ([row[2:5] for row in parts if row[5]], unique, origin, partial)
    return found


def conditions(connection: sqlite3.Connection, schema: str) -> dict[str, str]:
    rows = connection.execute(
        f"SELECT name, sql FROM {schema}.sqlite_schema WHERE type = 'index' AND sql LIKE '%WHERE%'"
    )
    return {name: " ".join(sql.partition("WHERE")[2].split()) for name, sql in rows}


@pytest.fixture(scope="module")
def from_tables() -> sqlite3.Connection:
    """What SQLAlchemy makes of the SQLModel classes."""
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False, "isolation_level": None}
    )

    @event.listens_for(engine, "connect")
    def attach(connection: sqlite3.Connection, _record: object) -> None:
        for schema in SCHEMAS:
            connection.execute(f"ATTACH ':memory:' AS {schema.name}")

    metadata().create_all(engine)
    raw = engine.raw_connection().driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_the_steps_end_in_exactly_the_tables(schema: Schema, from_tables: sqlite3.Connection) -> None:
    connection = attached()
    migrate(connection, schema, schema.name)
    assert described(connection, schema.name) == described(from_tables, schema.name)
    assert conditions(connection, schema.name) == conditions(from_tables, schema.name)
    assert schema.tables <= set(described(connection, schema.name))


@pytest.mark.parametrize(
    ("schema", "version"), [(schema, n) for schema in SCHEMAS for n in range(1, schema.version + 1)]
)
def test_every_older_schema_becomes_the_newest_and_keeps_its_rows(
    schema: Schema, version: int, from_tables: sqlite3.Connection
) -> None:
    connection = attached()
    older = Schema(schema.name, schema.application_id, schema.steps[:version])
    migrate(connection, older, schema.name)
    connection.execute(f"INSERT INTO {schema.name}.meta (name, value) VALUES ('kept', 'yes')")
    assert migrate(connection, schema, schema.name) == version
    assert version_of(connection, schema.name) == schema.version
    assert described(connection, schema.name) == described(from_tables, schema.name)
    assert connection.execute(f"SELECT value FROM {schema.name}.meta").fetchone() == ("yes",)


def test_a_step_that_fails_leaves_the_old_schema() -> None:
    connection = attached()
    migrate(connection, user.SCHEMA, "user")
    before = described(connection, "user")

    def fails(_connection: sqlite3.Connection, _schema: str) -> None:
        raise RuntimeError("in the middle")

    broken = Schema(
        "user",
        user.SCHEMA.application_id,
        (*user.SCHEMA.steps, ("CREATE TABLE {s}.half (x INTEGER)", fails)),
    )
    with pytest.raises(RuntimeError):
        migrate(connection, broken, "user")
    assert described(connection, "user") == before
    assert version_of(connection, "user") == user.SCHEMA.version


KILLED = """
import os, signal, sys
from pathlib import Path
from ascinbox.paths import Paths
from ascinbox.store.migrations import Schema, user
from ascinbox.store.store import Store
from tests.workers.clocks import StepClock

def kill(connection, schema):
    os.kill(os.getpid(), signal.SIGKILL)

at = int(sys.argv[2])
step = ["CREATE TABLE {s}.later (x TEXT)", "ALTER TABLE {s}.account ADD COLUMN later TEXT",
        "INSERT INTO {s}.later SELECT name FROM {s}.meta"]
step.insert(at, kill)
user.SCHEMA = Schema("user", user.SCHEMA.application_id, (*user.SCHEMA.steps, tuple(step)))
Store.open(Paths.under(Path(sys.argv[1])), StepClock())
"""


@pytest.mark.parametrize("at", range(4))
def test_row_66_a_kill_while_migrating_leaves_old_or_new_never_between(tmp_path: Path, at: int) -> None:
    paths = Paths.under(tmp_path)
    store = Store.open(paths, StepClock())
    with store.database.write() as connection:
        connection.execute("INSERT INTO user.meta VALUES ('kept', 'yes')")
        connection.execute("INSERT INTO user.account VALUES (1, 'North', NULL, '', 0)")
    before = described(store.database.connection, "user")
    store.close()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(at)], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    copies = list(paths.backups.glob("user-before-v*.db"))
    assert len(copies) == 1
    assert copies[0].stat().st_mode & 0o777 == 0o600
    again = Store.open(paths, StepClock())
    assert described(again.database.connection, "user") == before
    assert again.database.one("SELECT value FROM user.meta") == "yes"
    assert [account.name for account in again.accounts.list()] == ["North"]
    assert again.database.check("user") == ""
    again.close()


@pytest.mark.parametrize("name", ["user", "cache"])
def test_row_65_a_newer_schema_is_refused_and_nothing_touched(tmp_path: Path, name: str) -> None:
    paths = Paths.under(tmp_path)
    Store.open(paths, StepClock()).close()
    path = paths.user_db if name == "user" else paths.cache_db
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer ascinbox") as refused:
        Store.open(paths, StepClock())
    assert "99" in refused.value.detail
    assert refused.value.next_step
    assert path.read_bytes() == before
    assert not list(paths.data.glob("*.corrupt-*"))
