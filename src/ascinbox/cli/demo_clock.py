"""The demo's time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from ascinbox.core.clock import SystemClock


class DemoClock(SystemClock):
    """Starts at a chosen instant; on one thread it can be earlier for a while."""

    def __init__(self, shift: timedelta) -> None:
        self.shift = shift
        self._thread = threading.local()

    def now(self) -> datetime:
        return super().now() + self.shift - self.rewound

    @property
    def rewound(self) -> timedelta:
        """How much earlier it is on this thread."""
        back: timedelta = getattr(self._thread, "back", timedelta(0))
        return back

    @contextmanager
    def ago(self, seconds: float) -> Iterator[None]:
        """On this thread it is so many seconds earlier while the block runs."""
        self._thread.back = timedelta(seconds=seconds)
        try:
            yield
        finally:
            self._thread.back = timedelta(0)
