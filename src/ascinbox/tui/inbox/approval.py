"""Reading what waits for a publisher: publishing it as it was read, editing it, sending it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.outbox.sentences import RowChoice
from ascinbox.core.outbox.states import body_hash
from ascinbox.core.reviews.states import State
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.inbox.replytext import ReplyJob
from ascinbox.tui.send_back import send_back_question
from ascinbox.workers.replies.waiting_beside import left_words

if TYPE_CHECKING:
    from ascinbox.core.outbox.states import OutboxRow
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.list import InboxList
    from ascinbox.tui.inbox.reading import CurrentReview
    from ascinbox.tui.inbox.reply import InboxReply
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.state import InboxState


class InboxApproval:
    """The check step on a text that somebody handed over."""

    def __init__(
        self,
        screen: InboxScreen,
        state: InboxState,
        reading: CurrentReview,
        reviews: InboxList,
        reply: InboxReply,
    ) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._state = state
        self._reading = reading
        self._list = reviews
        self._reply = reply

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    @property
    def row(self) -> OutboxRow | None:
        """What is being read; None while one writes, or does neither."""
        job = self._reply.panel.job if self._reply.answering else None
        return job.waits if job is not None else None

    def actions(self) -> Handlers:
        """What it does while the list or the reading pane has the keys."""
        return {
            "publish": Handler(self.read, self._publishes_elsewhere),
            "send_back": Handler(self.read_and_send_back, self._nothing_waits),
        }

    def answering_actions(self) -> Handlers:
        """What it does while a text that waits is read."""
        return {
            "publish": Handler(self.approve),
            "send_back": Handler(self.send_back),
            "reply": Handler(self.edit),
            "reply_external": Handler(self.edit),
            "template": Handler(self.edit),
            "back": Handler(self.leave),
            "leave": Handler(self.leave),
            "go_inbox": Handler(self.leave),
        }

    def _nothing_waits(self) -> str:
        row = self._listing.current
        if row is not None and row.state == State.WAITING:
            return ""
        return "no reply to this review waits for a publisher"

    def _publishes_elsewhere(self) -> str:
        return self._reply.publishing.elsewhere() if self._nothing_waits() else ""

    async def read(self) -> None:
        """Shows the text that waits under the cursor in the check step."""
        row = self._listing.current
        start = await self._app.ask(self._app.workspace.composing.to_approve, row.id) if row else None
        if row is None or start is None:
            self._app.notices.say("no reply to this review waits any more")
            return
        job = ReplyJob(
            detail=start.detail,
            text=start.text,
            template=start.template,
            context=start.context,
            capability=start.capability,
            position=self._reading.position(),
            view=f"Inbox > {self._state.view_name} > {list_cell(row.app_name)}",
            waits=start.waits,
        )
        await self._reply.open_panel([job], checking=True)

    async def read_review(self, review_id: str, *, return_to: str = "") -> None:
        """The same for a review that was chosen on another screen."""
        await self._screen.show_review(review_id, return_to=return_to)
        await self.read()

    async def read_and_send_back(self) -> None:
        """Shows it, and asks what its author should change."""
        await self.read()
        await self.send_back()

    async def approve(self) -> None:
        """Publishes exactly the text that is shown."""
        job = self._reply.panel.job
        if job is None or job.waits is None or await self._refused(job.waits, RowChoice.APPROVE):
            return
        refusal = self._reply.publishing.refusal_of(job)
        if refusal:
            self._app.notices.say(refusal, "warning")
            return
        waits, text = job.waits, job.text

        async def publish() -> None:
            try:
                await self._app.ask(self._app.workspace.replies.approve, waits, body_hash(text))
            except AscinboxError as error:
                await self._follow(waits, error)
                return
            seconds = self._app.workspace.config.get("outbox", "undo_seconds")
            await self._done(f"{list_cell(waits.by)}'s reply goes out in {seconds:g} s, as you read it")

        await self._reply.publishing.confirmed([job], publish)

    async def send_back(self) -> None:
        """Back to its author, with a note."""
        row = self.row
        if row is None or await self._refused(row, RowChoice.SEND_BACK):
            return
        kept = self._state.words_kept

        async def done() -> None:
            kept.pop(row.review_id, None)
            await self._done()

        def keep(words: str) -> None:
            kept[row.review_id] = words

        async def refused(words: str, error: AscinboxError) -> None:
            if words.strip():
                keep(words)
            await self._follow(row, error)

        value = kept.get(row.review_id, "")
        question = send_back_question(self._screen, row, done, value=value, refused=refused)
        await self._reply.question.ask(question, keep)

    async def edit(self) -> None:
        """Takes it into the editor: a draft from then on."""
        row = self.row
        if row is not None and not await self._refused(row, RowChoice.EDIT):
            return_to = self._state.return_to
            self._state.return_to = ""
            await self._reply.close_panel()
            self._state.return_to = return_to
            await self._reply.reply()

    async def leave(self) -> None:
        """Leaves it as it is; what is said of it is true now."""
        row = self.row
        said = await self._app.ask(left_words, self._app.workspace, row) if row is not None else ""
        await self._reply.close_panel(said=said)

    async def _follow(self, row: OutboxRow, error: AscinboxError) -> None:
        """An act on what is shown was refused: shows the text that waits now, or says what became of it."""
        job = self._reply.panel.job
        start = await self._app.ask(self._app.workspace.composing.to_approve, row.review_id)
        if start is None:
            await self.leave()
            await self._list.after_act({row.review_id}, advance=False)
            self._app.summary.refresh()
        elif job is None or start.waits == row:
            self._app.notices.tell_error(error)
        else:
            changed = replace(
                job,
                detail=start.detail,
                text=start.text,
                template=start.template,
                context=start.context,
                capability=start.capability,
                accepted=frozenset(),
                back=None,
                waits=start.waits,
            )
            await self._reply.open_panel([changed], checking=True)
            self._screen.tell_frame()
            self._app.notices.say(
                "nothing was done: the text was changed meanwhile, this is the new one", "warning"
            )

    async def _refused(self, row: OutboxRow, choice: RowChoice) -> bool:
        why = await self._app.ask(self._app.workspace.replies.refusal, row, choice)
        if why:
            self._app.notices.say(why, "warning")
        return bool(why)

    async def _done(self, said: str = "") -> None:
        row = self.row
        self._app.summary.refresh()
        await self._reply.close_panel()
        await self._list.after_act({row.review_id} if row is not None else set(), advance=True)
        if said:
            self._app.notices.say(said)
