"""What is left of a key's hour: background work stops early so that replies still pass.

Apple counts a rolling hour per key and tells what is left in `X-Rate-Limit`; the limits vary and may change
while one works (Apple, "Identifying Rate Limits"). Some answers also count a minute, which is undocumented.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import SystemRandom

from ascinbox.apple.headers import LONGEST_WAIT_S, rate_limit, retry_after_s
from ascinbox.core.clock import Clock
from ascinbox.core.records import Budget

HOUR_S = 3600.0
MINUTE_S = 60.0
LOOK_EVERY_S = 60.0
"""Below the kept share one background request a minute still goes, to see whether the hour has moved on."""
FIRST_WAIT_S = 60.0
"""Wait after a 429 that names no time; doubled with each further one."""


class RateBudget:
    """One key's budget, shared by every client and thread that uses the key. Thread-safe.

    `on_budget` is called with each newly learnt `Budget`, outside the lock, on the thread that learnt it.
    `jitter` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        keep_back_percent: float = 15,
        on_budget: Callable[[Budget], None] | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._clock = clock
        self._share = keep_back_percent / 100
        self._on_budget = on_budget
        self._jitter = jitter or SystemRandom().random
        self._lock = threading.Lock()
        self._budget = Budget()
        self._hour_seen = self._minute_seen = float("-inf")
        self._last_look = float("-inf")
        self._held_until = float("-inf")
        self._strikes = 0

    @property
    def budget(self) -> Budget:
        """What is left, as far as is known; requests on their way are already taken off."""
        with self._lock:
            self._forget()
            return self._budget

    @property
    def held_until(self) -> datetime | None:
        """Until when Apple wants no request at all (429), or None."""
        with self._lock:
            left = self._held_until - self._clock.monotonic()
        return self._clock.now() + timedelta(seconds=left) if left > 0 else None

    def admit(self, *, urgent: bool) -> float:
        """0.0 and the request is counted; or the seconds after which to ask again.

        Everything waits while a 429 counts. What is not `urgent` also waits while less than the kept share
        of the hour or the minute is left.
        """
        with self._lock:
            now = self._clock.monotonic()
            wait = self._held_until - now
            if wait <= 0 and not urgent:
                wait = self._background_wait(now)
            if wait > 0:
                return wait
            self._last_look = now
            hour, minute = self._budget.hour_left, self._budget.minute_left
            self._budget = replace(
                self._budget,
                hour_left=None if hour is None else max(0, hour - 1),
                minute_left=None if minute is None else max(0, minute - 1),
            )
            return 0.0

    def observe(self, fields: Iterable[str]) -> None:
        """Learns from the `X-Rate-Limit` fields of an answer that was not 429."""
        pairs = rate_limit(fields)
        with self._lock:
            self._strikes = 0
            learnt = self._learn(pairs)
        if learnt is not None and self._on_budget is not None:
            self._on_budget(learnt)

    def refused(self, retry_after: str | None, fields: Iterable[str] = ()) -> datetime:
        """Notes a 429 and returns when (UTC) the next request may go, at most 15 minutes away."""
        pairs = rate_limit(fields)
        with self._lock:
            now, wall = self._clock.monotonic(), self._clock.now()
            learnt = self._learn(pairs)
            asked = retry_after_s(retry_after, wall)
            if asked is None:
                if now >= self._held_until:
                    self._strikes += 1
                top = min(FIRST_WAIT_S * 2 ** min(self._strikes - 1, 10), LONGEST_WAIT_S)
                asked = top * (0.5 + 0.5 * self._jitter())
            self._held_until = max(self._held_until, now + asked)
            until = wall + timedelta(seconds=self._held_until - now)
        if learnt is not None and self._on_budget is not None:
            self._on_budget(learnt)
        return until

    def learn(self, budget: Budget, held_until: datetime | None = None) -> None:
        """Takes over what another process saw with the same key, if it is newer than what is known here."""
        with self._lock:
            now, wall = self._clock.monotonic(), self._clock.now()
            if held_until is not None:
                away = min((held_until - wall).total_seconds(), LONGEST_WAIT_S)
                self._held_until = max(self._held_until, now + away)
            if budget.seen_at is None:
                return
            if self._budget.seen_at is not None and budget.seen_at <= self._budget.seen_at:
                return
            seen = now - max(0.0, (wall - budget.seen_at).total_seconds())
            self._budget = budget
            self._hour_seen = self._minute_seen = seen

    def _learn(self, pairs: dict[str, int]) -> Budget | None:
        if not pairs.keys() & {"user-hour-rem", "user-minute-rem"}:
            return None
        now = self._clock.monotonic()
        self._forget()
        budget = replace(self._budget, seen_at=self._clock.now())
        if "user-hour-rem" in pairs:
            self._hour_seen = now
            budget = replace(
                budget,
                hour_limit=pairs.get("user-hour-lim", budget.hour_limit),
                hour_left=pairs["user-hour-rem"],
            )
        if "user-minute-rem" in pairs:
            self._minute_seen = now
            budget = replace(
                budget,
                minute_limit=pairs.get("user-minute-lim", budget.minute_limit),
                minute_left=pairs["user-minute-rem"],
            )
        self._budget = budget
        return budget

    def _forget(self) -> None:
        now = self._clock.monotonic()
        if now - self._hour_seen >= HOUR_S:
            self._budget = replace(self._budget, hour_left=None)
        if now - self._minute_seen >= MINUTE_S:
            self._budget = replace(self._budget, minute_left=None)

    def _background_wait(self, now: float) -> float:
        self._forget()
        budget = self._budget
        wait = 0.0
        if self._is_low(budget.minute_left, budget.minute_limit):
            wait = self._minute_seen + MINUTE_S - now
        if self._is_low(budget.hour_left, budget.hour_limit):
            wait = max(wait, self._last_look + LOOK_EVERY_S - now)
        return wait

    def _is_low(self, left: int | None, limit: int | None) -> bool:
        return left is not None and left <= self._share * (limit or 0)
