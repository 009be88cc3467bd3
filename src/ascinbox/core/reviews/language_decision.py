"""Which language a review is in: by script, by small words, then by a detector and the storefront.

A detector alone is often sure of the wrong neighbour (Danish for Norwegian, Spanish for Portuguese) in five
words. The storefront decides between such: a language that is spoken there counts `AT_HOME` times. What stays
unclear has no language, which is better than a wrong one. Measured by `tests/core/reviews`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ascinbox.core.reviews.language import LANGUAGES, SAMPLE, guess, is_told_by_script
from ascinbox.core.reviews.storefront_languages import languages_of

AT_HOME = 8.0
"""Weight of a language of the storefront, where others have 1. Not of English: it is at home everywhere."""
UNLISTED = 0.3
"""Weight of a language that is not in `LANGUAGES`."""
SURE = 0.5
"""The least share of all weighed probabilities that a language needs."""
SCORE_OF_SCRIPT = 1.0
SCORE_OF_WORDS = 0.95
"""How often small words were right in the tests."""


class LanguageSource(StrEnum):
    """Who says which language a review is in."""

    SCRIPT = "script"
    WORDS = "words"
    DETECTOR = "detector"
    PERSON = "person"
    STORE = "store"
    """The store told it: the language of the customer's device."""


@dataclass(frozen=True, slots=True)
class FoundLanguage:
    """The language of a text; all three are None when it is unclear."""

    code: str | None = None
    """A key of `LANGUAGES`."""
    score: float | None = None
    """How sure, 0 to 1."""
    source: LanguageSource | None = None


Detect = Callable[[str], Mapping[str, float]]
"""Probabilities by ISO 639-1 code of a text in one line; empty when nothing in it is known."""
UNCLEAR = FoundLanguage()


def text_of(title: str, body: str) -> str:
    """What of a review is looked at."""
    return f"{title}\n{body}" if title else body


def first_guess(text: str) -> FoundLanguage:
    """What can be said without a detector. It stays when one is asked."""
    language = guess(text)
    if language is None:
        return UNCLEAR
    if is_told_by_script(language):
        return FoundLanguage(language, SCORE_OF_SCRIPT, LanguageSource.SCRIPT)
    return FoundLanguage(language, SCORE_OF_WORDS, LanguageSource.WORDS)


def decide(text: str, territory: str | None, detect: Detect) -> FoundLanguage:
    """The language of a review's text, from a storefront (alpha-3, or None)."""
    found = first_guess(text)
    if found.code is not None:
        return found
    line = " ".join(text[:SAMPLE].lower().split())
    if not any(character.isalpha() for character in line):
        return UNCLEAR
    probabilities = detect(line)
    if not probabilities:
        return UNCLEAR
    at_home = frozenset(languages_of(territory)) - {"en"}
    weighed = {
        code: share * (AT_HOME if code in at_home else 1.0 if code in LANGUAGES else UNLISTED)
        for code, share in probabilities.items()
    }
    best = max(weighed, key=weighed.__getitem__)
    # What the detector gave to languages that it did not name counts as one more rival.
    score = weighed[best] / (sum(weighed.values()) + max(0.0, 1.0 - sum(probabilities.values())))
    if best not in LANGUAGES or score < SURE:
        return UNCLEAR
    return FoundLanguage(best, round(score, 3), LanguageSource.DETECTOR)
