"""A server that takes packets and answers nothing: acts end soon, reads go on, nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from ascinbox.core.clock import SystemClock
from ascinbox.core.errors import Unreachable
from ascinbox.core.events import Event, TeamConnection
from ascinbox.paths import Paths
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.feed import TeamFeed
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.postgres import PostgresServer

ACT_S = 2.0


@contextmanager
def stalled(own: PostgresServer) -> Iterator[None]:
    """The server with all its processes stands still."""
    parent = int((own.data / "postmaster.pid").read_text().split()[0])
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True)
    processes = [parent, *map(int, listed.stdout.split())]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(processes):
            os.kill(pid, signal.SIGCONT)


def until(is_so: Callable[[], bool], limit_s: float = 30) -> None:
    end = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


@pytest.mark.slow
def test_acts_end_soon_and_reads_go_on_while_the_server_stands_still(
    own_postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ascinbox.store.queue.team.feed.AGAIN_S", 0.2)
    events: list[Event] = []
    stop = threading.Event()
    own = own_postgres
    database = own.team()
    session = TeamSession(TeamAddress.parse(own.url(database)), answers_s=8.0, act_s=ACT_S)
    me = session.open().me

    def queue(store: Store) -> TeamQueue:
        return TeamQueue(store.database, store.clock, session, me)

    paths = Paths.under(tmp_path)
    store = StoreThread(lambda: Store.open(paths, SystemClock(), me=me, queue=queue))
    feed = TeamFeed(session, store, events.append, stop)
    running = threading.Thread(target=feed.run)
    with closing(store):
        # What the first act imports is not what is timed here.
        store.call(lambda s: s.queue.done(["id0"]))
        store.submit(lambda s: s.triage.tags(), reads=True).result()
        running.start()
        until(lambda: TeamConnection(True) in events)
        with stalled(own):
            # The feed waits for its answer meanwhile, and has the connection.
            asking = threading.Thread(target=lambda: _fetched(feed))
            asking.start()
            time.sleep(0.3)
            began = time.monotonic()
            acting = store.submit(lambda s: s.queue.done(["id1"]))
            assert store.submit(lambda s: s.triage.tags(), reads=True).result(0.9 * ACT_S) == {}
            assert acting.result(ACT_S + 2) == ("id1",)
            assert time.monotonic() - began < ACT_S + 2
            for each in ("id2", "id3"):
                began = time.monotonic()
                assert store.call(lambda s, i: s.queue.done([i]), each) == (each,)
                with pytest.raises(Unreachable, match="does not answer"):
                    store.call(lambda s: s.queue.claim("id9", "o", "", s.clock.now(), timedelta(minutes=1)))
                assert time.monotonic() - began < 0.5 * ACT_S, "it is known by now"
            assert store.call(lambda s: s.team.unsent()) == 3
        asking.join(30)
        until(lambda: store.call(lambda s: s.team.unsent()) == 0)
        with psycopg.connect(own.url(database), autocommit=True) as root:
            done = root.execute("SELECT count(*) FROM ascinbox.triage WHERE done_at IS NOT NULL").fetchone()
        assert done == (4,)
        stop.set()
        running.join(20)
    session.close()


def _fetched(feed: TeamFeed) -> None:
    with suppress(Unreachable):
        feed.fetch()
