"""Where the cursor stood in each view: kept for the next time without anybody waiting for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.state import InboxState


class ListPlaces:
    """A key never waits until a place is written: a sync may be writing just then."""

    def __init__(self, screen: InboxScreen, state: InboxState) -> None:
        self._screen = screen
        self._state = state
        self._left: dict[str, str] = {}
        """The review on which the cursor last stood, by view: as it was left in this program."""

    def leave(self) -> None:
        """Keeps the place of what is listed now; it is written in the background."""
        self._screen.app.spawn(self.save())

    def save(self) -> Coroutine[Any, Any, None]:
        """The same, for whoever waits until it is written."""
        state, row = self._state, self._screen.listing.current
        if not state.views or row is None:
            return self._write(None)
        self._left[state.view_name] = row.id
        return self._write((state.view_name, state.query_text, row.id))

    async def _write(self, place: tuple[str, str, str] | None) -> None:
        if place is not None:
            await self._screen.app.ask(self._screen.app.workspace.inbox.save_place, *place)

    async def of(self, view: str) -> str | None:
        """The review on which the cursor last stood in a view."""
        if view in self._left:
            return self._left[view]
        place: str | None = await self._screen.app.ask(self._screen.app.workspace.inbox.place, view)
        return place
