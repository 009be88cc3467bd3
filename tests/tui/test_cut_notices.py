"""What is said in the status line is told whole, or its first sentences are, at every size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from textual.events import Paste

from ascinbox.core.records import Review
from ascinbox.paths import Paths
from tests.tui.team_homes import TeamHomes, offline, online
from tests.tui.test_cut_words import SIZES
from tests.tui.world import Ui, review, running, template

LONG_ADDRESS = "a.rather.long.name.of.somebody@customers.north.example"
REVIEWS = [review(number) for number in range(3)]


async def pasted(ui: Ui, text: str) -> None:
    ui.app.post_message(Paste(text))
    await ui.rest()


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_what_has_to_be_accepted_is_said_whole(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        await ui.press("r")
        await pasted(ui, f"write to {LONG_ADDRESS}")
        await ui.press("ctrl+g", "P")
        assert "! accepts the warning first" in ui.status
        assert "…" not in ui.status
        assert (LONG_ADDRESS in ui.status) is (size[0] >= 120)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_why_a_text_is_not_published_is_said_whole(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        await ui.press("r")
        await pasted(
            ui, "Thank you {person|who wrote about the clock on the wrist and the wall of the house}"
        )
        await ui.press("ctrl+g", "P")
        assert "not published" in ui.status
        assert "…" not in ui.status


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_what_has_to_be_accepted_among_many_is_said_whole(paths: Paths, size: tuple[int, int]) -> None:
    template(paths, "mail", f"Dear {{nickname}}, write to {LONG_ADDRESS}")
    async with running(paths, size=size) as ui:
        await ui.press("x", "x", "t", "1")
        await ui.press("P")
        assert "of 2: ! accepts the warning first" in ui.status
        assert "…" not in ui.status


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_that_a_kept_act_was_refused_is_said_whole(
    team_homes: Callable[[Sequence[Review]], TeamHomes], size: tuple[int, int]
) -> None:
    homes = team_homes(REVIEWS)
    async with running(homes.home("Rita"), offline=False, size=size) as ui:
        await ui.until(lambda: ui.current)
        with homes.away("Rita"):
            await offline(ui)
            await ui.press("f")
            homes.team.session("Anna").call("put_member", "Rita", "viewer")
        await online(ui)
        await ui.until(lambda: "kept here only" in ui.status)
        assert "The level viewer does not allow this." in ui.status
        assert "…" not in ui.status
