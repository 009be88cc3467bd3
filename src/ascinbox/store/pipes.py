"""Helper processes of our own, and plain values over a pipe to and from them."""

from __future__ import annotations

import marshal
import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from typing import IO, Any

_LENGTH = struct.Struct("!Q")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


def helper_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a helper needs of the environment, and no secret."""
    return {name: environ[name] for name in _KEPT if name in environ}


def start_helper(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Starts a module of ours as a helper, in a session of its own; OSError where none can be started."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=helper_environment(),
        start_new_session=True,
    )


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
