"""What people did, as rows of user.db that stay when an act is taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Text, bindparam, delete, func, select, update
from sqlmodel import col

from ascinbox.core.reviews.acts import Act
from ascinbox.store.database import Database
from ascinbox.store.models.acts import ActTable
from ascinbox.store.statements import Statement, insert

KEPT = timedelta(days=400)
"""How long an act can be looked up."""

_ADD = Statement(insert(ActTable))
_NEWEST_OF = Statement(select(func.max(ActTable.id)).where(col(ActTable.batch) == bindparam("of_batch")))
_MORE = Statement(
    update(ActTable)
    .where(col(ActTable.id) == bindparam("act"))
    .values(reviews=func.rtrim(col(ActTable.reviews), "]", type_=Text).concat(bindparam("more")))
)
_FORGET = Statement(delete(ActTable).where(col(ActTable.at) < bindparam("before")))


def put_act(database: Database, act: Act, batch: int | None = None) -> int | None:
    """Writes an act down and forgets those that are too old; returns its row.

    `batch`: its number in the journal of undo.
    """
    at = act.at.timestamp()
    added = _ADD.run(
        database,
        at=at,
        who=act.by,
        verb=act.verb,
        subject=act.subject,
        detail=act.detail,
        reviews=json.dumps(act.review_ids),
        batch=batch,
    )
    _FORGET.run(database, before=at - KEPT.total_seconds())
    return added.lastrowid


def act_of(database: Database, batch: int | None) -> int | None:
    """The row of the newest act that has this number in the journal of undo."""
    found: int | None = _NEWEST_OF.value(database, of_batch=batch)
    return found


def add_to(database: Database, act: int | None, review_ids: Sequence[str]) -> None:
    """Adds reviews to those of an act, which has some already."""
    _MORE.run(database, act=act, more=", " + json.dumps(review_ids)[1:])
