"""Tags as chips in the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ascinbox.config import THEMES
from ascinbox.core.records import ReviewRow
from ascinbox.paths import Paths
from ascinbox.tui.chips import chips_within
from ascinbox.tui.inbox.rowtext import RowLayout, row_lines
from ascinbox.tui.paint import text_of, width_of
from ascinbox.tui.theme import roles_of
from tests.tui.world import running

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ROW = ReviewRow(
    "r1", 1, "N", 1, NOW, "DEU", "42", "Tide Clock", "Charged twice",
    "I bought the yearly plan and was billed again a week later. Restoring does nothing.",
    tags=("billing", "refund"),
)  # fmt: skip


def lines(row: ReviewRow, width: int, *, two: bool, ascii_only: bool = False, cursor: str = "") -> list[str]:
    layout = RowLayout.for_width(width, two_lines=two, one_app=False, ascii_only=ascii_only)
    made = row_lines(row, layout, NOW, cursor=cursor)
    assert all(width_of(one) == width for one in made)
    return [text_of(one) for one in made]


def test_they_stand_before_the_text_in_two_lines_and_behind_the_title_in_one() -> None:
    assert "           billing   refund  I bought" in lines(ROW, 70, two=True)[1]
    assert "Charged twice   billing   refund  I bought" in lines(ROW, 120, two=False)[0]
    assert "Charged twice  [billing] [refund] I bought" in lines(ROW, 120, two=False, ascii_only=True)[0]


@pytest.mark.parametrize("width", range(20, 130, 7))
@pytest.mark.parametrize("two", [True, False])
@pytest.mark.parametrize("cursor", ["", "cursor", "resting"])
def test_rows_keep_their_width_whatever_the_tags(width: int, cursor: str, *, two: bool) -> None:
    for tags in ((), ("a",), ("billing",), ("x" * 60, "y"), ("起動しない", "ü"), tuple("abcdefgh")):
        lines(replace(ROW, tags=tags), width, two=two, cursor=cursor)
        lines(replace(ROW, tags=tags, body="", title=""), width, two=two, cursor=cursor)


def test_the_title_gives_way_to_no_tag() -> None:
    (narrow,) = lines(ROW, 80, two=False)
    assert "Charged twice" in narrow


def test_only_the_words_are_on_the_surface_of_a_chip() -> None:
    layout = RowLayout.for_width(70, two_lines=True, one_app=False)
    for cursor in ("", "cursor", "resting"):
        _, second = row_lines(ROW, layout, NOW, cursor=cursor)
        chips = [span.text for span in second if span.role.startswith("chip")]
        assert chips == [" billing ", " refund "]


def test_those_without_room_are_counted() -> None:
    words = [f"tag{n}" for n in range(5)]
    assert text_of(tuple(chips_within(words, 20))) == " tag0   tag1  +3 "
    assert text_of(tuple(chips_within(words, 3))) == "+5 "
    assert chips_within(words, 2) == []


@pytest.mark.parametrize("theme", [*THEMES, "none"])
def test_a_chip_differs_from_the_row_that_it_stands_in(theme: str) -> None:
    roles = roles_of(theme)
    for surface in ("cursor", "resting", "picked"):
        row, chip = roles[f"text on {surface}"], roles[f"chip on {surface}"]
        assert (row.bgcolor, row.reverse, row.underline) != (chip.bgcolor, chip.reverse, chip.underline)
    assert roles["chip"].reverse or roles["chip"].bgcolor != roles["text"].bgcolor


async def test_a_tag_shows_in_row_and_pane_as_soon_as_it_is_given(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("#")
        await ui.type("billing")
        await ui.press("enter", "g", "g")
        assert ui.inbox.listing.current is not None
        assert ui.inbox.listing.current.tags == ("billing",)
        assert sum("  billing  " in line and "▌" in line for line in ui.lines()) == 1
        assert " tags     billing" in ui.text()
