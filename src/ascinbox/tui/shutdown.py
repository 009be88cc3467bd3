"""How it ends: asked, by a signal, or with its terminal. Nothing written is lost."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

from ascinbox.tui.runtime.compositor import frame_of
from ascinbox.tui.runtime.terminal import TerminalWatch, exit_at_the_latest, stdin_descriptor

if TYPE_CHECKING:
    from ascinbox.tui.app import AscinboxApp


class Shutdown:
    """Saves what is being written before anything else, then ends the app within three seconds."""

    def __init__(self, app: AscinboxApp) -> None:
        self._app = app
        self._watch: TerminalWatch | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self) -> None:
        """Listens to signals and to the terminal's death."""
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Off the main thread, and on loops without signals, others end the program.
            with contextlib.suppress(RuntimeError, ValueError, NotImplementedError):
                self._loop.add_signal_handler(number, self._end_by_signal, number)
        if self._app.is_headless:
            return
        descriptor = stdin_descriptor()
        if descriptor is None:
            # It went away while the screen was being built.
            self._terminal_died()
            return
        self._watch = TerminalWatch(descriptor, self._terminal_died)
        self._watch.start()

    def stop_watching(self) -> None:
        """Listens to the terminal no more."""
        if self._watch is not None:
            self._watch.stop()

    async def leave(self) -> None:
        """Quits; asks first while a reply can still be taken back. The demo's replies go nowhere."""
        waiting = 0 if self._app.frame.demo else await self._app.ask(self._app.workspace.replies.waiting)
        if waiting:
            from ascinbox.tui.quit_question import AskQuit

            await self._app.push_screen(AskQuit(waiting, self._app.frame.undo_until))
            return
        await self.finish()

    async def finish(self) -> None:
        """Saves what is being written, then ends."""
        self._keep_frame()
        await self._save_screens()
        self._app.exit()

    async def _save_screens(self) -> None:
        for screen in self._app.top_screens():
            with contextlib.suppress(Exception):
                await asyncio.wait_for(screen.save_now(), 1.5)

    def _end_by_signal(self, number: int) -> None:
        exit_at_the_latest(128 + number)
        self._app.spawn(self._end(128 + number))

    def _terminal_died(self) -> None:
        """On the watcher's thread: the loop may be busy writing to nobody."""
        exit_at_the_latest(128 + signal.SIGHUP)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(lambda: self._app.spawn(self._end(128 + signal.SIGHUP)))

    def _keep_frame(self) -> None:
        """Leaves the painted Inbox for the next start; any other screen leaves none."""
        saved_frame = self._app.saved_frame
        if saved_frame is not None:
            bare = self._app.current_mode == "inbox" and len(self._app.screen_stack) == 1
            saved_frame.frame = frame_of(self._app) if bare and not self._app.notices.shown else ""

    async def _end(self, code: int) -> None:
        self._keep_frame()
        await self._save_screens()
        self._app.exit(return_code=code)
