"""The list of templates: choosing one, making one, editing one, keeping a reply as one, and the starters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.reviews.language import LANGUAGES
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.paint import clip
from ascinbox.tui.widgets.menu import Choice, MenuScreen, PromptScreen

if TYPE_CHECKING:
    from ascinbox.core.replies.templates import Template
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.reply import InboxReply
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.workers.replies.template_making import Starter

BEGINNING = 60
"""Cells of a template's text that the list shows."""

Use = Callable[["Template"], Awaitable[None]]


class TemplatePicker:
    """Shows the templates for one review, the fittest first; in a home without any, the starters."""

    def __init__(self, screen: InboxScreen, reply: InboxReply) -> None:
        self._screen = screen
        self._reply = reply

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    async def pick(self, review_id: str, title: str, use: Use) -> None:
        """Opens the list; `use` is what is done with the chosen one."""
        composing = self._app.workspace.composing
        library = await self._app.ask(composing.templates, review_id)
        for problem in library.problems[:1]:
            self._app.notices.say_problem(problem)
        if not library.templates:
            await self._offer_starters(review_id, title, use)
            return
        texts = await self._app.ask(composing.renderings, review_id, library.templates)
        choices = [
            Choice(one, one.name, clip(list_cell(made.text), BEGINNING))
            for one, made in zip(library.templates, texts, strict=True)
        ]
        await self._open(review_id, title, choices, use, use, [])

    async def _offer_starters(self, review_id: str, title: str, use: Use) -> None:
        from ascinbox.workers.replies.template_making import starters

        found = await self._app.work(starters, self._app.workspace)
        templates = [one.template for one in found]
        texts = await self._app.ask(self._app.workspace.composing.renderings, review_id, templates)
        choices = [
            Choice(one, one.template.name, clip(list_cell(made.text), BEGINNING))
            for one, made in zip(found, texts, strict=True)
        ]
        choices.append(Choice(None, "all of them", "for the list; choose afterwards"))

        async def chosen(starter: Starter | None) -> None:
            if starter is None:
                for one in found:
                    await self._keep(one.template.name, one.content)
                await self.pick(review_id, title, use)
            elif (kept := await self._keep(starter.template.name, starter.content)) is not None:
                await use(kept)

        codes = {text.language for template in templates for text in template.texts if text.language}
        names = ", ".join(LANGUAGES[code] for code in sorted(codes, key=lambda code: (code != "en", code)))
        notes = [f"You have no template yet. The one that you choose becomes a file of yours, in {names}."]
        detail = await self._app.ask(self._app.workspace.inbox.detail, review_id)
        rating = detail.review.rating if detail is not None else None
        # The first that is meant for so many stars is under the cursor.
        cursor = next((n for n, each in enumerate(templates) if rating in each.ratings), 0)
        await self._open(review_id, f"{title}: five to begin with", choices, chosen, use, notes, cursor)

    async def _open(
        self,
        review_id: str,
        title: str,
        choices: Sequence[Choice],
        chosen: Callable[..., Awaitable[None]],
        use: Use,
        notes: Sequence[str],
        cursor: int = 0,
    ) -> None:
        async def again() -> None:
            await self.pick(review_id, title.partition(":")[0], use)

        reply = await self._text_of_reply(review_id)
        menu = _TemplateMenu(self._screen, title, choices, chosen, find=True, notes=notes, cursor=cursor)
        menu.acts = {
            "template_new": Handler(lambda: self._make(menu, again)),
            "template_edit": Handler(lambda: self._edit(menu, again)),
            "template_keep": Handler(
                lambda: self._keep_reply(menu, review_id, reply, again),
                lambda: "" if reply else "there is no reply to this review yet",
            ),
        }
        await self._app.push_screen(menu)

    # --- files ---

    async def _keep(self, name: str, content: str) -> Template | None:
        """Writes a template file, and says so; None when that failed, which is said too."""
        from ascinbox.workers.replies.template_making import keep_template

        try:
            kept = await self._app.work(keep_template, self._app.workspace, name, content)
        except AscinboxError as error:
            self._app.notices.tell_error(error)
            return None
        self._app.notices.say(
            f"the template {kept.name} is a file of yours: templates/{Path(kept.source).name}"
        )
        return kept

    async def _make(self, menu: MenuScreen, again: Callable[[], Awaitable[None]]) -> None:
        from ascinbox.workers.replies.template_making import NAME_LIMIT, new_content

        await menu.close()

        async def answer(name: str) -> str | None:
            try:
                name = await self._usable(name)
            except AscinboxError as error:
                return error.title
            await self._app.pop_screen()
            kept = await self._keep(name, new_content(name, None, "Hello {nickname|}, "))
            if kept is not None:
                self._app.edit_file(Path(kept.source))
                await again()
            return None

        await self._app.push_screen(
            PromptScreen(
                self._screen,
                "A new template called",
                answer,
                limit=NAME_LIMIT,
                notes=["Then your $EDITOR opens with it."],
            )
        )

    async def _usable(self, name: str) -> str:
        from ascinbox.workers.replies.template_making import usable_name

        return await self._app.work(usable_name, self._app.workspace, name)

    async def _edit(self, menu: MenuScreen, again: Callable[[], Awaitable[None]]) -> None:
        chosen = menu.chosen
        if chosen is None or chosen.value is None:
            self._app.notices.say("there is no template under the cursor")
            return
        await menu.close()
        template: Template | Starter | None = chosen.value
        if (content := getattr(template, "content", None)) is not None:
            template = await self._keep(chosen.label, content)
        source = getattr(template, "source", "")
        if source:
            self._app.edit_file(Path(source))
        await again()

    # --- a reply as a template ---

    async def _text_of_reply(self, review_id: str) -> str:
        """What is being written, else the draft, what waits, or what stands at the store; empty: nothing."""
        if self._reply.answering:
            job = self._reply.panel.job if self._reply.bulk is None else None
            return job.text.strip() if job is not None else ""
        detail = await self._app.ask(self._app.workspace.inbox.detail, review_id)
        if detail is None or len(self._screen.listing.targets()) > 1:
            return ""
        waits = detail.waiting.text if detail.waiting is not None else ""
        public = detail.review.response.text if detail.review.response is not None else ""
        return (detail.draft or waits or public).strip()

    async def _keep_reply(
        self, menu: MenuScreen, review_id: str, text: str, again: Callable[[], Awaitable[None]]
    ) -> None:
        from ascinbox.workers.replies.template_making import NAME_LIMIT, content_of_reply

        await menu.close()

        async def answer(name: str) -> str | None:
            detail = await self._app.ask(self._app.workspace.inbox.detail, review_id)
            if detail is None:
                return "this review is no longer in the cache"
            try:
                name = await self._usable(name)
            except AscinboxError as error:
                return error.title
            await self._app.pop_screen()
            if await self._keep(name, content_of_reply(name, text, detail)) is not None:
                await again()
            return None

        notes = ["The nickname and the app's name in it become {nickname} and {app}."]
        await self._app.push_screen(
            PromptScreen(
                self._screen, "Keep this reply as a template called", answer, limit=NAME_LIMIT, notes=notes
            )
        )


class _TemplateMenu(MenuScreen):
    """A menu with keys of its own."""

    acts: Handlers = {}  # noqa: RUF012

    @property
    def hint_place(self) -> str:
        return "templates"

    def hint_texts(self) -> Mapping[str, str]:
        kept = self.acts.get("template_keep")
        return {} if kept is None or not kept.why_not() else {"template_keep": ""}

    def actions(self) -> Handlers:
        return {**super().actions(), **self.acts}
