"""Limits and mistakes of the listing's texts."""

from __future__ import annotations

import pytest

from ascinbox.core.listing.checks import check_field, check_language, missing, untranslated
from ascinbox.core.listing.fields import FIELDS, TABLE, ListingField, Scope

BY_NAME = {field.name: field for field in FIELDS}


def findings(name: str, text: str) -> list[tuple[bool, str]]:
    return [(one.blocks, one.sentence) for one in check_field(BY_NAME[name], text)]


@pytest.mark.parametrize("field", [field for field in FIELDS if field.most and field.kind != "url"])
def test_a_text_at_its_limit_is_taken_and_one_more_is_not(field: ListingField) -> None:
    assert not any(blocks for blocks, _ in findings(field.name, "b" * field.most))
    assert any(blocks for blocks, _ in findings(field.name, "b" * (field.most + 1)))


@pytest.mark.parametrize(
    ("name", "text", "blocks", "word"),
    [
        ("name", "T", True, "has 1 character; Apple wants 2"),
        ("name", "Tide\nClock", True, "more than one line"),
        ("whatsNew", "Hi", True, "has 2 characters; Apple wants 4"),
        ("whatsNew", "A bell\x07 rings", True, "U+0007"),
        ("whatsNew", "Hidden \u202eword", False, "U+202E"),
        ("whatsNew", "Now for $5 only", False, "price"),
        ("name", "Best Tide Clock", False, "'Best'"),
        ("supportUrl", "example.com", True, "no address"),
        ("supportUrl", "http://[", True, "no address"),
        ("supportUrl", "http://example.com", False, "https"),
        ("keywords", "潮汐" * 20, False, "120 bytes"),
        ("keywords", "tide,sea,Tide", False, "twice"),
        ("keywords", "tide,ab", False, "shorter"),
    ],
)
def test_a_mistake_is_told(name: str, text: str, blocks: bool, word: str) -> None:
    assert any(found == blocks and word in sentence for found, sentence in findings(name, text))


def test_words_that_stand_in_the_name_are_wasted_as_keywords() -> None:
    values = {
        (Scope.INFO, "name"): "Tide Clock",
        (Scope.INFO, "subtitle"): "The clock of the sea",
        (Scope.VERSION, "keywords"): "tide,moon,sea",
    }
    repeated = [(one.name, one.sentence) for one in check_language(values)]
    assert ("subtitle", "The name has 'clock' already.") in repeated
    assert ("keywords", "The name has 'tide' already.") in repeated
    assert ("keywords", "The subtitle has 'sea' already.") in repeated
    assert not any("moon" in sentence for _, sentence in repeated)


def test_what_is_missing_depends_on_the_version() -> None:
    notes = TABLE[Scope.VERSION, "whatsNew"]
    assert missing(notes, " \n")
    assert not missing(notes, "", first_version=True)
    assert missing(BY_NAME["description"], "", first_version=True)
    assert not missing(BY_NAME["marketingUrl"], "")


def test_the_primary_languages_text_is_no_translation() -> None:
    assert untranslated(BY_NAME["description"], "A clock of tides.\n", "A clock of tides.")
    assert not untranslated(BY_NAME["name"], "Tide Clock", "Tide Clock"), "a name may stay as it is"
