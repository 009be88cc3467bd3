"""A reply that somebody put into the team's database past this program, on a publisher's screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from ascinbox.core.outbox.states import body_hash
from ascinbox.core.records import Review
from tests.tui.team_homes import TeamHomes
from tests.tui.test_approval import waiting
from tests.tui.world import review, running

ONE = review(1)
TEXT = "Thank\x1b[2J you for telling us."


@pytest.mark.parametrize("keys", [("P", "P"), ("r", "ctrl+g", "P")])
async def test_it_is_shown_harmless_and_not_published(
    team_homes: Callable[[Sequence[Review]], TeamHomes], keys: tuple[str, ...]
) -> None:
    homes = team_homes([ONE])
    row = replace(waiting(ONE, "Rita"), text=TEXT, sha256=body_hash(TEXT))
    homes.store("Rita").queue.queue(row)
    async with running(homes.home("Paul"), offline=False) as ui:
        await ui.until(lambda: ui.current == ONE.id)
        for key in keys[:-1]:
            await ui.press(key)
        await ui.until(lambda: "Thank[2J you for telling us." in ui.text())
        await ui.press(keys[-1])
        await ui.rest()
        assert "goes out" not in ui.status
    assert homes.sql("SELECT state FROM ascinbox.outbox") == [("waiting",)]
