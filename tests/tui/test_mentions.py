"""Completion of names while a note is typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ascinbox.tui.mentions import MentionCompletion

NAMES = ("mia", "Anna", "anton")


def test_tab_puts_in_a_name_and_the_next_one() -> None:
    complete = MentionCompletion(NAMES).complete
    assert complete("see @an", 7) == ("see @Anna ", 10)
    assert complete("see @Anna ", 10) == ("see @anton ", 11)
    assert complete("see @anton ", 11) == ("see @Anna ", 10)


def test_only_the_word_at_the_cursor_that_begins_with_an_at() -> None:
    complete = MentionCompletion(NAMES).complete
    assert complete("mail a@mi", 9) == ("mail a@mi", 9)
    assert complete("@x", 2) == ("@x", 2)
    assert complete("@m is @an", 2) == ("@mia  is @an", 5)


@given(text=st.text(max_size=30), place=st.integers(0, 30))
def test_what_stands_around_the_name_stays(text: str, place: int) -> None:
    cursor = min(place, len(text))
    after, there = MentionCompletion(NAMES).complete(text, cursor)
    assert after.endswith(text[cursor:])
    assert 0 <= there <= len(after)
    assert after[: there - 1].rstrip("@") or after == text or there <= len(after)
