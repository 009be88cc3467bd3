"""Tables for several people on one queue, and replies that wait for a publisher (user.db)."""

from __future__ import annotations

from ascinbox.store.migrations import Step

TEAM: Step = (
    "DROP INDEX {s}.outbox_moving",
    """CREATE UNIQUE INDEX {s}.outbox_moving ON outbox (review_id)
        WHERE state IN ('queued', 'sending', 'unknown', 'waiting')""",
    """CREATE TABLE {s}.note (
        id TEXT NOT NULL,
        review_id TEXT NOT NULL,
        author TEXT NOT NULL,
        body TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (id)
    ) WITHOUT ROWID""",
    "CREATE INDEX {s}.note_review ON note (review_id, at)",
    """CREATE TABLE {s}.member (
        name TEXT NOT NULL,
        level TEXT NOT NULL,
        added_at REAL NOT NULL,
        removed_at REAL,
        PRIMARY KEY (name)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.intent (
        id INTEGER NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        review_id TEXT NOT NULL,
        wanted TEXT NOT NULL,
        seen TEXT NOT NULL,
        theirs TEXT,
        at REAL NOT NULL
    )""",
    "CREATE INDEX {s}.intent_review ON intent (review_id)",
)
