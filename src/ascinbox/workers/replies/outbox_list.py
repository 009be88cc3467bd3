"""The replies on their way and those that came to an end, as lists and commands show them. Asks nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.outbox import reconciliation
from ascinbox.core.outbox.sentences import OutboxItem, choices, said_again, sentence
from ascinbox.core.outbox.states import OutboxRow, Phase
from ascinbox.workers.replies.approvals import approvers_of
from ascinbox.workers.replies.outbox_rules import rules_of

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace


class OutboxList:
    """Rows of the outbox with what a reader needs beside them. Methods may be called on any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    def open(self) -> list[OutboxItem]:
        """What is on its way, held or failed, the last that moved first."""
        return self._space.store.call(self._open)

    def ended(self, within: timedelta) -> list[OutboxItem]:
        """What came to an end in that time, the last first. The same text confirmed twice is there once."""
        return self._space.store.call(self._ended, within)

    def latest(self, review_id: str) -> OutboxItem | None:
        """The last intention for a review."""
        return self._space.store.call(self._latest, review_id)

    def followed(self, row_id: int) -> OutboxItem | None:
        """One intention, or the later one with the same text that took its place."""
        return self._space.store.call(self._followed, row_id)

    # --- on the store thread ---

    def _open(self, store: Store) -> list[OutboxItem]:
        rows = store.outbox.open_rows()
        return self._items(store, sorted(rows, key=lambda row: (row.changed_at, row.id), reverse=True))

    def _ended(self, store: Store, within: timedelta) -> list[OutboxItem]:
        rows = store.outbox.finished(self._space.clock.now() - within)
        times = Counter(row.review_id for row in (*rows, *store.outbox.open_rows()))

        def is_told_later(row: OutboxRow) -> bool:
            return times[row.review_id] > 1 and said_again(row, next(iter(store.outbox.later(row)), None))

        return self._items(store, [row for row in rows if not is_told_later(row)])

    def _latest(self, store: Store, review_id: str) -> OutboxItem | None:
        row = store.outbox.latest(review_id)
        return self._items(store, [row])[0] if row is not None else None

    def _followed(self, store: Store, row_id: int) -> OutboxItem | None:
        row = store.outbox.get(row_id)
        if row is not None and row.phase is Phase.SUPERSEDED and row.theirs is None:
            same = [r for r in store.outbox.later(row) if (r.kind, r.text) == (row.kind, row.text)]
            row = same[-1] if same else row
        return self._items(store, [row])[0] if row is not None else None

    def _items(self, store: Store, rows: Sequence[OutboxRow]) -> list[OutboxItem]:
        now, rules = self._space.clock.now(), rules_of(self._space.config)
        names = {account.id: account.name for account in store.accounts.list()}
        apps = {app.id: app.name for app in store.accounts.apps()}
        about = {d.review.id: d for d in store.reviews.details([row.review_id for row in rows])}
        pauses = store.outbox.pauses(now)
        standing, by_workers = store.team.standing(self._space.me), self._space.team is not None
        approved_by = approvers_of(store, [row for row in rows if row.phase is Phase.QUEUED], standing)
        items = []
        for row in rows:
            detail = about.get(row.review_id)
            review = detail.review if detail is not None else None
            pause = pauses.get(row.account_id)
            paused = pause.reason if pause is not None and pause.credential == row.credential else ""
            approver = approved_by.get(row.id, "")
            items.append(
                OutboxItem(
                    row=row,
                    account=names.get(row.account_id, ""),
                    app_name=apps.get(row.app_id, ""),
                    rating=review.rating if review else None,
                    territory=review.territory if review else None,
                    title=review.title if review else "",
                    nickname=review.nickname if review else "",
                    sentence=sentence(row, now, paused=paused, approver=approver, by_workers=by_workers),
                    paused=paused,
                    approver=approver,
                    by_workers=by_workers,
                    choices=choices(row, standing),
                    standing=standing,
                    late=reconciliation.is_late(row, now, rules),
                    review_body=review.body if review else "",
                    earlier=detail.earlier if detail else None,
                )
            )
        return items
