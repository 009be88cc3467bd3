"""Replies on their way, as rows of user.db: each step a compare-and-set, so that of two programs one wins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, union_all, update
from sqlmodel import col

from ascinbox.core.outbox.states import MOVING, OPEN, Kind, OutboxRow, Phase
from ascinbox.store.database import Database
from ascinbox.store.hot.outbox_rows import moment, row_from, seconds, values_of
from ascinbox.store.models.replies import OutboxPauseTable, OutboxTable
from ascinbox.store.queue.port import Pause
from ascinbox.store.statements import Statement, entity, insert, one_of, optional, table_of, upsert, written

LONGEST_PAUSE_S = 3600
"""A pause that ends later was written under a wrong clock."""

_o = table_of(OutboxTable).c
_p = table_of(OutboxPauseTable).c
_NOW: Any = bindparam("now")
_THIS = _o.review_id == bindparam("review_id")
_PAUSED = and_(_p.account_id == _o.account_id, _p.credential == _o.credential)

_ADD = Statement(insert(OutboxTable))
_PUT = Statement(
    update(table_of(OutboxTable))
    .where(
        _o.id == bindparam("old_id"),
        _o.version == bindparam("old_version"),
        _o.state == bindparam("old_state"),
        _o.lease_owner == bindparam("old_lease_owner"),
    )
    .values({name: bindparam(name) for name in written(table_of(OutboxTable))})
)
_OPEN_OF = Statement(entity(OutboxTable).where(_THIS, one_of(_o.state, OPEN)).order_by(_o.id))
_ACCEPTED_BESIDE = Statement(
    entity(OutboxTable)
    .where(_THIS, _o.state == Phase.PENDING.value, _o.id != bindparam("id"))
    .order_by(_o.id)
)
_UNFINISHED = Statement(entity(OutboxTable).where(one_of(_o.state, {*MOVING, Phase.PENDING})).order_by(_o.id))
_DUE = Statement(
    entity(OutboxTable)
    .where(
        _o.state == Phase.QUEUED.value,
        _o.send_after <= _NOW,
        optional(_o.review_id, "review_id"),
        ~exists().where(
            _PAUSED, or_(_p.until.is_(None), and_(_p.until > _NOW, _p.until < bindparam("latest")))
        ),
    )
    .order_by(_o.send_after, _o.id)
)
_TO_SETTLE = Statement(
    entity(OutboxTable)
    .where(
        _o.state == Phase.UNKNOWN.value,
        _o.check_after <= _NOW,
        _o.lease_owner == "",
        optional(_o.review_id, "review_id"),
    )
    .order_by(_o.check_after, _o.id)
)
_TO_POLL = Statement(
    entity(OutboxTable)
    .where(_o.state == Phase.PENDING.value, _o.check_after <= _NOW, optional(_o.review_id, "review_id"))
    .order_by(_o.check_after, _o.id)
)
_OF_OTHERS = Statement(
    entity(OutboxTable)
    .where(_o.state == Phase.QUEUED.value, _o.session != bindparam("session"))
    .order_by(_o.id)
)
_MOMENTS = union_all(
    select(func.min(_o.send_after).label("at")).where(
        _o.state == Phase.QUEUED.value,
        ~exists().where(_PAUSED, or_(_p.until.is_(None), _p.until > _NOW)),
    ),
    select(func.min(_o.check_after)).where(
        one_of(_o.state, {Phase.UNKNOWN, Phase.PENDING}), _o.lease_owner == ""
    ),
    select(func.min(_o.lease_until)).where(_o.lease_owner != ""),
    select(func.min(_p.until)).where(_p.until > _NOW),
).subquery()
_NEXT_MOMENT = Statement(select(func.min(_MOMENTS.c.at)))
_LAST_PUT = Statement(
    entity(OutboxTable)
    .where(_THIS, _o.accepted_at.is_not(None))
    .order_by(_o.accepted_at.desc(), _o.id.desc())
    .limit(1)
)
_PUT_SINCE = Statement(
    entity(OutboxTable)
    .where(_THIS, _o.accepted_at > bindparam("since"))
    .order_by(_o.accepted_at, _o.id)
    .limit(1)
)
_TEXTS = Statement(
    select(_o.review_id, _o.text).where(
        _o.queued_at >= bindparam("since"),
        _o.kind == Kind.PUBLISH.value,
        ~one_of(_o.state, {Phase.UNDONE, Phase.SUPERSEDED, Phase.DROPPED}),
    )
)
_TEMPLATES = Statement(
    select(_o.template, func.count().label("times"))
    .where(
        _o.queued_at >= bindparam("since"),
        _o.template != "",
        ~one_of(_o.state, {Phase.UNDONE, Phase.DROPPED}),
    )
    .group_by(_o.template)
)
_PAUSE = Statement(upsert(OutboxPauseTable))
_IS_PAUSED = Statement(select(_p.account_id).where(_p.account_id == bindparam("account_id")))
_RESUME = Statement(
    delete(OutboxPauseTable).where(col(OutboxPauseTable.account_id) == bindparam("account_id"))
)


def add(database: Database, row: OutboxRow) -> int:
    """Inserts the row; returns its id."""
    database.outbox_moved = True
    number = _ADD.run(database, **values_of(row)).lastrowid
    assert number is not None
    return number


def put(database: Database, old: OutboxRow, new: OutboxRow) -> bool:
    """Writes `new` where exactly `old` is; False when that is not there any more."""
    database.outbox_moved = True
    moved = _PUT.run(
        database,
        **values_of(new),
        old_id=old.id,
        old_version=old.version,
        old_state=str(old.phase),
        old_lease_owner=old.lease_owner,
    )
    return moved.rowcount == 1


def open_of(database: Database, review_id: str) -> list[OutboxRow]:
    """What is on its way, held or failed for a review."""
    return _rows(_OPEN_OF, database, review_id=review_id)


def accepted_beside(database: Database, row: OutboxRow) -> list[OutboxRow]:
    """Other rows of its review that wait to be published."""
    return _rows(_ACCEPTED_BESIDE, database, review_id=row.review_id, id=row.id)


def unfinished(database: Database) -> list[OutboxRow]:
    """What a sender has to look after: everything open that no person has to decide about."""
    return _rows(_UNFINISHED, database)


def due(database: Database, now: datetime, review_id: str | None) -> list[OutboxRow]:
    """Queued rows whose time has come and whose account is not paused."""
    at = now.timestamp()
    return _rows(_DUE, database, now=at, latest=at + LONGEST_PAUSE_S, review_id=review_id)


def to_settle(database: Database, now: datetime, review_id: str | None) -> list[OutboxRow]:
    """Unknown rows whose next look is due and that nobody looks at."""
    return _rows(_TO_SETTLE, database, now=seconds(now), review_id=review_id)


def to_poll(database: Database, now: datetime, review_id: str | None) -> list[OutboxRow]:
    """Accepted rows whose next look is due."""
    return _rows(_TO_POLL, database, now=seconds(now), review_id=review_id)


def of_other_sessions(database: Database, session: str) -> list[OutboxRow]:
    """Queued rows of other programs, running or not."""
    return _rows(_OF_OTHERS, database, session=session)


def next_moment(database: Database, now: datetime) -> datetime | None:
    """When something has to be done next."""
    return moment(_NEXT_MOMENT.value(database, now=seconds(now)))


def last_put(database: Database, review_id: str) -> OutboxRow | None:
    """What we last put or removed at the store for this review."""
    return next(iter(_rows(_LAST_PUT, database, review_id=review_id)), None)


def put_since(database: Database, review_id: str, since: datetime) -> OutboxRow | None:
    """The first intention for a review that the store took after `since`."""
    return next(iter(_rows(_PUT_SINCE, database, review_id=review_id, since=seconds(since))), None)


def recent_texts(database: Database, since: datetime) -> list[tuple[str, str]]:
    """(review id, text) of what was confirmed since then and not taken back."""
    return [(row.review_id, row.text) for row in _TEXTS.rows(database, since=seconds(since))]


def templates_used(database: Database, since: datetime) -> dict[str, int]:
    """How often each template was sent since then."""
    return {row.template: row.times for row in _TEMPLATES.rows(database, since=seconds(since))}


def pause(database: Database, pause: Pause) -> None:
    """Stops sending for an account."""
    _PAUSE.run(
        database,
        account_id=pause.account_id,
        credential=pause.credential,
        until=seconds(pause.until),
        reason=pause.reason,
    )


def is_paused(database: Database, account_id: int) -> bool:
    """Whether a pause of the account is written down, over or not."""
    return _IS_PAUSED.first(database, account_id=account_id) is not None


def resume(database: Database, account_id: int) -> None:
    """Ends an account's pause."""
    _RESUME.run(database, account_id=account_id)


def _rows(statement: Statement, database: Database, **values: Any) -> list[OutboxRow]:
    return [row_from(row._asdict()) for row in statement.rows(database, **values)]
