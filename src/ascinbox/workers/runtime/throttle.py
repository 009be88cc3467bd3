"""Work in the background gives way to somebody who is at the keys.

Python runs one thread at a time: what a sync computes holds up what a keystroke is to show. Over the hour
Apple allows a page of two hundred reviews a second: a sync that takes its turns apart loses little by it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

IN_USE_S = 0.5
"""So long after a key somebody is taken to be at the keys."""
TURN_S = 0.1
"""A turn of background work begins so long after the one before, while somebody is."""
HELD_WITHIN_S = 0.1
"""Keys that follow each other faster than this come from one that is held."""
HELD_TURN_S = 0.5
"""The same while a key is held: each row that is late is seen then."""
LOOK_S = 0.1
"""How often work that has not begun looks whether the keys rest."""
PATIENCE_S = 10.0
"""Work that nobody asked for begins so late at the latest, also where the keys never rest."""


class Throttle:
    """Turns for background work. `touched` is for the screen's thread, `give_way` for the workers'."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._touched_at = float("-inf")
        self._next_at = float("-inf")
        self._held = False
        self._works = 0
        self._lock = threading.Lock()

    def touched(self) -> None:
        """A key was pressed."""
        now = self._now()
        self._held = now - self._touched_at < HELD_WITHIN_S
        self._touched_at = now

    @property
    def in_use(self) -> bool:
        """Somebody is at the keys."""
        return self._now() - self._touched_at <= IN_USE_S

    @property
    def at_work(self) -> bool:
        """Work goes on in the background that has much to tell: a sync."""
        return self._works > 0

    @property
    def keys_first(self) -> bool:
        """Somebody is at the keys while work goes on: what that brings is shown when the keys rest."""
        return self.at_work and self.in_use

    @contextmanager
    def working(self) -> Iterator[None]:
        """Work goes on in the background that has much to tell."""
        with self._lock:
            self._works += 1
        try:
            yield
        finally:
            with self._lock:
                self._works -= 1

    def wait_for_rest(self, stop: threading.Event) -> None:
        """Returns when nobody is at the keys, after `PATIENCE_S`, or at `stop`: for work nobody asked for."""
        until = self._now() + PATIENCE_S
        while self.in_use and self._now() < until and not stop.wait(LOOK_S):
            pass

    def give_way(self, stop: threading.Event) -> None:
        """Returns when it is this thread's turn: at once, unless somebody is at the keys; or at `stop`."""
        if not self.in_use:
            return
        now = self._now()
        with self._lock:
            turn = max(now, self._next_at)
            self._next_at = turn + (HELD_TURN_S if self._held else TURN_S)
        stop.wait(turn - now)
