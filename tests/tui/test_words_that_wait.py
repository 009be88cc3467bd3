"""Words that were typed for an act that has to wait for the team are still there afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from ascinbox.core.records import Review
from tests.tui.team_homes import TeamHomes, offline, online
from tests.tui.test_approval import filtered, waiting
from tests.tui.world import NOW, Ui, review, running

ONE = review(0)
REVIEWS = [ONE, review(1, answered=True)]


def prompt(ui: Ui) -> str:
    value = getattr(ui.app.screen, "value", "")
    assert isinstance(value, str)
    return value


@pytest.mark.slow
async def test_the_words_to_an_author_stay_until_they_can_be_sent(
    team_homes: Callable[[Sequence[Review]], TeamHomes],
) -> None:
    homes = team_homes(REVIEWS)
    homes.store("Rita").queue.queue(waiting(ONE, "Rita"))
    async with running(homes.home("Paul"), offline=False) as ui:
        await ui.until(lambda: ui.current)
        await filtered(ui, "is:waiting")
        await ui.until(lambda: ui.current == ONE.id)
        await ui.press("P")
        with homes.away("Paul"):
            await offline(ui)
            # What waits for a publisher is no draft.
            await ui.until(lambda: ui.status.startswith("offline: it stays as it is · "), 20)
            await ui.press("B")
            await ui.type("too long")
            await ui.press("enter")
            await ui.until(lambda: "the team cannot be reached: sending it back has to wait" in ui.text())
            assert prompt(ui) == "too long"
            await ui.type(" still")
            await ui.press("enter")
            assert prompt(ui) == "too long still"
        await online(ui)
        await ui.press("enter")
        await ui.until(lambda: "a draft of Rita's again, with your note" in ui.status)
    assert homes.sql("SELECT body FROM ascinbox.note") == [("@Rita too long still",)]


@pytest.mark.slow
async def test_the_word_of_a_take_over_and_a_typed_word_stay(
    team_homes: Callable[[Sequence[Review]], TeamHomes],
) -> None:
    homes = team_homes(REVIEWS)
    rita = homes.store("Rita")
    rita.queue.claim(ONE.id, "hers", "Rita", NOW, timedelta(minutes=15))
    async with running(homes.home("Paul"), offline=False) as ui:
        await ui.until(lambda: ui.current == ONE.id)
        await ui.press("r")
        await ui.until(lambda: "Rita writes here" in ui.text())
        await ui.press("2")
        with homes.away("Paul"):
            await offline(ui)
            await ui.type("let me")
            await ui.press("enter")
            await ui.until(lambda: "taking a review over has to wait" in ui.text())
            assert prompt(ui) == "let me"
            await ui.press("escape")
            await filtered(ui, "is:answered")
            await ui.press("D")
            await ui.type("delete")
            await ui.press("enter")
            await ui.until(lambda: "deleting a reply has to wait" in ui.text())
            assert prompt(ui) == "delete"
        await online(ui)
        await ui.press("enter")
        await ui.until(lambda: "deleting the reply" in ui.status)
