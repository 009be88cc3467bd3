"""The frame that is shown before anything is loaded: true, or not shown."""

from __future__ import annotations

import re
import sqlite3
import sys
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
