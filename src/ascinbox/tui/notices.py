"""What the app says: one sentence at a time in the status line, and how it is taken back."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import traceback
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ascinbox.core.errors import AscinboxError
from ascinbox.core.text import sentences
from ascinbox.tui.widgets.chrome import StatusLine

if TYPE_CHECKING:
    from ascinbox.tui.app import AscinboxApp

NOTICE_S = 4.0
"""How long a notice stands in the status line, unless a key comes sooner."""

log = logging.getLogger("ascinbox.tui")


def as_many_as_fit(text: str, cells: int) -> str:
    """The first sentences that fit into fewer cells together; the first one in any case."""
    first, *rest = re.split(r"(?<=[.!?]) (?=[A-Z])", text)
    for sentence in rest:
        if cell_len(f"{first} {sentence}") >= cells:
            break
        first = f"{first} {sentence}"
    return first


class Notices:
    """Says one sentence at a time, and takes it back."""

    def __init__(self, app: AscinboxApp) -> None:
        self._app = app
        self._until = 0.0
        self._said = ("", "")

    @property
    def shown(self) -> bool:
        """Whether a sentence stands in place of the state of things."""
        return bool(self._until)

    def say(self, text: str, severity: str = "information") -> None:
        """One sentence in the status line, until the next key or for a few seconds."""
        self._said = text, severity
        self._show()
        self._until = asyncio.get_running_loop().time() + NOTICE_S

    def _show(self) -> None:
        stack = self._app.screen_stack
        for status in stack[0].query(StatusLine) if stack else ():
            status.notice(*self._said)
        for status in self._app.screen.query(StatusLine):
            status.notice(*self._said)

    def follow(self) -> None:
        """Another top screen came to the front: what stood on the one before stands there, for the rest of
        its time."""
        if self._until:
            self._clear()
            self._show()

    def say_problem(self, text: str) -> None:
        """What is wrong with one of the person's files; its folder is left out, so that the rest fits."""
        self.say(text.replace(f"{self._app.workspace.paths.config}{os.sep}", ""), "warning")

    def tell_error(self, error: BaseException) -> None:
        """An error as a sentence; what is not ours to foresee goes to the log as well."""
        if isinstance(error, AscinboxError):
            self.say(error.brief or self._fitting(error), "error")
        elif not isinstance(error, (CancelledError, asyncio.CancelledError)):
            log.error("%s", "".join(traceback.format_exception(error)))
            self.say(f"that failed ({type(error).__name__}); the log has more", "error")

    def _fitting(self, error: AscinboxError) -> str:
        """All of it, or what happened and what to do where all of it is too long for a line."""
        whole = sentences(error.title, error.detail, error.next_step)
        if cell_len(whole) < self._room or not error.next_step:
            return whole
        return as_many_as_fit(sentences(error.title, error.next_step), self._room)

    def say_fitting(self, text: str, severity: str = "warning") -> None:
        """Several sentences, as many as there is room for."""
        self.say(as_many_as_fit(text, self._room), severity)

    def with_reason(self, words: str, reason: str, instead: str = "") -> str:
        """`words: reason` where there is room for it, else the words and `instead` alone."""
        whole = f"{words}: {reason}"
        return whole if cell_len(whole) < self._room else f"{words}{instead}"

    @property
    def _room(self) -> int:
        return self._app.size.width - len(" ! ")

    def give_way(self) -> None:
        """A key did something: an older notice gives way to the state of things."""
        if self._until:
            self._until = 0.0
            self._clear()

    def tick(self) -> None:
        """Once a second: takes back what stood long enough, else brings the frame up to date."""
        if self._until and asyncio.get_running_loop().time() >= self._until:
            self._until = 0.0
            self._clear()
        else:
            self._app.tell_frame()

    def _clear(self) -> None:
        for screen in self._app.every_screen():
            for status in screen.query(StatusLine):
                status.clear()
        self._app.tell_frame()
