"""What the cursor may stand on next, read ahead, so that a step shows row and text at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from ascinbox.core.records import ReviewDetail

KEPT = 32
"""Reviews remembered; those read longest ago go first."""


class DetailPrefetch:
    """Reviews around the cursor. They may be out of date: whoever shows one asks the store right after."""

    def __init__(self, fetch: Callable[[Sequence[str]], Awaitable[Sequence[ReviewDetail]]]) -> None:
        self._fetch = fetch
        self._known: OrderedDict[str, ReviewDetail] = OrderedDict()

    def get(self, review_id: str) -> ReviewDetail | None:
        """The review, if it was read."""
        return self._known.get(review_id)

    def learn(self, detail: ReviewDetail) -> None:
        """Remembers a review that somebody has just read."""
        self._known[detail.review.id] = detail
        self._known.move_to_end(detail.review.id)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    async def look(self, ids: Iterable[str]) -> None:
        """Reads those of `ids` that are not known."""
        unknown = [review_id for review_id in ids if review_id not in self._known]
        if unknown:
            for detail in await self._fetch(unknown):
                self.learn(detail)
