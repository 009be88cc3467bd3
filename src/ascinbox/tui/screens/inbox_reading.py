"""The reading pane follows the cursor: in the same stroke where it can, later while a key is held."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from textual.timer import Timer

from ascinbox.core.filters import quoted
from ascinbox.core.records import ReviewDetail
from ascinbox.tui.neighbours import Known, Neighbours
from ascinbox.tui.readtext import Reading, telling_word
from ascinbox.tui.screens.inbox_core import InboxCore

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_READ_WITHIN_S = 0.045
"""Steps that follow each other faster than this, as a held key's do, leave the reading pane out."""
READ_AFTER_S = 0.07
"""It follows once the cursor has rested so long: a step costs two rows until then."""
ALIKE_AFTER_S = 0.5
"""Like reviews are counted once the cursor has rested so long."""


class InboxReading(InboxCore):
    """Shows the review under the cursor whole."""

    def __init__(self) -> None:
        super().__init__()
        self._neighbours = Neighbours(self._details)
        self._read_timer: Timer | None = None
        self._moved_at = 0.0
        self._unread = False
        self._reads_on = False

    async def _details(self, ids: Sequence[str]) -> Sequence[ReviewDetail]:
        return await self.desk.ask(self.inbox.details, ids)

    def cursor_moved(self) -> None:
        """The pane follows at once; while a key is held, when the cursor rests."""
        now = monotonic()
        held, self._moved_at = now - self._moved_at < NOT_READ_WITHIN_S, now
        if self._read_timer is not None:
            self._read_timer.reset()
        elif held:
            self._read_timer = self.set_timer(READ_AFTER_S, self._read_soon)
        else:
            row = self.listing.current
            known = self._neighbours.get(row.id) if row is not None else None
            if known is not None:
                self._show(known)
            # The store's work would hold up the painting.
            self.call_after_refresh(self._read_soon)

    def _read_soon(self) -> None:
        self._read_timer = None
        self._unread = True
        if not self._reads_on:
            self._reads_on = True
            self.desk.spawn(self._read_on())

    async def _read_on(self) -> None:
        """Reads until nothing is left to read: behind a slow disk, once, and not once for each step."""
        try:
            while self._unread:
                self._unread = False
                await self.read_current()
                if not self._unread:
                    await self._neighbours.look(row.id for row in self.listing.data.near())
            self.listing.prepare()
        finally:
            self._reads_on = False

    async def read_current(self) -> ReviewDetail | None:
        """Shows the review under the cursor whole, as the store has it now."""
        row = self.listing.current
        if row is None:
            self.reader.read(None)
            return None
        detail: ReviewDetail | None = await self.desk.ask(self.inbox.detail, row.id)
        if detail is None or self.listing.current is None or self.listing.current.id != row.id:
            return detail
        self._show(self._neighbours.learn(detail))
        return detail

    def _show(self, known: Known) -> None:
        before = self.reader.reading
        same = before is not None and before.detail.review.id == known.detail.review.id
        alike = before.alike if before is not None and same else ""
        reading = Reading(known.detail, self.position(), known.language, alike)
        if reading == before:
            return
        self.reader.read(reading)
        if self.is_wide and not same:
            self.desk.spawn(self._count_alike(known.detail)).set_name("alike")

    async def _count_alike(self, detail: ReviewDetail) -> None:
        """Looks, once the cursor rests, how often the same word came for this app lately."""
        await asyncio.sleep(ALIKE_AFTER_S)
        word = telling_word(detail)
        row = self.listing.current
        if not word or row is None or row.id != detail.review.id:
            return
        text = f"{quoted(word)} app:{quoted(detail.app_name)}"
        recent = self.parse(f"{text} since:14d")
        count = await self.desk.work(self.inbox.count, recent)
        unanswered = await self.desk.work(self.inbox.count, self.parse(f"{text} since:14d is:unanswered"))
        reading = self.reader.reading
        if count > 1 and reading is not None and reading.detail.review.id == detail.review.id:
            words = f'{count} x "{word}", {unanswered} unanswered     / {text}'
            self.reader.read(replace(reading, alike=words))

    def position(self) -> str:
        """`1/37`."""
        number, total = self.listing.data.number, self.listing.data.total
        if number is None:
            return f"?/{total}" if total.count is not None else ""
        return f"{number}/{total}" if total.count is not None else str(number)
