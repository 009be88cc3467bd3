"""The open database: one connection, both files attached as `user` and `cache`, and how it is written to.

The first database of the connection is an empty one in memory, so that both files have schema names of
their own and one query joins them. user.db keeps a rollback journal and full synchronisation; cache.db a
write-ahead log that only the holder of the maintenance lock moves into the file (SQLite before 3.51.3 can
corrupt a file when two connections race there).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ascinbox.core.errors import StoreError
from ascinbox.store import backups, integrity
from ascinbox.store.outboxmark import OutboxMark
from ascinbox.store.sessions import Session

BUSY_SECONDS = 10.0
RESERVE_BYTES = 1 << 20
TRY_AGAIN_SECONDS = 60.0
"""Pause between two tries of a sync after the disk was full."""
WAL_LIMIT_BYTES = 16 << 20
"""A longer write-ahead log is moved into cache.db after the next bulk write."""

MENDING, MENDING_WAIT_S = "mending", 3.0
"""The lock under which files are made, restored or put aside, and the longest wait for who holds it."""

FULL, IOERR, CANTOPEN = 13, 10, 14
_BUSY, _LOCKED, _READONLY, _CORRUPT, _NOTADB = 5, 6, 8, 11, 26
_DOUBTFUL = (0, 1, _READONLY, 19, 20)
"""No code, a general error, read-only, a constraint that fails, a wrong type."""


class DiskFull(StoreError):
    """No space left. `reserve_released` says that trying a small write once more may now work."""

    reserve_released = False


class Damaged(StoreError):
    """SQLite says that a file is not what it should be; `Store.repair` puts that right."""


class Replaced(Damaged):
    """A file was deleted or replaced while it was open; noticed before anything was written."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where a database lives."""

    user: Path
    cache: Path
    backups: Path
    locks: Path

    @property
    def outbox_mark(self) -> Path:
        """Where it is noted how far the outbox of user.db is."""
        return self.locks / "outbox.mark"

    @property
    def reserve(self) -> Path:
        """A file of 1 MiB that is deleted when the disk is full, so that a draft can still be saved."""
        return self.user.with_name("reserve")


class Database:
    """One connection to both files. Used by one thread at a time; see `StoreThread`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        files: Files,
        *,
        read_only: bool = False,
        volatile: bool = False,
        shared: bool = True,
        notices: Iterable[str] = (),
    ) -> None:
        self.connection = connection
        self.files = files
        self.read_only = read_only
        """Nothing can be written: `write` raises."""
        self.volatile = volatile
        """What is written is gone at the end: the folder could not be written to. Replies are off."""
        self.why_not = "read-only folder"
        """Why nothing can be saved, when nothing can."""
        self.shared = shared
        """False on a network file system: one program at a time, no write-ahead log."""
        self.notices = list(notices)
        """Sentences for the person about what happened while opening."""
        self.full = False
        """The disk was full; bulk writes wait until `try_again`."""
        self._tried_at = 0.0
        self.alone: int | None = None
        """Descriptor of the lock that keeps other programs out, on a network file system."""
        self.session: Session | None = None
        """The mark that this program is using the files."""
        self.unclean = False
        """A program that used the files was killed, or the machine went down."""
        self.doubted = False
        """The cache was rebuilt for damage that no check found."""
        self.identity: dict[str, tuple[int, int]] = {}
        """Device and inode of each file when it was attached."""
        self.outbox_mark = OutboxMark(files.outbox_mark) if files.locks else None
        self.outbox_moved = False
        """The open transaction has changed rows of the outbox."""
        self._offered: set[str] = set()
        self.execute = connection.execute
        self.executemany = connection.executemany

    @property
    def banner(self) -> str:
        """A sentence to show all the time, or an empty one."""
        if self.read_only or self.volatile:
            return f"{self.why_not}: nothing is saved, replies are off"
        return "disk full: sync is paused, drafts are still saved" if self.full else ""

    @property
    def lasting(self) -> bool:
        """False in a session that cannot save anything: nothing may be sent from it."""
        return not (self.read_only or self.volatile)

    def offer_function(self, name: str, arguments: int, function: Callable[..., Any]) -> None:
        """Lets statements call a function of ours. The first one of a name stays."""
        if name not in self._offered:
            self.connection.create_function(name, arguments, function)
            self._offered.add(name)

    def one(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.execute(sql, values).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def write(self, *, bulk: bool = False) -> Iterator[sqlite3.Connection]:
        """A write transaction over both files, `BEGIN IMMEDIATE` to commit; joins one that is open.

        `bulk` marks what can be fetched again: it waits while the disk is full and never takes the reserve.
        user.db and cache.db commit one after the other, not as one: what must not be lost goes to user.db
        in a transaction before.
        """
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        if self.read_only:
            raise StoreError(
                f"Nothing can be saved: {self.why_not}",
                str(self.files.user.parent),
                "Make room for it or free it for writing, then start again.",
            )
        if bulk and self.full and not self._try_again_if_due():
            raise self._disk_full("")
        if self.is_stale():
            raise Replaced("A data file was deleted or replaced", "", "It is being mended: try again.")
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
            if self.outbox_moved:
                self.note_outbox()
        except sqlite3.Error as error:
            self._roll_back()
            if code_of(error) == FULL:
                raise self._on_disk_full(str(error), bulk=bulk) from error
            raise translated(error, self.files) from error
        except BaseException:
            self._roll_back()
            raise

    def note_outbox(self) -> None:
        """Notes outside of user.db how far the outbox is now."""
        self.outbox_moved = False
        if self.outbox_mark is not None and not (self.volatile or self.read_only):
            self.outbox_mark.note(self.connection)

    def _roll_back(self) -> None:
        self.outbox_moved = False
        # SQLite rolls back by itself on some errors, and a second ROLLBACK would raise.
        if self.connection.in_transaction:
            with suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")

    def _on_disk_full(self, detail: str, *, bulk: bool) -> DiskFull:
        self.full = True
        self._tried_at = time.monotonic()
        problem = self._disk_full(detail)
        if not bulk and self.files.reserve.exists():
            self.files.reserve.unlink(missing_ok=True)
            problem.reserve_released = True
        return problem

    def _disk_full(self, detail: str) -> DiskFull:
        return DiskFull(
            "The disk is full",
            detail,
            f"Free some space for {self.files.user.parent}; it is tried again each minute.",
        )

    def try_again(self) -> bool:
        """After a full disk: True when there is room again (the reserve could be written anew)."""
        self.full = not keep_reserve(self.files.reserve)
        self._tried_at = time.monotonic()
        return not self.full

    def _try_again_if_due(self) -> bool:
        return time.monotonic() - self._tried_at >= TRY_AGAIN_SECONDS and self.try_again()

    def versions(self) -> tuple[int, int]:
        """Numbers for user.db and cache.db that change when another connection has written to them."""
        return (
            int(self.execute("PRAGMA user.data_version").fetchone()[0]),
            int(self.execute("PRAGMA cache.data_version").fetchone()[0]),
        )

    def wal_bytes(self) -> int:
        """Size of cache.db's write-ahead log."""
        try:
            return Path(f"{self.files.cache}-wal").stat().st_size
        except OSError:
            return 0

    def checkpoint(self, limit: int = WAL_LIMIT_BYTES) -> bool:
        """Moves the write-ahead log into cache.db if it is longer than `limit` and nobody else is at it."""
        if self.read_only or self.volatile or not self.shared or self.wal_bytes() <= limit:
            return False
        with maintenance_lock(self.files.locks) as mine:
            if not mine:
                return False
            # A reader in its transaction only delays this: the next commit tries again.
            self.execute("PRAGMA busy_timeout = 50")
            try:
                busy = self.execute("PRAGMA cache.wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.OperationalError as error:
                if code_of(error) not in (_BUSY, _LOCKED):
                    raise
                busy = 1
            finally:
                self.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
            return not busy

    def back_up(self, now: datetime, *, anew: bool = False) -> Path | None:
        """The daily copy of user.db, if one is due (or `anew`) and nobody else is making it.

        Raises Damaged, and makes none, when user.db itself is not whole.
        """
        if self.read_only or self.volatile or not (anew or backups.is_due(self.files.backups, now)):
            return None
        with maintenance_lock(self.files.locks) as mine:
            if not mine:
                return None
            if complaint := self.check("user"):
                raise Damaged("user.db is damaged", complaint, "The newest copy is restored.")
            return backups.take(self.connection, self.files.backups, now)

    def check(self, schema: str) -> str:
        """SQLite's own check of `user` or `cache`: "" or the first complaint. Seconds for a large cache."""
        return integrity.quick_check(self.connection, schema)

    def replaced(self, schema: str) -> bool:
        """True when the file was deleted or another one put in its place since it was opened."""
        if self.volatile or self.read_only:
            return False
        path = self.files.user if schema == "user" else self.files.cache
        try:
            found = path.stat()
        except OSError:
            return True
        return (found.st_dev, found.st_ino) != self.identity.get(schema, (found.st_dev, found.st_ino))

    def is_stale(self) -> bool:
        """True when either file was deleted or replaced."""
        return self.replaced("user") or self.replaced("cache")

    def remember_identity(self) -> None:
        """Notes which files are open, for `replaced`."""
        found = {}
        for schema, path in (("user", self.files.user), ("cache", self.files.cache)):
            with suppress(OSError):
                status = path.stat()
                found[schema] = (status.st_dev, status.st_ino)
        self.identity = found

    def interrupt(self) -> None:
        """Ends the running statement of this connection from another thread (it raises there)."""
        self.connection.interrupt()

    def close(self) -> None:
        """Rolls back what is open and closes. Idempotent."""
        self._roll_back()
        self.connection.close()
        if self.alone is not None:
            os.close(self.alone)
            self.alone = None
        if self.session is not None:
            # What a killed program may have left is still to be looked through: the next program is told.
            (self.session.abandon if self.unclean else self.session.end)()
            self.session = None


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code of an error; 0 when it carries none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def damaged(error: Exception) -> Damaged:
    """What a damaged file did to a statement, in our family."""
    return Damaged("A data file is damaged", str(error), "It is put aside and rebuilt or restored.")


def may_be_damage(error: BaseException | None) -> bool:
    """True for errors of SQLite that a bad byte brings about as well as a mistake of ours.

    Text that is no UTF-8 has no code: Python's sqlite3 raises that by itself.
    """
    return isinstance(error, sqlite3.Error) and code_of(error) in _DOUBTFUL


def translated(error: sqlite3.Error, files: Files) -> StoreError:
    """The same error in our family."""
    folder = files.user.parent
    match code_of(error):
        case code if code in (_CORRUPT, _NOTADB):
            return damaged(error)
        case code if code == FULL:
            return DiskFull("The disk is full", str(error), f"Free some space for {folder}.")
        case code if code in (_BUSY, _LOCKED):
            return StoreError(
                "Another program holds the data files", str(error), "Wait for it, or end it, and try again."
            )
        case code if code == _READONLY:
            return StoreError(
                "The data files are read-only", str(error), f"Give yourself write access to {folder}."
            )
        case code if code == IOERR:
            return StoreError(
                "The disk could not be read or written", str(error), f"Check the disk of {folder}."
            )
        case _:
            return StoreError("The data files could not be used", str(error), "Run ascinbox doctor.")


def keep_reserve(path: Path) -> bool:
    """Makes the reserve file if it is missing; False when there is no room for it."""
    try:
        if path.stat().st_size >= RESERVE_BYTES:
            return True
    except OSError:
        pass
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _allocate(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        with suppress(OSError):
            path.unlink()
        return False
    return True


def _allocate(descriptor: int) -> None:
    allocate: Callable[[int, int, int], None] | None = getattr(os, "posix_fallocate", None)
    if allocate is not None:
        allocate(descriptor, 0, RESERVE_BYTES)
    else:
        os.write(descriptor, b"\0" * RESERVE_BYTES)


@contextmanager
def maintenance_lock(locks: Path, name: str = "maintenance", wait_s: float = 0.0) -> Iterator[bool]:
    """Holds `locks/<name>.lock` for the block; False when another process has it for `wait_s`.

    A kill frees it.
    """
    try:
        descriptor = os.open(locks / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield False
        return
    try:
        yield _locked(descriptor, wait_s)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, wait_s: float) -> bool:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)
        except OSError:
            return False
        else:
            return True
