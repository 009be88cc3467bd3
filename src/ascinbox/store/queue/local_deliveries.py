"""Deliveries as rows of user.db: each step a compare-and-set, so that of two programs one wins."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, update

from ascinbox.core.clock import Clock
from ascinbox.core.deliveries.events import NotifyEvent
from ascinbox.core.deliveries.states import OPEN, WAITING, Delivery, DeliveryState
from ascinbox.core.reviews.acts import RULE, MarkChange
from ascinbox.store.database import Database
from ascinbox.store.models.deliveries import (
    DeliveryEventTable,
    DeliveryPauseTable,
    DeliveryRuleTable,
    DeliverySecretTable,
    DeliveryTable,
)
from ascinbox.store.queue.deliveries import Evaluation, NewDelivery, RuleProgress, Taken
from ascinbox.store.queue.local import LocalQueue
from ascinbox.store.statements import RowWriter, Statement, among, insert, one_of, table_of, upsert, written

KEPT = timedelta(days=90)
"""How long what has ended can be looked up, and so long an event is not told twice."""

_d, _e = table_of(DeliveryTable).c, table_of(DeliveryEventTable).c
_r, _p, _s = (table_of(t).c for t in (DeliveryRuleTable, DeliveryPauseTable, DeliverySecretTable))

_COLUMNS = [column for column in _d if column.key != "event"]
_EVENT = [_e.key, _e.kind, _e.app_id, _e.app_name, _e.store, _e.account, _e.at, _e.body]


def _rows(*where: Any) -> Any:
    joined = table_of(DeliveryTable).join(table_of(DeliveryEventTable), _e.id == _d.event)
    named = [column.label(f"event_{column.key}") for column in _EVENT]
    return select(*_COLUMNS, *named).select_from(joined).where(*where)


_NOW: Any = bindparam("now")
_IS_WAITING, _IS_OPEN = one_of(_d.state, WAITING), one_of(_d.state, OPEN)
_NOT_PAUSED = ~exists().where(or_(_p.name == _d.rule, _p.name == _d.destination))

_ADD_EVENT = RowWriter(insert(DeliveryEventTable))
_EVENT_IDS = Statement(select(_e.key, _e.id).where(among(_e.key, "keys")))
_ADD = RowWriter(
    insert(DeliveryTable).on_conflict_do_nothing(index_elements=[_d.rule, _d.destination, _d.event])
)
_TAKEN_UIDS = Statement(select(_d.uid).where(among(_d.uid, "uids")))
_HAS_UID = Statement(select(_d.id).where(_d.uid == bindparam("uid")))
_PUT = Statement(
    update(table_of(DeliveryTable))
    .where(
        _d.id == bindparam("old_id"),
        _d.version == bindparam("old_version"),
        _d.state == bindparam("old_state"),
        _d.lease_owner == bindparam("old_lease_owner"),
    )
    .values(
        {
            name: bindparam(name)
            for name in written(table_of(DeliveryTable))
            if name not in {"uid", "rule", "destination", "event", "created_at"}
        }
    )
)
_DUE = Statement(
    _rows(_IS_WAITING, _d.next_at <= _NOW, _NOT_PAUSED).order_by(_d.next_at, _d.id).limit(bindparam("most"))
)
_BESIDE = Statement(
    _rows(
        _IS_WAITING,
        _d.rule == bindparam("rule"),
        _d.destination == bindparam("destination"),
        _d.digest == 1,
        _d.message == bindparam("message"),
        or_(_d.next_at <= _NOW, _d.message != ""),
    )
    .order_by(_d.id)
    .limit(2_000)
)
_OPEN_ROWS = Statement(_rows(_IS_OPEN).order_by(_d.id))
_NEXT = Statement(select(func.min(_d.next_at)).where(_IS_WAITING, _NOT_PAUSED))
_LEASES = Statement(select(func.min(_d.lease_until)).where(_d.state == DeliveryState.SENDING.value))
_LOG = Statement(_rows().order_by(_d.id.desc()).limit(bindparam("most")))
_FIND = Statement(
    _rows(func.substr(_d.uid, 1, func.length(bindparam("part"))) == bindparam("part"))
    .order_by(_d.id)
    .limit(10)
)
_PLANNED = Statement(
    select(_d.next_at).where(
        _d.rule == bindparam("rule"),
        _d.destination == bindparam("destination"),
        _d.created_at >= bindparam("since"),
        _d.digest == 0,
    )
)
_TOLD = Statement(
    select(_e.id).where(
        func.substr(_e.key, 1, func.length(bindparam("part"))) == bindparam("part"),
        _e.at >= bindparam("since"),
    )
)
_RULES = Statement(select(*_r))
_ADD_RULE = Statement(insert(DeliveryRuleTable).on_conflict_do_nothing(index_elements=[_r.name]))
_MOVE_RULE = Statement(
    update(table_of(DeliveryRuleTable))
    .where(
        _r.name == bindparam("rule"),
        _r.cache == bindparam("old_cache"),
        _r.seen == bindparam("old_seen"),
    )
    .values(cache=bindparam("cache"), seen=bindparam("seen"))
)
_PAUSE = Statement(insert(DeliveryPauseTable).on_conflict_do_nothing(index_elements=[_p.name]))
_RESUME = Statement(delete(table_of(DeliveryPauseTable)).where(_p.name == bindparam("name")))
_PAUSED = Statement(select(_p.name, _p.since))
_KEEP_SECRET = Statement(upsert(DeliverySecretTable))
_SECRETS = Statement(select(_s.name, _s.reference))
_FORGET = Statement(delete(table_of(DeliveryTable)).where(_d.changed_at < bindparam("before"), ~_IS_OPEN))
_FORGET_EVENTS = Statement(
    delete(table_of(DeliveryEventTable)).where(
        _e.at < bindparam("before"), ~exists().where(and_(_d.event == _e.id))
    )
)


class LocalDeliveries:
    """The `DeliveryQueue` of user.db.

    `mark` does what rules do with reviews where those are not in user.db (a team's); it is done before what
    allows it is written down, so that a kill repeats a mark, which changes nothing, rather than lose it.
    `tells` chooses, by their ids, the messages that this home tells where others have the same rules.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        mark: Callable[[Mapping[str, MarkChange]], tuple[str, ...]] | None = None,
        tells: Callable[[Sequence[str]], Collection[str]] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._mark = mark
        self._tells = tells

    # --- rules ---

    def begin(self, rules: Sequence[str], cache: str, seen: int, now: datetime) -> Mapping[str, RuleProgress]:
        """See `DeliveryQueue`."""
        known = self._progress()
        missing = [name for name in rules if name not in known]
        if missing:
            with self._database.write():
                for name in missing:
                    _ADD_RULE.run(self._database, name=name, begun_at=now.timestamp(), cache=cache, seen=seen)
            known = self._progress()
        return {name: known[name] for name in rules}

    def _progress(self) -> dict[str, RuleProgress]:
        return {
            row.name: RuleProgress(row.name, _moment(row.begun_at), row.cache, row.seen)
            for row in _RULES.rows(self._database)
        }

    def take(self, found: Sequence[Evaluation], now: datetime) -> Taken:
        """See `DeliveryQueue`."""
        added = 0
        marked: list[str] = []
        if self._mark is not None:
            known = self._progress()
            for evaluation in found:
                if evaluation.deeds and known.get(evaluation.before.name) == evaluation.before:
                    marked += self._mark(evaluation.deeds)
        told = self._told(each for evaluation in found for each in evaluation.new)
        with self._database.write():
            for evaluation in found:
                before, after = evaluation.before, evaluation.after
                moved = _MOVE_RULE.run(
                    self._database,
                    rule=before.name,
                    old_cache=before.cache,
                    old_seen=before.seen,
                    cache=after.cache,
                    seen=after.seen,
                )
                if moved.rowcount != 1:
                    continue
                added += self._add(evaluation.new, now, told)
                if evaluation.deeds and self._mark is None:
                    marked += self._act(before.name, evaluation.deeds)
        return Taken(added, tuple(dict.fromkeys(marked)))

    def _act(self, rule: str, changes: Mapping[str, MarkChange]) -> tuple[str, ...]:
        """Marks reviews as an act of the rule: in Activity under its name, and undone as any other."""
        return LocalQueue(self._database, self._clock, RULE + rule).mark(changes)

    # --- deliveries ---

    def add(self, new: Sequence[NewDelivery], now: datetime) -> int:
        """See `DeliveryQueue`."""
        told = self._told(new)
        with self._database.write():
            return self._add(new, now, told)

    def _told(self, new: Iterable[NewDelivery]) -> Collection[str] | None:
        """The messages that this home tells; None for all. What a person asked for, by no rule, it tells."""
        asked = dict.fromkeys(each.message for each in new if each.rule)
        return None if self._tells is None else self._tells(list(asked)) if asked else ()

    def _add(self, new: Sequence[NewDelivery], now: datetime, told: Collection[str] | None) -> int:
        """In few statements for all: a page can bring thousands, while a sync waits for the store."""
        ours = [each for each in new if told is None or not each.rule or each.message in told]
        if not ours:
            return 0
        ids = self._ids_of({each.event.key: each.event for each in ours})
        uids = _Uids(self._database, [each.message for each in ours])
        rows = [
            _in_order(_ADD, _row_of(each, uids.next(each.message), ids[each.event.key], now)) for each in ours
        ]
        before = self._database.connection.total_changes
        _ADD.run(self._database, rows)
        return self._database.connection.total_changes - before

    def _ids_of(self, events: Mapping[str, NotifyEvent]) -> dict[str, int]:
        """The row of each event by its key; one that was not met before gets its row here."""
        keys = json.dumps(list(events))
        ids: dict[str, int] = dict(_EVENT_IDS.run(self._database, keys=keys).fetchall())
        missing = [event for key, event in events.items() if key not in ids]
        if missing:
            _ADD_EVENT.run(self._database, (_in_order(_ADD_EVENT, _event_row(event)) for event in missing))
            ids = dict(_EVENT_IDS.run(self._database, keys=keys).fetchall())
        return ids

    def planned(self, rule: str, destination: str, since: datetime) -> list[datetime]:
        """See `DeliveryQueue`."""
        rows = _PLANNED.rows(self._database, rule=rule, destination=destination, since=since.timestamp())
        return [_moment(row.next_at) for row in rows]

    def told_since(self, key: str, since: datetime) -> bool:
        """See `DeliveryQueue`."""
        return _TOLD.first(self._database, part=key, since=since.timestamp()) is not None

    def due(self, now: datetime, limit: int) -> list[Delivery]:
        """See `DeliveryQueue`."""
        return [_delivery(row) for row in _DUE.rows(self._database, now=now.timestamp(), most=limit)]

    def beside(self, row: Delivery, now: datetime) -> list[Delivery]:
        """See `DeliveryQueue`."""
        if not row.digest:
            return [row]
        found = _BESIDE.rows(
            self._database,
            rule=row.rule,
            destination=row.destination,
            message=row.message,
            now=now.timestamp(),
        )
        return [_delivery(each) for each in found]

    def move(self, steps: Sequence[tuple[Delivery, Delivery]]) -> bool:
        """See `DeliveryQueue`."""
        try:
            with self._database.write():
                for old, new in steps:
                    if not self._put(old, new):
                        raise _Taken
        except _Taken:
            return False
        return True

    def _put(self, old: Delivery, new: Delivery) -> bool:
        moved = _PUT.run(
            self._database,
            old_id=old.id,
            old_version=old.version,
            old_state=str(old.state),
            old_lease_owner=old.lease_owner,
            state=str(new.state),
            version=new.version,
            message=new.message,
            digest=int(new.digest),
            next_at=new.next_at.timestamp(),
            changed_at=new.changed_at.timestamp(),
            attempts=new.attempts,
            lease_owner=new.lease_owner,
            lease_until=new.lease_until.timestamp() if new.lease_until else None,
            first_try_at=new.first_try_at.timestamp() if new.first_try_at else None,
            maybe_sent=int(new.maybe_sent),
            reached=json.dumps(new.reached),
            reference=new.reference,
            why=new.why,
            detail=new.detail,
        )
        return moved.rowcount == 1

    def move_all(self, step: Callable[[Delivery], Delivery | None]) -> list[Delivery]:
        """See `DeliveryQueue`."""
        moved: list[Delivery] = []
        open_rows = [_delivery(row) for row in _OPEN_ROWS.rows(self._database)]
        steps = [(row, new) for row in open_rows if (new := step(row)) is not None]
        if steps:
            with self._database.write():
                moved += [new for row, new in steps if self._put(row, new)]
        return moved

    def next_moment(self) -> datetime | None:
        """See `DeliveryQueue`."""
        moments = [s.value(self._database) for s in (_NEXT, _LEASES)]
        known = [moment for moment in moments if moment is not None]
        return _moment(min(known)) if known else None

    def log(self, limit: int | None = None) -> list[Delivery]:
        """See `DeliveryQueue`."""
        return [_delivery(row) for row in _LOG.rows(self._database, most=-1 if limit is None else limit)]

    def find(self, beginning: str) -> list[Delivery]:
        """See `DeliveryQueue`."""
        return [_delivery(row) for row in _FIND.rows(self._database, part=beginning)]

    # --- pauses, secrets ---

    def pause(self, name: str, now: datetime) -> None:
        """See `DeliveryQueue`."""
        with self._database.write():
            _PAUSE.run(self._database, name=name, since=now.timestamp())

    def resume(self, name: str) -> bool:
        """See `DeliveryQueue`."""
        with self._database.write():
            return _RESUME.run(self._database, name=name).rowcount == 1

    def paused(self) -> Mapping[str, datetime]:
        """See `DeliveryQueue`."""
        return {row.name: _moment(row.since) for row in _PAUSED.rows(self._database)}

    def keep_secret(self, name: str, reference: str, now: datetime) -> str:
        """See `DeliveryQueue`."""
        with self._database.write():
            former = self.secrets().get(name, "")
            _KEEP_SECRET.run(self._database, name=name, reference=reference, changed_at=now.timestamp())
        return former

    def secrets(self) -> Mapping[str, str]:
        """See `DeliveryQueue`."""
        return {row.name: row.reference for row in _SECRETS.rows(self._database)}

    def forget(self, now: datetime) -> None:
        """See `DeliveryQueue`."""
        before = (now - KEPT).timestamp()
        with self._database.write():
            _FORGET.run(self._database, before=before)
            _FORGET_EVENTS.run(self._database, before=before)


class _Uids:
    """Ids of rows: that of the message, or that with a number where another row has it.

    Another rule tells the same to the same destination, or this one has told it already.
    """

    def __init__(self, database: Database, messages: Sequence[str]) -> None:
        self._database = database
        wanted = json.dumps(list(dict.fromkeys(messages)))
        self._taken = {row[0] for row in _TAKEN_UIDS.run(database, uids=wanted)}
        self._numbers: dict[str, int] = {}

    def next(self, message: str) -> str:
        """An id that no row has and that was not given before."""
        if message not in self._taken:
            self._taken.add(message)
            return message
        number = self._numbers.get(message, 1) + 1
        while _HAS_UID.first(self._database, uid=f"{message}-{number}") is not None:
            number += 1
        self._numbers[message] = number
        return f"{message}-{number}"


class _Taken(Exception):
    """Another program has moved one of the rows: none is moved."""


def _moment(value: float) -> datetime:
    return datetime.fromtimestamp(value, UTC)


def _in_order(writer: RowWriter, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in writer.order)


def _event_row(event: NotifyEvent) -> dict[str, Any]:
    return {
        "key": event.key,
        "kind": str(event.kind),
        "review_id": event.review_id,
        "app_id": event.app_id,
        "app_name": event.app_name,
        "store": event.store,
        "account": event.account,
        "at": event.at.timestamp(),
        "body": json.dumps({"review": event.review, "before": event.before, "detail": event.detail}),
    }


def _row_of(new: NewDelivery, uid: str, event: int, now: datetime) -> dict[str, Any]:
    return {
        "uid": uid,
        "rule": new.rule,
        "destination": new.destination,
        "event": event,
        "state": DeliveryState.QUEUED.value,
        "version": 1,
        "message": "" if new.digest else new.message,
        "digest": int(new.digest),
        "created_at": now.timestamp(),
        "next_at": new.next_at.timestamp(),
        "changed_at": now.timestamp(),
        "attempts": 0,
        "lease_owner": "",
        "lease_until": None,
        "first_try_at": None,
        "maybe_sent": 0,
        "reached": "[]",
        "reference": "",
        "why": "",
        "detail": "",
    }


def _delivery(row: Any) -> Delivery:
    body = json.loads(row.event_body)
    event = NotifyEvent(
        key=row.event_key,
        kind=row.event_kind,
        at=_moment(row.event_at),
        account=row.event_account,
        app_id=row.event_app_id,
        app_name=row.event_app_name,
        store=row.event_store,
        review=body["review"],
        before=body["before"],
        detail=body["detail"],
    )
    return Delivery(
        uid=row.uid,
        rule=row.rule,
        destination=row.destination,
        event=event,
        state=DeliveryState(row.state),
        message=row.message,
        digest=bool(row.digest),
        created_at=_moment(row.created_at),
        next_at=_moment(row.next_at),
        changed_at=_moment(row.changed_at),
        id=row.id,
        version=row.version,
        attempts=row.attempts,
        lease_owner=row.lease_owner,
        lease_until=None if row.lease_until is None else _moment(row.lease_until),
        first_try_at=None if row.first_try_at is None else _moment(row.first_try_at),
        maybe_sent=bool(row.maybe_sent),
        reached=tuple(json.loads(row.reached)),
        reference=row.reference,
        why=row.why,
        detail=row.detail,
    )
