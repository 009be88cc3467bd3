"""Translations and drafts that an engine made, in cache.db: they can be asked for again."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select

from ascinbox.core.text import fold
from ascinbox.store.database import Database
from ascinbox.store.models.languages import DraftedTable, TranslationTable
from ascinbox.store.statements import Statement, table_of, upsert

_t, _d = table_of(TranslationTable).c, table_of(DraftedTable).c

_PUT = Statement(upsert(TranslationTable))
_GET = Statement(
    select(_t.title, _t.body, _t.name).where(
        _t.content == bindparam("content"),
        _t.target == bindparam("target"),
        _t.engine == bindparam("engine"),
    )
)
_SINCE = Statement(select(func.count()).where(_t.at >= bindparam("since")))
_PUT_DRAFTED = Statement(upsert(DraftedTable))
_DRAFTED = Statement(select(_d.engine, _d.text, _d.at).where(_d.review_id == bindparam("review")))
_DROP_DRAFTED = Statement(delete(table_of(DraftedTable)).where(_d.review_id == bindparam("review")))


class StoredTranslation(NamedTuple):
    """A translation and what it is marked by."""

    title: str
    body: str
    name: str


class Drafted(NamedTuple):
    """A draft as an engine wrote it."""

    engine: str
    text: str
    at: int


def hash_of(title: str, body: str) -> str:
    """What a translation is kept by."""
    return hashlib.sha256(f"{title}\x00{body}".encode("utf-8", "surrogatepass")).hexdigest()


def put_translation(
    database: Database,
    *,
    content: str,
    target: str,
    engine: str,
    review_id: str,
    made: StoredTranslation,
    at: int,
) -> None:
    """Keeps a translation; one of a review can be searched."""
    folded = fold(made.title) + fold(made.body) if review_id else ""
    with database.write():
        _PUT.run(
            database,
            content=content,
            target=target,
            engine=engine,
            name=made.name,
            review_id=review_id,
            title=made.title,
            body=made.body,
            folded=folded,
            at=at,
        )


def translation(database: Database, content: str, target: str, engine: str) -> StoredTranslation | None:
    """The translation of a text, if it was made before."""
    row = _GET.first(database, content=content, target=target, engine=engine)
    return None if row is None else StoredTranslation(*row)


def translations_since(database: Database, since: int) -> int:
    """How many were made since then."""
    return int(_SINCE.value(database, since=since))


def put_drafted(database: Database, review_id: str, drafted: Drafted) -> None:
    """Keeps what an engine wrote, to tell later how much of it was changed."""
    with database.write():
        _PUT_DRAFTED.run(database, review_id=review_id, **drafted._asdict())


def take_drafted(database: Database, review_id: str) -> Drafted | None:
    """What an engine wrote for this review, and forgets it."""
    row = _DRAFTED.first(database, review=review_id)
    if row is None:
        return None
    with database.write():
        _DROP_DRAFTED.run(database, review=review_id)
    return Drafted(*row)
