"""The language of a review as lists, filters and the index read it."""

from __future__ import annotations

from typing import NamedTuple

from ascinbox.core.reviews.language_decision import FoundLanguage, LanguageSource, first_guess, text_of
from ascinbox.store.database import Database

LANGUAGE = (
    "coalesce((SELECT l.lang FROM cache.review_language l WHERE l.key = r.key), "
    "guess_language(r.title, r.body))"
)
"""The language of `cache.review r`, empty when it is unclear. Before a text was looked at it is what scripts
and small words tell, which stays."""


class Undetected(NamedTuple):
    """A review whose text nobody looked at yet."""

    key: int
    content: int | None
    """The hash over its text; None when the review is gone."""
    title: str
    body: str
    territory: str | None


def language_of(
    title: str, body: str, lang: str | None, score: float | None, source: str | None
) -> FoundLanguage:
    """What is known of a review's language; `lang` None: nothing was detected yet."""
    if lang is None:
        return first_guess(text_of(title, body))
    return FoundLanguage(lang or None, score, LanguageSource(source) if source else None)


def undetected(database: Database, limit: int) -> list[Undetected]:
    """The newest reviews that nobody looked at."""
    rows = database.execute(
        "SELECT u.key, r.content, r.title, r.body, r.territory FROM "
        "(SELECT key FROM cache.undetected ORDER BY key DESC LIMIT ?) u "
        "LEFT JOIN cache.review r ON r.key = u.key",
        (limit,),
    )
    return [
        Undetected(key, content, title or "", body or "", territory)
        for key, content, title, body, territory in rows
    ]


def is_any_undetected(database: Database) -> bool:
    """Whether `undetected` would find one."""
    return database.one("SELECT 1 FROM cache.undetected LIMIT 1") is not None
