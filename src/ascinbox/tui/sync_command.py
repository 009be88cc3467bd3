"""Fetching because a person asked: reviews and replies first, reports behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.workers.runtime.results import IN_NO_HURRY, REPLIES, REVIEWS

if TYPE_CHECKING:
    from textual.timer import Timer

    from ascinbox.tui.app import AscinboxApp
    from ascinbox.workers.runtime.results import SyncResult

SOON_S = 600.0
"""A wait that Apple asks for is sat out for the person if it is not longer."""

OTHERS_S = 120.0
"""A refresh in the background, or another ascinbox's, is waited for this long: what it fetches counts."""


class SyncCommand:
    """One sync at a time; progress and the result show in the status line."""

    def __init__(self, app: AscinboxApp) -> None:
        self._app = app
        self._running = False
        self._reporting = False
        self._later: Timer | None = None

    def start(self) -> None:
        """Fetches every account now; progress and the result show in the status line."""
        if self._app.workspace.offline:
            self._app.notices.say("offline: nothing is fetched (started with --offline)", "warning")
            return
        if self._running:
            self._app.notices.say("already syncing")
            return
        self._app.notices.say("syncing")
        # Until the first page tells how far it is.
        self._app.frame = replace(self._app.frame, syncing=self._app.frame.syncing or "syncing")
        self._app.spawn(self._sync())

    async def _sync(self) -> None:
        """Reviews and replies first; reports, which may take long, once those are told.

        What is missing of the reports is told where they are shown, on Metrics and Health. While they are
        still coming the key fetches the reviews again.
        """
        run = self._app.workspace.sync.run
        self._running = True
        try:
            result = await self._app.work(lambda: run(datasets=(REVIEWS, REPLIES), wait_s=OTHERS_S))
            self._app.notices.give_way()
            self._app.summary.refresh()
            behind = [
                f"{account.name}: {dataset.detail}"
                for account in result.accounts
                for name, dataset in account.datasets.items()
                if name == REVIEWS and not dataset.ok
            ]
            if behind:
                self._app.notices.say("; ".join(behind), "warning")
            self._go_on_later(result)
        finally:
            self._running = False
            self._app.frame = replace(self._app.frame, syncing="")
        if self._reporting:
            return
        self._reporting = True
        try:
            await self._app.work(lambda: run(datasets=IN_NO_HURRY, wait_s=OTHERS_S))
        finally:
            self._reporting = False
        self._app.summary.refresh()

    def _go_on_later(self, result: SyncResult) -> None:
        """What met Apple's limit is fetched again by itself, if that is soon."""
        from ascinbox.workers.runtime.watch import seconds_until

        left = seconds_until(result.retry_at, self._app.now())
        if left is None or left > SOON_S:
            return
        names = [a.name for a in result.accounts if any(d.retry_at for d in a.datasets.values())]
        self._app.notices.say(
            f"{', '.join(names)}: the limit of requests is reached; goes on by itself in {left:.0f} s",
            "warning",
        )
        if self._later is not None:
            self._later.stop()
        self._later = self._app.set_timer(left, self._sync_again)

    def _sync_again(self) -> None:
        self._later = None
        if not self._running:
            self._app.spawn(self._sync())
