"""One person's queue: acts as transactions over user.db."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ascinbox.core.clock import Clock, to_epoch
from ascinbox.core.outbox import decisions
from ascinbox.core.outbox.states import Draft, Kind, OutboxRow, Phase, Rules, body_hash, freeze
from ascinbox.core.reviews.acts import Act, MarkChange
from ascinbox.core.team import TeamNote
from ascinbox.store.cache.review_state import refresh_states
from ascinbox.store.database import Database
from ascinbox.store.queue import acts, marks, notes, outbox, texts
from ascinbox.store.queue.marks import Marks
from ascinbox.store.queue.port import Busy, Editing, LongAct, Pause, Undone

_AT_ONCE = 500
_ACCEPTED = (Phase.PENDING, Phase.PUBLISHED, Phase.WITHDRAWN)


class LocalQueue:
    """The `Queue` of user.db. What lists show of an act goes into cache.db in the same transaction."""

    def __init__(self, database: Database, clock: Clock, me: str = "") -> None:
        self._database = database
        self._clock = clock
        self._me = me

    def catch_up(self) -> None:
        """See `Queue`. Nothing is elsewhere."""

    # --- marks on reviews ---

    def in_parts(self) -> bool:
        """See `Queue`."""
        return True

    def mark(self, changes: Mapping[str, MarkChange], part_of: LongAct | None = None) -> tuple[str, ...]:
        """See `Queue`."""
        parts = dict.fromkeys(part for change in dict.fromkeys(changes.values()) for part in change.parts)
        verb = ", ".join(verb for verb, _ in parts)
        detail = ", ".join(detail for _, detail in parts if detail)
        now = self._now()
        # Most reviews of a long act have the same marks, none.
        known: dict[tuple[Marks, MarkChange], Marks] = {}

        def changed(review_id: str, before: Marks) -> Marks:
            key = before, changes[review_id]
            if (after := known.get(key)) is None:
                after = known[key] = marks.marked(*key, now)
            return after

        return self._mark(verb, detail, changes, changed, part_of)

    def done(self, ids: Iterable[str], done: bool = True) -> tuple[str, ...]:
        """See `Queue`."""
        return self.mark(dict.fromkeys(ids, MarkChange(done=done)))

    def snooze(self, ids: Iterable[str], until: datetime | None) -> tuple[str, ...]:
        """See `Queue`."""
        return self.mark(dict.fromkeys(ids, MarkChange(snooze=until, wake=until is None)))

    def wake(self, now: datetime) -> tuple[str, ...]:
        """See `Queue`."""
        if self._database.read_only or not marks.is_any_due(self._database, now):
            return ()
        with self._database.write():
            ids = marks.wake_due(self._database, now)
            refresh_states(self._database, ids)
        return ids

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
        """See `Queue`."""
        return self.mark(dict.fromkeys(ids, MarkChange(read=read)))

    def note(self, review_id: str, text: str) -> tuple[str, ...]:
        """See `Queue`."""
        return self.mark({review_id: MarkChange(note=text)})

    def add_note(self, note: TeamNote) -> bool:
        """See `Queue`."""
        with self._database.write():
            if not notes.add(self._database, note):
                return False
            self._put_act("note", "added", (note.review_id,))
            refresh_states(self._database, (note.review_id,))
        return True

    def opened(self, ids: Iterable[str]) -> tuple[str, ...]:
        """See `Queue`."""
        now = self._now()
        return self._mark(
            "",
            "",
            ids,
            lambda _, m: replace(m, opened_at=m.opened_at if m.opened_at is not None else now, read=True),
        )

    def undo_last(self, part_of: LongAct | None = None) -> Undone | None:
        """See `Queue`."""
        act = part_of or LongAct()
        begun = act.number is not None
        with self._database.write():
            if not begun:
                act.number = marks.last_batch(self._database)
                act.key = acts.act_of(self._database, act.number)
            undone = None
            if act.number is not None and acts.act_of(self._database, act.number) == act.key:
                undone = marks.take_back(self._database, act.number, act.part if part_of else None)
            if undone is not None:
                refresh_states(self._database, undone.review_ids)
                if begun:
                    acts.add_to(self._database, act.told_in, undone.review_ids)
                else:
                    act.told_in = self._put_act("undo", undone.verb, undone.review_ids)
            act.ended = undone is None or not marks.is_noted(self._database, act.number)
        return undone

    def forget_acts(self) -> None:
        """See `Queue`."""
        with self._database.write():
            marks.forget_acts(self._database)

    def save_place(self, view: str, value: dict[str, Any]) -> None:
        """See `Queue`."""
        with self._database.write():
            marks.put_place(self._database, view, value, self._now())

    def record(self, verb: str, subject: str, detail: str, reviews: Sequence[str] = ()) -> None:
        """See `Queue`."""
        if self._database.read_only:
            return
        with self._database.write():
            self._put_act(verb, detail, reviews, subject=subject)

    def tells(self, messages: Sequence[str]) -> Collection[str]:
        """See `Queue`."""
        return messages

    def _mark(
        self,
        verb: str,
        detail: str,
        ids: Iterable[str],
        change: Callable[[str, Marks], Marks],
        part_of: LongAct | None = None,
    ) -> tuple[str, ...]:
        """Changes the marks; `verb` names the act for undo and Activity, an empty one keeps it out."""
        wanted = list(dict.fromkeys(ids))
        changed: list[str] = []
        act = part_of or LongAct()
        with self._database.write():
            if act.number is not None and not self._goes_on(act):
                act.ended = True
                return ()
            batch = act.number if act.number is not None else marks.next_batch(self._database)
            for start in range(0, len(wanted), _AT_ONCE):
                part = wanted[start : start + _AT_ONCE]
                current = marks.marks_of(self._database, part)
                pairs = {i: (before := current.get(i, Marks()), change(i, before)) for i in part}
                changes = {i: pair for i, pair in pairs.items() if pair[0] != pair[1]}
                if not changes:
                    continue
                marks.put_marks(self._database, {i: after for i, (_, after) in changes.items()})
                if verb:
                    marks.note_act(self._database, batch, verb, changes, self._now())
                changed += changes
            if verb and changed and act.number is not None:
                acts.add_to(self._database, act.told_in, changed)
            elif verb and changed:
                act.key = act.told_in = self._put_act(verb, detail, changed, batch=batch)
                act.number = batch
            refresh_states(self._database, changed)
        return tuple(changed)

    def _goes_on(self, act: LongAct) -> bool:
        """Whether it was not taken back since its last part."""
        is_same = act.key is not None and acts.act_of(self._database, act.number) == act.key
        return is_same and marks.is_noted(self._database, act.number)

    def _put_act(
        self, verb: str, detail: str, ids: Sequence[str] = (), *, subject: str = "", batch: int | None = None
    ) -> int | None:
        act = Act(self._clock.now(), self._me, verb, subject, detail, tuple(ids))
        return acts.put_act(self._database, act, batch)

    # --- texts that have not left the editor ---

    def save_draft(self, draft: Draft, app_id: str) -> None:
        """See `Queue`."""
        with self._database.write():
            texts.put_draft(self._database, draft, app_id)
            refresh_states(self._database, (draft.review_id,))

    def discard_draft(self, review_id: str, now: datetime) -> bool:
        """See `Queue`."""
        with self._database.write():
            found = texts.draft_of(self._database, review_id)
            if found is not None and found[1].strip():
                texts.keep_text(self._database, review_id, *found, now)
            texts.remove_draft(self._database, review_id)
            refresh_states(self._database, (review_id,))
            texts.forget_old_texts(self._database, now)
        return found is not None

    def keep_text(self, review_id: str, app_id: str, text: str, now: datetime) -> None:
        """See `Queue`."""
        with self._database.write():
            texts.keep_text(self._database, review_id, app_id, text, now)

    def claim(self, review_id: str, owner: str, who: str, now: datetime, lasts: timedelta) -> Editing | None:
        """See `Queue`."""
        with self._database.write():
            return texts.claim(self._database, review_id, owner, who, now, lasts)

    def take_over(
        self, review_id: str, owner: str, who: str, now: datetime, lasts: timedelta
    ) -> Editing | None:
        """See `Queue`."""
        with self._database.write():
            before = texts.claim(self._database, review_id, owner, who, now, lasts)
            if before is not None:
                texts.release(self._database, review_id, before.owner)
                texts.claim(self._database, review_id, owner, who, now, lasts)
        return before

    def release(self, review_id: str, owner: str) -> None:
        """See `Queue`."""
        with self._database.write():
            texts.release(self._database, review_id, owner)

    # --- replies on their way ---

    def queue(self, row: OutboxRow) -> OutboxRow:
        """See `Queue`."""
        with self._database.write():
            for other in outbox.open_of(self._database, row.review_id):
                if other.phase in (Phase.SENDING, Phase.UNKNOWN):
                    raise Busy(other)
                if other.phase is not Phase.PENDING:
                    outbox.put(self._database, other, decisions.superseded(other, row.changed_at))
            number = outbox.add(self._database, row)
            if row.kind is Kind.PUBLISH:
                self._drop_draft(row)
            refresh_states(self._database, (row.review_id,))
        return replace(row, id=number)

    def queue_all(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """See `Queue`."""
        with self._database.write():
            return [self.queue(row) for row in rows]

    def approve(self, row: OutboxRow, sha256: str, now: datetime, rules: Rules) -> OutboxRow | None:
        """See `Queue`."""
        if row.phase is not Phase.WAITING or body_hash(row.text) != sha256:
            return None
        after = decisions.approved(row, now, rules)
        return after if self.move(row, after) else None

    def send_back(self, row: OutboxRow, note: TeamNote | None, now: datetime) -> bool:
        """See `Queue`."""
        with self._database.write():
            if row.phase not in (Phase.WAITING, Phase.QUEUED) or not self.take_back(row, now):
                return False
            if note is not None:
                self.add_note(note)
        return True

    def _drop_draft(self, row: OutboxRow) -> None:
        found = texts.draft_of(self._database, row.review_id)
        if found is None:
            return
        # What was typed since the draft was saved is in the row alone, so its beginning counts as the same.
        if not row.text.startswith(freeze(found[1])):
            texts.keep_text(self._database, row.review_id, row.app_id, found[1], row.changed_at)
        texts.remove_draft(self._database, row.review_id)

    def move(self, old: OutboxRow, new: OutboxRow) -> bool:
        """See `Queue`."""
        with self._database.write():
            if not outbox.put(self._database, old, new):
                return False
            if new.phase in _ACCEPTED and new.phase is not old.phase:
                for row in outbox.accepted_beside(self._database, new):
                    outbox.put(self._database, row, decisions.superseded(row, new.changed_at))
            refresh_states(self._database, (new.review_id,))
        return True

    def move_all(self, step: Callable[[OutboxRow], OutboxRow | None]) -> list[OutboxRow]:
        """See `Queue`."""
        moved = []
        for row in outbox.unfinished(self._database):
            after = step(row)
            if after is not None and self.move(row, after):
                moved.append(after)
        return moved

    def take_back(self, row: OutboxRow, now: datetime) -> bool:
        """See `Queue`."""
        with self._database.write():
            if not outbox.put(self._database, row, decisions.taken_back(row, now)):
                return False
            if row.text and texts.draft_of(self._database, row.review_id) is not None:
                texts.keep_text(self._database, row.review_id, row.app_id, row.text, now)
            elif row.text:
                draft = Draft(row.review_id, row.text, now, row.seen or row.base, row.by)
                texts.put_draft(self._database, draft, row.app_id)
            refresh_states(self._database, (row.review_id,))
        return True

    def pause(self, pause: Pause) -> None:
        """See `Queue`."""
        with self._database.write():
            outbox.pause(self._database, pause)

    def resume(self, account_id: int) -> bool:
        """See `Queue`."""
        if not outbox.is_paused(self._database, account_id):
            return False
        with self._database.write():
            outbox.resume(self._database, account_id)
        return True

    # --- what the sender and the checks of a reply ask ---

    def due(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """See `Queue`."""
        return outbox.due(self._database, now, review_id)

    def to_settle(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """See `Queue`."""
        return outbox.to_settle(self._database, now, review_id)

    def to_poll(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """See `Queue`."""
        return outbox.to_poll(self._database, now, review_id)

    def of_earlier_sessions(self, is_gone: Callable[[str], bool], session: str) -> list[OutboxRow]:
        """See `Queue`."""
        rows = outbox.of_other_sessions(self._database, session)
        return [row for row in rows if is_gone(row.session)]

    def next_moment(self, now: datetime) -> datetime | None:
        """See `Queue`."""
        return outbox.next_moment(self._database, now)

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

    def _now(self) -> int:
        return to_epoch(self._clock.now())
