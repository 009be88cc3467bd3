"""The fourth pane follows the cursor once it rests: what it shows is asked for beside the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.text import list_cell
from ascinbox.tui.actions import ANSWER, BY_ID, ORGANISE, TEXT, Handler, Handlers
from ascinbox.tui.inbox.otherstext import MOST

if TYPE_CHECKING:
    from textual.timer import Timer

    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.otherstext import OtherEntry
    from ascinbox.tui.inbox.query import InboxQuery
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.way_back import WayBack

LOOKED_AFTER_S = 0.15
"""It follows once the cursor has rested so long."""
_ON_A_REVIEW = frozenset((ANSWER, ORGANISE, TEXT))
_ON_NO_REVIEW = frozenset(("undo", "differences"))
_LIST_IT_FIRST = "enter lists this review first"


def without_acts(handlers: Handlers) -> Handlers:
    """The same, but nothing acts on a review: the list's is not the one that is lit in this pane."""
    return {
        name: Handler(handler.run, lambda: _LIST_IT_FIRST)
        if (BY_ID[name].group in _ON_A_REVIEW or name == "similar") and name not in _ON_NO_REVIEW
        else handler
        for name, handler in handlers.items()
    }


class InboxOthers:
    """Fills the pane, one question at a time, and lists what is chosen there."""

    def __init__(self, screen: InboxScreen, query: InboxQuery, way_back: WayBack) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._column = screen.others
        self._query = query
        self._way_back = way_back
        self._timer: Timer | None = None
        self._wanted = False
        self._asks = False

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    @property
    def is_wanted(self) -> bool:
        """Whether a question waits for the one before it to be answered."""
        return self._wanted

    def moved(self) -> None:
        """The cursor stands on another review, or that one changed."""
        if not self._screen.state.shows_others:
            return
        if self._timer is not None:
            self._timer.reset()
        else:
            self._timer = self._screen.set_timer(LOOKED_AFTER_S, self._look)

    def _look(self) -> None:
        self._timer = None
        self._wanted = True
        if not self._asks:
            self._asks = True
            self._app.spawn(self._ask_on()).set_name("others")

    async def _ask_on(self) -> None:
        """Asks until nothing newer is wanted; an answer for where the cursor no longer is shows nothing."""
        from ascinbox.workers.reviews.others import other_reviews

        try:
            while self._wanted:
                self._wanted = False
                row = self._listing.current
                found = None
                if row is not None:
                    found = await self._app.work(other_reviews, self._app.workspace.inbox, row.id, MOST)
                now = self._listing.current
                if (now.id if now is not None else "") == (row.id if row is not None else ""):
                    self._column.tell(found)
        finally:
            self._asks = False

    async def show(self, entry: OtherEntry) -> None:
        """Lists the review and those like it; `esc` goes back."""
        self._way_back.remember((entry.query,))
        await self._query.show_filter(entry.query, at=entry.row.id)
        title = list_cell(entry.row.title) or list_cell(entry.row.nickname)
        self._app.notices.say(f'"{title}" · {self._app.keymap.shown("back")} goes back')
