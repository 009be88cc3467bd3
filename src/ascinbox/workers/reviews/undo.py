"""Takes back what was done last, whatever it was: `u` in the Inbox and `ascinbox undo`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.outbox.sentences import taken_back_words
from ascinbox.store.queue.port import LongAct, Undone
from ascinbox.workers.replies.approvals import approvers

if TYPE_CHECKING:
    from ascinbox.store.store import Store
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

    A reply of an earlier session that this one announced is as young as that announcement. An act on many
    reviews is taken back in parts: do not call it on the store's own thread.
    """
    act = LongAct()
    first: TakenBack | Undone | None = workspace.store.call(lambda store: _begin(workspace, store, act))
    if first is None or isinstance(first, TakenBack):
        return first
    ids = workspace.triage.undo_rest(first.review_ids, act)
    count = "1 review" if len(ids) == 1 else f"{len(ids):,} reviews"
    return TakenBack(first.verb, ids, f"taken back: {first.verb}, {count}")


def _begin(workspace: Workspace, store: Store, long: LongAct) -> TakenBack | Undone | None:
    # Which act is the youngest is decided by what is here: a replica that has just opened may lack some.
    with suppress(AscinboxError):
        store.queue.catch_up()
    acted_at = workspace.triage.last_act_at()
    waiting = [workspace.sender.last_told(row) for row in workspace.replies.takeable()]
    if waiting and (acted_at is None or max(waiting) >= acted_at) and (taken := workspace.replies.undo()):
        words = taken_back_words(taken, workspace.replies.rights(), approvers(workspace, taken))
        return TakenBack("reply", tuple(row.review_id for row in taken), words)
    return workspace.triage.undo_part(long)
