"""What every queue of deliveries has to do: derive from `DeliveryQueueContract` and give it a `world`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ascinbox.core.deliveries.events import NotifyEvent, message_id
from ascinbox.core.deliveries.states import (
    Delivery,
    DeliveryState,
    TryOutcome,
    TryResult,
    claimed,
    concluded,
    recovered,
)
from ascinbox.core.records import ReviewDetail
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.store.queue.deliveries import DeliveryQueue, Evaluation, NewDelivery, RuleProgress

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
LEASE = timedelta(seconds=120)


class DeliveryWorld(Protocol):
    """A queue that knows the reviews id1 to id5."""

    @property
    def deliveries(self) -> DeliveryQueue:
        """The queue under test."""

    def another(self) -> DeliveryQueue:
        """The same queue from another program."""

    def detail(self, review_id: str) -> ReviewDetail:
        """A review as it is shown."""

    def acts(self) -> list[tuple[str, str, str]]:
        """Who, verb and detail of what was done, the last first."""

    def undo(self) -> None:
        """Takes back the last act."""


def event(number: int = 1, kind: str = "review.new") -> NotifyEvent:
    return NotifyEvent(
        key=f"{kind}:id{number}:hash",
        kind=kind,
        at=NOW,
        account="North",
        app_id="1",
        app_name="Tide",
        review={"id": f"id{number}", "rating": 1},
        before={"rating": 5, "title": "a", "body": "b"},
        detail="said",
    )


def new(number: int = 1, *, rule: str = "low", to: str = "team", digest: bool = False) -> NewDelivery:
    return NewDelivery(rule, to, event(number), NOW, message_id(to, event(number).key), digest)


def begun(queue: DeliveryQueue, seen: int = 0, rule: str = "low") -> RuleProgress:
    return queue.begin([rule], "cache", seen, NOW)[rule]


class DeliveryQueueContract:
    """The tests. `world` is a fixture of the class that derives from this."""

    def test_a_rule_begins_once_and_keeps_where_it_was(self, world: DeliveryWorld) -> None:
        first = begun(world.deliveries, 7)
        assert first == RuleProgress("low", NOW, "cache", 7)
        assert world.another().begin(["low"], "other", 99, NOW + timedelta(days=1)) == {"low": first}

    def test_an_event_is_told_to_a_destination_once_by_a_rule(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        assert queue.add([new(), new(2)], NOW) == 2
        assert world.another().add([new()], NOW) == 0
        assert queue.add([new(to="hook")], NOW) == 1
        assert len(queue.log()) == 3

    def test_two_rules_use_one_id_on_the_wire_and_two_in_the_log(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        queue.add([new(), new(rule="crash")], NOW)
        one, other = queue.log()
        assert one.message == other.message
        assert one.uid != other.uid

    def test_many_rules_that_tell_the_same_at_once_and_later_have_rows_of_their_own(
        self, world: DeliveryWorld
    ) -> None:
        queue = world.deliveries
        assert (
            queue.add([new(rule="a"), new(rule="b"), new(2, rule="a"), new(rule="a"), new(rule="c")], NOW)
            == 4
        )
        assert world.another().add([new(rule="d"), new(rule="b"), new(2, rule="b")], NOW) == 2
        rows = queue.log()
        assert len({row.uid for row in rows}) == len(rows) == 6
        told = sorted((row.rule, row.event.review_id) for row in rows)
        assert told == [("a", "id1"), ("a", "id2"), ("b", "id1"), ("b", "id2"), ("c", "id1"), ("d", "id1")]
        assert len({row.message for row in rows}) == 2

    def test_what_was_met_is_kept_as_it_was(self, world: DeliveryWorld) -> None:
        world.deliveries.add([new()], NOW)
        (row,) = world.another().log()
        assert row.event == event()
        assert (row.rule, row.destination, row.state) == ("low", "team", DeliveryState.QUEUED)
        assert (row.created_at, row.next_at, row.attempts) == (NOW, NOW, 0)

    def test_deliveries_and_how_far_a_rule_has_looked_are_one_act(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        before = begun(queue)
        after = replace(before, seen=5)
        deeds = {"id1": MarkChange(tag=("low",), flag=True)}
        taken = queue.take([Evaluation(before, after, (new(),), deeds)], NOW)
        assert (taken.added, taken.marked) == (1, ("id1",))
        assert begun(queue) == after
        detail = world.detail("id1")
        assert (detail.tags, detail.flagged) == (("low",), True)

    def test_of_two_programs_that_looked_at_the_same_one_wins(self, world: DeliveryWorld) -> None:
        before = begun(world.deliveries)
        evaluation = Evaluation(before, replace(before, seen=5), (new(),), {"id1": MarkChange(flag=True)})
        assert world.deliveries.take([evaluation], NOW).added == 1
        later = world.another().take([evaluation], NOW)
        assert (later.added, later.marked) == (0, ())
        assert len(world.acts()) == 1

    def test_a_program_that_comes_late_does_not_do_again_what_was_undone(self, world: DeliveryWorld) -> None:
        before = begun(world.deliveries)
        evaluation = Evaluation(before, replace(before, seen=5), (), {"id1": MarkChange(flag=True)})
        assert world.deliveries.take([evaluation], NOW).marked == ("id1",)
        world.undo()
        assert world.another().take([evaluation], NOW).marked == ()
        assert not world.detail("id1").flagged

    def test_what_a_rule_does_is_told_under_its_name_and_can_be_undone(self, world: DeliveryWorld) -> None:
        before = begun(world.deliveries)
        deeds = {"id2": MarkChange(assign="anna")}
        world.deliveries.take([Evaluation(before, replace(before, seen=1), (), deeds)], NOW)
        assert world.acts()[0] == ("rule low", "assign", "to anna")
        world.undo()
        assert world.detail("id2").assignee == ""

    def test_due_is_what_waits_and_is_not_paused(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        later = replace(new(2), next_at=NOW + timedelta(minutes=1))
        queue.add([new(1), later, new(3, to="hook"), new(4, rule="crash")], NOW)
        assert [row.event.review_id for row in queue.due(NOW, 10)] == ["id1", "id3", "id4"]
        assert len(queue.due(NOW + timedelta(minutes=1), 3)) == 3
        queue.pause("hook", NOW)
        queue.pause("crash", NOW)
        assert [row.event.review_id for row in world.another().due(NOW, 10)] == ["id1"]
        assert set(queue.paused()) == {"hook", "crash"}
        assert queue.resume("hook")
        assert not queue.resume("hook")
        assert len(queue.due(NOW, 10)) == 2

    def test_a_claim_is_won_by_one(self, world: DeliveryWorld) -> None:
        queue, other = world.deliveries, world.another()
        queue.add([new()], NOW)
        (mine,), (theirs,) = queue.due(NOW, 1), other.due(NOW, 1)
        assert queue.move([(mine, claimed(mine, "me", NOW, LEASE, mine.message))])
        assert not other.move([(theirs, claimed(theirs, "they", NOW, LEASE, theirs.message))])
        assert other.due(NOW, 1) == []

    def test_several_rows_move_together_or_not_at_all(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        queue.add([new(1), new(2)], NOW)
        first, second = queue.due(NOW, 2)
        world.another().move([(second, claimed(second, "they", NOW, LEASE, second.message))])
        steps = [(row, claimed(row, "me", NOW, LEASE, row.message)) for row in (first, second)]
        assert not queue.move(steps)
        assert [row.uid for row in queue.due(NOW, 2)] == [first.uid]

    def test_a_fenced_out_program_changes_nothing(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        held = self.claim(queue)
        world.another().move_all(lambda row: recovered(row, NOW + LEASE, keyed=True, abandoned=False))
        sent = concluded(held, TryOutcome(TryResult.SENT), NOW, keyed=True)
        assert not queue.move([(held, sent)])
        assert queue.log()[0].state is DeliveryState.QUEUED

    def test_everything_of_a_row_is_kept(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        held = self.claim(queue)
        outcome = TryOutcome(TryResult.AGAIN, "full", 30.0, reached=("a@example.com",), why="secret")
        again = concluded(held, outcome, NOW, keyed=False)
        assert queue.move([(held, replace(again, maybe_sent=True, reference="ref"))])
        (row,) = queue.log()
        assert row == replace(again, maybe_sent=True, reference="ref")
        assert queue.next_moment() == NOW + timedelta(seconds=30)

    def test_a_digest_is_what_is_due_together_and_stays_together(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        queue.add([new(1, digest=True), new(2, digest=True), new(3), new(4, digest=True, to="hook")], NOW)
        row = next(each for each in queue.due(NOW, 10) if each.digest)
        group = queue.beside(row, NOW)
        assert [each.event.review_id for each in group] == ["id1", "id2"]
        taken = [(each, claimed(each, "me", NOW, LEASE, "dig_1")) for each in group]
        assert queue.move(taken)
        failed = [(one, concluded(one, TryOutcome(TryResult.AGAIN), NOW, keyed=False)) for _, one in taken]
        assert queue.move(failed)
        queue.add([new(5, digest=True)], NOW)
        later = NOW + timedelta(minutes=1)
        again = next(each for each in queue.due(later, 10) if each.message == "dig_1")
        assert [each.event.review_id for each in queue.beside(again, later)] == ["id1", "id2"]

    def test_when_something_has_to_be_done_next(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        assert queue.next_moment() is None
        self.claim(queue)
        assert queue.next_moment() == NOW + LEASE
        queue.add([replace(new(2), next_at=NOW + timedelta(seconds=5))], NOW)
        assert queue.next_moment() == NOW + timedelta(seconds=5)

    def test_single_messages_count_for_at_most(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        queue.add([new(1), new(2, digest=True), new(3, to="hook")], NOW)
        assert queue.planned("low", "team", NOW - timedelta(hours=1)) == [NOW]
        assert queue.planned("low", "team", NOW + timedelta(hours=1)) == []

    def test_rows_are_found_by_the_beginning_of_their_id(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        queue.add([new(1), new(2)], NOW)
        uid = queue.log()[0].uid
        assert [row.uid for row in queue.find(uid[:12])] == [uid]
        assert len(queue.find("evt_")) == 2
        assert queue.find("%") == []

    def test_an_event_that_was_met_is_known_by_the_beginning_of_its_key(self, world: DeliveryWorld) -> None:
        world.deliveries.add([new()], NOW)
        assert world.deliveries.told_since("review.new:id1:", NOW)
        assert not world.deliveries.told_since("review.new:id1:", NOW + timedelta(seconds=1))
        assert not world.deliveries.told_since("review.new:id2:", NOW)

    def test_where_a_secret_is_kept(self, world: DeliveryWorld) -> None:
        assert world.deliveries.keep_secret("team", "file:/a", NOW) == ""
        assert world.another().keep_secret("team", "file:/b", NOW) == "file:/a"
        assert world.deliveries.secrets() == {"team": "file:/b"}

    def test_what_ended_long_ago_is_dropped_and_what_waits_never(self, world: DeliveryWorld) -> None:
        queue = world.deliveries
        held = self.claim(queue)
        queue.move([(held, concluded(held, TryOutcome(TryResult.SENT), NOW, keyed=True))])
        queue.add([new(2)], NOW)
        queue.forget(NOW + timedelta(days=89))
        assert len(queue.log()) == 2
        queue.forget(NOW + timedelta(days=91))
        assert [row.event.review_id for row in queue.log()] == ["id2"]

    @staticmethod
    def claim(queue: DeliveryQueue) -> Delivery:
        queue.add([new()], NOW)
        (row,) = queue.due(NOW, 1)
        held = claimed(row, "me", NOW, LEASE, row.message)
        assert queue.move([(row, held)])
        return held
