"""What a worker's store tells its team: first, outside every transaction, and never less than it stores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.errors import StoreError
from ascinbox.core.records import Response, Review
from ascinbox.paths import Paths
from ascinbox.store.cache.prepared_review import PreparedPage
from ascinbox.store.hot.sync import Walk, WalkTaken
from ascinbox.store.store import Store
from tests.store.conftest import NOW, Written
from tests.workers.clocks import StepClock

HANGS_S = 20.0
"""Longer than anything of a test waits."""


class Heard:
    """A team's database that notes what it is told; `first` runs before each note."""

    def __init__(self) -> None:
        self.answers: dict[str, str | None] = {}
        self.removed: list[str] = []
        self.versions: dict[str, str] = {}
        self.first: Callable[[], None] = lambda: None

    def save_pages(self, pages: Sequence[PreparedPage]) -> int:
        self.first()
        for page in pages:
            self.answers |= {i: each.response_text for i, each in page.prepared.items()}
        return sum(len(page.prepared) for page in pages)

    def remove(self, ids: Sequence[str]) -> None:
        self.first()
        self.removed += ids

    def name_versions(self, ids: Sequence[str], version: str) -> None:
        self.first()
        self.versions |= dict.fromkeys(ids, version)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def opened(tmp_path: Path, clock: StepClock, heard: Heard) -> Iterator[Callable[..., Store]]:
    """Opens the same home again: `opened()` as the worker, `opened(mirror=None)` as another program."""
    made: list[Store] = []

    def open_store(**changes: Any) -> Store:
        paths = Paths.under(tmp_path)
        paths.create()
        made.append(Store.open(paths, clock, me="Anna", **{"mirror": heard, **changes}))
        return made[-1]

    yield open_store
    for store in made:
        store.close()


def _pages(store: Store, written: Written) -> None:
    store.reviews.save_page("1", [written(1), written(2)])


def _several(store: Store, written: Written) -> None:
    page = PreparedPage.of("1", [written(3)])
    store.reviews.save_pages([page, PreparedPage.of("1", [written(4)])])


def _removal(store: Store, written: Written) -> None:
    walk = store.sync.open_walk("1", full=True, resume=False).after(None)
    store.reviews.save_page("1", [written(5)], walk=walk)
    store.reviews.finish_walk(walk)


def _versions(store: Store, written: Written) -> None:
    store.reviews.save_page("1", [written(6)])
    reading = store.app_versions.reading("1", "v")
    assert reading is not None
    store.app_versions.save_page(reading, "2.0", ["id6"], None)


@pytest.mark.parametrize("step", [_pages, _several, _removal, _versions])
def test_a_team_that_does_not_answer_keeps_nobody_from_writing(
    step: Callable[[Store, Written], None],
    opened: Callable[..., Store],
    heard: Heard,
    written: Written,
    tmp_path: Path,
    clock: StepClock,
) -> None:
    opened(mirror=None).reviews.save_page("1", [written(n) for n in (1, 9)])
    asked, answer = threading.Semaphore(0), threading.Semaphore(0)

    def hang() -> None:
        asked.release()
        assert answer.acquire(timeout=HANGS_S)

    heard.first = hang
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with closing(Store.open(Paths.under(tmp_path), clock, me="Anna", mirror=heard)) as store:
                step(store, written)
        except BaseException as error:
            failures.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    times = 0
    other = opened(mirror=None)
    # SQLite gives up waiting for a lock after some seconds; nothing here may even begin to wait.
    other.database.execute("PRAGMA busy_timeout = 0")
    while worker.is_alive():
        if asked.acquire(timeout=0.05):
            times += 1
            assert other.queue.flag(["id9"], flagged=bool(times % 2)) == ("id9",)
            answer.release()
    assert not failures
    assert times


def test_what_the_team_did_not_take_is_not_stored_and_told_again(
    opened: Callable[..., Store], heard: Heard, written: Written
) -> None:
    store = opened()

    def refuse() -> None:
        raise StoreError("away")

    heard.first = refuse
    walk = store.sync.open_walk("1", full=False, resume=False).after("more")
    with pytest.raises(StoreError, match="away"):
        store.reviews.save_page("1", [written(1)], walk=walk)
    assert store.reviews.get("id1") is None
    assert store.sync.open_walk("1", full=False, resume=True).pages == 0
    heard.first = lambda: None
    store.reviews.save_page("1", [written(1)])
    assert set(heard.answers) == {"id1"}


def test_what_changed_here_while_the_team_was_told_is_told_as_well(
    opened: Callable[..., Store], heard: Heard, written: Written
) -> None:
    store = opened()
    other = opened(mirror=None)
    store.reviews.save_page("1", [written.answered(1)])
    later = replace(written(1), response=Response("r1", "Better words", "PUBLISHED", NOW))

    def answer_meanwhile() -> None:
        heard.first = lambda: None
        other.reviews.save_page("1", [later])

    heard.first = answer_meanwhile
    walk = store.sync.open_walk("1", full=False, resume=False).after(None)
    # A page of a walk takes no answer away, so the one that came meanwhile is what is stored.
    store.reviews.save_page("1", [written(1)], walk=walk)
    found = store.reviews.get("id1")
    assert found is not None
    assert found.review.response is not None
    assert found.review.response.text == "Better words" == heard.answers["id1"]


@pytest.mark.parametrize("pages", [1, 2])
def test_who_lost_the_walk_tells_nothing(
    pages: int, opened: Callable[..., Store], heard: Heard, written: Written
) -> None:
    store = opened()
    walk = store.sync.open_walk("1", full=True, resume=False)
    opened(mirror=None).sync.open_walk("1", full=True, resume=False)
    mine = [_prepared(walk.after("more"), [written(n)]) for n in range(pages)]
    assert all(isinstance(result, WalkTaken) for result in store.reviews.save_pages(mine))
    with pytest.raises(WalkTaken):
        store.reviews.finish_walk(walk)
    assert heard.answers == {}
    assert heard.removed == []


def _prepared(walk: Walk, reviews: Sequence[Review]) -> PreparedPage:
    return PreparedPage.of("1", reviews, walk)
