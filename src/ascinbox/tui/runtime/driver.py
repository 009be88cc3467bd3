"""The terminal driver: fewer bytes for the same picture, and whole again after others had the terminal.

Of a style only what differs from the one in force is said.

Textual ends each piece of text with a reset and begins the next with its whole style, some forty bytes even
if nothing differs. Over a slow line that is half of what a step of the cursor costs.
"""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from time import monotonic
from typing import IO, TYPE_CHECKING, Any

from textual.events import Key, Paste

from ascinbox.tui.actions import pressed
from ascinbox.tui.runtime.key_parser import TOGETHER, DeviceAnswered, parsed, tell_what_came_together
from ascinbox.tui.runtime.style_changes import RESET, shortest_style, style_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.driver import Driver

    from ascinbox.tui.runtime.early_keys import EarlyKeys
    from ascinbox.tui.runtime.saved_frame import SavedFrame

_SGR = re.compile("(\x1b\\[[0-9;:]*m)")
_SILENT = re.compile("(?:\x1b\\[[0-9;?]*[A-Za-ln-z]|[\r\n])*")
"""What moves the cursor or switches modes, and paints nothing."""
ENTER_SCREEN = "\x1b[?1049h"
ASK_DEVICE = "\x1b[c"
"""Every terminal answers this, and in its turn: what it was asked before has then been answered."""
NO_ANSWER_S = 0.4
"""A terminal that does not answer is not waited for any longer."""
UPDATE_BEGINS, UPDATE_ENDS = "\x1b[?2026h", "\x1b[?2026l"
"""Between these a terminal waits with what it shows (synchronized output, mode 2026)."""


def without_repeated_styles(data: str) -> str:
    """`data` for the terminal without what is reset of a style and set again unchanged.

    Begins and ends in the terminal's plain style, as what Textual writes does.
    """
    if data.count(RESET) < 2:
        return data
    out: list[str] = []
    active = ""
    ended = False
    for number, part in enumerate(_SGR.split(data)):
        if not part:
            continue
        if number % 2 == 0:
            if ended and _SILENT.fullmatch(part) is None:
                out.append(RESET)
                active, ended = "", False
            out.append(part)
        elif part == RESET:
            ended = bool(active)
            if not ended:
                out.append(part)
        elif ended:
            out.append(style_change(active, part))
            active, ended = part, False
        else:
            out.append(part if active else shortest_style(part))
            active += part
    if ended:
        out.append(RESET)
    return "".join(out)


class Forgiving:
    """A terminal's stream on which writing raises no error once the terminal is gone.

    Textual writes from a thread, by a short queue. An error on a terminal that is gone would end the thread,
    and the next piece of picture would wait for ever for room in the queue.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Writes, or pretends to."""
        with suppress(OSError):
            return self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Flushes, or pretends to."""
        with suppress(OSError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def terminal_driver(base: type[Driver]) -> type[Driver]:
    """A terminal driver that says no style twice, whose writing survives its terminal, whose keys tell which
    of them came together, and that comes back whole after another program or a stop.

    An update is handed on in one piece: each piece wakes Textual's writing thread, which takes the
    interpreter from the screen.
    """
    tell_what_came_together(base)

    class TerminalDriver(base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._update: list[str] = []
            self._deaf_until = 0.0
            self._in_application_mode = False
            self._has_started = self._stop_waits = False
            if (file := getattr(self, "_file", None)) is not None:
                self._file = Forgiving(file)

        def write(self, data: str) -> Any:
            if self._update or data == UPDATE_BEGINS:
                self._update.append(data)
                if data != UPDATE_ENDS:
                    return None
                data = "".join(self._update)
                self._update.clear()
            return super().write(without_repeated_styles(data))

        def start_application_mode(self) -> None:
            super().start_application_mode()
            thread = getattr(self, "_key_thread", None)
            self._in_application_mode = thread is not None and thread.is_alive()
            self._has_started = True
            if self._stop_waits:
                self._stop_waits = False
                self._sigtstp_application()

        def suspend_application_mode(self) -> None:
            # A stop may come in the middle of an update: what leads out of the screen must not wait for that.
            self._update.clear()
            self._in_application_mode = False
            super().suspend_application_mode()

        def resume_application_mode(self) -> None:
            """Takes the terminal back. What was typed or answered until the terminal answers us is dropped:
            it was meant for the program that had the terminal."""
            self._deaf_until = monotonic() + NO_ANSWER_S
            super().resume_application_mode()
            if self._in_application_mode:
                self.write(ASK_DEVICE)

        def process_message(self, message: Any) -> None:
            if isinstance(message, DeviceAnswered):
                self._deaf_until = 0.0
            elif not isinstance(message, Key | Paste) or monotonic() >= self._deaf_until:
                super().process_message(message)

        def _sigtstp_application(self, *args: Any) -> None:
            if not self._has_started:
                # The terminal is half ours: it is given back as soon as it is ours.
                self._stop_waits = True
                return
            super()._sigtstp_application(*args)

        def _sigcont_application(self, *args: Any) -> None:
            if self._in_background():
                # `bg`: a full-screen program cannot go on there.
                os.kill(os.getpid(), signal.SIGSTOP)
                return
            if not self._has_started:
                return
            if self._auto_restart and self._in_application_mode:
                # SIGSTOP comes without notice: the shell has had the terminal since.
                self.suspend_application_mode()
                self._must_signal_resume = True
            super()._sigcont_application(*args)

        def _in_background(self) -> bool:
            with suppress(OSError):
                return bool(os.tcgetpgrp(self.fileno) != os.getpgrp())
            return False

    return TerminalDriver


def behind_saved_frame(
    base: type[Driver], up: Callable[[], bool], saved_frame: SavedFrame, early: EarlyKeys | None = None
) -> type[Driver]:
    """The driver for a start with a frame on the alternate screen: entering that again would clear it.

    While that frame is `up`, Textual sets the terminal's modes but paints nothing: its first frames have
    no rows yet. Whoever takes it down has everything painted then. After a stop it is shown again.
    `early`: what moves the cursor of that frame meanwhile.
    """

    class Behind(base):  # type: ignore[misc, valid-type]
        _prepared = False
        _entered = False

        def start_application_mode(self) -> None:
            again = self._entered
            if early is not None:
                early.leave_terminal()
            super().start_application_mode()
            self._prepared = True
            if again and up():
                super().write(saved_frame.picture)

        def _sigcont_application(self, *args: Any) -> None:
            super()._sigcont_application(*args)
            if not self._entered and up():
                saved_frame.show_again()

        def run_input_thread(self) -> None:
            if early is not None:
                for message in parsed(early.take_left()):
                    self.process_message(message)
            super().run_input_thread()

        def process_message(self, message: Any) -> None:
            if isinstance(message, Key) and early is not None:
                key = pressed(message.key, message.character)
                if early.takes(key, getattr(message, TOGETHER, 1)):
                    return
            super().process_message(message)

        def stop_application_mode(self) -> None:
            self._prepared = False
            super().stop_application_mode()

        def write(self, data: str) -> None:
            if ENTER_SCREEN in data and not self._entered:
                # After another program or a stop the screen is entered like any other.
                self._entered = True
                data = data.replace(ENTER_SCREEN, "", 1)
            if not self._prepared or not up():
                super().write(data)

    return Behind
