"""Writing an answer in the Inbox: opening and leaving the editor, drafts, the person's own editor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from ascinbox.core.records import ReviewRow
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import CHECK, EDITOR
from ascinbox.tui.bulk import Batch
from ascinbox.tui.external import Edited, edit
from ascinbox.tui.framewords import ends
from ascinbox.tui.paint import Line
from ascinbox.tui.replytext import ReplyJob
from ascinbox.tui.screens.inbox_acts import InboxActs

if TYPE_CHECKING:
    from ascinbox.core.templates import Template
    from ascinbox.tui.framewords import FrameState
    from ascinbox.tui.widgets.reply_panel import ReplyPanel
    from ascinbox.workers.replies import Replies


class InboxEditor(InboxActs):
    """The reply panel and what it works on: one reply, or a batch that is only checked."""

    def __init__(self) -> None:
        super().__init__()
        self.bulk: Batch | None = None
        self.return_to = ""
        """The screen that the editor or the review was opened from, when it was another."""

    @property
    def panel(self) -> ReplyPanel:
        """Editor and check step; there since the first reply was opened."""
        from ascinbox.tui.widgets.reply_panel import ReplyPanel

        return self.query_one(ReplyPanel)

    @property
    def replies(self) -> Replies:
        """The service for drafts and the outbox."""
        return self.desk.workspace.replies

    @property
    def answering(self) -> bool:
        """Whether the panel is open."""
        return self.has_class("answering")

    # --- context and frame ---

    @property
    def context(self) -> str:
        if self.answering:
            return CHECK if self.panel.checking else EDITOR
        return super().context

    @property
    def hint_place(self) -> str:
        if self.answering:
            return "check" if self.panel.checking else "editor"
        return super().hint_place

    def hint_texts(self) -> dict[str, str]:
        job = self.panel.job if self.answering and self.panel.checking else None
        if job is None:
            return {}
        count = len(self.bulk.warnings if self.bulk is not None else job.open_warnings)
        seconds = self.desk.workspace.config.get("outbox", "undo_seconds")
        accept = f"accept {count} warning{'' if count == 1 else 's'}" if count else "nothing to accept"
        publish = "publish" if self.bulk is None else f"publish {len(self.bulk.jobs)}"
        return {"publish": f"{publish} ({seconds:g} s undo)", "accept": accept}

    def own_status(self, state: FrameState) -> Line | None:
        job = self.panel.job if self.answering else None
        if job is None or self.is_wide:
            return None
        online = "offline: it waits here" if state.online is False else "online"
        word = "check" if self.panel.checking else "draft"
        return ends(f" {job.capability} · {online}", word, self.app.size.width)

    def status_extra(self) -> tuple[tuple[str, ...], str]:
        if self.answering and self.panel.job is not None:
            word = "check" if self.panel.checking else "draft"
            return (f"editing reply {self.panel.job.position}",), word
        return super().status_extra()

    # --- opening ---

    async def job_for(self, row: ReviewRow, template: Template | None = None) -> ReplyJob | None:
        """The reply to a review: its draft if there is one, else what stands at Apple, else nothing yet."""
        desk = await self.desk.ask(self.replies.begin, row.id)
        if desk is None:
            self.desk.say("this review is no longer in the cache", "warning")
            return None
        text, name = desk.text, desk.template
        if template is not None:
            rendered = await self.desk.ask(self.replies.render, row.id, template.name)
            text, name = rendered.text, template.name
        if desk.lock:
            self.desk.say(desk.lock, "warning")
        return ReplyJob(
            detail=desk.detail,
            text=text,
            template=name,
            context=desk.context,
            capability=desk.capability,
            position=self.position(),
            view=f"Inbox > {self.view_name} > {list_cell(row.app_name)}",
            saved_at=desk.saved_at,
            theirs=f"someone else answered: {list_cell(desk.theirs)}" if desk.theirs else "",
        )

    async def open_panel(self, jobs: Sequence[ReplyJob], *, checking: bool, template: str = "") -> None:
        """Shows one reply, or a batch in the check step."""
        self.bulk = Batch.of(template, jobs) if len(jobs) > 1 else None
        # A template's text becomes the draft when one leaves, unless a draft of one's own is there.
        unsaved = bool(template) and self.bulk is None and jobs[0].saved_at is None
        await self._make_panel()
        self.add_class("answering")
        self.panel.open(
            jobs[0], self._save_draft, self.bulk, checking=checking, docked=self.is_wide, unsaved=unsaved
        )
        self.arrange_panes()
        self.tell_frame()

    async def _make_panel(self) -> None:
        # Its text field is a third of what there is to import; the list does not wait for it.
        from ascinbox.tui.widgets.reply_panel import ReplyPanel

        if not self.query(ReplyPanel):
            await self.query_one("#panes").mount(ReplyPanel())

    async def _save_draft(self, job: ReplyJob) -> datetime | None:
        saved: datetime | None = await self.desk.ask(
            self.replies.save_draft, job.review_id, job.text, job.template
        )
        return saved

    async def save_now(self) -> None:
        """Writes an open draft and the list's place; called when the program ends."""
        if self.answering:
            await self.panel.save_now()
        await self.save_place()

    async def verb_reply(self) -> None:
        """Opens the editor; in the check step goes back to it."""
        if self.answering:
            if self.bulk is not None:
                self.desk.say("a batch is not edited: esc, then reply to the review alone")
                return
            self.panel.to_editor()
            self.tell_frame()
            return
        row = self.listing.current
        if row is None:
            self.desk.say("there is no review to answer")
            return
        job = await self.job_for(row)
        if job is not None:
            await self.desk.ask(self.triage.opened, [row.id])
            await self.open_panel([job], checking=False)

    async def edit_review(self, review_id: str, *, text: str | None = None, return_to: str = "") -> None:
        """Opens the editor on a review from another screen."""
        await self.show_review(review_id)
        row = self.listing.current
        if row is None or row.id != review_id:
            self.desk.say("this review is no longer in the cache", "warning")
            return
        job = await self.job_for(row)
        if job is not None:
            self.return_to = return_to
            await self.open_panel([replace(job, text=job.text if text is None else text)], checking=False)

    async def show_review(self, review_id: str) -> None:
        """Puts the cursor on a review; when the filter does not show it, without a filter."""
        if not await self.listing.go_to(review_id):
            self.view = next((n for n, view in enumerate(self.views) if not view.query), None)
            await self.show_query("", at=review_id)
            self.tell_views()

    # --- the person's own editor ---

    async def verb_reply_external(self) -> None:
        """The editor of the person's choice."""
        if not self.answering:
            await self.verb_reply()
        if self.answering and self.bulk is None:
            self.verb_external()

    def verb_external(self) -> None:
        """To `$EDITOR` and back."""
        job = self.panel.job
        if job is None:
            return
        try:
            with self.app.suspend():
                edited: Edited = edit(
                    self.panel.area.text,
                    self.desk.workspace.paths.state / "editing",
                    f"reply-{job.review_id}",
                )
        except SuspendNotSupported:
            self.desk.say("this terminal cannot hand over to another program", "warning")
            return
        if edited.text is None:
            self.desk.say(edited.problem, "warning")
        elif edited.text != self.panel.area.text:
            self.panel.put_text(edited.text)
        if self.panel.checking:
            self.panel.to_editor()
        self.desk.redraw()

    # --- leaving ---

    async def close_panel(self, *, said: str = "") -> None:
        """Back to the list; what was typed is kept as a draft."""
        await self.panel.save_now()
        jobs = (
            self.bulk.jobs
            if self.bulk is not None
            else [self.panel.job]
            if self.panel.job is not None
            else []
        )
        for job in jobs:
            await self.desk.ask(self.replies.end_editing, job.review_id)
        self.remove_class("answering")
        self.bulk = None
        self.panel.leave()
        self.set_focus(None)
        self.arrange_panes()
        await self.listing.reload(keep_cursor=True)
        await self.read_current()
        if said:
            self.desk.say(said)
        back, self.return_to = self.return_to, ""
        if back:
            await self.desk.go(back)

    async def verb_back(self) -> None:
        if self.answering:
            job = self.panel.job
            kept = job is not None and bool(job.text.strip()) and self.bulk is None
            await self.close_panel(said="draft kept" if kept else "nothing was published")
            return
        if self.return_to and self.at_top:
            await self.desk.go(self.return_to)
            return
        await super().verb_back()

    async def verb_leave(self) -> None:
        if self.answering:
            await self.verb_back()
            return
        await super().verb_leave()

    async def verb_save(self) -> None:
        """Saves the draft now; it is saved anyway, and nothing is published."""
        await self.panel.save_now()
        self.desk.say("draft saved; nothing is published")

    def verb_copy(self) -> None:
        if self.answering and self.panel.job is not None:
            self.desk.copy(self.panel.job.text, "the reply")
            return
        super().verb_copy()
