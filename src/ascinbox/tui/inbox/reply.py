"""Answering in the Inbox: the editor, the check step, taking back, deleting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.core.stores import store_of_review
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import Handler, Handlers, sideways
from ascinbox.tui.chrome_text import ends
from ascinbox.tui.inbox.bulk import Batch
from ascinbox.tui.inbox.check_question import CheckQuestion
from ascinbox.tui.inbox.claims import InboxClaims
from ascinbox.tui.inbox.own_editor import OwnEditor
from ascinbox.tui.inbox.publishing import InboxPublishing
from ascinbox.tui.inbox.replytext import ReplyJob
from ascinbox.tui.widgets.lines import VerticalRule
from ascinbox.tui.widgets.list_navigation import ListNavigation
from ascinbox.tui.widgets.menu import Choice, MenuScreen, confirm_word
from ascinbox.workers.replies.waiting_beside import left_words
from ascinbox.workers.reviews.undo import undo_last

if TYPE_CHECKING:
    from datetime import datetime

    from ascinbox.core.records import ReviewRow
    from ascinbox.core.replies.templates import Template
    from ascinbox.tui.chrome_text import FrameState
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.list import InboxList
    from ascinbox.tui.inbox.query import InboxQuery
    from ascinbox.tui.inbox.reading import CurrentReview
    from ascinbox.tui.inbox.reply_panel import ReplyPanel
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.state import InboxState
    from ascinbox.tui.inbox.triage import InboxTriage
    from ascinbox.tui.paint import Line


class InboxReply:
    """Everything that leads to a public reply. None leaves without the check step and `P`."""

    def __init__(
        self,
        screen: InboxScreen,
        state: InboxState,
        query: InboxQuery,
        reading: CurrentReview,
        reviews: InboxList,
        triage: InboxTriage,
    ) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._side = screen.side
        self._state = state
        self._query = query
        self._reading = reading
        self._list = reviews
        self._triage = triage
        self._own_editor = OwnEditor(screen, self)
        self._claims = InboxClaims(screen, self)
        self.question = CheckQuestion(screen)
        self.publishing = InboxPublishing(screen, self, reviews)
        self.bulk: Batch | None = None
        """The replies of one template that are checked together; None for a single one."""

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    @property
    def panel(self) -> ReplyPanel:
        """Editor and check step; there since the first reply was opened."""
        from ascinbox.tui.inbox.reply_panel import ReplyPanel

        return self._screen.query_one(ReplyPanel)

    @property
    def answering(self) -> bool:
        """Whether the panel is open."""
        return self._state.answering

    @property
    def checking(self) -> bool:
        """Whether the panel shows the check step."""
        return self.answering and self.panel.checking

    def actions(self) -> Handlers:
        """What it does while the list or the reading pane has the keys."""
        return {
            "reply": Handler(self.reply, self._no_review),
            "reply_external": Handler(self.reply_external, self._no_review),
            "undo": Handler(self.undo),
            "delete": Handler(self.delete),
            **self._claims.actions(),
        }

    def answering_actions(self) -> Handlers:
        """What it does in the editor and in the check step."""
        navigation = ListNavigation(self._step, self._end, self._turn)
        return {
            **navigation.actions(),
            "item_next": Handler(lambda: self._turn_page(1)),
            "item_prev": Handler(lambda: self._turn_page(-1)),
            **sideways(lambda _way: self.panel.turn_phone()),
            "check": Handler(self.check),
            "save": Handler(self.save),
            "external": Handler(self._own_editor.open),
            "reply": Handler(self.back_to_editor, self._no_single),
            "reply_external": Handler(self._own_editor.open, self._no_single),
            "accept": Handler(self.accept),
            "publish": Handler(self.publishing.publish),
            "copy": Handler(self.copy),
            "back": Handler(self.back),
            "leave": Handler(self.back),
            "go_inbox": Handler(self.back),
        }

    def _no_review(self) -> str:
        return "" if self._listing.current is not None else "there is no review to answer"

    def _no_single(self) -> str:
        return "" if self.bulk is None else "a batch is not edited: esc, then reply to the review alone"

    # --- what the frame says of it ---

    def hint_texts(self) -> dict[str, str]:
        """Words of the hints in the editor and the check step."""
        job = self.panel.job if self.checking else None
        if job is None:
            return {}
        count = len(self.bulk.warnings if self.bulk is not None else job.open_warnings)
        seconds = self._app.workspace.config.get("outbox", "undo_seconds")
        accept = f"accept {count} warning{'' if count == 1 else 's'}" if count else ""
        many = "" if self.bulk is None else f" {len(self.bulk.jobs)}"
        if self._app.frame.hands_over and job.waits is not None and job.waits.by == self._app.workspace.me:
            return {"publish": "somebody else publishes it", "accept": accept}
        if self.bulk.blocks if self.bulk is not None else job.blocks:
            return {"publish": "", "accept": accept}
        if self._app.frame.hands_over and job.waits is None:
            return {"publish": f"hand over{many} to a publisher", "accept": accept}
        when = f"in {seconds:g} s" if seconds else "at once"
        return {"publish": f"publish{many} {when}", "accept": accept}

    def status(self, state: FrameState) -> Line | None:
        """The status line while one answers on a narrow screen; None leaves the common one."""
        job = self.panel.job if self.answering else None
        if job is None or self._screen.is_wide:
            return None
        said = f" {job.capability} · online"
        if state.online is False:
            # What becomes of the text comes first: the rest may be cut.
            if job.waits is not None:
                waits = "it stays as it is"
            else:
                waits = "it stays a draft" if state.member else "it waits here"
            said = f" {state.away or 'offline'}: {waits} · {job.capability}"
        word = "check" if self.panel.checking else "draft"
        return ends(said, word, self._screen.size.width)

    def status_extra(self) -> tuple[tuple[str, ...], str]:
        """What a wide status line adds while one answers, and the word at its right end."""
        if not self.answering or self.panel.job is None:
            return (), ""
        doing = "editing reply" if self.panel.job.waits is None else "reading reply"
        return (f"{doing} {self.panel.job.position}",), "check" if self.panel.checking else "draft"

    # --- opening ---

    async def job_for(self, row: ReviewRow, template: Template | None = None) -> ReplyJob | None:
        """The reply to a review: its draft if there is one, else what stands at Apple, else nothing yet."""
        begun = await self._app.ask(self._app.workspace.composing.begin, row.id)
        if begun is None:
            self._app.notices.say("this review is no longer in the cache", "warning")
            return None
        text, name = begun.text, begun.template
        if template is not None:
            rendered = await self._app.ask(self._app.workspace.composing.render, row.id, template.name)
            text, name = rendered.text, template.name
        if words := begun.lock or begun.took_back:
            self._app.notices.say(words, "warning")
        elif begun.over is not None and begun.over.by != self._app.workspace.me:
            whose = f"{list_cell(begun.over.by)}'s reply waits on until you publish"
            self._app.notices.say(f"your draft; {whose}" if begun.saved_at is not None else whose)
        return ReplyJob(
            detail=begun.detail,
            text=text,
            template=name,
            context=begun.context,
            capability=begun.capability,
            position=self._reading.position(),
            view=f"Inbox > {self._state.view_name} > {list_cell(row.app_name)}",
            saved_at=begun.saved_at,
            theirs=f"someone else answered: {list_cell(begun.theirs)}" if begun.theirs else "",
            over=begun.over,
        )

    async def open_panel(self, jobs: Sequence[ReplyJob], *, checking: bool, template: str = "") -> None:
        """Shows one reply, or a batch in the check step."""
        self.bulk = Batch.of(template, jobs) if len(jobs) > 1 else None
        # A template's text becomes the draft when one leaves, unless a draft of one's own is there.
        unsaved = bool(template) and self.bulk is None and jobs[0].saved_at is None
        await self._make_panel()
        self._screen.answer(True)
        self.panel.open(
            jobs[0],
            self._save_draft,
            self.bulk,
            checking=checking,
            docked=self._screen.is_wide,
            unsaved=unsaved,
            begun=self._claims.begun,
        )
        self._screen.arrange_panes()
        self._query.tell_filter()

    async def _make_panel(self) -> None:
        # Its text field is a third of what there is to import; the list does not wait for it.
        from ascinbox.tui.inbox.reply_panel import ReplyPanel

        if not self._screen.query(ReplyPanel):
            edge, panel = VerticalRule(id="edge3", classes="edge"), ReplyPanel()
            edge.display = panel.display = False
            await self._screen.query_one("#panes").mount(edge, panel)

    async def _save_draft(self, job: ReplyJob) -> datetime | None:
        saved: datetime | None = await self._app.ask(
            self._app.workspace.composing.save_draft, job.review_id, job.text, job.template
        )
        return saved

    async def save_now(self) -> None:
        """Writes an open draft."""
        if self.answering:
            await self.panel.save_now()

    async def reply(self) -> None:
        """Opens the editor, unless somebody else writes there: then one is asked first."""
        row = self._listing.current
        if row is not None and not await self._claims.asked(row.id, self.open_editor):
            await self.open_editor()

    async def open_editor(self) -> None:
        """Opens the editor on the review under the cursor."""
        row = self._listing.current
        job = await self.job_for(row) if row is not None else None
        if row is not None and job is not None:
            await self._app.ask(self._app.workspace.triage.opened, [row.id])
            await self.open_panel([job], checking=False)
            await self._own_editor.offer_left_text()

    def back_to_editor(self) -> None:
        """From the check step back to the editor."""
        self.panel.to_editor()
        self._screen.tell_frame()

    async def edit_review(self, review_id: str, *, text: str | None = None, return_to: str = "") -> None:
        """Opens the editor on a review from another screen."""
        await self._query.show_review(review_id)
        row = self._listing.current
        if row is None or row.id != review_id:
            self._app.notices.say("this review is no longer in the cache", "warning")
            return

        async def open_editor() -> None:
            job = await self.job_for(row)
            if job is not None:
                self._state.return_to = return_to
                await self.open_panel([replace(job, text=job.text if text is None else text)], checking=False)
                await self._own_editor.offer_left_text()

        if not await self._claims.asked(row.id, open_editor):
            await open_editor()

    # --- the person's own editor ---

    async def reply_external(self) -> None:
        """Opens the editor of the person's choice."""
        row = self._listing.current
        if row is None or not await self._claims.asked(row.id, self._open_external):
            await self._open_external()

    async def _open_external(self) -> None:
        await self.open_editor()
        if self.answering and self._screen.is_current:
            await self._own_editor.open()

    # --- leaving ---

    async def taken_over(self, review_id: str, by: str) -> None:
        """Somebody took over a review: the editor on it closes, and its text stays as a draft."""
        job = self.panel.job if self.answering and self.bulk is None else None
        if job is not None and job.review_id == review_id:
            await self.question.close()
            await self.close_panel()
            await self._tell_taken(list_cell(by))
        else:
            self._app.notices.say(f"{by} took over a review that you were writing to", "warning")

    async def _tell_taken(self, by: str) -> None:
        """A window, not a notice: whoever is typing would otherwise type commands into the list."""

        async def go_on(_: None) -> None:
            """Back where the editor was opened."""

        below = self._screen if self._screen.is_current else None
        notes = ["Your text is kept as a draft."]
        title = f"{by} took over this review"
        await self._app.push_screen(MenuScreen(below, title, [Choice(None, "go on")], go_on, notes=notes))

    async def close_panel(self, *, said: str = "") -> None:
        """Back to the list; what was typed is kept as a draft."""
        await self.panel.save_now()
        single = [self.panel.job] if self.panel.job is not None else []
        for job in self.bulk.jobs if self.bulk is not None else single:
            await self._app.ask(self._app.workspace.composing.end_editing, job.review_id)
        self._screen.answer(False)
        self.bulk = None
        self.panel.leave()
        self._screen.set_focus(None)
        self._screen.arrange_panes()
        self._query.tell_filter()
        await self._listing.reload(keep_cursor=True)
        await self._reading.read()
        if said:
            self._app.notices.say(said)
        back, self._state.return_to = self._state.return_to, ""
        if back and self._app.top is self._screen:
            await self._app.go(back, single[0].review_id if single else "")

    async def back(self) -> None:
        """Back to the list."""
        job = self.panel.job
        kept = job is not None and bool(job.text.strip()) and self.bulk is None
        over = job.over if job is not None and self.bulk is None else None
        await self.close_panel(said="draft kept" if kept else "nothing was published")
        if over is not None:
            words = await self._app.ask(left_words, self._app.workspace, over)
            draft = await self._app.ask(self._app.workspace.composing.draft, over.review_id)
            self._app.notices.say("; ".join(filter(None, ("draft kept" if draft else "", words))))

    async def save(self) -> None:
        """Saves the draft now; it is saved anyway, and nothing is published."""
        await self.panel.save_now()
        self._app.notices.say("draft saved; nothing is published")

    def copy(self) -> None:
        """Copies the reply's text."""
        if self.panel.job is not None:
            self._app.copy(self.panel.job.text, "the reply")

    # --- the check step ---

    async def check(self) -> None:
        """From the editor to the check step."""
        await self.panel.save_now()
        self.panel.to_check()
        self._screen.tell_frame()

    def accept(self) -> None:
        """Accepts the warnings shown."""
        count = self.bulk.accept() if self.bulk is not None else self.panel.accept()
        self.panel.paint()
        self._screen.tell_frame()
        said = f"accepted {count} warning{'' if count == 1 else 's'}" if count else "there is no warning"
        left = len(self.bulk.warnings) if self.bulk is not None else 0
        self._app.notices.say(said + (f"; {left} more on other pages" if left else ""))

    def _turn_page(self, step: int) -> None:
        if self.panel.turn_page(step):
            return
        if self.bulk is None:
            self._app.notices.say("one reply only")
        else:
            self._app.notices.say("the last page" if step > 0 else "the first page")

    def _step(self, by: int) -> None:
        if self.bulk is not None:
            self.panel.turn_page(by)
        else:
            self.panel.scroll_preview(by)

    def _end(self, way: int) -> None:
        if self.bulk is None:
            self.panel.scroll_preview(way * 1_000_000)
            return
        while self.panel.turn_page(way):
            pass

    def _turn(self, pages: float) -> None:
        if self.bulk is not None:
            self.panel.turn_page(1 if pages > 0 else -1)
        else:
            self.panel.scroll_preview(int(pages * 10))

    # --- taking back ---

    async def undo(self) -> None:
        """Takes back the latest: a queued reply within its window, or a mark."""
        # An act on many reviews is taken back in parts, between which the store does other work.
        taken = await asyncio.to_thread(undo_last, self._app.workspace)
        if taken is None:
            self._app.notices.say("nothing to undo")
            return
        self._app.summary.refresh()
        await self._listing.reload(keep_cursor=True, welcome=True)
        if taken.review_ids:
            await self._listing.go_to(taken.review_ids[0])
        await self._list.after_act(set(), advance=False)
        self._app.notices.say(taken.words)

    # --- deleting ---

    async def delete(self) -> None:
        """Deletes a draft, or the published reply at Apple; the word is typed."""
        row = self._listing.current
        if self._side.entered and self._state.view is not None:
            await self._query.delete_view(self._state.view_name)
            return
        detail = await self._app.ask(self._app.workspace.inbox.detail, row.id) if row is not None else None
        if row is None or detail is None:
            self._app.notices.say("there is nothing to delete")
            return
        review_id, store = row.id, store_of_review(row.id)
        if detail.draft:
            notes = ["The text is kept for 30 days in Outbox > Drafts."]
            screen = confirm_word(
                self._screen, "Delete the draft?", "delete", lambda: self._discard(review_id), notes
            )
        elif detail.review.response is not None and not store.withdraws:
            self._app.notices.say(f"{store.company} deletes no reply; another text replaces it", "warning")
            return
        elif detail.review.response is not None:
            notes = [f"It vanishes from the {store.market}, usually within a day."]
            title = "Delete the published reply?"
            screen = confirm_word(self._screen, title, "delete", lambda: self._withdraw(review_id), notes)
        else:
            self._app.notices.say("there is no draft and no reply to delete")
            return
        await self._app.push_screen(screen)

    async def _discard(self, review_id: str) -> None:
        await self._app.ask(self._app.workspace.composing.discard, review_id)
        await self._list.after_act(set(), advance=False)
        self._app.notices.say("draft deleted; kept for 30 days in Outbox > Drafts")

    async def _withdraw(self, review_id: str) -> None:
        await self._app.ask(self._app.workspace.replies.withdraw, review_id)
        self._app.summary.refresh()
        await self._list.after_act({review_id}, advance=False)
        self._app.notices.say(f"deleting the reply · {self._app.keymap.shown('undo')} takes it back")
