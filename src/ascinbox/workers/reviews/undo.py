"""Takes back what was done last, whatever it was: `u` in the Inbox and `ascinbox undo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ascinbox.core.outbox.sentences import taken_back_words
from ascinbox.store.queue.port import LongAct, Undone
from ascinbox.workers.replies.approvals import approvers

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was taken back."""

    verb: str
    """`reply`, or the verb of the act, such as `done, tag`."""
    review_ids: tuple[str, ...]
    words: str
    """For the person; a clause without a stop."""


def undo_last(workspace: Workspace) -> TakenBack | None:
    """Takes back the youngest act: marks on reviews, or replies that still wait. None: there is nothing.

    An act on many reviews is taken back in parts: do not call it on the store's own thread.
    """
    act = LongAct()
    first: TakenBack | Undone | None = workspace.store.call(lambda _store: _begin(workspace, act))
    if first is None or isinstance(first, TakenBack):
        return first
    ids = workspace.triage.undo_rest(first.review_ids, act)
    count = "1 review" if len(ids) == 1 else f"{len(ids):,} reviews"
    return TakenBack(first.verb, ids, f"taken back: {first.verb}, {count}")


def _begin(workspace: Workspace, long: LongAct) -> TakenBack | Undone | None:
    acted_at = workspace.triage.last_act_at()
    waiting = [row.queued_at for row in workspace.replies.takeable()]
    if waiting and (acted_at is None or max(waiting) >= acted_at) and (taken := workspace.replies.undo()):
        words = taken_back_words(taken, workspace.replies.rights(), approvers(workspace, taken))
        return TakenBack("reply", tuple(row.review_id for row in taken), words)
    return workspace.triage.undo_part(long)
