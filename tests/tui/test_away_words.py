"""What is said in 80 columns where the team cannot be reached, or takes this login no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from rich.cells import cell_len

from ascinbox.core.records import Review
from ascinbox.store.queue.team import errors, has_to_wait
from ascinbox.store.queue.team.refusals import SAYINGS
from ascinbox.tui.notices import as_many_as_fit
from tests.tui.team_homes import TeamHomes, offline
from tests.tui.test_approval import TEXT
from tests.tui.world import review, running

ROOM = 80 - len(" ! ")
REASONS = (
    "password authentication failed",
    "authentication failed",
    "permission denied for database",
    "is not permitted to log in",
    "does not match host name",
    "certificate verify failed",
    "server does not support ssl",
    "channel binding",
    "no pg_hba.conf entry",
    "does not exist",
    "too many connections",
    "connection refused",
    "invalid connection option",
)
Homes = Callable[[Sequence[Review]], TeamHomes]


def test_why_a_team_is_away_fits_a_line() -> None:
    for reason in REASONS:
        title = errors.connecting(Exception(reason), "anna@db/inbox").title
        assert cell_len(f"{title}.") < ROOM, title
    for saying in SAYINGS.values():
        assert cell_len(f"{saying.title}.") < ROOM, saying.title


@pytest.mark.parametrize("error", [errors.TeamOffline("away"), errors.TeamFull("full")])
def test_what_has_to_wait_fits_a_line(error: errors.TeamOffline) -> None:
    for act in (
        "queue",
        "hand_over",
        "withdraw",
        "approve",
        "take_back",
        "send_back",
        "move",
        "claim",
        "undo_last",
        "",
    ):
        assert cell_len(has_to_wait.has_to_wait(act, error).brief) < ROOM
    assert cell_len(has_to_wait.not_known(error).brief) < ROOM
    assert cell_len(has_to_wait.may_have_arrived().brief) < ROOM


def test_sentences_are_left_out_whole() -> None:
    told = "This login was switched off. Ask an admin. If you were taken off it: ascinbox team leave."
    assert as_many_as_fit(told, ROOM) == "This login was switched off. Ask an admin."
    assert as_many_as_fit(told, 120) == told
    assert as_many_as_fit(told, 10) == "This login was switched off."


@pytest.mark.parametrize(("name", "said"), [("Rita", "handing over"), ("Paul", "publishing")])
async def test_what_has_to_wait_is_what_the_key_does(team_homes: Homes, name: str, said: str) -> None:
    one = review(0)
    homes = team_homes([one])
    async with running(homes.home(name), offline=False) as ui:
        await ui.until(lambda: ui.current == one.id)
        await ui.press("r")
        await ui.type(TEXT)
        await ui.press("ctrl+g")
        with homes.away(name):
            await offline(ui)
            await ui.press("P")
            await ui.until(lambda: f"{said} has to wait, your text is kept" in ui.status)


@pytest.mark.slow
async def test_who_was_removed_is_told_so_and_goes_on_being_told(team_homes: Homes) -> None:
    homes = team_homes([review(0)])
    async with running(homes.home("Rita"), offline=False) as ui:
        await ui.until(lambda: ui.current)
        await ui.press("r")
        await ui.type(TEXT)
        await ui.press("ctrl+g")
        homes.team.run("Anna", "SELECT ascinbox.remove_member('Rita')")
        homes.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'Rita'")
        gone = "Rita is not a member of this team"
        await ui.until(lambda: f"{gone}. Ask an admin, or: ascinbox team leave." in ui.status, 20)
        await ui.until(lambda: f"{gone}: it stays a draft" in ui.status, 20)
        await ui.press("escape")
        await ui.until(lambda: f"{gone}, data from" in ui.status, 20)


@pytest.mark.slow
async def test_what_becomes_of_a_text_is_said_before_what_the_key_may_do(team_homes: Homes) -> None:
    homes = team_homes([review(0)])
    async with running(homes.home("Rita"), offline=False) as ui:
        await ui.until(lambda: ui.current)
        await ui.press("r")
        await ui.type(TEXT)
        with homes.away("Rita"):
            await offline(ui)
            await ui.until(lambda: ui.status.startswith("offline: it stays a draft · "), 20)
