"""From the check step to the public: accepting, publishing one or many, taking back, deleting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ascinbox.core.errors import AscinboxError
from ascinbox.core.outboxwords import taken_back_words
from ascinbox.core.replies import publishable
from ascinbox.tui.bulk import Batch
from ascinbox.tui.replytext import ReplyJob
from ascinbox.tui.screens.inbox_templates import InboxTemplates
from ascinbox.tui.screens.menu import PromptScreen, confirm_replacing, confirm_word

PAGE_SHOWN_S = 0.7
"""How long `P` shows each page of a batch that was not looked at before it asks for the count."""


class InboxReply(InboxTemplates):
    """Everything that leads to a public reply. None leaves without the check step and `P`."""

    # --- the check step ---

    async def verb_check(self) -> None:
        """From the editor to the check step."""
        await self.panel.save_now()
        self.panel.to_check()
        self.tell_frame()

    def verb_accept(self) -> None:
        """Accepts the warnings shown."""
        count = self.bulk.accept() if self.bulk is not None else self.panel.accept()
        self.panel.paint()
        self.tell_frame()
        said = f"accepted {count} warning{'' if count == 1 else 's'}" if count else "there is no warning"
        left = len(self.bulk.warnings) if self.bulk is not None else 0
        self.desk.say(said + (f"; {left} more on other pages" if left else ""))

    async def verb_pane_next(self) -> None:
        if self.answering and self.panel.checking:
            self.panel.turn_phone()
            return
        await super().verb_pane_next()

    async def verb_item_next(self) -> None:
        if not self.answering:
            await super().verb_item_next()
        elif not self.panel.turn_page(1):
            self.desk.say("the last page" if self.bulk is not None else "one reply only")

    async def verb_item_prev(self) -> None:
        if not self.answering:
            await super().verb_item_prev()
        elif not self.panel.turn_page(-1):
            self.desk.say("the first page" if self.bulk is not None else "one reply only")

    async def _step(self, by: int) -> None:
        if not self.answering:
            await super()._step(by)
        elif self.bulk is not None:
            self.panel.turn_page(by)
        else:
            self.panel.scroll_preview(by)

    async def _turn(self, step: int, part: float) -> None:
        if not self.answering:
            await super()._turn(step, part)
        elif self.bulk is not None:
            self.panel.turn_page(step)
        else:
            self.panel.scroll_preview(int(step * part * 10))

    # --- publishing ---

    def _not_publishing(self) -> str:
        if self.answering:
            return ""
        shown = self.desk.keymap.shown
        way = f"{shown('reply')} then {shown('check')}, or {shown('template')}"
        return f"publishes from the check step: {way}"

    async def verb_publish(self) -> None:
        """Queues the reply, unless something blocks it or a warning waits."""
        job = self.panel.job
        if self.bulk is not None:
            await self._publish_batch(self.bulk)
        elif job is not None:
            refusal = self.refusal_of(job)
            if refusal:
                self.desk.say(refusal, "warning")
            else:
                await self._confirm([job])

    async def _confirm(self, jobs: Sequence[ReplyJob]) -> None:
        """Queues the replies; where one overwrites somebody else's answer, only after the word."""
        theirs = sum(job.replaces_theirs for job in jobs)
        if theirs:
            await self.app.push_screen(confirm_replacing(self, theirs, lambda: self._queue(jobs)))
        else:
            await self._queue(jobs)

    def refusal_of(self, job: ReplyJob) -> str:
        """Why a text may not be published; empty when it may."""
        if job.blocks:
            return f"not published: {job.blocks[0].sentence}"
        if not publishable(job.findings, job.accepted):
            accept = self.desk.keymap.shown("accept")
            return f"{accept} accepts the warning first: {job.open_warnings[0].sentence}"
        return ""

    async def _publish_batch(self, batch: Batch) -> None:
        if batch.alike:
            self.desk.say("all texts are the same: put {nickname} into the template", "warning")
            return
        await self._show_the_rest(batch)
        refused = batch.refusal
        if refused is not None:
            number, finding = refused
            words = self.refusal_of(batch.jobs[number])
            self.desk.say(f"{number + 1} of {len(batch.jobs)}: {words or finding.sentence}", "warning")
            return
        count = len(batch.jobs)
        notes = [f"{count} public replies from the template {batch.template}; every text was shown."]
        title = f"Publish {count} replies? Type the number"
        await self.app.push_screen(PromptScreen(self, title, self._count_typed, notes=notes, limit=4))

    async def _show_the_rest(self, batch: Batch) -> None:
        """Pages through what was not looked at yet; keys typed meanwhile wait."""
        while not batch.all_seen and self.panel.turn_page(1):
            self.desk.say(f"page {batch.at + 1} of {len(batch.pages)}")
            await asyncio.sleep(PAGE_SHOWN_S)

    async def _count_typed(self, text: str) -> str | None:
        batch = self.bulk
        if batch is None:
            return "there is no batch any more"
        if text.strip() != str(len(batch.jobs)):
            return f"type {len(batch.jobs)} and enter, or esc"
        await self.app.pop_screen()
        await self._confirm(batch.jobs)
        return None

    async def _queue(self, jobs: Sequence[ReplyJob]) -> None:
        self.panel.drop_unsaved()
        try:
            if len(jobs) == 1:
                job = jobs[0]
                await self.desk.ask(self.replies.queue, job.review_id, job.text, job.accepted, job.template)
            else:
                accepted = frozenset().union(*(job.accepted for job in jobs))
                texts = [(job.review_id, job.text) for job in jobs]
                await self.desk.ask(self.replies.queue_many, texts, accepted, jobs[0].template)
        except AscinboxError as error:
            self.desk.tell_error(error)
            return
        self.acted_on.append("reply")
        self.listing.select(())
        self.desk.refresh_summary()
        ids = {job.review_id for job in jobs}
        await self.close_panel()
        await self.after_act(ids, advance=True)
        undo = self.desk.keymap.shown("undo")
        many = "queued" if len(jobs) == 1 else f"{len(jobs)} queued"
        self.desk.say(f"{many} · {undo} takes {'it' if len(jobs) == 1 else 'them'} back")

    # --- taking back ---

    async def verb_undo(self) -> None:
        """Takes back the latest: a queued reply within its window, or a mark."""
        latest = self.acted_on.pop() if self.acted_on else ""
        order = (self._undo_reply, self.undo_mark) if latest != "mark" else (self.undo_mark, self._undo_reply)
        for attempt in order:
            if await attempt():
                return
        self.desk.say("nothing to undo")

    async def _undo_reply(self) -> bool:
        taken = await self.desk.ask(self.replies.undo)
        if not taken:
            return False
        self.desk.refresh_summary()
        await self.listing.reload(keep_cursor=True, welcome=True)
        await self.listing.go_to(taken[0].review_id)
        await self.after_act(set(), advance=False)
        self.desk.say(taken_back_words(taken))
        return True

    # --- deleting ---

    async def verb_delete(self) -> None:
        """Deletes a draft, or the published reply at Apple; the word is typed."""
        row = self.listing.current
        if self.side.entered and self.view is not None:
            await self._delete_view(self.view_name)
            return
        detail = await self.desk.ask(self.inbox.detail, row.id) if row is not None else None
        if row is None or detail is None:
            self.desk.say("there is nothing to delete")
            return
        review_id = row.id
        if detail.draft:
            notes = ["The text is kept for 30 days in Outbox > Drafts."]
            screen = confirm_word(
                self, "Delete the draft?", "delete", lambda: self._discard(review_id), notes
            )
        elif detail.review.response is not None:
            notes = ["It vanishes from the App Store, usually within a day."]
            title = "Delete the published reply?"
            screen = confirm_word(self, title, "delete", lambda: self._withdraw(review_id), notes)
        else:
            self.desk.say("there is no draft and no reply to delete")
            return
        await self.app.push_screen(screen)

    async def _delete_view(self, name: str) -> None:
        async def act() -> None:
            if not await self.desk.work(self.inbox.delete_view, name):
                self.desk.say(f"{name} is built in and stays")
                return
            await self.load_views()
            await self.show_view(0)
            self.desk.say(f"the view {name} is gone")

        await self.app.push_screen(confirm_word(self, f"Delete the view {name}?", "delete", act, []))

    async def _discard(self, review_id: str) -> None:
        await self.desk.ask(self.replies.discard, review_id)
        await self.after_act(set(), advance=False)
        self.desk.say("draft deleted; kept for 30 days in Outbox > Drafts")

    async def _withdraw(self, review_id: str) -> None:
        await self.desk.ask(self.replies.withdraw, review_id)
        self.acted_on.append("reply")
        self.desk.refresh_summary()
        await self.after_act({review_id}, advance=False)
        self.desk.say(f"deleting the reply · {self.desk.keymap.shown('undo')} takes it back")
