"""How far the outbox has come, noted outside of user.db: tells an older copy that somebody put in its place.

Such a copy is a sound file, so nothing in it shows that replies which it would send were taken back since.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ascinbox.core.plainfiles import read_plain

_WINDOW = 200
"""So many of the last rows are summed; of an older one that moves, `changed_at` tells."""
_BYTES = 160


@dataclass(frozen=True, slots=True)
class Position:
    """Three numbers that grow with what happens in the outbox."""

    last: int
    """The highest row id."""
    versions: int
    """The sum of the versions of the `_WINDOW` rows up to it: each step of a row adds one."""
    changed_at: float
    """The latest change of a row, in epoch seconds."""

    def is_behind(self, noted: Position, versions_then: int) -> bool:
        """Whether the file is older than when `noted` was written; `versions_then`: the sum over its rows."""
        return self.last < noted.last or versions_then < noted.versions or self.changed_at < noted.changed_at


class OutboxMark:
    """The note of one user.db. Written after a commit, so a kill in between leaves it behind, never ahead."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, connection: sqlite3.Connection) -> None:
        """Writes down how far the outbox of the attached `user` schema is. A failure keeps the older note."""
        with suppress(OSError, sqlite3.Error):
            content = json.dumps(asdict(_position(connection))).encode().ljust(_BYTES)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(descriptor, content, 0)
            finally:
                os.close(descriptor)

    def is_ahead_of(self, connection: sqlite3.Connection) -> bool:
        """Whether the attached `user` schema is an older state than the one that was noted."""
        try:
            fields = json.loads(read_plain(self._path, _BYTES))
            noted = Position(int(fields["last"]), int(fields["versions"]), float(fields["changed_at"]))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return False
        return _position(connection).is_behind(noted, _versions(connection, noted.last))


def _position(connection: sqlite3.Connection) -> Position:
    last, changed_at = connection.execute(
        "SELECT coalesce((SELECT max(id) FROM user.outbox), 0),"
        " CAST(coalesce((SELECT max(changed_at) FROM user.outbox), 0.0) AS REAL)"
    ).fetchone()
    return Position(last, _versions(connection, last), changed_at)


def _versions(connection: sqlite3.Connection, last: int) -> int:
    row = connection.execute(
        "SELECT coalesce(sum(version), 0) FROM user.outbox WHERE id > ? AND id <= ?", (last - _WINDOW, last)
    ).fetchone()
    return int(row[0])
