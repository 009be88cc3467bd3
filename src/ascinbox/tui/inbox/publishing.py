"""Publishing from the check step: one reply, or a batch of which every text was shown and the count typed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.outbox.states import Phase, freeze
from ascinbox.core.replies.checks import publishable
from ascinbox.tui.widgets.menu import PromptScreen, confirm_replacing
from ascinbox.workers.replies.waiting_beside import left_words

if TYPE_CHECKING:
    from ascinbox.core.events import ActLookedUp
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.bulk import Batch
    from ascinbox.tui.inbox.list import InboxList
    from ascinbox.tui.inbox.reply import InboxReply
    from ascinbox.tui.inbox.replytext import ReplyJob
    from ascinbox.tui.inbox.screen import InboxScreen

PAGE_SHOWN_S = 0.7
"""How long `P` shows each page of a batch that was not looked at before it asks for the count."""


class InboxPublishing:
    """Hands what the check step shows to the outbox, unless something blocks it or a warning waits."""

    def __init__(self, screen: InboxScreen, reply: InboxReply, reviews: InboxList) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._reply = reply
        self._list = reviews

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    def elsewhere(self) -> str:
        """How one publishes, for whoever presses the key where nothing can be."""
        shown = self._app.keymap.shown
        way = f"{shown('reply')} then {shown('check')}, or {shown('template')}"
        return f"publishes from the check step: {way}"

    async def publish(self) -> None:
        """Queues the reply, unless something blocks it or a warning waits."""
        job = self._reply.panel.job
        if self._reply.bulk is not None:
            await self._publish_batch(self._reply.bulk)
        elif job is not None:
            refusal = self.refusal_of(job)
            if refusal:
                self._app.notices.say(refusal, "warning")
            elif not await self._tell_what_moved(job):
                await self._confirm([job])

    async def _tell_what_moved(self, job: ReplyJob) -> bool:
        """Tells once that the reply in whose place this text goes is another one by now, or was published."""
        over, workspace = job.over, self._app.workspace
        item = await self._app.ask(workspace.replies.item, job.review_id) if over is not None else None
        if over is None or item is None or item.row.phase is Phase.UNDONE:
            return False
        row = item.row
        if (row.id, row.version) == (over.id, over.version):
            return False
        words = await self._app.ask(left_words, workspace, over)
        self._reply.panel.job = replace(job, over=row)
        again = self._app.keymap.shown("publish")
        self._app.notices.say(f"{words}; {again} again puts your text in its place", "warning")
        return True

    def refusal_of(self, job: ReplyJob, which: str = "") -> str:
        """Why a text may not be published, as the check step tells it; empty when it may. `which` of several
        stands before it."""
        fitting = self._app.notices.with_reason
        if job.blocks:
            return fitting(f"{which}not published", job.blocks[0].sentence, ", the check says why")
        if not publishable(job.findings, job.accepted):
            accept = self._app.keymap.shown("accept")
            return fitting(f"{which}{accept} accepts the warning first", job.open_warnings[0].sentence)
        return ""

    async def _confirm(self, jobs: Sequence[ReplyJob]) -> None:
        await self.confirmed(jobs, lambda: self._queue(jobs))

    async def confirmed(self, jobs: Sequence[ReplyJob], act: Callable[[], Awaitable[None]]) -> None:
        """Acts; where a reply overwrites somebody else's answer, only after the word."""
        theirs = [job.review_id for job in jobs if job.replaces_theirs]
        if theirs:
            await self._reply.question.ask(confirm_replacing(self._screen, theirs, act))
        else:
            await act()

    async def _publish_batch(self, batch: Batch) -> None:
        if batch.alike:
            self._app.notices.say("all texts are the same: put {nickname} into the template", "warning")
            return
        await self._show_the_rest(batch)
        refused = batch.refusal
        if refused is not None:
            number, finding = refused
            which = f"{number + 1} of {len(batch.jobs)}: "
            words = self.refusal_of(batch.jobs[number], which)
            self._app.notices.say(words or f"{which}{finding.sentence}", "warning")
            return
        count = len(batch.jobs)
        notes = [f"{count} public replies from the template {batch.template}; every text was shown."]
        title = f"Publish {count} replies? Type the number"
        await self._reply.question.ask(
            PromptScreen(self._screen, title, self._count_typed, notes=notes, limit=4)
        )

    async def _show_the_rest(self, batch: Batch) -> None:
        """Pages through what was not looked at yet; keys typed meanwhile wait."""
        while not batch.all_seen and self._reply.panel.turn_page(1):
            self._app.notices.say(f"page {batch.at + 1} of {len(batch.pages)}")
            await asyncio.sleep(PAGE_SHOWN_S)

    async def _count_typed(self, text: str) -> str | None:
        batch = self._reply.bulk
        if batch is None:
            return "there is no batch any more"
        if text.strip() != str(len(batch.jobs)):
            return f"type {len(batch.jobs)} and enter, or esc"
        await self._app.pop_screen()
        await self._confirm(batch.jobs)
        return None

    async def looked_up(self, event: ActLookedUp) -> None:
        """An act without an answer had arrived: the check step that shows this very text is closed."""
        job = self._reply.panel.job
        if job is None or not self._reply.checking or job.review_id not in event.review_ids:
            return
        if event.arrived and await self._is_done(job, event.act):
            self._reply.panel.drop_unsaved()
            self._listing.select(())
            self._app.summary.refresh()
            words = await self._reply.question.close(got=event.act == "send_back")
            await self._reply.close_panel(said=event.words)
            if words is not None:
                await self._reply.question.tell(event.words, words)

    async def _is_done(self, job: ReplyJob, act: str) -> bool:
        if act != "queue":
            return job.waits is not None
        if self._reply.bulk is not None:
            return True
        item = await self._app.ask(self._app.workspace.replies.item, job.review_id)
        return item is not None and item.row.text.startswith(freeze(job.text))

    async def _queue(self, jobs: Sequence[ReplyJob]) -> None:
        self._reply.panel.drop_unsaved()
        try:
            if len(jobs) == 1:
                job = jobs[0]
                queued = [
                    await self._app.ask(
                        self._app.workspace.replies.queue, job.review_id, job.text, job.accepted, job.template
                    )
                ]
            else:
                accepted = frozenset().union(*(job.accepted for job in jobs))
                texts = [(job.review_id, job.text) for job in jobs]
                queue_many = self._app.workspace.replies.queue_many
                queued = await self._app.ask(queue_many, texts, accepted, jobs[0].template)
        except AscinboxError as error:
            self._app.notices.tell_error(error)
            return
        self._listing.select(())
        self._app.summary.refresh()
        ids = {job.review_id for job in jobs}
        await self._reply.close_panel()
        await self._list.after_act(ids, advance=True)
        undo = self._app.keymap.shown("undo")
        done = "queued"
        if all(one.row.phase is Phase.WAITING for one in queued):
            done = "handed over: a publisher reads it first"
        many = done if len(jobs) == 1 else f"{len(jobs)} {done}"
        self._app.notices.say(f"{many} · {undo} takes {'it' if len(jobs) == 1 else 'them'} back")
