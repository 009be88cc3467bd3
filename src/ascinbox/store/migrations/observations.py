"""Named values with formats of their own, observed of keys and analytics requests, become typed tables."""

from __future__ import annotations

import json
import sqlite3

from ascinbox.store.migrations import Step


def _move(connection: sqlite3.Connection, schema: str) -> None:
    """Each named value into the table of its subject."""
    rows = connection.execute(f"SELECT account_id, name, value, at FROM {schema}.observed").fetchall()
    named = {(account, name): (value, at) for account, name, value, at in rows}
    for (account, name), (value, at) in named.items():
        match name.split(" "):
            case ["apps", "of", key_id]:
                missed, since = named.get((account, f"apps missed by {key_id}"), ("", None))
                _insert(connection, f"{schema}.key_listing", account, key_id, value, missed, since, at)
            case ["replaced", "key", key_id]:
                kept = json.loads(value)
                ref = (kept["kind"], kept["issuer"], kept["ref"])
                _insert(connection, f"{schema}.retired_key", account, key_id, *ref, at)
            case ["token", "of", key_id, "ends"]:
                _insert(connection, f"{schema}.token_reminder", account, key_id, int(value), at)
            case ["analytics", "request", request_id]:
                delivered = named.get((account, f"delivered {request_id}"), ("", None))[1]
                _insert(connection, f"{schema}.analytics_request", account, request_id, at, delivered)
            case ["delivered", request_id] if (account, f"analytics request {request_id}") not in named:
                _insert(connection, f"{schema}.analytics_request", account, request_id, at, at)
            case ["analytics", "creation", problem]:
                _insert(connection, f"{schema}.analytics_creation", account, problem, value, at)


def _move_troubles(connection: sqlite3.Connection, schema: str) -> None:
    """What is left in the table of named values: problems with data, and when some was read."""
    rows = connection.execute(f"SELECT account_id, name, value, at FROM {schema}.observed").fetchall()
    for account, name, value, at in rows:
        match name.split(" "):
            case ["unreadable" | "refused" as problem, capability, *parts]:
                app_id = next((part for part in parts if part.isdigit()), "")
                dataset = next((part for part in parts if not part.isdigit()), "")
                where = (problem, capability, app_id, dataset)
                _insert(connection, f"{schema}.unreadable_data", account, *where, value, at)
            case ["versions", "refused", app_id]:
                where = ("versions_refused", "reviews", app_id, "")
                _insert(connection, f"{schema}.unreadable_data", account, *where, value, at)
            case ["read", capability]:
                _insert(connection, f"{schema}.data_read", account, capability, at)


def _insert(connection: sqlite3.Connection, table: str, *values: object) -> None:
    connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


OBSERVATIONS: Step = (
    """CREATE TABLE {s}.key_listing (
        account_id INTEGER NOT NULL,
        credential TEXT NOT NULL,
        apps TEXT NOT NULL,
        missed TEXT NOT NULL,
        missed_since INTEGER,
        listed_at INTEGER NOT NULL,
        PRIMARY KEY (account_id, credential)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.retired_key (
        account_id INTEGER NOT NULL,
        credential TEXT NOT NULL,
        kind TEXT NOT NULL,
        issuer_id TEXT,
        secret_ref TEXT NOT NULL,
        since INTEGER NOT NULL,
        PRIMARY KEY (account_id, credential)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.token_reminder (
        account_id INTEGER NOT NULL,
        credential TEXT NOT NULL,
        days INTEGER NOT NULL,
        told_at INTEGER NOT NULL,
        PRIMARY KEY (account_id, credential)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.analytics_request (
        account_id INTEGER NOT NULL,
        id TEXT NOT NULL,
        seen_at INTEGER NOT NULL,
        delivered_at INTEGER,
        PRIMARY KEY (account_id, id)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.analytics_creation (
        account_id INTEGER NOT NULL,
        problem TEXT NOT NULL,
        credential TEXT NOT NULL,
        noted_at INTEGER NOT NULL,
        PRIMARY KEY (account_id, problem)
    ) WITHOUT ROWID""",
    _move,
    """DELETE FROM {s}.observed WHERE name LIKE 'apps of %' OR name LIKE 'apps missed by %'
        OR name LIKE 'replaced key %' OR name LIKE 'token of % ends' OR name LIKE 'analytics request %'
        OR name LIKE 'delivered %' OR name LIKE 'analytics creation %'""",
)
"""Keys and analytics requests. Problems with data stay where they were, until `TROUBLES`."""

TROUBLES: Step = (
    """CREATE TABLE {s}.unreadable_data (
        account_id INTEGER NOT NULL,
        problem TEXT NOT NULL,
        capability TEXT NOT NULL,
        app_id TEXT NOT NULL,
        dataset TEXT NOT NULL,
        why TEXT NOT NULL,
        since INTEGER NOT NULL,
        PRIMARY KEY (account_id, problem, capability, app_id, dataset)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.data_read (
        account_id INTEGER NOT NULL,
        capability TEXT NOT NULL,
        read_at INTEGER NOT NULL,
        PRIMARY KEY (account_id, capability)
    ) WITHOUT ROWID""",
    _move_troubles,
    "DROP TABLE {s}.observed",
)
