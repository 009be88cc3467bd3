"""Tags, assignees and places: what lists and completion show of the marks on reviews."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

from ascinbox.core.clock import from_epoch
from ascinbox.core.reviews.acts import RULE
from ascinbox.store.database import Database
from ascinbox.store.queue.port import Undone


class TriageReads:
    """`store.triage`. Marking a review is an act of `store.queue`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_act(self) -> Undone | None:
        """What `Queue.undo_last` would take back."""
        waits = self._last_unsent()
        if waits is not None:
            number, verb, act, at = waits
            records = self._database.execute(
                "SELECT review_id FROM user.intent WHERE kind = 'mark' AND theirs IS NULL"
                " AND (id = ? OR json_extract(wanted, '$.act') = ?) ORDER BY id",
                (number, act),
            )
            return Undone(verb, tuple(record[0] for record in records), datetime.fromtimestamp(at, UTC))
        rows = self._database.execute(
            "SELECT verb, review_id, at, batch FROM user.undo"
            " WHERE batch = (SELECT max(batch) FROM user.undo) ORDER BY id"
        ).fetchall()
        if not rows:
            return None
        verb, _, at, batch = rows[0]
        return Undone(verb, tuple(row[1] for row in rows), self._acted_at(at, batch))

    def last_act_at(self) -> datetime | None:
        """When a person last did what `Queue.undo_last` can take back. What rules do by themselves, in the
        background, is no act of a person."""
        waits = self._last_unsent()
        if waits is not None:
            return datetime.fromtimestamp(waits[3], UTC)
        batch = sys.maxsize
        while batch := self._database.one("SELECT max(batch) FROM user.undo WHERE batch < ?", batch):
            told = self._told(batch)
            if told is None or not told[1].startswith(RULE):
                at = self._database.one("SELECT at FROM user.undo WHERE batch = ? LIMIT 1", batch)
                return self._acted_at(at, batch)
        return None

    def _last_unsent(self) -> tuple[int, str, str | None, float] | None:
        """Of the last act on marks that waits for a team's database: its row, verb, name and time."""
        row = self._database.execute(
            "SELECT id, json_extract(wanted, '$.verb'), json_extract(wanted, '$.act'), at FROM user.intent"
            " WHERE kind = 'mark' AND theirs IS NULL ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return None if row is None else (row[0], row[1] or "", row[2], row[3])

    def _acted_at(self, at: int, batch: int) -> datetime:
        # To a fraction of a second: it is compared with when a reply was confirmed.
        told = self._told(batch)
        return datetime.fromtimestamp(told[0], UTC) if told is not None else from_epoch(at)

    def _told(self, batch: int) -> tuple[float, str] | None:
        """When and by whom an act was done, as it is told; None where it is not."""
        row = self._database.execute(
            "SELECT at, who FROM user.act WHERE batch = ? ORDER BY id DESC LIMIT 1", (batch,)
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def next_wake(self) -> datetime | None:
        """When the next snooze ends."""
        at = self._database.one("SELECT min(snoozed_until) FROM user.triage WHERE snoozed_until IS NOT NULL")
        return None if at is None else from_epoch(at)

    def woken_since(self, since: datetime) -> list[tuple[str, int, datetime]]:
        """Reviews whose snooze ended by itself since then: id, the second at which it was due, the end."""
        rows = self._database.execute(
            "SELECT review_id, due_at, at FROM user.woken WHERE at >= ?", (since.timestamp(),)
        )
        return [(review_id, due, datetime.fromtimestamp(at, UTC)) for review_id, due, at in rows]

    def tags(self) -> dict[str, int]:
        """Every tag in use with its number of reviews, the most frequent first."""
        rows = self._database.execute(
            "SELECT tag, count(*) FROM user.tag GROUP BY tag ORDER BY count(*) DESC, tag"
        )
        return dict(rows.fetchall())

    def assignees(self) -> dict[str, int]:
        """Every assignee with the number of reviews."""
        rows = self._database.execute(
            "SELECT assignee, count(*) FROM user.triage WHERE assignee <> '' "
            "GROUP BY assignee ORDER BY count(*) DESC, assignee"
        )
        return dict(rows.fetchall())

    def place(self, view: str) -> dict[str, Any] | None:
        """Where the person was in a view, as `save_place` was told."""
        value = self._database.one("SELECT value FROM user.place WHERE view = ?", view)
        return None if value is None else dict(json.loads(value))
