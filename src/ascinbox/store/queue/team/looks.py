"""When a replica looks for news: after a NOTIFY or, while the team is busy, every so often without one.

A NOTIFY wakes the backend and the program of everybody who listens, and all of them look in the same moment.
Fifty people and 200 acts a second are 10,000 of these wakings a second, which cost the server more than the
acts and the looks together. Looks at one's own times are as soon, and spread over the time between them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ascinbox.store.queue.team.connection import TeamSession

GATHER_S = 0.03
"""After a NOTIFY, so that acts that come together are fetched together."""
PAUSE_S = 0.06
"""Between two looks while the team is busy."""
BUSY_AFTER = 3
"""So many looks in a row after each of which the next NOTIFY came within `GATHER_S`: the team is busy."""


class Looks:
    """The times of one replica's looks. On the thread that looks."""

    def __init__(
        self,
        session: TeamSession,
        stop: threading.Event,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._stop = stop
        self._monotonic = monotonic
        self._listens = False
        self._soon = 0
        """How many NOTIFYs in a row came soon after a look."""

    @property
    def listens(self) -> bool:
        """Whether the next look waits for a NOTIFY."""
        return self._listens

    def begin(self) -> None:
        """Listens. The first look comes after this: what comes in between is notified. Raises TeamError."""
        self._session.listen()
        self._listens, self._soon = True, 0

    def wait(self, found: bool, at_most: float) -> None:
        """Waits until the time of the next look, `at_most` so many seconds where nothing is notified, or
        until `stop`. `found`: whether the last look found anything. Raises TeamError."""
        if self._listens:
            self._listen(at_most)
        elif found:
            self._session.notified.clear()
            self._stop.wait(PAUSE_S)
        else:
            # Quiet again: once more at once, for what came before this listened.
            self.begin()

    def _listen(self, at_most: float) -> None:
        looked = self._monotonic()
        if not self._session.wait(at_most, self._stop):
            self._soon = 0
            return
        soon = self._monotonic() - looked < GATHER_S
        self._soon = self._soon + 1 if soon else 0
        if self._soon >= BUSY_AFTER:
            self._session.unlisten()
            self._listens = False
        self._stop.wait(GATHER_S)
