"""The Outbox: replies on their way, what needs a decision, what was done, drafts."""

from __future__ import annotations

from ascinbox.core.outbox import Kind
from ascinbox.core.outboxwords import Choice, OutboxItem, taken_back_words
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.links import review_address
from ascinbox.tui.outboxtext import done_words
from ascinbox.tui.screens.menu import confirm_replacing
from ascinbox.tui.screens.outbox_lists import TABS, OutboxLists
from ascinbox.tui.widgets.lines import Lines


class OutboxScreen(OutboxLists):
    """Walks through the lists and does what the person decides about a reply."""

    # --- moving ---

    def actions(self) -> Handlers:
        """What the keys of the Outbox do."""
        return {
            **self._navigation.actions(),
            "read_down": Handler(lambda: self._scroll(1)),
            "read_up": Handler(lambda: self._scroll(-1)),
            "need_next": Handler(lambda: self._to_need(1)),
            "need_prev": Handler(lambda: self._to_need(-1)),
            "view_next": Handler(lambda: self._turn_tab(1)),
            "view_prev": Handler(lambda: self._turn_tab(-1)),
            "pane_next": Handler(lambda: self._turn_tab(1)),
            "pane_prev": Handler(lambda: self._turn_tab(-1)),
            "publish": Handler(self.publish, lambda: self._refusal(Choice.SEND_NOW, Choice.SEND)),
            "done": Handler(self.done, lambda: self._refusal(Choice.KEEP)),
            "undo": Handler(self.undo),
            "reply": Handler(self.reply, lambda: self._refusal(Choice.EDIT, draft=True)),
            "open": Handler(self.open_review),
            "copy": Handler(self.copy, lambda: self._refusal(Choice.COPY, draft=True)),
            "copy_link": Handler(self.copy_link, self._no_item),
            "browser": Handler(self.browser, self._no_item),
            "export": Handler(self.export),
        }

    # --- moving ---

    def _scroll(self, by: int) -> None:
        self.query_one("#obdetail", Lines).scroll_lines(by)

    def _to_need(self, step: int) -> None:
        number = self._cursor.number + step
        while 0 <= number < len(self._rows):
            row = self._rows[number]
            if isinstance(row, OutboxItem) and row.needs_you:
                self._cursor.go(number)
                self._paint()
                return
            number += step
        self.app.notices.say("nothing else here needs a decision")

    def _turn_tab(self, step: int) -> None:
        self._tab = (self._tab + step) % len(TABS)
        self._cursor.number = self._cursor.top = 0
        self._paint()

    # --- deciding ---

    def _no_item(self) -> str:
        return "" if self.item is not None else "there is no reply under the cursor"

    def _refusal(self, *wanted: Choice, draft: bool = False) -> str:
        """Why none of these can be chosen for the reply under the cursor; `draft`: a draft will do."""
        item = self.item
        if item is None:
            if draft and self._current is not None:
                return ""
            return "there is no reply under the cursor"
        if set(wanted).isdisjoint(item.choices):
            return f"not while it is {item.row.phase.value.replace('_', ' ')}: {item.sentence}"
        return ""

    async def _resolve(self, item: OutboxItem, choice: Choice) -> None:
        await self.app.ask(self.replies.resolve, item.row.id, choice)
        self.app.summary.refresh()
        await self.read()
        self.app.notices.say(done_words(item, choice))

    async def publish(self) -> None:
        """Publishes now; on a held or failed one, sends it all the same."""
        item = self.item
        if item is None:
            return
        if Choice.SEND_NOW in item.choices:
            await self._resolve(item, Choice.SEND_NOW)
        elif item.row.kind is Kind.WITHDRAW or item.row.theirs is None:
            await self._resolve(item, Choice.SEND)
        else:
            await self.app.push_screen(confirm_replacing(self, 1, lambda: self._resolve(item, Choice.SEND)))

    async def done(self) -> None:
        """Lets ours go and marks the review done."""
        if self.item is not None:
            await self._resolve(self.item, Choice.KEEP)

    async def undo(self) -> None:
        """Takes back the reply under the cursor, else the youngest that still can be."""
        item = self.item
        if item is not None and Choice.UNDO in item.choices:
            await self._resolve(item, Choice.UNDO)
            return
        taken = await self.app.ask(self.replies.undo)
        await self.read()
        self.app.summary.refresh()
        self.app.notices.say(taken_back_words(taken) if taken else "nothing can be taken back any more")

    async def reply(self) -> None:
        """Edits the text: a held or failed one becomes a draft again."""
        row = self._current
        if row is None:
            self.app.notices.say("there is nothing to edit")
            return
        if isinstance(row, OutboxItem):
            await self.app.ask(self.replies.resolve, row.row.id, Choice.EDIT)
            review_id, text = row.row.review_id, row.row.text
        else:
            review_id, text = row.review_id, row.text
        await self.app.edit_reply(review_id, text=text, return_to=self.PLACE)

    async def open_review(self) -> None:
        """Opens the review in the Inbox."""
        row = self._current
        if row is None:
            self.app.notices.say("there is nothing to open")
            return
        review_id = row.row.review_id if isinstance(row, OutboxItem) else row.review_id
        await self.app.open_review(review_id, return_to=self.PLACE)

    def copy(self) -> None:
        """Copies our text."""
        row = self._current
        text = row.row.text if isinstance(row, OutboxItem) else row.text if row is not None else ""
        if text:
            self.app.copy(text, "your reply")
        else:
            self.app.notices.say("there is no text to copy")

    def copy_link(self) -> None:
        """Copies the address of the app's reviews at Apple."""
        if self.item is not None:
            self.app.copy(review_address(self.item.row.app_id), "the link")

    def browser(self) -> None:
        """Opens the app's reviews in App Store Connect."""
        if self.item is not None:
            self.app.browse(review_address(self.item.row.app_id))

    async def export(self) -> None:
        """Writes the activity of 30 days to a file."""
        from ascinbox.tui.screens.export import ask_export

        await ask_export(self, "activity", "")
