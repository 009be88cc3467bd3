"""Texts that have not left the editor, as rows of user.db: drafts, discarded ones, and who is writing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, select
from sqlmodel import col

from ascinbox.core.outbox.states import Draft, body_hash
from ascinbox.store.database import Database
from ascinbox.store.hot.outbox_rows import moment, seconds
from ascinbox.store.models.replies import DiscardedTable, DraftTable, EditingTable
from ascinbox.store.queue.port import Editing
from ascinbox.store.statements import Statement, insert, table_of, upsert

KEPT = timedelta(days=30)
"""How long a discarded text can be found again."""

_SEEN_FIRST = (
    DraftTable.app_id,
    DraftTable.begun_at,
    DraftTable.base_review,
    DraftTable.base_response_id,
    DraftTable.base_response_key,
    DraftTable.base_modified_at,
)
_PUT = Statement(upsert(DraftTable, keep=_SEEN_FIRST))
_GET = Statement(
    select(col(DraftTable.app_id), col(DraftTable.text)).where(
        col(DraftTable.review_id) == bindparam("review_id")
    )
)
_REMOVE = Statement(delete(DraftTable).where(col(DraftTable.review_id) == bindparam("review_id")))
_KEEP = Statement(insert(DiscardedTable))
_FORGET = Statement(delete(DiscardedTable).where(col(DiscardedTable.discarded_at) < bindparam("before")))
_WHO_ELSE = Statement(
    select(col(EditingTable.owner), col(EditingTable.who), col(EditingTable.since)).where(
        col(EditingTable.review_id) == bindparam("review_id"),
        col(EditingTable.owner) != bindparam("owner"),
        col(EditingTable.until) > bindparam("now"),
        # Longer than anyone asks for: written under a wrong clock.
        col(EditingTable.until) < bindparam("latest"),
    )
)
_RELEASE = Statement(
    delete(EditingTable).where(
        col(EditingTable.review_id) == bindparam("review_id"), col(EditingTable.owner) == bindparam("owner")
    )
)


def _claim() -> Statement:
    held, new = table_of(EditingTable).c, insert(EditingTable)
    since: Any = case((held.owner == new.excluded.owner, held.since), else_=new.excluded.since)
    return Statement(
        new.on_conflict_do_update(
            index_elements=[held.review_id],
            set_={
                "who": new.excluded.who,
                "until": new.excluded.until,
                "since": since,
                "owner": new.excluded.owner,
            },
        )
    )


_CLAIM = _claim()


def put_draft(database: Database, draft: Draft, app_id: str) -> None:
    """Writes the draft down; what its writer saw first stays."""
    base = draft.base
    _PUT.run(
        database,
        review_id=draft.review_id,
        app_id=app_id,
        text=draft.text,
        sha256=body_hash(draft.text),
        begun_at=seconds(draft.saved_at),
        saved_at=seconds(draft.saved_at),
        author=draft.by,
        template=draft.template,
        base_review=base.review_hash if base else None,
        base_response_id=base.response_id if base else "",
        base_response_key=base.response_key if base else "",
        base_modified_at=seconds(base.response_modified_at) if base else None,
    )


def draft_of(database: Database, review_id: str) -> tuple[str, str] | None:
    """(app id, text) of a review's draft."""
    row = _GET.first(database, review_id=review_id)
    return None if row is None else (row.app_id, row.text)


def remove_draft(database: Database, review_id: str) -> None:
    """Its text is somewhere else now."""
    _REMOVE.run(database, review_id=review_id)


def keep_text(database: Database, review_id: str, app_id: str, text: str, now: datetime) -> None:
    """Puts a text among the discarded ones."""
    _KEEP.run(database, review_id=review_id, app_id=app_id, text=text, discarded_at=seconds(now))


def forget_old_texts(database: Database, now: datetime) -> None:
    """Drops what was discarded too long ago."""
    _FORGET.run(database, before=seconds(now - KEPT))


def claim(
    database: Database, review_id: str, owner: str, who: str, now: datetime, lasts: timedelta
) -> Editing | None:
    """Notes that `owner` writes here, or returns who does already."""
    other = _WHO_ELSE.first(
        database, review_id=review_id, owner=owner, now=seconds(now), latest=seconds(now + 2 * lasts)
    )
    if other is not None:
        return Editing(review_id, other.owner, other.who, moment(other.since) or now)
    _CLAIM.run(
        database, review_id=review_id, owner=owner, who=who, since=seconds(now), until=seconds(now + lasts)
    )
    return None


def release(database: Database, review_id: str, owner: str) -> None:
    """`owner` has left the editor."""
    _RELEASE.run(database, review_id=review_id, owner=owner)
