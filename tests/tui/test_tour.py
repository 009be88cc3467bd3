"""The tour: eight steps, each done by doing it, each skippable, with the person's own keys."""

from __future__ import annotations

import pytest

from ascinbox.paths import Paths
from ascinbox.tui.actions import CHECK, LIST, MENU, Keymap
from ascinbox.tui.tour import STEPS, Doing, Tour
from tests.tui.world import running

WAY = (
    Doing("next", LIST, "inbox"),
    Doing("view_next", LIST, "inbox"),
    Doing("open", LIST, "inbox"),
    Doing("", CHECK, "inbox"),
    Doing("publish", LIST, "inbox"),
    Doing("go_outbox", LIST, "outbox"),
    Doing("need_next", LIST, "health"),
    Doing("go_inbox", LIST, "inbox"),
)


def test_eight_steps_are_done_by_doing_them() -> None:
    tour = Tour()
    for number, doing in enumerate(WAY):
        assert tour.number == number
        assert not tour.saw(Doing("redraw", LIST, "metrics"))
        assert tour.saw(doing), STEPS[number].title
    assert tour.over
    assert not tour.saw(WAY[0])


def test_a_view_is_chosen_only_when_its_menu_has_closed() -> None:
    tour = Tour()
    tour.number = 1
    assert not tour.saw(Doing("views", MENU, "inbox"))
    assert not tour.saw(Doing("back", LIST, "inbox")), "esc chose nothing"
    assert not tour.saw(Doing("views", MENU, "inbox"))
    assert not tour.saw(Doing("", MENU, "inbox"))
    assert tour.saw(Doing("", LIST, "inbox"))


def test_every_step_can_be_skipped() -> None:
    tour = Tour()
    for _ in STEPS:
        assert not tour.over
        tour.skip()
    assert tour.over


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_steps_name_the_keys_that_the_person_has(number: int) -> None:
    tour = Tour()
    tour.number = number
    title, says, press = tour.words(Keymap.build({"publish": ["f8"], "template": ["f7"]}), 80, 24)
    assert title.startswith(f"Tour {number + 1} of 8 · ")
    assert press.startswith("Press ")
    assert "{" not in (says + press).replace("{variable}", "")
    if number == 3:
        assert "F7" in press
    if number == 4:
        assert "F8" in press


def test_it_has_the_person_answer_one_review() -> None:
    tour = Tour()
    tour.number = 4
    assert not tour.saw(Doing("publish", CHECK, "inbox")), "P that is refused answers nothing"
    assert tour.saw(Doing("publish", LIST, "inbox"))


@pytest.mark.parametrize(
    ("size", "where"),
    [
        ((120, 36), "The column at the left begins with the views."),
        ((80, 24), "The line above the filter holds the views."),
        ((50, 14), "v lists the views."),
    ],
)
async def test_it_says_where_the_views_really_are(paths: Paths, size: tuple[int, int], where: str) -> None:
    async with running(paths, size=size, demo=True) as ui:
        await ui.press("T", "T")
        assert where in " ".join(" ".join(ui.lines()).split())
        lines = ui.lines()
        if size == (120, 36):
            assert any(line.startswith(" VIEWS") for line in lines)
        elif size == (80, 24):
            assert "Low stars" in lines[1]
            assert "/ filter" in lines[2]


async def test_the_inbox_is_whole_again_when_the_tour_has_ended_over_an_editor(paths: Paths) -> None:
    async with running(paths, size=(120, 36), demo=True) as ui:
        await ui.press("r", "escape")
        # Counted once the cursor has rested.
        await ui.until(lambda: " similar " in ui.text())
        before = ui.lines()
        await ui.press(*["T"] * len(STEPS), "r", "escape", "2", "1")
        assert ui.app.guide.tour is None
        await ui.until(lambda: " similar " in ui.text())
        assert ui.lines()[:-2] == before[:-2]
