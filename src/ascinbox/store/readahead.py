"""Has the system read the cache into memory: the first search of the morning then waits for no disk.

Only a hint, and only on Linux. The file is not opened for it: closing it again would end every lock that
SQLite holds on it in this process (sqlite.org/howtocorrupt.html, 2.2). SQLite's own descriptor is used.
"""

from __future__ import annotations

import os
from pathlib import Path

SHARE = 4
"""At most one part in so many of the machine's memory is asked for."""
STEP_BYTES = 1 << 20
"""Of a longer stretch Linux reads only the beginning."""
DESCRIPTORS = Path("/proc/self/fd")


def read_ahead(path: Path) -> int:
    """Asks for the file, or as much of it as is reasonable; gives the bytes, 0 where nobody can be asked."""
    try:
        descriptor = _descriptor_of(path)
        if descriptor is None:
            return 0
        most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // SHARE
        size = min(os.fstat(descriptor).st_size, most)
        for start in range(0, size, STEP_BYTES):
            os.posix_fadvise(descriptor, start, STEP_BYTES, os.POSIX_FADV_WILLNEED)
    except (OSError, ValueError, AttributeError):
        return 0
    return size


def _descriptor_of(path: Path) -> int | None:
    """An open descriptor of the file; None when there is none, or no list of them."""
    wanted = str(path.resolve())
    for entry in DESCRIPTORS.iterdir() if DESCRIPTORS.is_dir() else ():
        try:
            if str(entry.readlink()) == wanted:
                return int(entry.name)
        except OSError:
            continue
    return None
