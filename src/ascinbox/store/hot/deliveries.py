"""Deliveries as Health and quick commands see them."""

from __future__ import annotations

from datetime import UTC, datetime

from ascinbox.core.deliveries.states import BrokenDestination, DeliveryLine, DeliveryState
from ascinbox.store.database import Database


class DeliveryReads:
    """`store.delivery_reads`. What is written there is an act of `store.deliveries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent(self, limit: int) -> list[DeliveryLine]:
        """The latest deliveries, the last one first."""
        rows = self._database.execute(
            "SELECT d.uid, d.rule, d.destination, e.kind, d.state, d.created_at, d.changed_at, d.next_at,"
            " d.attempts, d.detail, e.app_name, e.review_id, json_extract(e.body, '$.review.rating'),"
            " coalesce(json_extract(e.body, '$.review.title'), ''), json_extract(e.body, '$.detail')"
            " FROM user.delivery d JOIN user.delivery_event e ON e.id = d.event ORDER BY d.id DESC LIMIT ?",
            (limit,),
        )
        return [
            DeliveryLine(
                uid=uid,
                rule=rule,
                destination=destination,
                event=kind,
                state=DeliveryState(state),
                created_at=_moment(created),
                changed_at=_moment(changed),
                next_at=_moment(after),
                attempts=attempts,
                detail=detail,
                app_name=app,
                review_id=review,
                rating=rating,
                title=title,
                said=said or "",
            )
            for (
                uid, rule, destination, kind, state, created, changed, after, attempts, detail, app, review,
                rating, title, said,
            ) in rows
        ]  # fmt: skip

    def broken(self) -> dict[str, BrokenDestination]:
        """Destinations whose last outcome is a refusal, or whose secret cannot be had, by name."""
        found: dict[str, BrokenDestination] = {}
        for condition in (
            "d.state = 'failed'",
            "d.why = 'secret' AND d.state IN ('queued', 'sending', 'unknown')",
        ):
            rows = self._database.execute(
                "SELECT d.destination, max(d.changed_at), d.detail, count(*),"
                " (SELECT max(s.changed_at) FROM user.delivery s"
                "  WHERE s.destination = d.destination AND s.state = 'sent')"
                f" FROM user.delivery d WHERE {condition} GROUP BY d.destination"
            )
            for name, at, detail, count, sent in rows:
                if sent is None or sent < at:
                    found[name] = BrokenDestination(name, _moment(at), detail, count)
        return found


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
