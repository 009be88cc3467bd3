"""Joining a team from the first screen, without the command line."""

from __future__ import annotations

from pathlib import Path

import psycopg

from ascinbox.store.queue.team import install
from ascinbox.workers.team import membership
from tests.postgres import PostgresServer
from tests.tui.world import build, running


async def test_the_first_screen_offers_a_team_and_joins_it(postgres: PostgresServer, tmp_path: Path) -> None:
    database = postgres.database()
    with psycopg.connect(postgres.url(database), autocommit=True) as root:
        install.init(root, "North")
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
