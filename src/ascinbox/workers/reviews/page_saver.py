"""Stores pages while the next ones are fetched."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from time import monotonic
from typing import TYPE_CHECKING

from ascinbox.core.records import PageChanges

if TYPE_CHECKING:
    from ascinbox.store.cache.prepared_review import PreparedPage
    from ascinbox.store.store import Store
    from ascinbox.store.thread import StoreThread

WAIT_S = 0.5
"""A page waits no longer for others than until the next one comes after this time."""


class PageSaver:
    """Stores pages in the order in which they come, several in one transaction when they come fast."""

    def __init__(self, store: StoreThread, at_once: int, *, gathers: bool = False) -> None:
        """`gathers`: pages wait for others, to be stored `at_once` together, unless `result` asks for one."""
        self._store = store
        self._at_once = at_once
        self._gathers = gathers
        self._lock = threading.Lock()
        self._waiting: deque[tuple[PreparedPage, Future[PageChanges]]] = deque()
        self._since = 0.0
        self._turns = 0

    def save(self, page: PreparedPage) -> Future[PageChanges]:
        """Puts the page into the queue; what becomes of it is asked of `result`."""
        future: Future[PageChanges] = Future()
        with self._lock:
            now = monotonic()
            if not self._waiting:
                self._since = now
            self._waiting.append((page, future))
            waits = self._gathers and len(self._waiting) < self._at_once and now - self._since < WAIT_S
        if not waits:
            self._store.submit(self._work_off)
        return future

    def result(self, future: Future[PageChanges]) -> PageChanges:
        """What `save` gave the future for, as `Reviews.save_page` gives or raises it."""
        while self._gathers and self._is_waiting(future):
            # A turn takes up to `at_once` pages: there may be more before this one.
            turns = self._turns
            error = self._store.submit(self._work_off).exception()
            if error is not None and self._turns == turns:
                # No store could be had for it, and none would be the next time.
                raise error
        return future.result()

    def _is_waiting(self, future: Future[PageChanges]) -> bool:
        with self._lock:
            return any(each is future for _, each in self._waiting)

    def _work_off(self, store: Store) -> None:
        """On the store's thread, once a page; mostly an earlier turn has taken this page along."""
        self._turns += 1
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(self._at_once, len(self._waiting)))]
        if not batch:
            return
        try:
            results = store.reviews.save_pages([page for page, _ in batch], in_bulk=self._gathers)
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
            raise
        for (_, future), result in zip(batch, results, strict=True):
            if isinstance(result, PageChanges):
                future.set_result(result)
            else:
                future.set_exception(result)
