"""user.db: what nobody can give back. Times are epoch seconds (UTC), reviews are named by Apple's id."""

from __future__ import annotations

from ascinbox.store.migrations import Schema, Step
from ascinbox.store.migrations.health import HEALTH
from ascinbox.store.migrations.replies import REPLIES

_ACCOUNTS: Step = (
    """CREATE TABLE {s}.account (
        id INTEGER NOT NULL PRIMARY KEY,
        name TEXT NOT NULL COLLATE NOCASE,
        vendor TEXT,
        features TEXT NOT NULL,
        linked_at INTEGER NOT NULL
    )""",
    "CREATE UNIQUE INDEX {s}.account_name ON account (name)",
    """CREATE TABLE {s}.credential (
        id INTEGER NOT NULL PRIMARY KEY,
        account_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        kind TEXT NOT NULL,
        key_id TEXT NOT NULL,
        issuer_id TEXT,
        secret_ref TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        added_at INTEGER,
        last_ok_at INTEGER,
        expires_at INTEGER,
        capabilities TEXT NOT NULL
    )""",
    "CREATE INDEX {s}.credential_account ON credential (account_id, position)",
    """CREATE TABLE {s}.hidden_app (
        account_id INTEGER NOT NULL,
        app_id TEXT NOT NULL,
        PRIMARY KEY (account_id, app_id)
    ) WITHOUT ROWID""",
)

_TRIAGE: Step = (
    """CREATE TABLE {s}.triage (
        review_id TEXT NOT NULL PRIMARY KEY,
        opened_at INTEGER,
        read INTEGER NOT NULL,
        flagged INTEGER NOT NULL,
        done_at INTEGER,
        snoozed_until INTEGER,
        assignee TEXT NOT NULL,
        note TEXT NOT NULL,
        changed_at INTEGER
    ) WITHOUT ROWID""",
    "CREATE INDEX {s}.triage_snoozed ON triage (snoozed_until) WHERE snoozed_until IS NOT NULL",
    """CREATE TABLE {s}.tag (
        review_id TEXT NOT NULL,
        tag TEXT NOT NULL,
        PRIMARY KEY (review_id, tag)
    ) WITHOUT ROWID""",
    "CREATE INDEX {s}.tag_tag ON tag (tag)",
    """CREATE TABLE {s}.undo (
        id INTEGER NOT NULL PRIMARY KEY,
        batch INTEGER NOT NULL,
        verb TEXT NOT NULL,
        review_id TEXT NOT NULL,
        before TEXT NOT NULL,
        at INTEGER NOT NULL
    )""",
    "CREATE INDEX {s}.undo_batch ON undo (batch)",
    """CREATE TABLE {s}.earlier_text (
        id INTEGER NOT NULL PRIMARY KEY,
        review_id TEXT NOT NULL,
        content TEXT NOT NULL,
        rating INTEGER,
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        seen_until INTEGER NOT NULL
    )""",
    "CREATE UNIQUE INDEX {s}.earlier_text_review ON earlier_text (review_id, content)",
    """CREATE TABLE {s}.place (
        view TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL,
        at INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.meta (
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID""",
)

SCHEMA = Schema("user", 0x61736355, ((*_ACCOUNTS, *_TRIAGE), REPLIES, HEALTH))
