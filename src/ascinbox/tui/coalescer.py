"""Bringing something up to date as often as is good, however often there is a reason to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

PATIENCE_S = 5.0
"""Longer than this nothing waits for the keys to rest."""
LOOK_S = 0.05
REST = 4
"""After a refresh that took a second, the next one begins this many seconds later at the earliest."""


class Coalescer:
    """One refresh at a time. Whatever asks while it runs leads to one more, after a rest."""

    def __init__(self, refresh: Callable[[], Awaitable[None]], in_use: Callable[[], bool]) -> None:
        """`in_use`: somebody types now; a refresh waits for a pause, up to `PATIENCE_S`."""
        self._refresh = refresh
        self._in_use = in_use
        self._wanted = False
        self._running = False

    @property
    def is_running(self) -> bool:
        """Whether a refresh is under way or waits for its turn."""
        return self._running

    def ask(self, spawn: Callable[[Any], object]) -> None:
        """Has it done soon; `spawn` runs a coroutine."""
        self._wanted = True
        if not self._running:
            self._running = True
            spawn(self._run())

    async def _run(self) -> None:
        try:
            while self._wanted:
                await pause(self._in_use)
                self._wanted = False
                began = monotonic()
                await self._refresh()
                if self._wanted:
                    await asyncio.sleep(REST * (monotonic() - began))
        finally:
            self._running = False


async def pause(in_use: Callable[[], bool]) -> None:
    """Waits until the keys rest, up to `PATIENCE_S`."""
    until = monotonic() + PATIENCE_S
    while in_use() and monotonic() < until:
        await asyncio.sleep(LOOK_S)
