"""What every queue has to do, whatever stands behind it: derive from `QueueContract` and give it a `world`.

An act is there entirely or not at all, tells what it really changed, and of two that contradict one wins.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from ascinbox.core.outbox import delivery, recovery
from ascinbox.core.outbox.states import Base, Discarded, Draft, Kind, OutboxRow, Phase, Rules, body_hash
from ascinbox.core.records import Response, ReviewDetail
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.team import TeamNote
from ascinbox.store.queue.port import Busy, LongAct, Pause, Queue

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
RULES = Rules()
LASTS = timedelta(minutes=5)


class World(Protocol):
    """A queue that knows the reviews id1 to id5, and what lists show of it."""

    @property
    def queue(self) -> Queue:
        """The queue under test."""

    def another(self) -> Queue:
        """The same queue from another program."""

    def detail(self, review_id: str) -> ReviewDetail:
        """A review as it is shown."""

    def draft(self, review_id: str) -> Draft | None:
        """Its draft."""

    def discarded(self, review_id: str) -> list[Discarded]:
        """Its discarded texts, the last first."""

    def row(self, number: int) -> OutboxRow:
        """A row of the outbox."""

    def acts(self) -> list[tuple[str, str, str, tuple[str, ...]]]:
        """Verb, subject, detail and reviews of what was done, the last first."""

    def notes(self, review_id: str) -> tuple[TeamNote, ...]:
        """Its thread of notes, the first note first."""

    def place(self, view: str) -> dict[str, object] | None:
        """Where the person was in a view."""


def intention(review_id: str, text: str = "Thank you", **changes: object) -> OutboxRow:
    row = OutboxRow(
        op_id=f"op-{review_id}-{text}",
        kind=Kind.PUBLISH,
        review_id=review_id,
        app_id="1",
        account_id=1,
        credential="KEY",
        phase=Phase.QUEUED,
        text=text,
        sha256=body_hash(text),
        base=Base("hash"),
        queued_at=NOW,
        send_after=at(30),
        changed_at=NOW,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def draft(review_id: str, text: str, **changes: object) -> Draft:
    return replace(Draft(review_id, text, NOW, Base("hash"), "anna", ""), **changes)  # type: ignore[arg-type]


class QueueContract:
    """The tests. A subclass gives the fixture `world`."""

    # --- marks ---

    def test_an_act_tells_what_it_changed_and_repeating_it_changes_nothing(self, world: World) -> None:
        queue = world.queue
        assert queue.done(["id1", "id2", "id1"]) == ("id1", "id2")
        assert queue.done(["id1", "id3"]) == ("id3",)
        assert queue.assign(["id1"], " Anna ") == ("id1",)
        assert queue.assign(["id1"], "Anna") == ()
        assert queue.flag(["id1"]) == ("id1",)
        assert queue.flag(["id1"]) == ()
        assert queue.note("id1", " look \n") == ("id1",)
        assert queue.note("id1", "look") == ()
        found = world.detail("id1")
        assert (found.done, found.assignee, found.flagged, found.note) == (True, "Anna", True, "look")
        assert queue.done(["id1"], done=False) == ("id1",)
        assert not world.detail("id1").done

    def test_tags_differ_by_more_than_case_and_keep_the_last_spelling(self, world: World) -> None:
        queue = world.queue
        assert queue.tag(["id1"], add=["Crash", "ui  bug", " "]) == ("id1",)
        assert queue.tag(["id1"], add=["crash"], remove=["UI bug"]) == ("id1",)
        assert world.detail("id1").tags == ("crash",)
        assert queue.tag(["id1"], add=["crash"]) == ()

    def test_looking_makes_a_review_read_and_cannot_be_undone(self, world: World) -> None:
        assert world.queue.opened(["id1"]) == ("id1",)
        assert world.queue.opened(["id1"]) == ()
        assert world.detail("id1").read
        assert world.queue.undo_last() is None
        assert world.queue.read(["id1"], read=False) == ("id1",)
        assert not world.detail("id1").read

    def test_a_snooze_ends_when_its_time_has_come(self, world: World) -> None:
        queue = world.queue
        assert queue.snooze(["id1"], at(60)) == ("id1",)
        assert queue.snooze(["id2"], at(120)) == ("id2",)
        assert queue.wake(at(59)) == ()
        assert queue.wake(at(60)) == ("id1",)
        assert queue.wake(at(60)) == ()
        assert world.detail("id1").snoozed_until is None
        assert queue.done(["id2"]) == ("id2",)
        assert world.detail("id2").snoozed_until is None

    def test_undo_takes_back_the_last_act_of_any_program_and_its_own_fields_only(self, world: World) -> None:
        queue, other = world.queue, world.another()
        queue.tag(["id1"], add=["one"])
        other.done(["id1", "id2"])
        queue.opened(["id1"])
        undone = queue.undo_last()
        assert undone is not None
        assert (undone.verb, sorted(undone.review_ids)) == ("done", ["id1", "id2"])
        found = world.detail("id1")
        assert (found.done, found.tags, found.read) == (False, ("one",), True)
        assert other.undo_last() is not None
        assert world.detail("id1").tags == ()
        assert queue.undo_last() is None

    def test_several_marks_are_one_act_and_undone_as_one(self, world: World) -> None:
        queue = world.queue
        queue.done(["id2"])
        both = MarkChange(done=True, tag=("Crash",), assign="Anna", note="look", flag=True)
        assert queue.mark({"id1": both, "id2": replace(both, done=None), "id3": MarkChange()}) == (
            "id1",
            "id2",
        )
        found = world.detail("id1")
        assert (found.done, found.tags, found.assignee, found.note) == (True, ("Crash",), "Anna", "look")
        undone = queue.undo_last()
        assert undone is not None
        assert (undone.verb, undone.review_ids) == ("done, assign, tag, flag, note", ("id1", "id2"))
        found = world.detail("id1")
        assert (found.done, found.tags, found.assignee, found.note) == (False, (), "", "")
        assert world.detail("id2").done, "it was done before"

    def test_what_was_done_can_be_looked_up_also_when_it_was_taken_back(self, world: World) -> None:
        queue = world.queue
        queue.tag(["id1", "id2"], add=["Crash"], remove=["ui"])
        queue.tag(["id1"], add=["Crash"])
        queue.opened(["id1"])
        queue.note("id1", "the customer's number is 4711")
        queue.undo_last()
        queue.record("link", "North", "team key K1")
        assert world.acts() == [
            ("link", "North", "team key K1", ()),
            ("undo", "", "note", ("id1",)),
            ("note", "", "", ("id1",)),
            ("tag", "", "+Crash -ui", ("id1", "id2")),
        ]

    def test_acts_that_are_forgotten_stay_done(self, world: World) -> None:
        world.queue.flag(["id1"])
        world.queue.forget_acts()
        assert world.queue.undo_last() is None
        assert world.detail("id1").flagged

    def test_many_reviews_are_one_act(self, world: World) -> None:
        ids = [f"many{n}" for n in range(1_200)]
        assert world.queue.done([*ids, "id1"]) == (*ids, "id1")
        undone = world.queue.undo_last()
        assert undone is not None
        assert undone.review_ids == (*ids, "id1")
        assert not world.detail("id1").done

    def test_an_act_in_parts_is_one_act_that_goes_back_as_one(self, world: World) -> None:
        queue = world.queue
        if not queue.in_parts():
            return
        act = LongAct()
        assert queue.mark({"id1": MarkChange(done=True), "id2": MarkChange(done=True)}, act) == ("id1", "id2")
        world.another().flag(["id4"])
        assert queue.mark({"id3": MarkChange(done=True)}, act) == ("id3",)
        assert world.acts() == [("flag", "", "", ("id4",)), ("done", "", "", ("id1", "id2", "id3"))]
        assert queue.undo_last() is not None
        undone = queue.undo_last()
        assert undone is not None
        assert (undone.verb, undone.review_ids) == ("done", ("id1", "id2", "id3"))
        assert not any(world.detail(each).done for each in undone.review_ids)

    def test_an_act_that_was_taken_back_has_no_further_parts(self, world: World) -> None:
        queue = world.queue
        if not queue.in_parts():
            return
        act = LongAct()
        queue.mark({"id1": MarkChange(done=True)}, act)
        world.another().undo_last()
        # It gets the number in the journal that has become free.
        world.another().flag(["id1"])
        assert queue.mark({"id2": MarkChange(done=True)}, act) == ()
        assert act.ended
        assert not world.detail("id2").done

    def test_taking_back_goes_in_parts_of_the_same_act(self, world: World) -> None:
        queue = world.queue
        if not queue.in_parts():
            return
        queue.done(["id1", "id2", "id3"])
        act = LongAct(part=2)
        first = queue.undo_last(act)
        assert first is not None
        assert (first.review_ids, act.ended) == (("id1", "id2"), False)
        world.another().flag(["id4"])
        rest = queue.undo_last(act)
        assert rest is not None
        assert (rest.review_ids, act.ended) == (("id3",), True)
        assert world.detail("id4").flagged, "that is another act"
        assert ("undo", "", "done", ("id1", "id2", "id3")) in world.acts()
        assert queue.undo_last(act) is None

    def test_a_place_is_kept_by_view(self, world: World) -> None:
        world.queue.save_place("a", {"review": "id1"})
        world.queue.save_place("b", {"review": "id2"})
        world.queue.save_place("a", {"review": "id3"})
        assert (world.place("a"), world.place("b")) == ({"review": "id3"}, {"review": "id2"})

    # --- drafts ---

    def test_a_draft_keeps_what_its_writer_saw_first(self, world: World) -> None:
        world.queue.save_draft(draft("id1", "Hello"), "1")
        world.queue.save_draft(draft("id1", "Hello sam", base=Base("new"), saved_at=at(2)), "1")
        saved = world.draft("id1")
        assert saved is not None
        assert (saved.text, saved.base, saved.saved_at) == ("Hello sam", Base("hash"), at(2))
        assert world.detail("id1").draft == "Hello sam"

    def test_a_discarded_draft_is_found_for_thirty_days(self, world: World) -> None:
        world.queue.save_draft(draft("id1", "Hello"), "1")
        assert world.queue.discard_draft("id1", NOW)
        assert not world.queue.discard_draft("id1", NOW)
        assert world.draft("id1") is None
        assert [text.text for text in world.discarded("id1")] == ["Hello"]
        world.queue.keep_text("id1", "1", "other words", at(1))
        assert [text.text for text in world.discarded("id1")] == ["other words", "Hello"]
        world.queue.save_draft(draft("id2", " \n"), "1")
        world.queue.discard_draft("id2", NOW + timedelta(days=31))
        assert world.discarded("id1") == world.discarded("id2") == []

    def test_one_writes_at_a_time(self, world: World) -> None:
        queue, other = world.queue, world.another()
        assert queue.claim("id1", "me", "Anna", NOW, LASTS) is None
        held = other.claim("id1", "they", "Bo", at(10), LASTS)
        assert held is not None
        assert (held.owner, held.who, held.since) == ("me", "Anna", NOW)
        assert queue.claim("id1", "me", "Anna", at(20), LASTS) is None
        other.release("id1", "they")
        assert other.claim("id1", "they", "Bo", at(30), LASTS) is not None
        queue.release("id1", "me")
        assert other.claim("id1", "they", "Bo", at(40), LASTS) is None
        assert queue.claim("id1", "me", "Anna", at(40) + LASTS, LASTS) is None

    def test_one_takes_over_from_another_who_is_named(self, world: World) -> None:
        queue, other = world.queue, world.another()
        assert queue.claim("id1", "me", "Anna", NOW, LASTS) is None
        before = other.take_over("id1", "they", "Bo", at(10), LASTS)
        assert before is not None
        assert (before.owner, before.who) == ("me", "Anna")
        held = queue.claim("id1", "me", "Anna", at(20), LASTS)
        assert held is not None
        assert (held.owner, held.since) == ("they", at(10))
        assert other.take_over("id1", "they", "Bo", at(30), LASTS) is None
        assert other.take_over("id2", "they", "Bo", at(30), LASTS) is None

    # --- notes ---

    def test_notes_are_a_thread_that_is_only_added_to(self, world: World) -> None:
        first = TeamNote.new("id1", "Anna", "Ask @bo", NOW)
        second = TeamNote.new("id1", "Anna", "Done", at(5))
        assert world.queue.add_note(first)
        assert world.another().add_note(second)
        assert not world.queue.add_note(first), "sent once more"
        assert world.notes("id1") == (first, second)
        assert world.notes("id2") == ()
        assert world.acts() == [("note", "", "added", ("id1",))] * 2
        assert world.queue.undo_last() is None

    # --- approval ---

    def test_what_waits_for_a_publisher_is_sent_as_it_was_read(self, world: World) -> None:
        row = world.queue.queue(intention("id1", phase=Phase.WAITING))
        assert world.row(row.id).phase is Phase.WAITING
        assert world.queue.due(at(999)) == []
        assert world.queue.approve(row, body_hash("other words"), at(60), RULES) is None
        approved = world.queue.approve(row, body_hash("Thank you"), at(60), RULES)
        assert approved is not None
        assert approved == world.row(row.id)
        assert (approved.phase, approved.text, approved.queued_at) == (Phase.QUEUED, "Thank you", at(60))
        assert world.queue.approve(row, body_hash("Thank you"), at(61), RULES) is None
        assert world.queue.due(at(89)) == []
        assert [due.id for due in world.queue.due(at(90))] == [row.id]

    def test_what_is_sent_back_is_a_draft_again_with_a_note(self, world: World) -> None:
        row = world.queue.queue(intention("id1", by="Anna", phase=Phase.WAITING))
        note = TeamNote.new("id1", "Anna", "Too long", at(60))
        assert world.queue.send_back(row, note, at(60))
        assert world.row(row.id).phase is Phase.UNDONE
        again = world.draft("id1")
        assert again is not None
        assert (again.text, again.base) == ("Thank you", Base("hash"))
        assert world.notes("id1") == (note,)
        other = TeamNote.new("id1", "Anna", "Once more", at(61))
        assert not world.queue.send_back(row, other, at(61))
        assert world.notes("id1") == (note,)

    def test_what_is_queued_goes_back_to_its_author_too(self, world: World) -> None:
        row = world.queue.queue(intention("id1", by="Anna"))
        assert world.queue.send_back(row, None, at(5))
        assert world.row(row.id).phase is Phase.UNDONE
        assert world.draft("id1") is not None
        assert world.notes("id1") == ()

    def test_a_later_reply_takes_the_place_of_one_that_waits_for_a_publisher(self, world: World) -> None:
        first = world.queue.queue(intention("id1", "first", phase=Phase.WAITING))
        second = world.queue.queue(intention("id1", "second", phase=Phase.WAITING))
        assert world.row(first.id).phase is Phase.SUPERSEDED
        assert world.queue.take_back(second, at(5))
        assert world.row(second.id).phase is Phase.UNDONE

    def test_several_replies_are_queued_together_or_not_at_all(self, world: World) -> None:
        sending = self._sending(world, world.queue.queue(intention("id3")))
        with pytest.raises(Busy) as busy:
            world.queue.queue_all([intention("id1"), intention("id3", "second")])
        assert busy.value.row.id == sending.id
        assert world.queue.due(at(99)) == []
        rows = world.queue.queue_all([intention("id1"), intention("id2")])
        assert [due.id for due in world.queue.due(at(99))] == [row.id for row in rows]

    # --- the outbox ---

    def test_a_queued_reply_takes_its_draft_with_it(self, world: World) -> None:
        world.queue.save_draft(draft("id1", "Thank"), "1")
        row = world.queue.queue(intention("id1"))
        assert row == world.row(row.id)
        assert world.draft("id1") is None
        assert world.discarded("id1") == []
        world.queue.save_draft(draft("id2", "quite other words"), "1")
        world.queue.queue(intention("id2"))
        assert [text.text for text in world.discarded("id2")] == ["quite other words"]

    def test_a_newer_reply_takes_the_place_of_one_that_waits(self, world: World) -> None:
        first = world.queue.queue(intention("id1", "first"))
        world.queue.queue(intention("id1", "second"))
        assert world.row(first.id).phase is Phase.SUPERSEDED
        assert [row.text for row in world.queue.due(at(99))] == ["second"]

    def test_no_second_reply_while_one_is_being_sent_or_unknown(self, world: World) -> None:
        row = self._sending(world, world.queue.queue(intention("id1")))
        with pytest.raises(Busy):
            world.another().queue(intention("id1", "second"))
        assert world.queue.move(row, delivery.lost(row, at(32), RULES, "timed out"))
        with pytest.raises(Busy):
            world.queue.queue(intention("id1", "second"))

    def test_a_row_moves_from_exactly_the_state_that_was_seen(self, world: World) -> None:
        row = world.queue.queue(intention("id1"))
        mine = delivery.claimed(row, "me", at(30), RULES)
        theirs = delivery.claimed(row, "they", at(30), RULES)
        assert world.another().move(row, theirs)
        assert not world.queue.move(row, mine)
        assert world.row(row.id) == theirs
        assert not world.queue.take_back(row, at(31))
        assert world.draft("id1") is None

    def test_taking_back_makes_a_draft_and_never_overwrites_a_newer_one(self, world: World) -> None:
        row = world.queue.queue(intention("id1"))
        assert world.queue.take_back(row, at(5))
        taken = world.draft("id1")
        assert taken is not None
        assert (taken.text, taken.base) == ("Thank you", Base("hash"))
        again = world.queue.queue(intention("id1", "Thank you again"))
        world.queue.save_draft(draft("id1", "newer"), "1")
        assert world.queue.take_back(again, at(9))
        kept = world.draft("id1")
        assert kept is not None
        assert kept.text == "newer"
        assert [text.text for text in world.discarded("id1")] == ["Thank you again"]

    def test_an_accepted_edit_takes_the_place_of_the_reply_that_waits_for_the_public(
        self, world: World
    ) -> None:
        row = self._sending(world, world.queue.queue(intention("id1", "first")))
        pending = delivery.accepted(row, Response("r", "first", "PENDING_PUBLISH"), at(32))
        assert world.queue.move(row, pending)
        edit = self._sending(world, world.queue.queue(intention("id1", "second")))
        accepted = delivery.accepted(edit, Response("r", "second", "PENDING_PUBLISH"), at(60))
        assert world.queue.move(edit, accepted)
        assert world.row(row.id).phase is Phase.SUPERSEDED
        last = world.queue.last_put("id1")
        assert last is not None
        assert last.id == edit.id
        first = world.queue.put_since("id1", at(40))
        assert first is not None
        assert first.id == edit.id
        assert world.queue.put_since("id1", at(60)) is None

    def test_what_is_due_comes_in_the_order_of_confirmation_and_not_early(self, world: World) -> None:
        for number in range(1, 4):
            world.queue.queue(intention(f"id{number}", send_after=at(30 + number)))
        assert world.queue.due(at(30)) == []
        assert [row.review_id for row in world.queue.due(at(32.5))] == ["id1", "id2"]
        assert [row.review_id for row in world.queue.due(at(99), "id2")] == ["id2"]
        assert world.queue.next_moment(NOW) == at(31)

    def test_a_paused_account_sends_nothing_until_its_time_or_a_person(self, world: World) -> None:
        queue = world.queue
        queue.queue(intention("id1"))
        queue.queue(intention("id2", account_id=2))
        queue.pause(Pause(1, "KEY", None, "the key is refused"))
        queue.pause(Pause(2, "KEY", at(60), "too many"))
        assert queue.due(at(31)) == []
        assert [row.review_id for row in queue.due(at(61))] == ["id2"]
        assert queue.next_moment(at(31)) == at(60)
        assert queue.resume(1)
        assert not queue.resume(1)
        assert [row.review_id for row in queue.due(at(31))] == ["id1"]

    def test_what_a_program_left_is_settled_and_polled_by_another(self, world: World) -> None:
        rows = [self._sending(world, world.queue.queue(intention(f"id{n}"))) for n in (1, 2)]
        queue = world.another()
        moved = queue.move_all(lambda row: recovery.recovered(row, at(999), RULES, abandoned=False))
        assert [row.phase for row in moved] == [Phase.UNKNOWN] * 2
        due = at(999 + 60)
        assert [row.id for row in queue.to_settle(due)] == [row.id for row in rows]
        assert [row.id for row in queue.to_settle(due, "id2")] == [rows[1].id]
        assert queue.to_settle(at(999 + 59)) == []
        assert queue.to_poll(due) == []

    def test_rows_of_ended_programs_are_found(self, world: World) -> None:
        for number, session in enumerate(("dead", "alive", "me"), 1):
            world.queue.queue(intention(f"id{number}", session=session))
        found = world.queue.of_earlier_sessions(lambda session: session == "dead", "me")
        assert [row.review_id for row in found] == ["id1"]

    def test_texts_and_templates_of_late(self, world: World) -> None:
        world.queue.queue(intention("id1", "one", template="thanks"))
        gone = world.queue.queue(intention("id2", "two", template="thanks"))
        assert world.queue.take_back(gone, at(1))
        assert world.queue.recent_texts(NOW) == [("id1", "one")]
        assert world.queue.recent_texts(at(1)) == []
        assert world.queue.templates_used(NOW) == {"thanks": 1}

    def _sending(self, world: World, row: OutboxRow) -> OutboxRow:
        claimed = delivery.claimed(row, "me", at(30), RULES)
        assert world.queue.move(row, claimed)
        posting = delivery.posting(claimed, at(31), RULES)
        assert world.queue.move(claimed, posting)
        return posting
