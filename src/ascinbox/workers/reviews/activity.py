"""Activity: what became of replies, and what else people did, in one list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.outbox.sentences import ENDED, OutboxItem
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
    acts, replies = told_once(
        store.acts.since(workspace.clock.now() - within), workspace.replies.activity(within)
    )
    return sorted((*_items(store, acts), *replies), key=at, reverse=True)


def told_once(acts: Iterable[Act], replies: Iterable[OutboxItem]) -> tuple[list[Act], list[OutboxItem]]:
    """An act by which somebody else ended a reply is told with that reply, and not a second time."""
    by_id = {item.row.op_id: item for item in replies}
    left: list[Act] = []
    for act in acts:
        op_id = act.detail.partition(" ")[0]
        item = by_id.get(op_id) if act.verb in ENDED else None
        if item is None or item.row.phase is not ENDED[act.verb][0] or act.by == item.row.by or item.ended_by:
            left.append(act)
        else:
            by_id[op_id] = item.ended(act.by, act.verb)
    return left, list(by_id.values())


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
