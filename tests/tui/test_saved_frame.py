"""The frame that is shown before anything is loaded: true, or not shown."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
import termios
import time
from pathlib import Path

import pytest

from benchmarks.make_cache import make_cache
from benchmarks.screen import ROW
from benchmarks.terminal import Terminal

DRAW = """
import os
from ascinbox.tui.runtime.saved_frame import SavedFrame
saved_frame = SavedFrame(["--offline", "All"], os.environ)
saved_frame.draw()
print("\\x1b[24;1H" + ("drawn" if saved_frame.drawn else "nothing"), end="", flush=True)
input()
"""


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A home whose Inbox was opened and left once, at 80x24."""
    home = tmp_path / "left"
    make_cache(home, 60)
    with start(home, "-m", "ascinbox", "--offline", "All") as terminal:
        terminal.wait_until(ROW)
        terminal.settle(1.0)
        terminal.send(b"q")
        terminal.wait_end()
    return home


def start(home: Path, *arguments: str, columns: int = 80) -> Terminal:
    environment = {"ASCINBOX_HOME": str(home)}
    return Terminal([sys.executable, *arguments], columns=columns, rows=24, environment=environment)


def drawn(home: Path, columns: int = 80) -> str:
    with start(home, "-c", DRAW, columns=columns) as terminal:
        terminal.settle(0.5)
        return terminal.text()


@pytest.mark.slow
def test_an_unchanged_inbox_is_there_at_once(left: Path) -> None:
    text = drawn(left)
    assert "drawn" in text
    assert ROW.search(text)
    assert "synced" not in text


@pytest.mark.slow
def test_one_write_by_anybody_and_nothing_is_drawn(left: Path) -> None:
    connection = sqlite3.connect(left / "data" / "user.db")
    connection.execute("CREATE TABLE something (x)")
    connection.close()
    assert "nothing" in drawn(left)


@pytest.mark.slow
def test_another_size_draws_nothing(left: Path) -> None:
    assert "nothing" in drawn(left, columns=81)


@pytest.mark.slow
def test_the_screen_behind_shows_the_same_rows(left: Path) -> None:
    def rows(text: str) -> list[str]:
        return [line.rstrip() for line in text.splitlines() if ROW.search(line)]

    with start(left, "-m", "ascinbox", "--offline", "All") as terminal:
        terminal.wait_until(ROW)
        terminal.settle(0.02)
        first = rows(terminal.text())
        terminal.wait_until(re.compile("offline, (data from|no data)"))
        terminal.settle(0.5)
        assert rows(terminal.text()) == first
        terminal.send(b"j")
        terminal.settle(0.5)
        assert rows(terminal.text()) != first


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP], ids=["TSTP", "STOP"])
@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.1, 0.15, 0.2, 0.3])
def test_a_stop_before_the_screen_is_loaded_gives_the_terminal_back_and_takes_it_again(
    left: Path, number: signal.Signals, after_s: float
) -> None:
    with start(left, "-m", "ascinbox", "--offline", "All") as terminal:
        terminal.wait_until(ROW)
        time.sleep(after_s)
        os.kill(terminal.pid, number)
        terminal.settle(0.3)
        raw = keep(terminal)
        # What a shell does with the terminal meanwhile.
        terminal.screen.erase_in_display(2)
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_until(ROW)
        terminal.wait_until(re.compile("offline, (data from|no data)"))
        terminal.settle(0.5)
        assert b"\x1b[?1049h" in raw
        assert sum(bool(ROW.search(row)) for row in terminal.text().splitlines()) == 9
        assert terminal.press("down", 0.5).bytes < 1_000, "one thread reads the keys, one writes"


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP], ids=["TSTP", "STOP"])
def test_a_stop_while_only_the_frame_is_there(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path, "-c", SHOW) as terminal:
        terminal.wait_until("the frame")
        assert not echoes(terminal)
        raw = keep(terminal)
        os.kill(terminal.pid, number)
        terminal.settle(0.2)
        if number is signal.SIGTSTP:
            assert raw.endswith(b"\x1b[?1049l\x1b[?25h")
            assert echoes(terminal)
        raw.clear()
        terminal.screen.erase_in_display(2)
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_until("the frame", 5)
        assert raw.startswith(b"\x1b[?1049h")
        assert not echoes(terminal)


SHOW = """
import os, time
from ascinbox.tui.runtime.saved_frame import SavedFrame
saved_frame = SavedFrame([], os.environ)
saved_frame.show("the frame")
saved_frame.hand_over()
until = time.monotonic() + 20
while time.monotonic() < until:
    time.sleep(0.01)
"""


def keep(terminal: Terminal) -> bytearray:
    """Everything that it writes from now on."""
    raw = bytearray()
    feed = terminal._stream.feed

    def kept(data: bytes) -> None:
        raw.extend(data)
        feed(data)

    terminal._stream.feed = kept  # type: ignore[method-assign]
    return raw


def test_every_key_of_the_flow_control_reaches_the_program(tmp_path: Path) -> None:
    with start(tmp_path, "-c", SHOW) as terminal:
        terminal.wait_until("the frame")
        assert not termios.tcgetattr(terminal._fd)[0] & termios.IXON, "ctrl+q is a key"


def echoes(terminal: Terminal) -> bool:
    return bool(termios.tcgetattr(terminal._fd)[3] & termios.ECHO)
