"""Tells pasted text from typing, for terminals that do not mark a paste. Pure.

A burst of five or more *different* printable keys within 30 ms, outside a text field, is no person. Held or
repeated keys that arrive in bursts over a slow line are the same key and pass. What one read of the terminal
brought came at once, however long a busy machine then takes to hand it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WINDOW_S = 0.030
DIFFERENT = 5
HOLD_S = 0.008
"""How long a lone key that acts is held back to see whether more follow at once."""


class Press(NamedTuple):
    """A key and when it arrived (monotonic seconds)."""

    key: str
    at: float
    prints: bool
    together: int = 1
    """How many different printable keys the read brought that brought this one."""


def is_burst(presses: Sequence[Press]) -> bool:
    """True when `presses`, oldest first, begin with what only a paste can be."""
    return bool(presses and presses[0].together >= DIFFERENT) or len(_first_window(presses)) >= DIFFERENT


def wait_for_more(presses: Sequence[Press], safe: bool) -> float:
    """Seconds after the first press that one must wait before it may act.

    `safe`: the first press only moves. It waits only once others that differ are behind it.
    """
    different = len(_first_window(presses))
    if different >= DIFFERENT or not presses[0].prints:
        return 0.0
    if different > 1:
        return WINDOW_S
    return 0.0 if safe else HOLD_S


def burst_length(presses: Sequence[Press]) -> int:
    """How many of `presses` belong to the burst: all until the first pause of `WINDOW_S`."""
    for number in range(1, len(presses)):
        if presses[number].at - presses[number - 1].at > WINDOW_S:
            return number
    return len(presses)


def _first_window(presses: Sequence[Press]) -> set[str]:
    if not presses:
        return set()
    start = presses[0].at
    return {press.key for press in presses if press.prints and press.at - start <= WINDOW_S}
