"""Moving about in the Inbox: rows, pages, panes, what needs somebody; selecting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ascinbox.core.filters import parse
from ascinbox.core.reviews.states import State
from ascinbox.tui.actions import Handler, Handlers, sideways
from ascinbox.tui.inbox.taking_off import take_off
from ascinbox.tui.widgets.list_navigation import ListNavigation

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewRow
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.others_column import OthersColumn
    from ascinbox.tui.inbox.otherstext import OtherEntry
    from ascinbox.tui.inbox.query import InboxQuery
    from ascinbox.tui.inbox.reading import CurrentReview
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.side_column import SideColumn
    from ascinbox.tui.inbox.state import InboxState, NextView

SELECT_MOST = 10_000


class InboxList:
    """What changes nothing but where one looks and what is selected."""

    def __init__(
        self, screen: InboxScreen, state: InboxState, query: InboxQuery, reading: CurrentReview
    ) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._reader = screen.reader
        self._side = screen.side
        self._others = screen.others
        self._state = state
        self._query = query
        self._reading = reading
        self._navigation = ListNavigation(self._step, self._end, self._turn)
        self._offered: NextView | None = None
        """The view that the last notice offered."""

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    def actions(self) -> Handlers:
        """What it does while the list or the reading pane has the keys."""
        return {
            **self._navigation.actions(),
            "item_next": Handler(lambda: self._move(1)),
            "item_prev": Handler(lambda: self._move(-1)),
            "need_next": Handler(self.need_next),
            "need_prev": Handler(self.need_prev),
            "read_down": Handler(lambda: self._scroll_reading(1), self._nothing_to_read),
            "read_up": Handler(lambda: self._scroll_reading(-1), self._nothing_to_read),
            "open": Handler(self.open),
            "zoom": Handler(self.zoom, self._nothing_to_zoom),
            "side": Handler(self.toggle_side),
            **sideways(self._focus_by),
            "back": Handler(self.back),
            "leave": Handler(self.leave),
            "select": Handler(self.select),
            "select_all": Handler(self.select_all),
        }

    # --- moving ---

    async def _step(self, by: int) -> None:
        if self._entered is not None:
            self._entered.step(by)
        elif self._reads:
            self._reader.scroll_text(by)
        else:
            await self._listing.move(by)

    @property
    def _reads(self) -> bool:
        return self._state.pane == "read" or self._state.alone

    @property
    def _entered(self) -> SideColumn | OthersColumn | None:
        """The column in which the keys move."""
        return next((column for column in (self._side, self._others) if column.entered), None)

    async def _end(self, way: int) -> None:
        if self._entered is not None:
            self._entered.step(way * 1_000)
        elif self._reads:
            self._reader.scroll_text(way * 1_000_000)
        elif way > 0:
            await self._listing.last()
        else:
            await self._listing.first()

    async def _turn(self, pages: float) -> None:
        if self._others.entered:
            self._others.step(1_000 if pages > 0 else -1_000)
        elif self._reads:
            self._reader.scroll_text(int(pages * max(1, self._reader.size.height - 1)))
        else:
            await self._listing.turn(1 if pages > 0 else -1, abs(pages))

    async def _move(self, by: int) -> None:
        await self._listing.move(by)

    def _scroll_reading(self, by: int) -> None:
        """Scrolls the reading pane from the list."""
        if not self._reader.scroll_text(by):
            self._app.notices.say("the text ends here" if by > 0 else "the text begins here")

    def _nothing_to_read(self) -> str:
        if self._reader.display and self._reader.size.height:
            return ""
        shown = self._app.keymap.shown
        return f"no review is shown beside the list; {shown('side')} or {shown('open')} shows it"

    # --- what needs somebody ---

    async def need_next(self) -> None:
        """The next review that needs somebody."""
        if await self.go_needing(1):
            return
        following = self._state.next_view
        if following is None:
            self._app.notices.say("no further review in this list needs you")
        elif self._listing.current is None or self._offered is following:
            await self._query.go_on()
        else:
            self._offered = following
            again = self._app.keymap.shown("need_next")
            self._app.notices.say(
                f"nothing here needs you; {again} once more goes to {following.name}: {following.left} left"
            )

    async def need_prev(self) -> None:
        """The one before that needs somebody."""
        if not await self.go_needing(-1):
            self._app.notices.say("no earlier review in this list needs you")

    async def go_needing(self, step: int) -> bool:
        """Moves to the nearest review in that direction that needs a person."""
        number = self._listing.data.next_needing(step)
        if number is not None:
            return await self._listing.go_to(self._listing.data.rows[number].id)
        row = self._listing.current
        if row is None or (self._listing.data.at_tail if step > 0 else self._listing.data.at_head):
            return False
        needs = parse("is:needs-reply -claimed:others", now=self._app.now())
        query = self._state.query.adding(*needs.terms)
        edge = self._listing.data.rows[-1 if step > 0 else 0]
        direction = "after" if step > 0 else "before"
        window = await self._app.ask(self._app.workspace.inbox.window, query, edge.key, 1, direction, False)
        return bool(window.rows) and await self._listing.go_to(window.rows[0].id)

    # --- opening, panes ---

    async def open(self) -> None:
        """Opens what is under the cursor."""
        if self._side.entered:
            await self._query.choose_side(self._side.term)
            return
        if (other := self._others.entry) is not None:
            await self.show_other(other)
            return
        row = self._listing.current
        if row is None:
            if not await self._query.go_on():
                self._app.notices.say("there is nothing to open")
            return
        if self._screen.is_wide:
            self.focus("read")
        else:
            self._state.zoomed = True
            self._screen.arrange_panes()
        await self.opened(row)

    async def show_other(self, other: OtherEntry) -> None:
        """Lists a review of the fourth pane and those like it."""
        self.focus("list")
        await self._screen.beside.show(other)

    async def opened(self, row: ReviewRow) -> None:
        """The person has looked at it: no longer new."""
        if row.state == State.NEW or not row.read:
            await self._app.ask(self._app.workspace.triage.opened, [row.id])
            await self.refresh_rows([row.id])
        await self._reading.read()

    async def refresh_rows(self, ids: Sequence[str]) -> None:
        """Reads single rows again and repaints those that differ."""
        rows = await self._app.ask(self._app.workspace.inbox.rows, list(ids))
        self._listing.refresh_rows(*self._listing.data.replace({row.id: row for row in rows}))

    def _nothing_to_zoom(self) -> str:
        """The list says why it is empty; the pane alone would say nothing."""
        empty = self._listing.current is None and not self._state.zoomed
        return "there is no review to show alone" if empty else ""

    async def zoom(self) -> None:
        """The reading pane alone, and back."""
        self._state.zoomed = not (
            self._state.zoomed or (self._screen.has_class("single") and self._state.pane == "read")
        )
        if not self._state.zoomed:
            self._state.pane = "list"
        self._screen.arrange_panes()

    def toggle_side(self) -> None:
        """Side column or reading pane on and off."""
        self._state.side_hidden = not self._state.side_hidden
        if self._side.entered:
            self.focus("list")
        self._screen.arrange_panes()

    def _focus_by(self, step: int) -> None:
        panes = ["list", "read"]
        if self._screen.is_wide and not self._state.side_hidden:
            panes.insert(0, "side")
        if self._state.shows_others and not self._others.is_empty:
            panes.append("others")
        at = panes.index(self._state.pane) if self._state.pane in panes else 0
        self.focus(panes[(at + step) % len(panes)])

    def focus(self, pane: str) -> None:
        """Gives the keys to a pane: side, list, read or others."""
        self._state.pane = pane
        for name, column in (("side", self._side), ("others", self._others)):
            if pane == name:
                column.enter()
            elif column.entered:
                column.leave()
        self._screen.focusing.tell()
        if self._screen.has_class("single"):
            self._screen.arrange_panes()
        self._screen.tell_frame()
        words = {
            "side": "in the side column: enter filters",
            "read": "in the reading pane: j k scroll",
            "others": "in the other reviews: enter lists them",
        }
        if pane in words:
            self._app.notices.say(words[pane])
        else:
            self._app.notices.give_way()

    async def back(self) -> None:
        """One step back: pane, zoom, selection, the screen that one came from, the filter, the view."""
        if self._state.zoomed or self._state.pane != "list":
            self._state.zoomed = False
            self.focus("list")
            self._screen.arrange_panes()
        elif self._listing.selected:
            self._listing.select(())
            self._query.tell_filter()
        elif await self._screen.way_back.go():
            return
        elif self._state.return_to:
            await self._app.go(self._state.return_to)
        elif not await take_off(self._query, self._state):
            self._screen.nothing_to_go_back_to()

    async def leave(self) -> None:
        """`q`: back from a pane, else out of the program."""
        if self._state.zoomed or self._state.pane != "list":
            await self.back()
        else:
            await self._app.shutdown.leave()

    # --- selecting ---

    async def select(self) -> None:
        """Selects the row and steps on."""
        self._listing.toggle()
        await self._listing.move(1)
        self._query.tell_filter()

    async def select_all(self) -> None:
        """Selects all that the filter shows, or nothing if all were."""
        total = self._listing.data.total
        if self._listing.selected and len(self._listing.selected) == total.count:
            self._listing.select(())
        elif total.count is not None and (total.more or total.count > SELECT_MOST):
            self._app.notices.say(f"{total} reviews are too many to select; filter first", "warning")
        else:
            window = await self._app.ask(
                self._app.workspace.inbox.window, self._state.query, None, SELECT_MOST, "after", False
            )
            self._listing.select(window.rows)
        self._query.tell_filter()

    # --- after an act ---

    async def after_act(self, ids: set[str], *, advance: bool) -> None:
        """Repaints what changed; the cursor goes on to the next review that needs somebody."""
        before = self._listing.current
        await self._listing.reload(keep_cursor=False)
        now = self._listing.current
        if now is None and (self._state.zoomed or self._state.pane != "list"):
            # Nothing is left to read: the list says so, and how to go on.
            await self.back()
        still = before is not None and now is not None and now.id == before.id
        if advance and still and now is not None and now.id in ids:
            await self.go_needing(1)
        self._query.tell_filter()
        self._query.refresh_counts()
        if self._state.source is not None:
            self._app.spawn(self._query.count_rows(self._state.source))
