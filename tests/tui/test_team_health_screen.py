"""The Health screen of a team's member: what is wrong where no worker is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ascinbox.core.records import Review
from tests.tui.team_homes import TeamHomes
from tests.tui.world import review, running

REVIEWS = [review(number) for number in range(2)]


async def test_no_worker_is_told_with_what_to_do_and_no_longer_when_one_is_there(
    team_homes: Callable[[Sequence[Review]], TeamHomes],
) -> None:
    homes = team_homes(REVIEWS)
    async with running(homes.home("Paul"), offline=False) as ui:
        await ui.until(lambda: ui.current and ui.workspace.online)
        await ui.press("4")
        await ui.until(lambda: "team stalled" in ui.text())
        said = " ".join(ui.text().split())
        assert "Team North stalled" in said
        assert "No worker of this team was seen" in said
        assert "ascinbox sync --watch 15m" in said
        assert ui.workspace.online
        homes.sql(
            "INSERT INTO ascinbox.worker VALUES ('Wanda on server1', 'Wanda', ascinbox.now())"
            " ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at"
        )
        await ui.press("1", "4")
        await ui.until(lambda: "team stalled" not in ui.text())
