"""fastlane's folder: which file is what, and what is refused with its reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.listing.changes import normalized
from ascinbox.core.listing.fields import BY_FILE, FIELDS, LOCALES, known_locale
from ascinbox.core.listing.folder import file_bytes, file_text, path_of, read_files

DESCRIPTION = BY_FILE["description"]
NOTES = BY_FILE["release_notes"]
COPYRIGHT = BY_FILE["copyright"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_is_written_is_read_again(text: str) -> None:
    if "\0" not in text:
        assert file_text(file_bytes(text)) == normalized(text.removeprefix("\ufeff"))


def test_texts_are_found_by_language_and_file() -> None:
    found = read_files(
        {
            "de-de/description.txt": "Die Uhr für Gezeiten.\r\n".encode(),
            "fr-FR/release_notes.txt": b"\n",
            "copyright.txt": b"2026 Northwind\n",
            "review_information/demo_password.txt": b"secret",
            "de-de/screenshot.png": b"\x89PNG",
            "README.txt": b"hello",
        },
        ["it"],
    )
    assert dict(found.texts) == {
        ("de-DE", DESCRIPTION): "Die Uhr für Gezeiten.",
        ("", COPYRIGHT): "2026 Northwind",
    }
    assert set(found.locales) == {"de-DE", "fr-FR", "it"}
    assert found.problems == ()


def test_default_stands_in_where_a_language_lacks_a_file() -> None:
    found = read_files(
        {
            "default/release_notes.txt": b"Bug fixes.",
            "de-DE/release_notes.txt": b"Fehler behoben.",
            "fr-FR/description.txt": b"Une horloge des marees.",
            "it/release_notes.txt": b"\xff\xfe\x00x",
            "ja/release_notes.txt": b"\n",
        }
    )
    notes = {locale: text for (locale, field), text in found.texts.items() if field is NOTES}
    assert notes == {"de-DE": "Fehler behoben.", "fr-FR": "Bug fixes."}, "not a broken or an empty file"
    assert [one.locale for one in found.problems] == ["it"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("Grüße".encode("utf-16"), "UTF-16"),
        ("Grüße aus Kiel".encode("utf-16-le"), "UTF-16"),
        ("Grüße".encode("latin-1"), "not UTF-8"),
        (b"x" * 70_000, "70,000 bytes"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(content: bytes, word: str) -> None:
    found = read_files({"de-DE/description.txt": content, "de-DE/keywords.txt": b"tide"})
    assert len(found.texts) == 1, "the rest goes on"
    assert word in found.problems[0].sentence


def test_a_byte_order_mark_is_no_text() -> None:
    assert file_text(b"\xef\xbb\xbfTide Clock\n") == "Tide Clock"


def test_a_folder_that_is_no_language_is_named() -> None:
    found = read_files({"xx-YY/description.txt": b"A text of ten characters."})
    assert not found.texts
    assert "xx-YY" in found.problems[0].sentence


def test_every_field_with_a_file_has_a_path_of_its_own() -> None:
    paths = [path_of(field, "ja") for field in FIELDS if field.file]
    assert len(set(paths)) == len(paths)
    assert all(known_locale(locale.upper()) == locale for locale in LOCALES)
