"""A new file is what the models say; an older one becomes the same by steps, all or nothing, never back."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import StaticPool

from ascinbox.core.errors import StoreError
from ascinbox.core.health.observations import CreationProblem
from ascinbox.core.records import CredentialKind
from ascinbox.paths import Paths
from ascinbox.store import models
from ascinbox.store.migrations import Schema, cache, migrate, user, version_of
from ascinbox.store.models import metadata
from ascinbox.store.models.rendering import as_text, statements
from ascinbox.store.store import Store
from ascinbox.store.suspicion import outline
from tests.faults.nursery import Nursery
from tests.store.conftest import NOW
from tests.store.killed import carry_forward, take_one_more_step
from tests.workers.clocks import StepClock

FIXTURES = Path(__file__).with_name("fixtures")
SCHEMAS = (user.SCHEMA, cache.SCHEMA)
HOMES = (3, 5)
"""Versions of user.db of which a whole data folder is kept."""


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
        found[table] = (
            sorted(row[1:] for row in columns),
            "WITHOUT ROWID" in sql.upper(),
            "NOCASE" in sql.upper(),
        )
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


def indexes(connection: sqlite3.Connection, schema: str) -> list[str]:
    rows = connection.execute(f"SELECT name FROM {schema}.sqlite_schema WHERE type = 'index'")
    return [row[0] for row in rows]


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
def test_a_new_file_is_exactly_the_models(schema: Schema, from_tables: sqlite3.Connection) -> None:
    connection = attached()
    migrate(connection, schema, schema.name)
    assert version_of(connection, schema.name) == schema.version
    assert described(connection, schema.name) == described(from_tables, schema.name)
    assert conditions(connection, schema.name) == conditions(from_tables, schema.name)
    assert schema.tables == set(outline(connection, schema.name)) - set(indexes(connection, schema.name))


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_the_kept_text_is_what_the_models_say_now(schema: Schema) -> None:
    kept = Path(models.__file__).with_name(f"{schema.name}.sql").read_text("utf-8")
    assert kept == as_text(schema.name), "run `python -m ascinbox.store.models`"


def older_file(path: Path, schema: str, version: int) -> None:
    """The file as a program of that schema left it (a dump that this program's forerunner wrote)."""
    connection = sqlite3.connect(path)
    connection.executescript(FIXTURES.joinpath(f"{schema}-v{version}.sql").read_text("utf-8"))
    connection.close()


def all_rows(path: Path) -> dict[str, list[dict[str, object]]]:
    """Every row of every table by column name, in an order of its own."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    names = [r[0] for r in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}
    connection.close()
    return {name: sorted(rows, key=lambda row: str(list(row.values()))) for name, rows in found.items()}


def as_observed(after: dict[str, list[dict[str, Any]]]) -> list[dict[str, object]]:
    """What the typed tables say in the words of version 5, which had one table of named values."""
    found = []
    for row in after["key_listing"]:
        found.append((row, f"apps of {row['credential']}", row["apps"], row["listed_at"]))
        if row["missed"]:
            found.append((row, f"apps missed by {row['credential']}", row["missed"], row["missed_since"]))
    for row in after["retired_key"]:
        kept = {"kind": row["kind"], "issuer": row["issuer_id"], "ref": row["secret_ref"]}
        found.append((row, f"replaced key {row['credential']}", json.dumps(kept), row["since"]))
    found.extend(
        (row, f"token of {row['credential']} ends", str(row["days"]), row["told_at"])
        for row in after["token_reminder"]
    )
    for row in after["analytics_request"]:
        found.append((row, f"analytics request {row['id']}", "", row["seen_at"]))
        if row["delivered_at"] is not None:
            found.append((row, f"delivered {row['id']}", row["id"], row["delivered_at"]))
    found.extend(
        (row, f"analytics creation {row['problem']}", row["credential"], row["noted_at"])
        for row in after["analytics_creation"]
    )
    for row in after["unreadable_data"]:
        parts = [row["problem"], row["capability"], row["app_id"], row["dataset"]]
        found.append((row, " ".join(filter(None, parts)), row["why"], row["since"]))
    return [
        {"account_id": row["account_id"], "name": name, "value": value, "at": at}
        for row, name, value, at in found
    ]


DERIVED = {"review": {"lang"}}
"""Columns of older schemas that only held what is found anew."""


def assert_kept(before: dict[str, list[dict[str, object]]], path: Path) -> None:
    """Nothing that was in the older file is missing from the newer one."""
    after = all_rows(path)
    if "observed" in before:
        after["observed"] = as_observed(after)
    for table, rows in before.items():
        if table == "observed":
            assert all(row in after[table] for row in rows)
            continue
        names = [name for name in rows[0] if name not in DERIVED.get(table, ())] if rows else []
        kept = [{name: row[name] for name in names} for row in after[table]] if rows else []
        assert kept == [{name: row[name] for name in names} for row in rows], table


@pytest.mark.parametrize(
    ("schema", "version"),
    [(s, int(path.stem.partition("-v")[2])) for s in SCHEMAS for path in FIXTURES.glob(f"{s.name}-v*.sql")],
)
def test_every_older_schema_becomes_the_newest_and_keeps_its_rows(
    schema: Schema, version: int, tmp_path: Path, from_tables: sqlite3.Connection
) -> None:
    path = tmp_path / "older.db"
    older_file(path, schema.name, version)
    before = all_rows(path)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(f"ATTACH ? AS {schema.name}", (str(path),))
    assert migrate(connection, schema, schema.name) == version
    assert version_of(connection, schema.name) == schema.version
    assert described(connection, schema.name) == described(from_tables, schema.name)
    assert outline(connection, schema.name) == outline(from_tables, schema.name)
    connection.close()
    assert_kept(before, path)


def older_home(paths: Paths, version: int) -> dict[str, list[dict[str, object]]]:
    """A data folder of an older version, with something of everything that people do."""
    paths.create()
    older_file(paths.user_db, "user", version)
    older_file(paths.cache_db, "cache", 3)
    return all_rows(paths.user_db)


def assert_all_there(store: Store) -> None:
    """What the person did is there, read through the store's own doors."""
    account = store.accounts.named("NORD ag")
    assert account is not None
    assert (account.vendor, account.features, account.hidden_apps) == (
        "85000001",
        ("reviews", "replies"),
        ("9",),
    )
    assert [credential.key_id for credential in account.credentials] == ["KEY1"]
    details = {number: store.reviews.get(f"id{number}") for number in range(13)}
    found = {number: detail for number, detail in details.items() if detail is not None}
    assert len(found) == 13
    assert found[1].note == "call her back: naïve café 日本"
    assert found[1].tags == found[2].tags == ("crash", "Zürich")
    assert found[3].done
    assert found[3].earlier is not None
    assert found[4].snoozed_until is not None
    assert (found[5].assignee, found[6].flagged) == ("Bo", True)
    draft = store.drafts.get("id7")
    assert draft is not None
    assert draft.text == "Dear nick7,\nthank you \u2603"
    assert draft.base is not None
    assert [gone.text for gone in store.drafts.discarded()] == ["gone"]
    rows = {row.review_id: row for row in map(store.outbox.latest, ("id9", "id10", "id11")) if row}
    assert [(row.text, str(row.phase), row.intact) for row in rows.values()] == [
        ("We mended it.", "queued", True),
        ("Held text", "held", True),
        ("Public text", "published", True),
    ]
    assert store.outbox.pauses(NOW)[account.id].reason == "asked"
    assert store.triage.place("needs reply") == {"review": "id2", "sort": "newest"}
    act = store.triage.last_act()
    assert act is not None
    assert (act.verb, act.review_ids) == ("flag", ("id6",))
    assert [kept.verdict.capability for kept in store.health.verdicts()] == ["reviews.read"]
    assert len(store.health.changes(account.id)) == 1
    assert [person.email for person in store.health.people(account.id)] == ["Ana@x.org", "zed@x.org"]
    assert store.outbox.altered() == []
    listing = store.observations.listings(account.id)["KEY1"]
    assert (listing.apps, listing.missed, listing.seen) == (("1", "9"), ("7",), frozenset("19"))
    assert [
        (old.credential.key_id, old.credential.kind, old.credential.issuer_id, old.credential.secret_ref)
        for old in store.observations.retired(account.id)
    ] == [("OLDKEY", CredentialKind.TEAM, "iss", "file:old.p8")]
    assert store.observations.reminded(account.id, "TOKEN1") == 14
    assert store.observations.delivered(account.id) == {"2026-11"}
    assert store.observations.creations(account.id)[CreationProblem.REFUSED] == "KEY1"


@pytest.mark.parametrize("version", HOMES)
def test_a_data_folder_of_an_older_version_keeps_everything(tmp_path: Path, version: int) -> None:
    paths = Paths.under(tmp_path)
    before = older_home(paths, version)
    store = Store.open(paths, StepClock(NOW))
    assert store.take_notices() == []
    assert_all_there(store)
    with pytest.raises(StoreError), store.database.write() as connection:
        connection.execute("INSERT INTO user.account VALUES (9, 'nord AG', NULL, '', 0, 'apple')")
    store.close()
    assert_kept(before, paths.user_db)


@pytest.mark.parametrize(
    ("version", "step", "at"),
    [
        (version, step, at)
        for version, steps in ((3, [2]), (5, range(4, len(user.SCHEMA.steps))))
        for step in steps
        for at in range(len(user.SCHEMA.steps[step]) + 1)
    ],
)
def test_a_kill_while_an_older_version_is_carried_forward_loses_nothing(
    tmp_path: Path, nursery: Nursery, version: int, step: int, at: int
) -> None:
    paths = Paths.under(tmp_path)
    before = older_home(paths, version)
    assert nursery.fork(carry_forward, tmp_path, step, at).join() == -9
    store = Store.open(paths, StepClock(NOW))
    assert_all_there(store)
    store.close()
    assert_kept(before, paths.user_db)


POSTGRESQL = {"BIGINT", "SMALLINT", "DOUBLE PRECISION", "TEXT", "BYTEA"}
"""INTEGER and REAL are half as wide there as on SQLite, and BOOLEAN is no number."""


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_every_column_is_as_wide_on_postgresql(schema: Schema) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    tables = [table for table in metadata().tables.values() if table.schema == schema.name]
    types = {
        f"{table.name}.{column.name}": column.type.compile(dialect) for table in tables for column in table.c
    }
    assert {name: kind for name, kind in types.items() if kind not in POSTGRESQL} == {}
    counted = {
        table.name: table.autoincrement_column.name
        for table in tables
        if table.autoincrement_column is not None
    }
    made = "\n".join(statements(schema.name, dialect))
    assert made.count("BIGSERIAL") == len(counted)
    assert re.findall(r"\bSERIAL|COLLATE|NOCASE|ROWID", made) == []


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_an_index_over_part_of_a_table_has_the_same_part_on_postgresql(schema: Schema) -> None:
    """A unique one over part of a table would otherwise hold for all of it there."""

    def parts(made: list[str]) -> dict[str, str]:
        found = (re.search(r"INDEX (?:\w+\.)?(\w+) ON .* WHERE (.*)", one, re.DOTALL) for one in made)
        return {match[1]: match[2] for match in found if match}

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    here = parts(statements(schema.name))
    assert here == parts(statements(schema.name, dialect))
    connection = attached()
    migrate(connection, schema, schema.name)
    assert here.keys() == conditions(connection, schema.name).keys()
    assert here


def test_the_key_of_a_table_without_rowids_comes_first() -> None:
    """SQLite 3.40 calls such a table damaged where a column of the key stands behind others."""
    for table in metadata().tables.values():
        if table.dialect_options["sqlite"]["with_rowid"] is False:
            names = [column.name for column in table.columns]
            key = {column.name for column in table.primary_key}
            assert set(names[: len(key)]) == key, table.name


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


@pytest.mark.parametrize("at", range(4))
def test_row_66_a_kill_while_migrating_leaves_old_or_new_never_between(
    tmp_path: Path, nursery: Nursery, at: int
) -> None:
    paths = Paths.under(tmp_path)
    store = Store.open(paths, StepClock())
    with store.database.write() as connection:
        connection.execute("INSERT INTO user.meta VALUES ('kept', 'yes')")
        connection.execute("INSERT INTO user.account VALUES (1, 'North', NULL, '', 0, 'apple')")
    before = described(store.database.connection, "user")
    store.close()
    assert nursery.fork(take_one_more_step, tmp_path, at).join() == -9
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
