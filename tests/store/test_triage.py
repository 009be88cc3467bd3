"""Marks of the person: what each verb does, how it is undone across sessions, what comes back by itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascinbox.core.filters import parse
from ascinbox.core.records import ReviewDetail
from ascinbox.paths import Paths
from ascinbox.store.cache.review_state import doubtful_states, refresh_states
from ascinbox.store.queue.marks import KEPT_BATCHES
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.examples import examples
from tests.store.conftest import NOW, Written
from tests.workers.clocks import StepClock


@pytest.fixture
def inbox(store: Store, written: Written) -> Store:
    """Four unanswered reviews and an answered one."""
    store.reviews.save_page("1", [written(n) for n in range(1, 5)] + [written.answered(5)])
    return store


def detail(store: Store, review_id: str) -> ReviewDetail:
    found = store.reviews.get(review_id)
    assert found is not None
    return found


def letters(store: Store) -> str:
    return "".join(detail(store, f"id{n}").state for n in range(1, 6))


def test_each_verb_sets_its_mark_and_says_what_it_changed(inbox: Store) -> None:
    queue = inbox.queue
    assert queue.done(["id1", "id2", "id1"]) == ("id1", "id2")
    assert queue.done(["id1", "id3"]) == ("id3",)
    assert queue.snooze(["id4"], NOW + timedelta(days=1)) == ("id4",)
    assert letters(inbox) == "---ZA"
    assert queue.assign(["id1"], " Anna ") == ("id1",)
    assert queue.assign(["id1"], "Anna") == ()
    assert queue.tag(["id1"], add=["Crash", "ui  bug", " "]) == ("id1",)
    assert queue.tag(["id1"], add=["crash"], remove=["UI bug"]) == ("id1",)
    assert queue.flag(["id1"]) == ("id1",)
    assert queue.read(["id1"]) == ("id1",)
    assert queue.note("id1", " look \n") == ("id1",)
    found = detail(inbox, "id1")
    assert (found.assignee, found.tags, found.note) == ("Anna", ("crash",), "look")
    assert (found.flagged, found.read, found.done) == (True, True, True)
    assert detail(inbox, "id4").snoozed_until == NOW + timedelta(days=1)
    row = inbox.reviews.rows(["id1"])[0]
    assert (row.flagged, row.read, row.state) == (True, True, "-")
    assert inbox.triage.tags() == {"crash": 1}
    assert inbox.triage.assignees() == {"Anna": 1}


def test_opened_makes_a_new_review_an_opened_one_and_is_no_act(inbox: Store) -> None:
    assert inbox.queue.opened(["id1", "id5"]) == ("id1", "id5")
    assert letters(inbox) == "ONNNA"
    assert inbox.queue.opened(["id1"]) == ()
    assert inbox.triage.last_act() is None
    inbox.queue.read(["id1"], read=False)
    assert letters(inbox)[0] == "O"
    assert not detail(inbox, "id1").read


def test_undo_goes_back_act_by_act_also_in_the_next_session(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    store = Store.open(paths, clock)
    store.reviews.save_page("1", [written(n) for n in range(1, 6)])
    store.queue.tag(["id1"], add=["one"])
    store.queue.done(["id1", "id2", "id3"])
    store.queue.snooze(["id3", "id4"], NOW + timedelta(days=1))
    assert letters(store) == "--ZZN"
    store.close()
    again = Store.open(paths, clock)
    last = again.triage.last_act()
    assert last is not None
    assert (last.verb, last.review_ids) == ("snooze", ("id3", "id4"))
    assert again.triage.last_act_at() == last.at
    assert again.queue.undo_last() == last
    assert letters(again) == "---NN"
    undone = again.queue.undo_last()
    assert undone is not None
    assert (undone.verb, undone.review_ids) == ("done", ("id1", "id2", "id3"))
    assert letters(again) == "NNNNN"
    assert detail(again, "id1").tags == ("one",)
    assert again.queue.undo_last() is not None
    assert detail(again, "id1").tags == ()
    assert again.queue.undo_last() is None
    assert again.triage.last_act_at() is None
    again.close()


def test_an_undo_takes_back_its_own_fields_only(inbox: Store) -> None:
    inbox.queue.done(["id1"])
    inbox.queue.flag(["id1"])
    inbox.queue.opened(["id1"])
    inbox.queue.undo_last()
    inbox.queue.undo_last()
    found = detail(inbox, "id1")
    assert (found.done, found.flagged, found.read, found.state) == (False, False, True, "O")


def test_the_journal_does_not_grow_for_ever(inbox: Store) -> None:
    for n in range(KEPT_BATCHES + 20):
        inbox.queue.flag(["id1"], flagged=n % 2 == 0)
    assert inbox.database.one("SELECT count(DISTINCT batch) FROM user.undo") == KEPT_BATCHES


def test_a_snooze_ends_by_itself(inbox: Store, clock: StepClock) -> None:
    inbox.queue.snooze(["id1"], NOW + timedelta(hours=1))
    inbox.queue.snooze(["id2"], NOW + timedelta(hours=2))
    assert inbox.triage.next_wake() == NOW + timedelta(hours=1)
    assert inbox.queue.wake(NOW + timedelta(minutes=59)) == ()
    assert letters(inbox) == "ZZNNA"
    assert inbox.queue.wake(NOW + timedelta(hours=1)) == ("id1",)
    assert letters(inbox) == "NZNNA"
    clock.advance(7200)
    inbox.maintain()
    assert letters(inbox) == "NNNNA"
    assert inbox.triage.next_wake() is None


def test_a_done_review_comes_back_when_the_customer_changes_it(
    inbox: Store, clock: StepClock, written: Written
) -> None:
    inbox.queue.done(["id1"])
    inbox.queue.opened(["id1"])
    clock.advance(60)
    inbox.reviews.save_page("1", [written(1, "still crashes")])
    assert letters(inbox)[0] == "C"
    assert not detail(inbox, "id1").read
    assert [row.id for row in inbox.reviews.window(parse("is:needs-reply is:changed", now=NOW)).rows] == [
        "id1"
    ]
    clock.advance(60)
    inbox.queue.done(["id1"])
    assert letters(inbox)[0] == "-"
    inbox.queue.undo_last()
    assert letters(inbox)[0] == "C"


def test_a_mark_of_a_review_that_is_not_cached_waits_for_it(store: Store, written: Written) -> None:
    assert store.queue.done(["id1"]) == ("id1",)
    store.reviews.save_page("1", [written(1)])
    assert detail(store, "id1").state == "-"


def test_places_of_views_are_kept(paths: Paths, clock: StepClock) -> None:
    store = Store.open(paths, clock)
    assert store.triage.place("Low stars") is None
    store.queue.save_place("Low stars", {"review": "id1", "query": "rating:<=2"})
    store.queue.save_place("Low stars", {"review": "id2", "query": "rating:<=2"})
    store.close()
    again = Store.open(paths, clock)
    assert again.triage.place("Low stars") == {"review": "id2", "query": "rating:<=2"}
    again.close()


def test_letters_are_put_right_after_a_kill_between_the_files(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    """As a kill between the two commits leaves it: user.db knows, the cache does not, or the other way."""
    store = Store.open(paths, clock)
    store.reviews.save_page("1", [written(n) for n in range(1, 5)] + [written.answered(5)])
    store.queue.done(["id1"])
    store.queue.flag(["id2"])
    with store.database.write() as connection:
        connection.execute("UPDATE cache.review SET state = 'N', marks = 0 WHERE id IN ('id1', 'id2')")
        connection.execute("UPDATE cache.review SET state = 'Z', marks = 5, changed_at = 7 WHERE id = 'id3'")
        connection.execute("UPDATE cache.review SET state = 'N' WHERE id = 'id5'")
    session = store.database.session
    assert session is not None
    store.database.session = None  # Not ended in order.
    store.close()
    session.abandon()
    thread = StoreThread.open(paths, clock)
    thread.maintain()
    assert thread.call(letters) == "-NNNA"
    assert thread.call(lambda s: [detail(s, i).flagged for i in ("id2", "id3")]) == [True, False]
    assert not thread.call(lambda s: s.database.unclean)
    thread.close()
    assert not list(paths.locks.glob("session-*"))


acts = st.lists(
    st.tuples(
        st.sampled_from(["done", "undone", "snooze", "wake", "flag", "tag", "assign", "note", "undo"]),
        st.sets(st.integers(1, 5), min_size=1, max_size=3),
    ),
    max_size=30,
)


def perform(store: Store, act: str, ids: list[str], text: str) -> tuple[str, ...]:
    queue = store.queue
    match act:
        case "done" | "undone":
            return queue.done(ids, done=act == "done")
        case "snooze":
            return queue.snooze(ids, NOW + timedelta(days=1))
        case "wake":
            return queue.snooze(ids, None)
        case "flag":
            return queue.flag(ids)
        case "tag":
            return queue.tag(ids, add=["a"])
        case "assign":
            return queue.assign(ids, "Raj")
        case _:
            return queue.note(ids[0], text)


@settings(max_examples=examples(40, quick=15), deadline=None)
@given(acts=acts)
def test_whatever_is_done_letters_and_marks_are_those_of_the_facts(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, set[int]]]
) -> None:
    clock = StepClock(NOW)
    store = Store.open(Paths.under(tmp_path_factory.mktemp("acts")), clock)
    written = Written()
    store.reviews.save_page("1", [written(n) for n in range(1, 5)] + [written.answered(5)])
    snapshots: list[list[ReviewDetail]] = []
    for act, numbers in acts:
        ids = [f"id{n}" for n in sorted(numbers)]
        clock.advance(1)
        before = [detail(store, f"id{n}") for n in range(1, 6)]
        if act == "undo":
            undone = store.queue.undo_last()
            assert (undone is None) is (not snapshots)
            if undone is not None:
                assert [detail(store, f"id{n}") for n in range(1, 6)] == snapshots.pop()
            continue
        if perform(store, act, ids, str(len(snapshots))):
            snapshots.append(before)
    doubtful = doubtful_states(store.database)
    assert refresh_states(store.database, doubtful) == ()
    store.close()


def test_bulk_marks_of_thousands_are_one_act(store: Store, written: Written) -> None:
    ids = [f"id{n}" for n in range(3000)]
    for start in range(0, 3000, 500):
        store.reviews.save_page("1", [written(n) for n in range(start, start + 500)])
    assert len(store.queue.done(ids)) == 3000
    assert store.reviews.count(parse("is:done", now=NOW)) == 3000
    undone = store.queue.undo_last()
    assert undone is not None
    assert len(undone.review_ids) == 3000
    assert store.reviews.count(parse("is:new", now=NOW)) == 3000


def test_nothing_is_left_of_a_folder_that_was_closed(tmp_path: Path, clock: StepClock) -> None:
    Store.open(Paths.under(tmp_path), clock).close()
    assert sorted(p.name for p in (tmp_path / "data").iterdir()) == ["cache.db", "reserve", "user.db"]
