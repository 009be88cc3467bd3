"""Named moments at which a test may have this program killed, to show that every moment is survivable."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping

Point = Callable[[str], None]
"""Called with the name of each moment passed: after each commit, before and after each request."""


def no_point(_name: str) -> None:
    """Passes every moment by."""


def from_environment(environ: Mapping[str, str] = os.environ) -> Point:
    """`ASCINBOX_CRASH_AT=<name>[:n]` kills (SIGKILL) at the n-th passing of a moment, 1 by default.

    Heeded only where `ASCINBOX_TEST=1` is set too, so that no stray variable can harm anyone.
    """
    wanted = environ.get("ASCINBOX_CRASH_AT", "")
    if not wanted or environ.get("ASCINBOX_TEST") != "1":
        return no_point
    name, _, number = wanted.partition(":")
    left = int(number or 1)

    def point(passed: str) -> None:
        nonlocal left
        if passed == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return point
