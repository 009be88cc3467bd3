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

    def approvers(self, since: datetime) -> dict[str, str]:
        """Who approved what since then, the last one of each, by the id of the intention."""
        rows = self._database.execute(
            "SELECT detail, who FROM user.act WHERE at >= ? AND verb = 'approve' ORDER BY at, id",
            (since.timestamp(),),
        )
        return {detail.partition(" ")[0]: who for detail, who in rows}

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
