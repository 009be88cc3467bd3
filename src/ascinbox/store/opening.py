"""From two paths to an open `Database`, whatever state the files are in."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ascinbox.core.clock import Clock
from ascinbox.core.errors import StoreError
from ascinbox.store import integrity, mounts
from ascinbox.store.attaching import connect
from ascinbox.store.database import (
    CANTOPEN,
    FULL,
    IOERR,
    MENDING,
    MENDING_WAIT_S,
    Database,
    Files,
    code_of,
    keep_reserve,
    maintenance_lock,
    translated,
)
from ascinbox.store.integrity import FileFinding
from ascinbox.store.migrations import cache as cache_schema
from ascinbox.store.migrations import migrate, refuse_newer, version_of
from ascinbox.store.migrations import user as user_schema
from ascinbox.store.recovery import attach_cache, attach_user
from ascinbox.store.sessions import Session, sweep

READER_CACHE_KIB = 4_096
LEAST_ROOM_BYTES = 128 << 10
"""With less room than this an error of the disk is taken for a full one."""


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

    Raises NewerData for a schema newer than this program (nothing is touched then) and StoreError when
    another program holds the files on a network file system.
    """
    files = files_of(paths)
    try:
        for folder in (files.user.parent, files.locks):
            integrity.create_folder(folder)
        writable = os.access(files.user.parent, os.W_OK | os.X_OK) and _can_create(files.user.parent)
    except OSError:
        writable = False
    if not writable:
        return _open_without_writing(files, "read-only folder")
    kind = mounts.filesystem_of(files.user.parent, mountinfo)
    if not mounts.is_network(kind):
        database = _open_with_room(files, clock, shared=True)
    else:
        alone = _be_alone(files, kind)
        try:
            database = _open_with_room(files, clock, shared=False)
        except BaseException:
            os.close(alone)
            raise
        database.alone = alone
        database.notices.append(
            f"{files.user.parent} is on a network file system ({kind}): one ascinbox at a time, and slower."
        )
    if not database.volatile:
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
    connection = connect()
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


def _open_with_room(files: Files, clock: Clock, *, shared: bool) -> Database:
    """Opens for writing. On a full disk with the room that the reserve held, else without writing.

    Even reading needs room there: the index of the write-ahead log is a file.
    """
    unclean = sweep(files.locks) > 0
    try:
        return _open_for_writing(files, clock, shared=shared, unclean=unclean)
    except sqlite3.Error as error:
        if not _is_full(error, files):
            raise translated(error, files) from error
    files.reserve.unlink(missing_ok=True)
    try:
        database = _open_for_writing(files, clock, shared=shared, unclean=unclean)
    except sqlite3.Error as error:
        if not _is_full(error, files):
            raise translated(error, files) from error
        return _open_without_writing(files, "the disk is full")
    database.full = True
    database.notices.append("The disk is full: drafts and replies are still saved, a sync waits for room.")
    return database


def _is_full(error: sqlite3.Error, files: Files) -> bool:
    if code_of(error) == FULL:
        return True
    status = os.statvfs(files.user.parent)
    return code_of(error) in (IOERR, CANTOPEN) and status.f_bavail * status.f_frsize < LEAST_ROOM_BYTES


def _open_for_writing(files: Files, clock: Clock, *, shared: bool, unclean: bool) -> Database:
    connection = connect()
    database = Database(connection, files, shared=shared)
    database.unclean = unclean
    try:
        # One program at a time makes, migrates, restores or puts a file aside.
        with maintenance_lock(files.locks, MENDING, MENDING_WAIT_S):
            attach_user(database, clock.now())
            attach_cache(database, clock.now())
    except BaseException:
        connection.close()
        raise
    database.remember_identity()
    return database


def _open_without_writing(files: Files, why: str) -> Database:
    """A session in memory; what can be read without writing a byte is read.

    A cleanly closed cache.db can be opened as immutable; one with a log beside it cannot be trusted so.
    """
    connection = connect()
    database = Database(connection, files, volatile=True)
    database.why_not = why
    connection.execute("ATTACH ':memory:' AS user")
    log = files.cache.with_name(files.cache.name + "-wal")
    logged = log.exists() and log.stat().st_size > 0
    if integrity.look_at(files.cache, cache_schema.SCHEMA) is FileFinding.GOOD and not logged:
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
        f"{files.user.parent} cannot be written to ({why}): nothing is saved here, replies are off."
    )
    return database


def _read_user(connection: sqlite3.Connection, files: Files) -> None:
    journal = files.user.with_name(files.user.name + "-journal")
    if integrity.look_at(files.user, user_schema.SCHEMA) is not FileFinding.GOOD or journal.exists():
        return
    connection.deserialize(files.user.read_bytes(), name="user")
    try:
        refuse_newer(user_schema.SCHEMA, version_of(connection, "user"))
    except (sqlite3.Error, StoreError):
        connection.execute("DETACH user")
        connection.execute("ATTACH ':memory:' AS user")
