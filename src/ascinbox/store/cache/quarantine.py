"""Items of Apple's lists that could not be read: left out, remembered with the reason, and counted.

Nothing of an item's content is kept, only its id and what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select, tuple_

from ascinbox.core.clock import Clock, from_epoch, to_epoch
from ascinbox.core.records import LeftOut
from ascinbox.store.database import Database
from ascinbox.store.models.sync import LeftOutTable
from ascinbox.store.statements import Statement, entity, insert, table_of

MOST_OF_A_LIST = 200
"""Entries kept of one list; the oldest make room."""


_q = table_of(LeftOutTable).c
_LIST = (_q.dataset == bindparam("dataset"), _q.scope == bindparam("scope"))


def _put() -> Statement:
    new = insert(LeftOutTable)
    return Statement(
        new.on_conflict_do_update(
            index_elements=[_q.dataset, _q.scope, _q.item, _q.reason],
            set_={"times": _q.times + 1, "last_at": new.excluded.last_at},
        )
    )


_PUT = _put()
_NEWEST = (
    select(_q.item, _q.reason)
    .where(*_LIST)
    .order_by(_q.last_at.desc(), _q.item, _q.reason)
    .limit(bindparam("most"))
)
_MAKE_ROOM = Statement(
    delete(table_of(LeftOutTable)).where(*_LIST, tuple_(_q.item, _q.reason).not_in(_NEWEST))
)
_OLD = Statement(select(_q.item).where(*_LIST, _q.last_at < bindparam("before")).limit(1))
_FORGET = Statement(delete(table_of(LeftOutTable)).where(*_LIST, _q.last_at < bindparam("before")))
_ALL = Statement(entity(LeftOutTable).order_by(_q.dataset, _q.scope, _q.item, _q.reason))
_SINCE = Statement(select(_q.item).where(*_LIST, _q.last_at >= bindparam("moment")))


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
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
        rows = [
            {
                "dataset": dataset,
                "scope": scope,
                "item": item,
                "reason": reason,
                "times": 1,
                "first_at": now,
                "last_at": now,
            }
            for item, reason in items
        ]
        if not rows:
            return
        with self._database.write():
            _PUT.run_many(self._database, rows)
            _MAKE_ROOM.run(self._database, dataset=dataset, scope=scope, most=MOST_OF_A_LIST)

    def forget(self, dataset: str, scope: str, before: datetime) -> None:
        """The whole list has been read since `before`: what was not met again is gone."""
        values = {"dataset": dataset, "scope": scope, "before": to_epoch(before)}
        if _OLD.first(self._database, **values) is not None:
            with self._database.write():
                _FORGET.run(self._database, **values)

    def entries(self) -> tuple[QuarantineEntry, ...]:
        """Everything that is left out at present."""
        return tuple(
            QuarantineEntry(dataset, scope, item, reason, times, from_epoch(first), from_epoch(last))
            for dataset, scope, item, reason, times, first, last in _ALL.run(self._database)
        )

    def met_since(self, dataset: str, scope: str, moment: datetime) -> frozenset[str]:
        """Ids of what was left out of this list since `moment`; "" among them for items without one."""
        rows = _SINCE.run(self._database, dataset=dataset, scope=scope, moment=to_epoch(moment))
        return frozenset(row[0] for row in rows)
