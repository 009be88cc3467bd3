"""Similar reviews by one key: those of the same app with the same words, as a filter; `esc` leads back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.tui.actions import Handler, Handlers

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.query import InboxQuery
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.state import InboxState
    from ascinbox.tui.inbox.way_back import WayBack
    from ascinbox.workers.reviews.similar import Similar


class InboxSimilar:
    """Lists first what needs a person; the same key again lists what was answered as well."""

    def __init__(self, screen: InboxScreen, state: InboxState, query: InboxQuery, way_back: WayBack) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._state = state
        self._query = query
        self._found: Similar | None = None
        self._way_back = way_back

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    def actions(self) -> Handlers:
        """What it does while the list or the reading pane has the keys."""
        return {"similar": Handler(self.show, self._no_review)}

    def _no_review(self) -> str:
        return "" if self._listing.current is not None else "there is no review here"

    async def show(self) -> None:
        """The reviews like the one under the cursor."""
        from ascinbox.core.reviews.similar import in_words
        from ascinbox.workers.reviews.similar import similar_reviews

        row = self._listing.current
        if row is None:
            return
        if self._found is not None and self._state.query_text == self._found.query:
            await self._query.show_filter(self._found.whole_query, at=row.id)
            self._app.notices.say(f"all {self._found.count:,} that say {in_words(self._found.words)}")
            return
        found = await self._app.ask(similar_reviews, self._app.workspace.inbox, row.id)
        if found is None:
            self._app.notices.say("no other review of this app has the words of this one")
            return
        self._way_back.remember((found.query, found.whole_query))
        self._found = found
        needing = found.needing > 1
        await self._query.show_filter(found.query if needing else found.whole_query, at=row.id)
        shown = self._app.keymap.shown
        words = f"{found.needing:,} say {in_words(found.words)} and need you"
        more = f" · {shown('similar')} lists all {found.count:,}" if found.count > found.needing else ""
        if not needing:
            words, more = f"{found.count:,} say {in_words(found.words)}; no other one needs you", ""
        self._app.notices.say(f"{words}{more} · {shown('back')} goes back")
