"""Writes languages of reviews: what was detected, what a person corrected, what has to be looked at again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, literal_column, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from ascinbox.core.reviews.language_decision import FoundLanguage, LanguageSource
from ascinbox.store.cache.index.invalidate import invalidate
from ascinbox.store.database import Database
from ascinbox.store.models.languages import ReviewLanguageTable, UndetectedTable
from ascinbox.store.models.reviews import ReviewTable
from ascinbox.store.statements import Statement, among, table_of, upsert

_l, _u = table_of(ReviewLanguageTable).c, table_of(UndetectedTable).c
_r = table_of(ReviewTable).c

_IS_ANY = Statement(select(_u.key).limit(1))
_newest = select(_u.key).order_by(_u.key.desc()).limit(bindparam("most")).subquery()
_UNDETECTED = Statement(
    select(_newest.c.key, _r.content, _r.title, _r.body, _r.territory)
    .select_from(_newest.outerjoin(table_of(ReviewTable), _r.key == _newest.c.key))
    .order_by(_newest.c.key.desc())
)
_PUT = Statement(upsert(ReviewLanguageTable))
_FORGET = Statement(delete(table_of(ReviewLanguageTable)).where(among(_l.key, "keys")))
_LOOKED_AT = Statement(delete(table_of(UndetectedTable)).where(among(_u.key, "keys")))
_listed = func.json_each(bindparam("keys")).table_valued("value")
_LOOK_AT = Statement(
    sqlite_insert(table_of(UndetectedTable))
    .from_select(["key"], select(_listed.c.value).where(literal_column("true")))
    .on_conflict_do_nothing(index_elements=[_u.key])
)
_CORRECTED = Statement(select(_l.key).where(among(_l.key, "keys"), _l.source == str(LanguageSource.PERSON)))
_WAITING = Statement(select(_u.key, _r.content).where(_u.key == _r.key, among(_u.key, "keys")))


class Undetected(NamedTuple):
    """A review whose text nobody looked at yet."""

    key: int
    content: int | None
    """The hash over its text; None when the review is gone."""
    title: str
    body: str
    territory: str | None


def is_any_undetected(database: Database) -> bool:
    """Whether `undetected` would find one."""
    return _IS_ANY.first(database) is not None


def undetected(database: Database, most: int) -> list[Undetected]:
    """The newest reviews that nobody looked at."""
    return [
        Undetected(row.key, row.content, row.title or "", row.body or "", row.territory)
        for row in _UNDETECTED.rows(database, most=most)
    ]


def look_at(database: Database, new: Sequence[int] = (), rewritten: Sequence[int] = ()) -> None:
    """Notes texts that nobody looked at yet. In the transaction that writes them."""
    if rewritten:
        _FORGET.run(database, keys=json.dumps(rewritten))
    if new or rewritten:
        _LOOK_AT.run(database, keys=json.dumps([*new, *rewritten]))


def forget(database: Database, keys: Sequence[int]) -> None:
    """Reviews that are gone, or have other keys now."""
    if keys:
        listed = json.dumps(keys)
        _FORGET.run(database, keys=listed)
        _LOOKED_AT.run(database, keys=listed)


def tell(database: Database, known: Sequence[tuple[int, str | None]], source: LanguageSource) -> None:
    """Languages that need no look at the text, but what a person said counts more. In the transaction that
    writes the reviews."""
    keys = json.dumps([key for key, _ in known])
    corrected = {row[0] for row in _CORRECTED.run(database, keys=keys)}
    _PUT.run_many(
        database,
        (
            {"key": key, "lang": code or "", "score": 1.0, "source": str(source)}
            for key, code in known
            if key not in corrected
        ),
    )
    _LOOKED_AT.run(database, keys=keys)


def write_detected(database: Database, found: Sequence[tuple[Undetected, FoundLanguage]]) -> int:
    """Writes down what was detected, where the text is still the one that was read.

    Returns how many reviews got a language that a list could not tell before.
    """
    with database.write(bulk=True):
        texts = dict(_WAITING.run(database, keys=json.dumps([each.key for each, _ in found])))
        kept = [(each.key, decision) for each, decision in found if texts.get(each.key) == each.content]
        _PUT.run_many(
            database,
            (
                {
                    "key": key,
                    "lang": decision.code or "",
                    "score": decision.score,
                    "source": decision.source or "",
                }
                for key, decision in kept
                if key in texts
            ),
        )
        _LOOKED_AT.run(database, keys=json.dumps([key for key, _ in kept]))
        # What scripts and small words tell was counted before; only the detector moves a review in a list.
        moved = [key for key, each in kept if each.source is LanguageSource.DETECTOR and key in texts]
        invalidate(database, moved)
    return len(moved)


class Said(NamedTuple):
    """What a person said of a review's language, beside what the cache has."""

    key: int
    language: str | None
    lang: str | None
    source: str | None

    @property
    def is_news(self) -> bool:
        """Whether the cache has to follow."""
        if self.language:
            return (self.lang, self.source) != (self.language, LanguageSource.PERSON)
        return self.source == LanguageSource.PERSON


def follow(database: Database, said: Sequence[Said]) -> None:
    """Brings what persons said into the cache. In the transaction that changed it."""
    put = [
        {"key": each.key, "lang": each.language, "score": 1.0, "source": str(LanguageSource.PERSON)}
        for each in said
        if each.language and each.is_news
    ]
    if put:
        _PUT.run_many(database, put)
        _LOOKED_AT.run(database, keys=json.dumps([row["key"] for row in put]))
    again = [each.key for each in said if not each.language and each.is_news]
    look_at(database, rewritten=again)
    invalidate(database, [each.key for each in said if each.is_news])
