"""Pages in: what really changed, earlier texts, walks that resume, are taken over, and find removals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascinbox.core.filters import Query, parse
from ascinbox.core.records import PageChanges, Response, Review
from ascinbox.paths import Paths
from ascinbox.store.hot.sync import Walk, WalkTaken
from ascinbox.store.keys import key_of
from ascinbox.store.store import Store
from tests.examples import examples
from tests.faults.nursery import Nursery
from tests.store.conftest import NOW, Written
from tests.store.killed import save_pages
from tests.workers.clocks import StepClock


def listed(store: Store, text: str = "") -> list[str]:
    return [row.id for row in store.reviews.window(parse(text, now=NOW), limit=1000).rows]


def walked(store: Store, pages: list[list[Review]], *, full: bool = True) -> PageChanges:
    """A whole walk through an app."""
    walk = store.sync.open_walk("1", full=full, resume=False)
    for number, page in enumerate(pages):
        walk = walk.after(None if number == len(pages) - 1 else f"cursor{number}")
        store.reviews.save_page("1", page, walk=walk)
    return store.reviews.finish_walk(walk)


def test_a_page_tells_what_is_new_changed_and_unchanged(store: Store, written: Written) -> None:
    assert store.reviews.save_page("1", [written(1), written(2)]) == PageChanges(new=("id1", "id2"))
    assert store.reviews.save_page("1", [written(1), written(2)]) == PageChanges(unchanged=2)
    answered = written(2, response=Response("r", "Sorry", "PENDING_PUBLISH", NOW))
    result = store.reviews.save_page("1", [written(1, "Fixed now"), answered, written(3)])
    assert result == PageChanges(new=("id3",), changed=("id1", "id2"))
    published = replace(answered, response=Response("r", "Sorry", "PUBLISHED", NOW))
    assert store.reviews.save_page("1", [published]).changed == ("id2",)
    assert [store.reviews.get(i).state for i in ("id1", "id2", "id3")] == ["N", "A", "N"]  # type: ignore[union-attr]
    assert store.reviews.save_page("1", [replace(published, response=None)]).changed == ("id2",)
    assert store.reviews.get("id2").review.response is None  # type: ignore[union-attr]


def test_an_unchanged_page_writes_nothing(store: Store, written: Written) -> None:
    page = [written(n) for n in range(200)]
    store.reviews.save_page("1", page)
    before = store.database.connection.total_changes
    assert store.reviews.save_page("1", page).unchanged == 200
    assert store.database.connection.total_changes == before


def test_everything_of_a_review_comes_back_as_it_went_in(store: Store, written: Written) -> None:
    full = written.answered(1, title="Título ‮ 🙂", nickname="ユーザー")
    bare = written(2, rating=None, created_at=None, territory=None, title="", body="", nickname="")
    reply = Response("r3", "", "A_NEW_STATE", None)
    odd = written(3, response=reply)
    store.reviews.save_page("1", [full, bare, odd])
    for review in (full, bare, odd):
        detail = store.reviews.get(review.id)
        assert detail is not None
        assert detail.review == review
        assert detail.seen_at == NOW
    assert [detail.review.id for detail in store.reviews.details(["id3", "nope", "id1"])] == ["id3", "id1"]
    assert listed(store) == ["id1", "id3", "id2"]
    row = store.reviews.rows(["id1"])[0]
    assert (row.app_id, row.rating, row.territory, row.nickname) == ("1", 2, "DEU", "ユーザー")
    assert store.reviews.get("nope") is None


def test_a_list_row_holds_little_of_a_long_body(store: Store, written: Written) -> None:
    store.reviews.save_page("1", [written(1, "line\n" * 10_000)])
    (row,) = store.reviews.window(Query()).rows
    assert len(row.body) <= 400
    assert "\n" not in row.body


def test_reviews_of_one_second_keep_apart(store: Store, written: Written) -> None:
    same = [written(n, created_at=NOW) for n in range(500)]
    first = same[0]
    # Two ids with the same twenty bits: the second one has to move over.
    ids: dict[int, str] = {}
    twins = next(
        (ids[key], i)
        for i in (f"x{n}" for n in range(100_000))
        if ids.setdefault(key := key_of(1, i), i) != i
    )
    store.reviews.save_page("1", same)
    for known in (0, 1):
        for twin in twins:
            assert store.reviews.save_page("1", [replace(first, id=twin)]).unchanged == known
    assert len(listed(store)) == 502


def test_a_review_that_is_dated_anew_moves_in_the_list(store: Store, written: Written) -> None:
    store.reviews.save_page("1", [written(n) for n in range(3)])
    store.queue.note("id2", "kept")
    later = replace(written(2, "changed"), created_at=NOW + timedelta(minutes=1))
    assert store.reviews.save_page("1", [later]).changed == ("id2",)
    assert listed(store) == ["id2", "id0", "id1"]
    assert store.reviews.count(Query()) == 3
    assert store.reviews.get("id2").note == "kept"  # type: ignore[union-attr]
    assert listed(store, "changed") == ["id2"]


def test_a_changed_text_keeps_the_earlier_one_beside_it(
    store: Store, clock: StepClock, written: Written
) -> None:
    store.reviews.save_page("1", [written(1, "slow"), written.answered(2), written(3)])
    store.queue.done(["id3"])
    clock.advance(3600)
    store.reviews.save_page("1", [written(1, "fast"), written.answered(2, body="worse"), written(3, "again")])
    for review_id, letter, before in (
        ("id1", "N", "slow"),
        ("id2", "C", "It crashes"),
        ("id3", "C", "It crashes"),
    ):
        detail = store.reviews.get(review_id)
        assert detail is not None
        assert detail.state == letter
        assert detail.earlier is not None
        assert detail.earlier.body == before
        assert detail.earlier.seen_until == NOW + timedelta(hours=1)
        assert detail.changed_at == NOW + timedelta(hours=1)
    assert listed(store, "is:changed") == ["id2", "id3"]
    clock.advance(60)
    store.reviews.save_page("1", [written(1, "fastest")])
    assert store.reviews.get("id1").earlier.body == "fast"  # type: ignore[union-attr]


def test_a_later_reply_settles_a_change(store: Store, clock: StepClock, written: Written) -> None:
    store.reviews.save_page("1", [written.answered(2)])
    clock.advance(60)
    store.reviews.save_page("1", [written.answered(2, body="worse")])
    assert store.reviews.get("id2").state == "C"  # type: ignore[union-attr]
    clock.advance(60)
    answer = Response("r2", "New words", "PENDING_PUBLISH", clock.now())
    store.reviews.save_page("1", [written(2, "worse", response=answer)])
    assert store.reviews.get("id2").state == "P"  # type: ignore[union-attr]


def test_what_user_db_knows_comes_back_with_a_new_cache(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    store = Store.open(paths, clock)
    store.reviews.save_page("1", [written(n) for n in range(3)])
    store.queue.done(["id1"])
    store.queue.flag(["id2"])
    store.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{paths.cache_db}{suffix}").unlink(missing_ok=True)
    again = Store.open(paths, clock)
    again.reviews.save_page("1", [written(n) for n in range(3)])
    assert listed(again, "is:done") == ["id1"]
    assert listed(again, "is:flagged") == ["id2"]
    again.close()


# --- walks ---


def test_a_full_walk_removes_what_it_did_not_see_and_brings_back_what_it_sees_again(
    store: Store, clock: StepClock, written: Written
) -> None:
    everything = [written(n) for n in range(6)]
    assert walked(store, [everything[:3], everything[3:]]) == PageChanges()
    clock.advance(60)
    assert set(walked(store, [everything[:2], everything[4:]]).removed) == {"id2", "id3"}
    gone = store.reviews.get("id2")
    assert gone is not None
    assert gone.removed_at == NOW + timedelta(seconds=60)
    assert gone.review.body == "It crashes"
    assert listed(store) == ["id0", "id1", "id4", "id5"]
    assert listed(store, "is:removed") == ["id2", "id3"]
    assert store.reviews.count(Query()) == 4
    clock.advance(60)
    assert walked(store, [everything]).removed == ()
    assert listed(store) == [review.id for review in everything]
    assert store.sync.walk_state("1").full_at == NOW + timedelta(seconds=120)


def test_an_incremental_walk_and_another_app_remove_nothing(
    store: Store, clock: StepClock, written: Written
) -> None:
    walked(store, [[written(n) for n in range(4)]])
    store.reviews.save_page("2", [written(9, app_id="2")])
    clock.advance(60)
    assert walked(store, [[written(0)]], full=False).removed == ()
    clock.advance(60)
    assert set(walked(store, [[written(0)]]).removed) == {"id1", "id2", "id3"}
    assert listed(store) == ["id0", "id9"]


def test_reviews_that_arrive_during_a_full_walk_stay(
    store: Store, clock: StepClock, written: Written
) -> None:
    walk = store.sync.open_walk("1", full=True).after(None)
    store.reviews.save_page("1", [written(1)], walk=walk)
    clock.advance(5)
    store.reviews.save_page("1", [written(2)])
    assert store.reviews.finish_walk(walk).removed == ()
    assert listed(store) == ["id1", "id2"]


def test_a_walk_resumes_where_it_was_stored(paths: Paths, clock: StepClock, written: Written) -> None:
    store = Store.open(paths, clock)
    walk = store.sync.open_walk("1", full=True).after("cursor1")
    store.reviews.save_page("1", [written(1)], walk=walk)
    store.close()
    again = Store.open(paths, clock)
    assert again.sync.walk_state("1").unfinished
    resumed = again.sync.open_walk("1", full=False)
    assert (resumed.full, resumed.pages, resumed.next_query) == (True, 1, "cursor1")
    resumed = resumed.after(None)
    again.reviews.save_page("1", [written(2)], walk=resumed)
    assert again.reviews.finish_walk(resumed).removed == ()
    assert listed(again) == ["id1", "id2"]
    assert not again.sync.walk_state("1").unfinished
    fresh = again.sync.open_walk("1", full=True, resume=False)
    assert (fresh.pages, fresh.next_query) == (0, None)
    again.close()


def test_row_15_whoever_lost_the_walk_changes_nothing(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    frozen, other = Store.open(paths, clock), Store.open(paths, clock)
    mine = frozen.sync.open_walk("1", full=True).after("cursor1")
    frozen.reviews.save_page("1", [written(1)], walk=mine)
    theirs = other.sync.open_walk("1", full=True)
    assert theirs.next_query == "cursor1"
    before = frozen.database.connection.total_changes
    with pytest.raises(WalkTaken):
        frozen.reviews.save_page("1", [written(2)], walk=mine.after("cursor2"))
    with pytest.raises(WalkTaken):
        frozen.reviews.finish_walk(mine)
    assert frozen.database.connection.total_changes == before
    assert listed(other) == ["id1"]
    other.reviews.save_page("1", [written(3)], walk=theirs.after(None))
    other.reviews.finish_walk(theirs.after(None))
    frozen.close()
    other.close()


PRELOAD = ("ascinbox.store.cache.pages",)
LATER = (0.02, 0.11, 0.31)
"""Of the long tests: each kill takes two programs."""


@pytest.mark.parametrize("after", [0.05, 0.17, *(pytest.param(s, marks=pytest.mark.slow) for s in LATER)])
def test_row_1_a_kill_leaves_page_and_cursor_together(tmp_path: Path, nursery: Nursery, after: float) -> None:
    for _ in range(2):
        nursery.fork(save_pages, tmp_path, after).join()
    store = Store.open(Paths.under(tmp_path), StepClock())
    assert store.database.check("cache") == ""
    assert store.database.check("user") == ""
    pages = store.sync.walk_state("1").pages
    assert store.reviews.count(Query()) == pages * 20
    if pages:
        assert store.sync.open_walk("1", full=True).next_query == str(pages)
    store.close()


# --- a model of Apple's list ---

steps = st.lists(
    st.tuples(
        st.sampled_from(["write", "edit", "answer", "remove", "full", "full", "incremental"]),
        st.integers(0, 11),
    ),
    max_size=25,
)


@settings(max_examples=examples(60, quick=20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
def test_after_a_full_walk_the_cache_is_what_apple_shows(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    clock = StepClock(NOW)
    written = Written()
    store = Store.open(Paths.under(tmp_path_factory.mktemp("model")), clock)
    apple: dict[str, Review] = {}
    for number, (act, which) in enumerate(steps):
        clock.advance(10)
        review = apple.get(f"id{which}")
        if act == "write" and review is None:
            apple[f"id{which}"] = written(which)
        elif act == "edit" and review is not None:
            apple[review.id] = replace(review, body=f"text {number}")
        elif act == "answer" and review is not None:
            apple[review.id] = replace(review, response=Response("r", f"{number}", "PUBLISHED", clock.now()))
        elif act == "remove" and review is not None:
            del apple[review.id]
        elif act in ("full", "incremental"):
            shown = sorted(apple.values(), key=lambda r: r.id)
            pages = [shown[:5], shown[5:]] if act == "full" else [shown[:3]]
            walked(store, pages, full=act == "full")
            if act == "full":
                assert set(listed(store)) == set(apple)
                assert {i: store.reviews.get(i).review for i in apple} == apple  # type: ignore[union-attr]
    store.close()


def test_a_walk_knows_its_next_page(store: Store) -> None:
    walk = Walk("1", 1, True, NOW)
    assert walk.after("a").after("b") == Walk("1", 1, True, NOW, 2, "b")
