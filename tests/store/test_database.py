"""Writing: several programs at once, full disks, failing disks. Nothing half written, nothing lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ascinbox.core.errors import StoreError
from ascinbox.core.filters import Query
from ascinbox.paths import Paths
from ascinbox.store.database import Damaged, Database, DiskFull, maintenance_lock
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.store.conftest import Written
from tests.workers.clocks import StepClock

WRITER = """
import sys, time
from pathlib import Path
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.core.clock import SystemClock
store = Store.open(Paths.under(Path(sys.argv[1])), SystemClock())
waits = []
for n in range(int(sys.argv[3])):
    begun = time.perf_counter()
    with store.database.write() as connection:
        waits.append(time.perf_counter() - begun)
        for schema in ("user", "cache"):
            (n,) = connection.execute(f"SELECT value FROM {schema}.meta WHERE name = 'n'").fetchone()
            connection.execute(f"UPDATE {schema}.meta SET value = ? WHERE name = 'n'", (str(int(n) + 1),))
    store.database.checkpoint(100_000)
store.close()
print(max(waits))
"""


def test_row_12_programs_that_write_at_once_wait_and_lose_nothing(paths: Paths, clock: StepClock) -> None:
    store = Store.open(paths, clock)
    with store.database.write() as connection:
        for schema in ("user", "cache"):
            connection.execute(f"INSERT INTO {schema}.meta VALUES ('n', '0')")
    home, turns = str(paths.data.parent), 60
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, home, str(n), str(turns)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(3)
    ]
    while any(writer.poll() is None for writer in writers):
        # A reader is in the way as well, as a second screen is.
        store.database.execute("SELECT count(*) FROM cache.meta, user.meta").fetchone()
    for writer in writers:
        out, err = writer.communicate()
        assert writer.returncode == 0, err
        assert float(out) < 10
    for schema in ("user", "cache"):
        assert store.database.one(f"SELECT value FROM {schema}.meta WHERE name = 'n'") == str(3 * turns)
    store.close()


def test_the_immediate_transaction_is_what_makes_them_wait(paths: Paths, clock: StepClock) -> None:
    """Two connections that read first and write then: deferred, the second one fails at once."""
    one, two = Store.open(paths, clock), Store.open(paths, clock)
    for store in (one, two):
        store.database.execute("BEGIN")
        store.database.execute("SELECT * FROM cache.meta").fetchall()
    one.database.execute("INSERT INTO cache.meta VALUES ('a', '1')")
    one.database.execute("COMMIT")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        two.database.execute("INSERT INTO cache.meta VALUES ('b', '1')")
    two.database.execute("ROLLBACK")
    with two.database.write() as connection:
        connection.execute("INSERT INTO cache.meta VALUES ('b', '1')")
    one.close()
    two.close()


def test_an_inner_write_joins_the_outer_one(store: Store) -> None:
    def half() -> None:
        with store.database.write():
            store.queue.note("a", "never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert store.database.one("SELECT count(*) FROM user.triage") == 0
    with store.database.write():
        store.queue.note("a", "kept")
    assert store.database.one("SELECT note FROM user.triage") == "kept"


def limit(database: Database, schema: str, pages: int) -> None:
    """Fills the disk: no page beyond so many more."""
    now = database.one(f"PRAGMA {schema}.page_count")
    database.execute(f"PRAGMA {schema}.max_page_count = {now + pages}")


def test_row_7_a_full_disk_stops_the_sync_and_still_saves_a_draft(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    thread = StoreThread.open(paths, clock)
    store = thread.call(lambda s: s)
    thread.call(lambda s: s.reviews.save_page("1", [written(n) for n in range(50)]))
    thread.call(lambda s: limit(s.database, "cache", 3))
    with pytest.raises(DiskFull, match="full"):
        thread.call(lambda s: s.reviews.save_page("1", [written(n, "x" * 5000) for n in range(100, 300)]))
    assert thread.call(lambda s: s.reviews.count(Query())) == 50
    assert "disk full" in store.database.banner
    assert paths.data.joinpath("reserve").exists()
    with pytest.raises(DiskFull):
        thread.call(lambda s: s.reviews.save_page("1", [written(400)]))
    # The reserve gives way for what nobody could write again, and the job is done once more.
    thread.call(lambda s: limit(s.database, "user", 0))

    def save(store: Store) -> object:
        if not paths.data.joinpath("reserve").exists():
            store.database.execute("PRAGMA user.max_page_count = 100000")
        return store.queue.note("id1", "y" * 20_000)

    assert thread.call(save) == ("id1",)
    assert not paths.data.joinpath("reserve").exists()
    detail = thread.call(lambda s: s.reviews.get("id1"))
    assert detail is not None
    assert detail.note == "y" * 20_000
    # Room again: the reserve comes back and the sync goes on.
    thread.call(lambda s: s.database.execute("PRAGMA cache.max_page_count = 1000000"))
    thread.maintain()
    assert paths.data.joinpath("reserve").stat().st_size == 1 << 20
    assert thread.call(lambda s: s.reviews.save_page("1", [written(400)])).new == ("id400",)
    assert store.database.banner == ""
    thread.close()


@pytest.mark.parametrize("pages", range(0, 12, 2))
def test_row_7_wherever_the_disk_is_full_a_page_is_stored_whole_or_not_at_all(
    paths: Paths, clock: StepClock, written: Written, pages: int
) -> None:
    store = Store.open(paths, clock)
    store.reviews.save_page("1", [written(1)])
    walk = store.sync.open_walk("1", full=True).after("next")
    limit(store.database, "cache", pages)
    with pytest.raises(DiskFull):
        store.reviews.save_page("1", [written(n, "long " * 500) for n in range(60)], walk=walk)
    assert store.reviews.count(Query()) == 1
    assert store.sync.walk_state("1").pages == 0
    assert store.database.check("cache") == ""
    assert not store.database.connection.in_transaction
    store.close()


FAILING = """
import resource, signal, sys
from pathlib import Path
from ascinbox.core.errors import StoreError
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from tests.workers.clocks import StepClock
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store.open(Paths.under(Path(sys.argv[1])), StepClock())
for n in range(3):
    store.queue.note(f"a{n}", "kept")
size = (Path(sys.argv[1]) / "data" / "user.db").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]), resource.RLIM_INFINITY))
told = 0
for n in range(60):
    try:
        store.queue.note(f"b{n}", "x" * 3000)
    except StoreError as error:
        told += 1
        assert error.next_step and not store.database.connection.in_transaction
    else:
        print("saved", n)
print("told", told)
"""


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 4096, 40_000])
def test_row_6_a_disk_that_fails_is_told_and_the_file_stays_whole(tmp_path: Path, room: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING, str(tmp_path), str(room)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    saved = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("saved")]
    assert int(done.stdout.split()[-1]) == 60 - len(saved) > 0
    store = Store.open(Paths.under(tmp_path), StepClock())
    kept = {row[0] for row in store.database.execute("SELECT review_id FROM user.triage WHERE note <> ''")}
    assert kept == {"a0", "a1", "a2", *(f"b{n}" for n in saved)}
    assert store.database.check("user") == ""
    store.close()


def test_row_8_when_the_disk_cannot_be_sure_nothing_is_confirmed(store: Store) -> None:
    """user.db waits for the disk at each commit; what cannot be flushed is not reported as saved."""
    assert store.database.one("PRAGMA user.synchronous") == 2
    assert store.database.one("PRAGMA user.journal_mode") == "delete"
    assert store.database.one("PRAGMA cache.synchronous") == 1
    assert store.database.one("PRAGMA cache.journal_mode") == "wal"
    assert store.database.one("PRAGMA wal_autocheckpoint") == 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/usr/bin/strace").exists(), reason="strace is not installed")
def test_row_8_a_failing_flush_is_an_error(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from ascinbox.paths import Paths;"
        "from ascinbox.store.store import Store; from tests.workers.clocks import StepClock;"
        "store = Store.open(Paths.under(Path(sys.argv[1])), StepClock());"
        "print(store.queue.note('a', 'b'))"
    )
    Store.open(Paths.under(tmp_path), StepClock()).close()
    command = ["strace", "-f", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:error=EIO", sys.executable]
    done = subprocess.run(
        [*command, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode != 0
    assert "('a',)" not in done.stdout
    store = Store.open(Paths.under(tmp_path), StepClock())
    assert store.database.check("user") == ""
    store.close()


def test_a_lock_is_held_by_one_and_freed_by_a_kill(tmp_path: Path) -> None:
    with maintenance_lock(tmp_path) as mine, maintenance_lock(tmp_path) as also:
        assert (mine, also) == (True, False)
        with maintenance_lock(tmp_path, "other") as other:
            assert other
    script = (
        "import sys, time; from pathlib import Path; from ascinbox.store.database import maintenance_lock\n"
        "with maintenance_lock(Path(sys.argv[1])) as mine:\n    print(mine, flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "True"
    with maintenance_lock(tmp_path) as mine:
        assert not mine
    holder.kill()
    holder.wait()
    with maintenance_lock(tmp_path) as mine:
        assert mine
    holder.stdout.close()
    with maintenance_lock(tmp_path / "nowhere") as mine:
        assert not mine


def test_another_programs_changes_are_noticed(paths: Paths, clock: StepClock, written: Written) -> None:
    one, two = Store.open(paths, clock), Store.open(paths, clock)
    seen = one.versions()
    one.queue.note("a", "own")
    assert one.versions() == seen
    two.queue.note("a", "theirs")
    user, cache = one.versions()
    assert user != seen[0]
    two.reviews.save_page("1", [written(1)])
    assert one.versions()[1] != cache
    one.close()
    two.close()


def test_damage_met_while_reading_is_mended_and_said(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    thread = StoreThread.open(paths, clock)
    thread.call(lambda s: s.reviews.save_page("1", [written(n, "word " * 200) for n in range(400)]))
    thread.call(lambda s: s.database.checkpoint(0))
    descriptor = os.open(paths.cache_db, os.O_RDWR)
    os.pwrite(descriptor, b"\xa5" * 400_000, 40_960)
    os.close(descriptor)
    with pytest.raises(Damaged) as met:
        thread.call(lambda s: list(s.reviews.export(Query())), slow=True)
    assert met.value.next_step
    assert any("cache.db was damaged" in notice for notice in thread.notices())
    assert thread.call(lambda s: s.reviews.count(Query()), slow=True) == 0
    thread.close()


def test_errors_of_sqlite_come_out_as_ours(paths: Paths, clock: StepClock) -> None:
    thread = StoreThread.open(paths, clock)
    with pytest.raises(StoreError):
        thread.call(lambda s: s.database.execute("SELECT * FROM cache.nothing").fetchall())
    with pytest.raises(StoreError):
        thread.call(lambda s: s.database.execute("DELETE FROM cache.meta"), slow=True)
    thread.close()
