"""Whether a team's database is there and lets this login in: the verdict that no account of a store has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from ascinbox.core.clock import iso
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.health.verdicts import say_span
from ascinbox.core.team import WorkerSeen


class Idle(NamedTuple):
    """Why nothing is synced and nothing is sent, though the database is there."""

    lacks: str
    """What is not there, in two words."""
    detail: str
    """A sentence."""
    fix: str


def why_idle(workers: Iterable[WorkerSeen], now: datetime, *, linked: bool) -> Idle | None:
    """None where somebody works. `workers` are all that ever did, `now` is by the server's clock; `linked`:
    whether the team has an account of a store."""
    seen = max(workers, key=lambda each: (each.is_alive(now), each.seen_at), default=None)
    if not linked:
        return Idle(
            "no account", f"No account of a store is linked on this team: {_NOTHING}.", f"{_LINK} {_WORK}"
        )
    if seen is None:
        return Idle("no worker", f"No worker of this team was seen so far: {_NOTHING}.", _WORK)
    if seen.is_alive(now):
        return None
    span = say_span(now - seen.seen_at)
    return Idle("no worker", f"No worker of this team was seen for {span}: {_NOTHING}.", _WORK)


_NOTHING = "nothing is synced and nothing is sent"
_LINK = "On a worker's machine: ascinbox link."
_WORK = (
    "See whether ascinbox sync --watch 15m, or its unit, runs where the keys are. Then: ascinbox team status."
)


@dataclass(frozen=True, slots=True)
class TeamReach:
    """What was found when the team's database was last asked."""

    team: str
    state: HealthState
    """`ok`, `offline`, `rejected`: it is there and does not take this program as it is, or `stalled`: it is
    there, and no worker is."""
    severity: int = 0
    """0 fine, 1 warning, 2 broken."""
    detail: str = ""
    """What it means, a sentence or two; empty when all is well."""
    fix: str = ""
    """What to do; empty when there is nothing."""
    checked_at: datetime | None = None
    lacks: str = ""
    """What is not there where it is `stalled`: `no worker`."""

    @property
    def clause(self) -> str:
        """`offline`, `stalled (no worker)`."""
        return f"{self.state} ({self.lacks})" if self.lacks else str(self.state)

    @property
    def answers(self) -> bool:
        """Whether the database is there for this program."""
        return self.state in (HealthState.OK, HealthState.STALLED)

    @property
    def cause(self) -> str:
        """Why the team does not take this program, in a clause; empty where it does, or is not there."""
        return self.detail.partition(". ")[0].rstrip(".") if self.state is HealthState.REJECTED else ""

    @property
    def cell(self) -> str:
        """`! offline`: mark and word."""
        return f"{self.state.mark} {self.state.word}"

    @property
    def fields(self) -> dict[str, Any]:
        """As `ascinbox.health/1` has it."""
        return {
            "name": self.team,
            "state": self.state.value,
            "detail": self.detail,
            "fix": self.fix,
            "checked_at": iso(self.checked_at),
        }
