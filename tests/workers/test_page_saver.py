"""Pages that wait for others are stored together, and none is left waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.errors import StoreError
from ascinbox.core.records import PageChanges
from ascinbox.paths import Paths
from ascinbox.store.cache import pages
from ascinbox.store.cache.prepared_review import PreparedPage, prepared
from ascinbox.store.thread import StoreThread
from ascinbox.workers.reviews import page_saver
from ascinbox.workers.reviews.page_saver import PageSaver
from tests.store.conftest import Written
from tests.workers.clocks import StepClock


@pytest.fixture
def thread(tmp_path: Path) -> Iterator[StoreThread]:
    opened = StoreThread.open(Paths.under(tmp_path), StepClock())
    yield opened
    opened.close()


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pages each transaction was to store."""
    sizes: list[int] = []
    save = pages.Pages.save_together

    def counting(self: pages.Pages, some: list[PreparedPage], **how: bool) -> object:
        sizes.append(len(some))
        return save(self, some, **how)

    monkeypatch.setattr(pages.Pages, "save_together", counting)
    return sizes


def page(number: int) -> PreparedPage:
    review = prepared(Written()(number))
    return PreparedPage("1", {review.id: review})


def stored(number: int) -> PageChanges:
    return PageChanges(new=(f"id{number}",))


def test_pages_wait_until_there_are_enough(thread: StoreThread, together: list[int]) -> None:
    saver = PageSaver(thread, 4, gathers=True)
    futures = [saver.save(page(n)) for n in range(4)]
    assert [future.result() for future in futures] == [stored(n) for n in range(4)]
    assert together == [4]


def test_whoever_asks_does_not_wait_for_further_pages(thread: StoreThread, together: list[int]) -> None:
    saver = PageSaver(thread, 4, gathers=True)
    futures = [saver.save(page(n)) for n in range(3)]
    assert saver.result(futures[1]) == stored(1)
    assert together == [3]
    assert [saver.result(future) for future in futures] == [stored(n) for n in range(3)]
    assert together == [3]


def test_a_page_waits_only_so_long(
    thread: StoreThread, together: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_saver, "WAIT_S", 0.0)
    saver = PageSaver(thread, 4, gathers=True)
    assert saver.save(page(1)).result() == stored(1)
    assert together == [1]


def test_more_than_one_turn_takes_are_all_stored(thread: StoreThread, together: list[int]) -> None:
    saver = PageSaver(thread, 2, gathers=True)
    free = threading.Event()
    thread.submit(lambda _store: free.wait(30))
    futures = [saver.save(page(n)) for n in range(5)]
    asked: list[PageChanges] = []
    asking = threading.Thread(target=lambda: asked.append(saver.result(futures[4])))
    asking.start()
    free.set()
    asking.join(30)
    assert asked == [stored(4)]
    assert sum(together) == 5
    assert max(together) == 2


def test_whoever_asks_for_a_page_that_is_being_stored_starts_no_turn(
    thread: StoreThread, together: list[int]
) -> None:
    saver = PageSaver(thread, 9, gathers=True)
    futures = [saver.save(page(n)) for n in range(3)]
    saver._waiting.popleft()  # as a turn does that has begun
    futures[0].set_result(stored(0))
    assert saver.result(futures[0]) == stored(0)
    thread.call(lambda _store: None)
    assert together == []
    assert saver.result(futures[2]) == stored(2)
    assert together == [2]


def test_an_error_reaches_each_page_and_the_next_ones_are_stored(
    thread: StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    saver = PageSaver(thread, 9, gathers=True)
    save = pages.Pages.save_together
    failed: list[bool] = []

    def fails_once(self: pages.Pages, some: list[PreparedPage], **how: bool) -> object:
        if not failed:
            failed.append(True)
            raise StoreError("It cannot be written", "", "")
        return save(self, some, **how)

    monkeypatch.setattr(pages.Pages, "save_together", fails_once)
    futures: list[Future[PageChanges]] = [saver.save(page(n)) for n in range(2)]
    for future in futures:
        with pytest.raises(StoreError):
            saver.result(future)
    assert saver.result(saver.save(page(3))) == stored(3)


def test_without_gathering_a_page_is_stored_at_once(thread: StoreThread) -> None:
    saver = PageSaver(thread, 4)
    assert saver.save(page(1)).result(30) == stored(1)
    assert saver.result(saver.save(page(2))) == stored(2)


class NoStore:
    """In the place of a store's thread that cannot open its files."""

    def submit(self, _job: object) -> Future[None]:
        future: Future[None] = Future()
        future.set_exception(StoreError("The data files cannot be opened"))
        return future


def test_no_page_waits_for_a_store_that_cannot_be_opened() -> None:
    nobody: Any = NoStore()
    saver = PageSaver(nobody, 4, gathers=True)
    future = saver.save(page(1))
    with pytest.raises(StoreError, match="cannot be opened"):
        saver.result(future)
