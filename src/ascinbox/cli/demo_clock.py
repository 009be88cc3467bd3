"""The demo's time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from ascinbox.core.clock import SystemClock


class Rewindable(Protocol):
    """A clock that can pretend that it is earlier."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""
        ...

    def ago(self, seconds: float) -> AbstractContextManager[None]:
        """On this thread it is so many seconds earlier while the block runs."""
        ...


class DemoClock(SystemClock):
    """Starts at a chosen instant; `ago` lets one thread live in the past for a while."""

    def __init__(self, shift: timedelta) -> None:
        self.shift = shift
        self._thread = threading.local()

    def now(self) -> datetime:
        ago: timedelta = getattr(self._thread, "ago", timedelta(0))
        return super().now() + self.shift - ago

    @contextmanager
    def ago(self, seconds: float) -> Iterator[None]:
        """On this thread it is so many seconds earlier while the block runs."""
        self._thread.ago = timedelta(seconds=seconds)
        try:
            yield
        finally:
            self._thread.ago = timedelta(0)
