"""The language of a review as lists, filters and the index read it."""

from __future__ import annotations

from ascinbox.core.reviews.language_decision import FoundLanguage, LanguageSource, first_guess, text_of

LANGUAGE = (
    "coalesce((SELECT l.lang FROM cache.review_language l WHERE l.key = r.key), "
    "guess_language(r.title, r.body))"
)
"""The language of `cache.review r`, empty when it is unclear. Before a text was looked at it is what scripts
and small words tell, which stays."""


def language_of(
    title: str, body: str, lang: str | None, score: float | None, source: str | None
) -> FoundLanguage:
    """What is known of a review's language; `lang` None: nothing was detected yet."""
    if lang is None:
        return first_guess(text_of(title, body))
    return FoundLanguage(lang or None, score, LanguageSource(source) if source else None)
