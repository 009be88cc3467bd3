"""Who writes where, at the keyboard: asked before the editor opens, claimed by the first keystroke."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.outbox.sentences import RowChoice
from ascinbox.core.outbox.states import Phase
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.widgets.menu import Choice, MenuScreen, PromptScreen
from ascinbox.workers.replies.claims import claim, claim_words, holder, take_over

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.reply import InboxReply
    from ascinbox.tui.inbox.replytext import ReplyJob
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.workers.replies.claims import Writer

Open = Callable[[], Awaitable[None]]


class InboxClaims:
    """Keeps two people from answering one review at the same time without knowing of each other."""

    def __init__(self, screen: InboxScreen, reply: InboxReply) -> None:
        self._screen = screen
        self._reply = reply

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    def actions(self) -> Handlers:
        """What it does while the list or the reading pane has the keys."""
        return {"take_over": Handler(self.take_over, self._nobody_writes)}

    def _nobody_writes(self) -> str:
        row = self._screen.listing.current
        return "" if row is not None and row.writer else "nobody else writes to this review"

    async def asked(self, review_id: str, open_editor: Open) -> bool:
        """Asks before the editor takes keys, when somebody else writes there; False: nobody does."""
        other = await self._app.ask(holder, self._app.workspace, review_id)
        if other is not None:
            await self._ask(other, open_editor)
        return other is not None

    async def take_over(self) -> None:
        """Takes over the review under the cursor and opens the editor."""
        row = self._screen.listing.current
        other = await self._app.ask(holder, self._app.workspace, row.id) if row is not None else None
        if other is None:
            await self._reply.open_editor()
        else:
            await self._ask_words(other, self._reply.open_editor)

    async def begun(self, job: ReplyJob) -> None:
        """The first keystroke: from here on others see who writes."""
        if job.waits is not None:
            return
        try:
            other = await self._app.ask(claim, self._app.workspace, job.review_id)
        except AscinboxError as error:
            self._app.notices.say(f"nobody sees that you write here: {error.title}", "warning")
            return
        if other is not None:

            async def stay() -> None:
                """The editor is open already."""

            await self._ask(other, stay)

    async def _ask(self, other: Writer, open_editor: Open) -> None:
        who = list_cell(other.who)
        choices = [
            Choice(False, f"leave it to {who}"),
            Choice(True, "take over", f"{self._app.keymap.shown('take_over')}: {who} is told"),
        ]

        async def answer(take: bool) -> None:
            if take:
                await self._ask_words(other, open_editor)
            elif self._reply.answering:
                await self._reply.close_panel()

        title = list_cell(claim_words(other))
        await self._app.push_screen(
            MenuScreen(self._screen, title, choices, answer, more={"take_over": True})
        )

    async def _ask_words(self, other: Writer, open_editor: Open) -> None:
        who = list_cell(other.who)

        async def answer(words: str) -> str | None:
            await self._app.pop_screen()
            before = await self._app.ask(take_over, self._app.workspace, other.review_id, words)
            if before is None:
                await self._nobody_wrote(other, words, open_editor)
            else:
                await open_editor()
                self._app.notices.say(f"taken over; {list_cell(before.who)} is told")
            return None

        notes = ["It goes into the notes, where it is never sent. Enter takes over, esc does not."]
        await self._app.push_screen(
            PromptScreen(self._screen, f"A word to {who} (may be empty)", answer, notes=notes)
        )

    async def _nobody_wrote(self, other: Writer, words: str, open_editor: Open) -> None:
        """Whoever wrote there has left meanwhile: shows what they handed over; else the editor opens."""
        who, review_id, state = list_cell(other.who), other.review_id, self._screen.state
        note = ""
        if words.strip():
            state.words_kept[review_id] = words
            note = f"; {self._app.keymap.shown('note')} has your words"
        item = await self._app.ask(self._app.workspace.replies.item, review_id)
        if item is None or item.row.phase is not Phase.WAITING:
            await open_editor()
            self._app.notices.say(f"{who} had left the editor before you took over{note}", "warning")
            return
        if self._reply.answering:
            await self._reply.close_panel()
        if RowChoice.SEND_BACK in item.choices and note:
            note = f"; {self._app.keymap.shown('send_back')} has your words"
        current = self._screen.listing.current
        if current is not None and current.id == review_id:
            await self._screen.approval.read()
        else:
            await self._screen.read_waiting(review_id)
        self._app.notices.say(f"{who} handed this over before you took over{note}", "warning")
