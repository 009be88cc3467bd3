"""A few daemon threads that work off a queue.

A request that still waits for Apple must not delay the program's end; the threads of a ThreadPoolExecutor
would, because the interpreter waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import Any, TypeVar

R = TypeVar("R")


class DaemonPool:
    """Up to `size` threads, one started with each of the first jobs."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._closed = False

    def submit(self, fn: Callable[..., R], *args: Any) -> Future[R]:
        """Runs `fn(*args)` when a thread is free; after `close` the future is cancelled."""
        future: Future[R] = Future()
        with self._lock:
            if self._closed:
                future.cancel()
                return future
            if self._threads < self._size:
                self._threads += 1
                name = f"{self._name}-{self._threads}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
            self._jobs.put((future, lambda: fn(*args)))
        return future

    def run_all(self, jobs: Iterable[Callable[[], R]]) -> list[R]:
        """Runs every job and gives the results in order. The first error is raised when all have ended."""
        futures = [self.submit(job) for job in jobs]
        wait(futures)
        return [future.result() for future in futures]

    def close(self) -> None:
        """What has not begun is cancelled; what runs is left to end by itself."""
        with self._lock:
            self._closed = True
            threads = self._threads
        while not self._jobs.empty():
            entry = self._jobs.get()
            if entry is not None:
                entry[0].cancel()
        for _ in range(threads):
            self._jobs.put(None)

    def __enter__(self) -> DaemonPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while (entry := self._jobs.get()) is not None:
            future, job = entry
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(job())
                except BaseException as error:
                    future.set_exception(error)
            del entry, future, job
