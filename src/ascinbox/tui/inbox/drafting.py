"""A first draft by the engine that is plugged in: it lands in the editor, and nowhere else."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.inbox.engine_consent import with_consent
from ascinbox.tui.inbox.replytext import OfferedDraft

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.reply import InboxReply
    from ascinbox.tui.inbox.screen import InboxScreen

SHOWN_EVERY_S = 0.1
"""How often what came so far is painted."""


class InboxDrafting:
    """One key asks; what comes stands beside the editor, and in it when it is whole and nothing was typed."""

    def __init__(self, screen: InboxScreen, reply: InboxReply) -> None:
        self._screen = screen
        self._reply = reply
        self._stop: threading.Event | None = None

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    @property
    def is_running(self) -> bool:
        """Whether a draft is being written."""
        return self._stop is not None

    def answering_actions(self) -> Handlers:
        """What it does in the editor."""
        found = {"draft": Handler(self.draft, self._why_not)}
        return {**found, "back": Handler(self.stop)} if self.is_running else found

    def _why_not(self) -> str:
        if self._reply.checking:
            return "drafts are written in the editor"
        return self._app.workspace.assist.why_not(draft=True)

    async def draft(self) -> None:
        """Asks for a draft; when one stands beside the editor, takes it over."""
        panel = self._reply.panel
        job = panel.job
        if job is None:
            return
        if self.is_running:
            self._app.notices.say(f"a draft is being written; {self._app.keymap.shown('back')} stops it")
        elif job.offered is not None:
            panel.put_text(job.offered.text)
            panel.offer(None)
            self._app.notices.say("taken over; ctrl+z brings your text back")
        else:
            review_id, template = job.review_id, job.template
            await with_consent(self._app, self._screen, lambda: self._begin(review_id, template))

    def stop(self) -> None:
        """Stops the engine; what came so far stays where it can be seen."""
        if self._stop is not None:
            self._stop.set()
            self._app.notices.say("stopped")

    async def _begin(self, review_id: str, template: str) -> None:
        self._stop = threading.Event()
        self._app.spawn(self._write(review_id, template, self._stop)).set_name("engine")
        self._screen.tell_frame()

    async def _write(self, review_id: str, template: str, stop: threading.Event) -> None:
        assist = self._app.workspace.assist
        name = assist.choice.name
        came = [""]

        def hear(text: str) -> None:
            came[0] = text

        ask = partial(assist.draft, review_id, template, stop=stop, heard=hear)
        asked = asyncio.ensure_future(self._app.work(ask))
        self._offer(review_id, OfferedDraft("", name, is_whole=False))
        try:
            while not asked.done():
                await asyncio.wait((asked,), timeout=SHOWN_EVERY_S)
                if not self._offer(review_id, OfferedDraft(came[0], name, is_whole=False)):
                    # The editor was left: nobody waits for it.
                    stop.set()
            made = await asked
        except AscinboxError as error:
            self._offer(review_id, None)
            if not stop.is_set():
                self._app.notices.tell_error(error)
            return
        finally:
            self._stop = None
            self._screen.tell_frame()
        self._land(review_id, OfferedDraft(made.text, made.engine))

    def _land(self, review_id: str, draft: OfferedDraft) -> None:
        panel = self._reply.panel
        job = panel.job
        if job is None or job.review_id != review_id:
            return
        if job.text.strip() or self._reply.checking:
            panel.offer(draft)
            shown = self._app.keymap.shown("draft")
            self._app.notices.say(f"~ by {draft.by}, beside your text; {shown} takes it over")
        else:
            panel.offer(None)
            panel.put_text(draft.text)
            self._app.notices.say(f"~ by {draft.by}: read it before it is checked and published")

    def _offer(self, review_id: str, draft: OfferedDraft | None) -> bool:
        """Shows what came; False when the editor of that review is no longer open."""
        if not self._reply.answering:
            return False
        panel = self._reply.panel
        if panel.job is None or panel.job.review_id != review_id:
            return False
        panel.offer(draft)
        return True
