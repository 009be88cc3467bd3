"""Marks that are each person's own on a team: they are in no log, so `u` does not take them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ascinbox.core.records import Review
from ascinbox.paths import Paths
from tests.tui.team_homes import TeamHomes
from tests.tui.world import review, running

REVIEWS = [review(number) for number in range(3)]


async def test_on_a_team_u_is_not_offered_for_them(
    team_homes: Callable[[Sequence[Review]], TeamHomes],
) -> None:
    homes = team_homes(REVIEWS)
    async with running(homes.home("Rita"), offline=False) as ui:
        await ui.until(lambda: ui.current and ui.workspace.online)
        await ui.press("f")
        assert ui.status == "flagged · u undoes"
        for keys in ("m", ".", "Xm", ":lang de\n"):
            for key in keys:
                await ui.press("enter" if key == "\n" else key)
            assert any(word in ui.status for word in ("read", "language")), keys
            assert "undoes" not in ui.status
        await ui.press("u")
        assert "taken back: flag, 1 review" in ui.status


async def test_alone_u_takes_them_back(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("m")
        assert ui.status.endswith("u undoes")
        await ui.press("u")
        assert "taken back: " in ui.status
