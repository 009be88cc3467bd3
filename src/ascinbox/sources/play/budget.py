"""What is left of an app's hour: Google allows 200 GETs an hour for each app and tells nothing, so we count.

Source: support.google.com/googleplay/android-developer/contact/review_apiqr. Posts have a limit of their own
(2,000 a day for an app) that no person reaches.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from ascinbox.core.clock import Clock
from ascinbox.core.records import Budget
from ascinbox.sources.http.headers import retry_after_s

HOUR_S = 3600.0
HOUR_LIMIT = 200
FIRST_WAIT_S = 60.0
LONGEST_WAIT_S = 900.0


class PlayBudget:
    """The GETs of one service account in the last hour, app by app. Thread-safe.

    `budget` tells of the app that has the least left. What other programs counted with the same key is taken
    into account once an app is first asked about here, for the rest of its hour.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        keep_back_percent: float = 15,
        on_budget: Callable[[Budget], None] | None = None,
        on_hold: Callable[[datetime], None] | None = None,
        others: Callable[[], Budget | None] | None = None,
    ) -> None:
        self._clock = clock
        self._kept = round(HOUR_LIMIT * keep_back_percent / 100)
        self._on_budget = on_budget
        self._on_hold = on_hold
        self._others = others
        self._lock = threading.Lock()
        self._asked: dict[str, deque[float]] = {}
        self._before: tuple[int, float] | None = None
        self._held_until = float("-inf")
        self._strikes = 0
        self._seen_at: datetime | None = None

    @property
    def budget(self) -> Budget:
        """What is left of the app that has the least, as far as is known."""
        with self._lock:
            return self._told()

    @property
    def held_until(self) -> datetime | None:
        """Until when Google wants no request, or None."""
        with self._lock:
            left = self._held_until - self._clock.monotonic()
        return self._clock.now() + timedelta(seconds=left) if left > 0 else None

    def admit(self, *, urgent: bool, patient: bool = False, scope: str = "") -> float:
        """0.0 and the request is counted for the app `scope`; or the seconds after which to ask again.

        Without a scope (a reply, a file of the bucket) nothing is counted. What is not `urgent` leaves the
        kept share of the hour, what is `patient` twice that.
        """
        self._look_around()
        with self._lock:
            now = self._clock.monotonic()
            if self._held_until > now:
                return self._held_until - now
            if not scope:
                return 0.0
            asked = self._of(scope, now)
            free = 0 if urgent else self._kept * (2 if patient else 1)
            if len(asked) + self._by_others(now) >= HOUR_LIMIT - free:
                return max(1.0, (asked[0] if asked else now) + HOUR_S - now)
            asked.append(now)
            self._seen_at = self._clock.now()
            told = self._told()
        if self._on_budget is not None:
            self._on_budget(told)
        return 0.0

    def minute_only(self, *, patient: bool = False) -> bool:  # noqa: ARG002  (no minute is counted)
        """Never: what makes one wait is the hour, or Google's word."""
        return False

    def observe(self, fields: Iterable[str]) -> None:  # noqa: ARG002  (Google tells nothing)
        """An answer came: the next refusal is the first again."""
        with self._lock:
            self._strikes = 0

    def refused(self, retry_after: str | None, fields: Iterable[str] = ()) -> datetime:  # noqa: ARG002
        """Notes a refusal for too many requests and returns when (UTC) the next one may go."""
        with self._lock:
            now, wall = self._clock.monotonic(), self._clock.now()
            asked = retry_after_s(retry_after, wall)
            if asked is None:
                self._strikes += now >= self._held_until
                asked = min(FIRST_WAIT_S * 2 ** max(0, self._strikes - 1), LONGEST_WAIT_S)
            self._held_until = max(self._held_until, now + asked)
            until = wall + timedelta(seconds=self._held_until - now)
        if self._on_hold is not None:
            self._on_hold(until)
        return until

    def _of(self, scope: str, now: float) -> deque[float]:
        asked = self._asked.setdefault(scope, deque())
        while asked and asked[0] <= now - HOUR_S:
            asked.popleft()
        return asked

    def _told(self) -> Budget:
        now = self._clock.monotonic()
        most = max((len(self._of(scope, now)) for scope in self._asked), default=0)
        left = max(0, HOUR_LIMIT - most - self._by_others(now))
        return Budget(HOUR_LIMIT, left, None, None, self._seen_at)

    def _by_others(self, now: float) -> int:
        if self._before is None:
            return 0
        used, ends = self._before
        return used if now < ends else 0

    def _look_around(self) -> None:
        """Before the first request: what this key was used for in the hour before, and holds of others."""
        if self._others is None or (self._before is not None):
            return
        seen = self._others()
        with self._lock:
            now, wall = self._clock.monotonic(), self._clock.now()
            self._before = (0, now)
            if seen is None:
                return
            if seen.held_until is not None:
                away = (seen.held_until - wall).total_seconds()
                self._held_until = max(self._held_until, now + min(away, LONGEST_WAIT_S))
            if seen.seen_at is not None and seen.hour_left is not None:
                age = (wall - seen.seen_at).total_seconds()
                if 0 <= age < HOUR_S:
                    self._before = (HOUR_LIMIT - seen.hour_left, now + HOUR_S - age)
