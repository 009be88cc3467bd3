"""Whether the team's database is there: what is known, and a look that costs little."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ascinbox.core.clock import Clock
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.health.team_reach import Idle, TeamReach
from ascinbox.core.text import clean_line
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.errors import TeamError, TeamOffline
from ascinbox.store.queue.team.knock import is_there

SERIOUS_AFTER = timedelta(days=1)
"""As for a store: being offline is critical after so long, unless the caller says otherwise."""


class Reach:
    """One home's way to its team's database, remembered in its state folder."""

    def __init__(self, state: Path, address: TeamAddress, team: str, clock: Clock, *, works: bool) -> None:
        """`clock`: this machine's."""
        self._complete, self._trouble = state / "team-complete", state / "team-trouble"
        self._worked = state / "team-worked"
        """Touched when the database said that somebody works; not there since it said that nobody does."""
        self._address = address
        self._team = team
        self._clock = clock
        self._works = works
        self.found: TeamReach | None = None
        """As of the last look, or of what the feed met last; None before the first."""

    def note_complete(self) -> None:
        """The replica has everything."""
        with suppress(OSError):
            self._touch(self._complete)
            self._trouble.unlink(missing_ok=True)

    def _touch(self, noted: Path) -> None:
        noted.touch(mode=0o600)
        now = self._clock.now().timestamp()
        os.utime(noted, (now, now))

    def note_trouble(self) -> None:
        """The database could not be asked, or refused: the next look asks it itself, not a knock alone."""
        with suppress(OSError):
            self._trouble.touch(mode=0o600)

    @property
    def in_trouble(self) -> bool:
        """Whether the database could not be asked, or refused, when this home last tried."""
        return self._trouble.exists()

    def lag_s(self) -> float | None:
        """Seconds since this replica was last known to have everything; None before it ever had."""
        return self._age_s(self._complete)

    def _age_s(self, noted: Path) -> float | None:
        try:
            at = noted.stat().st_mtime
        except OSError:
            return None
        return max(0.0, (self._clock.now() - datetime.fromtimestamp(at, UTC)).total_seconds())

    def heard(self, *, online: bool, words: str = "") -> None:
        """What the feed met."""
        if online:
            self.found = self._fine(self._clock.now())
        else:
            self.note_trouble()
            self.found = self._judged(TeamError(words) if words else TeamOffline(_AWAY), None)

    def heard_idle(self, idle: Idle | None) -> None:
        """What the database says of the team's workers; it is there."""
        with suppress(OSError):
            if idle is None:
                self._touch(self._worked)
            else:
                self._worked.unlink(missing_ok=True)
        at = self._clock.now()
        self.found = self._fine(at) if idle is None else self._stalled(idle, at)

    def look(self, max_age: timedelta | None, ask: Callable[[], Idle | None]) -> TeamReach:
        """What stands between this home and the database. Within `max_age` of having had everything, and of
        having heard of a worker, only whether a server answers there is asked; else `ask` does, which raises
        TeamError."""
        try:
            answers = self._knock()
            if answers and self._is_young(max_age) and not self.in_trouble:
                self.found = self._fine(self._clock.now())
            else:
                self.heard_idle(ask())
        except TeamError as error:
            self.note_trouble()
            self.found = self._judged(error, max_age)
        assert self.found is not None
        return self.found

    def _is_young(self, max_age: timedelta | None) -> bool:
        ages = [self._age_s(noted) for noted in (self._complete, self._worked)]
        return max_age is not None and all(age is not None and age <= max_age.total_seconds() for age in ages)

    def _knock(self) -> bool | None:
        try:
            return is_there(self._address.resolved())
        except OSError as error:
            why = "no answer" if isinstance(error, TimeoutError) else clean_line(error.strerror or str(error))
            raise TeamOffline(_AWAY, f"{self._address.shown}: {why}") from None

    def _fine(self, at: datetime) -> TeamReach:
        return TeamReach(self._team, HealthState.OK, checked_at=at)

    def _stalled(self, idle: Idle, at: datetime) -> TeamReach:
        return TeamReach(self._team, HealthState.STALLED, 1, idle.detail, idle.fix, at, idle.lacks)

    def _judged(self, error: TeamError, max_age: timedelta | None) -> TeamReach:
        at = self._clock.now()
        said = ". ".join(part.rstrip(".") for part in (error.title, error.detail) if part) + "."
        if not isinstance(error, TeamOffline):
            return TeamReach(self._team, HealthState.REJECTED, 2, said, error.next_step, at)
        lag, limit = self.lag_s(), SERIOUS_AFTER if max_age is None else max_age
        severity = 2 if lag is None or lag > limit.total_seconds() else 1
        waits = "Nothing is synced and nothing is sent." if self._works else "What is shown is as old."
        return TeamReach(self._team, HealthState.OFFLINE, severity, f"{said} {waits}", _LOOK, at)


_AWAY = "The team's database cannot be reached"
_LOOK = (
    "See whether PostgreSQL runs there and this machine reaches it, then: ascinbox team status."
    " Marks, notes and drafts are kept here and sent then."
)
