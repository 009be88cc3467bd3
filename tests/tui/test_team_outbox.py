"""The Outbox of a publisher on a team: the cursor is on what was just published, and `u` means it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from ascinbox.core.records import Review
from tests.tui.team_homes import TeamHomes
from tests.tui.test_approval import waiting
from tests.tui.test_outbox_cursor import under_cursor
from tests.tui.world import review, running

REVIEWS = [review(number) for number in range(4)]
LAST = REVIEWS[0]
"""The youngest reply stands first."""


@pytest.mark.slow
@pytest.mark.parametrize("keys", ["r", "Pr"])
async def test_ones_own_text_in_place_of_the_last_that_waited_is_taken_back(
    team_homes: Callable[[Sequence[Review]], TeamHomes], keys: str
) -> None:
    homes = team_homes(REVIEWS)
    rita = homes.store("Rita")
    for one in REVIEWS:
        rita.queue.queue(waiting(one, "Rita"))
    async with running(homes.home("Paul"), offline=False) as ui:
        await ui.until(lambda: "4 to approve" in ui.status)
        await ui.press("2")
        await ui.press("G")
        assert "WAITING" in under_cursor(ui)
        assert LAST.title[:5] in under_cursor(ui)
        await ui.press(*keys)
        await ui.until(lambda: ui.inbox.answering)
        await ui.type(" Paul")
        await ui.press("ctrl+g", "!", "P")
        assert ui.app.current_mode == "outbox"
        assert "QUEUED" in under_cursor(ui)
        assert LAST.title[:5] in under_cursor(ui)
        await ui.press("u")
        found = homes.sql("SELECT review_id, author, state FROM ascinbox.outbox WHERE state <> 'waiting'")
        assert sorted(found) == [(LAST.id, "Paul", "undone"), (LAST.id, "Rita", "undone")]
