"""The reply tables of user.db. Times are epoch seconds with a fraction: leases and undo windows are short."""

from __future__ import annotations

from ascinbox.store.migrations import Step

REPLIES: Step = (
    """CREATE TABLE {s}.draft (
        review_id TEXT NOT NULL PRIMARY KEY,
        app_id TEXT NOT NULL,
        text TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        begun_at REAL NOT NULL,
        saved_at REAL NOT NULL,
        author TEXT NOT NULL,
        template TEXT NOT NULL,
        base_review TEXT,
        base_response_id TEXT NOT NULL,
        base_response_key TEXT NOT NULL,
        base_modified_at REAL
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.discarded (
        id INTEGER NOT NULL PRIMARY KEY,
        review_id TEXT NOT NULL,
        app_id TEXT NOT NULL,
        text TEXT NOT NULL,
        discarded_at REAL NOT NULL
    )""",
    "CREATE INDEX {s}.discarded_review ON discarded (review_id)",
    """CREATE TABLE {s}.editing (
        review_id TEXT NOT NULL PRIMARY KEY,
        owner TEXT NOT NULL,
        who TEXT NOT NULL,
        since REAL NOT NULL,
        until REAL NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.outbox (
        id INTEGER NOT NULL PRIMARY KEY,
        op_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        review_id TEXT NOT NULL,
        app_id TEXT NOT NULL,
        account_id INTEGER NOT NULL,
        credential TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        text TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        base_review TEXT NOT NULL,
        base_response_id TEXT NOT NULL,
        base_response_key TEXT NOT NULL,
        base_modified_at REAL,
        queued_at REAL NOT NULL,
        send_after REAL NOT NULL,
        changed_at REAL NOT NULL,
        author TEXT NOT NULL,
        template TEXT NOT NULL,
        batch TEXT NOT NULL,
        session TEXT NOT NULL,
        lease_owner TEXT NOT NULL,
        lease_until REAL,
        attempts INTEGER NOT NULL,
        posted_at REAL,
        lost_at REAL,
        rounds INTEGER NOT NULL,
        last_read TEXT NOT NULL,
        last_read_at REAL,
        check_after REAL,
        looks INTEGER NOT NULL,
        accepted_at REAL,
        published_at REAL,
        response_id TEXT NOT NULL,
        echo_key TEXT NOT NULL,
        why TEXT NOT NULL,
        detail TEXT NOT NULL,
        status INTEGER,
        theirs_id TEXT,
        theirs_text TEXT,
        theirs_state TEXT,
        theirs_at REAL,
        seen_review TEXT,
        seen_response_id TEXT,
        seen_response_key TEXT,
        seen_modified_at REAL
    )""",
    "CREATE UNIQUE INDEX {s}.outbox_op ON outbox (op_id)",
    """CREATE UNIQUE INDEX {s}.outbox_moving ON outbox (review_id)
        WHERE state IN ('queued', 'sending', 'unknown')""",
    "CREATE INDEX {s}.outbox_review ON outbox (review_id, id)",
    "CREATE INDEX {s}.outbox_state ON outbox (state, send_after)",
    "CREATE INDEX {s}.outbox_changed ON outbox (changed_at)",
    """CREATE TABLE {s}.outbox_pause (
        account_id INTEGER NOT NULL PRIMARY KEY,
        credential TEXT NOT NULL,
        until REAL,
        reason TEXT NOT NULL
    )""",
)
