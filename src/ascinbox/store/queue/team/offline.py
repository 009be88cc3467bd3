"""Acts that the team's database has not taken yet, and those that somebody else's act stands against."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import col

from ascinbox.core.clock import to_epoch
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.store.database import Database
from ascinbox.store.models.team import IntentTable
from ascinbox.store.queue.marks import Marks
from ascinbox.store.statements import Statement, insert, table_of

_i = table_of(IntentTable).c
_ADD = Statement(insert(IntentTable))
_UNSENT = Statement(
    select(_i.id, _i.kind, _i.review_id, _i.wanted, _i.seen, _i.at).where(_i.theirs.is_(None)).order_by(_i.id)
)
_ONE = Statement(
    select(_i.id, _i.kind, _i.review_id, _i.wanted, _i.seen, _i.theirs, _i.at).where(
        _i.id == bindparam("number")
    )
)
_DRAFT = Statement(select(_i.id).where(_i.kind == "draft", _i.review_id == bindparam("review_id")))
_WANT = Statement(
    update(table_of(IntentTable)).where(_i.id == bindparam("number")).values(wanted=bindparam("wanted"))
)
_DROP = Statement(delete(IntentTable).where(col(IntentTable.id) == bindparam("number")))
_DIFFERS = Statement(
    update(table_of(IntentTable))
    .where(_i.id == bindparam("number"))
    .values(wanted=bindparam("wanted"), seen=bindparam("seen"), theirs=bindparam("theirs"))
)

_TOGETHER = frozenset({"done", "snooze"})
"""Fields that decide together what becomes of a review: whoever changes one has seen both."""


@dataclass(frozen=True, slots=True)
class Intent:
    """An act that waits: `mark` (fields of `MarkChange`), `note`, or `draft` (its text is in user.db;
    wanted `ask`: it was written offline, so the person is asked when it is sent).

    Marks of several reviews that were one act have the same `act` in `wanted`, each with the marks that it
    changed (`was`, `is`), and `tried` where it was asked of the database without an answer.
    """

    id: int
    kind: str
    review_id: str
    wanted: dict[str, Any]
    seen: dict[str, Any]
    at: float


def asked(review_id: str, change: MarkChange, seen: Marks) -> dict[str, Any]:
    """A change as the function `mark` takes it, with what the person saw."""
    want: dict[str, Any] = {}
    if change.done is not None:
        want["done"] = change.done
    if change.snooze is not None:
        want["snooze"] = to_epoch(change.snooze)
    elif change.wake or change.done is not None:
        want["snooze"] = None
    if change.assign is not None:
        want["assign"] = change.assign.strip()
    if change.flag is not None:
        want["flag"] = change.flag
    if change.note is not None:
        want["note"] = change.note.strip()
    stood: dict[str, Any] = {
        "done": seen.done_at is not None,
        "snooze": seen.snoozed_until,
        "assign": seen.assignee,
        "flag": seen.flagged,
        "note": seen.note,
    }
    added = [" ".join(tag.split()) for tag in change.tag]
    folds = {tag.casefold() for tag in added if tag}
    return {
        "id": review_id,
        "want": want,
        "seen": {
            name: stood[name]
            for name in stood
            if name in want or (name in _TOGETHER and _TOGETHER & want.keys())
        },
        "add": [[tag, tag.casefold()] for tag in dict.fromkeys(added) if tag],
        "drop": [fold for tag in change.untag if (fold := " ".join(tag.split()).casefold()) not in folds],
    }


def remember(
    database: Database,
    kind: str,
    review_id: str,
    wanted: Mapping[str, Any],
    seen: Mapping[str, Any],
    at: datetime,
) -> None:
    """Writes an act down until the database can be reached."""
    _ADD.run(
        database,
        kind=kind,
        review_id=review_id,
        wanted=json.dumps(wanted),
        seen=json.dumps(seen),
        theirs=None,
        at=at.timestamp(),
    )


def unsent(database: Database) -> list[Intent]:
    """What waits, in the order in which it was done."""
    return [
        Intent(row.id, row.kind, row.review_id, json.loads(row.wanted), json.loads(row.seen), row.at)
        for row in _UNSENT.rows(database)
    ]


def acts(intents: Iterable[Intent]) -> list[list[Intent]]:
    """The same by acts: the marks of several reviews that were one act are together."""
    return [list(group) for _, group in groupby(intents, lambda one: one.wanted.get("act") or one.id)]


def last_act(database: Database) -> list[Intent]:
    """The marks of the youngest act that waits; none where there is no such act."""
    marks = [intent for intent in unsent(database) if intent.kind == "mark" and "was" in intent.wanted]
    return next(reversed(acts(marks)), [])


def note_tried(database: Database, intents: Iterable[Intent]) -> None:
    """The database was asked for this act, and did not answer."""
    for intent in intents:
        _WANT.run(database, number=intent.id, wanted=json.dumps({**intent.wanted, "tried": True}))


def unsent_draft(database: Database, review_id: str) -> int | None:
    """The number of the intent by which a review's draft waits to be sent."""
    number: int | None = _DRAFT.value(database, review_id=review_id)
    return number


def ask_when_online(database: Database, number: int) -> None:
    """This draft was written while the team could not be reached: the person is asked what becomes of it."""
    _want(database, number, ask=True)


def note_reply(database: Database, number: int, op_id: str) -> None:
    """This draft may be that reply by now: the database was asked for it, and did not answer."""
    _want(database, number, reply=op_id)


def _want(database: Database, number: int, **more: object) -> None:
    wanted = next((intent.wanted for intent in unsent(database) if intent.id == number), {})
    _WANT.run(database, number=number, wanted=json.dumps({**wanted, **more}))


def drop(database: Database, number: int) -> None:
    """It was carried out, or is not wanted any more."""
    _DROP.run(database, number=number)


def differs(
    database: Database,
    number: int,
    wanted: Mapping[str, Any],
    seen: Mapping[str, Any],
    theirs: Mapping[str, Any],
) -> None:
    """The person has to choose between what was wanted and what stands there."""
    _DIFFERS.run(
        database,
        number=number,
        wanted=json.dumps(wanted),
        seen=json.dumps(seen),
        theirs=json.dumps(theirs),
    )


def difference(database: Database, number: int) -> Intent | None:
    """One act that somebody else's stands against, with `seen` as it stands there now."""
    row = _ONE.first(database, number=number)
    if row is None or row.theirs is None:
        return None
    theirs = {name: value for name, value in json.loads(row.theirs).items() if name != "by"}
    return Intent(row.id, row.kind, row.review_id, json.loads(row.wanted), theirs, row.at)
