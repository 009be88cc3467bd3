"""Deliveries as Health and quick commands see them."""

from __future__ import annotations

from datetime import UTC, datetime

from ascinbox.core.deliveries.states import BrokenDestination
from ascinbox.store.database import Database


class DeliveryReads:
    """`store.delivery_reads`. What is written there is an act of `store.deliveries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def broken(self) -> dict[str, BrokenDestination]:
        """Destinations whose last outcome is a refusal, or whose secret cannot be had, by name."""
        found: dict[str, BrokenDestination] = {}
        rows = self._database.execute(
            "SELECT destination, max(changed_at), detail, count(*) FROM user.delivery"
            " WHERE state = 'failed' GROUP BY destination"
        ).fetchall()
        rows += self._database.execute(
            "SELECT destination, max(changed_at), detail, count(*) FROM user.delivery"
            " WHERE why = 'secret' AND state IN ('queued', 'sending', 'unknown') GROUP BY destination"
        ).fetchall()
        for name, at, detail, count in rows:
            sent = self._database.one(
                "SELECT max(changed_at) FROM user.delivery WHERE destination = ? AND state = 'sent'", name
            )
            if sent is None or sent < at:
                found[name] = BrokenDestination(name, datetime.fromtimestamp(at, UTC), detail, count)
        return found
