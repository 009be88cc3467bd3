"""Who approved a reply that is not sent yet, and what is taken back of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.outbox.states import OutboxRow, Phase

if TYPE_CHECKING:
    from ascinbox.core.team import Standing
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

APPROVED_WITHIN = timedelta(days=2)
"""A reply that was not sent for a day asks a person: what approved it is no older than this."""


def approvers_of(store: Store, rows: Sequence[OutboxRow], standing: Standing) -> Mapping[int, str]:
    """Who but its author approved each reply, by its row's number; none for a person alone. On the store's
    thread."""
    if standing.alone or not rows:
        return {}
    by_op = store.acts.approvers(min(row.queued_at for row in rows) - APPROVED_WITHIN)
    return {row.id: who for row in rows if (who := by_op.get(row.op_id)) and who != row.by}


def approver_of(store: Store, row: OutboxRow, standing: Standing) -> str:
    """The same of one reply; empty for nobody."""
    return approvers_of(store, [row], standing).get(row.id, "")


def approvers(workspace: Workspace, rows: Sequence[OutboxRow]) -> frozenset[str]:
    """Who of the others on the team had approved any of these replies."""

    def read(store: Store) -> frozenset[str]:
        standing = store.team.standing(workspace.me)
        return frozenset(approvers_of(store, rows, standing).values()) - {workspace.me}

    return workspace.store.call(read)


def replaced_words(workspace: Workspace, review_id: str) -> str:
    """What a new reply to a review takes back of what others did, or why it may not, as a clause; empty for
    nothing."""
    row: OutboxRow | None = workspace.store.call(lambda store: store.outbox.latest(review_id))
    if row is None or row.phase not in (Phase.QUEUED, Phase.WAITING):
        return ""
    standing: Standing = workspace.store.call(lambda store: store.team.standing(workspace.me))
    if not standing.is_mine(row.by):
        return standing.why_not_edit(row.by) or f"this replaces the reply by {row.by}, which is not sent yet"
    names = approvers(workspace, [row])
    if row.phase is not Phase.QUEUED or not names:
        return ""
    again = ", and a publisher has to read the new one" if standing.why_not_publish(row.by) else ""
    return f"this takes back the text that {' and '.join(sorted(names))} approved{again}"
