"""The morning loop, key by key, on the demo's scene: what the animated picture shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from screenshots.animated import Frame, runs_of

from ascinbox.tui.inbox import filter_bar
from tests.tui.world import Ui

SIZE = (100, 28)
STILL = "P"
"""Where nothing moves, the first frame is seen that these keys led to."""
DRAIN_S = (5, 5, 5, 5)
"""So many seconds of the undo window pass at each step; the picture shows them faster."""


class Morning:
    """Presses the keys and keeps what is on the screen after each."""

    def __init__(self, ui: Ui, wait: Callable[[timedelta], None]) -> None:
        """`wait` makes it so much later."""
        self._ui = ui
        self._wait = wait
        self.frames: list[Frame] = []

    async def play(self) -> None:
        """The whole of it."""
        await self._shot("ascinbox", "the Inbox: what needs a reply in all apps, oldest first", 1.8)
        await self._keys("j", "next review", "2/37", 1.2)
        await self._keys("t", "templates, filled in for this review", "F3 make one", 1.3)
        await self._keys("1", "the check step: what customers will see", "What customers will see", 2.0)
        await self._keys("P", "publish: it waits 30 seconds, and u takes it back", "leaves in 30 s", 1.4)
        for seconds in DRAIN_S:
            self._wait(timedelta(seconds=seconds))
            await self._shot("P", "the bar drains (faster here than in life)", 0.4)
        await self._keys("n", "the next one that needs you", "3/36", 1.2)
        await self._keys(".", "the same template for this one", "What customers will see", 1.6)
        await self._keys("P", "publish", "leaves in 30 s", 1.2)
        await self._filtered("rating:<=2 crash")
        await self._keys("*", "similar reviews: the same words, still to answer", "3 say", 1.5)
        await self._keys("X", "all of them", "3 selected", 0.9)
        await self._keys("t", "one template for all", "Template for 3", 0.9)
        await self._keys("1", "each text is shown before any of them leaves", "3 of 3 seen", 2.2)
        await self._keys("P", "publish several: the number is typed", "Type the number", 0.9)
        await self._keys("3 enter", "and all can still be taken back", "leaves in 30 s", 1.3)
        await self._leave()
        await self._keys("2", "the Outbox: what is on its way, what is held and why", "[2 Outbox", 2.0)
        await self._keys("4", "Health: what is broken, and who has to click what", "Apple said", 2.4)

    async def _keys(self, keys: str, does: str, seen: str, seconds: float) -> None:
        """What is on the screen once `seen` is."""
        await self._ui.press(*keys.split())
        if "30 s" in seen:
            # A sentence about the key stands in the bar's place for a while.
            self._ui.app.notices.give_way()
        await self._ui.until(lambda: seen in self._ui.text())
        await self._shot(keys, does, seconds)

    async def _filtered(self, query: str) -> None:
        await self._ui.press("slash", "ctrl+u", "ctrl+k")
        await self._shot("/", "filter as you type", 0.6)
        for word in re.split(r"(?= )", query):
            others, last = word[:-1], word[-1]
            # Nobody pauses within a word, however slow this machine is: it filters after the last letter.
            with _never_filtered():
                for letter in others:
                    await self._ui.type(letter)
                    if word == query[: len(word)]:
                        await self._shot("/", "filter as you type", 0.1)
            await self._ui.type(last)
            await self._ui.until(lambda: self._ui.inbox.query_one(filter_bar.FilterBar)._timer is None)
            await self._shot("/", "filter as you type", 0.6)
        await self._keys("enter", "keep it", "46 of 4,812", 1.2)

    async def _leave(self) -> None:
        """What is due goes to the stores; a pass that finds another one under way leaves it."""
        space = self._ui.workspace
        for _attempt in range(20):
            await asyncio.to_thread(space.sync.run, datasets=["replies"])
            if not space.store.call(lambda store: store.queue.due(space.clock.now(), None)):
                return
            await asyncio.sleep(0.1)
        raise AssertionError("a reply that is due stays")

    async def _shot(self, keys: str, does: str, seconds: float) -> None:
        self._ui.app.tell_frame()
        await self._ui.rest()
        lines = tuple(runs_of(strip) for strip in self._ui.strips())
        self.frames.append(Frame(lines, keys, does, seconds))
        self._wait(timedelta(seconds=seconds))


@contextmanager
def _never_filtered() -> Iterator[None]:
    before = filter_bar.LIVE_AFTER_S
    filter_bar.LIVE_AFTER_S = 3600.0
    try:
        yield
    finally:
        filter_bar.LIVE_AFTER_S = before
