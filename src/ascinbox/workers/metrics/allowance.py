"""How many requests a run may spend on the history of reports, so that a first sync uses up no key's hour."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

MOST = 830
"""Of a run, however large the key's hour is: with everything else a first sync stays below 1,000."""
SHARE = 4
"""One part in so many of the key's hour."""
PERCENT: Mapping[str, int] = {"sales": 40, "analytics": 60}
"""What a data set may use of it. Analytics, which Apple keeps for a month, do not wait for sales."""
NEXT = timedelta(minutes=15)
"""After a run that used its part the next may follow: four of them fit into an hour."""


class Allowance:
    """Requests for the history of one data set that are left to one run over one account. Thread-safe."""

    def __init__(self, dataset: str, hour_limit: int | None) -> None:
        """`hour_limit`: requests that the key has in an hour; None while Apple has not told."""
        most = MOST if hour_limit is None else min(MOST, hour_limit // SHARE)
        self._left = most * PERCENT[dataset] // 100
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """What may still be spent."""
        with self._lock:
            return self._left

    def take(self, count: int = 1) -> bool:
        """Books `count` requests; False, and none is booked, where they are not left."""
        with self._lock:
            if count > self._left:
                return False
            self._left -= count
            return True


def goes_on_at(now: datetime) -> datetime:
    """When the next run may go on with what this one had to leave (UTC)."""
    return now + NEXT
