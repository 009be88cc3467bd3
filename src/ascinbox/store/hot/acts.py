"""What people did, as Activity shows it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ascinbox.core.reviews.acts import Act
from ascinbox.store.database import Database


class ActReads:
    """`store.acts`. Writing one down is part of the act, see `store.queue`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def approver(self, op_id: str, since: datetime) -> str:
        """Who approved an intention last since then; empty for nobody."""
        row = self._database.execute(
            "SELECT who FROM user.act WHERE at >= ? AND verb = 'approve' AND detail LIKE ?"
            " ORDER BY at DESC, id DESC LIMIT 1",
            (since.timestamp(), f"{op_id} %"),
        ).fetchone()
        return "" if row is None else str(row[0])

    def since(self, since: datetime) -> list[Act]:
        """What was done since then, the last first."""
        rows = self._database.execute(
            "SELECT at, who, verb, subject, detail, reviews FROM user.act WHERE at >= ?"
            " ORDER BY at DESC, id DESC",
            (since.timestamp(),),
        )
        return [
            Act(datetime.fromtimestamp(at, UTC), who, verb, subject, detail, tuple(json.loads(reviews)))
            for at, who, verb, subject, detail, reviews in rows
        ]
