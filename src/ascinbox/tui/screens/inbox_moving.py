"""Moving about in the Inbox: rows, pages, panes, what needs somebody; selecting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ascinbox.core.filters import parse
from ascinbox.core.records import ReviewRow
from ascinbox.core.states import State
from ascinbox.tui.screens.inbox_views import InboxViews

if TYPE_CHECKING:
    from ascinbox.workers.triage import Triage

SELECT_MOST = 10_000


class InboxMoving(InboxViews):
    """Keys that change nothing but where one looks and what is selected."""

    @property
    def triage(self) -> Triage:
        """The service that marks reviews."""
        return self.desk.workspace.triage

    # --- moving ---

    async def verb_next(self) -> None:
        """Next row, entry or line."""
        await self._step(1)

    async def verb_prev(self) -> None:
        """Previous row, entry or line."""
        await self._step(-1)

    async def _step(self, by: int) -> None:
        if self.side.entered:
            self.side.step(by)
        elif self.pane == "read" or self.has_class("reading"):
            self.reader.scroll_text(by)
        else:
            await self.listing.move(by)

    async def verb_first(self) -> None:
        """To the first row, or the text's beginning."""
        if self._reads:
            self.reader.scroll_text(-1_000_000)
        elif self.side.entered:
            self.side.step(-1_000)
        else:
            await self.listing.first()

    async def verb_last(self) -> None:
        """To the last row, or the text's end."""
        if self._reads:
            self.reader.scroll_text(1_000_000)
        elif self.side.entered:
            self.side.step(1_000)
        else:
            await self.listing.last()

    @property
    def _reads(self) -> bool:
        return self.pane == "read" or self.has_class("reading")

    async def verb_half_down(self) -> None:
        """Half a page down."""
        await self._turn(1, 0.5)

    async def verb_half_up(self) -> None:
        """Half a page up."""
        await self._turn(-1, 0.5)

    async def verb_page_down(self) -> None:
        """A page down."""
        await self._turn(1, 1.0)

    async def verb_page_up(self) -> None:
        """A page up."""
        await self._turn(-1, 1.0)

    async def _turn(self, step: int, part: float) -> None:
        if self._reads:
            self.reader.scroll_text(int(step * part * max(1, self.reader.size.height - 1)))
        else:
            await self.listing.turn(step, part)

    def verb_read_down(self) -> None:
        """Scrolls the reading pane from the list."""
        if self._nothing_to_read():
            return
        if not self.reader.scroll_text(1):
            self.desk.say("the text ends here")

    def _nothing_to_read(self) -> bool:
        """Says so when the reading pane is not on the screen."""
        if self.reader.display and self.reader.size.height:
            return False
        shown = self.desk.keymap.shown
        self.desk.say(f"no review is shown beside the list; {shown('side')} or {shown('open')} shows it")
        return True

    def verb_read_up(self) -> None:
        """Scrolls the reading pane back."""
        if self._nothing_to_read():
            return
        if not self.reader.scroll_text(-1):
            self.desk.say("the text begins here")

    async def verb_item_next(self) -> None:
        """The next review, wherever the keys are."""
        await self.listing.move(1)

    async def verb_item_prev(self) -> None:
        """The review before."""
        await self.listing.move(-1)

    async def verb_need_next(self) -> None:
        """The next review that needs somebody."""
        if not await self.go_needing(1):
            self.desk.say("no further review in this list needs you")

    async def verb_need_prev(self) -> None:
        """The one before that needs somebody."""
        if not await self.go_needing(-1):
            self.desk.say("no earlier review in this list needs you")

    async def go_needing(self, step: int) -> bool:
        """Moves to the nearest review in that direction that needs a person."""
        number = self.listing.data.next_needing(step)
        if number is not None:
            return await self.listing.go_to(self.listing.data.rows[number].id)
        row = self.listing.current
        if row is None or (self.listing.data.at_tail if step > 0 else self.listing.data.at_head):
            return False
        needs = parse("is:needs-reply", now=self.desk.now())
        query = self.filter_query.adding(*needs.terms)
        edge = self.listing.data.rows[-1 if step > 0 else 0]
        direction = "after" if step > 0 else "before"
        window = await self.desk.ask(self.inbox.window, query, edge.key, 1, direction, False)
        return bool(window.rows) and await self.listing.go_to(window.rows[0].id)

    async def verb_open(self) -> None:
        """Opens what is under the cursor."""
        if self.side.entered:
            await self.choose_side(self.side.term)
            return
        row = self.listing.current
        if row is None:
            self.desk.say("there is nothing to open")
            return
        if self.is_wide:
            self._focus("read")
        else:
            self.zoomed = True
            self.arrange_panes()
        await self.opened(row)

    async def opened(self, row: ReviewRow) -> None:
        """The person has looked at it: no longer new."""
        if row.state == State.NEW or not row.read:
            await self.desk.ask(self.triage.opened, [row.id])
            await self.refresh_rows([row.id])
        await self.read_current()

    async def refresh_rows(self, ids: Sequence[str]) -> None:
        """Reads single rows again and repaints those that differ."""
        rows = await self.desk.ask(self.inbox.rows, list(ids))
        self.listing.refresh_rows(*self.listing.data.replace({row.id: row for row in rows}))

    async def verb_zoom(self) -> None:
        """The reading pane alone, and back."""
        self.zoomed = not (self.zoomed or (self.has_class("single") and self.pane == "read"))
        if not self.zoomed:
            self.pane = "list"
        self.arrange_panes()

    def verb_side(self) -> None:
        """Side column or reading pane on and off."""
        self.side_hidden = not self.side_hidden
        if self.side.entered:
            self._focus("list")
        self.arrange_panes()

    async def verb_pane_next(self) -> None:
        """The pane to the right."""
        if self.bar.is_open:
            await self.complete_now(1)
            return
        self._focus_by(1)

    async def verb_pane_prev(self) -> None:
        """The pane to the left."""
        if self.bar.is_open:
            await self.complete_now(-1)
            return
        self._focus_by(-1)

    def _focus_by(self, step: int) -> None:
        panes = ["list", "read"]
        if self.is_wide and not self.side_hidden:
            panes = ["side", "list", "read"]
        at = panes.index(self.pane) if self.pane in panes else 0
        self._focus(panes[(at + step) % len(panes)])

    def _focus(self, pane: str) -> None:
        self.pane = pane
        if pane == "side":
            self.side.enter()
        elif self.side.entered:
            self.side.leave()
        self.set_class(pane == "read", "reads")
        if self.has_class("single"):
            self.arrange_panes()
        words = {"side": "in the side column: enter filters", "read": "in the reading pane: j k scroll"}
        if pane in words:
            self.desk.say(words[pane])
        else:
            self.desk.acted()

    async def verb_go_inbox(self) -> None:
        """From what lies over the list, or beside it, back to the list."""
        await self.verb_back()

    @property
    def at_top(self) -> bool:
        """Nothing lies over the list, and nothing is selected."""
        return not (self.bar.is_open or self.zoomed or self.pane != "list" or self.listing.selected)

    async def verb_back(self) -> None:
        """One step back: filter bar, pane, zoom, selection."""
        if self.bar.is_open:
            await self.drop_filter()
        elif self.zoomed or self.pane != "list":
            self.zoomed = False
            self._focus("list")
            self.arrange_panes()
        elif self.listing.selected:
            self.listing.select(())
            self.tell_filter()
        else:
            self.nothing_to_go_back_to()

    async def verb_leave(self) -> None:
        """`q`: back from a pane, else out of the program."""
        if self.zoomed or self.pane != "list":
            await self.verb_back()
        else:
            await self.desk.leave()

    # --- selecting ---

    async def verb_select(self) -> None:
        """Selects the row and steps on."""
        self.listing.toggle()
        await self.listing.move(1)
        self.tell_filter()

    async def verb_select_all(self) -> None:
        """Selects all that the filter shows, or nothing if all were."""
        total = self.listing.data.total
        if self.listing.selected and len(self.listing.selected) == total.count:
            self.listing.select(())
        elif total.count is not None and (total.more or total.count > SELECT_MOST):
            self.desk.say(f"{total} reviews are too many to select; filter first", "warning")
        else:
            window = await self.desk.ask(
                self.inbox.window, self.filter_query, None, SELECT_MOST, "after", False
            )
            self.listing.select(window.rows)
        self.tell_filter()
