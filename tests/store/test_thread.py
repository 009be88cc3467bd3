"""The store's threads: in order, inline on their own thread, slow beside fast."""

from __future__ import annotations

import threading
import time

import pytest

from ascinbox.core.errors import StoreError
from ascinbox.paths import Paths
from ascinbox.store import Store, StoreThread
from tests.store.conftest import Written
from tests.workers.clocks import StepClock


def test_jobs_run_in_order_on_one_thread_and_inline_there(paths: Paths, clock: StepClock) -> None:
    thread = StoreThread.open(paths, clock)
    seen: list[int] = []

    def job(_store: Store, number: int) -> int:
        seen.append(number)
        return threading.get_ident()

    futures = [thread.submit(job, number) for number in range(50)]
    assert len({future.result() for future in futures}) == 1
    assert seen == list(range(50))

    def outer(_store: Store) -> list[int]:
        inside = thread.submit(job, 99)
        assert inside.done()
        return [thread.call(job, 100), thread.call(job, 101, slow=True), threading.get_ident()]

    assert len(set(thread.call(outer))) == 1
    thread.close()


def test_slow_jobs_do_not_hold_up_the_others(paths: Paths, clock: StepClock, written: Written) -> None:
    thread = StoreThread.open(paths, clock)
    running, release = threading.Event(), threading.Event()

    def slow(_store: Store) -> str:
        running.set()
        release.wait(10)
        return "done"

    future = thread.submit(slow, slow=True)
    assert running.wait(10)
    assert thread.call(lambda s: s.reviews.save_page("1", [written(1)])).new == ("id1",)
    assert not future.done()
    release.set()
    assert future.result() == "done"
    thread.close()


def test_the_slow_connection_sees_what_was_committed_and_cannot_write(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    thread = StoreThread.open(paths, clock)
    thread.call(lambda s: s.reviews.save_page("1", [written(1)]))
    assert thread.call(lambda s: s.reviews.get("id1") is not None, slow=True)
    with pytest.raises(StoreError):
        thread.call(lambda s: s.queue.note("id1", "x"), slow=True)
    thread.close()


def test_reading_for_a_keystroke_waits_neither_for_writes_nor_for_counts(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    thread = StoreThread.open(paths, clock)
    thread.call(lambda s: s.reviews.save_page("1", [written(1)]))
    running, release = threading.Barrier(3), threading.Event()

    def busy(_store: Store) -> None:
        running.wait(10)
        release.wait(10)

    # Opening a connection takes the writing thread once.
    thread.call(lambda s: s.accounts.list(), slow=True)
    thread.submit(lambda s: s.accounts.list(), reads=True).result(10)
    held = [thread.submit(busy), thread.submit(busy, slow=True)]
    running.wait(10)

    def look(_store: Store) -> bool:
        # What is called in there stays in there.
        return thread.call(lambda s: s.reviews.get("id1") is not None)

    assert thread.submit(look, reads=True).result(10)
    assert not any(future.done() for future in held)
    release.set()
    for future in held:
        future.result(10)
    with pytest.raises(StoreError):
        thread.submit(lambda s: s.queue.note("id1", "x"), reads=True).result(10)
    thread.close()


def test_a_long_statement_can_be_ended(paths: Paths, clock: StepClock) -> None:
    thread = StoreThread.open(paths, clock)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    future = thread.submit(lambda s: s.database.execute(endless).fetchone(), slow=True)
    deadline = time.monotonic() + 20
    while not future.done() and time.monotonic() < deadline:
        thread.interrupt_slow()
        time.sleep(0.01)
    with pytest.raises(StoreError):
        future.result(0)
    thread.close()


def test_errors_come_to_the_caller_and_the_thread_goes_on(paths: Paths, clock: StepClock) -> None:
    thread = StoreThread.open(paths, clock)

    def fails(_store: Store) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError):
        thread.call(fails)
    assert thread.call(lambda s: s.accounts.list()) == ()
    thread.close()


def test_what_cannot_be_opened_is_said_at_the_first_call_and_at_each(paths: Paths, clock: StepClock) -> None:
    paths.data.mkdir(parents=True)
    Store.open(paths, clock).close()
    newer = Store.open(paths, clock)
    newer.database.execute("PRAGMA user.user_version = 99")
    newer.close()
    thread = StoreThread(lambda: Store.open(paths, clock))
    for _ in range(2):
        with pytest.raises(StoreError, match="newer"):
            thread.call(lambda s: s.accounts.list())
    thread.close()
    with pytest.raises(StoreError, match="newer"):
        StoreThread.open(paths, clock)


def test_closing_finishes_what_is_queued_and_takes_no_more(paths: Paths, clock: StepClock) -> None:
    thread = StoreThread.open(paths, clock)
    futures = [thread.submit(lambda s: s.queue.note("a", "b")) for _ in range(5)]
    thread.close()
    thread.close()
    assert all(future.done() for future in futures)
    with pytest.raises(StoreError, match="closed"):
        thread.call(lambda s: s.accounts.list())
    assert not list(paths.locks.glob("session-*"))
