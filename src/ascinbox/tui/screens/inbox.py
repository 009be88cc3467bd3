"""The Inbox: what the morning begins with."""

from __future__ import annotations

from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import AccountsChanged, Event, OutboxChanged, ReviewsChanged
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.screens.inbox_reply import InboxReply
from ascinbox.tui.steady import Steady


class InboxScreen(InboxReply):
    """Starts where one left, keeps up with the background, says why it is empty."""

    def __init__(self) -> None:
        super().__init__()
        self._news = Steady(self._catch_up, lambda: self.desk.keys_first())

    def actions(self) -> Handlers:
        """What the keys of the Inbox do."""
        return {
            "open": Handler(self.verb_open),
            "views": Handler(self.verb_views),
            "view_next": Handler(self.verb_view_next),
            "view_prev": Handler(self.verb_view_prev),
            "save_view": Handler(self.verb_save_view),
            "filter": Handler(self.verb_filter),
            "sort": Handler(self.verb_sort),
            "next": Handler(self.verb_next),
            "prev": Handler(self.verb_prev),
            "first": Handler(self.verb_first),
            "last": Handler(self.verb_last),
            "half_down": Handler(self.verb_half_down),
            "half_up": Handler(self.verb_half_up),
            "page_down": Handler(self.verb_page_down),
            "page_up": Handler(self.verb_page_up),
            "read_down": Handler(self.verb_read_down),
            "read_up": Handler(self.verb_read_up),
            "item_next": Handler(self.verb_item_next),
            "item_prev": Handler(self.verb_item_prev),
            "need_next": Handler(self.verb_need_next),
            "need_prev": Handler(self.verb_need_prev),
            "zoom": Handler(self.verb_zoom),
            "side": Handler(self.verb_side),
            "pane_next": Handler(self.verb_pane_next),
            "pane_prev": Handler(self.verb_pane_prev),
            "go_inbox": Handler(self.verb_go_inbox),
            "back": Handler(self.verb_back),
            "leave": Handler(self.verb_leave),
            "select": Handler(self.verb_select),
            "select_all": Handler(self.verb_select_all),
            "done": Handler(self.verb_done),
            "snooze": Handler(self.verb_snooze),
            "assign": Handler(self.verb_assign),
            "tag": Handler(self.verb_tag),
            "flag": Handler(self.verb_flag),
            "read": Handler(self.verb_read),
            "note": Handler(self.verb_note),
            "repeat": Handler(self.verb_repeat),
            "copy": Handler(self.verb_copy),
            "copy_link": Handler(self.verb_copy_link),
            "browser": Handler(self.verb_browser),
            "export": Handler(self.verb_export),
            "add": Handler(self.verb_add),
            "sync": Handler(self.verb_sync),
            "reply": Handler(self.verb_reply),
            "reply_external": Handler(self.verb_reply_external),
            "external": Handler(self.verb_external),
            "save": Handler(self.verb_save),
            "template": Handler(self.verb_template),
            "insert_template": Handler(self.verb_insert_template),
            "check": Handler(self.verb_check),
            "accept": Handler(self.verb_accept),
            "publish": Handler(self.verb_publish, self._not_publishing),
            "undo": Handler(self.verb_undo),
            "delete": Handler(self.verb_delete),
        }

    def on_mount(self) -> None:
        """Rows first; counts and everything else follow."""
        self.arrange_panes()
        self.desk.spawn(self.start())

    async def start(self) -> None:
        """Shows the view that was asked for, or the place of last time."""
        try:
            await self._first_rows()
        except AscinboxError as error:
            self.desk.tell_error(error)
        finally:
            self.desk.ready_for_keys()
        self.refresh_counts()
        # The demo links its accounts behind the screen.
        expected = self.desk.begins or self.desk.frame.demo
        if not expected and not await self.desk.has_accounts():
            from ascinbox.tui.screens.first_run import FirstRunScreen

            await self.app.push_screen(FirstRunScreen(self))

    async def _first_rows(self) -> None:
        first = await self.desk.ask(self.inbox.beginning, self.desk.first_view)
        self.take_views(first.views)
        self.view = first.view
        await self.show_query(first.query, at=first.review)
        self.tell_views()

    async def verb_open(self) -> None:
        if self.bar.is_open:
            await self.keep_filter()
            return
        await super().verb_open()

    async def returned(self) -> None:
        """Back from another screen: what changed there may move what is shown here."""
        self.return_to = ""
        if self.source is not None:
            await self.listing.reload(keep_cursor=True, welcome=True)
            await self.read_current()

    # --- news ---

    def heard(self, event: Event) -> None:
        """Keeps rows, pane and counts current; the cursor stays where it is."""
        if isinstance(event, ReviewsChanged | OutboxChanged | AccountsChanged):
            self._news.ask(self.desk.spawn)

    async def _catch_up(self) -> None:
        if not self.is_mounted:
            return
        await self.listing.reload(keep_cursor=True, welcome=not self.listing.data.rows)
        if not self.answering:
            await self.read_current()
        self.refresh_counts()
        if self.source is not None:
            await self.count_rows(self.source)

    def tell_frame(self) -> None:
        if self.is_mounted and self.source is not None:
            if not self.listing.data.rows:
                self.tell_empty()
            if self.listing.follow_time():
                self.reader.lay_out()
        super().tell_frame()

    def tell_empty(self) -> None:
        """Cause and next key, in place of rows."""
        shown = self.desk.keymap.shown
        frame = self.desk.frame
        if frame.preparing:
            lines = ["Invented accounts and reviews are being made: a few seconds.",
                     f"Then {shown('tour')} shows you around, and {shown('help')} the keys."]  # fmt: skip
        elif not frame.accounts:
            lines = [f"No account is linked. {shown('add')} links one."]
        elif frame.synced_at is None:
            lines = [frame.syncing or f"Never synced. {shown('sync')}"]
        elif self.query_text and (self.view is None or self.views[self.view].query != self.query_text):
            lines = [f"No review matches {self.query_text!r} in All ({self.total_all})."]
            lines.append(f"{shown('filter')} changes the filter, {shown('view_next')} other views")
        elif self.view_name == "Needs reply":
            snoozed = self.view_counts.get("Snoozed")
            waiting = f" {snoozed} snoozed." if snoozed is not None and snoozed.count else ""
            lines = [f"Nothing needs you.{waiting} {shown('view_next')} other views"]
        else:
            lines = [f"Nothing in {self.view_name}. {shown('view_next')} other views"]
        if tuple(lines) != self.listing.empty_text:
            self.listing.empty_text = tuple(lines)
            self.listing.refresh()
