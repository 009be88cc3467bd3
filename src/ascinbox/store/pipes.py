"""Helper processes of our own, and plain values over a pipe to and from them."""

from __future__ import annotations

import fcntl
import marshal
import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any

_LENGTH = struct.Struct("!Q")
PIPE_BYTES = 1 << 20
"""What a pipe to or from a helper holds, where the system lets one ask: an answer is written whole, and the
next one begun, while the program that asked for it does something else."""
_SET_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


def helper_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a helper needs of the environment, and no secret."""
    return {name: environ[name] for name in _KEPT if name in environ}


def start_helper(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Starts a module of ours as a helper, in a session of its own; OSError where none can be started."""
    helper = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=helper_environment(),
        start_new_session=True,
    )
    for pipe in (helper.stdin, helper.stdout):
        if pipe is not None and _SET_SIZE is not None:
            with suppress(OSError):
                fcntl.fcntl(pipe, _SET_SIZE, PIPE_BYTES)
    return helper


def send(pipe: IO[bytes], value: Any) -> None:
    """Writes one value; OSError when nobody reads any more."""
    frame = marshal.dumps(value)
    pipe.write(_LENGTH.pack(len(frame)))
    pipe.write(frame)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Waits for one value; EOFError when none comes."""
    return value_of(receive_frame(pipe))


def receive_frame(pipe: IO[bytes]) -> bytes:
    """Waits for one value, and leaves it as it came; EOFError when none comes."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    frame = pipe.read(length)
    if len(frame) < length:
        raise EOFError
    return frame


def value_of(frame: bytes) -> Any:
    """The value that came in a frame."""
    return marshal.loads(frame)  # noqa: S302  (from the process that this one has started)
