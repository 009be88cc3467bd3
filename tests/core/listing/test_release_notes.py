"""What's new for all languages from one file."""

from __future__ import annotations

import pytest

from ascinbox.core.errors import UsageError
from ascinbox.core.listing.release_notes import parse_release_notes

FILE = """# en-US, en-GB
Bug fixes.

# New in this version
- Moon phases

## de-de ##
Fehler behoben.

# xx-YY
Nobody reads this.
"""


def test_each_language_has_its_part() -> None:
    notes = parse_release_notes(FILE)
    english = "Bug fixes.\n\n# New in this version\n- Moon phases"
    assert notes.texts == {"en-US": english, "en-GB": english, "de-DE": "Fehler behoben."}
    assert notes.unknown == ((10, "xx-YY"),)
    assert notes.in_text == ((4, "New in this version"),)
    assert notes.left_out(("en-US", "ja")) == ("en-GB", "de-DE", "xx-YY")
    assert notes.missing(("en-US", "ja", "de-DE")) == ("ja",)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no language"),
        ("Bug fixes.", "Line 1"),
        ("# ja\nx\n# ja\ny", "Line 3"),
        ("# ja, ja\nx", "Line 1"),
    ],
)
def test_a_file_that_says_nothing_clear_is_refused(text: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        parse_release_notes(text)
