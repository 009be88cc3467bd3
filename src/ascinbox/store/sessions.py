"""Who is using the files: one locked file a program, which tells afterwards who did not end in order."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

_PREFIX = "session-"


class Session:
    """This program's mark. The kernel frees the lock on it when the program ends, however it ends."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def begin(cls, locks: Path) -> Session:
        """Sets the mark. Raises OSError when the folder cannot be written to."""
        path = locks / f"{_PREFIX}{os.getpid()}-{os.urandom(4).hex()}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return cls(path, descriptor)

    def end(self) -> None:
        """Takes the mark away: everything was closed in order."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def abandon(self) -> None:
        """Gives up the mark as a kill would."""
        os.close(self._descriptor)


def others(locks: Path) -> int:
    """How many other programs use the files now."""
    found = 0
    for path in locks.glob(f"{_PREFIX}*"):
        if path.name.startswith(f"{_PREFIX}{os.getpid()}-"):
            continue
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            found += 1
        finally:
            os.close(descriptor)
    return found


def sweep(locks: Path) -> int:
    """Takes away the marks of programs that are gone without having ended in order; how many there were."""
    found = 0
    for path in sorted(locks.glob(f"{_PREFIX}*")):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
            found += 1
        except OSError:
            pass
        finally:
            os.close(descriptor)
    return found
