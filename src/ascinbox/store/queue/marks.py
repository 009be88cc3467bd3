"""The local marks of reviews and the journal by which acts on them are undone, as rows of user.db."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlmodel import col

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.store.database import Database
from ascinbox.store.models.deliveries import WokenTable
from ascinbox.store.models.triage import PlaceTable, TagTable, TriageTable, UndoTable
from ascinbox.store.queue.port import Undone
from ascinbox.store.statements import Statement, among, insert, upsert

WOKEN_KEPT = timedelta(days=30)
"""So long it is known that a snooze has ended by itself."""
KEPT_BATCHES = 200
"""Acts that can be undone."""

_MARKS = (
    TriageTable.review_id,
    TriageTable.opened_at,
    TriageTable.read,
    TriageTable.flagged,
    TriageTable.done_at,
    TriageTable.snoozed_until,
    TriageTable.assignee,
    TriageTable.note,
    TriageTable.language,
)
_FIND = Statement(select(*map(col, _MARKS)).where(among(col(TriageTable.review_id), "ids")))
_FIND_TAGS = Statement(
    select(col(TagTable.review_id), col(TagTable.tag))
    .where(among(col(TagTable.review_id), "ids"))
    .order_by(col(TagTable.tag))
)
_PUT = Statement(upsert(TriageTable, *_MARKS))
_UNTAG = Statement(delete(TagTable).where(among(col(TagTable.review_id), "ids")))
_TAG = Statement(insert(TagTable))
_NOTE_ACT = Statement(insert(UndoTable))
_LAST_BATCH = Statement(select(func.max(UndoTable.batch)))
_FORGET_OLD_ACTS = Statement(delete(UndoTable).where(col(UndoTable.batch) <= bindparam("last")))
_ACT = Statement(
    select(
        col(UndoTable.id),
        col(UndoTable.verb),
        col(UndoTable.review_id),
        col(UndoTable.before),
        col(UndoTable.at),
    )
    .where(col(UndoTable.batch) == bindparam("batch"))
    .order_by(col(UndoTable.id))
    .limit(bindparam("most"))
)
_IS_NOTED = Statement(select(col(UndoTable.id)).where(col(UndoTable.batch) == bindparam("batch")).limit(1))
_FORGET_ACT = Statement(
    delete(UndoTable).where(
        col(UndoTable.batch) == bindparam("batch"), col(UndoTable.id) <= bindparam("last")
    )
)
_FORGET_ACTS = Statement(delete(UndoTable))
_DUE = Statement(
    select(col(TriageTable.review_id), col(TriageTable.snoozed_until)).where(
        col(TriageTable.snoozed_until).is_not(None), col(TriageTable.snoozed_until) <= bindparam("now")
    )
)
_WAKE = Statement(
    update(TriageTable).where(col(TriageTable.review_id) == bindparam("review")).values(snoozed_until=None)
)
_NOTE_WOKEN = Statement(upsert(WokenTable))
_FORGET_WOKEN = Statement(delete(WokenTable).where(col(WokenTable.at) < bindparam("before")))
_PUT_PLACE = Statement(upsert(PlaceTable))


@dataclass(frozen=True, slots=True)
class Marks:
    """The local marks of one review."""

    opened_at: int | None = None
    read: bool = False
    flagged: bool = False
    done_at: int | None = None
    snoozed_until: int | None = None
    assignee: str = ""
    note: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()


_FIELDS = tuple(each.name for each in fields(Marks))


def marked(marks: Marks, change: MarkChange, now: int) -> Marks:
    """The marks after a change. Tags keep their case but differ by more than case."""
    new: dict[str, Any] = {}
    if change.done is not None:
        new |= {"done_at": now if change.done else None, "snoozed_until": None}
    if change.wake:
        new["snoozed_until"] = None
    if change.snooze is not None:
        new["snoozed_until"] = to_epoch(change.snooze)
    if change.assign is not None:
        new["assignee"] = change.assign.strip()
    if change.flag is not None:
        new["flagged"] = change.flag
    if change.read is not None:
        new["read"] = change.read
    if change.language is not None:
        new["language"] = change.language or None
    if change.note is not None:
        new["note"] = change.note.strip()
    if change.tag or change.untag:
        added = [name for tag in change.tag if (name := " ".join(tag.split()))]
        dropped = {tag.casefold() for tag in (*change.untag, *added)}
        kept = [tag for tag in marks.tags if tag.casefold() not in dropped]
        unique = {tag.casefold(): tag for tag in (*kept, *added)}
        new["tags"] = tuple(sorted(unique.values(), key=str.casefold))
    return replace(marks, **new)


def marks_of(database: Database, ids: Sequence[str]) -> dict[str, Marks]:
    """The marks of those of these reviews that have any."""
    listed = json.dumps(ids)
    tags: dict[str, list[str]] = {}
    for row in _FIND_TAGS.rows(database, ids=listed):
        tags.setdefault(row.review_id, []).append(row.tag)
    found = {
        row.review_id: Marks(
            row.opened_at,
            bool(row.read),
            bool(row.flagged),
            row.done_at,
            row.snoozed_until,
            row.assignee,
            row.note,
            row.language,
        )
        for row in _FIND.rows(database, ids=listed)
    }
    return {
        review_id: replace(
            found.get(review_id, Marks()), tags=tuple(sorted(tags.get(review_id, ()), key=str.casefold))
        )
        for review_id in {*found, *tags}
    }


def put_marks(database: Database, marks: Mapping[str, Marks]) -> None:
    """Gives these reviews these marks."""
    _PUT.run_many(
        database,
        (
            {
                "review_id": review_id,
                "opened_at": each.opened_at,
                "read": each.read,
                "flagged": each.flagged,
                "done_at": each.done_at,
                "snoozed_until": each.snoozed_until,
                "assignee": each.assignee,
                "note": each.note,
                "language": each.language,
            }
            for review_id, each in marks.items()
        ),
    )
    _UNTAG.run(database, ids=json.dumps(list(marks)))
    _TAG.run_many(database, ({"review_id": i, "tag": tag} for i, each in marks.items() for tag in each.tags))


def wake_due(database: Database, now: datetime) -> tuple[str, ...]:
    """Ends the snoozes whose time has come; returns their reviews."""
    rows = _DUE.rows(database, now=to_epoch(now))
    _WAKE.run_many(database, ({"review": row.review_id} for row in rows))
    at = now.timestamp()
    _NOTE_WOKEN.run_many(
        database, ({"review_id": row.review_id, "due_at": row.snoozed_until, "at": at} for row in rows)
    )
    _FORGET_WOKEN.run(database, before=at - WOKEN_KEPT.total_seconds())
    return tuple(row.review_id for row in rows)


def is_any_due(database: Database, now: datetime) -> bool:
    """Whether `wake_due` would end one."""
    return _DUE.first(database, now=to_epoch(now)) is not None


def put_place(database: Database, view: str, value: dict[str, Any], now: int) -> None:
    """Keeps where the person was in a view."""
    _PUT_PLACE.run(database, view=view, value=json.dumps(value), at=now)


# --- the journal ---


def next_batch(database: Database) -> int:
    """The number of the act that begins now."""
    return int(_LAST_BATCH.value(database) or 0) + 1


def note_act(
    database: Database, batch: int, verb: str, changes: Mapping[str, tuple[Marks, Marks]], now: int
) -> None:
    """Notes what an act changed, by review (before, after), and forgets acts too old to be undone."""
    differences = {change: json.dumps(difference(*change)) for change in dict.fromkeys(changes.values())}
    _NOTE_ACT.run_many(
        database,
        (
            {"batch": batch, "verb": verb, "review_id": i, "before": differences[change], "at": now}
            for i, change in changes.items()
        ),
    )
    _FORGET_OLD_ACTS.run(database, last=batch - KEPT_BATCHES)


def last_batch(database: Database) -> int | None:
    """The number of the last act that can be taken back."""
    found: int | None = _LAST_BATCH.value(database)
    return found


def is_noted(database: Database, batch: int | None) -> bool:
    """Whether anything of an act can still be taken back."""
    return _IS_NOTED.first(database, batch=batch) is not None


def take_back(database: Database, batch: int, most: int | None = None) -> Undone | None:
    """Gives the reviews of an act, or the first `most` of them, the marks that they had before it."""
    rows = _ACT.rows(database, batch=batch, most=-1 if most is None else most)
    if not rows:
        return None
    before = {row.review_id: json.loads(row.before) for row in rows}
    current = marks_of(database, list(before))
    restored = {}
    for review_id, earlier in before.items():
        if "tags" in earlier:
            earlier["tags"] = tuple(earlier["tags"])
        restored[review_id] = replace(current.get(review_id, Marks()), **earlier)
    put_marks(database, restored)
    _FORGET_ACT.run(database, batch=batch, last=rows[-1].id)
    return Undone(rows[0].verb, tuple(before), from_epoch(rows[0].at))


def forget_acts(database: Database) -> None:
    """Empties the journal."""
    _FORGET_ACTS.run(database)


def difference(before: Marks, after: Marks) -> dict[str, Any]:
    """What the fields were that an act changed."""
    return {n: v for n in _FIELDS if (v := getattr(before, n)) != getattr(after, n)}


def restored(present: Marks, act: Mapping[str, Any]) -> Marks:
    """The marks without an act: `was` and `is` are its `difference` both ways, as JSON gives them.

    What became of a field since the act stays.
    """
    was, made = act["was"], act["is"]
    old = {n: v for n, v in was.items() if n != "tags" and getattr(present, n) == made[n]}
    if "tags" in was:
        added, dropped = set(made["tags"]) - set(was["tags"]), set(was["tags"]) - set(made["tags"])
        old["tags"] = tuple(sorted((set(present.tags) - added) | dropped, key=str.casefold))
    return replace(present, **old)
