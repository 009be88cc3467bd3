"""A machine whose clock is off is told so, and goes by the server's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ascinbox.core.clock import SystemClock
from ascinbox.workers.workspace import Workspace
from tests.postgres import PostgresServer


class OffClock(SystemClock):
    """This machine's clock, off by so much."""

    def __init__(self, off: timedelta) -> None:
        self._off = off

    def now(self) -> datetime:
        return datetime.now(UTC) + self._off


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (timedelta(hours=1), "60 min ahead of the team's server"),
        (timedelta(hours=-3), "3 h behind the team's server"),
        (timedelta(seconds=20), ""),
    ],
)
def test_a_clock_that_is_off_is_said_and_the_servers_counts(
    off: timedelta, words: str, postgres: PostgresServer, joined: Callable[..., Workspace]
) -> None:
    database = postgres.team()
    space = joined(postgres.url(database), clock=OffClock(off))
    assert space.team is not None
    assert space.team.clock_words() == "", "nothing is said before the server has told its time"
    space.team.catch_up()
    said = space.team.clock_words()
    assert (words in said) if words else (said == "")
    assert abs(space.clock.now() - datetime.now(UTC)) < timedelta(seconds=20)
    space.store.call(lambda store: store.queue.done(["id1"]))
    with psycopg.connect(postgres.url(database), autocommit=True) as root:
        row = root.execute("SELECT done_at FROM ascinbox.triage").fetchone()
    assert row is not None
    assert abs(row[0] - datetime.now(UTC).timestamp()) < 60, "an act has the server's time"
