"""What is decided about the reply, or the delivery, under the Outbox's cursor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ascinbox.core.deliveries.states import DeliveryLine
from ascinbox.core.outbox.sentences import OutboxItem, RowChoice, choices, taken_back_words, why_not
from ascinbox.core.outbox.states import Kind, Phase
from ascinbox.core.reviews.acts import ActItem
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.outbox.text import done_words
from ascinbox.tui.paint import clip
from ascinbox.tui.send_back import send_back_question
from ascinbox.tui.widgets.menu import confirm_replacing
from ascinbox.workers.deliveries.recent import send_again
from ascinbox.workers.replies.approvals import approvers

if TYPE_CHECKING:
    from ascinbox.tui.outbox.screen import OutboxScreen

PUBLISHES = (RowChoice.SEND_NOW, RowChoice.SEND, RowChoice.APPROVE)


class Deciding:
    """Publishes, takes back, sends back, drops and edits."""

    def __init__(self, screen: OutboxScreen) -> None:
        self._screen = screen

    def actions(self) -> Handlers:
        """What its keys do."""
        return {
            "publish": Handler(self.publish, self._not_publishable),
            "send_back": Handler(self.send_back, lambda: self.refusal(RowChoice.SEND_BACK)),
            "done": Handler(self.done, lambda: self.refusal(RowChoice.KEEP)),
            "undo": Handler(self.undo),
            "reply": Handler(self.reply, lambda: self.refusal(RowChoice.EDIT, draft=True)),
        }

    @property
    def can_undo(self) -> bool:
        """Whether one of the replies that were read last can still be taken back: enough for a hint. The key
        asks the store, since the list may not be read yet and the time to take back runs out."""
        return any(RowChoice.UNDO in item.choices for item in self._screen.on_their_way)

    def refusal(self, *wanted: RowChoice, draft: bool = False) -> str:
        """Why none of these can be chosen for the reply under the cursor; `draft`: a draft will do."""
        item = self._screen.item
        if item is None:
            if (
                draft
                and self._screen.current is not None
                and not isinstance(self._screen.current, ActItem | DeliveryLine)
            ):
                return ""
            return "there is no reply under the cursor"
        if set(wanted).isdisjoint(item.choices):
            for choice in wanted:
                if choice in choices(item.row):
                    return why_not(choice, item.row, item.standing)
            return f"not while it is {item.row.phase.value.replace('_', ' ')}: {item.sentence}"
        return ""

    def _not_publishable(self) -> str:
        row = self._screen.current
        if isinstance(row, DeliveryLine):
            return "" if row.can_go_again else f"not while it is {row.state.value}"
        return self.refusal(*PUBLISHES)

    async def _resolve(self, item: OutboxItem, choice: RowChoice) -> None:
        await self._screen.app.ask(self._screen.replies.resolve, item.row.id, choice)
        self._screen.app.summary.refresh()
        await self._screen.read()
        self._screen.app.notices.say(done_words(item, choice, offline=self._screen.is_offline))

    async def publish(self) -> None:
        """Publishes now; on a held or failed one, sends it all the same. A delivery is sent again."""
        if isinstance(self._screen.current, DeliveryLine):
            await self._send_again(self._screen.current)
            return
        item = self._screen.item
        if item is None:
            return
        if RowChoice.APPROVE in item.choices:
            await self._screen.app.read_waiting(item.row.review_id, return_to=self._screen.PLACE)
        elif RowChoice.SEND_NOW in item.choices:
            await self._resolve(item, RowChoice.SEND_NOW)
        elif item.row.kind is Kind.WITHDRAW or item.row.theirs is None:
            await self._resolve(item, RowChoice.SEND)
        else:
            await self._screen.app.push_screen(
                confirm_replacing(
                    self._screen, [item.row.review_id], lambda: self._resolve(item, RowChoice.SEND)
                )
            )

    async def _send_again(self, row: DeliveryLine) -> None:
        future = self._screen.app.workspace.background(send_again, self._screen.app.workspace, row.uid)
        moved = await asyncio.wrap_future(future)
        await self._screen.read()
        self._screen.app.notices.say("it is sent again" if moved else "it has moved on meanwhile")

    async def send_back(self) -> None:
        """Back to its author, with a note."""
        if self._screen.item is not None:
            question = send_back_question(self._screen, self._screen.item.row, self._screen.read)
            await self._screen.app.push_screen(question)

    async def done(self) -> None:
        """Drops our reply and marks the review done."""
        if self._screen.item is not None:
            await self._resolve(self._screen.item, RowChoice.KEEP)

    async def undo(self) -> None:
        """Takes back the reply under the cursor, else the youngest that still can be."""
        item = self._screen.item
        if item is not None and RowChoice.UNDO in item.choices:
            await self._resolve(item, RowChoice.UNDO)
            return
        titles = {item.row.id: item.title or item.nickname for item in self._screen.on_their_way}
        app, replies = self._screen.app, self._screen.replies
        taken, standing = await app.ask(replies.undo), await app.ask(replies.rights)
        approved_by = await app.ask(approvers, app.workspace, taken)
        await self._screen.read()
        app.summary.refresh()
        if not taken:
            app.notices.say("nothing can be taken back any more")
            return
        # The cursor may be on another one, so it is said which it was.
        about = list_cell(titles.get(taken[0].id, "")) if len(taken) == 1 else ""
        words = taken_back_words(taken, standing, approved_by)
        app.notices.say(f"{words} ({clip(about, 30)})" if about else words)

    async def reply(self) -> None:
        """Edits the text: one's own that was held or failed is a draft again, what else is there stays."""
        row = self._screen.current
        if row is None or isinstance(row, ActItem | DeliveryLine):
            return
        if isinstance(row, OutboxItem):
            after = await self._screen.app.ask(self._screen.replies.resolve, row.row.id, RowChoice.EDIT)
            # Where the row stays, a draft of one's own that was begun beside it goes on.
            text = row.row.text if after.phase is Phase.UNDONE else None
            review_id = row.row.review_id
        else:
            review_id, text = row.review_id, row.text
        await self._screen.app.edit_reply(review_id, text=text, return_to=self._screen.PLACE)
