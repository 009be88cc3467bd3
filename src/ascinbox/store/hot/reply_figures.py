"""Replies that this program sent, as Metrics counts them: by whom, how soon, and what became of the stars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ascinbox.core.clock import from_epoch
from ascinbox.store.database import Database
from ascinbox.store.hot.filter_sql import Names


@dataclass(frozen=True, slots=True)
class ReplyFact:
    """The first reply to one review that this program sent."""

    app_id: str
    territory: str | None
    by: str
    at: datetime
    """When the store took it."""
    hours: float | None
    """From the review, or from its last change before the reply; None where nobody knows when that was."""
    in_time: bool | None
    """None where no rule of `[sla]` fits the review."""
    rating: int | None
    """The stars now."""
    before: int | None
    """The stars when the reply was sent, where the customer changed the review since."""


class ReplyFigures:
    """`store.reply_figures`."""

    def __init__(self, database: Database, names: Names) -> None:
        self._database = database
        self._names = names

    def first_replies(self, app_ids: Sequence[str], days: tuple[date, date]) -> list[ReplyFact]:
        """First replies of these UTC days. One that was withdrawn or replaced since was one all the same."""
        first = datetime.combine(days[0], time(), UTC).timestamp()
        last = datetime.combine(days[1] + timedelta(days=1), time(), UTC).timestamp()
        rule, bound = self._rule()
        rows = self._database.execute(
            f"""SELECT a.id, r.territory, o.author, o.accepted_at, r.created, r.changed_at, r.rating,
                   (SELECT e.rating FROM user.earlier_text e
                    WHERE e.review_id = r.id AND e.seen_until >= o.accepted_at ORDER BY e.seen_until LIMIT 1),
                   {rule}
                FROM user.outbox o JOIN cache.review r ON r.id = o.review_id
                JOIN cache.app a ON a.number = r.app
                WHERE o.kind = 'publish' AND o.accepted_at >= ? AND o.accepted_at < ?
                AND NOT EXISTS (SELECT 1 FROM user.outbox f WHERE f.review_id = o.review_id
                    AND f.kind = 'publish' AND f.accepted_at < o.accepted_at)""",
            (*bound, first, last),
        )
        wanted = set(app_ids)
        return [self._fact(*row) for row in rows if row[0] in wanted]

    def _rule(self) -> tuple[str, tuple[object, ...]]:
        if self._names.answer_clock is None:
            return "NULL", ()
        from ascinbox.store.hot.due_sql import rule_number

        found = rule_number(self._names)
        return found.sql, found.values

    def _fact(
        self,
        app_id: str,
        territory: str | None,
        by: str,
        at: float,
        created: int | None,
        changed_at: int | None,
        rating: int | None,
        before: int | None,
        rule: int | None,
    ) -> ReplyFact:
        begun = changed_at if changed_at is not None and changed_at <= at else created
        due = self._names.due_at(rule, begun)
        hours = (at - begun) / 3_600 if begun is not None and at >= begun else None
        in_time = None if due is None else at <= due
        return ReplyFact(app_id, territory, by, from_epoch(at), hours, in_time, rating, before)
