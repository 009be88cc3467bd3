"""Activity: what became of replies, and what else people did, in one list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.outbox.sentences import OutboxItem
from ascinbox.core.reviews.acts import Act, ActItem

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

ACTIVITY = timedelta(days=30)

ActivityItem = OutboxItem | ActItem


def activity(workspace: Workspace, within: timedelta = ACTIVITY) -> list[ActivityItem]:
    """What was done, and what became of replies, in that time; the last first."""
    return workspace.store.call(lambda store: _activity(workspace, store, within))


def at(item: ActivityItem) -> datetime:
    """When it was done, or when the reply last moved."""
    return item.act.at if isinstance(item, ActItem) else item.row.changed_at


def _activity(workspace: Workspace, store: Store, within: timedelta) -> list[ActivityItem]:
    acts = _items(store, store.acts.since(workspace.clock.now() - within))
    return sorted((*acts, *workspace.replies.activity(within)), key=at, reverse=True)


def _items(store: Store, acts: Sequence[Act]) -> list[ActItem]:
    items = [ActItem(act, account=act.subject) for act in acts]
    about = {d.review.id: d for d in store.reviews.details([i.review_id for i in items if i.review_id])}
    return [
        item
        if (detail := about.get(item.review_id)) is None
        else ActItem(
            item.act,
            detail.account,
            detail.review.app_id,
            detail.app_name,
            detail.review.rating,
            detail.review.territory,
            detail.review.title,
        )
        for item in items
    ]
