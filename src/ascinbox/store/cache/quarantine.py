"""Items of Apple's lists that could not be read: left out, remembered with the reason, and counted.

Nothing of an item's content is kept, only its id and what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ascinbox.core.clock import Clock, from_epoch, to_epoch
from ascinbox.core.records import LeftOut
from ascinbox.store.database import Database

MOST_OF_A_LIST = 200
"""Entries kept of one list; the oldest make room."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item that was left out, or all those of a list without an id and with the same trouble."""

    dataset: str
    scope: str
    """The app or account whose list it was in."""
    item: str
    """Apple's id; empty for what had none."""
    reason: str
    times: int
    first_at: datetime
    last_at: datetime


class Quarantine:
    """`store.quarantine`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, dataset: str, scope: str, items: Iterable[LeftOut]) -> None:
        """Notes that these items of a list were left out now."""
        now = to_epoch(self._clock.now())
        rows = [(dataset, scope, item, reason, now) for item, reason in items]
        if not rows:
            return
        with self._database.write() as connection:
            connection.executemany(
                "INSERT INTO cache.left_out VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5) "
                "ON CONFLICT (dataset, scope, item, reason) "
                "DO UPDATE SET times = times + 1, last_at = excluded.last_at",
                rows,
            )
            connection.execute(
                "DELETE FROM cache.left_out WHERE dataset = ?1 AND scope = ?2 AND (item, reason) NOT IN "
                "(SELECT item, reason FROM cache.left_out WHERE dataset = ?1 AND scope = ?2 "
                "ORDER BY last_at DESC, item, reason LIMIT ?3)",
                (dataset, scope, MOST_OF_A_LIST),
            )

    def forget(self, dataset: str, scope: str, before: datetime) -> None:
        """The whole list has been read since `before`: what was not met again is gone."""
        values = (dataset, scope, to_epoch(before))
        where = "FROM cache.left_out WHERE dataset = ? AND scope = ? AND last_at < ?"
        if self._database.one(f"SELECT EXISTS (SELECT 1 {where})", *values):
            with self._database.write() as connection:
                connection.execute(f"DELETE {where}", values)

    def entries(self) -> tuple[Entry, ...]:
        """Everything that is left out at present."""
        rows = self._database.execute(
            "SELECT dataset, scope, item, reason, times, first_at, last_at FROM cache.left_out "
            "ORDER BY dataset, scope, item, reason"
        )
        return tuple(
            Entry(dataset, scope, item, reason, times, from_epoch(first), from_epoch(last))
            for dataset, scope, item, reason, times, first, last in rows
        )

    def met_since(self, dataset: str, scope: str, moment: datetime) -> frozenset[str]:
        """Ids of what was left out of this list since `moment`; "" among them for items without one."""
        rows = self._database.execute(
            "SELECT item FROM cache.left_out WHERE dataset = ? AND scope = ? AND last_at >= ?",
            (dataset, scope, to_epoch(moment)),
        )
        return frozenset(row[0] for row in rows)
