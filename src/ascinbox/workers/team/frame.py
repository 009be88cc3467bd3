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
    no_writing: str = ""
    """Why this person changes nothing that the team sees, as a sentence; empty when they may."""
    no_approving: str = ""
    """Why this person publishes nothing that others wrote; empty when they may."""
    away: str = ""
    """Why the team does not take this program, in a clause; empty where it does, or cannot be reached."""
    to_settle: int = 0
    """Own acts that met a change by a teammate and wait for a choice."""


def team_frame(workspace: Workspace) -> TeamFrame:
    """As this home last heard it. Asks nobody."""

    def read(store: Store) -> TeamFrame:
        standing = store.team.standing(workspace.me)
        if standing.alone:
            return TeamFrame()
        return TeamFrame(
            hands_over=bool(standing.why_not_publish(workspace.me)),
            no_writing=standing.why_not_write(),
            no_approving=standing.why_not_publish(""),
            to_settle=len(store.team.differences()),
        )

    found: TeamFrame = workspace.store.call(read)
    # A member of whose team the feed has brought nothing so far.
    member, reach = workspace.asks_no_store, None if workspace.team is None else workspace.team.reach.found
    return found._replace(member=member, away=reach.cause if member and reach is not None else "")
