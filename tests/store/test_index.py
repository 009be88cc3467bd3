"""The index: sets and their blobs, blocks made beside changes, kills in between, hollow blocks."""

from __future__ import annotations

import subprocess
import sys
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascinbox.core.filters import Query, parse
from ascinbox.paths import Paths
from ascinbox.store.cache.index import bits, build, drafting, terms
from ascinbox.store.cache.index.indexer import build_index
from ascinbox.store.database import maintenance_lock
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.examples import examples
from tests.faults.nursery import Nursery
from tests.store.conftest import NOW, Written
from tests.store.killed import build_blocks
from tests.workers.clocks import StepClock

ordinals = st.one_of(
    st.sets(st.integers(0, bits.BLOCK_SIZE - 1), max_size=40),
    st.builds(
        lambda start, step, count: set(range(start, min(start + step * count, bits.BLOCK_SIZE), step)),
        st.integers(0, bits.BLOCK_SIZE - 1),
        st.integers(1, 40),
        st.integers(0, 4000),
    ),
)


@settings(max_examples=examples(200, quick=60), deadline=None)
@given(ordinals, st.integers(0, 600))
def test_a_set_comes_back_from_its_blob(members: set[int], sparse: int) -> None:
    sorted_members = sorted(members)
    expected = sum(1 << n for n in members)
    blob = bits.encode(array("H", sorted_members), sparse)
    assert bits.decode(blob) == expected == bits.to_int(sorted_members)
    assert len(blob) <= max(bits.BITMAP_BYTES, 3 * sparse)
    assert bits.members(expected) == sorted_members == list(bits.lowest(expected))
    assert list(bits.highest(expected)) == sorted_members[::-1]


@settings(max_examples=examples(100, quick=60), deadline=None)
@given(st.lists(ordinals, max_size=5))
def test_a_union_is_the_union(sets: list[set[int]]) -> None:
    blobs = [bits.encode(array("H", sorted(members))) for members in sets]
    union = sum(1 << n for n in set().union(*sets))
    assert bits.decode_all(blobs) == union
    assert bits.decode(bits.encode_union(sets)) == union


@given(st.integers(0, 20_000))
def test_each_length_is_in_one_step(length: int) -> None:
    low, high = terms.length_span(terms.length_step(length))
    assert low <= length < high


@given(st.sets(st.text("abc", min_size=1, max_size=4)))
def test_shared_starts_are_those_that_more_words_share_than_one_looks_up(words: set[str]) -> None:
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(terms, "WORDS_LOOKED_UP", 2)
        found = terms.shared_starts(words)
    starts = {word[:n] for word in words for n in range(1, 5) if len(word) >= n}
    sharing = {start: sorted(w for w in words if w.startswith(start)) for start in starts}
    assert {start: sorted(members) for start, members in found.items()} == {
        start: members for start, members in sharing.items() if len(members) > 2
    }


def write(store: Store, draft: build.BlockDraft | None) -> None:
    assert draft is not None
    writing = build.Writing(store.database, draft)
    while writing.step():
        pass


def ids(store: Store, text: str) -> list[str]:
    return [row.id for row in store.reviews.window(parse(text, now=NOW), limit=1000).rows]


@pytest.fixture
def filled(store: Store, written: Written) -> Store:
    """Forty reviews, the even ones about crashes."""
    store.reviews.save_page("1", [written(n, "crash" if n % 2 == 0 else "refund") for n in range(40)])
    return store


def test_what_changes_while_a_block_is_made_is_not_taken_from_it(filled: Store, written: Written) -> None:
    draft = build.draft_block(filled.database)
    assert draft is not None
    writing = build.Writing(filled.database, draft)
    writing.step()
    filled.reviews.save_page("1", [written(0, "refund"), written(99, "crash")])
    filled.queue.done(["id2"])
    while writing.step():
        assert ids(filled, "crash -is:done") == [f"id{n}" for n in range(4, 40, 2)] + ["id99"]
    assert ids(filled, "crash -is:done") == [f"id{n}" for n in range(4, 40, 2)] + ["id99"]
    assert ids(filled, "refund") == ["id0", *(f"id{n}" for n in range(1, 40, 2))]
    assert filled.database.one("SELECT count(*) FROM cache.fresh") == 3
    assert filled.database.one("SELECT count(*) FROM cache.spot") == 38


def test_a_change_afterwards_counts_at_once_and_once(filled: Store, written: Written) -> None:
    write(filled, build.draft_block(filled.database))
    assert ids(filled, "crash") == [f"id{n}" for n in range(0, 40, 2)]
    filled.reviews.save_page("1", [written(0, "refund")])
    assert ids(filled, "crash")[0] == "id2"
    assert filled.reviews.count(parse("crash", now=NOW)) == 19
    filled.queue.flag(["id2"])
    assert ids(filled, "is:flagged") == ["id2"]
    assert ids(filled, "-is:flagged crash")[0] == "id4"
    write(filled, build.draft_block(filled.database))
    assert filled.database.one("SELECT count(*) FROM cache.fresh") == 0
    assert ids(filled, "is:flagged") == ["id2"]
    assert filled.reviews.count(Query()) == 40


def test_a_hollow_block_is_dissolved(filled: Store) -> None:
    write(filled, build.draft_block(filled.database))
    filled.queue.flag([f"id{n}" for n in range(25)])
    expected = ids(filled, "crash")
    steps = 0
    while build.sweep(filled.database):
        steps += 1
        assert ids(filled, "crash") == expected
        assert filled.reviews.count(Query()) == 40
    assert steps > 1
    for table, left in (("block", 0), ("term", 0), ("spot", 0), ("fresh", 40)):
        assert filled.database.one(f"SELECT count(*) FROM cache.{table}") == left


def test_removed_reviews_leave_the_lists_of_the_index_too(filled: Store, clock: StepClock) -> None:
    write(filled, build.draft_block(filled.database))
    clock.advance(60)
    walk = filled.sync.open_walk("1", full=True).after(None)
    kept = [filled.reviews.get(f"id{n}") for n in range(10)]
    filled.reviews.save_page("1", [detail.review for detail in kept if detail], walk=walk)
    assert len(filled.reviews.finish_walk(walk).removed) == 30
    assert filled.reviews.count(Query()) == 10
    write(filled, build.draft_block(filled.database))
    assert filled.reviews.count(Query()) == 10
    assert len(ids(filled, "is:removed")) == 30


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of fifty, the first one when there are a hundred reviews."""
    monkeypatch.setattr(build, "BLOCK_SIZE", 50)
    monkeypatch.setattr(build, "FIRST_BLOCK", 100)
    monkeypatch.setattr(build.draft_block, "__defaults__", (50,))
    monkeypatch.setattr(build, "TERMS_AT_ONCE", 20)


def save(thread: StoreThread, written: Written, first: int, last: int) -> None:
    thread.call(lambda s: s.reviews.save_page("1", [written(n, f"word{n}") for n in range(first, last)]))


def blocks(thread: StoreThread) -> int:
    return int(thread.call(lambda s: s.database.one("SELECT count(*) FROM cache.block WHERE ready = 1")))


@pytest.mark.usefixtures("small_blocks")
def test_a_small_cache_needs_no_index_and_a_large_one_gets_it(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    thread = StoreThread.open(paths, clock)
    save(thread, written, 0, 99)
    assert build_index(thread) == 0
    save(thread, written, 99, 130)
    assert build_index(thread) == 2
    assert blocks(thread) == 2
    save(thread, written, 130, 149)
    assert build_index(thread) == 0
    save(thread, written, 149, 155)
    assert build_index(thread) == 1
    assert thread.call(lambda s: s.database.one("SELECT count(*) FROM cache.fresh")) == 5
    assert thread.call(lambda s: s.reviews.count(Query())) == 155
    assert thread.call(lambda s: ids(s, "word140")) == ["id140"]
    thread.close()


@pytest.mark.usefixtures("small_blocks")
def test_building_stops_when_told_and_goes_on_later(paths: Paths, clock: StepClock, written: Written) -> None:
    thread = StoreThread.open(paths, clock)
    save(thread, written, 0, 200)
    for after in range(1, 30, 3):
        asked = iter(range(1000))
        build_index(thread, lambda: next(asked) >= after)  # noqa: B023
        assert thread.call(lambda s: s.reviews.count(Query())) == 200
        assert thread.call(lambda s: ids(s, "word77")) == ["id77"]
    build_index(thread)
    assert blocks(thread) == 4
    assert thread.call(lambda s: s.database.one("SELECT count(*) FROM cache.block")) == 4
    thread.close()


@pytest.mark.usefixtures("small_blocks")
def test_only_one_program_builds(paths: Paths, clock: StepClock, written: Written) -> None:
    thread = StoreThread.open(paths, clock)
    save(thread, written, 0, 200)
    with maintenance_lock(paths.locks, "index") as mine:
        assert mine
        assert build_index(thread) == 0
    assert build_index(thread) == 4
    thread.close()


@pytest.mark.parametrize("at", [1, 2, 5, 23, 29, 31, 60])
def test_a_kill_while_building_costs_no_review(
    tmp_path: Path, written: Written, nursery: Nursery, at: int
) -> None:
    paths, told = Paths.under(tmp_path), tmp_path / "told"
    store = Store.open(paths, StepClock())
    store.reviews.save_page("1", [written(n, f"word{n} common") for n in range(150)])
    store.close()
    for _ in range(2):
        nursery.fork(build_blocks, tmp_path, at, told).join()
    store = Store.open(paths, StepClock())
    assert store.reviews.count(Query()) == 150
    assert store.reviews.count(parse("common", now=NOW)) == 150
    assert ids(store, "word149") == ["id149"]
    store.close()
    told.unlink(missing_ok=True)
    assert nursery.fork(build_blocks, tmp_path, 0, told).join() == 0
    assert int(told.read_text()) > 0
    store = Store.open(paths, StepClock())
    assert store.database.one("SELECT count(*) FROM cache.fresh") < 50
    assert store.database.one("SELECT count(*) FROM cache.block WHERE ready = 0") == 0
    assert store.reviews.count(parse("common", now=NOW)) == 150
    store.close()


@pytest.mark.usefixtures("small_blocks")
def test_the_index_of_a_cache_that_is_gone_is_gone_too(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    thread = StoreThread.open(paths, clock)
    save(thread, written, 0, 200)
    build_index(thread)
    for slow in (False, True):
        assert thread.call(lambda s: s.reviews.count(parse('-"word7"', now=NOW)), slow=slow) == 199
    paths.cache_db.unlink()
    thread.versions()
    for slow in (False, True):
        assert thread.call(lambda s: s.reviews.count(parse('-"word7"', now=NOW)), slow=slow) == 0
    save(thread, written, 0, 10)
    assert thread.call(lambda s: ids(s, "word7"), slow=True) == ["id7"]
    thread.close()


def _spans(store: Store) -> list[build.DueSpan]:
    spans = build.due_spans(store.database)
    assert [span.size for span in spans] == [50, 50, 50]
    return spans


def _in_parts(paths: Paths, clock: StepClock, written: Written) -> StoreThread:
    thread = StoreThread.open(paths, clock)
    save(thread, written, 0, 160)
    thread.call(lambda s: s.queue.flag(["id7", "id70"]))
    return thread


@pytest.mark.usefixtures("small_blocks")
def test_a_helper_drafts_what_would_be_drafted_here(
    paths: Paths, clock: StepClock, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = _in_parts(paths, clock, written)
    here = thread.call(lambda s: list(drafting.drafts(s.database, _spans(s))))
    monkeypatch.setattr(drafting, "WORTH_HELP", 1)
    monkeypatch.setattr(drafting, "draft_span", lambda *_: pytest.fail("a helper was to do it"))
    assert thread.call(lambda s: list(drafting.drafts(s.database, _spans(s)))) == here
    assert build_index(thread) == 3
    assert thread.call(lambda s: ids(s, "word77")) == ["id77"]
    thread.close()


@pytest.mark.usefixtures("small_blocks")
def test_where_no_helper_can_be_had_the_blocks_are_drafted_here(
    paths: Paths, clock: StepClock, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = _in_parts(paths, clock, written)
    monkeypatch.setattr(drafting, "WORTH_HELP", 1)
    for python in ("/nowhere/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", python)
        assert len(thread.call(lambda s: list(drafting.drafts(s.database, _spans(s))))) == 3
    thread.close()


@pytest.mark.usefixtures("small_blocks")
def test_helpers_end_with_the_one_who_asked(
    paths: Paths, clock: StepClock, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = _in_parts(paths, clock, written)
    monkeypatch.setattr(drafting, "WORTH_HELP", 1)
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    assert thread.call(lambda s: list(drafting.drafts(s.database, _spans(s), lambda: True))) == []
    thread.close()
    assert len(started) == drafting.HELPERS
    assert all(process.returncode is not None for process in started)
