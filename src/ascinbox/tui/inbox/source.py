"""What the Inbox asks the workspace: rows by keyset for one query, counts and details."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ascinbox.core.filters import Query
from ascinbox.core.records import ReviewRow
from ascinbox.tui.inbox.rows import Around, RowBlock

if TYPE_CHECKING:
    from ascinbox.workers.reviews.inbox import Inbox

Ask = Callable[..., Coroutine[Any, Any, Any]]
"""`await ask(method, *args)`: runs a method on the store thread."""


class QuerySource:
    """The rows of one query, by keyset."""

    def __init__(self, ask: Ask, inbox: Inbox, query: Query) -> None:
        self._ask = ask
        self._inbox = inbox
        self.query = query

    async def head(self, limit: int) -> RowBlock:
        """The first rows."""
        return await self._window(None, limit, "after", False)

    async def tail(self, limit: int) -> RowBlock:
        """The last rows, in the list's order."""
        return await self._window(None, limit, "before", False)

    async def after(self, row: ReviewRow, limit: int, *, with_it: bool = False) -> RowBlock:
        """The rows that follow one."""
        return await self._window(row.key, limit, "after", with_it)

    async def before(self, row: ReviewRow, limit: int) -> RowBlock:
        """The rows before one, in the list's order."""
        return await self._window(row.key, limit, "before", False)

    async def around(self, review_id: str, limit: int) -> Around | None:
        """The rows on both sides of a review."""
        place = await self._ask(self._inbox.locate, self.query, review_id)
        if place is None:
            return None
        onward = await self._window(place.key, limit, "after", True)
        before = await self._window(place.key, limit, "before", False)
        return Around(before, onward, place.position)

    async def one(self, review_id: str) -> ReviewRow | None:
        """A review as it is now; None when it is not there any more."""
        return next(iter(await self._ask(self._inbox.rows, [review_id])), None)

    async def _window(self, anchor: int | None, limit: int, direction: str, inclusive: bool) -> RowBlock:
        window = await self._ask(self._inbox.window, self.query, anchor, limit, direction, inclusive)
        return RowBlock(window.rows, not (window.has_after if direction == "after" else window.has_before))
