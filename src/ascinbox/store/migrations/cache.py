"""cache.db: what came from Apple, and what is derived from it. Times are whole epoch seconds (UTC)."""

from __future__ import annotations

from ascinbox.store.migrations import Schema, Step
from ascinbox.store.migrations.facts import FACT_TABLES, FACTS, ROLLUPS_AND_SUMMARIES

_APPS: Step = (
    """CREATE TABLE {s}.app (
        number INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        bundle_id TEXT NOT NULL,
        sku TEXT NOT NULL,
        primary_locale TEXT NOT NULL
    )""",
    "CREATE UNIQUE INDEX {s}.app_id ON app (id)",
    """CREATE TABLE {s}.account_app (
        account_id INTEGER NOT NULL,
        app_id TEXT NOT NULL,
        PRIMARY KEY (account_id, app_id)
    ) WITHOUT ROWID""",
)

_REVIEWS: Step = (
    """CREATE TABLE {s}.review (
        key INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL,
        app INTEGER NOT NULL,
        rating INTEGER,
        territory TEXT,
        state TEXT NOT NULL,
        marks INTEGER NOT NULL,
        created INTEGER,
        changed_at INTEGER,
        removed_at INTEGER,
        seen_at INTEGER NOT NULL,
        content INTEGER NOT NULL,
        rest INTEGER NOT NULL,
        lang TEXT,
        length INTEGER NOT NULL,
        nickname TEXT NOT NULL,
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        response_id TEXT,
        response_state TEXT,
        response_at INTEGER,
        response_text TEXT
    )""",
    "CREATE UNIQUE INDEX {s}.review_id ON review (id)",
    "CREATE INDEX {s}.review_changed ON review (changed_at) WHERE changed_at IS NOT NULL",
    """CREATE TABLE {s}.review_text (
        key INTEGER NOT NULL PRIMARY KEY,
        folded TEXT NOT NULL,
        nickname TEXT NOT NULL
    )""",
)

_INDEX: Step = (
    """CREATE TABLE {s}.fresh (
        key INTEGER NOT NULL PRIMARY KEY,
        serial INTEGER NOT NULL
    )""",
    """CREATE TABLE {s}.spot (
        key INTEGER NOT NULL PRIMARY KEY,
        place INTEGER NOT NULL
    )""",
    """CREATE TABLE {s}.block (
        id INTEGER NOT NULL PRIMARY KEY,
        ready INTEGER NOT NULL,
        size INTEGER NOT NULL,
        low INTEGER NOT NULL,
        high INTEGER NOT NULL,
        alive BLOB NOT NULL,
        lengths BLOB NOT NULL,
        keys BLOB NOT NULL
    )""",
    """CREATE TABLE {s}.term (
        block INTEGER NOT NULL,
        term TEXT NOT NULL,
        hits BLOB NOT NULL,
        PRIMARY KEY (block, term)
    ) WITHOUT ROWID""",
)

_SYNC: Step = (
    """CREATE TABLE {s}.walk (
        app_id TEXT NOT NULL PRIMARY KEY,
        number INTEGER NOT NULL,
        full INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        pages INTEGER NOT NULL,
        next_query TEXT,
        open INTEGER NOT NULL,
        full_at INTEGER,
        finished_at INTEGER
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.walk_page (
        app_id TEXT NOT NULL,
        page INTEGER NOT NULL,
        keys BLOB NOT NULL,
        PRIMARY KEY (app_id, page)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.run (
        account_id INTEGER NOT NULL,
        dataset TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        finished_at INTEGER,
        ok INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        new INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        removed INTEGER NOT NULL,
        detail TEXT NOT NULL,
        succeeded_at INTEGER,
        PRIMARY KEY (account_id, dataset)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.budget (
        key_id TEXT NOT NULL PRIMARY KEY,
        hour_limit INTEGER,
        hour_left INTEGER,
        minute_limit INTEGER,
        minute_left INTEGER,
        seen_at INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.lease (
        name TEXT NOT NULL PRIMARY KEY,
        owner TEXT NOT NULL,
        host TEXT NOT NULL,
        boot_id TEXT NOT NULL,
        pid INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.meta (
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID""",
)

_HOLDS_AND_LEFT_OUT: Step = (
    "ALTER TABLE {s}.budget ADD COLUMN held_until INTEGER",
    """CREATE TABLE {s}.left_out (
        dataset TEXT NOT NULL,
        scope TEXT NOT NULL,
        item TEXT NOT NULL,
        reason TEXT NOT NULL,
        times INTEGER NOT NULL,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        PRIMARY KEY (dataset, scope, item, reason)
    ) WITHOUT ROWID""",
)

SCHEMA = Schema(
    "cache",
    0x61736343,
    ((*_APPS, *_REVIEWS, *_INDEX, *_SYNC, *FACTS), _HOLDS_AND_LEFT_OUT, ROLLUPS_AND_SUMMARIES),
)

SALVAGED: tuple[str, ...] = FACT_TABLES
"""Tables that Apple would not give again (report rows age out there): a rebuild copies what it can read."""
