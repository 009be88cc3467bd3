"""Keeps the index up with the cache, in the background."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ascinbox.core.errors import StoreError
from ascinbox.store.cache.index import build
from ascinbox.store.cache.index.drafting import drafts
from ascinbox.store.database import maintenance_lock

if TYPE_CHECKING:
    from ascinbox.store.thread import StoreThread


def build_index(thread: StoreThread, stop: Callable[[], bool] = lambda: False) -> int:
    """Files what is due into blocks; returns how many were made.

    For a background thread: has the blocks drafted in processes beside this one, or on a reading connection
    of its own, and writes through the store thread in steps of a few milliseconds. Does nothing while another
    program is at it. Ends early when `stop` says so; what is half done is swept up next time.
    """
    if not thread.can_share():
        return 0
    locks = thread.call(lambda store: store.database.files.locks)
    with maintenance_lock(locks, "index") as mine:
        return _build(thread, stop) if mine else 0


def _build(thread: StoreThread, stop: Callable[[], bool]) -> int:
    made = 0
    reader = thread.call(lambda store: store.reader())
    try:
        while not stop() and thread.call(lambda store: build.sweep(store.database)):
            pass
        spans = [] if stop() else build.due_spans(reader.database)
        for draft in drafts(reader.database, spans, stop):
            writing = thread.call(lambda store, block: build.Writing(store.database, block), draft)
            while thread.call(lambda _store, step: step(), writing.step):
                if stop():
                    return made
            made += 1
    except StoreError:
        # A full disk, a rebuilt cache: nothing that the next round would not find by itself.
        return made
    finally:
        reader.close()
    return made
