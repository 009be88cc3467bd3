"""The Inbox: its panes, and the parts that fill them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import (
    AccountsChanged,
    ActLookedUp,
    ClaimTaken,
    Event,
    OutboxChanged,
    ReviewsChanged,
)
from ascinbox.tui.actions import CHECK, EDITOR, INPUT, LIST, READING, Handler, Handlers, Spoken
from ascinbox.tui.coalescer import Coalescer
from ascinbox.tui.inbox.approval import InboxApproval
from ascinbox.tui.inbox.drafting import InboxDrafting
from ascinbox.tui.inbox.filter_bar import FilterBar, Options
from ascinbox.tui.inbox.list import InboxList
from ascinbox.tui.inbox.old_reviews import OldReviewsQuestion
from ascinbox.tui.inbox.others import InboxOthers, without_acts
from ascinbox.tui.inbox.others_column import OthersColumn
from ascinbox.tui.inbox.pane_focus import PaneFocus
from ascinbox.tui.inbox.panes import PARTS, classes_of, has_others, is_split, is_wide, shown_parts
from ascinbox.tui.inbox.query import InboxQuery
from ascinbox.tui.inbox.reading import CurrentReview
from ascinbox.tui.inbox.reading_pane import ReadingPane
from ascinbox.tui.inbox.reply import InboxReply
from ascinbox.tui.inbox.review_list import ReviewList
from ascinbox.tui.inbox.side_column import SideColumn, ViewsBar
from ascinbox.tui.inbox.similar import InboxSimilar
from ascinbox.tui.inbox.state import InboxState
from ascinbox.tui.inbox.taking_off import take_off_chip
from ascinbox.tui.inbox.templates import InboxTemplates
from ascinbox.tui.inbox.text import empty_lines
from ascinbox.tui.inbox.translating import InboxTranslating
from ascinbox.tui.inbox.triage import InboxTriage
from ascinbox.tui.inbox.way_back import WayBack
from ascinbox.tui.screens import FrameScreen
from ascinbox.tui.widgets.lines import Lines, VerticalRule

if TYPE_CHECKING:
    from textual import events

    from ascinbox.tui.chrome_text import FrameState
    from ascinbox.tui.inbox.bulk import Batch
    from ascinbox.tui.inbox.reply_panel import ReplyPanel
    from ascinbox.tui.paint import Line
    from ascinbox.workers.reviews.views import View


class InboxScreen(FrameScreen):
    """List, reading pane, side column and bars. What the keys do is in its parts."""

    PLACE = "inbox"

    def __init__(self) -> None:
        super().__init__()
        self.state = InboxState()
        self.viewsbar = ViewsBar()
        self.bar = FilterBar()
        self.side = SideColumn(id="side")
        self.listing = ReviewList(self._cursor_moved, id="list")
        self.reader = ReadingPane(id="read")
        self.others = OthersColumn(id="others")
        self.options = Options()
        self.focusing = PaneFocus(self, self.state)
        self.reading = CurrentReview(self)
        self.filtering = InboxQuery(self, self.state)
        self.way_back = WayBack(self, self.state, self.filtering)
        self.beside = InboxOthers(self, self.filtering, self.way_back)
        self.moving = InboxList(self, self.state, self.filtering, self.reading)
        self.similar = InboxSimilar(self, self.state, self.filtering, self.way_back)
        self.triage = InboxTriage(self, self.state, self.moving)
        self.reply = InboxReply(self, self.state, self.filtering, self.reading, self.moving, self.triage)
        self.approval = InboxApproval(self, self.state, self.reading, self.moving, self.reply)
        self.templates = InboxTemplates(self, self.reply, self.triage)
        self.translating = InboxTranslating(self, self.reading, self.reply)
        self.drafting = InboxDrafting(self, self.reply)
        self.old_reviews = OldReviewsQuestion(self, self.moving)
        self._filling: bool | None = None
        """The first sync of this home has not ended; None: not known yet."""
        self._catching_up = Coalescer(self._catch_up, lambda: self.app.events.keys_first())
        self._editing = (self.filtering.editing(),)
        self._browsing = tuple(
            part.actions()
            for part in (
                self.moving,
                self.filtering,
                self.similar,
                self.triage,
                self.reply,
                self.approval,
                self.templates,
                self.translating,
            )
        )
        self._beside = tuple(map(without_acts, self._browsing))
        self._answering = (
            self.reply.answering_actions(),
            self.templates.answering_actions(),
            self.triage.links(),
            self.translating.answering_actions(),
        )
        self._reading_what_waits = (self.approval.answering_actions(), *self._answering)

    def compose_body(self) -> ComposeResult:
        # Before there is a widget to be styled.
        self._follow_size()
        yield self.viewsbar
        yield self.bar
        yield Lines(id="toprule")
        with Horizontal(id="panes"):
            yield self.side
            yield VerticalRule(id="edge1", classes="edge")
            with Vertical(id="middle"):
                yield Lines(id="header")
                yield self.listing
            yield VerticalRule(id="edge2", classes="edge")
            yield self.reader
            yield VerticalRule(id="edge4", classes="edge")
            yield self.others
        yield Lines(id="bottomrule")
        yield self.options

    # --- who has the keys ---

    @property
    def context(self) -> str:
        if self.answering:
            return CHECK if self.reply.checking else EDITOR
        if self.bar.is_open:
            return INPUT
        return READING if self.state.pane == "read" or self.state.alone else LIST

    def actions(self) -> Handlers:
        """What the screen itself does, whichever part has the keys."""
        return {
            "sync": Handler(self.sync),
            "add": Handler(lambda: self.app.link_account()),
            "export": Handler(self.export),
            "differences": Handler(self.settle_differences, self._nothing_to_settle),
            "go_inbox": Handler(self.moving.back, self._already_here),
        }

    def spoken(self) -> Mapping[str, Spoken]:
        return {} if self.answering else {**self.triage.spoken(), **self.translating.spoken()}

    def contributions(self) -> Sequence[Handlers]:
        if self.answering and self.approval.row is not None:
            return (*self._reading_what_waits, self.handlers)
        if self.answering:
            return (self.drafting.answering_actions(), *self._answering, self.handlers)
        if self.bar.is_open:
            return (*self._editing, *self._browsing, self.handlers)
        return (*(self._beside if self.others.entered else self._browsing), self.handlers)

    def _already_here(self) -> str:
        return "this is Inbox already" if self.context == LIST else ""

    async def other_key(self, name: str, event: events.Key) -> bool:
        del event
        if self.context != INPUT or name not in ("down", "up"):
            return False
        self.filtering.choose_option(1 if name == "down" else -1)
        return True

    def sync(self) -> None:
        """Fetches from Apple, and lets in what waited."""
        self.app.spawn(self.listing.reload(keep_cursor=True, welcome=True))
        self.listing.waiting = 0
        self.filtering.tell_filter()
        self.app.sync.start()

    def _nothing_to_settle(self) -> str:
        return "" if self.app.frame.to_settle else "there is nothing to settle"

    async def settle_differences(self) -> None:
        """Asks about each act that met somebody else's."""
        from ascinbox.tui.differences import ask_differences

        await ask_differences(self)

    async def export(self) -> None:
        """Writes what the filter shows to a file."""
        from ascinbox.tui.export import ask_export

        await ask_export(self, "reviews", self.state.query_text)

    # --- what others may ask ---

    @property
    def query_text(self) -> str:
        """The filter in force."""
        return self.state.query_text

    @property
    def views(self) -> Sequence[View]:
        """The views of the person."""
        return self.state.views

    @property
    def view_name(self) -> str:
        """Name of the view in force; `Filter` for one's own."""
        return self.state.view_name

    @property
    def zoomed(self) -> bool:
        """Whether the reading pane stands alone."""
        return self.state.zoomed

    @property
    def answering(self) -> bool:
        """Whether a reply is being written or checked."""
        return self.state.answering

    @property
    def panel(self) -> ReplyPanel:
        """Editor and check step; there since the first reply was opened."""
        return self.reply.panel

    @property
    def bulk(self) -> Batch | None:
        """The replies that are checked together; None for a single one."""
        return self.reply.bulk

    async def edit_review(self, review_id: str, *, text: str | None = None, return_to: str = "") -> None:
        """Opens the editor on a review from another screen."""
        await self.reply.edit_review(review_id, text=text, return_to=return_to)

    async def show_review(self, review_id: str, *, return_to: str = "") -> None:
        """Puts the cursor on a review, whatever is filtered; esc then leads to the screen `return_to`."""
        await self.filtering.show_review(review_id)
        self.state.return_to = return_to

    async def read_waiting(self, review_id: str, *, return_to: str = "") -> None:
        """Opens what waits for a publisher, from another screen."""
        await self.approval.read_review(review_id, return_to=return_to)

    async def show_view(self, number: int) -> None:
        """Puts a view in force."""
        await self.filtering.show_view(number)

    async def complete_now(self, step: int) -> None:
        """Puts the chosen option into the filter bar."""
        await self.filtering.complete_now(step)

    async def save_place(self) -> None:
        """Remembers view and review for the next time."""
        await self.filtering.places.save()

    async def save_now(self) -> None:
        """Writes an open draft and the list's place; called when the program ends."""
        await self.reply.save_now()
        await self.filtering.places.save()

    # --- the start, and what happens meanwhile ---

    def on_mount(self) -> None:
        """Rows first; counts and everything else follow."""
        self.state.has_clock = self.app.workspace.config.answer_clock is not None
        self.arrange_panes()
        self.app.spawn(self.start())

    async def start(self) -> None:
        """Shows the view that was asked for, or the place of last time."""
        try:
            await self.filtering.begin(self.app.first_view)
            if self.app.first_review:
                await self.show_review(self.app.first_review)
        except AscinboxError as error:
            self.app.notices.tell_error(error)
        finally:
            self.app.ready_for_keys(self.listing.take_place)
        self.filtering.begin_counting()
        # The demo links its accounts behind the screen; a team's come from its workers.
        joined = self.app.workspace.team is not None
        expected = self.app.begins or self.app.frame.demo or joined
        if not expected and not await self.app.summary.has_accounts():
            from ascinbox.tui.wizard.first_run import FirstRunScreen

            await self.app.push_screen(FirstRunScreen(self))

    async def returned(self) -> None:
        """Back from another screen: what changed there may move what is shown here."""
        self.state.return_to = ""
        await self.read()

    async def read(self) -> None:
        """Reads the list and the review under the cursor again."""
        if self.state.source is not None:
            await self.listing.reload(keep_cursor=True, welcome=True)
            await self.reading.read()

    async def heard(self, event: Event) -> None:
        """Keeps rows, pane and counts current; the cursor stays where it is."""
        if isinstance(event, ClaimTaken):
            await self.reply.taken_over(event.review_id, event.by)
        if isinstance(event, ActLookedUp):
            await self.reply.publishing.looked_up(event)
        if isinstance(event, ReviewsChanged | OutboxChanged | AccountsChanged):
            self._catching_up.ask(self.app.spawn)

    async def _catch_up(self, *, filling: bool = False) -> None:
        if not self.is_mounted:
            return
        await self._reload(filling=filling or bool(self._filling))
        if not self.answering:
            await self.reading.read()
        self.filtering.refresh_counts()
        if self.state.source is not None:
            await self.filtering.count_rows(self.state.source)

    async def _reload(self, *, filling: bool) -> None:
        """Reads the list again. While the first sync fills it, whoever has not moved has no place to keep:
        the list begins with its first review, as it will when all are there."""
        untouched = not self.listing.data.cursor and not self.listing.selected and not self.answering
        source = self.state.source if filling and untouched else None
        if source is None or not await self.listing.load(source, unless_moved=True):
            await self.listing.reload(keep_cursor=True, welcome=filling or not self.listing.data.rows)

    def _follow_first_sync(self) -> None:
        """Notices the end of the first sync, and shows all that it brought."""
        frame = self.app.frame
        if frame.accounts is None:
            return
        if self._filling is None:
            self._filling = frame.synced_at is None
        elif self._filling and frame.synced_at is not None:
            self._filling = False
            self.app.spawn(self._catch_up(filling=True))

    def _cursor_moved(self) -> None:
        self.reading.moved()
        self.beside.moved()

    async def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """The list follows what is typed."""
        await self.filtering.follow_typing(message.text)

    def on_filter_bar_clicked(self) -> None:
        """A click on the filter does what its key would."""
        self.filtering.open_filter()

    async def on_filter_bar_cross_clicked(self, message: FilterBar.CrossClicked) -> None:
        """A click on the cross of a chip."""
        await take_off_chip(self.filtering, self.state, message.chip)

    async def on_others_column_chosen(self, message: OthersColumn.Chosen) -> None:
        """A click on another review."""
        await self.moving.show_other(message.entry)

    async def on_side_column_chosen(self, message: SideColumn.Chosen) -> None:
        """A click in the column."""
        await self.filtering.choose_side(message.term)

    # --- sizes ---

    @property
    def is_wide(self) -> bool:
        """Three panes, two-line rows."""
        return is_wide(*self.app.size)

    @property
    def is_split(self) -> bool:
        """List over reading pane."""
        return is_split(*self.app.size)

    def _follow_size(self) -> bool:
        """Puts on the classes of the style sheet; whether others were on.

        To style by them takes a pass over all widgets of the screen, so they say nothing but what the size
        says, and change together.
        """
        before = self.classes
        for name, add in classes_of(*self.app.size).items():
            self.set_class(add, name, update=False)
        return self.classes != before

    def arrange_panes(self) -> None:
        """Shows the panes that the size, `z`, `p` and a reply leave."""
        state = self.state
        state.alone = state.zoomed or (state.pane == "read" and not self.is_wide and not self.is_split)
        state.shows_others = has_others(*self.app.size) and not state.answering
        if self._follow_size():
            self.update_node_styles()
        self._show_parts()
        self.reader.edged = not self.is_wide
        self.reader.beside_reply = state.answering
        self.reader.whole = state.alone or self.is_wide
        if state.answering:
            self.panel.dock(self.is_wide)
        if state.pane == "others" and not state.shows_others:
            self.moving.focus("list")
        self.arrange_rows()
        self.beside.moved()
        self.call_after_refresh(self._after_layout)

    def _show_parts(self) -> None:
        """Each part is shown or hidden by itself: that styles nothing."""
        state = self.state
        shown = shown_parts(
            *self.app.size, alone=state.alone, side_hidden=state.side_hidden, answering=state.answering
        )
        for part in self.walk_children():
            if part.id in PARTS:
                part.display = part.id in shown
        self.options.visible = not state.answering
        self.reader.set_class(state.answering, "besidereply")

    def answer(self, answering: bool) -> None:
        """Shows the panel of the reply, or hides it."""
        self.state.answering = answering
        self._show_parts()

    def arrange_rows(self) -> None:
        """Gives the list the columns that size and query need."""
        state = self.state
        self.listing.set_rows(
            two_lines=self.is_wide, one_app=state.query.one_app, several_stores=state.shows_store
        )

    def _after_layout(self) -> None:
        self.focusing.tell()
        self.focusing.paint_rules()
        self.reader.lay_out()
        self.tell_frame()

    def on_resize(self) -> None:
        """The panes follow the size; a column that was not there has nothing to show yet."""
        self.arrange_panes()
        if self.is_wide and self.state.views and not self.filtering.has_facets():
            self.filtering.begin_counting()
        if self.state.views:
            # A bar that was hidden so far may know nothing yet, and what is said where depends on the width.
            self.filtering.tell_views()
            self.filtering.tell_filter()

    def on_review_list_resized(self) -> None:
        """The column titles follow the rows, also where the size has changed while the list was hidden."""
        self.focusing.tell_header()

    # --- the frame ---

    @property
    def hint_place(self) -> str:
        if self.context == CHECK and self.approval.row is not None:
            return "approve"
        if self.context in (LIST, READING) and self.others.entered:
            return "others"
        return {CHECK: "check", EDITOR: "editor", INPUT: "filter"}.get(self.context, self.PLACE)

    def hint_texts(self) -> Mapping[str, str]:
        return self.reply.hint_texts()

    def own_status(self, state: FrameState) -> Line | None:
        return self.reply.status(state)

    def status_extra(self) -> tuple[tuple[str, ...], str]:
        return self.reply.status_extra()

    def tab_right(self) -> str:
        return self.filtering.counts() if self.is_wide else ""

    def tell_frame(self) -> None:
        if self.is_mounted and self.app.frame.several_stores not in (None, self.state.several_stores):
            self.state.several_stores = bool(self.app.frame.several_stores)
            self.arrange_rows()
            self.focusing.tell_header()
        if self.is_mounted and self.state.source is not None:
            if not self.listing.data.rows:
                self._tell_empty()
            self._follow_first_sync()
            self.old_reviews.follow()
            if self.listing.follow_time():
                self.reader.lay_out()
                self.others.lay_out()
                self.filtering.follow_time()
                if self.state.has_clock and self.state.query.asks_clock:
                    # What time it is decides which rows there are.
                    self.app.spawn(self.listing.reload(keep_cursor=True))
        self.focusing.tell()
        super().tell_frame()

    def _tell_empty(self) -> None:
        lines = empty_lines(self.state, self.app.frame, self.app.keymap.shown)
        if lines != self.listing.empty_text:
            self.listing.empty_text = lines
            self.listing.refresh()
