"""The tables of listings: what Apple has (cache.db), what people write over it (user.db)."""

from __future__ import annotations

from ascinbox.store.migrations import Step

LISTINGS: Step = (
    """CREATE TABLE {s}.listing (
        app_id TEXT NOT NULL,
        name TEXT NOT NULL,
        bundle_id TEXT NOT NULL,
        primary_locale TEXT NOT NULL,
        read_at INTEGER NOT NULL,
        notes TEXT NOT NULL,
        PRIMARY KEY (app_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.listing_language (
        app_id TEXT NOT NULL,
        part_id TEXT NOT NULL,
        locale TEXT NOT NULL,
        place INTEGER NOT NULL,
        language_id TEXT NOT NULL,
        texts TEXT NOT NULL,
        PRIMARY KEY (app_id, part_id, locale)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.listing_part (
        app_id TEXT NOT NULL,
        scope TEXT NOT NULL,
        part_id TEXT NOT NULL,
        place INTEGER NOT NULL,
        state TEXT NOT NULL,
        version TEXT NOT NULL,
        platform TEXT NOT NULL,
        created_at INTEGER,
        texts TEXT NOT NULL,
        PRIMARY KEY (app_id, scope, part_id)
    ) WITHOUT ROWID""",
)

LISTING_EDITS: Step = (
    """CREATE TABLE {s}.listing_base (
        folder TEXT NOT NULL,
        app_id TEXT NOT NULL,
        scope TEXT NOT NULL,
        locale TEXT NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (folder, app_id, scope, locale, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.listing_edit (
        app_id TEXT NOT NULL,
        scope TEXT NOT NULL,
        part_id TEXT NOT NULL,
        locale TEXT NOT NULL,
        name TEXT NOT NULL,
        base TEXT NOT NULL,
        text TEXT NOT NULL,
        author TEXT NOT NULL,
        at INTEGER NOT NULL,
        state TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (app_id, scope, part_id, locale, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.listing_folder (
        folder TEXT NOT NULL,
        app_id TEXT NOT NULL,
        pulled_at INTEGER NOT NULL,
        PRIMARY KEY (folder, app_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE {s}.listing_undo (
        id INTEGER NOT NULL,
        batch INTEGER NOT NULL,
        app_id TEXT NOT NULL,
        scope TEXT NOT NULL,
        part_id TEXT NOT NULL,
        locale TEXT NOT NULL,
        name TEXT NOT NULL,
        "before" TEXT,
        at INTEGER NOT NULL,
        PRIMARY KEY (id)
    )""",
    "CREATE INDEX {s}.listing_undo_batch ON listing_undo (batch)",
)
