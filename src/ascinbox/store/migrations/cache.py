"""How older files of cache.db become today's. Version 1 held reviews, the index, walks and report rows."""

from __future__ import annotations

from ascinbox.store.migrations import Schema, Step
from ascinbox.store.migrations.facts import FACT_TABLES, ROLLUPS_AND_SUMMARIES

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

SCHEMA = Schema(
    "cache",
    0x61736343,
    (_HOLDS_AND_LEFT_OUT, ROLLUPS_AND_SUMMARIES, _COUNTS_OF_WALKS),
)

SALVAGED: tuple[str, ...] = FACT_TABLES
"""Tables that Apple would not give again (report rows age out there): a rebuild copies what it can read."""
