"""What the frame of the screen tells somebody on a team."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace


class TeamFrame(NamedTuple):
    """All false and nothing for a person alone."""

    member: bool = False
    """The team's workers hold the keys and link the accounts."""
    hands_over: bool = False
    """What this person writes waits for somebody else to publish it."""
    to_settle: int = 0
    """Own acts that met a change by a teammate and wait for a choice."""


def team_frame(workspace: Workspace) -> TeamFrame:
    """As this home last heard it. Asks nobody."""

    def read(store: Store) -> TeamFrame:
        standing = store.team.standing(workspace.me)
        if standing.alone:
            return TeamFrame()
        hands_over = bool(standing.why_not_publish(workspace.me))
        return TeamFrame(False, hands_over, len(store.team.differences()))

    found: TeamFrame = workspace.store.call(read)
    # A member of whose team the feed has brought nothing so far.
    return found._replace(member=workspace.asks_no_store)
