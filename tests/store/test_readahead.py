"""The cache is asked for by SQLite's own descriptor; where that cannot be, nothing happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ascinbox.paths import Paths
from ascinbox.store import readahead
from ascinbox.store.readahead import read_ahead
from ascinbox.store.thread import StoreThread
from tests.workers.clocks import StepClock

LINUX = Path("/proc/self/fd").is_dir() and hasattr(os, "posix_fadvise")


@pytest.mark.skipif(not LINUX, reason="only Linux lists the descriptors of a process")
def test_the_whole_of_a_small_cache_is_asked_for_without_opening_it(paths: Paths, clock: StepClock) -> None:
    thread = StoreThread.open(paths, clock)
    before = set(Path("/proc/self/fd").iterdir())
    assert thread.read_ahead() == (paths.data / "cache.db").stat().st_size
    assert set(Path("/proc/self/fd").iterdir()) == before
    thread.close()
    assert read_ahead(paths.data / "cache.db") == 0


@pytest.mark.skipif(not LINUX, reason="only Linux lists the descriptors of a process")
def test_no_more_is_asked_for_than_memory_allows(
    paths: Paths, clock: StepClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PHYS_PAGES": 4, "SC_PAGE_SIZE": 4096}[name])
    thread = StoreThread.open(paths, clock)
    assert thread.read_ahead() == 4096
    thread.close()


def test_a_system_that_cannot_be_asked_is_not(
    paths: Paths, clock: StepClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = StoreThread.open(paths, clock)
    monkeypatch.setattr(readahead, "DESCRIPTORS", paths.data / "nowhere")
    assert thread.read_ahead() == 0
    thread.close()
