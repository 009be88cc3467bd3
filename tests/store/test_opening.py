"""Files in any state are opened, mended or refused, each with a sentence (fault rows 61-64, 67, 68)."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ascinbox.core.errors import StoreError
from ascinbox.core.filters import Query
from ascinbox.core.outbox.states import Draft
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.paths import Paths
from ascinbox.store import backups, mounts
from ascinbox.store.integrity import FileFinding, look_at
from ascinbox.store.migrations import cache, user
from ascinbox.store.opening import open_database
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.faults.nursery import Nursery
from tests.store.conftest import Written
from tests.store.killed import write_under
from tests.workers.clocks import StepClock


def filled(paths: Paths, clock: StepClock, written: Written, count: int = 400) -> None:
    """A store with an account, reviews, a note and today's copy of user.db."""
    store = Store.open(paths, clock)
    credential = Credential(CredentialKind.TEAM, "K", "I", "file:k")
    store.accounts.add(Account(0, "North", None, (), (credential,)))
    store.reviews.save_page("1", [written(n, "word " * 30) for n in range(count)])
    store.queue.note("id1", "ticket 4411")
    store.maintain()
    store.close()


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}


PRELOAD = ("ascinbox.store.queue.local",)


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_row_61_everything_is_private_whatever_the_umask(tmp_path: Path, nursery: Nursery, mask: int) -> None:
    told = tmp_path / "told"
    assert nursery.fork(write_under, mask, tmp_path / "deep" / "home", told).join() == 0
    assert "cache.db-wal" in told.read_text()
    found = modes(tmp_path / "deep")
    assert any(name.startswith("home/data/backups/user-") for name in found)
    for name, mode in found.items():
        assert mode == (0o700 if (tmp_path / "deep" / name).is_dir() else 0o600), name
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


def test_files_that_were_opened_up_are_closed_again(paths: Paths, clock: StepClock) -> None:
    Store.open(paths, clock).close()
    for path in (paths.user_db, paths.cache_db):
        path.chmod(0o644)
    Store.open(paths, clock).close()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (paths.user_db, paths.cache_db)} == {0o600}


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "header": lambda data: b"\0" * 100 + data[100:],
    "garbage": lambda _: os.urandom(20_000),
    "foreign": lambda _: b"PK\x03\x04 this is another program's file" * 100,
    "truncated": lambda data: data[: len(data) // 2 + 100],
    "empty": lambda _: b"",
    "page": lambda data: data[:4096] + b"\xa5" * (len(data) - 8192) + data[-4096:],
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_row_63_a_broken_cache_is_put_aside_and_rebuilt(
    paths: Paths, clock: StepClock, written: Written, kind: str
) -> None:
    filled(paths, clock, written)
    user_before = sha(paths.user_db)
    paths.cache_db.write_bytes(DAMAGES[kind](paths.cache_db.read_bytes()))
    thread = StoreThread.open(paths, clock)
    try:
        # A damage inside shows when it is met; the check that runs in the background looks for it.
        try:
            thread.call(lambda store: store.reviews.count(Query()))
            thread.maintain()
        except StoreError as error:
            assert error.next_step
        notices = thread.notices()
        assert any("cache.db" in notice for notice in notices) or kind == "empty"
        assert thread.call(lambda store: store.database.check("cache")) == ""
        assert thread.call(lambda store: store.reviews.count(Query())) == 0
        pages = thread.call(lambda store: store.reviews.save_page("1", [written(1)]))
        assert pages.new == ("id1",)
        detail = thread.call(lambda store: store.reviews.get("id1"))
        assert detail is not None
        assert detail.note == "ticket 4411"
    finally:
        thread.close()
    assert sha(paths.user_db) == user_before
    if kind != "empty":
        assert (
            len([p for p in paths.data.glob("cache.db.corrupt-*") if not p.name.endswith(("-wal", "-shm"))])
            == 1
        )


@pytest.mark.parametrize("kind", DAMAGES)
def test_row_64_a_broken_user_db_is_restored_and_the_person_told(
    paths: Paths, clock: StepClock, written: Written, kind: str
) -> None:
    filled(paths, clock, written)
    before = paths.user_db.read_bytes()
    paths.user_db.write_bytes(DAMAGES[kind](before))
    store = Store.open(paths, clock)
    notices = store.take_notices()
    assert any("user.db" in notice and "copy of 2026-11-21" in notice for notice in notices)
    assert [account.name for account in store.accounts.list()] == ["North"]
    detail = store.reviews.get("id1")
    assert detail is not None
    assert detail.note == "ticket 4411"
    assert store.database.check("user") == ""
    store.close()
    if kind != "empty":
        aside = list(paths.data.glob("user.db.corrupt-*"))
        assert [path.read_bytes() for path in aside] == [DAMAGES[kind](before)] or kind == "garbage"
    assert Store.open(paths, clock).take_notices() == []


def test_row_64_without_any_copy_it_starts_anew_and_says_so(paths: Paths, clock: StepClock) -> None:
    Store.open(paths, clock).close()
    paths.user_db.write_bytes(b"nonsense" * 1000)
    store = Store.open(paths, clock)
    (notice,) = store.take_notices()
    assert "no copy" in notice
    assert "corrupt-" in notice
    store.close()


def test_a_copy_that_is_broken_itself_is_passed_over(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    filled(paths, clock, written)
    clock.advance(86_400)
    store = Store.open(paths, clock)
    store.queue.note("id1", "newer")
    store.maintain()
    store.close()
    newest, older = backups.copies(paths.backups)
    newest.write_bytes(newest.read_bytes()[:5000])
    paths.user_db.write_bytes(b"")
    store = Store.open(paths, clock)
    assert any(backups.taken_at(older).strftime("%Y-%m-%d") in notice for notice in store.take_notices())
    detail = store.reviews.get("id1")
    assert detail is not None
    assert detail.note == "ticket 4411"
    store.close()


def test_copies_are_daily_and_seven(paths: Paths, clock: StepClock) -> None:
    store = Store.open(paths, clock)
    for day in range(10):
        store.queue.note("a", f"day {day}")
        store.maintain()
        store.maintain()
        clock.advance(3600)
        store.maintain()
        clock.advance(23 * 3600)
    kept = backups.copies(paths.backups)
    assert len(kept) == backups.KEPT
    assert backups.taken_at(kept[0]) - backups.taken_at(kept[-1]) == timedelta(days=6)
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    copy = sqlite3.connect(kept[0])
    assert copy.execute("SELECT note FROM triage").fetchone() == ("day 9",)
    copy.close()
    store.close()


def test_row_67_a_cache_deleted_while_open_is_rebuilt_and_drafts_are_safe(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    filled(paths, clock, written)
    thread = StoreThread.open(paths, clock)
    try:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{paths.cache_db}{suffix}").unlink(missing_ok=True)
        thread.versions()
        (notice,) = thread.notices()
        assert "cache.db was deleted" in notice
        assert thread.call(lambda store: store.reviews.save_page("1", [written(1)])).new == ("id1",)
        assert thread.call(lambda store: store.reviews.count(Query()), slow=True) == 1
        detail = thread.call(lambda store: store.reviews.get("id1"))
        assert detail is not None
        assert detail.note == "ticket 4411"
    finally:
        thread.close()
    assert look_at(paths.cache_db, cache.SCHEMA) is FileFinding.GOOD


def test_row_67_a_write_meets_the_deletion_first(paths: Paths, clock: StepClock, written: Written) -> None:
    filled(paths, clock, written)
    thread = StoreThread.open(paths, clock)
    try:
        paths.cache_db.unlink()
        assert thread.call(lambda store: store.reviews.save_page("1", [written(1)])).new == ("id1",)
        assert "cache.db was deleted" in thread.notices()[0]
        paths.user_db.unlink()
        assert thread.call(lambda store: store.queue.note("id1", "after")) == ("id1",)
        assert "user.db was deleted" in thread.notices()[0]
    finally:
        thread.close()
    again = Store.open(paths, clock)
    detail = again.reviews.get("id1")
    assert detail is not None
    assert detail.note == "after"
    assert [account.name for account in again.accounts.list()] == ["North"]
    again.close()


def mountinfo(folder: Path, kind: str, path: Path) -> Path:
    path.write_text(
        "22 1 0:21 / / rw - ext4 /dev/vda rw\n"
        f"40 22 0:50 / {str(folder).replace(' ', chr(92) + '040')} rw,relatime shared:3 - {kind} host:/x rw\n"
    )
    return path


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "lustre"])
def test_row_68_on_a_network_file_system_one_program_and_no_log(
    tmp_path: Path, clock: StepClock, kind: str
) -> None:
    home = tmp_path / "a home"
    paths = Paths.under(home)
    info = mountinfo(tmp_path / "a home", kind, tmp_path / "mountinfo")
    first = Store.open(paths, clock, mountinfo=info)
    assert first.database.one("PRAGMA cache.journal_mode") == "delete"
    assert any(kind in notice for notice in first.take_notices())
    with pytest.raises(StoreError, match="Another ascinbox") as refused:
        Store.open(paths, clock, mountinfo=info)
    assert "ASCINBOX_HOME" in refused.value.next_step
    first.queue.note("a", "b")
    first.close()
    second = Store.open(paths, clock, mountinfo=info)
    assert second.database.one("SELECT note FROM user.triage") == "b"
    second.close()


def test_row_68_local_file_systems_keep_the_log(tmp_path: Path, clock: StepClock) -> None:
    info = mountinfo(tmp_path, "btrfs", tmp_path / "mountinfo")
    store = Store.open(Paths.under(tmp_path / "home"), clock, mountinfo=info)
    assert store.database.one("PRAGMA cache.journal_mode") == "wal"
    assert store.take_notices() == []
    store.close()
    assert mounts.filesystem_of(tmp_path, tmp_path / "nothing") == ""


def test_row_68_the_innermost_and_last_mount_counts(tmp_path: Path) -> None:
    info = tmp_path / "mountinfo"
    info.write_text(
        "1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / /home rw - nfs4 b rw\n3 2 0:3 / /home/me rw - ext4 c rw\n"
        "4 1 0:4 / /homes rw - cifs d rw\n5 2 0:5 / /home/you rw - ext4 e rw\n"
        "6 5 0:6 / /home/you rw - nfs f rw\n"
    )
    kinds = {
        where: mounts.filesystem_of(Path(where), info) for where in ("/home/me/x", "/home/z", "/homesick")
    }
    assert kinds == {"/home/me/x": "ext4", "/home/z": "nfs4", "/homesick": "ext4"}
    assert mounts.filesystem_of(Path("/home/you/data"), info) == "nfs"


READ_ONLY = """
import os, sys
from pathlib import Path
from tempfile import TemporaryDirectory
import ascinbox.store.queue.local, ascinbox.store.cache.pages, ascinbox.core.reviews.language
from ascinbox.core.errors import StoreError
from ascinbox.core.filters import Query
from ascinbox.paths import Paths
from ascinbox.store.thread import StoreThread
from tests.workers.clocks import StepClock
# Everything is imported: whom this becomes may not even be allowed to read the interpreter.
os.setgroups([]); os.setgid(65534); os.setuid(65534)
thread = StoreThread.open(Paths.under(Path(sys.argv[1])), StepClock())
print(thread.call(lambda s: s.database.banner))
print(thread.notices())
accounts = thread.call(lambda s: s.accounts.list())
print(thread.call(lambda s: s.reviews.count(Query()), slow=True), len(accounts))
print(thread.call(lambda s: s.lasting))
try:
    print(thread.call(lambda s: s.queue.note("id1", "x")))
except StoreError as error:
    print("refused:", error)
thread.close()
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter. Not below `tmp_path`: each start of pytest closes what lies above
    that to all but its owner, another run's too."""
    with TemporaryDirectory(prefix="ascinbox-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
@pytest.mark.parametrize("exists", [True, False])
def test_row_62_a_folder_that_cannot_be_written_to(
    open_folder: Path, clock: StepClock, written: Written, exists: bool
) -> None:
    home = open_folder / "home"
    if exists:
        filled(Paths.under(home), clock, written, 30)
    else:
        home.mkdir()
    for folder in (home, *home.rglob("*")):
        folder.chmod(0o555 if folder.is_dir() else 0o444)
    before = sorted(path.name for path in home.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(home)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    banner, notices, counts, lasting, written_note = done.stdout.splitlines()
    assert "replies are off" in banner
    assert "cannot be written to" in notices
    assert counts == ("30 1" if exists else "0 0")
    assert lasting == "False"
    assert written_note.startswith("refused:") is exists
    assert sorted(path.name for path in home.rglob("*")) == before


def test_opening_existing_files_is_quick_and_imports_no_sqlalchemy(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    filled(paths, clock, written)
    script = """
import sys, time
from pathlib import Path
from tempfile import TemporaryDirectory
from ascinbox.core.clock import SystemClock
from ascinbox.core.filters import Query
from ascinbox.paths import Paths
from ascinbox.store import Store
took = []
for _ in range(5):
    begun = time.thread_time()
    store = Store.open(Paths.under(Path(sys.argv[1])), SystemClock())
    took.append(time.thread_time() - begun)
    rows = store.reviews.window(Query()).rows
    store.close()
heavy = {"sqlalchemy", "sqlmodel", "pydantic", "httpx", "textual", "jwt", "cryptography", "fasttext"}
heavy &= set(sys.modules)
writing = {"ascinbox.store.cache.index.evaluate", "ascinbox.store.cache.pages", "ascinbox.core.outbox.states"}
unneeded = writing & set(sys.modules)
print(len(rows), min(took), heavy, unneeded)
"""
    home = paths.data.parent
    done = subprocess.run(
        [sys.executable, "-c", script, str(home)], capture_output=True, text=True, check=True
    )
    rows, took, heavy, unneeded = done.stdout.split()
    assert int(rows) == 64
    assert (heavy, unneeded) == ("set()", "set()")
    # Three milliseconds on a quiet machine; this is processor time, with room for a busy one.
    assert float(took) < 0.02


def test_newer_drafts_of_a_damaged_file_are_kept_beside_the_restored_copy(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    filled(paths, clock, written)
    store = Store.open(paths, clock)
    clock.advance(60)
    for n in range(40):
        store.queue.save_draft(Draft(f"id{n}", f"draft {n} " * 40, clock.now()), "1")
    store.close()
    connection = sqlite3.connect(paths.user_db)
    connection.execute("UPDATE draft SET text = 'garbled' WHERE review_id = 'id7'")
    connection.execute("DROP TABLE place")
    connection.commit()
    connection.close()
    again = Store.open(paths, clock)
    kept = {draft.review_id: draft.text for draft in again.drafts.all()}
    assert kept == {f"id{n}": f"draft {n} " * 40 for n in range(40) if n != 7}
    assert any("39 drafts" in notice for notice in again.take_notices())
    assert [account.name for account in again.accounts.list()] == ["North"]
    again.close()


def test_report_rows_are_saved_from_a_damaged_cache(paths: Paths, clock: StepClock, written: Written) -> None:
    filled(paths, clock, written)
    store = Store.open(paths, clock)
    table = cache.SALVAGED[0]
    columns = [row[1] for row in store.database.execute(f"PRAGMA cache.table_info({table})")]
    values = ", ".join("?" for _ in columns)
    with store.database.write() as writing:
        writing.executemany(
            f"INSERT INTO cache.{table} VALUES ({values})", [[n] * len(columns) for n in range(1, 500)]
        )
        writing.execute("DROP TABLE cache.lease")
    store.close()
    again = Store.open(paths, clock)
    assert again.database.one(f"SELECT count(*) FROM cache.{table}") == 499
    assert any("499 report rows" in notice for notice in again.take_notices())
    assert again.reviews.count(Query()) == 0
    again.close()


@pytest.mark.slow
def test_two_programs_may_start_at_once_on_an_empty_folder(paths: Paths) -> None:
    script = (
        "import sys; from pathlib import Path; from ascinbox.paths import Paths;"
        "from ascinbox.store.store import Store; from ascinbox.core.clock import SystemClock;"
        "store = Store.open(Paths.under(Path(sys.argv[1])), SystemClock());"
        "store.queue.note('a', 'b'); print(store.take_notices()); store.close()"
    )
    home = str(paths.data.parent)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, home], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in started:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out.strip()) == (0, "[]"), err


def test_a_file_that_lost_a_table_is_not_ours_any_more(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    filled(paths, clock, written)
    connection = sqlite3.connect(paths.user_db)
    connection.execute("DROP TABLE draft")
    connection.close()
    store = Store.open(paths, clock)
    assert any("user.db" in notice for notice in store.take_notices())
    assert store.drafts.all() == ()
    store.close()


def test_a_look_at_a_file_tells_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    assert look_at(path, user.SCHEMA) is FileFinding.MISSING
    path.write_bytes(b"")
    assert look_at(path, user.SCHEMA) is FileFinding.EMPTY
    path.write_bytes(b"SQLite for")
    assert look_at(path, user.SCHEMA) is FileFinding.DAMAGED
    path.unlink()
    other = sqlite3.connect(path)
    other.executescript("PRAGMA application_id = 7; CREATE TABLE t (x)")
    other.close()
    assert look_at(path, user.SCHEMA) is FileFinding.FOREIGN


def test_the_log_is_moved_into_the_cache_and_stays_small(
    paths: Paths, clock: StepClock, written: Written
) -> None:
    database = open_database(paths, clock)
    store = Store(database, clock)
    for page in range(30):
        store.reviews.save_page("1", [written(page * 100 + n, "long " * 400) for n in range(100)])
    assert database.wal_bytes() < 24 << 20
    assert database.checkpoint(0)
    assert database.wal_bytes() == 0
    database.close()
    assert time.monotonic() > 0
