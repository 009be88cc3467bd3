"""Whether a member's program says that the team's database is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from ascinbox.core.events import Event, TeamConnection
from ascinbox.workers.workspace import Workspace
from tests.postgres import PostgresServer


def test_a_member_whose_team_cannot_be_reached_is_offline_and_told_in_a_line(
    own_postgres: PostgresServer, joined: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ascinbox.store.queue.team.feed.AGAIN_S", 0.05)
    heard: list[Event] = []
    space = joined(own_postgres.url(own_postgres.team()))

    def until(said: TeamConnection) -> bool | None:
        """Waits until it was said; what the program then takes the team for."""
        limit = time.monotonic() + 30
        while said not in heard and time.monotonic() < limit:
            time.sleep(0.02)
        assert said in heard
        return space.online

    assert space.team is not None
    space.subscribe(heard.append)
    following = threading.Thread(target=space.team.follow)
    following.start()
    assert until(TeamConnection(True))
    own_postgres.stop("fast")
    # Its words have to fit a line: what is kept matters more than libpq's reasons.
    assert until(TeamConnection(False)) is False
    space.stop.set()
    following.join(10)
