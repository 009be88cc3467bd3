"""Copies of user.db, one a day for seven days: made by SQLite itself, 0600 from the first byte."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from ascinbox.core.errors import StoreError
from ascinbox.store.integrity import create_folder

KEPT = 7
_STAMP = "%Y%m%dT%H%M%SZ"
_DAILY = re.compile(r"^user-(\d{8}T\d{6}Z)\.db$")


def copies(folder: Path) -> list[Path]:
    """The daily copies, newest first."""
    try:
        found = [path for path in folder.iterdir() if _DAILY.match(path.name) and path.is_file()]
    except OSError:
        return []
    return sorted(found, key=lambda path: path.name, reverse=True)


def taken_at(copy: Path) -> datetime:
    """When the copy was made (UTC)."""
    name = _DAILY.match(copy.name)
    stamp = name[1] if name else "19700101T000000Z"
    return datetime.strptime(stamp + "+0000", _STAMP + "%z")


def is_due(folder: Path, now: datetime) -> bool:
    """True when the newest copy is a day old, missing, or dated in the future by a clock gone wrong."""
    newest = next(iter(copies(folder)), None)
    return newest is None or abs(now - taken_at(newest)) >= timedelta(days=1)


def take(connection: sqlite3.Connection, folder: Path, now: datetime) -> Path:
    """Copies the attached `user` schema. The newest copies of the last seven days that have one are kept.

    Not inside a transaction.
    """
    path = snapshot(connection, folder / f"user-{now.strftime(_STAMP)}.db")
    days: set[date] = set()
    for copy in copies(folder):
        day = taken_at(copy).date()
        if day in days or len(days) == KEPT:
            copy.unlink(missing_ok=True)
        days.add(day)
    return path


def snapshot(connection: sqlite3.Connection, path: Path, schema: str = "user") -> Path:
    """A consistent, compact copy of the attached `schema` at `path`, durable when this returns.

    Raises StoreError when it cannot be written; an older file at `path` is then untouched.
    """
    create_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        connection.execute(f"VACUUM {schema} INTO ?", (str(temporary),))
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            temporary.unlink()
        raise StoreError(
            f"No copy of {schema}.db could be made",
            str(error),
            f"Look at free space and rights of {path.parent}.",
        ) from error
    return path
