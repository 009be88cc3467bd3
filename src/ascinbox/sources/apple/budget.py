"""What is left of a key's hour: background work stops early for replies, reports still earlier.

Apple counts a rolling hour per key and tells what is left in `X-Rate-Limit`; the limits vary and may change
while one works (Apple, "Identifying Rate Limits"). Some answers also count a minute, which is undocumented.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import SystemRandom

from ascinbox.core.clock import Clock
from ascinbox.core.records import Budget
from ascinbox.sources.http.headers import LONGEST_WAIT_S, rate_limit, retry_after_s

HOUR_S = 3600.0
MINUTE_S = 60.0
LOOK_EVERY_S = 60.0
"""Below the kept share one background request a minute still goes, to see whether the hour has moved on."""
FIRST_WAIT_S = 60.0
"""Wait after a 429 that names no time; doubled with each further one."""
LOOK_AROUND_S = 1.0
"""How often what other programs saw with the same key is looked up."""


class RateBudget:
    """One key's budget, shared by every client and thread that uses the key. Thread-safe.

    `on_budget` is called with each newly learnt `Budget`, `on_hold` with the end of each wait that Apple asks
    for, both outside the lock, on the thread that learnt it. `others` gives what other programs last learnt
    with the same key; it is asked before a request, at most every `LOOK_AROUND_S`. `jitter` gives numbers
    from 0 to 1.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        keep_back_percent: float = 15,
        on_budget: Callable[[Budget], None] | None = None,
        on_hold: Callable[[datetime], None] | None = None,
        others: Callable[[], Budget | None] | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._clock = clock
        self._share = keep_back_percent / 100
        self._on_budget = on_budget
        self._on_hold = on_hold
        self._others = others
        self._looked_around = float("-inf")
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

    def admit(self, *, urgent: bool, patient: bool = False, scope: str = "") -> float:  # noqa: ARG002  (one hour)
        """0.0 and the request is counted; or the seconds after which to ask again.

        Everything waits while a 429 counts. What is not `urgent` also waits while less than the kept share
        of the hour or the minute is left; what is `patient` leaves twice that share, so that reports do not
        take the hour from reviews.
        """
        self._look_around()
        with self._lock:
            now = self._clock.monotonic()
            wait = self._held_until - now
            if wait <= 0 and not urgent:
                wait = self._background_wait(now, self._share * (2 if patient else 1))
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

    def minute_only(self, *, patient: bool = False) -> bool:
        """Whether what makes background requests wait is a minute's limit alone, and so a minute at most."""
        with self._lock:
            now = self._clock.monotonic()
            self._forget()
            share, budget = self._share * (2 if patient else 1), self._budget
            return (
                self._held_until - now <= MINUTE_S
                and _is_low(budget.minute_left, budget.minute_limit, share)
                and not _is_low(budget.hour_left, budget.hour_limit, share)
            )

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
            if asked is None and _is_the_minutes(pairs):
                asked = MINUTE_S
            if asked is None:
                if now >= self._held_until:
                    self._strikes += 1
                top = min(FIRST_WAIT_S * 2 ** min(self._strikes - 1, 10), LONGEST_WAIT_S)
                asked = top * (0.5 + 0.5 * self._jitter())
            self._held_until = max(self._held_until, now + asked)
            until = wall + timedelta(seconds=self._held_until - now)
        if learnt is not None and self._on_budget is not None:
            self._on_budget(learnt)
        if self._on_hold is not None:
            self._on_hold(until)
        return until

    def learn(self, budget: Budget) -> None:
        """Takes over what another process saw with the same key, if it is newer than what is known here."""
        with self._lock:
            now, wall = self._clock.monotonic(), self._clock.now()
            if budget.held_until is not None:
                away = min((budget.held_until - wall).total_seconds(), LONGEST_WAIT_S)
                self._held_until = max(self._held_until, now + away)
            if budget.seen_at is None:
                return
            if self._budget.seen_at is not None and budget.seen_at <= self._budget.seen_at:
                return
            seen = now - max(0.0, (wall - budget.seen_at).total_seconds())
            self._budget = replace(budget, held_until=None)
            self._hour_seen = self._minute_seen = seen

    def _look_around(self) -> None:
        if self._others is None:
            return
        now = self._clock.monotonic()
        with self._lock:
            if now - self._looked_around < LOOK_AROUND_S:
                return
            self._looked_around = now
        seen = self._others()
        if seen is not None:
            self.learn(seen)

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

    def _background_wait(self, now: float, share: float) -> float:
        self._forget()
        budget = self._budget
        wait = 0.0
        if _is_low(budget.minute_left, budget.minute_limit, share):
            wait = self._minute_seen + MINUTE_S - now
        if _is_low(budget.hour_left, budget.hour_limit, share):
            wait = max(wait, self._last_look + LOOK_EVERY_S - now)
        return wait


def _is_the_minutes(pairs: dict[str, int]) -> bool:
    """Whether a 429 is of the minute: none of it is left, but some of the hour."""
    return pairs.get("user-minute-rem") == 0 and pairs.get("user-hour-rem", 1) > 0


def _is_low(left: int | None, limit: int | None, share: float) -> bool:
    return left is not None and left <= share * (limit or 0)
