"""Replies as lists, the Outbox and `ascinbox outbox` show them."""

from __future__ import annotations

from datetime import datetime

from ascinbox.core.outbox.states import OPEN, OutboxRow, Phase
from ascinbox.store.database import Database
from ascinbox.store.hot.drafts import DraftReads
from ascinbox.store.hot.outbox_rows import moment, rows_from, seconds
from ascinbox.store.queue.port import Pause


def states(phases: frozenset[Phase]) -> str:
    """These phases as a list for `IN`."""
    return "(" + ", ".join(f"'{phase}'" for phase in sorted(phases)) + ")"


_OPEN = states(OPEN)


class OutboxReads:
    """`store.outbox`. What is written there is an act of `store.queue`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _rows(self, where: str, *values: object, order: str = "o.id") -> list[OutboxRow]:
        return rows_from(
            self._database.execute(f"SELECT o.* FROM user.outbox o WHERE {where} ORDER BY {order}", values)
        )

    def get(self, number: int) -> OutboxRow | None:
        """The row with this id."""
        return next(iter(self._rows("o.id = ?", number)), None)

    def of_operation(self, op_id: str) -> OutboxRow | None:
        """The row of one intention, by the id that its writer gave it."""
        return next(iter(self._rows("o.op_id = ?", op_id)), None)

    def latest(self, review_id: str) -> OutboxRow | None:
        """The last intention for a review, whatever became of it."""
        return next(iter(self._rows("o.review_id = ?", review_id, order="o.id DESC LIMIT 1")), None)

    def later(self, row: OutboxRow) -> list[OutboxRow]:
        """The later intentions for the same review, in order."""
        return self._rows("o.review_id = ? AND o.id > ?", row.review_id, row.id)

    def open_rows(self) -> list[OutboxRow]:
        """What is on its way, held or failed, in the order in which it was confirmed."""
        return self._rows(f"o.state IN {_OPEN}")

    def has_queued_of_others(self, session: str) -> bool:
        """Whether replies wait that other programs queued, running or not."""
        sql = f"SELECT 1 FROM user.outbox o WHERE o.state = '{Phase.QUEUED}' AND o.session != ? LIMIT 1"
        return self._database.one(sql, session) is not None

    def finished(self, since: datetime) -> list[OutboxRow]:
        """What came to an end since then, the last first."""
        return self._rows(
            f"o.changed_at >= ? AND o.state NOT IN {_OPEN}",
            seconds(since),
            order="o.changed_at DESC, o.id DESC",
        )

    def accepted_at(self, account_id: int, credential: str) -> datetime | None:
        """When Apple last took a reply of this credential: the only proof that it may reply."""
        return moment(
            self._database.one(
                "SELECT max(accepted_at) FROM user.outbox"
                " WHERE account_id = ? AND credential = ? AND posted_at IS NOT NULL",
                account_id,
                credential,
            )
        )

    def refused_at(self, account_id: int, credential: str) -> tuple[datetime, str] | None:
        """When Apple last refused (403) to take a reply of this key, and Apple's words."""
        row = self._database.execute(
            "SELECT changed_at, detail FROM user.outbox WHERE account_id = ? AND credential = ?"
            " AND status = 403 ORDER BY changed_at DESC LIMIT 1",
            (account_id, credential),
        ).fetchone()
        at = None if row is None else moment(row[0])
        return None if at is None else (at, row[1])

    def pauses(self, now: datetime) -> dict[int, Pause]:
        """The accounts that send nothing now."""
        records = self._database.execute(
            "SELECT account_id, credential, until, reason FROM user.outbox_pause"
            " WHERE until IS NULL OR (until > ?1 AND until < ?1 + 3600)",
            (seconds(now),),
        )
        return {number: Pause(number, cred, moment(until), why) for number, cred, until, why in records}

    def altered(self) -> list[str]:
        """Ids of reviews whose open reply or draft is no longer the text that was written down."""
        rows = [row.review_id for row in self.open_rows() if not row.intact]
        return rows + DraftReads(self._database).altered()
