"""What pages brought, in the order in which it was stored: what the rules of notify.toml look at."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.deliveries.spikes import RatedText
from ascinbox.store.database import Database
from ascinbox.store.models.accounts import AppTable
from ascinbox.store.models.arrivals import ArrivalTable
from ascinbox.store.models.reviews import ReviewTable, ReviewTextTable
from ascinbox.store.models.sync import CacheMetaTable, WalkTable
from ascinbox.store.statements import Statement, insert, table_of

KEPT = timedelta(days=60)
_NAME = "arrivals"

_v, _m = table_of(ArrivalTable).c, table_of(CacheMetaTable).c
_r, _x, _a, _w = (table_of(t).c for t in (ReviewTable, ReviewTextTable, AppTable, WalkTable))

ADD_ARRIVAL = Statement(insert(ArrivalTable))
_SINCE = Statement(
    select(_v.number, _v.review_id, _v.kind, _v.at)
    .where(_v.number > bindparam("seen"))
    .order_by(_v.number)
    .limit(bindparam("most"))
)
_NEWEST = Statement(select(func.max(_v.number)))
_NAMED = Statement(select(_m.value).where(_m.name == _NAME))
_GIVE_NAME = Statement(insert(CacheMetaTable).on_conflict_do_nothing(index_elements=[_m.name]))
_FORGET = Statement(
    delete(table_of(ArrivalTable)).where(
        _v.at < bindparam("before"), _v.number < select(func.max(_v.number)).scalar_subquery()
    )
)
_WALKED = Statement(select(_w.finished_at).where(_w.app_id == bindparam("app")))
_FOR_STATISTICS = Statement(
    select(_r.created, _r.rating, _x.folded, _r.app_version)
    .join(table_of(ReviewTextTable), _x.key == _r.key, isouter=True)
    .where(
        _r.app == bindparam("number"),
        _r.created >= bindparam("since"),
        _r.removed_at.is_(None),
    )
)
_APPS = Statement(select(_a.number, _a.id, _a.name))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A review that came, or came with another text."""

    number: int
    review_id: str
    kind: str
    """`new`, `changed`, or `answered` for one that had an answer when it changed."""
    at: datetime


class Arrivals:
    """`store.arrivals`. Its rows are written with the page that brings them (see `note`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def since(self, seen: int, limit: int) -> list[Arrival]:
        """At most `limit` that came after number `seen`."""
        rows = _SINCE.rows(self._database, seen=seen, most=limit)
        return [Arrival(row.number, row.review_id, row.kind, from_epoch(row.at)) for row in rows]

    def newest(self) -> int:
        """The number of the last one; 0 before the first."""
        return int(_NEWEST.value(self._database) or 0)

    def cache(self) -> str:
        """Names this cache.db: the numbers of a rebuilt one start again."""
        found = _NAMED.value(self._database)
        if found is None:
            with self._database.write():
                _GIVE_NAME.run(self._database, name=_NAME, value=secrets.token_hex(8))
            found = _NAMED.value(self._database)
        return str(found)

    def forget(self, now: datetime) -> None:
        """Drops what came long ago."""
        with self._database.write():
            _FORGET.run(self._database, before=to_epoch(now - KEPT))

    def apps(self) -> list[tuple[int, str, str]]:
        """Number, id and name of every app."""
        return [(row.number, row.id, row.name) for row in _APPS.rows(self._database)]

    def for_statistics(self, app: int, since: datetime) -> list[RatedText]:
        """What counts of an app's reviews since then."""
        rows = _FOR_STATISTICS.rows(self._database, number=app, since=to_epoch(since))
        return [
            RatedText(from_epoch(row.created), row.rating, row.folded or "", row.app_version or "")
            for row in rows
        ]


def note(
    database: Database,
    app_id: str,
    new: Sequence[str],
    changed: Sequence[str],
    answered: Sequence[str],
    now: int,
) -> None:
    """Writes down what a page brought, in the transaction of that page. Before an app's first walk is over,
    what comes is history."""
    if not (new or changed or answered) or _WALKED.value(database, app=app_id) is None:
        return
    kinds = (("new", new), ("changed", changed), ("answered", answered))
    ADD_ARRIVAL.run_many(
        database,
        ({"review_id": i, "kind": kind, "at": now} for kind, ids in kinds for i in ids),
    )
