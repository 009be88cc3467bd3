"""Plain values over a pipe, to and from a helper process of our own."""

from __future__ import annotations

import marshal
import os
import struct
from collections.abc import Mapping
from typing import IO, Any

_LENGTH = struct.Struct("!Q")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


def helper_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a helper needs of the environment, and no secret."""
    return {name: environ[name] for name in _KEPT if name in environ}


def send(pipe: IO[bytes], value: Any) -> None:
    """Writes one value; OSError when nobody reads any more."""
    frame = marshal.dumps(value)
    pipe.write(_LENGTH.pack(len(frame)))
    pipe.write(frame)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Waits for one value; EOFError when none comes."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    frame = pipe.read(length)
    if len(frame) < length:
        raise EOFError
    return marshal.loads(frame)  # noqa: S302  (from the process that this one has started)
