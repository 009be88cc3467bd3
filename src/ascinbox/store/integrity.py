"""Is this file ours, whole and of a schema that we know? If not: out of the way with it, without a loss."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from ascinbox.core.errors import StoreError
from ascinbox.core.plainfiles import odd_kind, opened
from ascinbox.store.migrations import Schema

_MAGIC = b"SQLite format 3\x00"


class FileFinding(StrEnum):
    """What a look at a data file showed."""

    GOOD = "good"
    MISSING = "missing"
    EMPTY = "empty"
    """No byte in it; SQLite itself would call that a valid database."""
    FOREIGN = "foreign"
    """Another program's database, or no database at all."""
    DAMAGED = "damaged"


class Incomplete(sqlite3.DatabaseError):
    """A database of ours in which tables are missing: treated as SQLite's own "malformed"."""

    sqlite_errorcode = 11


def look_at(path: Path, schema: Schema) -> FileFinding:
    """Reads little more than the header: exists, has bytes, says SQLite, carries our mark.

    Raises StoreError for what is no plain file: a folder, a named pipe, a link that leads nowhere.

    Format: sqlite.org/fileformat.html, "The Database Header" (application id at offset 68).
    """
    if kind := odd_kind(path):
        raise StoreError(f"{path} is {kind}, not a data file.", "", "Move it away, or put the file there.")
    try:
        with opened(path) as file:
            head = file.read(100)
    except FileNotFoundError:
        return FileFinding.MISSING
    if not head:
        return FileFinding.EMPTY
    if len(head) < 100 or not head.startswith(_MAGIC):
        return FileFinding.DAMAGED if head.startswith(_MAGIC[: len(head)]) else FileFinding.FOREIGN
    if not _is_sane(head):
        return FileFinding.DAMAGED
    mark = int.from_bytes(head[68:72], "big")
    if mark == schema.application_id:
        return FileFinding.GOOD
    # A file that a first start left behind before its first commit has pages but no mark and no tables.
    return (
        FileFinding.FOREIGN if mark or head[60:64] != b"\0\0\0\0" or _has_tables(path) else FileFinding.GOOD
    )


def _is_sane(head: bytes) -> bool:
    """Whether the fields of a header have values that a file of ours can have (UTF-8, journal or log).

    SQLite takes a file with some other values for read-only, for UTF-16 or for one of a later version.
    """
    page_size = int.from_bytes(head[16:18], "big")
    return (
        (page_size == 1 or (page_size >= 512 and page_size & (page_size - 1) == 0))
        and head[18] in (1, 2)
        and head[19] in (1, 2)
        and head[20:24] == b"\x00\x40\x20\x20"
        and int.from_bytes(head[44:48], "big") <= 4
        and int.from_bytes(head[56:60], "big") <= 1
    )


def _has_tables(path: Path) -> bool:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is not None
    except sqlite3.DatabaseError:
        # Damaged, or in use by who makes it: attaching it tells.
        return False
    finally:
        connection.close()


def tables_missing(connection: sqlite3.Connection, schema: Schema, attached_as: str) -> frozenset[str]:
    """Tables that the newest schema has and the file has not."""
    rows = connection.execute(f"SELECT name FROM {attached_as}.sqlite_schema WHERE type = 'table'")
    return schema.tables - {str(name) for (name,) in rows}


def quick_check(connection: sqlite3.Connection, attached_as: str) -> str:
    """SQLite's own check of the attached file: "" when it is whole, else the first complaint."""
    try:
        first = connection.execute(f"PRAGMA {attached_as}.quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if first is None or first[0] == "ok" else str(first[0])


def set_aside(path: Path, now: datetime) -> Path:
    """Renames a file and its journals to `<name>.corrupt-<time>`; never deletes one. Returns the new name."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.corrupt-{stamp}")
    count = 1
    while target.exists():
        count += 1
        target = path.with_name(f"{path.name}.corrupt-{stamp}-{count}")
    for suffix in ("", "-wal", "-shm", "-journal"):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.rename(target.with_name(target.name + suffix))
    return target


def create_folder(folder: Path) -> None:
    """Makes `folder` and its missing parents, 0700 from the start."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def create_private(path: Path) -> bool:
    """An empty file, 0600 from the start; journals that SQLite makes take its mode. True if it is new."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return False
    return True


def restore(copy: Path, path: Path) -> None:
    """Puts a backup copy in the place of `path`, atomically and durably."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    create_private(temporary)
    with copy.open("rb") as source, temporary.open("wb") as target:
        while piece := source.read(1 << 20):
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    temporary.replace(path)
