"""Slow looks at the files, beside everything else: is the cache whole, are its letters right?"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.store.cache.review_state import CHUNK, doubtful_states, refresh_states
from ascinbox.store.store import Store

if TYPE_CHECKING:
    from ascinbox.store.thread import StoreThread

CHECKED_EVERY = timedelta(days=1)
_CHECKED_AT = "checked_at"


def look_through(thread: StoreThread, stop: Callable[[], bool]) -> None:
    """Checks cache.db and mends letters, if that is due; the reading is done here, the writing there."""
    unclean, due = thread.call(lambda store: (store.database.unclean, is_due(store)))
    if not due:
        return
    reader = thread.call(Store.reader)
    try:
        if reader.database.check("cache"):
            thread.call(Store.repair)
            return
        if unclean:
            ids = doubtful_states(reader.database)
            for start in range(0, len(ids), CHUNK):
                if stop():
                    return
                thread.call(_mend, ids[start : start + CHUNK])
        thread.call(_note)
    except sqlite3.Error:
        # The file went away under the reader: the next look at it notices.
        return
    finally:
        reader.close()


def is_due(store: Store) -> bool:
    """True once a day and after an unclean end, unless the disk is full."""
    if store.database.full:
        return False
    if store.database.unclean:
        return True
    checked = store.database.one("SELECT value FROM cache.meta WHERE name = ?", _CHECKED_AT)
    if checked is None:
        return True
    return abs(store.clock.now() - from_epoch(int(checked))) >= CHECKED_EVERY


def _mend(store: Store, ids: list[str]) -> None:
    with store.database.write():
        refresh_states(store.database, ids)


def _note(store: Store) -> None:
    with store.database.write(bulk=True) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO cache.meta VALUES (?, ?)", (_CHECKED_AT, str(to_epoch(store.clock.now())))
        )
    store.database.unclean = False
