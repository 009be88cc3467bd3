"""A clock that stands until it is told to go on; sleeping moves it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class MovedClock:
    """The machine's time, and what the test adds to it."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead.total_seconds()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class StepClock:
    """Wall time and steady time in step, unless `set_wall` makes the wall clock jump."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)) -> None:
        self._wall = start
        self._steady = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._steady

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Lets time go by."""
        self._wall += timedelta(seconds=seconds)
        self._steady += seconds

    def set_wall(self, moment: datetime) -> None:
        """Sets the wall clock, as an administrator or NTP does."""
        self._wall = moment
