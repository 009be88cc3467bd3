"""The demo in a real terminal, driven as a person would: keys in, screen out."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

from ascinbox.tui.signs import SIGNS
from benchmarks.terminal import KEYS, Terminal

PROGRAM = (sys.executable, "-m", "ascinbox")
SEED = ("--seed", "7", "--now", "2026-11-21T14:02")
LETTERS = "".join(dict.fromkeys(sign.glyph for sign in SIGNS.values()))
ROW = re.compile(rf"(?:^|│)(?P<cursor>[▌ ])[▪ ](?P<row>[{LETTERS}][⚑ ]{{1,2}} ?[★☆]{{5}}.*)")
"""A row of the list, alone on its line or between two panes: bar, selected, state, flag, stars."""
PLAIN_ROW = re.compile(r"^(?P<cursor>[> ])[x ](?P<row>[A-Z][f ] +[1-5]\* .*)")
"""The same without signs."""
FIRST_ROWS_S = 90.0
"""The longest wait for a screen on a machine that has other things to do."""
PATIENCE_S = 30.0
"""The longest wait for what a key brings about."""
CODES = {
    **KEYS,
    "escape": b"\x1b",
    "tab": b"\t",
    "space": b" ",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "shift+tab": b"\x1b[Z",
    "backspace": b"\x7f",
    "pagedown": b"\x1b[6~",
    "pageup": b"\x1b[5~",
    "f1": b"\x1bOP",
    "f5": b"\x1b[15~",
    "f9": b"\x1b[20~",
    **{
        f"f{number}": code
        for number, code in zip(range(2, 5), (b"\x1bOQ", b"\x1bOR", b"\x1bOS"), strict=True)
    },
    **{f"ctrl+{letter}": bytes([ord(letter) - 96]) for letter in "abcdefghijklmnopqrstuvwxyz"},
}


class PatientScreen(pyte.Screen):
    """Leaves out what only real terminals know, such as the private form of SGR."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        """Colours and so on."""
        if not private:
            super().select_graphic_rendition(*attributes)


class Desk(Terminal):
    """One run of ascinbox on a pty. `home` holds everything that it may write."""

    def __init__(
        self,
        home: Path,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.raw = bytearray()
        runtime = home / "run"
        runtime.mkdir(parents=True, exist_ok=True)
        own = {
            "HOME": str(home),
            "ASCINBOX_HOME": str(home / "ascinbox"),
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        super().__init__(
            (*PROGRAM, *arguments), columns=columns, rows=rows, environment={**own, **(environment or {})}
        )

        self.screen = PatientScreen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)

    def _read(self, timeout: float, *, show: bool = True) -> int:
        feed = self._stream.feed

        def keep(data: bytes) -> None:
            self.raw.extend(data)
            feed(data)

        self._stream.feed = keep  # type: ignore[method-assign]
        try:
            return super()._read(timeout, show=show)
        finally:
            self._stream.feed = feed  # type: ignore[method-assign]

    # --- looking ---

    @property
    def lines(self) -> list[str]:
        """The screen, a line each."""
        return [str(line) for line in self.screen.display]

    @property
    def tabs(self) -> str:
        """The first line."""
        return self.lines[0]

    @property
    def status(self) -> str:
        """The line before the last."""
        return self.lines[-2]

    @property
    def rows(self) -> list[str]:
        """The reviews of the list from their state letter on: one text for each row that is shown."""
        found = (ROW.search(line) or PLAIN_ROW.search(line) for line in self.lines)
        return [row["row"].split("│")[0].rstrip() for row in found if row]

    @property
    def storefronts(self) -> set[str]:
        """Where the reviews of the list are from: on the row itself, or at the end of its second line."""
        found = set()
        for number, line in enumerate(self.lines):
            row = ROW.search(line)
            if row is None:
                continue
            beside = re.search(r"[★☆]{5} +\d+[smhdwy] ([A-Z?]{2}) ", row["row"])
            below = self.lines[number + 1][row.start() + 1 :].split("│")[0]
            at_the_end = re.search(r" ([A-Z?]{2})(?: (?:AS|GP))? *$", below)
            place = beside or at_the_end
            found.add(place[1] if place else "")
        return found

    @property
    def stars(self) -> set[int]:
        """The ratings of the reviews of the list."""
        return {row.count("★") for row in self.rows}

    @property
    def cursor_row(self) -> int:
        """The line on which the bar of the list stands; -1 without one."""
        rows = [ROW.search(line) for line in self.lines]
        if any(rows):
            return next((n for n, row in enumerate(rows) if row and row["cursor"] == "▌"), -1)
        return next((n for n, line in enumerate(self.lines) if re.match(r"^[>▌][ x]", line)), -1)

    @property
    def chosen(self) -> str:
        """The row under the cursor."""
        line = self.lines[self.cursor_row] if self.cursor_row >= 0 else ""
        row = ROW.search(line)
        return row["row"].split("│")[0].rstrip() if row else line

    def picture(self) -> tuple[object, ...]:
        """Everything visible, colours too, but for the figures that only the clock moves."""
        rows: list[tuple[object, ...]] = []
        for number in range(self.screen.lines):
            cells = [self.screen.buffer[number][column] for column in range(self.screen.columns)]
            text = "".join(cell.data for cell in cells)
            if number == self.screen.lines - 2:
                text = re.sub(r"\d+ ?(?:[smhd]|/\d+)?", "#", text)
                rows.append((text,))
            else:
                rows.append((text, tuple((cell.fg, cell.bg, cell.reverse, cell.bold) for cell in cells)))
        return tuple(rows)

    # --- waiting ---

    def until(self, wanted: str | Callable[[], object], timeout: float = PATIENCE_S) -> None:
        """Returns once a pattern is on the screen, or something is true of it."""
        seen = wanted if callable(wanted) else lambda: re.search(wanted, self.text())
        limit = time.perf_counter() + timeout
        while not seen():
            if time.perf_counter() > limit:
                raise AssertionError(f"{wanted!r} did not come about:\n{self.text()}")
            self._read(0.05)

    def ready(self) -> None:
        """Waits for the first rows of the inbox and for the first sync to be over."""
        self.until(lambda: self.rows, FIRST_ROWS_S)
        self.until(r"synced <?\d+\w ago|offline, data", FIRST_ROWS_S)

    def rested(self, quiet: float = 0.2) -> str:
        """The screen once nothing was written for a moment."""
        self.settle(quiet, 2)
        return self.text()

    @property
    def kept(self) -> bool:
        """Whether this demo could be taken up again now if it were killed."""
        files = (self.home / "run").glob("*/demo.json")
        return any('"prepared": true' in file.read_text("utf-8") for file in files)

    # --- doing ---

    def keys(self, *names: str, quiet: float = 0.12) -> None:
        """Types keys one after the other, waiting for each to have shown.

        What a sync in the background writes meanwhile is not waited for.
        """
        for name in names:
            self.send(name.encode() if len(name) <= 2 and name not in CODES else CODES[name])
            limit = time.perf_counter() + 1.0
            seen = self._read(0.5)
            while seen and time.perf_counter() < limit:
                seen = self._read(quiet)

    def type(self, text: str) -> None:
        """Types text into a field at a person's speed."""
        for character in text:
            self.send(character.encode())
            self._read(0.02)
        self.settle(0.15, 1)

    def resize(self, columns: int, rows: int) -> None:
        """As when the window is drawn larger or smaller."""
        self.screen.resize(rows, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)
        self.settle(0.4, 4)

    def kill(self) -> None:
        """SIGKILL, as when the power fails."""
        os.kill(self.pid, signal.SIGKILL)

    def go_to(self, words: str) -> None:
        """Moves the cursor of a list to the row with these words."""
        self.keys("home")
        for _ in range(50):
            if words in self.chosen:
                return
            self.keys("j", quiet=0.05)
        raise AssertionError(f"no row {words!r}:\n{self.text()}")

    @property
    def is_covered(self) -> bool:
        """Whether something lies over the Inbox or the keys go somewhere else than to its list."""
        return any(corner in self.text() for corner in "╭╰") or not self.lines[-1].startswith(" r reply")

    def uncover(self) -> None:
        """Back to the list of the Inbox, from wherever a key led."""
        for _ in range(6):
            if "[1 Inbox" in self.tabs and not self.is_covered:
                return
            elsewhere = re.match(r"^  1 ", self.tabs) and "╭" not in self.text()
            self.keys("1" if elsewhere else "esc")
            self.settle(0.1, 0.5)

    def inbox(self, view: int = 1) -> None:
        """Back to the first row of a view of the Inbox, whatever lies over it."""
        self.keys("esc", "esc")
        self.keys("1", "v", str(view), "gg")
        self.until(lambda: "[1 Inbox" in self.tabs and self.cursor_row >= 0)


def demo(home: Path, *arguments: str, columns: int = 80, rows: int = 24, **environment: str) -> Desk:
    """`ascinbox demo --seed 7` at its fixed time."""
    return Desk(home, "demo", *SEED, *arguments, columns=columns, rows=rows, environment=environment)
