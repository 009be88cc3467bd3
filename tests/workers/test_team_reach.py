"""Whether a member's program says that the team's database is away."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from ascinbox.config import load_config
from ascinbox.core.clock import SystemClock
from ascinbox.core.events import Event, TeamConnection
from ascinbox.paths import Paths
from ascinbox.store.queue.team import install
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.workers.team import joining
from ascinbox.workers.workspace import Workspace
from tests.postgres import binaries, server


def test_a_member_whose_team_cannot_be_reached_is_offline_and_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if binaries() is None:
        pytest.skip("no PostgreSQL here")
    monkeypatch.setattr("ascinbox.store.queue.team.feed.AGAIN_S", 0.05)
    with server() as own:
        database = own.database()
        with psycopg.connect(own.url(database), autocommit=True) as root:
            install.init(root, "North")
        home = Paths.under(tmp_path)
        home.create()
        found = joining.look(TeamAddress.parse(own.url(database)), None)
        joining.join(home, found, works=False, apps=(), since=None, ref="")
        heard: list[Event] = []

        def until(said: TeamConnection) -> bool | None:
            """Waits until it was said; what the program then takes the team for."""
            limit = time.monotonic() + 30
            while said not in heard and time.monotonic() < limit:
                time.sleep(0.02)
            assert said in heard
            return space.online

        space = Workspace.open(
            paths=home.in_force, config=load_config(None, {}), clock=SystemClock(), environ={}
        )
        with closing(space):
            assert space.team is not None
            space.subscribe(heard.append)
            following = threading.Thread(target=space.team.follow)
            following.start()
            assert until(TeamConnection(True))
            own.stop("fast")
            # Its words have to fit a line: what is kept matters more than libpq's reasons.
            assert until(TeamConnection(False)) is False
            space.stop.set()
            following.join(10)
