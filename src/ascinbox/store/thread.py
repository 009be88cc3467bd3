"""The threads that may touch the database: one that writes, and two beside it that only read."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from traceback import clear_frames
from typing import Any, TypeVar, overload

from ascinbox.core.clock import Clock
from ascinbox.core.errors import StoreError
from ascinbox.store.database import Damaged, DiskFull, Replaced, damaged, may_be_damage, translated
from ascinbox.store.opening import Folders
from ascinbox.store.store import Store

R = TypeVar("R")
_SENSELESS = (AttributeError, TypeError, ValueError, LookupError, ArithmeticError)
"""What reading a row raises that is not what was written."""


class StoreThread:
    """Runs functions over an open `Store`, one after the other.

    `call` blocks, `submit` gives a Future; on the store's own thread both run at once. `slow=True` goes to a
    second connection that only reads, in a second thread, so that a count never delays a keystroke;
    `reads=True` to a third, so that what a keystroke shows does not wait for a sync that writes. On the
    thread of `reads` all but `slow` runs at once, and nothing can be written. sqlite3's errors come out as
    StoreError. A damaged or replaced cache.db is rebuilt on the spot (the job that met it fails with
    `Damaged`), and the sentence about it is in `notices()`.
    """

    def __init__(self, opener: Callable[[], Store]) -> None:
        self._fast = _Lane("ascinbox-store", opener, Store.repair)
        self._slow = _Lane("ascinbox-store-slow", self._open_reader, self._repair_from_reader)
        self._reads = _Lane("ascinbox-store-read", self._open_reader, self._repair_from_reader)

    @classmethod
    def open(cls, paths: Folders, clock: Clock) -> StoreThread:
        """Starts the thread and opens the store in it; raises what opening raises."""
        thread = cls(lambda: Store.open(paths, clock))
        try:
            thread.call(lambda store: store)
        except BaseException:
            thread.close()
            raise
        return thread

    @overload
    def submit(
        self, fn: Callable[[Store], R], /, *, slow: bool = False, reads: bool = False
    ) -> Future[R]: ...

    @overload
    def submit(
        self, fn: Callable[..., R], first: Any, /, *args: Any, slow: bool = False, reads: bool = False
    ) -> Future[R]: ...

    def submit(
        self, fn: Callable[..., R], /, *args: Any, slow: bool = False, reads: bool = False
    ) -> Future[R]:
        """Runs `fn(store, *args)` when its turn comes."""
        return self._lane(slow=slow, reads=reads).run(fn, *args)

    @overload
    def call(self, fn: Callable[[Store], R], /, *, slow: bool = False) -> R: ...

    @overload
    def call(self, fn: Callable[..., R], first: Any, /, *args: Any, slow: bool = False) -> R: ...

    def call(self, fn: Callable[..., R], /, *args: Any, slow: bool = False) -> R:
        """Runs `fn(store, *args)` and waits for the result or its error."""
        return self.submit(fn, *args, slow=slow).result()

    def _lane(self, *, slow: bool, reads: bool) -> _Lane:
        if self._fast.is_current() or not self._fast.can_share():
            return self._fast
        if slow:
            return self._slow
        return self._reads if reads or self._reads.is_current() else self._fast

    def can_share(self) -> bool:
        """False when the store lives in memory, where a second connection would see nothing."""
        return self._fast.can_share()

    def interrupt_slow(self) -> None:
        """Ends the statement that runs in the slow lane; its job fails with StoreError."""
        self._slow.interrupt()

    def notices(self) -> list[str]:
        """Sentences for the person since the last time this was asked."""
        return self.call(Store.take_notices)

    def versions(self) -> tuple[int, int]:
        """`Store.versions` as seen now: compare with the last ones to notice another program's changes."""
        return self.call(Store.versions)

    def maintain(self, stop: Callable[[], bool] = lambda: False) -> None:
        """What is due each hour or so, the slow parts included. For a background thread.

        Looks through cache.db once a day and after a program was killed, on a connection of its own; a broken
        one is rebuilt. Raises StoreError for what could not be mended.
        """
        self.call(Store.maintain)
        if self.can_share() and not stop():
            from ascinbox.store import upkeep

            upkeep.look_through(self, stop)

    def read_ahead(self) -> int:
        """Has the system read the cache into memory, if it can be asked to; the bytes. May take a second."""
        from ascinbox.store.readahead import read_ahead

        return read_ahead(self.call(lambda store: store.database.files.cache))

    def close(self) -> None:
        """Finishes what is queued, closes the connections and ends the threads. Idempotent."""
        self._reads.close()
        self._slow.close()
        self._fast.close()

    def _open_reader(self) -> Store:
        return self._fast.run(Store.reader).result()

    def _repair_from_reader(self, _reader: Store) -> None:
        self._fast.run(Store.repair).result()


class _Lane:
    """One thread with one Store, opened in it at the first job."""

    def __init__(self, name: str, opener: Callable[[], Store], repair: Callable[[Store], None]) -> None:
        self._opener = opener
        self._repair = repair
        self._store: Store | None = None
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._started = False

    def run(self, fn: Callable[..., R], *args: Any) -> Future[R]:
        future: Future[R] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(self._attempt(fn, args))
            except BaseException as error:
                future.set_exception(error)

        if self.is_current():
            job()
            return future
        with self._lock:
            if self._closed:
                raise StoreError(
                    "The data files are closed", "", "This is a mistake in ascinbox: please report it."
                )
            if not self._started:
                self._thread.start()
                self._started = True
            self._jobs.put(job)
        return future

    def is_current(self) -> bool:
        """True on the lane's own thread."""
        return threading.current_thread() is self._thread

    def can_share(self) -> bool:
        """False when the store lives in memory, where a second connection would see nothing."""
        return self._store is None or not self._store.database.volatile

    def _attempt(self, fn: Callable[..., R], args: tuple[Any, ...]) -> R:
        store = self._opened()
        try:
            return fn(store, *args)
        except DiskFull as error:
            if not error.reserve_released:
                raise
            # The transaction is rolled back and a megabyte is free now.
            return fn(store, *args)
        except Replaced as error:
            self._mend(store, error)
            return fn(store, *args)
        except Damaged as error:
            self._mend(store, error)
            raise
        except sqlite3.Error as error:
            problem = translated(error, store.database.files)
            if isinstance(problem, Damaged):
                self._mend(store, error)
            elif may_be_damage(error) and store.is_suspicious():
                self._mend(store, error)
                raise damaged(error) from error
            raise problem from error
        except StoreError as error:
            if may_be_damage(error.__cause__) and store.is_suspicious():
                self._mend(store, error)
                raise damaged(error) from error
            raise
        except _SENSELESS as error:
            # A row that makes no sense: a mistake of ours, or a page that is another's.
            if not store.is_suspicious():
                raise
            self._mend(store, error)
            raise damaged(error) from error

    def _mend(self, store: Store, met: BaseException | None) -> None:
        # A half-read cursor in a frame of the failed job would keep its file from being detached.
        while met is not None:
            clear_frames(met.__traceback__)
            met = met.__cause__ or met.__context__
        try:
            self._repair(store)
        except _SENSELESS as error:
            raise damaged(error) from error
        except sqlite3.Error as error:
            raise translated(error, store.database.files) from error

    def _opened(self) -> Store:
        store = self._store
        if store is not None and store.is_reader and store.database.is_stale():
            store.close()
            store = None
        if store is None:
            store = self._store = self._opener()
        return store

    def interrupt(self) -> None:
        store = self._store
        if store is not None:
            store.database.interrupt()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job
        if self._store is not None:
            self._store.close()

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        if self._started and threading.current_thread() is not self._thread:
            self._thread.join()
