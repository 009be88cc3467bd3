"""`u` at the keyboard of somebody whose team cannot be reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ascinbox.core.records import Review
from tests.tui.team_homes import TeamHomes, offline, online
from tests.tui.world import Ui, review, running

REVIEWS = [review(number) for number in range(6)]


def unsent(ui: Ui) -> int:
    return ui.workspace.store.call(lambda s: s.team.unsent())


async def test_what_was_done_offline_is_taken_back_offline_and_many_reviews_at_once(
    team_homes: Callable[[Sequence[Review]], TeamHomes],
) -> None:
    homes = team_homes(REVIEWS)
    async with running(homes.home("Rita"), offline=False, size=(80, 24)) as ui:
        await ui.until(lambda: ui.current)
        with homes.away("Rita"):
            await offline(ui)
            await ui.press("e")
            assert "done · u undoes" in ui.status
            await ui.press("u")
            assert "taken back: done, 1 review" in ui.status
            assert unsent(ui) == 0
            await ui.press("u")
            assert ui.status == "nothing to undo"
            await ui.press("X", "f")
            assert "flagged, 6 reviews · u undoes" in ui.status
            assert unsent(ui) == 1
        await online(ui)
        await ui.until(lambda: unsent(ui) == 0)
        assert homes.sql("SELECT count(*) FROM ascinbox.triage WHERE flagged = 1") == [(6,)]
        await ui.press("u")
        assert "taken back: flag, 6 reviews" in ui.status
        assert homes.sql("SELECT count(*) FROM ascinbox.triage WHERE flagged = 1") == [(0,)]
        await ui.press("f")
        with homes.away("Rita"):
            await offline(ui)
            await ui.press("u")
            assert ui.status == "! the team cannot be reached: what was sent is taken back when it is back"
        await online(ui)
        await ui.press("u")
        assert "taken back: flag, 1 review" in ui.status
