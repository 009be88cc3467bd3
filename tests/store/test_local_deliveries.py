"""Deliveries in user.db keep the contract; what pages bring is noted with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ascinbox.core.deliveries.events import NotifyEvent
from ascinbox.core.deliveries.states import Delivery, TryOutcome, TryResult, claimed, concluded
from ascinbox.core.filters import parse
from ascinbox.core.records import ReviewDetail
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.paths import Paths
from ascinbox.store.queue.deliveries import DeliveryQueue, Evaluation, NewDelivery
from ascinbox.store.queue.local_deliveries import LocalDeliveries
from ascinbox.store.store import Store
from tests.store.conftest import Written
from tests.store.delivery_queue_contract import LEASE, NOW, DeliveryQueueContract, new
from tests.workers.clocks import StepClock


class LocalDeliveryWorld:
    """user.db in a folder; another program is another connection."""

    def __init__(self, paths: Paths, clock: StepClock, closes: ExitStack) -> None:
        self._paths, self._clock, self._closes = paths, clock, closes
        self._store = self._opened()

    def _opened(self) -> Store:
        return self._closes.enter_context(closing(Store.open(self._paths, self._clock, me="anna")))

    @property
    def deliveries(self) -> DeliveryQueue:
        return self._store.deliveries

    def another(self) -> DeliveryQueue:
        return self._opened().deliveries

    def fill(self, written: Written) -> None:
        self._store.reviews.save_page("1", [written(n) for n in range(1, 6)])

    def detail(self, review_id: str) -> ReviewDetail:
        found = self._store.reviews.get(review_id)
        assert found is not None
        return found

    def acts(self) -> list[tuple[str, str, str]]:
        return [(act.by, act.verb, act.detail) for act in self._store.acts.since(NOW - timedelta(days=1))]

    def undo(self) -> None:
        self._store.queue.undo_last()


class TestLocalDeliveries(DeliveryQueueContract):
    @pytest.fixture
    def world(self, paths: Paths, clock: StepClock, written: Written) -> Iterator[LocalDeliveryWorld]:
        with ExitStack() as closes:
            made = LocalDeliveryWorld(paths, clock, closes)
            made.fill(written)
            yield made


def arrived(store: Store) -> list[tuple[str, str]]:
    return [(each.review_id, each.kind) for each in store.arrivals.since(0, 100)]


def walk(store: Store, *reviews: object, full: bool = True) -> None:
    begun = store.sync.open_walk("1", full=full)
    store.reviews.save_page("1", list(reviews), walk=begun.after(None))  # type: ignore[arg-type]
    store.reviews.finish_walk(begun.after(None), gone=False)


def test_the_first_walk_of_an_app_is_history(store: Store, written: Written) -> None:
    walk(store, written(1), written(2))
    assert arrived(store) == []
    walk(store, written(3), written(1), full=False)
    assert arrived(store) == [("id3", "new")]


def test_a_walk_that_was_given_up_is_no_first_one_again(store: Store, written: Written) -> None:
    walk(store, written(1))
    begun = store.sync.open_walk("1", full=True)
    store.reviews.give_up_walk(begun)
    walk(store, written(1), written(2))
    assert arrived(store) == [("id2", "new")]


def test_a_changed_text_is_told_from_a_changed_answer(store: Store, written: Written) -> None:
    walk(store, written(1), written.answered(2), written(3))
    walk(store, written(1, body="Worse"), written.answered(2, body="Worse"), written.answered(3), full=False)
    assert sorted(arrived(store)) == [("id1", "changed"), ("id2", "answered")]
    store.reviews.save_page("1", [written(3, body="Read by itself", rating=5)])
    assert arrived(store)[-1] == ("id3", "answered")


def test_a_second_sync_brings_nothing(store: Store, written: Written) -> None:
    walk(store, written(1))
    walk(store, written(1), written(2), full=False)
    walk(store, written(1), written(2))
    assert arrived(store) == [("id2", "new")]


def test_numbers_are_never_given_twice(store: Store, written: Written, clock: StepClock) -> None:
    walk(store, written(1))
    walk(store, written(2), full=False)
    newest = store.arrivals.newest()
    store.arrivals.forget(clock.now() + timedelta(days=100))
    assert store.arrivals.newest() == newest
    walk(store, written(3), full=False)
    assert store.arrivals.newest() == newest + 1


def test_a_rebuilt_cache_has_another_name(store: Store) -> None:
    first = store.arrivals.cache()
    assert store.arrivals.cache() == first
    store.database.files.cache.unlink()
    store.repair()
    assert store.arrivals.cache() != first


def test_reviews_that_fit_are_found_among_given_ones(store: Store, written: Written) -> None:
    walk(store, *(written(n) for n in range(1, 8)))
    ids = [f"id{n}" for n in range(1, 6)]
    for text, expected in (
        ("", ["id5", "id4", "id3", "id2", "id1"]),
        ("rating:<=2", ["id5", "id1"]),
        ("-rating:<=2", ["id4", "id3", "id2"]),
        ("title", ["id5", "id4", "id3", "id2", "id1"]),
        ("nothing", []),
        ("by:nick3", ["id3"]),
    ):
        assert store.reviews.fitting(parse(text, now=NOW), [*ids, "unknown"]) == expected, text


def test_a_snooze_that_ends_by_itself_is_remembered(store: Store, written: Written, clock: StepClock) -> None:
    walk(store, written(1), written(2))
    until = NOW + timedelta(hours=1)
    store.queue.snooze(["id1"], until)
    store.queue.snooze(["id2"], until)
    store.queue.snooze(["id2"], None)
    store.queue.wake(NOW + timedelta(hours=2))
    assert store.triage.woken_since(NOW) == [("id1", int(until.timestamp()), NOW + timedelta(hours=2))]


def test_a_destination_is_broken_while_its_last_word_is_no(store: Store) -> None:
    queue = store.deliveries
    queue.add([new(1), new(2), new(3, to="hook")], NOW)
    first, second, other = queue.due(NOW, 10)

    def end(row: Delivery, result: TryResult, at: datetime, **more: Any) -> None:
        held = claimed(row, "me", at, LEASE, row.message)
        assert queue.move([(row, held)])
        assert queue.move([(held, concluded(held, TryOutcome(result, "404 gone", **more), at, keyed=False))])

    end(first, TryResult.REFUSED, NOW)
    end(other, TryResult.AGAIN, NOW, why="secret")
    broken = store.delivery_reads.broken()
    assert set(broken) == {"team", "hook"}
    assert (broken["team"].detail, broken["team"].deliveries) == ("404 gone", 1)
    end(second, TryResult.SENT, NOW + timedelta(seconds=1))
    assert set(store.delivery_reads.broken()) == {"hook"}


def test_the_list_of_the_screen_is_the_log(store: Store) -> None:
    store.deliveries.add([new(1), new(2)], NOW)
    alarm = NotifyEvent("spike:1", "spike", NOW, detail="Far more than usual.")
    store.deliveries.add([NewDelivery("low", "team", alarm, NOW, "evt_9", digest=True)], NOW)
    lines = store.delivery_reads.recent(2)
    assert [line.uid for line in lines] == [row.uid for row in store.deliveries.log(2)]
    assert (lines[0].said, lines[0].review_id, lines[0].rating) == ("Far more than usual.", "", None)
    assert (lines[1].review_id, lines[1].rating, lines[1].app_name) == ("id2", 1, "Tide")


def test_in_a_team_marks_go_to_the_team_and_once(store: Store, written: Written, clock: StepClock) -> None:
    marked: list[Any] = []

    def mark(changes: Any) -> tuple[str, ...]:
        marked.append(dict(changes))
        return tuple(changes)

    queue = LocalDeliveries(store.database, clock, mark)
    before = queue.begin(["low"], "cache", 0, NOW)["low"]
    change = {"id1": MarkChange(flag=True)}
    evaluation = Evaluation(before, replace(before, seen=3), (), change)
    assert queue.take([evaluation], NOW).marked == ("id1",)
    assert queue.take([evaluation], NOW).marked == ()
    assert marked == [change]
    assert store.acts.since(NOW - timedelta(days=1)) == []
