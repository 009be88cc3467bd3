"""What people did, as rows of user.db that stay when an act is taken back."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import bindparam, delete
from sqlmodel import col

from ascinbox.core.reviews.acts import Act
from ascinbox.store.database import Database
from ascinbox.store.models.acts import ActTable
from ascinbox.store.statements import Statement, insert

KEPT = timedelta(days=400)
"""How long an act can be looked up."""

_ADD = Statement(insert(ActTable))
_FORGET = Statement(delete(ActTable).where(col(ActTable.at) < bindparam("before")))


def put_act(database: Database, act: Act, batch: int | None = None) -> None:
    """Writes an act down and forgets those that are too old. `batch`: its number in the journal of undo."""
    at = act.at.timestamp()
    _ADD.run(
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
