"""One request after the other, with a pause between: for a service that tells nothing about its limit."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from ascinbox.core.clock import Clock
from ascinbox.sources.http.headers import retry_after_s

HELD_S = 300.0
"""So long a refusal for too many requests holds where it does not say how long."""


class SteadyPace:
    """At most one request every `pause_s`. Thread-safe; one for the whole program."""

    def __init__(self, clock: Clock, pause_s: float) -> None:
        self._clock = clock
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._held_until = float("-inf")

    @property
    def held_until(self) -> datetime | None:
        """Until when the store wants no request, or None."""
        left = self._held_until - self._clock.monotonic()
        return self._clock.now() + timedelta(seconds=left) if left > 0 else None

    def admit(self, *, urgent: bool, patient: bool = False, scope: str = "") -> float:  # noqa: ARG002
        """0.0 and the request may go; or the seconds after which to ask again."""
        with self._lock:
            now = self._clock.monotonic()
            wait = max(self._next, self._held_until) - now
            if wait > 0:
                return wait
            self._next = now + self._pause_s
            return 0.0

    def minute_only(self, *, patient: bool = False) -> bool:  # noqa: ARG002
        """Whether it is the pace that makes one wait, and not the store's word."""
        return self._clock.monotonic() >= self._held_until

    def observe(self, fields: Iterable[str]) -> None:
        """Nothing is told about what is left."""

    def refused(self, retry_after: str | None, fields: Iterable[str] = ()) -> datetime:  # noqa: ARG002
        """Notes a refusal for too many requests; when (UTC) the next one may go."""
        wall = self._clock.now()
        seconds = retry_after_s(retry_after, wall)
        with self._lock:
            held = HELD_S if seconds is None else seconds
            self._held_until = max(self._held_until, self._clock.monotonic() + held)
            return wall + timedelta(seconds=self._held_until - self._clock.monotonic())
