"""Outbox rows in the database: each step one committed compare-and-set, so that of two programs one wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ascinbox.core import decisions
from ascinbox.core.outbox import MOVING, OPEN, Draft, Kind, OutboxRow, Phase, freeze
from ascinbox.store.database import Database
from ascinbox.store.drafts import Drafts
from ascinbox.store.letters import refresh_letters
from ascinbox.store.outboxrows import COLUMNS, SELECTED, moment, row_from, seconds, values_of

_SET = ", ".join(f"{name} = ?" for name in COLUMNS)
_PLACES = ", ".join("?" for _ in COLUMNS)


def _states(phases: frozenset[Phase]) -> str:
    return "(" + ", ".join(f"'{phase}'" for phase in sorted(phases)) + ")"


_MOVING, _OPEN = _states(MOVING), _states(OPEN)


@dataclass(frozen=True, slots=True)
class Pause:
    """An account that sends nothing for now. `until` None: until a person acts or its key changes."""

    account_id: int
    credential: str
    until: datetime | None
    reason: str


class Busy(Exception):
    """The review has a reply under way that can no longer be taken back."""

    def __init__(self, row: OutboxRow) -> None:
        super().__init__(row.op_id)
        self.row = row


class Replies:
    """Rows of the outbox. Every method that writes is one immediate transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.drafts = Drafts(database)

    @property
    def lasting(self) -> bool:
        """False in a session that cannot save anything: nothing may be sent from it."""
        return not (self._database.read_only or self._database.volatile)

    # --- one step of one row ---

    def write(self, old: OutboxRow, new: OutboxRow) -> bool:
        """Puts `new` in the place of exactly `old`. False: somebody else moved the row: drop the result."""
        with self._database.write():
            if not self._put(old, new):
                return False
            if new.phase in (Phase.PENDING, Phase.PUBLISHED, Phase.WITHDRAWN) and new.phase is not old.phase:
                self._supersede_accepted(new)
            refresh_letters(self._database, (new.review_id,))
        return True

    def _put(self, old: OutboxRow, new: OutboxRow) -> bool:
        self._database.outbox_moved = True
        return (
            self._database.execute(
                f"UPDATE user.outbox SET {_SET}"
                " WHERE id = ? AND version = ? AND state = ? AND lease_owner = ?",
                (*values_of(new), old.id, old.version, str(old.phase), old.lease_owner),
            ).rowcount
            == 1
        )

    def _supersede_accepted(self, newer: OutboxRow) -> None:
        for row in self._rows(
            "o.review_id = ? AND o.state = 'pending_publish' AND o.id <> ?", newer.review_id, newer.id
        ):
            self._put(row, decisions.superseded(row, newer.changed_at))

    def queue(self, row: OutboxRow) -> OutboxRow:
        """Adds the intention; one that still waits, is held or failed for the same review gives way to it.

        The review's draft goes in the same transaction, its text being in the row; one with other words is
        kept among the discarded. Raises Busy when a reply to this review is being sent or is not settled.
        """
        with self._database.write():
            for other in self._rows(f"o.review_id = ? AND o.state IN {_OPEN}", row.review_id):
                if other.phase in (Phase.SENDING, Phase.UNKNOWN):
                    raise Busy(other)
                if other.phase is not Phase.PENDING:
                    self._put(other, decisions.superseded(other, row.changed_at))
            self._database.outbox_moved = True
            cursor = self._database.execute(
                f"INSERT INTO user.outbox ({', '.join(COLUMNS)}) VALUES ({_PLACES})", values_of(row)
            )
            if row.kind is Kind.PUBLISH:
                self._drop_draft(row)
            refresh_letters(self._database, (row.review_id,))
            assert cursor.lastrowid is not None
            return replace(row, id=cursor.lastrowid)

    def _drop_draft(self, row: OutboxRow) -> None:
        draft = self.drafts.get(row.review_id)
        if draft is None:
            return
        # What was typed since the draft was saved is in the row alone, so its beginning counts as the same.
        if not row.text.startswith(freeze(draft.text)):
            self.drafts.keep(row.review_id, row.app_id, draft.text, row.changed_at)
        self._database.execute("DELETE FROM user.draft WHERE review_id = ?", (row.review_id,))

    def take_back(self, row: OutboxRow, now: datetime) -> bool:
        """Makes a queued, held or failed row's text a draft again; a newer draft stays, ours beside it."""
        with self._database.write():
            if not self._put(row, decisions.taken_back(row, now)):
                return False
            if row.text and self.drafts.get(row.review_id) is not None:
                self.drafts.keep(row.review_id, row.app_id, row.text, now)
            elif row.text:
                draft = Draft(row.review_id, row.text, now, row.seen or row.base, row.by)
                self.drafts.save(draft, row.app_id)
            refresh_letters(self._database, (row.review_id,))
        return True

    # --- reading ---

    def _rows(self, where: str, *values: object, order: str = "o.id") -> list[OutboxRow]:
        records = self._database.execute(
            f"SELECT {SELECTED} FROM user.outbox o WHERE {where} ORDER BY {order}", values
        )
        return [row_from(record) for record in records]

    def get(self, number: int) -> OutboxRow | None:
        """The row with this id."""
        return next(iter(self._rows("o.id = ?", number)), None)

    def latest(self, review_id: str) -> OutboxRow | None:
        """The last intention for a review, whatever became of it."""
        return next(iter(self._rows("o.review_id = ?", review_id, order="o.id DESC LIMIT 1")), None)

    def later(self, row: OutboxRow) -> list[OutboxRow]:
        """The later intentions for the same review, in order."""
        return self._rows("o.review_id = ? AND o.id > ?", row.review_id, row.id)

    def put_since(self, review_id: str, since: datetime) -> OutboxRow | None:
        """The first intention for a review that Apple took after `since`."""
        rows = self._rows("o.review_id = ? AND o.accepted_at > ?", review_id, seconds(since))
        return min(rows, key=lambda row: row.accepted_at or since, default=None)

    def open_rows(self) -> list[OutboxRow]:
        """What is on its way, held or failed, in the order in which it was confirmed."""
        return self._rows(f"o.state IN {_OPEN}")

    def unfinished(self) -> list[OutboxRow]:
        """What a sender has to look after: everything open that no person has to decide about."""
        return self._rows(f"o.state IN {_MOVING} OR o.state = 'pending_publish'")

    def finished(self, since: datetime) -> list[OutboxRow]:
        """What came to an end since then, the last first."""
        return self._rows(
            f"o.changed_at >= ? AND o.state NOT IN {_OPEN}",
            seconds(since),
            order="o.changed_at DESC, o.id DESC",
        )

    def due(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """Queued rows whose time has come and whose account is not paused, in the order of confirmation."""
        return self._rows(
            "o.state = 'queued' AND o.send_after <= ?1 AND (?2 IS NULL OR o.review_id = ?2)"
            " AND NOT EXISTS (SELECT 1 FROM user.outbox_pause p WHERE p.account_id = o.account_id"
            " AND p.credential = o.credential"
            " AND (p.until IS NULL OR (p.until > ?1 AND p.until < ?1 + 3600)))",
            seconds(now),
            review_id,
            order="o.send_after, o.id",
        )

    def to_settle(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """Unknown rows whose next look is due and that nobody looks at."""
        return self._rows(
            "o.state = 'unknown' AND o.check_after <= ?1 AND o.lease_owner = ''"
            " AND (?2 IS NULL OR o.review_id = ?2)",
            seconds(now),
            review_id,
            order="o.check_after, o.id",
        )

    def to_poll(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """Accepted rows whose next look is due."""
        return self._rows(
            "o.state = 'pending_publish' AND o.check_after <= ?1 AND (?2 IS NULL OR o.review_id = ?2)",
            seconds(now),
            review_id,
            order="o.check_after, o.id",
        )

    def next_moment(self, now: datetime) -> datetime | None:
        """When something has to be done next; in the past when it is overdue."""
        return moment(
            self._database.one(
                "SELECT min(at) FROM ("
                " SELECT min(o.send_after) AS at FROM user.outbox o WHERE o.state = 'queued' AND NOT EXISTS"
                "  (SELECT 1 FROM user.outbox_pause p WHERE p.account_id = o.account_id"
                "   AND p.credential = o.credential AND (p.until IS NULL OR p.until > ?1))"
                " UNION ALL SELECT min(check_after) FROM user.outbox"
                "  WHERE state IN ('unknown', 'pending_publish') AND lease_owner = ''"
                " UNION ALL SELECT min(lease_until) FROM user.outbox WHERE lease_owner <> ''"
                " UNION ALL SELECT min(until) FROM user.outbox_pause WHERE until > ?1)",
                seconds(now),
            )
        )

    def last_put(self, review_id: str) -> OutboxRow | None:
        """What we last put or removed at Apple for this review."""
        rows = self._rows(
            "o.review_id = ? AND o.accepted_at IS NOT NULL",
            review_id,
            order="o.accepted_at DESC, o.id DESC LIMIT 1",
        )
        return next(iter(rows), None)

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

    def recent_texts(self, since: datetime) -> list[tuple[str, str]]:
        """(review id, text) of what was confirmed since then and not taken back."""
        records = self._database.execute(
            "SELECT review_id, text FROM user.outbox WHERE queued_at >= ? AND kind = 'publish'"
            " AND state NOT IN ('undone', 'superseded', 'dropped')",
            (seconds(since),),
        )
        return [(review_id, text) for review_id, text in records]

    def templates_used(self, since: datetime) -> dict[str, int]:
        """How often each template was sent since then."""
        records = self._database.execute(
            "SELECT template, count(*) FROM user.outbox WHERE queued_at >= ? AND template <> ''"
            " AND state NOT IN ('undone', 'dropped') GROUP BY template",
            (seconds(since),),
        )
        return dict(records.fetchall())

    def altered(self) -> list[str]:
        """Ids of reviews whose open reply or draft is no longer the text that was written down."""
        rows = [row.review_id for row in self.open_rows() if not row.intact]
        return rows + self.drafts.altered()

    # --- many rows ---

    def move_all(self, step: Callable[[OutboxRow], OutboxRow | None]) -> list[OutboxRow]:
        """Takes `step` with every unfinished row for which it gives a next one; returns those that moved."""
        moved = []
        for row in self.unfinished():
            after = step(row)
            if after is not None and self.write(row, after):
                moved.append(after)
        return moved

    def of_earlier_sessions(self, is_gone: Callable[[str], bool], session: str) -> list[OutboxRow]:
        """Queued rows whose program has ended."""
        rows = self._rows("o.state = 'queued' AND o.session <> ?", session)
        return [row for row in rows if is_gone(row.session)]

    # --- accounts ---

    def pause(self, pause: Pause) -> None:
        """Stops sending for an account."""
        with self._database.write():
            self._database.execute(
                "INSERT INTO user.outbox_pause (account_id, credential, until, reason) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (account_id) DO UPDATE SET credential = excluded.credential,"
                " until = excluded.until, reason = excluded.reason",
                (pause.account_id, pause.credential, seconds(pause.until), pause.reason),
            )

    def resume(self, account_id: int) -> bool:
        """Lets an account send again; True when it was paused."""
        if not self._database.one("SELECT 1 FROM user.outbox_pause WHERE account_id = ?", account_id):
            return False
        with self._database.write():
            self._database.execute("DELETE FROM user.outbox_pause WHERE account_id = ?", (account_id,))
        return True

    def pauses(self, now: datetime) -> dict[int, Pause]:
        """The accounts that send nothing now."""
        records = self._database.execute(
            "SELECT account_id, credential, until, reason FROM user.outbox_pause"
            " WHERE until IS NULL OR (until > ?1 AND until < ?1 + 3600)",
            (seconds(now),),
        )
        return {number: Pause(number, cred, moment(until), why) for number, cred, until, why in records}
