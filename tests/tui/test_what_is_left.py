"""The heading counts down, an empty view is ticked off, and one key goes on with the next that has work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ascinbox.core.filters import parse
from ascinbox.paths import Paths
from ascinbox.tui.filter_chips import chips_line
from ascinbox.tui.inbox.rows import Total
from ascinbox.tui.inbox.text import counts_words, many_reviews
from ascinbox.tui.paint import ticked
from tests.tui.world import NOW, build, review, running


def desk(tmp_path: Path) -> Paths:
    """Three reviews of one star, two of five."""
    reviews = [replace(review(n), rating=1 if n < 3 else 5) for n in range(5)]
    return build(tmp_path, reviews)


def words(total: int, left: int | None, of: int | None = None) -> str:
    return counts_words(
        waiting=0, selected=0, total=Total(total), of=Total(of), left=Total(left), sync_key="F5"
    )


def test_the_heading_in_words() -> None:
    assert words(12, 12, 4_812) == "12 left of 4,812"
    assert words(12, 12) == "12 left"
    assert words(37, 12, 4_812) == "37 of 4,812 · 12 left"
    assert words(37, 0, 4_812) == "37 of 4,812 · ✓ none left"
    assert words(37, None, 4_812) == "37 of 4,812", "not counted yet"
    assert words(0, 0, 60) == "0 of 60 · ✓ none left"
    assert words(0, 0, 0) == words(0, 0) == "", "nothing was fetched yet, so nothing was done"


def test_thousands_that_are_selected_are_set_apart() -> None:
    every = Total(4_000)
    said = counts_words(waiting=0, selected=4_000, total=every, of=every, left=Total(12), sync_key="F5")
    assert said == "4,000 selected · 4,000 of 4,000 · 12 left"
    assert many_reviews(4_000) == "4,000 reviews"


def test_the_tick_is_green() -> None:
    assert ticked("5 · ✓ none left", "dim") == (("5 · ", "dim"), ("✓", "good"), (" none left", "dim"))
    assert ticked("3 left", "dim") == (("3 left", "dim"),)
    assert ("✓", "good") in chips_line(parse("is:new", now=NOW), "/", words(0, 0, 60), 80)


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("is:needs-reply", True),
        ("is:new,opened rating:1", True),
        ("is:new,done", False),
        ("is:new,unanswered", False),
        ("-is:new", False),
        ("", False),
    ],
)
def test_lists_of_which_every_row_needs_somebody(text: str, only: bool) -> None:
    assert parse(text, now=NOW).only_needing is only


async def test_it_counts_down_and_goes_on_with_the_next_view(tmp_path: Path) -> None:
    async with running(desk(tmp_path), view="Low stars") as ui:
        assert ui.lines()[2].endswith("3 left of 5")
        await ui.press("e")
        assert ui.lines()[2].endswith("2 left of 5")
        await ui.press("e", "e")
        assert ui.lines()[2].endswith("✓ none left")
        assert "✓ Nothing is left in Low stars." in ui.text()
        assert "enter goes on with Needs reply: 2 left" in ui.text()
        await ui.press("enter")
        assert ui.inbox.view_name == "Needs reply"
        assert ui.lines()[2].endswith("2 left of 5")
        await ui.press("e", "e")
        assert "✓ Nothing needs you." in ui.text()
        listing = ui.inbox.listing
        assert [segment.text for segment in listing.render_line(1)][1] == "✓"
        assert list(listing.render_line(1))[1].style == ui.app.roles["good"]
        await ui.press("enter")
        assert "there is nothing to open" in ui.status


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 18)])
async def test_what_is_read_alone_gives_way_to_the_list_when_nothing_is_left(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with running(desk(tmp_path), view="Low stars", size=size) as ui:
        await ui.press("z", "e", "e", "e")
        assert not ui.inbox.zoomed
        assert "Nothing is left in Low stars." in ui.text()
        await ui.press("z")
        assert "there is no review to show alone" in ui.status
        assert "Nothing is left in Low stars." in ui.text()
        await ui.press("enter")
        assert ui.inbox.view_name == "Needs reply"


async def test_undo_brings_back_what_was_ticked_off(tmp_path: Path) -> None:
    async with running(desk(tmp_path), view="Low stars") as ui:
        await ui.press("e", "e", "e", "u")
        assert ui.lines()[2].endswith("1 left of 5")
        assert "Nothing is left" not in ui.text()


async def test_in_a_list_that_keeps_its_rows_n_says_where_to_go_on_and_goes(tmp_path: Path) -> None:
    async with running(desk(tmp_path), view="All") as ui:
        assert ui.lines()[2].endswith(" 5 left")
        await ui.press("/")
        await ui.type("rating:1")
        await ui.press("enter", "e", "e", "e")
        assert ui.lines()[2].endswith("3 of 5 · ✓ none left")
        await ui.press("n")
        assert "n once more goes to Needs reply: 2 left" in ui.status
        assert ui.inbox.query_text == "rating:1"
        await ui.press("n")
        assert ui.inbox.view_name == "Needs reply"


async def test_a_long_list_has_its_thousands_apart_in_the_tab_and_in_the_place(tmp_path: Path) -> None:
    async with running(build(tmp_path, [review(n) for n in range(1_200)])) as ui:
        await ui.press("G")
        await ui.until(lambda: "1,200/1,200" in ui.text())
        await ui.until(lambda: "[1 Inbox 1,200]" in ui.lines()[0])


async def test_views_after_the_current_one_come_first_and_everything_is_none(tmp_path: Path) -> None:
    paths = desk(tmp_path)
    paths.views_file.parent.mkdir(parents=True, exist_ok=True)
    paths.views_file.write_text('[[view]]\nname = "Fives"\nquery = "rating:5"\n', "utf-8")
    async with running(paths) as ui:
        names = [view.name for view in ui.workspace.inbox.views().views]
        found = ui.workspace.inbox.next_with_work(names.index("Low stars"))
        assert found is not None
        assert (names[found[0]], str(found[1])) == ("Fives", "2")
        low = ui.workspace.inbox.next_with_work(names.index("Needs reply"))
        assert low is not None
        assert names[low[0]] == "Low stars"
        ids = [row.id for row in ui.workspace.inbox.window(ui.workspace.inbox.query("")).rows]
        ui.workspace.triage.done(ids)
        assert ui.workspace.inbox.next_with_work(None) is None


@pytest.mark.parametrize("size", [(120, 36), (40, 12)])
async def test_the_tick_at_other_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(desk(tmp_path), size=size, view="Low stars") as ui:
        await ui.press("X", "e")
        assert "✓ Nothing is left in Low stars." in ui.text()
        await ui.press("n")
        assert ui.inbox.view_name == "Needs reply"
