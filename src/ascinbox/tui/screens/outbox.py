"""The Outbox: replies on their way, what needs a decision, what was done, drafts."""

from __future__ import annotations

from ascinbox.core.outbox import Kind
from ascinbox.core.outboxwords import Choice, OutboxItem, taken_back_words
from ascinbox.tui.links import review_address
from ascinbox.tui.outboxtext import VERB_OF, done_words
from ascinbox.tui.screens.menu import confirm_replacing
from ascinbox.tui.screens.outbox_lists import TABS, OutboxLists
from ascinbox.tui.widgets.lines import Lines


class OutboxScreen(OutboxLists):
    """Walks through the lists and does what the person decides about a reply."""

    # --- moving ---

    def _step(self, by: int) -> None:
        if self._rows:
            self._cursor = max(0, min(self._cursor + by, len(self._rows) - 1))
            self._paint()

    def verb_next(self) -> None:
        """Down."""
        self._step(1)

    def verb_prev(self) -> None:
        """Up."""
        self._step(-1)

    def verb_item_next(self) -> None:
        """Down."""
        self._step(1)

    def verb_item_prev(self) -> None:
        """Up."""
        self._step(-1)

    def verb_first(self) -> None:
        """To the first."""
        self._step(-len(self._rows))

    def verb_last(self) -> None:
        """To the last."""
        self._step(len(self._rows))

    def verb_half_down(self) -> None:
        """Half a page."""
        self._step(5)

    def verb_half_up(self) -> None:
        """Half a page back."""
        self._step(-5)

    def verb_page_down(self) -> None:
        """A page."""
        self._step(10)

    def verb_page_up(self) -> None:
        """A page back."""
        self._step(-10)

    def verb_read_down(self) -> None:
        """Scrolls the texts below."""
        self.query_one("#obdetail", Lines).scroll_lines(1)

    def verb_read_up(self) -> None:
        """Scrolls back."""
        self.query_one("#obdetail", Lines).scroll_lines(-1)

    def verb_need_next(self) -> None:
        """The next that needs a decision."""
        self._to_need(1)

    def verb_need_prev(self) -> None:
        """The one before."""
        self._to_need(-1)

    def _to_need(self, step: int) -> None:
        number = self._cursor + step
        while 0 <= number < len(self._rows):
            row = self._rows[number]
            if isinstance(row, OutboxItem) and row.needs_you:
                self._step(number - self._cursor)
                return
            number += step
        self.desk.say("nothing else here needs a decision")

    async def verb_view_next(self) -> None:
        """Open, Activity, Drafts."""
        self._turn_tab(1)

    async def verb_view_prev(self) -> None:
        """Back."""
        self._turn_tab(-1)

    def _turn_tab(self, step: int) -> None:
        self._tab = (self._tab + step) % len(TABS)
        self._cursor = self._top = 0
        self._paint()

    def verb_pane_next(self) -> None:
        """The next tab."""
        self._turn_tab(1)

    def verb_pane_prev(self) -> None:
        """The tab before."""
        self._turn_tab(-1)

    # --- deciding ---

    def why_not(self, verb_id: str) -> str:
        item = self.item
        wanted = {choice for choice, verb in VERB_OF.items() if verb == verb_id}
        if verb_id in ("reply", "copy") and self._current is not None and item is None:
            return ""
        if not wanted or verb_id == "undo":
            return super().why_not(verb_id)
        if item is None:
            return "there is no reply under the cursor"
        if wanted.isdisjoint(item.choices):
            return f"not while it is {item.row.phase.value.replace('_', ' ')}: {item.sentence}"
        return ""

    async def _resolve(self, item: OutboxItem, choice: Choice) -> None:
        await self.desk.ask(self.replies.resolve, item.row.id, choice)
        self.desk.refresh_summary()
        await self.read()
        self.desk.say(done_words(item, choice))

    async def verb_publish(self) -> None:
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

    async def verb_done(self) -> None:
        """Lets ours go and marks the review done."""
        if self.item is not None:
            await self._resolve(self.item, Choice.KEEP)

    async def verb_undo(self) -> None:
        """Takes back the reply under the cursor, else the youngest that still can be."""
        item = self.item
        if item is not None and Choice.UNDO in item.choices:
            await self._resolve(item, Choice.UNDO)
            return
        taken = await self.desk.ask(self.replies.undo)
        await self.read()
        self.desk.refresh_summary()
        self.desk.say(taken_back_words(taken) if taken else "nothing can be taken back any more")

    async def verb_reply(self) -> None:
        """Edits the text: a held or failed one becomes a draft again."""
        row = self._current
        if row is None:
            self.desk.say("there is nothing to edit")
            return
        if isinstance(row, OutboxItem):
            await self.desk.ask(self.replies.resolve, row.row.id, Choice.EDIT)
            review_id, text = row.row.review_id, row.row.text
        else:
            review_id, text = row.review_id, row.text
        await self.desk.edit_reply(review_id, text=text, return_to=self.PLACE)

    async def verb_open(self) -> None:
        """Opens the review in the Inbox."""
        row = self._current
        if row is None:
            self.desk.say("there is nothing to open")
            return
        review_id = row.row.review_id if isinstance(row, OutboxItem) else row.review_id
        await self.desk.open_review(review_id, return_to=self.PLACE)

    def verb_copy(self) -> None:
        """Copies our text."""
        row = self._current
        text = row.row.text if isinstance(row, OutboxItem) else row.text if row is not None else ""
        if text:
            self.desk.copy(text, "your reply")
        else:
            self.desk.say("there is no text to copy")

    def verb_copy_link(self) -> None:
        """Copies the address of the app's reviews at Apple."""
        if self.item is not None:
            self.desk.copy(review_address(self.item.row.app_id), "the link")

    def verb_browser(self) -> None:
        """Opens the app's reviews in App Store Connect."""
        if self.item is not None:
            self.desk.browse(review_address(self.item.row.app_id))

    async def verb_export(self) -> None:
        """Writes the activity of 30 days to a file."""
        from ascinbox.tui.screens.export import ask_export

        await ask_export(self, "activity", "")
