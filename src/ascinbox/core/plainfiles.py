"""Reads files that people may have made into anything: a link, a folder, a pipe. Never waits for a writer."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

LARGEST = 16 << 20
"""Bytes that are read of a file of settings, views or templates."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def odd_kind(path: Path) -> str:
    """What stands there instead of a plain file: `a folder`, `a named pipe`; empty for a file or nothing."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "a link that leads nowhere" if path.is_symlink() else ""
    except OSError as error:
        return "a link in a circle" if error.errno == errno.ELOOP else ""
    return next((words for test, words in _KINDS if test(mode)), "")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A plain file, opened for reading. /dev/null counts as an empty one.

    Raises FileNotFoundError when there is nothing, and OSError with a sentence for what is no plain file.
    """
    kind = odd_kind(path)
    if kind and not (kind == "a device" and path.samefile(os.devnull)):
        raise _odd(kind)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        yield file


def read_plain(path: Path, largest: int = LARGEST) -> bytes:
    """The bytes of a plain file. Raises as `opened`, and OSError for one of more than `largest` bytes."""
    with opened(path) as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, f"it has more than {largest:,} bytes")
    return content


def _odd(kind: str) -> OSError:
    return OSError(errno.EINVAL, f"it is {kind}, not a file")
