"""Back to where one was before a key listed other reviews: view, filter and review."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ascinbox.tui.inbox.query import InboxQuery
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.state import InboxState


class LeftPlace(NamedTuple):
    """Where one was."""

    view: int | None
    query: str
    review: str


class WayBack:
    """Remembers the place that `esc` leads back to, while what was listed from there is listed still."""

    def __init__(self, screen: InboxScreen, state: InboxState, query: InboxQuery) -> None:
        self._listing = screen.listing
        self._state = state
        self._query = query
        self._origin: LeftPlace | None = None

    def remember(self, queries: Iterable[str]) -> None:
        """Before one of these is listed. From what was listed so, the way leads back to the first place."""
        row = self._listing.current
        if self._origin is None or not self._is_here:
            self._origin = LeftPlace(
                self._state.view, self._state.query_text, row.id if row is not None else ""
            )
        self._state.left_whole = frozenset(queries)

    @property
    def _is_here(self) -> bool:
        """Whether what was listed is listed still."""
        return self._state.query_text in self._state.left_whole

    async def go(self) -> bool:
        """Back to that place; False when something else is listed."""
        origin, here = self._origin, self._is_here
        self._origin = None
        self._state.left_whole = frozenset()
        if origin is None or not here:
            return False
        if origin.view is not None:
            await self._query.show_view(origin.view, at=origin.review)
        else:
            await self._query.show_filter(origin.query, at=origin.review)
        return True
