"""Homes of people on one team, whose screens are driven by keys, and ways in which the database goes away."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.records import Review
from ascinbox.paths import Paths
from ascinbox.store.cache.prepared_review import PreparedPage
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.working import TeamWorker
from ascinbox.store.store import Store
from ascinbox.workers.team import joining
from tests.postgres import PostgresServer
from tests.store.team.conftest import Team
from tests.tui.world import NOW, Ui, build
from tests.workers.clocks import StepClock

SOCKET = ".s.PGSQL.5432"


class TeamHomes:
    """A team with reviews, in a database whose clock stands still. Its people reach it by their own way."""

    def __init__(
        self, server: PostgresServer, folder: Path, closes: ExitStack, reviews: Sequence[Review]
    ) -> None:
        self.team = Team(server, StepClock(NOW), closes)
        self._folder = folder
        # A socket's path has at most 107 bytes, which pytest's own folders use up.
        self._way = Path(tempfile.mkdtemp(prefix="asc-way-", dir="/tmp"))
        closes.callback(shutil.rmtree, self._way, ignore_errors=True)
        self.open_way()
        worker = TeamWorker(self.team.session("Wanda"), "server1", timedelta(seconds=120))
        paths = build(folder / "worker", reviews)
        with closing(Store.open(paths, ShiftedClock(NOW))) as store:
            worker.know([(account.id, account.name) for account in store.accounts.list()])
            worker.share(store.database)
        for app_id in dict.fromkeys(one.app_id for one in reviews):
            worker.save_pages([PreparedPage.of(app_id, [one for one in reviews if one.app_id == app_id])])

    def open_way(self) -> None:
        """The server can be reached."""
        (self._way / SOCKET).symlink_to(self.team.server.folder / SOCKET)

    def close_way(self, name: str) -> None:
        """Somebody's connections end, and the server cannot be reached."""
        (self._way / SOCKET).unlink()
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", name)

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        """The database cannot be reached meanwhile."""
        self.close_way(name)
        try:
            yield
        finally:
            self.open_way()

    @asynccontextmanager
    async def frozen(self, ui: Ui, name: str) -> AsyncIterator[None]:
        """What somebody asks arrives and is not answered; it is carried out afterwards.

        Waits until the program asks nothing: what it was asking would find the way closed before the act.
        """
        await ui.until(lambda: self._is_quiet(name), 20)
        found = self.sql("SELECT pid FROM pg_stat_activity WHERE usename = %s", name)
        for (pid,) in found:
            os.kill(pid, signal.SIGSTOP)
        (self._way / SOCKET).unlink()
        try:
            yield
        finally:
            for (pid,) in found:
                os.kill(pid, signal.SIGCONT)
            self.open_way()

    def _is_quiet(self, name: str) -> bool:
        ((quiet,),) = self.sql(
            "SELECT bool_and(state = 'idle' AND clock_timestamp() - state_change > interval '0.5 s')"
            " FROM pg_stat_activity WHERE usename = %s",
            name,
        )
        return bool(quiet)

    def home(self, name: str) -> Paths:
        """The home of somebody who joined the team, with an empty replica."""
        url = f"postgresql://{quote(name)}@/{self.team.database}?host={self._way}&port=5432"
        paths = Paths.under(self._folder / name)
        paths.create()
        found = joining.look_at(url, None)
        joining.join(paths, found, works=False, apps=(), since=None, ref="")
        return paths.in_force

    def store(self, name: str) -> Store:
        """A home without a screen."""
        return self.team.home(name, self._folder / f"{name}-store")

    def sql(self, text: str, *values: Any) -> list[Any]:
        """What the database has, asked past the program."""
        cursor = self.team.root.execute(text.encode(), values or None)
        return cursor.fetchall() if cursor.description else []


async def offline(ui: Ui) -> None:
    """Waits until the program knows that the team cannot be reached."""
    await ui.until(lambda: ui.workspace.online is False, 20)
    await ui.rest()


async def online(ui: Ui) -> None:
    """Waits until the team has been reached, and what waited is sent."""
    await ui.until(lambda: ui.workspace.online, 20)
    await ui.rest()


@pytest.fixture
def team_homes(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Sequence[Review]], TeamHomes]]:
    """Makes a team that has these reviews. Who waits for the database waits shorter than usual."""
    monkeypatch.setattr("ascinbox.store.queue.team.feed.AGAIN_S", 0.2)
    defaults = TeamSession.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "act_s", 1.0)
    with ExitStack() as closes:
        yield lambda reviews: TeamHomes(postgres, tmp_path, closes, reviews)


__all__ = ["TeamHomes", "offline", "online", "team_homes"]
