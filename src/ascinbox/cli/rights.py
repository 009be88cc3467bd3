"""What a command does with --yes where this person works on a team: the level refuses it, a publisher reads
it first, or a worker does it. Alone everything is done at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.outbox.sentences import RowChoice
from ascinbox.core.outbox.states import OutboxRow, Phase
from ascinbox.core.team import Level, Standing

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

_REPLACED = (Phase.QUEUED, Phase.WAITING, Phase.HELD, Phase.FAILED)
"""What a new reply to the same review takes the place of."""


def must_write(workspace: Workspace, *, worker_too: bool = False) -> Standing:
    """What the team lets this person do. Raises NotAllowed, in the database's words, where that is reading
    only; `worker_too`: for what rules do on a worker."""
    standing = workspace.replies.rights()
    if standing.why_not_write() and not (worker_too and standing.level is Level.WORKER):
        from ascinbox.store.queue.team.errors import not_at_level

        assert standing.level is not None
        raise not_at_level(standing.level)
    return standing


def publishing(workspace: Workspace, review_id: str, does: str) -> str:
    """What becomes of a reply or its deletion (`does`: "sends it", "deletes it"), after a semicolon or as a
    sentence's second half: "--yes sends it".

    Raises NotAllowed and Claimed where the team's database would refuse it.
    """
    standing = must_write(workspace)
    if standing.alone:
        return f"--yes {does}"
    _must_be_free(workspace, review_id, standing)
    return _of_a_team(workspace, standing, does)


def taking_back(workspace: Workspace, becomes: str) -> str:
    """The same for a reply that is not sent."""
    must_write(workspace)
    return _away(workspace) or f"--yes makes it {becomes}"


def approving(workspace: Workspace, row: OutboxRow) -> str:
    """The same for a reply that waits for a publisher. Raises AscinboxError as `Replies.approve` does."""
    if why := workspace.replies.refusal(row, RowChoice.APPROVE):
        raise AscinboxError(why, "", "Nothing was changed.")
    if away := _away(workspace):
        return away
    return "--yes publishes it" + (", and a worker sends it" if workspace.asks_no_store else "")


def _of_a_team(workspace: Workspace, standing: Standing, does: str) -> str:
    if away := _away(workspace):
        return away
    if not standing.level or not standing.level.may_publish:
        return "--yes hands it over to a publisher, who reads it first"
    if standing.four_eyes:
        return "--yes hands it over to another publisher, who reads it first (four eyes)"
    if workspace.asks_no_store:
        return f"--yes queues it, and a worker {does}"
    return f"--yes {does}"


def _away(workspace: Workspace) -> str:
    team = workspace.team
    if team is None or (not workspace.offline and team.session.online):
        return ""
    return "--yes needs the team's database, which is not asked or not there"


def _must_be_free(workspace: Workspace, review_id: str, standing: Standing) -> None:
    """What the database would refuse, as far as this home has heard of it."""
    from ascinbox.store.queue.team.errors import PUBLISHER, TAKE_OVER, Claimed, NotAllowed
    from ascinbox.workers.replies.claims import holder

    other = holder(workspace, review_id)
    if other is not None and other.who != standing.me:
        raise Claimed(
            f"{other.who} is writing a reply to this review",
            "",
            TAKE_OVER,
        )
    row: OutboxRow | None = workspace.store.call(lambda store: store.outbox.latest(review_id))
    if row is None or row.phase not in _REPLACED or standing.is_mine(row.by):
        return
    if standing.level is Level.REPLIER:
        raise NotAllowed(
            f"A reply of {row.by} to this review is there, and only a publisher can replace it",
            "",
            PUBLISHER,
        )
