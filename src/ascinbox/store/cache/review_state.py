"""State letters and marks: derived from both files, written into the cache where lists filter on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, case, exists, func, literal_column, or_, select, union, update

from ascinbox.core.outbox.states import OPEN
from ascinbox.core.reviews.language_decision import LanguageSource
from ascinbox.core.reviews.states import State, StateFacts, letter_of
from ascinbox.store.cache import languages
from ascinbox.store.cache.index.invalidate import invalidate
from ascinbox.store.database import Database
from ascinbox.store.keys import MarkBit
from ascinbox.store.models.languages import ReviewLanguageTable
from ascinbox.store.models.replies import DraftTable, OutboxTable
from ascinbox.store.models.reviews import ReviewTable
from ascinbox.store.models.team import NoteTable
from ascinbox.store.models.triage import TagTable, TriageTable
from ascinbox.store.statements import RowWriter, Statement, among, one_of, table_of

CHUNK = 500
_PUBLISHED = "PUBLISHED"

_r, _t = table_of(ReviewTable).c, table_of(TriageTable).c
_l = table_of(ReviewLanguageTable).c
_d, _o, _g = table_of(DraftTable).c, table_of(OutboxTable).c, table_of(TagTable).c
_n = table_of(NoteTable).c
_IS_OPEN = one_of(_o.state, OPEN)


def _word(text: str) -> Any:
    return literal_column(f"'{text}'")


_PLAIN_STATE = case(
    (_r.response_id.is_(None), _word(State.NEW)),
    (_r.response_state == _word(_PUBLISHED), _word(State.ANSWERED)),
    else_=_word(State.PENDING),
)
"""The state of a review about which user.db says nothing."""

_OPEN_REPLY = (
    select(_o.state)
    .where(_o.review_id == _r.id, _IS_OPEN)
    .order_by(_o.id.desc())
    .limit(1)
    .correlate(table_of(ReviewTable))
    .scalar_subquery()
)
_FACTS = Statement(
    select(
        _r.key,
        _r.id,
        _r.state,
        _r.changed_at.label("sorted_by"),
        _r.marks,
        _r.response_id.is_not(None).label("has_reply"),
        _r.response_state,
        _r.response_at,
        _t.opened_at,
        _t.changed_at,
        _t.done_at,
        _t.snoozed_until,
        _t.language,
        _l.lang,
        _l.source,
        exists().where(_d.review_id == _r.id).label("has_draft"),
        _OPEN_REPLY.label("outbox"),
        _t.flagged,
        _t.read,
        or_(func.coalesce(_t.note, "") != "", exists().where(_n.review_id == _r.id)).label("has_note"),
        exists().where(_g.review_id == _r.id).label("has_tag"),
    )
    .select_from(
        table_of(ReviewTable)
        .outerjoin(table_of(TriageTable), _t.review_id == _r.id)
        .outerjoin(table_of(ReviewLanguageTable), _l.key == _r.key)
    )
    .where(among(_r.id, "ids"))
)
_PUT = RowWriter(
    update(table_of(ReviewTable))
    .where(_r.key == bindparam("row"))
    .values(state=bindparam("state"), changed_at=bindparam("changed_at"), marks=bindparam("marks"))
)
_SAYS_ANYTHING = Statement(
    select(literal_column("1")).where(
        or_(
            exists(select(_t.review_id)),
            exists(select(_d.review_id)),
            exists(select(_o.review_id)),
            exists(select(_n.review_id)),
        )
    )
)
_KNOWN = Statement(
    union(
        select(_t.review_id).where(among(_t.review_id, "ids")),
        select(_d.review_id).where(among(_d.review_id, "ids")),
        select(_o.review_id).where(among(_o.review_id, "ids"), _IS_OPEN),
        select(_n.review_id).where(among(_n.review_id, "ids")),
    )
)
_DOUBTFUL = Statement(
    union(
        select(_r.id).where(
            or_(_r.state.is_distinct_from(_PLAIN_STATE), _r.changed_at.is_not(None), _r.marks != 0)
        ),
        select(_r.id).where(_r.key.in_(select(_l.key).where(_l.source == _word(LanguageSource.PERSON)))),
        select(_t.review_id),
        select(_d.review_id),
        select(_o.review_id).where(_IS_OPEN),
        select(_g.review_id),
        select(_n.review_id),
    )
)


def refresh_states(database: Database, review_ids: Iterable[str]) -> tuple[str, ...]:
    """Computes the states of these reviews again; returns the ids whose state changed.

    Call it in the transaction that changed a fact: a draft, an outbox row, a mark, a response.
    """
    changed: list[str] = []
    ids = iter(review_ids)
    while chunk := list(islice(ids, CHUNK)):
        changed += _refresh(database, chunk)
    return tuple(changed)


def known_to_user(database: Database, review_ids: Sequence[str]) -> list[str]:
    """Those of the reviews about which user.db says something that a state depends on."""
    if _SAYS_ANYTHING.first(database) is None:
        return []
    return [row[0] for row in _KNOWN.run(database, ids=json.dumps(review_ids))]


def doubtful_states(database: Database) -> list[str]:
    """Reviews whose state could be wrong after a rebuild, a restored copy or a kill.

    The two files commit one after the other, so a kill between the two can leave a state behind. Reads
    through all reviews.
    """
    return [row[0] for row in _DOUBTFUL.run(database)]


def _refresh(database: Database, ids: Sequence[str]) -> list[str]:
    updates: list[tuple[Any, ...]] = []
    changed: list[str] = []
    said: list[languages.Said] = []
    for row in _FACTS.rows(database, ids=json.dumps(ids)):
        state, marks = letter_of(_facts(row)), _marks(row)
        if state != row.state:
            changed.append(row.id)
        if (state, row.changed_at, marks) != (row.state, row.sorted_by, row.marks):
            updates.append((str(state), marks, row.changed_at, row.key))
        language = languages.Said(row.key, row.language, row.lang, row.source)
        if language.is_news:
            said.append(language)
    if updates or said:
        with database.write():
            if updates:
                _PUT.run(database, updates)
            invalidate(database, [each[-1] for each in updates])
            languages.follow(database, said)
    return changed


def _facts(row: Any) -> StateFacts:
    """A change by the customer matters if there was a reply or a "done" before it, until a later one settles
    it. A snooze holds until `Queue.wake` ends it.
    """
    has_reply = bool(row.has_reply)
    dealt_with = [row.response_at or 0] if has_reply else []
    if row.done_at is not None:
        dealt_with.append(row.done_at)
    changed_at = row.changed_at
    return StateFacts(
        has_reply=has_reply,
        reply_published=row.response_state == _PUBLISHED,
        opened=row.opened_at is not None,
        changed_after_reply=changed_at is not None and bool(dealt_with) and max(dealt_with) < changed_at,
        has_draft=bool(row.has_draft),
        outbox=row.outbox,
        snoozed=row.snoozed_until is not None,
        done=row.done_at is not None,
    )


def _marks(row: Any) -> int:
    return (
        (MarkBit.FLAGGED if row.flagged else 0)
        | (MarkBit.READ if row.read else 0)
        | (MarkBit.NOTE if row.has_note else 0)
        | (MarkBit.DRAFT if row.has_draft else 0)
        | (MarkBit.TAG if row.has_tag else 0)
    )
