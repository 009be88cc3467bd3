"""What one sees in the first hundredths of a second: the list as it was left, while the program still loads.

Leaving from the Inbox keeps the painted frame. The next start shows it at once, but only if nothing that it
was made from has changed since: the same command, program, terminal, size and settings, and not one write to
the two data files by anybody. So what it shows is what the screen behind it is about to show. Keys typed
meanwhile are not lost: the terminal keeps them until the screen reads them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ascinbox import __version__

FORM = "1"
NAME = "last-frame"
OLDEST_S = 12 * 3600
"""Ages stand in the rows: an older frame would tell them wrongly."""
LARGEST = 1 << 20
LOOKS = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "LC_CTYPE", "SSH_CONNECTION", "TMUX")
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l\x1b[2J", "\x1b[?1049l\x1b[?25h"
WORDS = frozenset({"--version", "--help", "-h", "--config", "demo", "--demo"})
"""With these, something else is shown, or the files are elsewhere."""
_CHANGE_COUNTER = slice(24, 28)
"""Where SQLite counts the transactions of a file that has a rollback journal (its file format, 1.3.7)."""


class SavedFrame:
    """Drawn at the start, if there is a frame to draw; lifted when words come instead of a screen."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        self._argv = tuple(argv)
        self._environ = dict(environ)
        self._modes: list[Any] | None = None
        self._shown = ""
        self.over: Callable[[], str] = lambda: ""
        """What changed of it since it was shown, as terminal output."""
        self.drawn = False
        self.frame = ""
        """What the screen looked like when it was left; empty when it is not worth keeping."""

    def draw(self) -> None:
        """Shows the kept frame when it is still true; otherwise does nothing."""
        out = sys.__stdout__
        if out is None or not out.isatty() or WORDS.intersection(self._argv):
            return
        try:
            state, data, config = _folders(self._environ)
            path = state / NAME
            if path.stat().st_size > LARGEST or time.time() - path.stat().st_mtime > OLDEST_S:
                return
            from ascinbox.core.plainfiles import read_plain

            key, _, frame = read_plain(path).decode("utf-8").partition("\n")
            if key != self._key(data, config, os.get_terminal_size(out.fileno())):
                return
        except (OSError, ValueError, ImportError):
            return
        self.show(frame)

    def show(self, frame: str) -> None:
        """Writes what the screen is about to paint, on the alternate screen; an empty frame shows nothing."""
        out = sys.__stdout__
        if not frame or out is None:
            return
        self._shown = frame
        self._mind_stops()
        self._silence()
        out.write(self.picture)
        out.flush()
        self.drawn = True

    @property
    def picture(self) -> str:
        """What shows the frame on the alternate screen."""
        return ENTER + self._shown + self.over() + "\x1b[H"

    def show_again(self) -> None:
        """Shows it once more, after somebody else has had the terminal."""
        self._silence()
        _write_at_once(self.picture)

    def lift(self) -> None:
        """Gives the terminal back, because words follow instead of the screen."""
        if self.drawn and sys.__stdout__ is not None:
            self._forget_stops()
            sys.__stdout__.write(LEAVE)
            sys.__stdout__.flush()
        self.drawn = False

    def write_over(self, text: str) -> None:
        """Shows a change of it, from any thread."""
        _write_at_once(text)

    def _silence(self) -> None:
        """Keys typed ahead must not be echoed into the frame, and reach the program one by one, as keys."""
        import termios

        with contextlib.suppress(termios.error, OSError):
            found = termios.tcgetattr(0)
            if self._modes is None:
                self._modes = [*found[:6], list(found[6])]
            # ctrl+q and ctrl+s are keys, too: the terminal would keep them to itself, and stop at ctrl+s.
            found[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON)
            found[3] &= ~(termios.ECHO | termios.ICANON)
            found[6][termios.VMIN], found[6][termios.VTIME] = 1, 0
            termios.tcsetattr(0, termios.TCSANOW, found)

    def _restore_modes(self) -> None:
        if self._modes is not None:
            import termios

            with contextlib.suppress(termios.error, OSError):
                termios.tcsetattr(0, termios.TCSANOW, self._modes)

    # --- stopped and continued before the screen is there ---

    def _mind_stops(self) -> None:
        """A stop gives the terminal back, going on shows the frame again; Textual takes over later."""
        with contextlib.suppress(ValueError):
            for number, handler in ((signal.SIGTSTP, self._stop), (signal.SIGCONT, self._go_on)):
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, handler)

    def _forget_stops(self) -> None:
        with contextlib.suppress(ValueError):
            for number, handler in ((signal.SIGTSTP, self._stop), (signal.SIGCONT, self._go_on)):
                if signal.getsignal(number) == handler:
                    signal.signal(number, signal.SIG_DFL)

    def _stop(self, *_: object) -> None:
        _write_at_once(LEAVE)
        self._restore_modes()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            if os.tcgetpgrp(0) != os.getpgrp():
                # `bg`: a full-screen program cannot go on there.
                os.kill(os.getpid(), signal.SIGSTOP)
                return
        self.show_again()

    def end(self) -> None:
        """Puts the terminal's modes back as they were before anything was drawn."""
        self.lift()
        self._forget_stops()
        self._restore_modes()
        self._modes = None

    def hand_over(self) -> None:
        """The screen paints from here on; stops are minded until its driver does."""
        self.drawn = False

    def keep(self, state: Path, data: Path, config: Path) -> None:
        """Keeps the frame for the next start, or sees to it that there is none. All files are closed now."""
        from ascinbox.paths import write_private_file

        out = sys.__stdout__
        try:
            if not self.frame or out is None or not out.isatty() or WORDS.intersection(self._argv):
                (state / NAME).unlink(missing_ok=True)
                return
            key = self._key(data, config, os.get_terminal_size(out.fileno()))
            write_private_file(state / NAME, f"{key}\n{self.frame}".encode())
        except (OSError, ValueError):
            return

    def _key(self, data: Path, config: Path, size: os.terminal_size) -> str:
        parts: list[object] = [FORM, __version__, size.columns, size.lines, self._argv]
        parts += [self._environ.get(name) for name in LOOKS]
        parts += sorted((k, v) for k, v in self._environ.items() if k.startswith("ASCINBOX_"))
        parts += [_stamp(config / name) for name in ("config.toml", "views.toml")]
        parts += [_stamp(data / name) for name in ("cache.db", "cache.db-wal")]
        from ascinbox.core.plainfiles import opened

        with opened(data / "user.db") as file:
            parts.append(struct.unpack(">I", file.read(28)[_CHANGE_COUNTER]))
        return repr(parts).replace("\n", " ")


def _write_at_once(text: str) -> None:
    """Past the buffer, which the interrupted code may be writing to."""
    out = sys.__stdout__
    if out is not None:
        with contextlib.suppress(OSError, ValueError):
            os.write(out.fileno(), text.encode(out.encoding or "utf-8", "replace"))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    # An emptied write-ahead log is no change, whenever it was emptied.
    return (found.st_mtime_ns, found.st_size) if found.st_size else None


def _folders(environ: Mapping[str, str]) -> tuple[Path, Path, Path]:
    from ascinbox.paths import Paths

    paths = Paths.from_environment(environ).in_force
    return paths.state, paths.data, paths.config
