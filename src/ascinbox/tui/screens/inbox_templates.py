"""Templates in the Inbox: the picker, into the check step, at the cursor, again with a dot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from ascinbox.core.records import ReviewRow
from ascinbox.core.text import list_cell
from ascinbox.tui.bulk import MOST_AT_ONCE
from ascinbox.tui.screens.inbox_editor import InboxEditor
from ascinbox.tui.screens.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from ascinbox.core.templates import Template

BEGINNING = 60
"""Cells of a template's text that the picker shows."""


class InboxTemplates(InboxEditor):
    """A template's text is seen in the check step before anything else can happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.last_template = ""

    async def verb_template(self) -> None:
        """The picker; the text lands in the check step."""
        job = self.panel.job if self.answering else None
        if job is not None:
            if self.bulk is not None:
                self.desk.say("this batch has its template; esc leaves it")
                return
            await self._pick(job.review_id, "Template", self._into_check)
            return
        rows = self.listing.targets()
        if not rows:
            self.desk.say("there is no review to answer")
        elif len(rows) > MOST_AT_ONCE:
            self.desk.say(f"{len(rows)} selected: at most {MOST_AT_ONCE} replies at once", "warning")
        else:
            title = "Template" if len(rows) == 1 else f"Template for {len(rows)} reviews"
            await self._pick(rows[0].id, title, self._chosen)

    async def _pick(self, review_id: str, title: str, use: Callable[[Template], Awaitable[None]]) -> None:
        """Shows the templates, the fittest first."""
        library = await self.desk.ask(self.replies.templates, review_id)
        for problem in library.problems[:1]:
            self.desk.say_problem(problem)
        if not library.templates:
            if not library.problems:
                folder = self.desk.workspace.paths.templates
                self.desk.say_problem(f"no template yet: put one into {folder}/name.md")
            return
        choices = [Choice(one, one.name, list_cell(_begins(one))[:BEGINNING]) for one in library.templates]
        await self.app.push_screen(MenuScreen(self, title, choices, use, find=True))

    async def _chosen(self, template: Template) -> None:
        await self.use_template(template, self.listing.targets())

    async def use_template(self, template: Template, rows: Sequence[ReviewRow]) -> None:
        """Resolves the template for each review and shows the texts in the check step."""
        jobs = [job for row in rows if (job := await self.job_for(row, template)) is not None]
        if jobs:
            self.last_template = template.name
            self.last_act = None
            await self.open_panel(jobs, checking=True, template=template.name)

    async def _into_check(self, template: Template) -> None:
        job = self.panel.job
        if job is not None:
            rendered = await self.desk.ask(self.replies.render, job.review_id, template.name)
            self.panel.put_text(rendered.text)
            self.panel.set_template(template.name)
            await self.desk.settled()
            self.panel.to_check()
            self.tell_frame()

    async def verb_insert_template(self) -> None:
        """Inserts a template's text at the cursor."""
        job = self.panel.job
        if job is None:
            return

        async def use(template: Template) -> None:
            rendered = await self.desk.ask(self.replies.render, job.review_id, template.name)
            self.panel.insert(rendered.text)
            self.panel.set_template(template.name)
            self.set_focus(self.panel.area)

        await self._pick(job.review_id, "Insert template", use)

    async def verb_repeat(self) -> None:
        """The last template again, into the check step; else the last act."""
        rows = self.listing.targets()
        if self.last_act is None and self.last_template and rows:
            library = await self.desk.ask(self.replies.templates, rows[0].id)
            template = library.find(self.last_template)
            if template is not None:
                await self.use_template(template, rows)
                return
        await super().verb_repeat()


def _begins(template: Template) -> str:
    pieces = template.texts[0].pieces
    return "".join(piece if isinstance(piece, str) else f"{{{piece.name}}}" for piece in pieces)
