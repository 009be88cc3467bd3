"""How it ends: asked, by a signal, with its terminal, by an error of its own. Nothing written is lost."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import traceback

from ascinbox.tui.desk import log
from ascinbox.tui.frames import frame_of
from ascinbox.tui.news import ListeningApp
from ascinbox.tui.terminal import TerminalWatch, exit_at_the_latest, stdin_descriptor
from ascinbox.tui.widgets.safe import cell


class EndingApp(ListeningApp):
    """Saves what is being written before anything else, then goes within three seconds."""

    def watch_the_end(self) -> None:
        """Listens to signals and to the terminal's death."""
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Off the main thread, and on loops without signals, others end the program.
            with contextlib.suppress(RuntimeError, ValueError, NotImplementedError):
                self._loop.add_signal_handler(number, self._end_by_signal, number)
        if self.is_headless:
            return
        descriptor = stdin_descriptor()
        if descriptor is None:
            # It went away while the screen was being built.
            self._terminal_died()
            return
        self._watch = TerminalWatch(descriptor, self._terminal_died)
        self._watch.start()

    async def on_unmount(self) -> None:
        """Stops listening and ends what still runs."""
        self._unsubscribe()
        if self._watch is not None:
            self._watch.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await self.pump.stop()

    async def leave(self) -> None:
        """Quits; asks first while a reply can still be taken back. The demo's replies go nowhere."""
        waiting = 0 if self.frame.demo else await self.ask(self.workspace.replies.waiting)
        if waiting:
            from ascinbox.tui.screens.ask import AskQuit

            await self.push_screen(AskQuit(waiting, self.frame.undo_until))
            return
        await self.finish()

    async def finish(self) -> None:
        """Saves what is being written, then ends."""
        self._keep_frame()
        await self._save_screens()
        self.exit()

    async def _save_screens(self) -> None:
        for stack in tuple(self._screen_stacks.values()):
            for screen in stack:
                save = getattr(screen, "save_now", None)
                if save is not None:
                    with contextlib.suppress(Exception):
                        await asyncio.wait_for(save(), 1.5)

    def _end_by_signal(self, number: int) -> None:
        exit_at_the_latest(128 + number)
        self.spawn(self._end(128 + number))

    def _terminal_died(self) -> None:
        """On the watcher's thread: the loop may be busy writing to nobody."""
        exit_at_the_latest(128 + signal.SIGHUP)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(lambda: self.spawn(self._end(128 + signal.SIGHUP)))

    def _keep_frame(self) -> None:
        """Leaves the painted Inbox for the next start; any other screen leaves none."""
        if self._curtain is not None:
            bare = self.current_mode == "inbox" and len(self.screen_stack) == 1 and not self._notice_until
            self._curtain.frame = frame_of(self) if bare else ""

    async def _end(self, code: int) -> None:
        self._keep_frame()
        await self._save_screens()
        self.exit(return_code=code)

    def _fatal_error(self) -> None:
        """Textual's own prints local variables, keys among them. Ours logs the bare traceback."""
        error = sys.exc_info()[1] or self._exception
        trace = "".join(traceback.format_exception(error)) if error is not None else ""
        log.error("the screen stopped\n%s", trace)
        name = type(error).__name__ if error is not None else "unknown"
        where = self.workspace.paths.log_file
        self._exit_renderables.append(
            cell(f"ascinbox stopped because of an error of its own ({name}). Drafts are saved. See {where}")
        )
        self._close_messages_no_wait()
