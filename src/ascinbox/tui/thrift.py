"""Fewer bytes for the same picture: a style that is still in force is not said again.

Textual ends each piece of text with a reset and begins the next with its whole style, some forty bytes even
if nothing differs. Over a slow line that is half of what a step of the cursor costs.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from ascinbox.tui.arrivals import tell_what_came_together

if TYPE_CHECKING:
    from textual.driver import Driver

_SGR = re.compile("(\x1b\\[[0-9;:]*m)")
_SILENT = re.compile("(?:\x1b\\[[0-9;?]*[A-Za-ln-z]|[\r\n])*")
"""What moves the cursor or switches modes, and paints nothing."""
RESET = "\x1b[0m"
UPDATE_BEGINS, UPDATE_ENDS = "\x1b[?2026h", "\x1b[?2026l"
"""Between these a terminal waits with what it shows (synchronized output, mode 2026)."""


def thrifty(data: str) -> str:
    """`data` for the terminal without styles that are reset and set again unchanged.

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
        elif ended and part == active:
            ended = False
        else:
            if ended:
                out.append(RESET)
            active, ended = (part if ended or not active else active + part), False
            out.append(part)
    if ended:
        out.append(RESET)
    return "".join(out)


class Forgiving:
    """A terminal's stream that swallows what nobody can read any more.

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


def thrifty_driver(base: type[Driver]) -> type[Driver]:
    """A terminal driver that writes thriftily, whose writing survives its terminal, and whose keys tell which
    of them came together.

    An update is handed on in one piece: each piece wakes Textual's writing thread, which takes the
    interpreter from the screen.
    """
    tell_what_came_together(base)

    class Thrifty(base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._update: list[str] = []
            if (file := getattr(self, "_file", None)) is not None:
                self._file = Forgiving(file)

        def write(self, data: str) -> Any:
            if self._update or data == UPDATE_BEGINS:
                self._update.append(data)
                if data != UPDATE_ENDS:
                    return None
                data = "".join(self._update)
                self._update.clear()
            return super().write(thrifty(data))

    return Thrifty
