"""Notes in the thread of a review."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ascinbox.core.team import TeamNote

NOW = datetime(2026, 11, 30, 14, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ("please shorter", "@anna please shorter"),
        ("@Anna please shorter", "@Anna please shorter"),
        ("please, @anna", "please, @anna"),
        ("@annabel knows", "@anna @annabel knows"),
    ],
)
def test_a_note_to_somebody_names_them_once(words: str, body: str) -> None:
    note = TeamNote.to("anna", "r1", "paul", words, NOW)
    assert (note.body, note.author, note.review_id, note.at) == (body, "paul", "r1", NOW)
