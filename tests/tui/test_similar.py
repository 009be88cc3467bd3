"""`*` lists the reviews with the same words; `*`, select all, template are three keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascinbox.core.outbox.states import Phase
from ascinbox.core.records import App, Review
from ascinbox.paths import Paths
from tests.tui.world import APPS, Ui, build, review, running, template

TIDE, HABIT = APPS[:2]


def said(number: int, title: str, body: str, app: App = TIDE, *, answered: bool = False) -> Review:
    return review(number, app=app, answered=answered, title=title, body=body, rating=1, territory="USA")


def desk(tmp_path: Path, crashes: int = 4) -> Paths:
    """Crashes on launch, the oldest first of which is under the cursor; one answered, one of another app."""
    others = ("Dark mode", "Too many ads", "Slow sync", "Lost my data", "No iPad version")
    reviews = [said(n, title, "Please look at it.") for n, title in enumerate(others)]
    reviews += [
        said(10 + n, "Crashes on launch", f"It closes again, number {n}.") for n in range(crashes - 1)
    ]
    reviews.append(said(50, "Crashed at launch", "Every time."))
    reviews.append(said(60, "Crash on launch", "Answered.", answered=True))
    reviews.append(said(40, "Crash on launch", "Another app.", HABIT))
    paths = build(tmp_path, reviews)
    template(paths, "fixed", "Hi {nickname|there}, it is fixed.")
    return paths


def titles(ui: Ui) -> list[str]:
    return [row.title for row in ui.inbox.listing.data.rows]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_three_keys_to_the_template_for_all_that_say_the_same(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with running(desk(tmp_path), size=size) as ui:
        assert ui.inbox.listing.current is not None
        assert ui.inbox.listing.current.title == "Crashed at launch"
        await ui.press("*")
        assert ui.inbox.query_text == 'is:needs-reply crash launch app:"Tide Clock" sort:oldest'
        assert titles(ui) == ["Crashed at launch", *["Crashes on launch"] * 3]
        assert '4 say "crash launch" and need you' in ui.status
        await ui.press("X", "t")
        assert "Template for 4 reviews" in ui.text()
        await ui.press("1", "P")
        await ui.until(lambda: "Publish 4 replies? Type the number" in ui.text())
        await ui.type("4")
        await ui.press("enter")
        rows = [item.row for item in ui.workspace.replies.outbox() if item.row.phase is Phase.QUEUED]
        assert len(rows) == 4


async def test_the_same_key_again_lists_what_was_answered_too_and_esc_goes_back(tmp_path: Path) -> None:
    async with running(desk(tmp_path), view="Low stars") as ui:
        first = ui.current
        await ui.press("*", "j", "*")
        assert len(titles(ui)) == 5
        assert 'all 5 that say "crash launch"' in ui.status
        await ui.press("escape")
        assert ui.inbox.view_name == "Low stars"
        assert ui.current == first
        await ui.press("escape")
        assert ui.inbox.view_name == "All"
        await ui.press("escape")
        assert "nothing to go back to" in ui.status


async def test_the_filter_bar_says_that_esc_goes_back_at_once(tmp_path: Path) -> None:
    async with running(desk(tmp_path), size=(120, 36)) as ui:
        await ui.press("*")
        assert ui.lines()[1].rstrip().endswith("esc goes back")
        await ui.press("X", "escape")
        assert ui.lines()[1].rstrip().endswith("esc goes back")
        await ui.press("escape")
        assert ui.inbox.view_name == "Needs reply"
        assert ui.lines()[1].rstrip().endswith("esc shows All")


async def test_a_filter_is_come_back_to_as_well(tmp_path: Path) -> None:
    async with running(desk(tmp_path)) as ui:
        await ui.press("/")
        await ui.type("territory:US")
        await ui.press("enter")
        before = ui.inbox.query_text
        await ui.press("*", "X", "escape", "escape")
        assert ui.inbox.query_text == before


async def test_a_review_of_its_own_words_says_so(tmp_path: Path) -> None:
    paths = build(tmp_path, [said(1, "Dark mode", "Please."), said(2, "Crashes", "Often.")])
    async with running(paths) as ui:
        before = ui.inbox.query_text
        await ui.press("*")
        assert "no other review of this app has the words of this one" in ui.status
        assert ui.inbox.query_text == before


async def test_of_more_than_may_be_answered_at_once_the_first_stay_selected(tmp_path: Path) -> None:
    async with running(desk(tmp_path, crashes=30)) as ui:
        await ui.press("*", "X")
        assert len(ui.inbox.listing.selected) == 30
        await ui.press("t")
        assert "Template for the first 25 of 30 selected" in ui.text()
        assert len(ui.inbox.listing.selected) == 25


async def test_the_reading_pane_tells_of_them(tmp_path: Path) -> None:
    async with running(desk(tmp_path), size=(120, 36)) as ui:
        await ui.until(lambda: ' similar 5 say "crash launch"' in ui.text())
        assert " 4 need you · * lists them" in ui.text()


async def test_one_that_needs_somebody_is_one(tmp_path: Path) -> None:
    reviews = [
        said(1, "Crash on launch", "It closes."),
        said(2, "Crash on launch", "Answered.", answered=True),
    ]
    async with running(build(tmp_path, reviews), size=(120, 36)) as ui:
        await ui.until(lambda: ' similar 2 say "crash launch"' in ui.text())
        assert " 1 needs you · * lists them" in ui.text()
