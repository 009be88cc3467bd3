"""Joining a team from the first screen, without the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascinbox.core.secret import Secret
from ascinbox.store.queue.team.errors import WrongPassword
from ascinbox.workers.team import joining, membership
from tests.postgres import PostgresServer
from tests.tui.world import build, running


@pytest.mark.slow
async def test_the_first_screen_offers_a_team_and_joins_it(postgres: PostgresServer, tmp_path: Path) -> None:
    database = postgres.team()
    paths = build(tmp_path / "empty", [], linked=False)
    async with running(paths) as ui:
        await ui.until(lambda: "Join a team" in ui.text())
        await ui.press("4")
        await ui.until(lambda: "Where is it?" in ui.text())
        await ui.type("mysql://x")
        await ui.press("enter")
        await ui.until(lambda: "A team's address is postgresql://" in ui.text())
        assert not paths.of_team().membership_file.exists()
        await ui.press("ctrl+u")
        await ui.type(postgres.url(database))
        await ui.press("enter")
        await ui.until(lambda: "how far back" in ui.text())
        await ui.press("3")
        await ui.until(lambda: ui.app.begins_anew)
    joined = membership.read(paths.in_force)
    assert joined is not None
    assert (joined.team, joined.me, joined.works, joined.apps) == ("North", postgres.superuser, False, ())
    assert joined.since is not None
    async with running(paths.in_force) as ui:
        await ui.until(lambda: "Inbox" in ui.text())
        assert "Look around with invented data" not in ui.text()
        # No worker has told of an account so far, and a member links none.
        await ui.until(lambda: "Nothing of the team's is here yet" in ui.text())
        assert "No account is linked" not in ui.text()
        await ui.press("A")
        assert "a member of a team asks no store" in ui.status
        await ui.press("5")
        await ui.until(lambda: "No worker of the team has told of an account" in ui.text())


async def test_the_password_that_a_team_asks_for_is_asked_for_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(address: str, password: Secret | None) -> None:
        raise WrongPassword(f"{address} refused {'it' if password else 'nothing'}")

    monkeypatch.setattr(joining, "look_at", refuse)
    async with running(build(tmp_path / "empty", [], linked=False)) as ui:
        await ui.until(lambda: "Join a team" in ui.text())
        await ui.press("4")
        await ui.type("service=x")
        await ui.press("enter")
        await ui.until(lambda: "Password" in ui.text())
        await ui.rest()
        assert "This team asks for a password." in ui.text()
        await ui.type("w")
        assert "This team asks for a password." not in ui.text()
        await ui.press("enter")
        await ui.until(lambda: "service=x refused it" in ui.text())
        await ui.type("r")
        assert "service=x refused it" not in ui.text()
