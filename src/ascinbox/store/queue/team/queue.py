"""A team's queue: acts as calls of the database's functions, and the replica with them.

What an act changed is in the replica when the verb returns. What only one person sees (read, opened, places,
discarded texts) stays in user.db; drafts are written there first and sent later: typing waits for nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from ascinbox.core.clock import Clock, from_epoch
from ascinbox.core.outbox.states import Draft, Kind, OutboxRow, Rules, body_hash, freeze
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.team import Level, TeamNote
from ascinbox.store.cache.review_state import refresh_states
from ascinbox.store.database import Database
from ascinbox.store.hot.outbox import OutboxReads
from ascinbox.store.hot.outbox_rows import seconds, values_of
from ascinbox.store.hot.team import TeamReads
from ascinbox.store.queue import marks, notes, outbox, texts
from ascinbox.store.queue.local import LocalQueue
from ascinbox.store.queue.port import Busy, Editing, LongAct, Pause, Undone
from ascinbox.store.queue.team import offline
from ascinbox.store.queue.team.calls import TeamCalls
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.errors import NotAllowed, OnItsWay, TeamOffline
from ascinbox.store.queue.team.facts import OF_MEMBERS
from ascinbox.store.queue.team.has_to_wait import has_to_wait, named_for
from ascinbox.store.queue.team.marking import TeamMarks
from ascinbox.store.queue.team.pending import PendingActs
from ascinbox.store.queue.team.replica import Applied, Replica
from ascinbox.store.queue.team.unknown import (
    ARRIVED,
    NOT_ARRIVED,
    AskedAct,
    UnknownActs,
    of_moved,
    of_queued,
)

RENEW_CLAIM_S = 5.0
"""Typing renews a claim, but not with each word: everybody hears of it."""

log = logging.getLogger("ascinbox.team")


class Works(Protocol):
    """What a worker knows of accounts, by their numbers in this home."""

    def works_on(self, number: int) -> bool:
        """Whether the account is this worker's now."""

    def team_account(self, number: int) -> int:
        """The team's number of it."""

    def local_account(self, number: int) -> int:
        """The other way round; 0 where this home has none."""


class TeamQueue:
    """The `Queue` of a team, on the store's thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        session: TeamSession,
        me: str,
        *,
        worker: Works | None = None,
    ) -> None:
        """`me`: the login. `worker`: what this program sends for; None for a member, who never sends."""
        self._database = database
        self._clock = clock
        self._worker = worker
        self._me = me
        if worker is None:
            self.replica = Replica(database, clock, me, facts=OF_MEMBERS)
        else:
            self.replica = Replica(database, clock, me, local_account=worker.local_account)
        self._local = LocalQueue(database, clock, self._me)
        self._outbox = OutboxReads(database)
        self._renew_at: dict[tuple[str, str], float] = {}
        self._calls = TeamCalls(session, self.replica)
        self.unknown = UnknownActs()
        """What was asked without an answer."""
        self._marks = TeamMarks(database, clock, self._calls)
        self.pending = PendingActs(database, clock, self._calls, self._marks)
        """What waits for the database."""

    def catch_up(self) -> Applied:
        """Fetches what others did, now."""
        return self._calls.catch_up()

    def take_applied(self) -> Applied:
        """What acts changed since this was last asked, for events."""
        return self._calls.take_applied()

    # --- marks on reviews ---

    def in_parts(self) -> bool:
        """See `Queue`. An act is one call of the database."""
        return False

    def mark(self, changes: Mapping[str, MarkChange], part_of: LongAct | None = None) -> tuple[str, ...]:
        """See `Queue`."""
        del part_of
        return self._marks.mark(changes)

    def done(self, ids: Iterable[str], done: bool = True) -> tuple[str, ...]:
        """See `Queue`."""
        return self.mark(dict.fromkeys(ids, MarkChange(done=done)))

    def snooze(self, ids: Iterable[str], until: datetime | None) -> tuple[str, ...]:
        """See `Queue`."""
        return self.mark(dict.fromkeys(ids, MarkChange(snooze=until, wake=until is None)))

    def wake(self, now: datetime) -> tuple[str, ...]:
        """See `Queue`. Each replica does it by the server's clock; nothing is sent."""
        return self._local.wake(now)

    def assign(self, ids: Iterable[str], assignee: str) -> tuple[str, ...]:
        """See `Queue`."""
        return self.mark(dict.fromkeys(ids, MarkChange(assign=assignee)))

    def tag(self, ids: Iterable[str], add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
        """See `Queue`."""
        return self.mark(dict.fromkeys(ids, MarkChange(tag=tuple(add), untag=tuple(remove))))

    def flag(self, ids: Iterable[str], flagged: bool = True) -> tuple[str, ...]:
        """See `Queue`."""
        return self.mark(dict.fromkeys(ids, MarkChange(flag=flagged)))

    def read(self, ids: Iterable[str], read: bool = True) -> tuple[str, ...]:
        """See `Queue`. Each person's own: nothing is sent."""
        return self.mark(dict.fromkeys(ids, MarkChange(read=read)))

    def note(self, review_id: str, text: str) -> tuple[str, ...]:
        """See `Queue`."""
        return self.mark({review_id: MarkChange(note=text)})

    def add_note(self, note: TeamNote) -> bool:
        """See `Queue`. The author is whoever is connected."""
        try:
            answer = self._calls.act("add_note", note.id, note.review_id, note.body, note.at.timestamp())
        except TeamOffline:
            with self._database.write():
                if not notes.add(self._database, replace(note, author=self._me)):
                    return False
                wanted = {"id": note.id, "body": note.body}
                offline.remember(self._database, "note", note.review_id, wanted, {}, note.at)
                refresh_states(self._database, (note.review_id,))
            self._calls.send_soon()
            return True
        return bool(answer["added"])

    def opened(self, ids: Iterable[str]) -> tuple[str, ...]:
        """See `Queue`. Each person's own: nothing is sent."""
        now = int(self._clock.now().timestamp())
        return self._marks.mark_own(
            ids, lambda _, m: replace(m, opened_at=m.opened_at if m.opened_at is not None else now, read=True)
        )

    def undo_last(self, part_of: LongAct | None = None) -> Undone | None:
        """See `Queue`. The last act of this person; what others changed since stays as they left it. An act
        that waits here is taken back here."""
        if part_of is not None:
            part_of.ended = True
        if (waited := self._marks.take_back()) is not None:
            return waited
        last = marks.last_batch(self._database)

        def look() -> tuple[bool, str]:
            if marks.last_batch(self._database) == last:
                return False, f"{NOT_ARRIVED}: your last act stands"
            return True, f"{ARRIVED}: your last act is taken back"

        try:
            with self.unknown.watching(AskedAct("undo_last", (), look)):
                undone = self._calls.act("undo_last")["undone"]
        except TeamOffline:
            if last is None:
                return None
            raise
        if undone is None:
            return None
        return Undone(undone["verb"], tuple(undone["ids"]), from_epoch(undone["at"]))

    def forget_acts(self) -> None:
        """See `Queue`."""
        self._calls.act("forget_acts")

    def record(self, verb: str, subject: str, detail: str, reviews: Sequence[str] = ()) -> None:
        """See `Queue`. The database has acts on reviews only by their verbs: others name them in words."""
        if reviews:
            detail = f"{detail} (review {', '.join(reviews)})"
        if self._database.read_only:
            return
        try:
            self._calls.act("record", verb, subject, detail)
        except (TeamOffline, NotAllowed) as error:
            log.info("not noted for Activity: %s: %s", verb, error)

    def tells(self, messages: Sequence[str]) -> Collection[str]:
        """See `Queue`. The home that asks first tells it, and after a kill still does."""
        found: list[str] = self._calls.ask("tells", self.replica.home(), list(messages))
        return frozenset(found)

    def save_place(self, view: str, value: dict[str, Any]) -> None:
        """See `Queue`. Each person's own."""
        self._local.save_place(view, value)

    # --- texts that have not left the editor ---

    def save_draft(self, draft: Draft, app_id: str) -> None:
        """See `Queue`. Sent by `pending.send`."""
        with self._database.write():
            self._note_draft(draft.review_id)
            self._local.save_draft(replace(draft, by=self._me), app_id)

    def discard_draft(self, review_id: str, now: datetime) -> bool:
        """See `Queue`. Sent by `pending.send`."""
        with self._database.write():
            if texts.draft_of(self._database, review_id) is not None:
                self._note_draft(review_id)
            return self._local.discard_draft(review_id, now)

    def _note_draft(self, review_id: str) -> None:
        """Notes that the draft has to be sent, and what the database is thought to have."""
        self.pending.try_again()
        if offline.unsent_draft(self._database, review_id) is None:
            had = texts.draft_of(self._database, review_id)
            seen = {"sha256": "" if had is None else body_hash(had[1])}
            offline.remember(self._database, "draft", review_id, {}, seen, self._clock.now())

    def keep_text(self, review_id: str, app_id: str, text: str, now: datetime) -> None:
        """See `Queue`. Each person's own."""
        self._local.keep_text(review_id, app_id, text, now)

    def claim(
        self,
        review_id: str,
        owner: str,
        who: str,  # noqa: ARG002 (whoever is connected)
        now: datetime,
        lasts: timedelta,
    ) -> Editing | None:
        """See `Queue`. Whose it is and until when, the database says."""
        try:
            return self._claim(review_id, owner, now, lasts, take=False)
        except TeamOffline:
            if (number := offline.unsent_draft(self._database, review_id)) is not None:
                with self._database.write():
                    offline.ask_when_online(self._database, number)
            raise

    def take_over(
        self,
        review_id: str,
        owner: str,
        who: str,  # noqa: ARG002 (whoever is connected)
        now: datetime,
        lasts: timedelta,
    ) -> Editing | None:
        """See `Queue`."""
        return self._claim(review_id, owner, now, lasts, take=True)

    def _claim(
        self, review_id: str, owner: str, now: datetime, lasts: timedelta, *, take: bool
    ) -> Editing | None:
        at = now.timestamp()
        if not take and at < self._renew_at.get((review_id, owner), 0.0) and self._is_ours(review_id, owner):
            return None
        with self._taking_over(review_id, owner) if take else nullcontext():
            answer = self._calls.act("claim", review_id, owner, lasts.total_seconds(), take)
        held = answer["held"]
        if held is None or take:
            self._renew_at[review_id, owner] = at + RENEW_CLAIM_S
        if held is None:
            if take:
                # Whoever wrote there has left: with what, the next look has to know.
                self._calls.catch_up()
            return None
        return Editing(review_id, held["owner"], held["who"], from_epoch(held["since"]))

    def _taking_over(self, review_id: str, owner: str) -> AbstractContextManager[None]:
        def look() -> tuple[bool, str]:
            if self._is_ours(review_id, owner):
                return True, f"{ARRIVED}: you write there now"
            return False, f"{NOT_ARRIVED}: nothing was taken over"

        return self.unknown.watching(AskedAct("claim", (review_id,), look))

    def _is_ours(self, review_id: str, owner: str) -> bool:
        row = self._database.execute(
            "SELECT owner, who FROM user.editing WHERE review_id = ?", (review_id,)
        ).fetchone()
        return row is not None and tuple(row) == (owner, self._me)

    def release(self, review_id: str, owner: str) -> None:
        """See `Queue`. Offline it runs out by itself."""
        self._renew_at.pop((review_id, owner), None)
        try:
            self._calls.act("release", review_id, owner)
        except TeamOffline:
            log.info("the claim of %s runs out by itself", review_id)

    # --- replies on their way ---

    def queue(self, row: OutboxRow) -> OutboxRow:
        """See `Queue`."""
        return self.queue_all([row])[0]

    def queue_all(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """See `Queue`. Times and state are the database's: some replies wait for a publisher."""
        if not rows:
            return []
        try:
            what = "queue" if rows[0].kind is Kind.PUBLISH else "withdraw"
            reviews, note = tuple(row.review_id for row in rows), partial(self.pending.note_asked, rows)
            asked = AskedAct(what, reviews, lambda: self._look_queued(rows), note)
            waits = named_for(what, TeamReads(self._database).standing(self._me))
            with self.unknown.watching(asked):
                answer = self._calls.ask("queue", [self._values(row) for row in rows], what=waits)
        except OnItsWay as error:
            self._calls.catch_up()
            found = self._outbox.get(error.row_id)
            if found is None:
                raise
            raise Busy(found) from None
        with self._database.write():
            for row in rows:
                if row.kind is Kind.PUBLISH:
                    self._drop_draft(row)
            self._calls.take(answer["rows"])
        queued = [self._outbox.get(int(number)) for number in answer["ids"]]
        assert all(row is not None for row in queued)
        return [row for row in queued if row is not None]

    def _look_queued(self, rows: Sequence[OutboxRow]) -> tuple[bool, str]:
        arrived = [self._outbox.of_operation(row.op_id) for row in rows]
        with self._database.write():
            for row in rows:
                if row.kind is Kind.PUBLISH and any(arrived):
                    self._drop_draft(row)
                    refresh_states(self._database, (row.review_id,))
        return of_queued(arrived)

    def _watching(self, act: str, row: OutboxRow) -> AbstractContextManager[None]:
        """While an act on a reply is asked of the database."""
        look = partial(self._look_moved, row)
        return self.unknown.watching(AskedAct(act, (row.review_id,), look))

    def _look_moved(self, row: OutboxRow) -> tuple[bool, str]:
        return of_moved(row, self._outbox.get(row.id))

    def _drop_draft(self, row: OutboxRow) -> None:
        found = texts.draft_of(self._database, row.review_id)
        if found is not None and not row.text.startswith(freeze(found[1])):
            texts.keep_text(self._database, row.review_id, row.app_id, found[1], self._clock.now())
        texts.remove_draft(self._database, row.review_id)
        if (number := offline.unsent_draft(self._database, row.review_id)) is not None:
            offline.drop(self._database, number)

    def approve(
        self,
        row: OutboxRow,
        sha256: str,
        now: datetime,  # noqa: ARG002 (the database's clock)
        rules: Rules,
    ) -> OutboxRow | None:
        """See `Queue`."""
        with self._watching("approve", row):
            answer = self._calls.act("approve", row.id, sha256, rules.undo_s)
        if not answer["approved"]:
            self._calls.catch_up()
            return None
        return self._outbox.get(row.id)

    def send_back(self, row: OutboxRow, note: TeamNote | None, now: datetime) -> bool:
        """See `Queue`."""
        told = {} if note is None else {"id": note.id, "body": note.body}
        return self._take_back(row, now, back=True, note=told)

    def take_back(self, row: OutboxRow, now: datetime) -> bool:
        """See `Queue`."""
        return self._take_back(row, now, back=False, note={})

    def _take_back(self, row: OutboxRow, now: datetime, *, back: bool, note: dict[str, Any]) -> bool:
        what = "send_back" if back else "take_back"
        if not back or row.by == self._me:
            try:
                self.pending.send_draft(row.review_id)
            except TeamOffline as error:
                raise has_to_wait(what, error) from error
        asked = (row.id, row.version, str(row.phase), back, note or None)
        with self._watching(what, row):
            answer = self._calls.act("take_back", *asked, what=what)
        if not answer["moved"]:
            self._calls.catch_up()
            return False
        if not answer["kept"] and (not back or row.by == self._me):
            texts_kept = (row.review_id, row.app_id, row.text, now)
            self._local.keep_text(*texts_kept)
        return True

    def move(self, old: OutboxRow, new: OutboxRow) -> bool:
        """See `Queue`."""
        asked = (old.id, old.version, str(old.phase), old.lease_owner, self._values(new))
        with self._watching("move", old):
            answer = self._calls.act("move", *asked)
        if not answer["moved"]:
            self._calls.catch_up()
        return bool(answer["moved"])

    def move_all(self, step: Callable[[OutboxRow], OutboxRow | None]) -> list[OutboxRow]:
        """See `Queue`."""
        moved = []
        for row in self._ours(outbox.unfinished):
            after = step(row)
            if after is not None and self.move(row, after):
                moved.append(after)
        return moved

    def pause(self, pause: Pause) -> None:
        """See `Queue`."""
        number = self._team_account(pause.account_id)
        self._calls.act("pause", number, pause.credential, seconds(pause.until), pause.reason)

    def resume(self, account_id: int) -> bool:
        """See `Queue`. A pause is a publisher's to end: for others it stays."""
        if not outbox.is_paused(self._database, account_id) or self._my_level() is Level.REPLIER:
            return False
        return bool(self._calls.act("resume", self._team_account(account_id))["resumed"])

    # --- what the sender and the checks of a reply ask ---

    def due(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """See `Queue`. Nothing for a member, and for a worker only of accounts that it works on."""
        return self._ours(lambda database: outbox.due(database, now, review_id), fresh=True)

    def to_settle(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """See `due`."""
        return self._ours(lambda database: outbox.to_settle(database, now, review_id))

    def to_poll(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """See `due`."""
        return self._ours(lambda database: outbox.to_poll(database, now, review_id))

    def of_earlier_sessions(self, is_gone: Callable[[str], bool], session: str) -> list[OutboxRow]:
        """See `due`."""
        rows = self._ours(lambda database: outbox.of_other_sessions(database, session))
        return [row for row in rows if is_gone(row.session)]

    def _ours(self, read: Callable[[Database], list[OutboxRow]], *, fresh: bool = False) -> list[OutboxRow]:
        worker = self._worker
        if worker is None:
            return []
        if fresh:
            self._calls.catch_up()
        return [row for row in read(self._database) if worker.works_on(row.account_id)]

    def next_moment(self, now: datetime) -> datetime | None:
        """See `Queue`."""
        return None if self._worker is None else outbox.next_moment(self._database, now)

    def last_put(self, review_id: str) -> OutboxRow | None:
        """See `Queue`."""
        return outbox.last_put(self._database, review_id)

    def put_since(self, review_id: str, since: datetime) -> OutboxRow | None:
        """See `Queue`."""
        return outbox.put_since(self._database, review_id, since)

    def recent_texts(self, since: datetime) -> list[tuple[str, str]]:
        """See `Queue`."""
        return outbox.recent_texts(self._database, since)

    def templates_used(self, since: datetime) -> dict[str, int]:
        """See `Queue`."""
        return outbox.templates_used(self._database, since)

    def _my_level(self) -> Level | None:
        """As the replica knows it."""
        level = self._database.one("SELECT level FROM user.member WHERE name = ?", self._me)
        return None if level is None else Level(level)

    def _team_account(self, number: int) -> int:
        return number if self._worker is None else self._worker.team_account(number)

    def _values(self, row: OutboxRow) -> dict[str, Any]:
        return {**values_of(row), "account_id": self._team_account(row.account_id)}
