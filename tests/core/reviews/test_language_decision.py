"""How often the language of a short review is found, and that nothing leaves the machine for it.

`short_reviews.tsv`: 200 reviews in 25 languages, with their storefronts (some from abroad).
`more_reviews.tsv`: 86 more in other words, ten languages more, and five lines in no language. The weights
were chosen by the first set alone.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from ascinbox.core.reviews.language import LANGUAGES
from ascinbox.core.reviews.language_decision import (
    SCORE_OF_SCRIPT,
    SURE,
    FoundLanguage,
    LanguageSource,
    decide,
    first_guess,
)
from ascinbox.core.reviews.storefront_languages import languages_of
from ascinbox.core.reviews.territories import alpha3
from ascinbox.workers.languages.detector import LanguageDetector

HERE = Path(__file__).parent


class Example(NamedTuple):
    language: str | None
    territory: str
    text: str


class Outcome(NamedTuple):
    right: float
    wrong: float
    mistakes: tuple[tuple[str | None, str | None, str], ...]


def examples(name: str) -> list[Example]:
    lines = (HERE / name).read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return [Example(None if code == "none" else code, territory, text) for code, territory, text in rows]


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector()


def measured(rows: list[Example], detector: LanguageDetector, territory: str | None = "own") -> Outcome:
    mistakes = []
    outcome: Counter[str] = Counter()
    for wanted, storefront, text in rows:
        found = decide(text, storefront if territory == "own" else territory, detector).code
        verdict = "right" if found == wanted else "none" if found is None else "wrong"
        outcome[verdict] += 1
        if verdict != "right":
            mistakes.append((wanted, found, text))
    return Outcome(outcome["right"] / len(rows), outcome["wrong"] / len(rows), tuple(mistakes))


def test_the_set_is_what_it_says() -> None:
    rows = examples("short_reviews.tsv")
    assert len(rows) == 200
    assert len({row.language for row in rows}) == 25
    assert all(alpha3(row.territory) == row.territory for row in (*rows, *examples("more_reviews.tsv")))
    assert not {row.text for row in rows} & {row.text for row in examples("more_reviews.tsv")}


@pytest.mark.parametrize(
    ("territory", "right", "wrong"),
    [("own", 0.93, 0.015), (None, 0.85, 0.04), ("USA", 0.85, 0.04), ("DEU", 0.84, 0.04)],
)
def test_of_200_short_reviews_85_in_100_are_right_and_at_most_4_wrong(
    territory: str | None, right: float, wrong: float, detector: LanguageDetector
) -> None:
    """Also without a storefront; and nearly, if every one of them came from a German one."""
    outcome = measured(examples("short_reviews.tsv"), detector, territory)
    assert outcome.right >= right, outcome
    assert outcome.wrong <= wrong, outcome


def test_reviews_that_nothing_was_chosen_by_do_nearly_as_well(detector: LanguageDetector) -> None:
    outcome = measured(examples("more_reviews.tsv"), detector)
    print(outcome)
    assert outcome.right >= 0.85, outcome
    assert outcome.wrong <= 0.06, outcome


def test_scripts_and_small_words_come_first() -> None:
    def never(_line: str) -> dict[str, float]:
        raise AssertionError("asked")

    assert decide("起動しない", "JPN", never) == FoundLanguage("ja", SCORE_OF_SCRIPT, LanguageSource.SCRIPT)
    words = decide("Seit dem Update geht es nicht mehr", None, never)
    assert (words.code, words.source) == ("de", LanguageSource.WORDS)
    assert decide("👍👍👍 5.2.1", "USA", never) == FoundLanguage()
    assert first_guess("Love") == FoundLanguage()


def test_a_storefront_decides_between_neighbours_and_an_unclear_text_has_none() -> None:
    def neighbours(_line: str) -> dict[str, float]:
        return {"es": 0.6, "pt": 0.3}

    assert decide("falta modo escuro", "BRA", neighbours).code == "pt"
    assert decide("falta modo escuro", "ESP", neighbours).code == "es"
    assert decide("falta modo escuro", None, lambda _: {"es": 0.4, "pt": 0.35}) == FoundLanguage()
    assert decide("lorem", None, lambda _: {}) == FoundLanguage()
    assert decide("lorem", None, lambda _: {"la": 0.99}) == FoundLanguage()
    found = decide("falta modo escuro", None, neighbours)
    assert found.source is LanguageSource.DETECTOR
    assert found.score is not None
    assert SURE <= found.score <= 1


def test_storefronts_name_languages_that_are_known() -> None:
    assert languages_of("CHE") == ("de", "fr", "it")
    assert languages_of(None) == languages_of("???") == ()
    assert {"de", "en", "ja"} <= LANGUAGES.keys()
