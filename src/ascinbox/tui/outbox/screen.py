"""The Outbox: replies on their way, what needs a decision, what was done, drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from ascinbox.core.deliveries.states import DeliveryLine
from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import DeliveriesChanged, Event, OutboxChanged, ReviewsChanged, TeamChanged
from ascinbox.core.outbox.sentences import OutboxItem, RowChoice
from ascinbox.core.outbox.states import Phase
from ascinbox.core.reviews.activity_filter import ActivityFilter
from ascinbox.core.reviews.acts import ActItem
from ascinbox.core.reviews.links import review_address
from ascinbox.tui.actions import Handler, Handlers, sideways
from ascinbox.tui.chrome_text import ends
from ascinbox.tui.hints import HINTS, WIDE
from ascinbox.tui.outbox.deciding import Deciding
from ascinbox.tui.outbox.rows import (
    STATES,
    OutboxLook,
    act_line,
    delivery_line,
    draft_line,
    item_line,
    states_help,
)
from ascinbox.tui.outbox.text import (
    act_detail,
    columns_line,
    counts_words,
    delivery_detail,
    detail_lines,
    draft_detail,
    publish_hint,
)
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, rule
from ascinbox.tui.screens import FrameScreen
from ascinbox.tui.sidetext import ViewLabel, views_line
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation
from ascinbox.workers.deliveries.recent import is_told, recent
from ascinbox.workers.reviews.activity import activity

if TYPE_CHECKING:
    from textual import events

    from ascinbox.tui.chrome_text import FrameState
    from ascinbox.workers.replies.composing import DraftItem
    from ascinbox.workers.replies.replies import Replies
    from ascinbox.workers.reviews.activity import ActivityItem

    OutboxEntry = ActivityItem | DraftItem | DeliveryLine

TABS = ("Open", "Activity 30d", "Drafts", "Deliveries")
ACTIVITY = 1
DELIVERIES = 3
"""The tab of what notify.toml asks for; not there without that file."""
PAGE = 10
"""Rows that a page turns by."""
LATELY = timedelta(days=1)
MOST_LATELY = 20
"""Rows of what was done last, below what is on its way."""
NO_NEED = "nothing else here needs a decision"
ORDER = "QHFWP"
"""What can still be taken back first, then what waits for a person, then what is not public yet."""


class OutboxScreen(FrameScreen):
    """A list of replies by state, and below it what the one under the cursor needs."""

    PLACE = "outbox"

    def __init__(self) -> None:
        super().__init__()
        self._tab = 0
        self._cursor = ListCursor(lambda: len(self._rows))
        self._navigation = ListNavigation.over(self._cursor, self._paint, lambda: PAGE, items=True)
        self._open: Sequence[OutboxItem] = ()
        self._all_activity: Sequence[ActivityItem] = ()
        self._activity: Sequence[ActivityItem] = ()
        self._wanted = ""
        """The filter of Activity, as written."""
        self._drafts: Sequence[DraftItem] = ()
        self._deliveries: Sequence[DeliveryLine] = ()
        self._is_told = self._was_read = False
        self.deciding = Deciding(self)

    def compose_body(self) -> ComposeResult:
        yield Lines(id="obtabs")
        yield Lines(id="obhead")
        yield Lines(id="oblist")
        yield Lines(id="obdetail")

    def on_mount(self) -> None:
        self._is_told = is_told(self.app.workspace)
        self.set_interval(1.0, self._tick)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """What happened meanwhile is read."""
        del event
        self.begin_to_read()

    def on_resize(self) -> None:
        """Columns and texts follow the size."""
        self.call_after_refresh(self._paint)

    @property
    def replies(self) -> Replies:
        """The service for drafts and the outbox."""
        return self.app.workspace.replies

    # --- data ---

    async def read(self) -> None:
        """Reads all lists; the cursor stays on its reply, or goes to the one that took its place."""
        app = self.app
        found = await app.ask(self.replies.outbox)
        all_activity = await app.ask(activity, app.workspace)
        drafts = await app.ask(app.workspace.composing.drafts)
        told = is_told(app.workspace)
        deliveries = await app.ask(recent, app.workspace) if told else ()
        # Nothing waits from here on: the lists and the cursor are of one moment for whoever reads meanwhile.
        before = self.current
        self._open = sorted(found, key=lambda item: ORDER.find(STATES[item.row.phase] or ""))
        self._all_activity, self._drafts, self._deliveries = all_activity, drafts, deliveries
        self._narrow()
        self._is_told, self._was_read = told, True
        self._tab = min(self._tab, len(self._lists) - 1)
        keys = [self._key(row) for row in self._rows]
        if before is not None and self._key(before) in keys:
            self._cursor.number = keys.index(self._key(before))
        elif isinstance(before, OutboxItem):
            self._to_reply(before.row.review_id)
        self._cursor.go(self._cursor.number)
        self._paint()

    def _to_reply(self, review_id: str) -> None:
        """Puts the cursor on the youngest reply to a review, where the list has one."""
        found = [
            (row.row.id, number)
            for number, row in enumerate(self._rows)
            if isinstance(row, OutboxItem) and row.row.review_id == review_id
        ]
        if found:
            self._cursor.go(max(found)[1])

    async def came_from_reply(self, review_id: str) -> None:
        """The cursor goes to that reply, so that the next key means it."""
        await self.read()
        self._to_reply(review_id)
        self._paint()

    def _narrow(self) -> None:
        self._activity = ActivityFilter(self._wanted, self.app.workspace.me).of(self._all_activity)

    async def filter_activity(self) -> None:
        """Narrows Activity by who and what."""
        from ascinbox.tui.widgets.menu import PromptScreen

        async def answered(text: str) -> str | None:
            try:
                ActivityFilter(text, self.app.workspace.me)
            except AscinboxError as error:
                return str(error)
            self._wanted = text.strip()
            await prompt.close()
            self._tab = ACTIVITY
            self._narrow()
            self._cursor.go(0)
            self._paint()
            return None

        notes = ["by:anna  by:me  act:publish,tag  -act:read  app:tide  words; empty shows all"]
        prompt = PromptScreen(self, "Activity of", answered, value=self._wanted, notes=notes)
        await self.app.push_screen(prompt)

    async def heard(self, event: Event) -> None:
        """A reply or a delivery moved on."""
        if (
            isinstance(event, OutboxChanged | ReviewsChanged | DeliveriesChanged | TeamChanged)
            and self.is_mounted
        ):
            await self.read()

    def _tick(self) -> None:
        if self.is_current and any(item.row.phase is Phase.QUEUED for item in self._open):
            self._paint()

    @property
    def _lists(self) -> Sequence[str]:
        return TABS if self._is_told else TABS[:DELIVERIES]

    @property
    def _rows(self) -> Sequence[OutboxEntry]:
        return (self._open, self._activity, self._drafts, self._deliveries)[self._tab]

    def _key(self, row: OutboxEntry) -> str:
        if isinstance(row, DeliveryLine):
            return row.uid
        if isinstance(row, ActItem):
            return f"{row.act.at.timestamp()} {row.act.verb} {row.act.subject}"
        return row.row.op_id if isinstance(row, OutboxItem) else row.review_id

    @property
    def current(self) -> OutboxEntry | None:
        """The row under the cursor."""
        return self._rows[self._cursor.number] if 0 <= self._cursor.number < len(self._rows) else None

    @property
    def on_their_way(self) -> Sequence[OutboxItem]:
        """The replies of the first tab."""
        return self._open

    @property
    def item(self) -> OutboxItem | None:
        """The reply under the cursor; None on a draft, another act or an empty list."""
        return self.current if isinstance(self.current, OutboxItem) else None

    # --- painting ---

    def _paint(self) -> None:
        if not self.is_mounted or not self.size.width or not self._was_read:
            return
        width = self.size.width
        self._paint_tabs(width)
        columns = columns_line(width, deliveries=self._tab == DELIVERIES)
        self.query_one("#obhead", Lines).show([(PaintSpan(columns, "dim"),)])
        listing = self.query_one("#oblist", Lines)
        at = self._cursor.number
        lines = [self._line(row, width, cursor=number == at) for number, row in enumerate(self._rows)]
        lines += self._below(width)
        room = max(1, self.size.height - 6)
        height = min(len(lines), max(3, room // 2)) or 1
        if listing.styles.height is None or listing.styles.height.value != height:
            listing.styles.height = height
        self._cursor.keep_in_sight(height)
        listing.show(lines, self._cursor.top)
        self.call_after_refresh(listing.show, lines, self._cursor.top)
        detail = [*self._detail(width), *self._lately(width)]
        self.query_one("#obdetail", Lines).show(detail)
        self.call_after_refresh(self.query_one("#obdetail", Lines).show, detail)
        # Which keys act depends on what is under the cursor.
        self.tell_frame()

    def _paint_tabs(self, width: int) -> None:
        failed = sum(item.needs_you for item in self._deliveries)
        found = f"{len(self._activity)} {self._wanted}" if self._wanted else ""
        counts = (str(len(self._open)), clip(found, 24), str(len(self._drafts)), str(failed))[
            : len(self._lists)
        ]
        labels = [
            ViewLabel(name, count if count != "0" else "")
            for name, count in zip(self._lists, counts, strict=True)
        ]
        seconds = self.app.workspace.config.get("outbox", "undo_seconds")
        right = f"undo window {seconds:g}s"
        if width >= WIDE:
            right += " (0-600, :set undo)"
        self.query_one("#obtabs", Lines).show([views_line(labels, self._tab, right, width)])

    def _look(self, width: int) -> OutboxLook:
        me, stores = self.app.workspace.me, bool(self.app.frame.several_stores)
        return OutboxLook(self.app.now(), width, me, stores, self.app.profile.ascii, self.is_offline)

    def _line(self, row: OutboxEntry, width: int, *, cursor: bool) -> Line:
        look = self._look(width)
        match row:
            case OutboxItem():
                return item_line(row, look, cursor=cursor)
            case ActItem():
                return act_line(row, look, cursor=cursor)
            case DeliveryLine():
                return delivery_line(row, look, cursor=cursor)
            case _:
                return draft_line(row, look, cursor=cursor)

    def _below(self, width: int) -> list[Line]:
        if self._tab != 0:
            words = {
                1: f"nothing in 30 days is {self._wanted}" if self._wanted else "nothing was done in 30 days",
                2: "no draft",
                DELIVERIES: "nothing was to be told yet",
            }[self._tab]
            return [] if self._rows else [(PaintSpan(f"    {words}", "dim"),)]
        now = self.app.now()
        lately = sum(
            isinstance(i, OutboxItem) and i.row.phase is Phase.PUBLISHED and now - i.row.changed_at < LATELY
            for i in self._all_activity
        )
        more = self.app.keymap.shown("view_next")
        said = [] if self._rows else ["nothing is on its way to a store and nothing waits for you"]
        if lately:
            said.append(f"{lately} more PUBLISHED in the last day · {more} Activity")
        return [(PaintSpan(clip(f"    {words}", width), "dim"),) for words in said]

    @property
    def is_offline(self) -> bool:
        """Whether nothing leaves: a team's server sends all the same."""
        return self.app.workspace.offline and self.app.workspace.team is None

    def _detail(self, width: int) -> list[Line]:
        row = self.current
        lines: list[Line] = [BLANK]
        if isinstance(row, OutboxItem):
            stores = bool(self.app.frame.several_stores)
            now, keymap = self.app.now(), self.app.keymap
            lines += detail_lines(row, now, width, keymap, stores=stores, offline=self.is_offline)
            if width >= WIDE:
                lines += [BLANK, rule("What the states mean", "", width)]
                states = states_help(team=not row.standing.alone, ascii_only=self.app.profile.ascii)
                lines += [(PaintSpan(text, "dim"),) for text in states]
        elif isinstance(row, ActItem):
            lines += act_detail(row, self.app.now(), width, self.app.workspace.me)
        elif isinstance(row, DeliveryLine):
            lines += delivery_detail(row, self.app.now(), width, self.app.keymap)
        elif row is not None:
            lines += draft_detail(row, self._look(width))
        return lines

    def _lately(self, width: int) -> list[Line]:
        """What was done last, below what is on its way, where there is room."""
        if self._tab != 0 or width < WIDE or not self._all_activity:
            return []
        more = f"{self.app.keymap.shown('view_next')} Activity"
        rows = [self._line(row, width, cursor=False) for row in self._all_activity[:MOST_LATELY]]
        return [BLANK, rule("Done lately", more, width), *rows]

    def hint_texts(self) -> Mapping[str, str]:
        """Without the keys that would only refuse for what is under the cursor."""
        hinted = (action for hint in HINTS[self.PLACE].entries for action in hint.actions)
        left_out = {action: "" for action in hinted if self.dispatcher.refusal(action)}
        if not self.deciding.can_undo:
            left_out["undo"] = ""
        return left_out if self.item is None else {"publish": publish_hint(self.item), **left_out}

    def own_status(self, state: FrameState) -> Line | None:
        if not self._was_read:
            return None
        right = f"{state.accounts} acct" if state.accounts else ""
        return ends(f" {counts_words(self._open)}", right, self.size.width)

    def actions(self) -> Handlers:
        """What the keys of the Outbox do."""
        return {
            **self._navigation.actions(),
            **self.deciding.actions(),
            "read_down": Handler(lambda: self._scroll(1)),
            "read_up": Handler(lambda: self._scroll(-1)),
            "need_next": Handler(lambda: self._to_need(1), self._no_need),
            "need_prev": Handler(lambda: self._to_need(-1), self._no_need),
            "view_next": Handler(lambda: self._turn_tab(1)),
            "view_prev": Handler(lambda: self._turn_tab(-1)),
            **sideways(self._turn_tab),
            "open": Handler(self.open_review, self._not_openable),
            "copy": Handler(self.copy, lambda: self.deciding.refusal(RowChoice.COPY, draft=True)),
            "copy_link": Handler(self.copy_link, self._no_item),
            "browser": Handler(self.browser, self._no_item),
            "filter": Handler(self.filter_activity),
            "export": Handler(self.export),
        }

    # --- moving ---

    def _scroll(self, by: int) -> None:
        self.query_one("#obdetail", Lines).scroll_lines(by)

    def _to_need(self, step: int) -> None:
        number = self._cursor.number + step
        while 0 <= number < len(self._rows):
            row = self._rows[number]
            if _needs(row):
                self._cursor.go(number)
                self._paint()
                return
            number += step
        self.app.notices.say(NO_NEED)

    def _turn_tab(self, step: int) -> None:
        self._tab = (self._tab + step) % len(self._lists)
        self._cursor.number = self._cursor.top = 0
        self._paint()

    # --- what is under the cursor ---

    def _no_item(self) -> str:
        return "" if self.item is not None else "there is no reply under the cursor"

    def _no_need(self) -> str:
        return "" if any(_needs(row) for row in self._rows) else NO_NEED

    def _not_openable(self) -> str:
        row = self.current
        has_review = row is not None and (not isinstance(row, ActItem | DeliveryLine) or row.review_id)
        return "" if has_review else "there is nothing to open"

    async def open_review(self) -> None:
        """Opens the review in the Inbox."""
        row = self.current
        if row is None:
            return
        review_id = row.row.review_id if isinstance(row, OutboxItem) else row.review_id
        await self.app.open_review(review_id, return_to=self.PLACE)

    def copy(self) -> None:
        """Copies our text."""
        row = self.current
        if row is None or isinstance(row, ActItem | DeliveryLine):
            return
        text = row.row.text if isinstance(row, OutboxItem) else row.text
        if text:
            self.app.copy(text, "the reply")
        else:
            self.app.notices.say("there is no text to copy")

    def copy_link(self) -> None:
        """Copies the address of the app's reviews at its store."""
        if self.item is not None:
            self.app.copy(review_address(self.item.row.app_id, self.item.row.review_id), "the link")

    def browser(self) -> None:
        """Opens the app's reviews at its store."""
        if self.item is not None:
            self.app.browse(review_address(self.item.row.app_id, self.item.row.review_id))

    async def export(self) -> None:
        """Writes the activity of 30 days, as far as it is filtered for, to a file."""
        from ascinbox.tui.export import ask_export

        await ask_export(self, "activity", self._wanted)


def _needs(row: OutboxEntry) -> bool:
    return isinstance(row, OutboxItem | DeliveryLine) and row.needs_you
