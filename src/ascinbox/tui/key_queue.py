"""Hands keys to the screen one at a time: the next waits until the one before has done its work.

So keys typed ahead land where the person meant them: `t 1 P` opens the picker, then picks, then publishes,
however fast they come. Pasted text is told apart here (see burst).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import NamedTuple

from textual import events

from ascinbox.tui.actions import pressed
from ascinbox.tui.paste_guard import Press, burst_length, is_burst, wait_for_more
from ascinbox.tui.runtime.key_parser import TOGETHER


class KeyTarget(NamedTuple):
    """What the pump needs to know of the app."""

    typing: Callable[[], bool]
    """Whether a text field takes printable keys now."""
    is_safe: Callable[[str], bool]
    """Whether a key only moves, here and now."""
    handle: Callable[[events.Key], Awaitable[None]]
    """Does what the key means; returns when it is done."""
    pasted: Callable[[int], None]
    """Told how many keys were dropped as a paste."""


class KeyQueue:
    """A queue of keys and the task that works it off."""

    def __init__(self, target: KeyTarget, now: Callable[[], float] = monotonic) -> None:
        self._target = target
        self._now = now
        self._keys: deque[tuple[events.Key, Press]] = deque()
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    def put(self, event: events.Key) -> None:
        """Queues a key; call it on the app's loop."""
        name = pressed(event.key, event.character)
        together = getattr(event, TOGETHER, 1)
        self._keys.append((event, Press(name, event.time, event.is_printable, together)))
        self._idle.clear()
        self._arrived.set()

    def start(self) -> None:
        """Begins to work; keys put before wait until now."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="keys")

    async def stop(self) -> None:
        """Ends the task; queued keys are lost."""
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def idle(self) -> None:
        """Waits until every key so far has been handled."""
        await self._idle.wait()

    async def _run(self) -> None:
        while True:
            if not self._keys:
                self._arrived.clear()
                self._idle.set()
                await self._arrived.wait()
                continue
            if not self._target.typing() and await self._dropped_paste():
                continue
            event, _ = self._keys.popleft()
            await self._target.handle(event)

    async def _dropped_paste(self) -> bool:
        first = self._keys[0][1]
        while True:
            presses = [press for _, press in self._keys]
            if is_burst(presses):
                break
            until = first.at + wait_for_more(presses, self._target.is_safe(first.key))
            left = until - self._now()
            if left <= 0:
                return False
            self._arrived.clear()
            await _wait(self._arrived, left)
        dropped = 0
        while self._keys:
            presses = [press for _, press in self._keys]
            count = burst_length(presses)
            for _ in range(count):
                last = self._keys.popleft()[1]
            dropped += count
            if not self._keys:
                self._arrived.clear()
                await _wait(self._arrived, max(0.0, last.at + 0.030 - self._now()))
                if self._keys and self._keys[0][1].at - last.at > 0.030:
                    break
            else:
                break
        self._target.pasted(dropped)
        return True


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
