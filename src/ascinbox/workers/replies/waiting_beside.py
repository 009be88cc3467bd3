"""A reply that waits while another text to the same review is written: looking at it changes nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.outbox.sentences import sentence
from ascinbox.core.outbox.states import Phase
from ascinbox.core.text import list_cell
from ascinbox.workers.replies.approvals import approver_of

if TYPE_CHECKING:
    from datetime import datetime

    from ascinbox.core.outbox.states import OutboxRow
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a reply that is not sent when the editor of its review was opened."""

    over: OutboxRow | None = None
    """It waits for a publisher, and stays."""
    taken: OutboxRow | None = None
    """It was in its undo window, and is a draft again."""
    words: str = ""
    """That somebody had approved what was taken back, as a clause; or empty."""


def open_over(workspace: Workspace, store: Store, review_id: str, now: datetime) -> Opened:
    """Looks what stands there when an editor opens: one's own reply in the undo window is taken back.

    On the store's thread. Raises AscinboxError where the team does not let the person write, or change that
    reply.
    """
    standing = store.team.standing(workspace.me)
    if why := standing.why_not_write():
        raise AscinboxError(why)
    row = store.outbox.latest(review_id)
    if row is None or not row.text or row.phase not in (Phase.WAITING, Phase.QUEUED):
        return Opened()
    if row.phase is Phase.WAITING:
        if why := standing.why_not_edit(row.by):
            raise AscinboxError(why)
        return Opened(over=row)
    if not standing.is_mine(row.by):
        raise AscinboxError(
            f"A reply by {row.by} to this review is on its way.", "", "Take it back in the Outbox first."
        )
    approver = approver_of(store, row, standing)
    if not store.queue.take_back(row, now):
        return Opened()
    others = approver not in ("", standing.me)
    return Opened(taken=row, words=f"taken back: {approver} had approved this text" if others else "")


def keep_over(workspace: Workspace, store: Store, over: OutboxRow, now: datetime) -> None:
    """An editor that was opened over a reply that waits keeps another text: one's own waits no more.

    Somebody else's goes on waiting beside the draft. On the store's thread.
    """
    row = store.outbox.get(over.id)
    if row is None or row.phase is not Phase.WAITING or not store.team.standing(workspace.me).is_mine(row.by):
        return
    # Offline, or for who may not write any more, it cannot be taken back; the draft is kept all the same.
    with suppress(AscinboxError):
        store.queue.take_back(row, now)


def left_words(workspace: Workspace, over: OutboxRow) -> str:
    """What becomes of a reply that was looked at and left, as a clause that is true now; empty when there is
    nothing to say of it."""
    return workspace.store.call(lambda store: _left_words(workspace, store, over))


def _left_words(workspace: Workspace, store: Store, over: OutboxRow) -> str:
    row = store.outbox.latest(over.review_id)
    standing = store.team.standing(workspace.me)
    if row is None:
        return ""
    whose = "your reply" if standing.is_mine(row.by) else f"{list_cell(row.by)}'s reply"
    team = workspace.team
    if row.phase is Phase.WAITING and team is not None and (workspace.offline or team.reachable is False):
        # A publisher may have read it, and what was asked last may have arrived.
        return f"it is not known yet whether {whose} still waits"
    if (row.id, row.phase) == (over.id, Phase.WAITING):
        return f"{whose} waits for a publisher as before"
    if row.phase is Phase.WAITING:
        return f"{whose} was changed meanwhile and waits for a publisher"
    if row.phase is Phase.UNDONE:
        return f"{whose} waits no more: a draft again"
    approver = approver_of(store, row, standing) if row.phase is Phase.QUEUED else ""
    return f"{whose}: {sentence(row, workspace.clock.now(), approver=approver)}"
