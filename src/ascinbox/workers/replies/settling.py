"""Held and failed replies that a sync has settled: what it read at the store says what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.outbox import reconciliation
from ascinbox.core.outbox.states import NEEDS_PERSON
from ascinbox.workers.replies.composing import tell_changed

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace


def settle_from_cache(workspace: Workspace, store: Store) -> int:
    """Settles held and failed replies by what the last sync read; how many. On the store's thread."""
    now = workspace.clock.now()
    waiting = [row for row in store.outbox.open_rows() if row.phase in NEEDS_PERSON]
    read = {d.review.id: d.review for d in store.reviews.details([row.review_id for row in waiting])}
    settled = 0
    for row in waiting:
        review = read.get(row.review_id)
        after = reconciliation.read_by_sync(row, review, now) if review is not None else None
        if after is not None and store.queue.move(row, after):
            settled += 1
            if row.status in (401, 403):
                # What stopped the account's other replies was no refusal after all.
                store.queue.resume(row.account_id)
            tell_changed(workspace, row.review_id)
    return settled
