"""A comparison by word on screen."""

from __future__ import annotations

from ascinbox.core.word_diff import words_diff
from ascinbox.tui.paint import text_of
from ascinbox.tui.word_diff import diff_lines


def test_what_goes_and_comes_is_readable_without_colour() -> None:
    (line,) = diff_lines(words_diff("Fixes a crash now", "Fixes a freeze now"), 60)
    assert text_of(line) == "Fixes a [-crash-]{+freeze+} now"
