"""How older files of user.db become today's. Version 1 held accounts and triage."""

from __future__ import annotations

from ascinbox.store.migrations import Schema, Step
from ascinbox.store.migrations.acts import ACTS
from ascinbox.store.migrations.deliveries import DELIVERIES
from ascinbox.store.migrations.health import HEALTH
from ascinbox.store.migrations.listing import LISTING_EDITS
from ascinbox.store.migrations.observations import OBSERVATIONS, TROUBLES
from ascinbox.store.migrations.replies import REPLIES
from ascinbox.store.migrations.team import TEAM

_CASE: Step = (
    """CREATE TABLE {s}.account_new (
        id INTEGER NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        vendor TEXT,
        features TEXT NOT NULL,
        linked_at INTEGER NOT NULL
    )""",
    """INSERT INTO {s}.account_new (id, name, vendor, features, linked_at)
        SELECT id, name, vendor, features, linked_at FROM {s}.account""",
    "DROP TABLE {s}.account",
    "ALTER TABLE {s}.account_new RENAME TO account",
    "CREATE UNIQUE INDEX {s}.account_name ON account (lower(name))",
    """CREATE TABLE {s}.person_new (
        account_id INTEGER NOT NULL,
        email TEXT NOT NULL,
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
    """INSERT INTO {s}.person_new (account_id, email, apple_id, state, first_name, last_name, roles, all_apps,
            apps, expires_at, changed_at, seen_at)
        SELECT account_id, email, apple_id, state, first_name, last_name, roles, all_apps, apps, expires_at,
            changed_at, seen_at FROM {s}.person""",
    "DROP TABLE {s}.person",
    "ALTER TABLE {s}.person_new RENAME TO person",
)
"""Letter case by an index over `lower(name)`: PostgreSQL has no column that ignores it."""

_STORES: Step = ("ALTER TABLE {s}.account ADD COLUMN store TEXT NOT NULL DEFAULT 'apple'",)
"""An account belongs to a store of reviews; until then there was one."""

_LANGUAGES: Step = ("ALTER TABLE {s}.triage ADD COLUMN language TEXT",)

_PLAY: Step = (
    "ALTER TABLE {s}.credential ADD COLUMN apps TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE {s}.credential ADD COLUMN bucket TEXT NOT NULL DEFAULT ''",
)
"""Google tells neither which apps a service account sees nor where their files are."""

_STEPS = (
    REPLIES,
    HEALTH,
    _CASE,
    ACTS,
    TEAM,
    OBSERVATIONS,
    _STORES,
    TROUBLES,
    _LANGUAGES,
    DELIVERIES,
    _PLAY,
    LISTING_EDITS,
)
SCHEMA = Schema("user", 0x61736355, _STEPS)
