"""Templates in the Inbox: the picker, into the check step, at the cursor, again with a dot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.inbox.bulk import MOST_AT_ONCE
from ascinbox.tui.inbox.template_picker import TemplatePicker

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewRow
    from ascinbox.core.replies.templates import Template
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.reply import InboxReply
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.triage import InboxTriage

BEGINNING = 60
"""Cells of the text for the review that the picker shows of each template."""


class InboxTemplates:
    """A template's text is seen in the check step before anything else can happen to it."""

    def __init__(self, screen: InboxScreen, reply: InboxReply, triage: InboxTriage) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._reply = reply
        self._triage = triage
        self._picker = TemplatePicker(screen, reply)
        self._last = ""

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    def actions(self) -> Handlers:
        """What it does while the list or the reading pane has the keys."""
        return {
            "template": Handler(self.template, self._no_review),
            "repeat": Handler(self.repeat),
        }

    def answering_actions(self) -> Handlers:
        """What it does in the editor and in the check step."""
        return {
            "template": Handler(self.replace, self._no_single),
            "insert_template": Handler(self.insert_template),
        }

    def _no_review(self) -> str:
        return "" if self._listing.targets() else "there is no review to answer"

    def _no_single(self) -> str:
        return "" if self._reply.bulk is None else "this batch has its template; esc leaves it"

    async def template(self) -> None:
        """The picker; the text lands in the check step."""
        rows = self._listing.targets()
        title = "Template" if len(rows) == 1 else f"Template for {len(rows)} reviews"
        if len(rows) > MOST_AT_ONCE:
            title = f"Template for the first {MOST_AT_ONCE} of {len(rows):,} selected"
            self._listing.select(rows[:MOST_AT_ONCE])
            self._screen.filtering.tell_filter()
        await self._picker.pick(rows[0].id, title, self._chosen)

    async def replace(self) -> None:
        """The picker, to put a template in place of what is being written."""
        job = self._reply.panel.job
        if job is not None:
            await self._picker.pick(job.review_id, "Template", self._into_check)

    async def _chosen(self, template: Template) -> None:
        await self.use_template(template, self._listing.targets())

    async def use_template(self, template: Template, rows: Sequence[ReviewRow]) -> None:
        """Resolves the template for each review and shows the texts in the check step."""
        jobs = [job for row in rows if (job := await self._reply.job_for(row, template)) is not None]
        if jobs:
            self._last = template.name
            self._triage.last_act = None
            await self._reply.open_panel(jobs, checking=True, template=template.name)

    async def _into_check(self, template: Template) -> None:
        job = self._reply.panel.job
        if job is not None:
            rendered = await self._app.ask(self._app.workspace.composing.render, job.review_id, template.name)
            self._reply.panel.put_text(rendered.text)
            self._reply.panel.set_template(template.name)
            await self._app.settled()
            self._reply.panel.to_check()
            self._screen.tell_frame()

    async def insert_template(self) -> None:
        """Inserts a template's text at the cursor."""
        job = self._reply.panel.job
        if job is None:
            return

        async def use(template: Template) -> None:
            rendered = await self._app.ask(self._app.workspace.composing.render, job.review_id, template.name)
            self._reply.panel.insert(rendered.text)
            self._reply.panel.set_template(template.name)
            self._screen.set_focus(self._reply.panel.area)

        await self._picker.pick(job.review_id, "Insert template", use)

    async def repeat(self) -> None:
        """The last template again, into the check step; else the last act."""
        rows = self._listing.targets()
        if self._triage.last_act is None and self._last and rows:
            library = await self._app.ask(self._app.workspace.composing.templates, rows[0].id)
            template = library.find(self._last)
            if template is not None:
                await self.use_template(template, rows)
                return
        await self._triage.repeat()
