"""A member's keys: without network, on a team where nobody acts, and while the others act all the time.

    python -m benchmarks.team_keys                     100,000 reviews, 20 acts a second
    python -m benchmarks.team_keys --reviews 1000000 --acts 50

The real program in a pseudo-terminal on one home that has joined a team in a PostgreSQL of its own, in turns:
what else the machine does meets all three alike. The others act on reviews that are not on the screen.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import psycopg

from ascinbox.store.queue.team import install
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.working import TeamWorker
from benchmarks.screen import ROW
from benchmarks.team import DURABLE, pages
from benchmarks.terminal import Reaction, Terminal
from tests.postgres import PostgresServer, binaries, server

TURNS = 5
MOVES = 60
REVIEWS_ACTED_ON = 500


@contextmanager
def acting(address: str, ids: list[str], rate: float) -> Iterator[list[int]]:
    """Somebody else marks reviews so many times a second while the block runs; the number of acts so far."""
    stop, done = threading.Event(), [0]

    def act() -> None:
        with closing(TeamSession(TeamAddress.parse(address))) as session:
            for number, review in enumerate(cycle(ids)):
                if stop.wait(1 / rate):
                    return
                session.call("add_note", f"n{os.getpid()}-{number}-{id(stop)}", review, "seen", 0.0)
                done[0] += 1

    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def moves(home: Path, *options: str) -> list[Reaction]:
    """What followed each of the keys."""
    command = [sys.executable, "-m", "ascinbox", *options, "All"]
    with Terminal(command, columns=120, rows=36, environment={"ASCINBOX_HOME": str(home)}) as terminal:
        terminal.wait_until(ROW, 60)
        terminal.settle(1.0, 3.0)
        return [terminal.press("down", 0.03) for _ in range(MOVES)]


def made(own: PostgresServer, home: Path, count: int) -> tuple[str, list[str]]:
    """A team with so many reviews that the home has joined; the other's address, and reviews to act on."""
    database = own.database()
    ids: list[str] = []
    with psycopg.connect(own.url(database), autocommit=True) as root:
        install.init(root, "bench")
        group = install.members_of(database)
        for name in ("mia", "anna"):
            root.execute(f'CREATE ROLE "{name}" LOGIN IN ROLE "{group}"')
            root.execute("SELECT ascinbox.put_member(%s, 'publisher')", (name,))
    with closing(TeamSession(TeamAddress.parse(own.url(database)))) as session:
        worker = TeamWorker(session, "bench", timedelta(seconds=60))
        for page in pages(count):
            worker.save_pages([page])
            # The first pages are the oldest reviews, which the list does not show.
            if len(ids) < REVIEWS_ACTED_ON:
                ids += page.prepared
    subprocess.run(
        [sys.executable, "-m", "ascinbox", "team", "join", own.url(database, "mia"), "--yes"],
        check=True,
        env={**os.environ, "ASCINBOX_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    return own.url(database, "anna"), ids


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reviews", type=int, default=100_000)
    parser.add_argument("--acts", type=float, default=20.0, help="acts a second, of the others")
    options = parser.parse_args()
    if binaries() is None:
        print("no PostgreSQL here: initdb and postgres are neither in PATH nor in /usr/lib/postgresql")
        return 1
    print(f"{options.reviews:,} reviews · {os.cpu_count()} cores · Python {platform.python_version()}")
    found: dict[str, list[Reaction]] = {"without network": [], "nobody acts": [], "others act": []}
    acts = 0
    with server(DURABLE) as own, tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "mia"
        other, ids = made(own, home, options.reviews)
        for _ in range(TURNS):
            found["without network"] += moves(home, "--offline")
            found["nobody acts"] += moves(home)
            with acting(other, ids, options.acts) as done:
                found["others act"] += moves(home)
            acts += done[0]
    for name, reactions in found.items():
        last = sorted(reaction.last_ms for reaction in reactions)
        first = statistics.median(reaction.first_ms for reaction in reactions)
        size = statistics.median(reaction.bytes for reaction in reactions)
        print(
            f"{name:16} first byte {first:5.1f} ms   last byte, median {statistics.median(last):5.1f} ms,"
            f" p95 {last[int(len(last) * 0.95)]:5.1f} ms   {size:.0f} bytes"
        )
    print(f"{acts} acts of the others meanwhile; {TURNS} turns of {MOVES} keys each")
    return 0


if __name__ == "__main__":
    sys.exit(main())
