"""From two paths to an open `Database`, whatever state the files are in."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ascinbox.core.clock import Clock
from ascinbox.core.errors import StoreError
from ascinbox.store import backups, integrity, mounts
from ascinbox.store.database import BUSY_SECONDS, Database, Files, code_of, keep_reserve
from ascinbox.store.integrity import Finding
from ascinbox.store.migrations import Schema, migrate, refuse_newer, version_of
from ascinbox.store.migrations import cache as cache_schema
from ascinbox.store.migrations import user as user_schema
from ascinbox.store.sessions import Session, sweep

WRITER_CACHE_KIB = 16_384
READER_CACHE_KIB = 4_096
_DAMAGE = (11, 26)


class Folders(Protocol):
    """Where the program keeps its files (`ascinbox.paths.Paths`)."""

    @property
    def user_db(self) -> Path: ...

    @property
    def cache_db(self) -> Path: ...

    @property
    def backups(self) -> Path: ...

    @property
    def locks(self) -> Path: ...


def files_of(paths: Folders) -> Files:
    """The store's files among the program's."""
    return Files(paths.user_db, paths.cache_db, paths.backups, paths.locks)


def open_database(paths: Folders, clock: Clock, *, mountinfo: Path = mounts.MOUNTINFO) -> Database:
    """Opens both files for writing, creating, migrating, restoring or rebuilding what needs it.

    Raises StoreError for a schema newer than this program (nothing is touched then) and when another
    program holds the files on a network file system.
    """
    files = files_of(paths)
    try:
        for folder in (files.user.parent, files.locks):
            integrity.create_folder(folder)
        writable = os.access(files.user.parent, os.W_OK | os.X_OK) and _can_create(files.user.parent)
    except OSError:
        writable = False
    if not writable:
        return _open_without_writing(files)
    kind = mounts.filesystem_of(files.user.parent, mountinfo)
    if not mounts.is_network(kind):
        database = _open_for_writing(files, clock, shared=True)
    else:
        alone = _be_alone(files, kind)
        try:
            database = _open_for_writing(files, clock, shared=False)
        except BaseException:
            os.close(alone)
            raise
        database.alone = alone
        database.notices.append(
            f"{files.user.parent} is on a network file system ({kind}): one ascinbox at a time, and slower."
        )
    keep_reserve(files.reserve)
    with suppress(OSError):
        database.session = Session.begin(files.locks)
    return database


def _be_alone(files: Files, kind: str) -> int:
    descriptor = os.open(files.locks / "alone.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise StoreError(
            "Another ascinbox uses these files",
            f"{files.user.parent} is on a network file system ({kind}), where only one may.",
            "Close the other one, or set ASCINBOX_HOME to a local folder.",
        ) from None
    return descriptor


def open_reader(database: Database) -> Database:
    """A second connection to the files of `database` that can only read."""
    connection = _connect()
    for schema, path in (("user", database.files.user), ("cache", database.files.cache)):
        connection.execute(f"ATTACH ? AS {schema}", (str(path),))
        connection.execute(f"PRAGMA {schema}.cache_size = -{READER_CACHE_KIB}")
    connection.execute("PRAGMA query_only = ON")
    reader = Database(connection, database.files, shared=database.shared)
    reader.remember_identity()
    return reader


def _can_create(folder: Path) -> bool:
    probe = folder / f".probe-{os.getpid()}-{threading.get_ident()}"
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        probe.unlink()
    except OSError as error:
        # A full disk is not a read-only one: reading and small writes still work.
        return error.errno == 28
    return True


def _connect() -> sqlite3.Connection:
    connection = sqlite3.connect(
        ":memory:",
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        uri=True,
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.create_function("guess_language", 2, _guess_language, deterministic=True)
    return connection


def _guess_language(title: str, body: str) -> str:
    from ascinbox.core.language import guess

    return guess(f"{title} {body}") or ""


def _open_for_writing(files: Files, clock: Clock, *, shared: bool) -> Database:
    connection = _connect()
    database = Database(connection, files, shared=shared)
    database.unclean = sweep(files.locks) > 0
    try:
        _attach_user(database, clock.now())
        if database.unclean and (complaint := database.check("user")):
            _detach(database, "user")
            _bring_back_user(database, f"user.db was damaged ({complaint})", clock.now())
            _attach_user(database, clock.now())
        _attach_cache(database, clock.now())
    except BaseException:
        connection.close()
        raise
    database.remember_identity()
    return database


def _attach_user(database: Database, now: datetime) -> None:
    files, schema = database.files, user_schema.SCHEMA
    finding = integrity.look_at(files.user, schema)
    if finding is Finding.EMPTY and (backups.copies(files.backups) or files.cache.exists()):
        _bring_back_user(database, "user.db was empty", now)
    elif finding in (Finding.FOREIGN, Finding.DAMAGED):
        _bring_back_user(database, "user.db was not a file of ascinbox's", now)
    elif finding is Finding.MISSING and backups.copies(files.backups):
        _bring_back_user(database, "user.db was gone", now)
    integrity.create_private(files.user)

    def before(version: int) -> None:
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        backups.snapshot(database.connection, files.backups / f"user-before-v{version + 1}-{stamp}.db")

    for attempt in (1, 2):
        try:
            _attach(database, schema, files.user, "DELETE", "FULL", before=before)
            return
        except sqlite3.DatabaseError as error:
            if code_of(error) not in _DAMAGE or attempt == 2:
                raise
            _detach(database, "user")
            _bring_back_user(database, f"user.db was damaged ({error})", now)
            integrity.create_private(files.user)


def _bring_back_user(database: Database, cause: str, now: datetime) -> None:
    """Puts the damaged file aside and the newest good copy in its place, and says so."""
    files = database.files
    kept = ""
    if files.user.exists() and files.user.stat().st_size:
        kept = f" The old file is kept as {integrity.set_aside(files.user, now).name}."
    for copy in backups.copies(files.backups):
        if integrity.look_at(copy, user_schema.SCHEMA) is Finding.GOOD and not _complaint(copy):
            integrity.restore(copy, files.user)
            taken = backups.taken_at(copy).strftime("%Y-%m-%d %H:%M UTC")
            database.notices.append(
                f"{cause}: the copy of {taken} was restored.{kept} Look over drafts and notes."
            )
            return
    files.user.unlink(missing_ok=True)
    database.notices.append(f"{cause} and there is no copy: drafts, notes and accounts start anew.{kept}")


def _complaint(path: Path) -> str:
    """What SQLite finds wrong with a file, looked at anew: an open connection may remember what was there."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    try:
        return integrity.quick_check(connection, "main")
    finally:
        connection.close()


def _attach_cache(database: Database, now: datetime) -> None:
    files, schema = database.files, cache_schema.SCHEMA
    finding = integrity.look_at(files.cache, schema)
    if finding is Finding.EMPTY:
        # Its log, if there is one, belongs to a file that is no more.
        for suffix in ("-wal", "-shm"):
            files.cache.with_name(files.cache.name + suffix).unlink(missing_ok=True)
    elif finding in (Finding.FOREIGN, Finding.DAMAGED):
        aside = integrity.set_aside(files.cache, now)
        database.notices.append(
            f"cache.db was not a file of ascinbox's: it is kept as {aside.name}, a sync fills a new one."
        )
    integrity.create_private(files.cache)
    mode = "WAL" if database.shared else "DELETE"
    try:
        _attach(database, schema, files.cache, mode, "NORMAL")
    except sqlite3.DatabaseError as error:
        if code_of(error) not in _DAMAGE:
            raise
        rebuild_cache(database, f"damaged ({error})", now)


def rebuild_cache(database: Database, cause: str, now: datetime) -> Path | None:
    """Puts cache.db aside, makes a new one and copies over the rows that Apple would not give again.

    Appends a notice. Returns the name of the old file, None when it was gone.
    """
    files = database.files
    _detach(database, "cache")
    aside = integrity.set_aside(files.cache, now) if files.cache.exists() else None
    if aside is None:
        for suffix in ("-wal", "-shm"):
            files.cache.with_name(files.cache.name + suffix).unlink(missing_ok=True)
    integrity.create_private(files.cache)
    _attach(database, cache_schema.SCHEMA, files.cache, "WAL" if database.shared else "DELETE", "NORMAL")
    rows = _salvage_from(database, aside) if aside is not None else 0
    database.remember_identity()
    kept = f" It is kept as {aside.name}." if aside else ""
    saved = f" {rows} report rows could be saved." if rows else ""
    database.notices.append(f"cache.db was {cause}: a new one is filled by the next sync.{kept}{saved}")
    return aside


def repair(database: Database, now: datetime) -> None:
    """Puts right files that were deleted, replaced or damaged under an open database. Appends notices.

    A user.db that vanished is written anew from the open connection, which still holds all of it. Another
    file in its place, or a damaged one, is handled as at the start.
    """
    if database.volatile or database.read_only:
        return
    files = database.files
    if database.replaced("user") and not files.user.exists():
        backups.snapshot(database.connection, files.user)
        _detach(database, "user")
        _attach_user(database, now)
        database.notices.append("user.db was deleted while ascinbox was running: it was written anew, whole.")
    elif database.replaced("user") or _complaint(files.user):
        _detach(database, "user")
        if integrity.look_at(files.user, user_schema.SCHEMA) is Finding.GOOD and not _complaint(files.user):
            _attach_user(database, now)
            database.notices.append("user.db was replaced while ascinbox was running: the new one is in use.")
        else:
            _bring_back_user(database, "user.db was damaged", now)
            _attach_user(database, now)
    if database.replaced("cache") and not files.cache.exists():
        rebuild_cache(database, "deleted while ascinbox was running", now)
    elif database.replaced("cache"):
        _detach(database, "cache")
        _attach_cache(database, now)
        database.notices.append("cache.db was replaced while ascinbox was running: the new one is in use.")
    elif complaint := _complaint(files.cache):
        rebuild_cache(database, f"damaged ({complaint})", now)
    database.remember_identity()


def _salvage_from(database: Database, aside: Path) -> int:
    connection = database.connection
    try:
        connection.execute("ATTACH ? AS broken", (str(aside),))
    except sqlite3.DatabaseError:
        return 0
    try:
        with database.write():
            saved = integrity.salvage(connection, "broken", "cache", cache_schema.SALVAGED)
        return sum(saved.values())
    except (sqlite3.DatabaseError, StoreError):
        return 0
    finally:
        with suppress(sqlite3.Error):
            connection.execute("DETACH broken")


def _attach(
    database: Database,
    schema: Schema,
    path: Path,
    journal: str,
    synchronous: str,
    *,
    before: Callable[[int], None] | None = None,
) -> None:
    connection = database.connection
    connection.execute(f"ATTACH ? AS {schema.name}", (str(path),))
    connection.execute(f"PRAGMA {schema.name}.cache_size = -{WRITER_CACHE_KIB}")
    version = version_of(connection, schema.name)
    if version > schema.version:
        _detach(database, schema.name)
        refuse_newer(schema, version)
    if version == 0:
        # The mark goes into the file itself before a log exists beside it.
        connection.execute(f"PRAGMA {schema.name}.application_id = {schema.application_id}")
    _set_journal(connection, schema.name, journal)
    connection.execute(f"PRAGMA {schema.name}.synchronous = {synchronous}")
    if journal == "WAL":
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    migrate(connection, schema, schema.name, before)
    missing = integrity.tables_missing(connection, schema, schema.name)
    if missing:
        raise integrity.Incomplete("tables are missing: " + ", ".join(sorted(missing)))


def _set_journal(connection: sqlite3.Connection, schema: str, journal: str) -> None:
    # Changing to WAL needs the file alone for a moment, and SQLite does not wait for that by itself.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA {schema}.journal_mode = {journal}")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _detach(database: Database, schema: str) -> None:
    if database.connection.in_transaction:
        database.connection.execute("ROLLBACK")
    with suppress(sqlite3.Error):
        database.connection.execute(f"DETACH {schema}")


def _open_without_writing(files: Files) -> Database:
    """A session in memory; what can be read without writing a byte is read.

    A cleanly closed cache.db can be opened as immutable; one with a log beside it cannot be trusted so.
    """
    connection = _connect()
    database = Database(connection, files, volatile=True)
    connection.execute("ATTACH ':memory:' AS user")
    log = files.cache.with_name(files.cache.name + "-wal")
    if integrity.look_at(files.cache, cache_schema.SCHEMA) is Finding.GOOD and not log.exists():
        connection.execute("ATTACH ? AS cache", (f"{files.cache.absolute().as_uri()}?immutable=1",))
        if version_of(connection, "cache") == cache_schema.SCHEMA.version:
            database.read_only = True
        else:
            connection.execute("DETACH cache")
    if not database.read_only:
        connection.execute("ATTACH ':memory:' AS cache")
        migrate(connection, cache_schema.SCHEMA, "cache")
    _read_user(connection, files)
    migrate(connection, user_schema.SCHEMA, "user")
    database.notices.append(
        f"{files.user.parent} cannot be written to: nothing is saved in this session and replies are off."
    )
    return database


def _read_user(connection: sqlite3.Connection, files: Files) -> None:
    journal = files.user.with_name(files.user.name + "-journal")
    if integrity.look_at(files.user, user_schema.SCHEMA) is not Finding.GOOD or journal.exists():
        return
    connection.deserialize(files.user.read_bytes(), name="user")
    try:
        refuse_newer(user_schema.SCHEMA, version_of(connection, "user"))
    except (sqlite3.Error, StoreError):
        connection.execute("DETACH user")
        connection.execute("ATTACH ':memory:' AS user")
