"""Answering from the Inbox: editor, templates, check step, batch, publishing, taking back, deleting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult, SuspendNotSupported

from ascinbox.core.errors import AscinboxError
from ascinbox.core.records import ReviewRow
from ascinbox.core.replies import publishable
from ascinbox.core.text import list_cell
from ascinbox.tui.external import Edited, edit
from ascinbox.tui.framewords import ends
from ascinbox.tui.keys import CHECK, EDITOR
from ascinbox.tui.paint import Line
from ascinbox.tui.replytext import ReplyJob
from ascinbox.tui.screens.inbox_acts import InboxActs
from ascinbox.tui.screens.menu import Choice, MenuScreen, PromptScreen, confirm_word
from ascinbox.tui.widgets.reply_panel import ReplyPanel

if TYPE_CHECKING:
    from ascinbox.core.templates import Template
    from ascinbox.tui.framewords import FrameState
    from ascinbox.workers.replies import Replies

BATCH_MOST = 25
"""More replies than this are not published at once."""


@dataclass(slots=True)
class Batch:
    """Several replies from one template; each text has to be seen before any may go."""

    template: str
    jobs: list[ReplyJob]
    at: int = 0
    seen: set[int] = field(default_factory=lambda: {0})

    @property
    def all_seen(self) -> bool:
        """Whether every text was on the screen."""
        return len(self.seen) == len(self.jobs)

    @property
    def alike(self) -> bool:
        """Whether all texts are the same: then nothing in them speaks to the customer."""
        return len(self.jobs) > 1 and len({job.text for job in self.jobs}) == 1


class InboxReply(InboxActs):
    """Everything that leads to a public reply. None leaves without the check step and `P`."""

    def __init__(self) -> None:
        super().__init__()
        self.bulk: Batch | None = None
        self.last_template = ""
        self.return_to = ""
        """The screen that the editor was opened from, when it was another."""

    def compose_right(self) -> ComposeResult:
        yield ReplyPanel()

    @property
    def panel(self) -> ReplyPanel:
        """Editor and check step."""
        return self.query_one(ReplyPanel)

    @property
    def replies(self) -> Replies:
        """The service for drafts and the outbox."""
        return self.desk.workspace.replies

    @property
    def answering(self) -> bool:
        """Whether the panel is open."""
        return self.has_class("answering")

    # --- context ---

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
        if not (self.answering and self.panel.checking and self.panel.job is not None):
            return {}
        count = len(self.panel.job.open_warnings)
        seconds = self.desk.workspace.config.get("outbox", "undo_seconds")
        accept = f"accept {count} warning{'' if count == 1 else 's'}" if count else "nothing to accept"
        return {"publish": f"publish ({seconds:g} s undo)", "accept": accept}

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
        )

    def _open_panel(self, job: ReplyJob, *, checking: bool) -> None:
        self.add_class("answering")
        self.panel.open(job, self._save_draft, checking=checking, docked=self.is_wide)
        self.arrange_panes()

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
                await self._leave_batch_for_one()
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
            self._open_panel(job, checking=False)

    async def _leave_batch_for_one(self) -> None:
        batch, self.bulk = self.bulk, None
        if batch is not None:
            self.panel.page = ""
            self.desk.say("only this one; the others of the batch keep no text")

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
            self._open_panel(replace(job, text=job.text if text is None else text), checking=False)

    async def show_review(self, review_id: str) -> None:
        """Puts the cursor on a review; when the filter does not show it, without a filter."""
        if not await self.listing.go_to(review_id):
            self.view = next((n for n, view in enumerate(self.views) if not view.query), None)
            await self.show_query("", at=review_id)
            self.tell_views()

    async def verb_reply_external(self) -> None:
        """The editor of the person's choice."""
        if not self.answering:
            await self.verb_reply()
        if self.answering:
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

    async def close_panel(self, *, said: str = "") -> None:
        """Back to the list; what was typed is kept as a draft."""
        await self.panel.save_now()
        for job in self.bulk.jobs if self.bulk is not None else filter(None, (self.panel.job,)):
            await self.desk.ask(self.replies.end_editing, job.review_id)
        self.remove_class("answering")
        self.bulk, self.panel.page, self.panel.job = None, "", None
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
            await self.close_panel(said="draft kept" if kept else "")
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

    # --- templates ---

    async def verb_template(self) -> None:
        """The picker; the text lands in the check step."""
        rows = self.listing.targets()
        if self.answering and self.panel.job is not None:
            await self.pick_template(self.panel.job.review_id, self._template_into_check)
            return
        if not rows:
            self.desk.say("there is no review to answer")
            return
        if len(rows) > BATCH_MOST:
            self.desk.say(f"{len(rows)} selected: at most {BATCH_MOST} replies at once", "warning")
            return
        await self.pick_template(rows[0].id, self._template_chosen)

    async def pick_template(self, review_id: str, use: Any) -> None:
        """Shows the templates, the fittest first."""
        library = await self.desk.ask(self.replies.templates, review_id)
        for problem in library.problems[:1]:
            self.desk.say(problem, "warning")
        if not library.templates:
            folder = self.desk.workspace.paths.templates
            self.desk.say(f"no template yet: put one into {folder}/name.md (help: replies)")
            return
        choices = [
            Choice(template, template.name, list_cell(_begins(template))[:60])
            for template in library.templates
        ]
        title = f"Template for {len(self.listing.targets())} reviews" if self._is_batch else "Template"
        await self.app.push_screen(MenuScreen(self, title, choices, use, find=True))

    @property
    def _is_batch(self) -> bool:
        return len(self.listing.selected) > 1 and not self.answering

    async def _template_chosen(self, template: Template) -> None:
        await self.use_template(template, self.listing.targets())

    async def use_template(self, template: Template, rows: Sequence[ReviewRow]) -> None:
        """Resolves the template for each review and shows the first text in the check step."""
        jobs = [job for row in rows if (job := await self.job_for(row, template)) is not None]
        if not jobs:
            return
        self.last_template = template.name
        self.last_act = None
        self.bulk = Batch(template.name, jobs) if len(jobs) > 1 else None
        self.panel.page = f"1 of {len(jobs)}" if len(jobs) > 1 else ""
        self._open_panel(jobs[0], checking=True)
        self.tell_frame()

    async def _template_into_check(self, template: Template) -> None:
        await self._put_template(template)
        self.panel.to_check()
        self.tell_frame()

    async def _put_template(self, template: Template) -> None:
        job = self.panel.job
        if job is not None:
            rendered = await self.desk.ask(self.replies.render, job.review_id, template.name)
            self.panel.put_text(rendered.text)
            self.panel.job = replace(job, template=template.name)

    async def verb_insert_template(self) -> None:
        """Inserts a template's text at the cursor."""
        job = self.panel.job
        if job is None:
            return

        async def use(template: Template) -> None:
            rendered = await self.desk.ask(self.replies.render, job.review_id, template.name)
            self.panel.insert(rendered.text)
            if self.panel.job is not None:
                self.panel.job = replace(self.panel.job, template=template.name)
            self.panel.area.focus()

        await self.pick_template(job.review_id, use)

    async def verb_repeat(self) -> None:
        """The last template again, into the check step; else the last act."""
        if self.last_act is None and self.last_template:
            rows = self.listing.targets()
            library = await self.desk.ask(self.replies.templates, rows[0].id) if rows else None
            template = library.find(self.last_template) if library is not None else None
            if template is not None:
                await self.use_template(template, rows)
                return
        await super().verb_repeat()

    # --- the check step ---

    async def verb_check(self) -> None:
        """From the editor to the check step."""
        await self.panel.save_now()
        self.panel.to_check()
        self.tell_frame()

    def verb_accept(self) -> None:
        """Accepts the warnings shown."""
        count = self.panel.accept()
        if self.bulk is not None and self.panel.job is not None:
            self.bulk.jobs[self.bulk.at] = self.panel.job
        self.tell_frame()
        self.desk.say(
            f"accepted {count} warning{'' if count == 1 else 's'}" if count else "there is no warning"
        )

    def verb_pane_next(self) -> None:
        if self.answering and self.panel.checking:
            self.panel.turn_phone()
            return
        super().verb_pane_next()

    async def verb_item_next(self) -> None:
        if self.answering:
            await self._page_batch(1)
            return
        await super().verb_item_next()

    async def verb_item_prev(self) -> None:
        if self.answering:
            await self._page_batch(-1)
            return
        await super().verb_item_prev()

    async def _step(self, by: int) -> None:
        if self.answering:
            self.panel.scroll_preview(by)
            return
        await super()._step(by)

    async def _turn(self, step: int, part: float) -> None:
        if not self.answering:
            await super()._turn(step, part)
        elif self.bulk is not None and part >= 1.0:
            await self._page_batch(step)
        else:
            self.panel.scroll_preview(int(step * part * 10))

    async def _page_batch(self, step: int) -> None:
        batch = self.bulk
        if batch is None:
            self.desk.say("one reply only")
            return
        at = batch.at + step
        if not 0 <= at < len(batch.jobs):
            self.desk.say("the last of the batch" if step > 0 else "the first of the batch")
            return
        batch.at = at
        batch.seen.add(at)
        self.panel.page = f"{at + 1} of {len(batch.jobs)}"
        self.panel.show_job(batch.jobs[at])
        self.tell_frame()

    # --- publishing ---

    def why_not(self, verb_id: str) -> str:
        if verb_id == "publish" and not self.answering:
            shown = self.desk.keymap.shown
            way = f"{shown('reply')} then {shown('check')}, or {shown('template')}"
            return f"publishes from the check step: {way}"
        return super().why_not(verb_id)

    async def verb_publish(self) -> None:
        """Queues the reply, unless something blocks it or a warning waits."""
        if self.bulk is not None:
            await self._publish_batch(self.bulk)
            return
        job = self.panel.job
        if job is None:
            return
        refusal = self.refusal_of(job)
        if refusal:
            self.desk.say(refusal, "warning")
            return
        await self._queue([job])

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
        blocked = [n for n, job in enumerate(batch.jobs) if self._batch_refusal(job)]
        if blocked and blocked[0] in batch.seen and batch.all_seen:
            self.desk.say(
                f"{blocked[0] + 1} of {len(batch.jobs)}: {self._batch_refusal(batch.jobs[blocked[0]])}",
                "warning",
            )
            return
        if not batch.all_seen:
            await self._page_batch_unseen(batch)
            return
        notes = [
            f"{len(batch.jobs)} public replies from the template {batch.template}, every text was shown."
        ]
        await self.app.push_screen(
            PromptScreen(
                self,
                f"Publish {len(batch.jobs)} replies? Type the number",
                self._count_typed,
                notes=notes,
                limit=4,
            )
        )

    def _batch_refusal(self, job: ReplyJob) -> str:
        from ascinbox.core.replies import check

        return self.refusal_of(replace(job, findings=check(job.text, job.context)))

    async def _page_batch_unseen(self, batch: Batch) -> None:
        unseen = next(n for n in range(len(batch.jobs)) if n not in batch.seen)
        batch.at = unseen - 1
        await self._page_batch(1)
        publish = self.desk.keymap.shown("publish")
        left = len(batch.jobs) - len(batch.seen)
        self.desk.say(
            f"read it; {publish} goes on" + (f", {left} more to see" if left else ", then asks for the count")
        )

    async def _count_typed(self, text: str) -> str | None:
        batch = self.bulk
        if batch is None:
            return "there is no batch any more"
        if text.strip() != str(len(batch.jobs)):
            return f"type {len(batch.jobs)} and enter, or esc"
        await self.app.pop_screen()
        await self._queue(list(batch.jobs))
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
        await self.close_panel()
        await self.after_act({job.review_id for job in jobs}, advance=True)
        undo = self.desk.keymap.shown("undo")
        many = "queued" if len(jobs) == 1 else f"{len(jobs)} queued"
        self.desk.say(f"{many} · {undo} takes {'it' if len(jobs) == 1 else 'them'} back")

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
        many = "the reply is a draft again" if len(taken) == 1 else f"{len(taken)} replies are drafts again"
        self.desk.say(f"{many}; nothing was sent")
        return True

    # --- deleting ---

    async def verb_delete(self) -> None:
        """Deletes a draft, or the published reply at Apple; the word is typed."""
        row = self.listing.current
        if self.side.entered and self.view is not None:
            await self._delete_view()
            return
        detail = await self.desk.ask(self.inbox.detail, row.id) if row is not None else None
        if row is None or detail is None:
            self.desk.say("there is nothing to delete")
            return
        if detail.draft:
            await self.app.push_screen(
                confirm_word(self, "Delete the draft?", "delete", lambda: self._discard(row.id),
                             ["The text is kept for 30 days in Outbox > Drafts."])
            )  # fmt: skip
        elif detail.review.response is not None:
            await self.app.push_screen(
                confirm_word(self, "Delete the published reply?", "delete", lambda: self._withdraw(row.id),
                             ["It vanishes from the App Store, usually within a day."])
            )  # fmt: skip
        else:
            self.desk.say("there is no draft and no reply to delete")

    async def _delete_view(self) -> None:
        name = self.view_name

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

    def verb_copy(self) -> None:
        if self.answering and self.panel.job is not None:
            self.desk.copy(self.panel.job.text, "the reply")
            return
        super().verb_copy()


def _begins(template: Template) -> str:
    pieces = template.texts[0].pieces
    return "".join(piece if isinstance(piece, str) else f"{{{piece.name}}}" for piece in pieces)
