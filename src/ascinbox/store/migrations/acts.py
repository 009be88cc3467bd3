"""The table of what people did beside answering (user.db)."""

from __future__ import annotations

from ascinbox.store.migrations import Step

ACTS: Step = (
    """CREATE TABLE {s}.act (
        id INTEGER NOT NULL PRIMARY KEY,
        at REAL NOT NULL,
        who TEXT NOT NULL,
        verb TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL,
        reviews TEXT NOT NULL,
        batch INTEGER
    )""",
    "CREATE INDEX {s}.act_at ON act (at)",
    "CREATE INDEX {s}.act_batch ON act (batch)",
)
