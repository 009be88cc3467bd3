"""What was written long before the first sync: one question says that all of it counts as done.

Asked once per home, while that is new. On a team the marks are everybody's, so only an admin is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import Capability
from ascinbox.core.team import Level

if TYPE_CHECKING:
    from ascinbox.core.filters import Query
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

NEW_HOME = timedelta(days=14)
"""So long after its first account was linked a home is new."""
WORTH_ASKING = 10
"""Fewer old reviews than this are gone through one by one."""
SPANS = (("a week", 7), ("a month", 30), ("a year", 365))
"""The choices: in words, and in days."""
_OLD = "is:new,opened -is:flagged assignee:none"
"""What nobody has begun anything with: no draft, no change by its customer, nothing that somebody kept."""
_PLACE = "?"
"""The name under which it is kept that the question was answered; no view can be called so."""
_STEP = 2_000


@dataclass(frozen=True, slots=True)
class OldReviews:
    """The unanswered reviews that are older than a span."""

    words: str
    """`a month`."""
    days: int
    count: int


def old_reviews(workspace: Workspace) -> tuple[OldReviews, ...]:
    """The choices of the question, the shortest span first; empty when it is not to be asked.

    Two spans of the same number are one: the longer. Counts the whole cache, so it belongs in the background.
    """
    if not workspace.store.call(lambda store: _is_asked(workspace, store)):
        return ()
    found: list[OldReviews] = []
    for words, days in SPANS:
        query = _older_than(workspace, days)
        count = workspace.store.call(lambda store, q: store.reviews.count(q), query, slow=True)
        if found and found[-1].count == count:
            found.pop()
        found.append(OldReviews(words, days, count))
    kept = tuple(each for each in found if each.count)
    return kept if kept and kept[0].count >= WORTH_ASKING else ()


def count_as_done(workspace: Workspace, days: int) -> tuple[str, ...]:
    """Marks what is older than so many days as done, as one act that is undone as one; returns the ids."""
    query = _older_than(workspace, days)
    ids: list[str] = []
    anchor: int | None = None
    while True:
        window = workspace.inbox.window(query, anchor, _STEP, "after", False)
        ids += [row.id for row in window.rows]
        if not window.has_after:
            break
        anchor = window.rows[-1].key
    done = workspace.triage.done(ids)
    answered(workspace)
    return done


def answered(workspace: Workspace) -> None:
    """The question was answered: this home is not asked again."""
    workspace.store.call(lambda store: store.queue.save_place(_PLACE, {"old_reviews": "answered"}))


def _older_than(workspace: Workspace, days: int) -> Query:
    return workspace.inbox.query(f"{_OLD} until:{days}d")


def _is_asked(workspace: Workspace, store: Store) -> bool:
    if store.database.read_only or store.database.volatile or store.triage.place(_PLACE) is not None:
        return False
    if store.team.standing(workspace.me).level not in (None, Level.ADMIN):
        return False
    accounts = [each for each in store.accounts.list() if Capability.REVIEWS.value in each.features]
    linked = [each.linked_at for each in accounts if each.linked_at is not None]
    if not linked or workspace.clock.now() - min(linked) > NEW_HOME:
        return False
    fetched = {run.account_id for run in store.sync.runs() if run.dataset == "reviews" and run.succeeded_at}
    return all(account.id in fetched for account in accounts)
