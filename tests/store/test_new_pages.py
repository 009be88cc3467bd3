"""Pages of a first walk are added without a look at the cache, and leave what comparing them would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.records import PageChanges, Review, Told
from ascinbox.paths import Paths
from ascinbox.store.cache.new_reviews import NEW_REVIEWS, NEW_TEXTS, AlreadyHere, NewPages
from ascinbox.store.cache.prepared_review import PreparedPage, prepared
from ascinbox.store.cache.upserts import ROWS_AT_ONCE
from ascinbox.store.hot.sync import Walk, WalkTaken
from ascinbox.store.keys import key_of
from ascinbox.store.store import Store
from tests.store.conftest import NOW, Written
from tests.workers.clocks import StepClock

TABLES = ("review", "review_text", "review_device", "review_language", "undetected", "walk", "walk_page")
FRESH = "SELECT key FROM cache.fresh ORDER BY key"
Told3 = Told("2.1", "Pixel 7", "14", "de", 3, 1)
Pages = Sequence[Sequence[Review]]


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each time that pages were to be added as new ones: whether they could be."""
    outcomes: list[bool] = []
    add = NewPages.add

    def watched(self: NewPages, pages: Sequence[PreparedPage]) -> list[list[int]]:
        try:
            keys = add(self, pages)
        except AlreadyHere:
            outcomes.append(False)
            raise
        outcomes.append(True)
        return keys

    monkeypatch.setattr(NewPages, "add", watched)
    return outcomes


def walked_pages(store: Store, pages: Pages, *, texts: bool) -> tuple[list[PreparedPage], Walk]:
    """Pages of the first walk through app 1; with `texts` as those whose reviews are probably new."""
    walk = store.sync.open_walk("1", full=True, resume=False)
    made = []
    for number, page in enumerate(pages):
        walk = walk.after(f"cursor{number}")
        made.append(PreparedPage("1", {each.id: prepared(each, texts=texts) for each in page}, walk))
    return made, walk


def save(store: Store, pages: Pages, *, texts: bool) -> list[PageChanges | WalkTaken]:
    return store.reviews.save_pages(walked_pages(store, pages, texts=texts)[0])


def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that pages write."""
    found = {
        table: store.database.execute(f"SELECT * FROM cache.{table} ORDER BY 1, 2").fetchall()
        if table != "undetected"
        else store.database.execute("SELECT key FROM cache.undetected ORDER BY key").fetchall()
        for table in TABLES
    }
    return {**found, "fresh": store.database.execute(FRESH).fetchall()}


@pytest.fixture
def two(tmp_path: Path, clock: StepClock) -> Callable[[], tuple[Store, Store]]:
    """Two empty stores."""
    return lambda: (
        Store.open(Paths.under(tmp_path / "one"), clock),
        Store.open(Paths.under(tmp_path / "other"), clock),
    )


@pytest.mark.parametrize("many", [1, 3, ROWS_AT_ONCE + 4])
def test_new_pages_leave_what_compared_ones_do(
    many: int, two: Callable[[], tuple[Store, Store]], written: Written, tried: list[bool]
) -> None:
    pages = [
        [written(n + many * page, told=Told3 if n == 2 else None) for n in range(many)] for page in range(3)
    ]
    pages[1][0] = written.answered(many, body="Größe 大丈夫です")
    pages.append([])
    new, compared = two()
    shown = save(new, pages, texts=True)
    assert shown == save(compared, pages, texts=False)
    assert shown == [PageChanges(new=tuple(each.id for each in page)) for page in pages]
    assert contents(new) == contents(compared)
    assert tried == [True]
    for store in (new, compared):
        assert store.database.check("cache") == ""
        store.close()


def test_what_user_db_says_of_new_reviews_is_seen(
    two: Callable[[], tuple[Store, Store]], written: Written, tried: list[bool]
) -> None:
    states = []
    pages = [[written(n) for n in range(4)], [written.answered(9)]]
    for store, texts in zip(two(), (True, False), strict=True):
        store.reviews.save_page("1", [written(1), written(2)])
        store.queue.done(["id1"])
        store.queue.flag(["id2"])
        store.database.execute("DELETE FROM cache.review")
        store.database.execute("DELETE FROM cache.review_text")
        save(store, pages, texts=texts)
        states.append(
            store.database.execute("SELECT id, state, marks FROM cache.review ORDER BY id").fetchall()
        )
        store.close()
    assert tried == [True]
    assert states[0] == states[1]
    assert len(set(states[0])) == 5
    assert len({state for _, state, _ in states[0]}) > 2


@pytest.mark.parametrize("where", ["in the cache", "on two pages", "of another app", "under its key"])
def test_a_review_that_is_here_already_has_the_pages_compared(
    where: str, two: Callable[[], tuple[Store, Store]], written: Written, tried: list[bool]
) -> None:
    pages = [[written(1), written(2)], [written(3), written(4)]]
    if where == "on two pages":
        pages[1][0] = written(2)
    found = []
    for store, texts in zip(two(), (True, False), strict=True):
        if where == "in the cache":
            store.reviews.save_page("1", [written(4, body="Former text")])
        elif where == "of another app":
            store.reviews.save_page("2", [written(3, app_id="2")])
        elif where == "under its key":
            store.reviews.save_page("2", [written(8, app_id="2")])
            taken = key_of(prepared(written(3)).created, "id3")
            for table in ("review", "review_text", "fresh", "undetected"):
                store.database.execute(f"UPDATE cache.{table} SET key = {taken}")
        results = save(store, pages, texts=texts)
        found.append((results, contents(store)))
        assert store.database.check("cache") == ""
        store.close()
    assert tried == [False]
    assert found[0] == found[1]


def test_whoever_lost_the_walk_adds_nothing(store: Store, written: Written, tried: list[bool]) -> None:
    made, walk = walked_pages(store, [[written(1)], [written(2)]], texts=True)
    store.sync.open_walk("1", full=True, resume=False)
    before = contents(store)
    assert all(isinstance(result, WalkTaken) for result in store.reviews.save_pages(made))
    assert contents(store) == before
    assert walk.pages == 2
    assert tried == []


def test_later_walks_and_past_reviews_are_compared(
    store: Store, written: Written, tried: list[bool], clock: StepClock
) -> None:
    store.reviews.save_past("1", [written(7)])
    walk = store.sync.open_walk("1", full=True, resume=False).after(None)
    store.reviews.save_page("1", [written(1)], walk=walk)
    store.reviews.finish_walk(walk)
    clock.advance(60)
    save(store, [[written(1)], [written(2, created_at=NOW)]], texts=False)
    assert tried == []


def test_a_row_has_the_values_of_the_columns_in_their_order(written: Written) -> None:
    from ascinbox.store.cache import new_reviews, pages

    about = prepared(written.answered(1), texts=True)
    row = dict(zip(NEW_REVIEWS.columns, new_reviews._new_row(about, 77, 5, 99), strict=True))
    compared = dict(zip(pages.REVIEWS.columns, pages._row(about, 77, 5, 99), strict=True))
    assert row == {name: value for name, value in compared.items() if name in row}
    assert {name for name in compared if name not in row} == {"changed_at", "removed_at", "app_version"}
    assert NEW_TEXTS.columns == pages.TEXTS.columns


def test_the_newest_reviews_of_a_walk_are_a_page_like_any_other(store: Store, written: Written) -> None:
    """A page that comes alone takes the same way, and its walk goes on from it."""
    made, walk = walked_pages(store, [[written(n) for n in range(30)]], texts=True)
    assert store.reviews.save_pages(made) == [PageChanges(new=tuple(f"id{n}" for n in range(30)))]
    assert store.sync.walk_state("1").pages == 1
    assert store.reviews.walked(walk) == 30
    again = store.reviews.save_pages([replace(made[0], walk=walk.after("next"))])
    assert again == [PageChanges(unchanged=30)]
