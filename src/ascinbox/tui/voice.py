"""What the app says: notices in the status line, errors as sentences, the tour's cards."""

from __future__ import annotations

import asyncio
import os
import traceback
from concurrent.futures import CancelledError

from ascinbox.core.errors import AscinboxError
from ascinbox.tui.desk import DeskApp, log
from ascinbox.tui.screens.base import KeyedScreen
from ascinbox.tui.tour import Doing, Tour
from ascinbox.tui.widgets.frame import StatusLine

NOTICE_S = 4.0
"""How long a notice stands in the status line, unless a key comes sooner."""


class SpeakingApp(DeskApp):
    """Says one sentence at a time, and takes it back."""

    def say(self, text: str, severity: str = "information") -> None:
        """One sentence in the status line, until the next key or for a few seconds."""
        for status in self.screen_stack[0].query(StatusLine) if self.screen_stack else ():
            status.notice(text, severity)
        for status in self.screen.query(StatusLine):
            status.notice(text, severity)
        self._notice_until = asyncio.get_running_loop().time() + NOTICE_S

    def say_problem(self, text: str) -> None:
        """What is wrong with one of the person's files; its folder is left out, so that the rest fits."""
        self.say(text.replace(f"{self.workspace.paths.config}{os.sep}", ""), "warning")

    def acted(self) -> None:
        """A key did something: an older notice gives way to the state of things."""
        if self._notice_until:
            self._notice_until = 0.0
            self._clear_notices()

    def _clear_notices(self) -> None:
        for screen in self.screen_stack:
            for status in screen.query(StatusLine):
                status.clear()
        self.tell_frame()

    def tell_error(self, error: BaseException) -> None:
        """An error as a sentence; what is not ours to foresee goes to the log as well."""
        if isinstance(error, AscinboxError):
            self.say(str(error), "error")
        elif not isinstance(error, (CancelledError, asyncio.CancelledError)):
            log.error("%s", "".join(traceback.format_exception(error)))
            self.say(f"that failed ({type(error).__name__}); the log has more", "error")

    def _tick(self) -> None:
        if self._notice_until and asyncio.get_running_loop().time() >= self._notice_until:
            self._notice_until = 0.0
            self._clear_notices()
        else:
            self.tell_frame()

    # --- the demo's tour ---

    def next_step(self) -> None:
        """Begins the tour, skips a step of it, or ends it after the last."""
        if self.tour is None:
            self.tour = Tour()
        else:
            self.tour.skip()
        if self.tour.over:
            self.end_tour()
        self.tell_frame()

    def toured(self, action_id: str) -> None:
        """An action was run, or another key taken: it may be what the step asked for."""
        screen = self.screen
        if self.tour is None or not isinstance(screen, KeyedScreen):
            return
        if self.tour.saw(Doing(action_id, screen.context, screen.place)):
            if self.tour.over:
                self.end_tour()
            self.tell_frame()

    def end_tour(self) -> None:
        """No more of it; the key begins it anew."""
        self.tour = None
        self.tell_frame()
        self.say(f"the tour is over; {self.keymap.shown('tour')} begins it again")
