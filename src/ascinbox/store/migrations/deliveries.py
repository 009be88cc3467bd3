"""The tables of deliveries: what is told where (user.db), and what came into the cache (cache.db)."""

from __future__ import annotations

from ascinbox.store.migrations import Step

DELIVERIES: Step = (
    """CREATE TABLE {s}.delivery_event (
        id INTEGER NOT NULL PRIMARY KEY,
        key TEXT NOT NULL,
        kind TEXT NOT NULL,
        review_id TEXT NOT NULL,
        app_id TEXT NOT NULL,
        app_name TEXT NOT NULL,
        store TEXT NOT NULL,
        account TEXT NOT NULL,
        at REAL NOT NULL,
        body TEXT NOT NULL
    )""",
    'CREATE UNIQUE INDEX {s}.delivery_event_key ON delivery_event ("key")',
    """CREATE TABLE {s}.delivery (
        id INTEGER NOT NULL PRIMARY KEY,
        uid TEXT NOT NULL,
        rule TEXT NOT NULL,
        destination TEXT NOT NULL,
        event INTEGER NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        message TEXT NOT NULL,
        digest INTEGER NOT NULL,
        created_at REAL NOT NULL,
        next_at REAL NOT NULL,
        changed_at REAL NOT NULL,
        attempts INTEGER NOT NULL,
        lease_owner TEXT NOT NULL,
        lease_until REAL,
        first_try_at REAL,
        maybe_sent INTEGER NOT NULL,
        reached TEXT NOT NULL,
        reference TEXT NOT NULL,
        why TEXT NOT NULL,
        detail TEXT NOT NULL
    )""",
    "CREATE UNIQUE INDEX {s}.delivery_uid ON delivery (uid)",
    "CREATE UNIQUE INDEX {s}.delivery_once ON delivery (rule, destination, event)",
    """CREATE INDEX {s}.delivery_open ON delivery (next_at)
        WHERE state IN ('queued', 'sending', 'unknown')""",
    "CREATE INDEX {s}.delivery_outcome ON delivery (destination, state, changed_at)",
    "CREATE INDEX {s}.delivery_recent ON delivery (rule, destination, created_at)",
    "CREATE INDEX {s}.delivery_changed ON delivery (changed_at)",
    """CREATE TABLE {s}.delivery_rule (
        name TEXT NOT NULL PRIMARY KEY,
        begun_at REAL NOT NULL,
        cache TEXT NOT NULL,
        seen INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.delivery_pause (
        name TEXT NOT NULL PRIMARY KEY,
        since REAL NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.delivery_secret (
        name TEXT NOT NULL PRIMARY KEY,
        reference TEXT NOT NULL,
        changed_at REAL NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.woken (
        review_id TEXT NOT NULL PRIMARY KEY,
        due_at INTEGER NOT NULL,
        at REAL NOT NULL
    ) WITHOUT ROWID""",
)

ARRIVALS: Step = (
    """CREATE TABLE {s}.arrival (
        number INTEGER NOT NULL PRIMARY KEY,
        review_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL
    )""",
)
