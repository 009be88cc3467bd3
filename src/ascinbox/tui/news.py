"""How events come in: gathered for a moment, merged, told to the screens; the frame's numbers follow."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.message import Message

from ascinbox.core.events import Event, Notice, ReviewsChanged, SyncProgress
from ascinbox.tui.coalescer import REST, pause
from ascinbox.tui.keyboard import KeyboardApp
from ascinbox.tui.summary import read_summary, with_progress
from ascinbox.workers.results import IN_NO_HURRY, REPLIES, REVIEWS

if TYPE_CHECKING:
    from ascinbox.workers.results import SyncResult

GATHER_S = 0.1
"""Events are gathered this long before a screen hears of them."""

SOON_S = 600.0
"""A wait that Apple asks for is sat out for the person if it is not longer."""

OTHERS_S = 120.0
"""A refresh in the background, or another ascinbox's, is waited for this long: what it fetches counts."""


class Heard(Message):
    """Something happened in the background."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class ListeningApp(KeyboardApp):
    """Hears what the workers publish, on any thread."""

    def _hear(self, event: Event) -> None:
        """On any thread."""
        self.post_message(Heard(event))

    def on_heard(self, message: Heard) -> None:
        """Gathers events for a moment, so that a busy sync repaints ten times a second at most."""
        event = message.event
        if isinstance(event, SyncProgress):
            self.frame = with_progress(self.frame, event)
        elif isinstance(event, Notice):
            self.say(event.text, event.severity)
        if not self._gathered:
            self.set_timer(GATHER_S, self._deliver)
        self._gathered.append(event)

    def _deliver(self) -> None:
        gathered, self._gathered = self._gathered, []
        if any(not isinstance(event, SyncProgress | Notice) for event in gathered):
            self.refresh_summary()
        self.tell_frame()
        merged = merge_events(gathered)
        for stack in tuple(self._screen_stacks.values()):
            for screen in stack:
                hear = getattr(screen, "heard", None)
                if hear is not None:
                    for event in merged:
                        self.spawn(_await_maybe(hear(event)))
        if self.manners.bell and any(isinstance(e, ReviewsChanged) and e.new for e in merged):
            self.bell()

    def keys_first(self) -> bool:
        """While a sync brings news all the time, they wait for a pause of the keys."""
        return bool(self.frame.syncing) and self.workspace.courtesy.in_use

    def refresh_summary(self) -> None:
        """Reads the frame's numbers again, soon."""
        self._summary_wanted.set()

    async def _keep_summary(self) -> None:
        while True:
            await self._summary_wanted.wait()
            await pause(self.keys_first)
            self._summary_wanted.clear()
            began = monotonic()
            try:
                self.frame = await self.ask(read_summary, self.workspace, self.frame)
                self.tell_frame()
            except Exception as error:
                self.tell_error(error)
            self._summary_read.set()
            await asyncio.sleep(max(GATHER_S, REST * (monotonic() - began)))

    def sync_now(self) -> None:
        """Fetches every account now; progress and the result show in the status line."""
        if self.workspace.offline:
            self.say("offline: nothing is fetched (started with --offline)", "warning")
            return
        if self._syncing:
            self.say("already syncing")
            return
        self.say("syncing")
        self.spawn(self._sync())

    async def _sync(self) -> None:
        """Reviews and replies first; reports, which may take long, once those are told.

        What is missing of the reports is told where they are shown, on Metrics and Health. While they are
        still coming the key fetches the reviews again.
        """
        run = self.workspace.sync.run
        self._syncing = True
        try:
            result = await self.work(lambda: run(datasets=(REVIEWS, REPLIES), wait_s=OTHERS_S))
            self.acted()
            self.refresh_summary()
            behind = [
                f"{account.name}: {dataset.detail}"
                for account in result.accounts
                for name, dataset in account.datasets.items()
                if name == REVIEWS and not dataset.ok
            ]
            if behind:
                self.say("; ".join(behind), "warning")
            self._go_on_later(result)
        finally:
            self._syncing = False
        if self._reporting:
            return
        self._reporting = True
        try:
            await self.work(lambda: run(datasets=IN_NO_HURRY, wait_s=OTHERS_S))
        finally:
            self._reporting = False
        self.refresh_summary()

    def _go_on_later(self, result: SyncResult) -> None:
        """What met Apple's limit is fetched again by itself, if that is soon."""
        from ascinbox.workers.watch import seconds_until

        left = seconds_until(result.retry_at, self.now())
        if left is None or left > SOON_S:
            return
        names = [a.name for a in result.accounts if any(d.retry_at for d in a.datasets.values())]
        self.say(
            f"{', '.join(names)}: Apple's limit is reached; goes on by itself in {left:.0f} s", "warning"
        )
        if self._later is not None:
            self._later.stop()
        self._later = self.set_timer(left, self._sync_again)

    def _sync_again(self) -> None:
        self._later = None
        if not self._syncing:
            self.spawn(self._sync())


async def _await_maybe(result: Any) -> None:
    if asyncio.iscoroutine(result):
        await result


def merge_events(gathered: Sequence[Event]) -> list[Event]:
    """A burst as few events: changed reviews as one, doubles and progress left out."""
    merged: list[Event] = []
    ids: dict[str, None] = {}
    new = 0
    every = False
    for event in gathered:
        if isinstance(event, ReviewsChanged):
            every = every or event.ids is None
            new += event.new
            ids.update(dict.fromkeys(event.ids or ()))
        elif not isinstance(event, SyncProgress | Notice) and event not in merged:
            merged.append(event)
    if ids or every or new:
        merged.insert(0, ReviewsChanged(None if every else tuple(ids), new))
    return merged
