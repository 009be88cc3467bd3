"""The health tables of user.db: Apple never says again what it said yesterday. Times are epoch seconds."""

from __future__ import annotations

from ascinbox.store.migrations import Step

HEALTH: Step = (
    """CREATE TABLE {s}.verdict (
        account_id INTEGER NOT NULL,
        credential TEXT NOT NULL,
        capability TEXT NOT NULL,
        state TEXT NOT NULL,
        severity INTEGER,
        detail TEXT NOT NULL,
        evidence TEXT NOT NULL,
        fix TEXT NOT NULL,
        who TEXT NOT NULL,
        afterwards TEXT NOT NULL,
        instead TEXT NOT NULL,
        checked_at INTEGER,
        since INTEGER NOT NULL,
        proved_at INTEGER,
        PRIMARY KEY (account_id, credential, capability)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.verdict_change (
        id INTEGER NOT NULL PRIMARY KEY,
        account_id INTEGER NOT NULL,
        credential TEXT NOT NULL,
        capability TEXT NOT NULL,
        before TEXT NOT NULL,
        state TEXT NOT NULL,
        evidence TEXT NOT NULL,
        at INTEGER NOT NULL
    )""",
    "CREATE INDEX {s}.verdict_change_account ON verdict_change (account_id, at)",
    """CREATE TABLE {s}.observed (
        account_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (account_id, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.person (
        account_id INTEGER NOT NULL,
        email TEXT NOT NULL COLLATE NOCASE,
        apple_id TEXT NOT NULL,
        state TEXT NOT NULL,
        first_name TEXT NOT NULL,
        last_name TEXT NOT NULL,
        roles TEXT NOT NULL,
        all_apps INTEGER NOT NULL,
        apps TEXT NOT NULL,
        expires_at INTEGER,
        changed_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        PRIMARY KEY (account_id, email)
    ) WITHOUT ROWID""",
)
