"""Who approved a reply that is not sent yet, and what is taken back of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.outbox.states import OutboxRow, Phase

if TYPE_CHECKING:
    from ascinbox.core.team import Standing
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

APPROVED_WITHIN = timedelta(days=2)
"""A reply that was not sent for a day asks a person: what approved it is no older than this."""


def approver_of(store: Store, row: OutboxRow, standing: Standing) -> str:
    """Who but its author approved a reply; empty for nobody, as for a person alone. On the store's thread."""
    if standing.alone:
        return ""
    found = store.acts.approver(row.op_id, row.queued_at - APPROVED_WITHIN)
    return "" if found == row.by else found


def approvers(workspace: Workspace, rows: Iterable[OutboxRow]) -> frozenset[str]:
    """Who of the others on the team had approved any of these replies."""

    def read(store: Store) -> frozenset[str]:
        standing = store.team.standing(workspace.me)
        return frozenset(approver_of(store, row, standing) for row in rows) - {"", workspace.me}

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
