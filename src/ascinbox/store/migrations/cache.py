"""How older files of cache.db become today's. Version 1 held reviews, the index, walks and report rows."""

from __future__ import annotations

from ascinbox.store.migrations import Schema, Step
from ascinbox.store.migrations.deliveries import ARRIVALS
from ascinbox.store.migrations.facts import FACT_TABLES, ROLLUPS_AND_SUMMARIES
from ascinbox.store.migrations.listing import LISTINGS

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

_COUNTS_OF_WALKS: Step = (
    "ALTER TABLE {s}.walk ADD COLUMN first_total INTEGER",
    "ALTER TABLE {s}.walk ADD COLUMN last_total INTEGER",
    "ALTER TABLE {s}.walk ADD COLUMN unnamed INTEGER",
)

_VERSIONS_OF_REVIEWS: Step = (
    "ALTER TABLE {s}.review ADD COLUMN app_version TEXT",
    """CREATE INDEX {s}.review_unversioned ON review (app, seen_at, created)
        WHERE app_version IS NULL AND removed_at IS NULL""",
    """CREATE TABLE {s}.app_version (
        app_id TEXT NOT NULL,
        version_id TEXT NOT NULL,
        read_at INTEGER,
        began_at INTEGER,
        next_query TEXT,
        PRIMARY KEY (app_id, version_id)
    ) WITHOUT ROWID""",
)

_LANGUAGES: Step = (
    """CREATE TABLE {s}.review_language (
        key INTEGER NOT NULL PRIMARY KEY,
        lang TEXT NOT NULL,
        score REAL,
        source TEXT NOT NULL
    )""",
    "CREATE TABLE {s}.undetected (key INTEGER NOT NULL PRIMARY KEY)",
    "INSERT INTO {s}.undetected (key) SELECT key FROM {s}.review",
    "ALTER TABLE {s}.review DROP COLUMN lang",
)

_ASSIST: Step = (
    """CREATE TABLE {s}.translation (
        content TEXT NOT NULL,
        target TEXT NOT NULL,
        engine TEXT NOT NULL,
        name TEXT NOT NULL,
        review_id TEXT NOT NULL,
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        folded TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (content, target, engine)
    ) WITHOUT ROWID""",
    "CREATE INDEX {s}.translation_review ON translation (review_id)",
    """CREATE TABLE {s}.drafted (
        review_id TEXT NOT NULL PRIMARY KEY,
        engine TEXT NOT NULL,
        text TEXT NOT NULL,
        at INTEGER NOT NULL
    ) WITHOUT ROWID""",
)

_DEVICES: Step = (
    """CREATE TABLE {s}.review_device (
        key INTEGER NOT NULL PRIMARY KEY,
        device TEXT NOT NULL,
        os_version TEXT NOT NULL,
        thumbs_up INTEGER NOT NULL,
        thumbs_down INTEGER NOT NULL
    )""",
    "CREATE INDEX {s}.review_device_name ON review_device (device)",
    """CREATE TABLE {s}.rating (
        id TEXT NOT NULL,
        app_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        stars INTEGER NOT NULL,
        app_version TEXT NOT NULL,
        device TEXT NOT NULL,
        lang TEXT NOT NULL,
        PRIMARY KEY (id)
    ) WITHOUT ROWID""",
    "CREATE INDEX {s}.rating_day ON rating (app_id, at)",
)

_PUBLIC_RATINGS: Step = (
    """CREATE TABLE {s}.public_rating (
        app_id TEXT NOT NULL,
        day INTEGER NOT NULL,
        territory TEXT NOT NULL,
        count INTEGER,
        average INTEGER,
        seen_at INTEGER NOT NULL,
        PRIMARY KEY (app_id, day, territory)
    ) WITHOUT ROWID""",
)

_DEVICES_IN_INDEX: Step = (
    # Blocks that were filed without devices are made anew, in the background.
    """INSERT OR IGNORE INTO {s}.fresh (key, serial) SELECT key, abs(random()) FROM {s}.spot
        WHERE EXISTS (SELECT 1 FROM {s}.review_device)""",
    "DELETE FROM {s}.spot WHERE EXISTS (SELECT 1 FROM {s}.review_device)",
    "UPDATE {s}.block SET ready = 0 WHERE EXISTS (SELECT 1 FROM {s}.review_device)",
)

SCHEMA = Schema(
    "cache",
    0x61736343,
    (
        _HOLDS_AND_LEFT_OUT,
        ROLLUPS_AND_SUMMARIES,
        _COUNTS_OF_WALKS,
        _VERSIONS_OF_REVIEWS,
        _LANGUAGES,
        ARRIVALS,
        _ASSIST,
        _DEVICES,
        LISTINGS,
        _PUBLIC_RATINGS,
        _DEVICES_IN_INDEX,
    ),
)

SALVAGED: tuple[str, ...] = FACT_TABLES
"""Tables that Apple would not give again (report rows age out there): a rebuild copies what it can read."""
