"""Time as something that is handed in, so that tests and the demo can choose it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

CLOCK_TOLERANCE_S = 60.0
"""A clock that differs from a store's by more than this explains why the store refuses every token."""


class Clock(Protocol):
    """Where every room gets the time from."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, for intervals and deadlines."""
        ...

    def sleep(self, seconds: float) -> None:
        """Blocks this thread."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ShiftedClock(SystemClock):
    """Runs at normal speed from a chosen instant (the demo's `--now`)."""

    def __init__(self, start: datetime) -> None:
        self._shift: timedelta = start.astimezone(UTC) - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift


def to_epoch(moment: datetime) -> int:
    """Whole seconds since 1970 (UTC)."""
    return int(moment.timestamp())


def from_epoch(seconds: float) -> datetime:
    """The aware UTC time of an epoch second."""
    return datetime.fromtimestamp(seconds, UTC)


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a `Z`, whole seconds: the form of every time that leaves this program."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")
