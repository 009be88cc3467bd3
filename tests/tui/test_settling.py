"""Differences with teammates, asked at the keyboard of somebody on a team."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from ascinbox.core.records import Review
from tests.tui.team_homes import TeamHomes, offline, online
from tests.tui.world import review, running

REVIEWS = [review(number) for number in range(6)]


@pytest.mark.slow
async def test_what_is_left_is_counted_when_one_is_settled_and_when_it_is_put_off(
    team_homes: Callable[[Sequence[Review]], TeamHomes],
) -> None:
    homes = team_homes(REVIEWS)
    async with running(homes.home("Rita"), offline=False, size=(120, 36)) as ui:
        await ui.until(lambda: ui.current)
        with homes.away("Rita"):
            await offline(ui)
            for _ in range(3):
                await ui.press("a", "2", "j")
            assigned = ui.workspace.store.call(lambda s: [each.name for each in s.team.members()])
            assert "Paul" in assigned
            homes.store("Paul").queue.assign([one.id for one in REVIEWS], "Paul")
        await online(ui)
        await ui.until(lambda: "3 to settle (C)" in ui.status)
        await ui.press("C")
        assert "3 to settle ·" in ui.text()
        await ui.press("1")
        await ui.until(lambda: "2 to settle ·" in ui.text())
        await ui.until(lambda: "2 to settle (C)" in ui.lines()[-2])
        await ui.press("3", "3")
        await ui.until(lambda: "2 left to settle: C asks again" in ui.status)
        await ui.press("C", "2")
        await ui.press("1")
        await ui.until(lambda: "everything is settled" in ui.status)
        await ui.press("j")
        await ui.until(lambda: "to settle" not in ui.status)
