"""Keeps a process that has read a secret from being looked into."""

from __future__ import annotations

import sys
from functools import cache

PR_SET_DUMPABLE = 4


@cache
def close_memory() -> bool:
    """Closes this process's memory and environment to the person's other programs; True where that works.

    Linux only (`prctl(2)`): no debugger but root's may attach, and /proc/PID/environ and /proc/PID/mem belong
    to root. It cannot be taken back, so once is enough. Elsewhere the system itself asks before it lets a
    debugger in.
    """
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        return bool(ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
