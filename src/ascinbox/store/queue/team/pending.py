"""What waits for a team's database: drafts and acts made offline, sent when it can be reached again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ascinbox.core.clock import Clock
from ascinbox.core.outbox.states import Kind, OutboxRow, body_hash, freeze
from ascinbox.store.cache.review_state import refresh_states
from ascinbox.store.database import Database
from ascinbox.store.hot.outbox import OutboxReads
from ascinbox.store.queue import marks, texts
from ascinbox.store.queue.team import offline
from ascinbox.store.queue.team.calls import TeamCalls
from ascinbox.store.queue.team.errors import NotAllowed, Refused, TeamError, TeamOffline
from ascinbox.store.queue.team.marking import TeamMarks
from ascinbox.store.queue.team.replica import Applied, Row

_DRAFT_COLUMNS = (
    "app_id text begun_at saved_at template base_review base_response_id base_response_key base_modified_at"
).split()
_DRAFT = f"SELECT {', '.join(_DRAFT_COLUMNS)} FROM user.draft WHERE review_id = ?"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the acts that waited."""

    against: int = 0
    """How many acts somebody else's stands against: the person has to choose."""
    refused: tuple[TeamError, ...] = ()
    """Why acts were refused that stay here and are not tried again before `try_again`."""


class PendingActs:
    """Acts of this person that the database does not have yet, on the store's thread."""

    def __init__(self, database: Database, clock: Clock, calls: TeamCalls, marking: TeamMarks) -> None:
        self._database = database
        self._clock = clock
        self._calls = calls
        self._marks = marking
        self._refused: set[int] = set()

    def send(self) -> Sent:
        """Sends drafts and acts that wait. One that is refused holds up no other.

        Raises TeamOffline when the database went away, and NotAllowed for who is no member: the rest waits.
        """
        against = self._marks.take_met()
        refused: list[TeamError] = []
        for act in offline.acts(offline.unsent(self._database)):
            if any(intent.id in self._refused for intent in act):
                continue
            try:
                against += self._send(act)
            except (NotAllowed, Refused) as error:
                if isinstance(error, NotAllowed) and error.removed:
                    raise
                self._refused |= {intent.id for intent in act}
                refused.append(error)
        return Sent(against, tuple(refused))

    def try_again(self) -> None:
        """What was refused is sent once more: the level or the act may be another one now."""
        self._refused.clear()

    def _send(self, act: list[offline.Intent]) -> int:
        """On how many reviews somebody else's act stands against it."""
        intent = act[0]
        match intent.kind:
            case "draft":
                self.send_draft(intent.review_id)
            case "note":
                body = intent.wanted
                answer = self._calls.ask("add_note", body["id"], intent.review_id, body["body"], intent.at)
                self._carried_out(intent.id, answer["rows"])
            case "mark":
                return self._send_marks(act)
        return 0

    def _send_marks(self, act: list[offline.Intent]) -> int:
        items = {intent.review_id: intent.wanted for intent in act}
        verb, detail = (str(act[0].wanted.get(name, "")) for name in ("verb", "detail"))
        names = ("id", "want", "seen", "add", "drop")
        asked = [{name: item[name] for name in names} for item in items.values()]
        try:
            answer = self._calls.ask("mark", asked, verb, detail)
        except TeamOffline as error:
            if error.unknown:
                with self._database.write():
                    offline.note_tried(self._database, act)
            raise
        if answer["differs"]:
            self._calls.catch_up()
        theirs = {found["id"]: found["theirs"] for found in answer["differs"]}
        with self._database.write():
            self._calls.take(answer["rows"])
            for intent in act:
                if intent.review_id in theirs:
                    self._marks.differs(items[intent.review_id], theirs[intent.review_id], intent.id)
                    self._show(intent.review_id, theirs[intent.review_id])
                else:
                    offline.drop(self._database, intent.id)
        return len(theirs)

    def _show(self, review_id: str, theirs: Mapping[str, Any]) -> None:
        """What stands in the database is what is shown until the person has chosen."""
        mine = self._marks.marks_of([review_id])[review_id]
        new: dict[str, Any] = {}
        if "done" in theirs:
            new["done_at"] = (mine.done_at or int(self._clock.now().timestamp())) if theirs["done"] else None
        for field, name in (
            ("snooze", "snoozed_until"),
            ("assign", "assignee"),
            ("flag", "flagged"),
            ("note", "note"),
        ):
            if field in theirs:
                new[name] = theirs[field]
        marks.put_marks(self._database, {review_id: replace(mine, **new)})
        refresh_states(self._database, (review_id,))

    def _carried_out(self, number: int, rows: Sequence[Row]) -> None:
        with self._database.write():
            offline.drop(self._database, number)
            self._calls.take(rows)

    def note_asked(self, rows: Iterable[OutboxRow]) -> None:
        """It is not known whether these replies arrived: their drafts wait to be sent, unless they did."""
        with self._database.write():
            for row in rows:
                draft = texts.draft_of(self._database, row.review_id)
                if row.kind is not Kind.PUBLISH or draft is None:
                    continue
                if offline.unsent_draft(self._database, row.review_id) is None:
                    seen = {"sha256": body_hash(draft[1])}
                    offline.remember(self._database, "draft", row.review_id, {}, seen, self._clock.now())
                number = offline.unsent_draft(self._database, row.review_id)
                assert number is not None
                offline.note_reply(self._database, number, row.op_id)

    def _is_reply(self, intent: offline.Intent, text: str) -> bool:
        """Whether a draft was asked to be a reply, and is one."""
        op_id = intent.wanted.get("reply")
        reply = OutboxReads(self._database).of_operation(str(op_id)) if op_id else None
        return reply is not None and reply.text.startswith(freeze(text))

    def send_draft(self, review_id: str) -> None:
        """Sends the draft of one review, if it waits."""
        intent = next(
            (i for i in offline.unsent(self._database) if i.kind == "draft" and i.review_id == review_id),
            None,
        )
        if intent is None:
            return
        row = self._database.execute(_DRAFT, (review_id,)).fetchone()
        doc = None if row is None else dict(zip(_DRAFT_COLUMNS, row, strict=True))
        if doc is not None and self._is_reply(intent, doc["text"]):
            with self._database.write():
                texts.remove_draft(self._database, review_id)
                offline.drop(self._database, intent.id)
                refresh_states(self._database, (review_id,))
            return
        answer = self._calls.ask("draft", review_id, doc, str(intent.seen.get("sha256", "")))
        with self._database.write():
            if answer["other"] is not None and (doc is None or answer["other"] != doc["text"]):
                app_id = "" if doc is None else doc["app_id"]
                texts.keep_text(self._database, review_id, app_id, answer["other"], self._clock.now())
            offline.drop(self._database, intent.id)
            self._calls.take(answer["rows"])
        if doc is not None and intent.wanted.get("ask"):
            self._calls.note(Applied(asks=(review_id,)))

    def settle(self, difference: int, *, mine: bool) -> None:
        """What the person chose about a `Difference`: what was wanted after all, over what was shown to stand
        there, or what stands there. What changed since it was shown is a difference again."""
        found = offline.difference(self._database, difference)
        if found is None:
            return
        if mine:
            want = {name: found.wanted[name] for name in found.wanted}
            asked = {"id": found.review_id, "want": want, "seen": found.seen, "add": [], "drop": []}
            answer = self._calls.act("mark", [asked], ", ".join(want), "after a difference")
            if answer["differs"]:
                with self._database.write():
                    self._marks.differs(asked, answer["differs"][0]["theirs"], difference)
                return
        with self._database.write():
            offline.drop(self._database, difference)
