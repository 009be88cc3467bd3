"""Whether a team's database is there and lets this login in: the verdict that no account of a store has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ascinbox.core.clock import iso
from ascinbox.core.health.evidence import HealthState


@dataclass(frozen=True, slots=True)
class TeamReach:
    """What was found when the team's database was last asked."""

    team: str
    state: HealthState
    """`ok`, `offline`, or `rejected`: it is there and does not take this program as it is."""
    severity: int = 0
    """0 fine, 1 warning, 2 broken."""
    detail: str = ""
    """What it means, a sentence or two; empty when all is well."""
    fix: str = ""
    """What to do; empty when there is nothing."""
    checked_at: datetime | None = None

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
