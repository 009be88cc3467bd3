"""A team in a database of its own, whose clock a test sets, and homes of people who joined it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.clock import Clock
from ascinbox.paths import Paths
from ascinbox.store.database import Database
from ascinbox.store.queue.port import Queue
from ascinbox.store.queue.team import install
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.store.store import Store
from tests.postgres import PostgresServer
from tests.workers.clocks import StepClock
from tests.workers.outbox_bench import Bench

LEVELS = {"Vera": "viewer", "Rita": "replier", "Paul": "publisher", "Anna": "admin", "Wanda": "worker"}
"""Who is on the team of a test."""


class WorksOnAll:
    """A worker whose accounts have the same numbers everywhere, and are all its own."""

    def works_on(self, number: int) -> bool:
        return True

    def team_account(self, number: int) -> int:
        return number

    def local_account(self, number: int) -> int:
        return number


class Team:
    """A team in a new database. Its server's clock is the test's clock."""

    def __init__(self, server: PostgresServer, clock: StepClock, closes: ExitStack) -> None:
        import psycopg

        self.server, self.clock, self._closes = server, clock, closes
        self.database = server.database()
        self.root: psycopg.Connection[Any] = closes.enter_context(
            psycopg.connect(server.url(self.database), autocommit=True)
        )
        install.init(self.root, "North")
        self.set_clock()
        group = install.members_of(self.database)
        for name, level in LEVELS.items():
            if self.root.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None:
                self.root.execute(f'CREATE ROLE "{name}" LOGIN')
            self.root.execute(f'GRANT "{group}" TO "{name}"')
            self.root.execute("SELECT ascinbox.put_member(%s, %s)", (name, level))

    def keep_clock(self) -> None:
        """`set_clock`, where the test's time has moved."""
        if self._shown != self.clock.now():
            self.set_clock()

    def set_clock(self) -> None:
        """The server's clock says what the test's says now."""
        self._shown = self.clock.now()
        self.root.execute(
            "CREATE OR REPLACE FUNCTION ascinbox.now() RETURNS double precision LANGUAGE sql VOLATILE"
            f" AS $$ SELECT {self.clock.now().timestamp()!r}::double precision $$"
        )

    def fill_disk(self) -> None:
        """From now on what is noted for the audit finds no room, after the act itself was written."""
        self.root.execute(
            "CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE disk_full USING MESSAGE = 'could not extend file'; END $$"
        )
        self.root.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON ascinbox.act"
            " FOR EACH ROW EXECUTE FUNCTION public.full_disk()"
        )

    def make_room(self) -> None:
        """Ends `fill_disk`."""
        self.root.execute("DROP TRIGGER full_disk ON ascinbox.act")

    def address(self, name: str) -> TeamAddress:
        """Where the team is, for this login."""
        return TeamAddress.parse(self.server.url(self.database, name))

    def session(self, name: str, away: Callable[[], bool] = lambda: False) -> TeamSession:
        """A connection of this login, which has no network while it is `away`."""
        session = TeamSession(self.address(name), monotonic=self.clock.monotonic, stays_offline=away)
        self._closes.callback(session.close)
        return session

    def home(
        self, name: str, folder: Path, *, works: bool = False, away: Callable[[], bool] = lambda: False
    ) -> Store:
        """A home of this login's, with an empty replica, which reaches nobody while it is `away`."""
        session = self.session(name, away)

        def queue(store: Store) -> TeamQueue:
            worker = WorksOnAll() if works else None
            return TeamQueue(store.database, store.clock, session, name, worker=worker)

        clock: Clock = self.clock
        opened = Store.open(Paths.under(folder), clock, me=name, queue=queue)
        return self._closes.enter_context(closing(opened))

    def run(self, name: str, sql: str, *values: object) -> list[Any]:
        """What somebody does with psql, past the program."""
        import psycopg

        with psycopg.connect(self.server.url(self.database, name), autocommit=True) as connection:
            cursor = connection.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


class TimedSession(TeamSession):
    """A session whose server's clock always shows the test's time."""

    team: Team

    def call(self, function: str, *args: Any, answers_s: float | None = None) -> Any:
        self.team.keep_clock()
        return super().call(function, *args, answers_s=answers_s)


def team_bench(server: PostgresServer, closes: ExitStack) -> Bench:
    """A bench of the sender whose replies are in a team's database, Anna's being the only home."""
    made: list[Team] = []

    def queue(database: Database, clock: StepClock) -> Queue:
        made.append(Team(server, clock, closes))
        session = TimedSession(made[0].address("Anna"), monotonic=clock.monotonic)
        session.team = made[0]
        closes.callback(session.close)
        return TeamQueue(database, clock, session, "Anna", worker=WorksOnAll())

    bench = Bench(queue=queue)
    bench.rounds = 20
    bench.text_can_change = False
    return bench


@pytest.fixture
def team(postgres: PostgresServer, clock: StepClock) -> Iterator[Team]:
    with ExitStack() as closes:
        yield Team(postgres, clock, closes)
