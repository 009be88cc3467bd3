"""A team's database beside the floor of each figure: what PostgreSQL and SQLite do alone, in the same run.

    python -m benchmarks.team                      1,000,000 reviews
    python -m benchmarks.team --reviews 100000 --people 20 --seconds 10
    python -m benchmarks.team --reviews 10000000   ten million; an hour and 20 GB

It starts a PostgreSQL of its own (binaries in PATH or /usr/lib/postgresql) with its usual durability. Read
the ratios: the absolute figures are this machine's.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import random
import socket
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import islice
from multiprocessing.queues import Queue as Results
from pathlib import Path
from typing import Any, cast

import psycopg

from ascinbox.core.clock import SystemClock
from ascinbox.paths import Paths
from ascinbox.store.cache.prepared_review import PreparedPage, PreparedReview, folded, prepared
from ascinbox.store.keys import key_of
from ascinbox.store.queue.team import install
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.feed import TeamFeed
from ascinbox.store.queue.team.looks import Looks
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.store.queue.team.working import TeamWorker
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from ascinbox.tui.start import SWITCH_S
from benchmarks.make_cache import Invention
from tests.postgres import PostgresServer, binaries, server

PAGE = 200
MADE_AHEAD = 1_000
"""Pages."""
DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "256MB", "max_wal_size": "4GB"}
COLUMNS = (
    "id rating territory created content rest nickname title body response_id response_state response_at"
    " response_text app_id"
).split()


class Table:
    """Prints each figure beside its floor and what it must reach."""

    def __init__(self) -> None:
        self.missed = 0

    def ratio(
        self, what: str, ours: float, floor: float, least: float | None = None, most: float | None = None
    ) -> None:
        """`ours` over `floor`, both in the same unit."""
        value = ours / floor
        good = (least is None or value >= least) and (most is None or value <= most)
        wanted = f">= {least}" if least is not None else f"<= {most}"
        self._line(what, f"{value:.2f} of the floor ({ours:,.4g} beside {floor:,.4g})", wanted, good)

    def most(self, what: str, value: float, unit: str, most: float) -> None:
        """A figure that has to stay below."""
        self._line(what, f"{value:,.1f} {unit}", f"<= {most:g} {unit}", value <= most)

    def _line(self, what: str, value: str, wanted: str, good: bool) -> None:
        self.missed += not good
        print(f"{what:<46} {value:<46} {wanted:<12} {'' if good else 'MISSED'}", flush=True)


def pages(count: int) -> Iterator[PreparedPage]:
    """Pages of invented reviews, made ready as a sync has them before it stores them."""
    stream = Invention(count).reviews()
    while members := list(islice(stream, PAGE)):
        yield PreparedPage("1", {review.id: prepared(review) for _, review in members})


def values(each: PreparedReview) -> tuple[Any, ...]:
    return (*(getattr(each, name) for name in COLUMNS[:-1]), "1")


def ingest(table: Table, own: PostgresServer, database: str, session: TeamSession, count: int) -> None:
    """Pages into the team, beside one COPY of everything into a table with the same indexes."""
    with psycopg.connect(own.url(database), autocommit=True) as root:
        root.execute("CREATE TABLE floor_review (LIKE ascinbox.review INCLUDING INDEXES)")
        root.execute("ALTER TABLE floor_review ALTER seq SET DEFAULT 0")
        spent = 0.0
        stream = pages(count)
        # Made ahead, so that nothing but the COPY itself is timed.
        while made := [
            values(each) for page in islice(stream, MADE_AHEAD) for each in page.prepared.values()
        ]:
            began = time.perf_counter()
            with (
                root.cursor() as cursor,
                cursor.copy(f"COPY floor_review ({', '.join(COLUMNS)}) FROM STDIN") as copy,
            ):
                for row in made:
                    copy.write_row(row)
            spent += time.perf_counter() - began
        floor = count / spent
        root.execute("DROP TABLE floor_review")
    worker = TeamWorker(session, "bench", timedelta(seconds=60))
    for what, least in (
        ("sync page of 200, reviews a second", 0.25),
        ("unchanged pages, reviews a second", 0.3),
    ):
        spent = 0.0
        stream = pages(count)
        while ready := list(islice(stream, MADE_AHEAD)):
            began = time.perf_counter()
            for page in ready:
                worker.save_pages([page])
            spent += time.perf_counter() - began
        table.ratio(what, count / spent, floor, least=least)


def replicate(table: Table, address: TeamAddress, folder: Path, count: int) -> None:
    """The first fill of a replica, beside COPY into executemany on the same tables with the same indexes."""
    store = Store.open(Paths.under(folder / "floor"), SystemClock())
    floor_file = store.database.files.cache
    store.close()
    plain = sqlite3.connect(floor_file, isolation_level=None)
    plain.execute("PRAGMA synchronous = NORMAL")
    places = {name: place for place, name in enumerate(COLUMNS)}
    columns = [row[1] for row in plain.execute("PRAGMA table_info (review)")]
    # What a replica derives from other columns is a constant here; the key is that of the review.
    given = {"app": 1, "state": "N", "marks": 0, "seen_at": 1, "length": 100}

    def review_row(row: tuple[Any, ...]) -> list[Any]:
        key = key_of(row[places["created"]], row[0])
        return [
            key if name == "key" else row[places[name]] if name in places else given.get(name)
            for name in columns
        ]

    def text_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
        texts = folded(row[places["title"]], row[places["body"]], row[places["nickname"]])
        return (key_of(row[places["created"]], row[0]), *texts)

    selected = f"SELECT {', '.join(COLUMNS)} FROM ascinbox.review"
    whole = {"rating", "created", "content", "rest", "response_at"}
    marks = ", ".join("?" * len(columns))
    parts = cast(dict[str, Any], address.resolved())
    began, spent = time.perf_counter(), time.process_time()
    with (
        psycopg.connect("", autocommit=True, **parts) as connection,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({selected}) TO STDOUT (FORMAT binary)") as copy,
    ):
        copy.set_types(["int8" if name in whole else "text" for name in COLUMNS])
        rows = copy.rows()
        while batch := list(islice(rows, 10_000)):
            plain.execute("BEGIN")
            # Two reviews of one second may have the same key: a replica moves one, a floor leaves it out.
            plain.executemany(f"INSERT OR IGNORE INTO review VALUES ({marks})", map(review_row, batch))
            plain.executemany("INSERT OR IGNORE INTO review_text VALUES (?, ?, ?)", map(text_row, batch))
            plain.execute("COMMIT")
    floor = count / (time.perf_counter() - began)
    floor_cpu = time.process_time() - spent
    plain.close()
    session = TeamSession(address)
    with home(address, folder / "replica", session) as (_store, feed):
        began, spent = time.perf_counter(), time.process_time()
        assert feed.fill() == count
        table.ratio("replica, reviews a second", count / (time.perf_counter() - began), floor, least=0.8)
        spent = time.process_time() - spent
        print(f"  its time on a processor {floor_cpu / spent:.2f} of the floor's speed")
    session.close()


@contextmanager
def home(address: TeamAddress, folder: Path, session: TeamSession) -> Iterator[tuple[StoreThread, TeamFeed]]:
    """A home with a feed that nobody runs."""
    me = session.open().me
    assert address

    def queue(store: Store) -> TeamQueue:
        return TeamQueue(store.database, store.clock, session, me)

    store = StoreThread(lambda: Store.open(Paths.under(folder), SystemClock(), me=me, queue=queue))
    try:
        yield store, TeamFeed(session, store, lambda _event: None, threading.Event())
    finally:
        store.close()


def notes(table: Table, own: PostgresServer, database: str, session: TeamSession) -> None:
    """A note by its function, beside an INSERT of one row."""
    with psycopg.connect(own.url(database), autocommit=True) as root:
        root.execute(
            "CREATE TABLE floor_note (id text PRIMARY KEY, review_id text, author text, body text, at float8)"
        )
        for index in ("review_id", "at"):
            root.execute(f"CREATE INDEX ON floor_note ({index})")
        statement = "INSERT INTO floor_note VALUES (%s, 'id1', 'anna', %s, 0)"

        def insert(number: int) -> None:
            root.execute(statement, (f"n{number}", "a note of some words"))

        def function(number: int) -> None:
            session.call("add_note", f"n{number}", "id1", "a note of some words", 0.0)

        floor, ours = alternately(insert, function)
        root.execute("DROP TABLE floor_note")
    table.ratio("a note by function, ms", ours * 1e3, floor * 1e3, most=2.5)


def alternately(floor: Callable[[int], None], ours: Callable[[int], None]) -> tuple[float, float]:
    """Medians of both in seconds, one after the other, so that the machine's moods meet both."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(600):
        for kept, act in zip(times, (floor, ours), strict=True):
            began = time.perf_counter()
            act(number)
            kept.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


class SlowLine(threading.Thread):
    """A TCP port that hands everything on to the server's socket, later by half a round trip each way."""

    def __init__(self, own: PostgresServer, round_trip_s: float) -> None:
        super().__init__(daemon=True)
        self._own, self._half = own, round_trip_s / 2
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{self._own.folder}/.s.PGSQL.{self._own.port}")
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    def _pump(self, a: socket.socket, b: socket.socket) -> None:
        while data := a.recv(1 << 16):
            time.sleep(self._half)
            b.sendall(data)
        b.close()

    def close(self) -> None:
        self._listener.close()


def far_away(table: Table, own: PostgresServer, database: str) -> None:
    """An act over a line of 40 ms."""
    line = SlowLine(own, 0.040)
    line.start()
    session = TeamSession(TeamAddress.parse(f"postgresql://{own.superuser}@127.0.0.1:{line.port}/{database}"))
    session.open()
    times = []
    for number in range(40):
        began = time.perf_counter()
        session.call("add_note", f"far{number}", "id1", "far away", 0.0)
        times.append(time.perf_counter() - began)
    session.close()
    line.close()
    table.ratio("an act over a line of 40 ms, ms", statistics.median(times) * 1e3, 40, most=1.3)


def members_process(
    addresses: list[str], rate: float, seconds: float, first: int, results: Results[Any], all_here: Any
) -> None:
    """Some members, each a thread that acts and one that hears: latencies, delays until seen, notes seen."""
    # As the screen has it; here it is ten people who share an interpreter.
    sys.setswitchinterval(SWITCH_S)
    acts: list[float] = []
    seen: list[float] = []
    ids: list[set[str]] = [set() for _ in addresses]
    stop = threading.Event()
    end = 0.0

    def act(place: int, session: TeamSession) -> None:
        spread = random.Random(first + place)
        number = 0
        while time.time() < end:
            time.sleep(spread.expovariate(rate))
            body = repr(time.time())
            began = time.perf_counter()
            session.call("add_note", f"{first + place}-{number}", f"id{spread.randrange(1000)}", body, 0.0)
            acts.append(time.perf_counter() - began)
            number += 1

    def hear(place: int, session: TeamSession) -> None:
        after = beginning
        last = False
        found = True
        looks = Looks(session, stop)
        looks.begin()
        while not last:
            # Once more after the end: everybody's acts are committed by then.
            last = stop.is_set()
            if not last:
                looks.wait(found, 1.0)
            found = False
            while True:
                rows = session.rows(
                    "SELECT * FROM ascinbox.news(%s, %s, %s, 1000, NULL, NULL)", after, *others
                )
                people = [row for row in rows if row[0] == "people"]
                found = found or bool(rows)
                now = time.time()
                for _feed, seq, kind, doc in people:
                    after = max(after, seq)
                    if kind == "note" and doc["id"] not in ids[place]:
                        ids[place].add(doc["id"])
                        seen.append(now - float(doc["body"]))
                if len(people) < 1000:
                    break

    threads = []
    for place, address in enumerate(addresses):
        session = TeamSession(TeamAddress.parse(address))
        beginning = session.greet_again().seq
        others = (beginning, beginning)
        threads.append((threading.Thread(target=act, args=(place, session)), True))
        threads.append((threading.Thread(target=hear, args=(place, session)), False))
    all_here.wait()
    end = time.time() + seconds
    for thread, _ in threads:
        thread.start()
    for thread, acting in threads:
        if acting:
            thread.join()
    all_here.wait()
    stop.set()
    for thread, _ in threads:
        thread.join()
    results.put((acts, seen, [len(found) for found in ids]))


def together(
    table: Table, own: PostgresServer, database: str, people: int, rate: float, seconds: float
) -> None:
    """Everybody at work at once: how long an act takes, how soon others see it, whether a row is missed."""
    with psycopg.connect(own.url(database), autocommit=True) as root:
        group = install.members_of(database)
        for number in range(people):
            root.execute(f'CREATE ROLE "p{number}" LOGIN IN ROLE "{group}"')
            root.execute("SELECT ascinbox.put_member(%s, 'replier')", (f"p{number}",))
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    each = max(1, people // 5)
    groups = [
        [own.url(database, f"p{n}") for n in range(a, min(a + each, people))] for a in range(0, people, each)
    ]
    all_here = context.Barrier(len(groups) + 1)
    processes = [
        context.Process(
            target=members_process, args=(addresses, rate / people, seconds, place * each, results, all_here)
        )
        for place, addresses in enumerate(groups)
    ]
    for process in processes:
        process.start()
    all_here.wait()
    bare = sorted(bare_rows(own, database, seconds))
    all_here.wait()
    told = [results.get() for _ in processes]
    for process in processes:
        process.join()
    acts = sorted(x for found, _, _ in told for x in found)
    seen = sorted(x for _, found, _ in told for x in found)
    counts = [count for _, _, found in told for count in found]
    print(
        f"  {people} people, {len(acts) / seconds:.0f} acts a second:"
        f" p50 {at(acts, 0.5) * 1e3:.1f} ms, seen p50 {at(seen, 0.5) * 1e3:.0f} ms;"
        f" a row of one's own meanwhile: p50 {at(bare, 0.5) * 1e3:.1f}, p95 {at(bare, 0.95) * 1e3:.1f} ms"
    )
    table.most("an act, p95", at(acts, 0.95) * 1e3, "ms", 20)
    table.most("seen by the others, p95", at(seen, 0.95) * 1e3, "ms", 100)
    missed = sum(len(acts) - count for count in counts)
    table.most("rows missed by anybody", missed, "rows", 0)


def bare_rows(own: PostgresServer, database: str, seconds: float) -> list[float]:
    """How long an INSERT takes meanwhile, into a table that nobody else writes: the machine's part."""
    times = []
    with psycopg.connect(own.url(database), autocommit=True) as root:
        root.execute("CREATE TABLE floor_row (at float8)")
        end = time.time() + seconds
        while time.time() < end:
            began = time.perf_counter()
            root.execute("INSERT INTO floor_row VALUES (0)")
            times.append(time.perf_counter() - began)
            time.sleep(0.05)
        root.execute("DROP TABLE floor_row")
    return times


def at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reviews", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--acts", type=float, default=200.0, help="acts a second, of all together")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    if binaries() is None:
        print("no PostgreSQL here: initdb and postgres are neither in PATH nor in /usr/lib/postgresql")
        return 1
    table = Table()
    machine = f"{os.cpu_count()} cores · {platform.platform()} · Python {platform.python_version()}"
    print(f"{options.reviews:,} reviews · {machine}")
    with server(DURABLE) as own, tempfile.TemporaryDirectory() as folder:
        database = own.database()
        with psycopg.connect(own.url(database), autocommit=True) as root:
            install.init(root, "bench")
            version = root.execute("SHOW server_version").fetchone()
        print(f"PostgreSQL {cast(tuple[str], version)[0]}")
        address = TeamAddress.parse(own.url(database))
        with closing(TeamSession(address)) as session:
            ingest(table, own, database, session, options.reviews)
            replicate(table, address, Path(folder), options.reviews)
            notes(table, own, database, session)
        far_away(table, own, database)
        together(table, own, database, options.people, options.acts, options.seconds)
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
