"""A full-screen program in a pseudo-terminal, timed from outside.

The driver knows nothing of the program but what reaches the terminal: bytes, and what a screen would show.
Linux only (it reads /proc for memory and processor time).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

KEYS = {
    "down": b"\x1b[B",
    "up": b"\x1b[A",
    "pgdn": b"\x1b[6~",
    "pgup": b"\x1b[5~",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "enter": b"\r",
    "esc": b"\x1b",
    "f5": b"\x1b[15~",
    "f8": b"\x1b[19~",
}

# What a modern terminal answers when it is asked who and how large it is.
QUERIES: tuple[tuple[re.Pattern[bytes], bytes], ...] = (
    (re.compile(rb"\x1b\[c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[>c"), b"\x1b[>0;10;1c"),
    (re.compile(rb"\x1b\[5n"), b"\x1b[0n"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
)

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


@dataclass(frozen=True, slots=True)
class Reaction:
    """What followed a key. Times in milliseconds after it was sent; the quiet that ends it is not counted."""

    first_ms: float
    last_ms: float
    bytes: int


class Terminal:
    """One program on one pty; use it as a context manager."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 36,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._tail = b""
        self._unseen: list[bytes] = []
        self._read_at = 0.0
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            _become(command, columns, rows, environment or {})
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self._fd, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def wait_end(self, timeout: float = 10) -> None:
        """Reads until the program has ended by itself; TimeoutError when it does not."""
        until = time.perf_counter() + timeout
        while time.perf_counter() < until:
            self._read(0.05)
            if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                return
        raise TimeoutError("the program goes on:\n" + self.text())

    def close(self) -> None:
        """Ends the program (TERM, then KILL after two seconds)."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        until = time.perf_counter() + 2
        while time.perf_counter() < until:
            self._read(0.05)
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                break
        else:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    def wait_for(self, text: str, timeout: float = 30) -> float:
        """Milliseconds from start until `text` stands on the screen; TimeoutError when it never does."""
        until = self.started + timeout
        while time.perf_counter() < until:
            if self._read(0.01) and text in "\n".join(self.screen.display):
                return (time.perf_counter() - self.started) * 1000
        raise TimeoutError(f"{text!r} did not appear:\n" + "\n".join(self.screen.display))

    def wait_until(self, wanted: str | re.Pattern[str], timeout: float = 30) -> float:
        """As `wait_for`, for a text or a pattern."""
        if isinstance(wanted, str):
            return self.wait_for(wanted, timeout)
        until = self.started + timeout
        while time.perf_counter() < until:
            if self._read(0.01) and wanted.search(self.text()):
                return (time.perf_counter() - self.started) * 1000
        raise TimeoutError(f"{wanted.pattern!r} did not appear:\n" + self.text())

    def settle(self, quiet: float = 0.3, timeout: float = 20) -> int:
        """Reads until nothing came for `quiet` seconds; the number of bytes read."""
        until = time.perf_counter() + timeout
        total = 0
        while time.perf_counter() < until:
            size = self._read(quiet)
            if not size:
                break
            total += size
        return total

    def send(self, data: bytes) -> None:
        """Types, without waiting."""
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                select.select([], [self._fd], [], 1)

    def press(self, key: str, quiet: float = 0.06) -> Reaction:
        """Types one key and waits until the program has been quiet for `quiet` seconds."""
        sent = time.perf_counter()
        self.send(KEYS.get(key) or key.encode())
        first = last = sent
        total = 0
        while size := self._read(quiet if total else 0.5, show=False):
            last = self._read_at
            first = first if total else last
            total += size
        self._show()
        return Reaction((first - sent) * 1000, (last - sent) * 1000, total)

    def type_until(self, data: bytes, acted: Callable[[str], object], timeout: float = 30) -> float:
        """Types `data` again and again from the start on; milliseconds until the screen's text tells that it
        has `acted`."""
        until = self.started + timeout
        due = self.started
        while (now := time.perf_counter()) < until:
            if now >= due:
                self.send(data)
                due = now + 0.02
            if self._read(0.005) and acted(self.text()):
                return (self._read_at - self.started) * 1000
        raise TimeoutError("no key acted:\n" + self.text())

    def hold(self, key: str, seconds: float, rate: float = 30) -> tuple[float, float]:
        """Holds a key down; the longest gap between two writes of the program and the lag after it, in ms."""
        data = KEYS.get(key) or key.encode()
        started = time.perf_counter()
        seen = None
        gap = 0.0
        sent = 0
        while (now := time.perf_counter()) - started < seconds:
            if now >= started + sent / rate:
                self.send(data)
                sent += 1
            if self._read(max(0.0, min(0.005, started + sent / rate - now)), show=False):
                if seen is not None:
                    gap = max(gap, self._read_at - seen)
                seen = self._read_at
        ended = last = time.perf_counter()
        while self._read(0.1, show=False):
            last = self._read_at
        self._show()
        return gap * 1000, max(0.0, (last - ended) * 1000)

    def idle(self, seconds: float) -> tuple[float, float]:
        """Leaves it alone: bytes a second, and processor use in percent."""
        before, started = self.cpu_ms(), time.perf_counter()
        total = 0
        while (left := seconds - (time.perf_counter() - started)) > 0:
            total += self._read(left)
        return total / seconds, (self.cpu_ms() - before) / (seconds * 10)

    def rss_mb(self) -> float:
        """Resident memory of the program and its children."""
        return sum(_resident_kb(pid) for pid in _family(self.pid)) / 1024

    def cpu_ms(self) -> float:
        """User and system time of the program and its children, in ticks of ten milliseconds."""
        return sum(_cpu_ms(pid) for pid in _family(self.pid))

    def text(self) -> str:
        """What the screen shows."""
        buffer, columns = self.screen.buffer, range(self.screen.columns)
        # Not `display`: it fails on a wide character that is half written over, as within an update.
        return "\n".join("".join(buffer[y][x].data for x in columns) for y in range(self.screen.lines))

    def _show(self) -> None:
        """Brings the screen up to date with what was read."""
        for data in self._unseen:
            self._stream.feed(data)
        self._unseen.clear()

    def _read(self, timeout: float, *, show: bool = True) -> int:
        """Bytes read, 0 after `timeout` seconds. `show`: at once; it takes longer than what is timed here."""
        if not select.select([self._fd], [], [], max(0.0, timeout))[0]:
            return 0
        try:
            data = os.read(self._fd, 1 << 16)
        except (BlockingIOError, OSError):
            return 0
        self._read_at = time.perf_counter()
        window = self._tail + data
        for pattern, answer in QUERIES:
            if len(pattern.findall(window)) > len(pattern.findall(self._tail)):
                self.send(answer)
        self._tail = window[-16:]
        self._unseen.append(data)
        if show:
            self._show()
        return len(data)


def _become(command: Sequence[str], columns: int, rows: int, environment: Mapping[str, str]) -> None:
    size = {"COLUMNS": str(columns), "LINES": str(rows)}
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SSH_", "TMUX", "TEXTUAL"))}
    try:
        os.execvpe(command[0], list(command), {**inherited, **terminal, **size, **environment})
    finally:
        os._exit(127)


def _family(pid: int) -> list[int]:
    family = [pid]
    for parent in family:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                family += [int(child) for child in children.read_text().split()]
    return family


def _resident_kb(pid: int) -> float:
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_KB
    return 0.0


def _cpu_ms(pid: int) -> float:
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / TICKS
    return 0.0
