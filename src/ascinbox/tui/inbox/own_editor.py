"""The person's own editor in the Inbox: to it and back, and what was left in its files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from ascinbox.tui.external import EditorFiles
from ascinbox.tui.inbox.left_text import offer

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.reply import InboxReply
    from ascinbox.tui.inbox.screen import InboxScreen


class OwnEditor:
    """Gives the reply that is open to `$EDITOR`. Its file goes only once the text is saved as the draft."""

    def __init__(self, screen: InboxScreen, reply: InboxReply) -> None:
        self._screen = screen
        self._reply = reply

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    @property
    def _files(self) -> EditorFiles:
        return EditorFiles(self._app.workspace.paths.editing)

    async def open(self) -> None:
        """To `$EDITOR` and back; a text that was left in its file is offered first."""
        if not await self.offer_left_text(self._edit):
            await self._edit()

    async def offer_left_text(self, then: Callable[[], Awaitable[None]] | None = None) -> bool:
        """Asks about a text of this review that was left in the editor's file; False when there is none."""
        job = self._reply.panel.job if self._reply.bulk is None else None
        if job is None:
            return False
        here = self._reply.panel.area.text
        files = self._files
        for left in await self._app.work(files.left, job.review_id):
            if not left.text.strip() or left.text == here:
                files.drop(left.path)
                continue
            await offer(self._screen, files, left, bool(here.strip()), self._take, then)
            return True
        return False

    async def _edit(self) -> None:
        panel = self._reply.panel
        if panel.job is None:
            return
        files = self._files
        try:
            with self._app.suspend():
                edited = files.edit(panel.area.text, panel.job.review_id)
        except SuspendNotSupported:
            self._app.notices.say("this terminal cannot hand over to another program", "warning")
            return
        self._app.redraw()
        if edited.text is not None:
            await self._take(edited.text)
            if edited.path is not None:
                files.drop(edited.path)
            return
        panel.to_editor()
        self._app.notices.say(edited.problem, "warning")
        if edited.path is not None:
            await self.offer_left_text()

    async def _take(self, text: str) -> None:
        """Puts a text into the reply; returns when it is saved."""
        panel = self._reply.panel
        if text != panel.area.text:
            panel.put_text(text)
            await self._app.settled()
        if panel.checking:
            panel.to_editor()
        await panel.save_now()
