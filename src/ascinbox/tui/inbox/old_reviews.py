"""The one question of a new home: does everything that was written before some day count as done?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from ascinbox.tui.actions import LIST
from ascinbox.tui.widgets.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.list import InboxList
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.workers.reviews.backlog import OldReviews

QUIET_S = 1.0
"""So long nobody may have pressed a key: the question takes the keys, and must not take one that was meant
for the list."""


class OldReviewsQuestion:
    """Asks once the first sync has ended, when the list has the keys and nobody is at them."""

    def __init__(self, screen: InboxScreen, reviews: InboxList) -> None:
        self._screen = screen
        self._list = reviews
        self._found: tuple[OldReviews, ...] = ()
        self._looked_at: datetime | None = None
        self._quiet_since = 0.0

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    def follow(self) -> None:
        """Called with every change of the frame, and once a second."""
        app = self._app
        if app.workspace.throttle.in_use or not self._quiet_since:
            self._quiet_since = monotonic()
        if self._found:
            if self._may_ask():
                found, self._found = self._found, ()
                app.spawn(self._ask(found))
            return
        synced_at = app.frame.synced_at
        if app.frame.demo or synced_at in (None, self._looked_at):
            return
        self._looked_at = synced_at
        app.spawn(self._look())

    async def _look(self) -> None:
        from ascinbox.workers.reviews.backlog import old_reviews

        self._found = await self._app.work(old_reviews, self._app.workspace)

    def _may_ask(self) -> bool:
        screen = self._screen
        quiet = monotonic() - self._quiet_since >= QUIET_S
        return quiet and screen.is_current and screen.context == LIST and not screen.listing.selected

    async def _ask(self, found: Sequence[OldReviews]) -> None:
        await self._app.push_screen(_Question(self._screen, found, self._answer, self._no))

    async def _answer(self, chosen: OldReviews | None) -> None:
        if chosen is None:
            await self._no()
            return
        self._app.notices.say(f"counting {chosen.count:,} reviews as done")
        self._app.spawn(self._count_as_done(chosen))

    async def _count_as_done(self, chosen: OldReviews) -> None:
        from ascinbox.workers.reviews.backlog import count_as_done

        done = await asyncio.to_thread(count_as_done, self._app.workspace, chosen.days)
        await self._list.after_act(set(), advance=False)
        self._app.summary.refresh()
        undo = self._app.keymap.shown("undo")
        self._app.notices.say(f"{len(done):,} older reviews count as done · {undo} takes all of them back")

    async def _no(self) -> None:
        from ascinbox.workers.reviews.backlog import answered

        await self._app.ask(answered, self._app.workspace)
        shown = self._app.keymap.shown
        later = f"{shown('filter')} until:30d, {shown('select_all')}, {shown('done')}"
        self._app.notices.say(f"nothing was changed, and you are not asked again; later: {later}")


class _Question(MenuScreen):
    """`esc` is a no, and a no is an answer."""

    def __init__(
        self,
        below: InboxScreen,
        found: Sequence[OldReviews],
        answer: Callable[[OldReviews | None], Awaitable[None]],
        no: Callable[[], Awaitable[None]],
    ) -> None:
        now = below.app.now().astimezone()
        choices = [
            Choice(one, f"older than {one.words}", f"{one.count:>9,}   before {_day(now, one.days)}")
            for one in found
        ]
        undo = below.app.keymap.shown("undo")
        whose = "for the whole team" if below.app.workspace.team is not None else "on this machine"
        notes = [
            f"They are marked {whose}: no customer and no store hears of it, and a review whose customer "
            f"changes it comes back. {undo} takes all of it back at once.",
        ]
        choices.append(Choice(None, "no, I go through all of them"))
        title = "Old reviews wait. Does everything before some day count as done?"
        super().__init__(below, title, choices, answer, notes=notes)
        self._no = no

    def hint_texts(self) -> Mapping[str, str]:
        return {"back": "no, and not again"}

    async def given_up(self) -> None:
        await self._no()


def _day(now: datetime, days: int) -> str:
    return f"{now - timedelta(days=days):%d %b %Y}"
