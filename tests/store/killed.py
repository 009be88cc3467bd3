"""What programs do that are killed or left in the middle of it. `tests/faults/nursery.py` forks them."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

from ascinbox.core.clock import SystemClock
from ascinbox.paths import Paths
from ascinbox.store.cache.index import build
from ascinbox.store.cache.index.indexer import build_index
from ascinbox.store.migrations import Schema, user
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.store.conftest import Written
from tests.workers.clocks import StepClock


def kill_this(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def save_pages(home: Path, after: float) -> None:
    """Saves 400 pages of a walk, and is killed `after` seconds."""
    written = Written()
    store = Store.open(Paths.under(home), SystemClock())
    walk = store.sync.open_walk("1", full=True)
    threading.Timer(after, kill_this).start()
    while walk.pages < 400:
        start = walk.pages * 20
        walk = walk.after(str(walk.pages + 1))
        store.reviews.save_page("1", [written(n) for n in range(start, start + 20)], walk=walk)


def build_blocks(home: Path, at: int, told: Path) -> None:
    """Builds the index in small blocks, and is killed before step `at`; 0 is never. Writes to `told` how many
    blocks were made."""
    small = {"BLOCK_SIZE": 50, "FIRST_BLOCK": 100, "TERMS_AT_ONCE": 5, "REVIEWS_AT_ONCE": 5}
    for name, value in small.items():
        setattr(build, name, value)
    build.draft_block.__defaults__ = (50,)
    thread = StoreThread.open(Paths.under(home), SystemClock())
    left, step = [at], build.Writing.step

    def killing(self: build.Writing) -> bool:
        left[0] -= 1
        if left[0] == 0:
            kill_this()
        return step(self)

    build.Writing.step = killing  # type: ignore[method-assign]
    told.write_text(str(build_index(thread)))
    thread.close()


def carry_forward(home: Path, step: int, at: int) -> None:
    """Opens a home of an older version, and is killed in a step of its way to this one."""
    steps = [list(each) for each in user.SCHEMA.steps]
    steps[step].insert(at, kill_this)
    user.SCHEMA = Schema("user", user.SCHEMA.application_id, tuple(map(tuple, steps)))
    Store.open(Paths.under(home), StepClock())


def take_one_more_step(home: Path, at: int) -> None:
    """Opens a home of this version as a later version with one more step would, and is killed in it."""
    step: list[Any] = [
        "CREATE TABLE {s}.later (x TEXT)",
        "ALTER TABLE {s}.account ADD COLUMN later TEXT",
        "INSERT INTO {s}.later SELECT name FROM {s}.meta",
    ]
    step.insert(at, kill_this)
    user.SCHEMA = Schema("user", user.SCHEMA.application_id, (*user.SCHEMA.steps, tuple(step)))
    Store.open(Paths.under(home), StepClock())


def write_under(umask: int, home: Path, told: Path) -> None:
    """Makes a home, writes to all its files and ends without closing any. Writes their names to `told`."""
    os.umask(umask)
    store = Store.open(Paths.under(home), StepClock())
    store.queue.note("a", "b")
    store.maintain()
    told.write_text(str(sorted(path.name for path in (home / "data").iterdir())))
