"""The reading pane follows the cursor: at once where it can, later while a key is held."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from ascinbox.core.stores import store_of_review
from ascinbox.tui.inbox.detail_prefetch import DetailPrefetch
from ascinbox.tui.inbox.readtext import ReadingText, ShownTranslation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.timer import Timer

    from ascinbox.core.records import ReviewDetail
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.screen import InboxScreen

NOT_READ_WITHIN_S = 0.045
"""Steps that follow each other faster than this, as a held key's do, leave the reading pane out."""
READ_AFTER_S = 0.07
"""It follows once the cursor has rested so long: a step costs two rows until then."""
ALIKE_AFTER_S = 0.5
"""Like reviews are counted once the cursor has rested so long."""


class CurrentReview:
    """Shows the review under the cursor whole."""

    def __init__(self, screen: InboxScreen) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._reader = screen.reader
        self._prefetch = DetailPrefetch(self._details)
        self._read_timer: Timer | None = None
        self._moved_at = 0.0
        self._unread = False
        self._reads_on = False
        self.translated: Callable[[ReviewDetail], ShownTranslation | None] = lambda _detail: None
        """What stands under a review."""
        self.read_now: Callable[[ReviewDetail], None] = lambda _detail: None
        """Told of each review that is read as the store has it."""

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    async def _details(self, ids: Sequence[str]) -> Sequence[ReviewDetail]:
        return await self._app.ask(self._app.workspace.inbox.details, ids)

    def moved(self) -> None:
        """The pane follows at once; while a key is held, when the cursor rests."""
        now = monotonic()
        held, self._moved_at = now - self._moved_at < NOT_READ_WITHIN_S, now
        if self._read_timer is not None:
            self._read_timer.reset()
        elif held:
            self._read_timer = self._screen.set_timer(READ_AFTER_S, self._rested)
        else:
            row = self._listing.current
            known = self._prefetch.get(row.id) if row is not None else None
            if known is not None:
                self.show(known)
            # The store's work would hold up the painting.
            self._screen.call_after_refresh(self._read_soon)

    def _rested(self) -> None:
        # Only here: a timer that nobody knows of any more would read between the steps of a held key.
        self._read_timer = None
        self._read_soon()

    def _read_soon(self) -> None:
        self._unread = True
        if not self._reads_on:
            self._reads_on = True
            self._app.spawn(self._read_on())

    async def _read_on(self) -> None:
        """Reads until nothing is left to read: behind a slow disk, once, and not once for each step."""
        try:
            while self._unread:
                self._unread = False
                await self.read()
                if not self._unread:
                    await self._prefetch.look(row.id for row in self._listing.data.near())
            self._listing.prepare()
        finally:
            self._reads_on = False

    async def read(self) -> ReviewDetail | None:
        """Shows the review under the cursor whole, as the store has it now."""
        row = self._listing.current
        if row is None:
            self._reader.read(None)
            return None
        detail: ReviewDetail | None = await self._app.ask(self._app.workspace.inbox.detail, row.id)
        if detail is None or self._listing.current is None or self._listing.current.id != row.id:
            return detail
        self._prefetch.learn(detail)
        self.show(detail)
        self.read_now(detail)
        return detail

    def show(self, detail: ReviewDetail) -> None:
        """Shows a review that is at hand."""
        before = self._reader.reading
        same = before is not None and before.detail.review.id == detail.review.id
        alike = before.alike if before is not None and same else ""
        store = store_of_review(detail.review.id).label if self._screen.state.several_stores else ""
        reading = ReadingText(detail, self.position(), self.translated(detail), alike, store)
        if reading == before:
            return
        self._reader.read(reading)
        if self._screen.is_wide and not same:
            self._app.spawn(self._count_alike(detail)).set_name("alike")

    async def _count_alike(self, detail: ReviewDetail) -> None:
        """Looks, once the cursor rests, how often the same word came for this app lately."""
        await asyncio.sleep(ALIKE_AFTER_S)
        row = self._listing.current
        if row is None or row.id != detail.review.id:
            return
        from ascinbox.core.reviews.similar import in_words
        from ascinbox.workers.reviews.similar import similar_reviews

        found = await self._app.work(similar_reviews, self._app.workspace.inbox, row.id)
        reading = self._reader.reading
        if found is not None and reading is not None and reading.detail.review.id == detail.review.id:
            key = self._app.keymap.shown("similar")
            few = {0: "none needs you", 1: "1 needs you"}
            needing = few.get(found.needing, f"{found.needing:,} need you")
            words = f"{found.count:,} say {in_words(found.words)}\n{needing} · {key} lists them"
            self._reader.read(replace(reading, alike=words))

    def position(self) -> str:
        """`1/37`."""
        number, total = self._listing.data.number, self._listing.data.total
        if self._listing.data.is_on_stale:
            return ""
        if number is None:
            return f"?/{total}" if total.count is not None else ""
        return f"{number:,}/{total}" if total.count is not None else f"{number:,}"
