"""Acts of this person that met somebody else's: what they are, and what the person chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from ascinbox.core.team import Difference
    from ascinbox.store.queue.team.queue import TeamQueue
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace


class Kept(NamedTuple):
    """Acts of this person that the team's database does not have."""

    unsent: int = 0
    """They wait for the database, or were refused by it."""
    differences: int = 0
    """Somebody had changed the same: they wait for a choice."""


def kept_here(workspace: Workspace) -> Kept:
    """How many acts only this home has; none for a person alone."""
    found: Kept = workspace.store.call(lambda s: Kept(s.team.unsent(), len(s.team.differences())))
    return found


def differences(workspace: Workspace) -> tuple[Difference, ...]:
    """Those that wait for a choice, the oldest first; none for a person alone."""
    found: tuple[Difference, ...] = workspace.store.call(lambda store: store.team.differences())
    return found


def choose(workspace: Workspace, difference: int, *, mine: bool) -> None:
    """Carries out what the person wanted after all, or leaves what stands there.

    What changed since it was shown is a difference again. Raises StoreError while the team cannot be asked.
    """

    def settle(store: Store) -> None:
        cast("TeamQueue", store.queue).pending.settle(difference, mine=mine)

    workspace.store.call(settle)
