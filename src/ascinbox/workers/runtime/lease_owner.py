"""Who holds a lease: the name of one running program, and whether that program still runs.

A lease runs out by itself; knowing that its holder is dead only makes the wait shorter. So a doubt counts
as alive.
"""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path

_SEPARATOR = "|"


def this_program() -> str:
    """A name that no other holder has, not even another one in this process."""
    parts = (*_where(), str(os.getpid()), _started(os.getpid()), uuid.uuid4().hex[:12])
    return _SEPARATOR.join(part.replace(_SEPARATOR, "_") for part in parts)


def is_gone(owner: str) -> bool:
    """True only when the named program ran on this machine since its last start and does not run any more."""
    parts = owner.split(_SEPARATOR)
    if len(parts) != 6:
        return False
    *where, pid, started, _ = parts
    here = [part.replace(_SEPARATOR, "_") for part in _where()]
    if where != here or not where[1] or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return bool(started) and _started(int(pid)) != started


def _where() -> tuple[str, str, str]:
    """Host, boot and process-id namespace: only where all three agree does a process id mean the same."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return socket.gethostname(), "", ""
    return socket.gethostname(), boot, namespace


def _started(pid: int) -> str:
    """The process's start time in clock ticks since boot; empty where /proc does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    # The program's name, in brackets, may itself hold blanks and brackets.
    fields = stat[stat.rindex(b")") + 2 :].split()
    state, ticks = fields[0], fields[19]
    return "" if state in (b"Z", b"X") else ticks.decode("ascii")
