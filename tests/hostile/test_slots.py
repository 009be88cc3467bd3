"""Every screen that shows text of others, each attack, on a real terminal: nothing of it is obeyed.

The nets are core.text.clean where text enters and the line filter where it leaves. Both together, and each
of them alone, must hold; with neither, the search must find something, or it could not be believed.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.terminal import KEYS, Terminal
from tests.hostile.payloads import NAMES, obeyed
from tests.hostile.plant import cleaning_off, plant
from tests.python_path import python_path

OWN = re.compile("\x1b\\]22;[a-z]+\x07")
"""The shape of the mouse pointer, which Textual sets."""
CODES = {"tab": b"\t", "ctrl+g": b"\x07"}
MARK = re.compile(r"q(\d\d)[az]")

pytestmark = pytest.mark.slow


class Screen(Terminal):
    """The app on a planted cache; keeps every byte that reached the terminal."""

    def __init__(self, home: Path, *missing: str) -> None:
        self.raw = bytearray()
        self.seen: dict[str, set[int]] = {}
        super().__init__(
            (sys.executable, "-m", "tests.hostile.screen", str(home), *missing),
            environment={"PYTHONPATH": python_path(), "HOME": str(home)},
        )
        feed = self._stream.feed

        def keep(data: bytes) -> None:
            self.raw.extend(data)
            feed(data)

        self._stream.feed = keep  # type: ignore[method-assign]

    def see(self, slot: str) -> None:
        """Notes which attacks stand on the screen now."""
        self.seen.setdefault(slot, set()).update(int(n) for n in MARK.findall(self.text()))

    def keys(self, slot: str, *keys: str, quiet: float = 0.12) -> None:
        """Types keys and looks after each."""
        for key in keys:
            self.send(KEYS.get(key) or CODES.get(key) or key.encode())
            self.settle(quiet, 2)
            self.see(slot)

    def until(self, wanted: Callable[[], object], seconds: float = 20) -> None:
        limit = time.monotonic() + seconds
        while not wanted():
            assert time.monotonic() < limit, self.text()
            self._read(0.05)


THIRDS = (len(NAMES) + 2) // 3


def blind(screen: Screen) -> None:
    """As a person would whose terminal obeys the reviews: it cannot be told what stands on it."""
    screen.until(lambda: len(screen.raw) > 10_000)
    screen.settle(0.5, 3)
    screen.keys("reading pane", "gg", *["jjjjjj"] * THIRDS, "r")


def read(screen: Screen) -> None:
    """Looks at the rows, the reading pane, the editor and the check step."""
    screen.until(lambda: str(2 * len(NAMES)) in screen.text() and MARK.search(screen.text()))
    screen.settle(0.3, 3)
    screen.see("list row")
    # Two rows an attack: the one that waits for an answer and the one whose reply failed.
    screen.keys("reading pane", "gg", *["jjjjjj"] * (THIRDS - 1), "gg")
    for _ in range(THIRDS):
        screen.keys("editor", "r")
        screen.keys("check step", "ctrl+g", "esc", "esc")
        screen.keys("reading pane", "jjjjjj")


def walk(screen: Screen) -> None:
    """Goes through every place where a text of somebody else can stand."""
    read(screen)
    screen.keys("list row", "gg", "z", "jj", "z")
    screen.keys("views", "v", "down", "esc")
    screen.keys("templates", "t", "down", "esc", "esc")
    screen.keys("tags", "#", "esc", "esc")
    screen.keys("assign", "a", "esc", "esc")
    screen.keys("note", "i", "esc")
    screen.keys("filter completion", "/")
    for word in ("app:", "tag:", "assigned:", "account:"):
        screen.send(b"\x15" + word.encode())
        screen.settle(0.2, 2)
        screen.see("filter completion")
        screen.keys("filter completion", "tab")
    screen.keys("filter completion", "esc", "esc")
    os.kill(screen.pid, signal.SIGUSR1)
    screen.settle(0.3, 3)
    screen.see("notices")
    screen.keys("outbox", "2", *["jjj"] * THIRDS, "enter", "esc")
    screen.keys("drafts", ">", "jjj", "jjj", ">")
    screen.keys("metrics", "3", "b", "jjjj", "b", "jjjj", "b")
    screen.keys("health", "4", "l", *["jjj"] * THIRDS, "l", "enter", "esc")
    screen.keys("accounts", "5", *["jjj"] * THIRDS, "enter", "esc", "D", "esc", "I", "esc", "esc")
    screen.keys("help", "?", "j", "esc")
    screen.keys("commands", ":", "down", "esc")


def run(home: Path, way: Callable[[Screen], None], *missing: str) -> Screen:
    """Drives the app on `home` without the nets in `missing`."""
    screen = Screen(home, *missing)
    try:
        way(screen)
    finally:
        screen.close()
    return screen


SLOTS = (
    "list row", "reading pane", "views", "templates", "tags", "filter completion", "editor", "check step",
    "notices", "outbox", "drafts", "metrics", "health", "accounts",
)  # fmt: skip
ALL_SHOW = ("reading pane", "editor", "check step", "outbox", "health", "accounts")


def test_rows_46_and_47_cleaning_alone_lets_nothing_through(tmp_path: Path) -> None:
    plant(tmp_path)
    screen = run(tmp_path, walk, "filter")
    assert obeyed(bytes(screen.raw), own=OWN) == {}
    missed = [slot for slot in SLOTS if not screen.seen.get(slot)]
    assert missed == [], f"these never showed an attack: {missed}"
    for slot in ALL_SHOW:
        assert len(screen.seen[slot]) == len(NAMES), f"{slot} showed {sorted(screen.seen[slot])}"


def test_rows_46_and_47_the_line_filter_alone_lets_nothing_through(tmp_path: Path) -> None:
    with cleaning_off():
        plant(tmp_path)
    screen = run(tmp_path, walk, "clean")
    assert obeyed(bytes(screen.raw), own=OWN) == {}
    assert [slot for slot in SLOTS if not screen.seen.get(slot)] == []


def test_row_47_without_either_net_the_search_finds_the_attacks(tmp_path: Path) -> None:
    """The counter-proof: this is what a review would do to a terminal."""
    with cleaning_off():
        plant(tmp_path)
    screen = run(tmp_path, blind, "clean", "filter")
    found = obeyed(bytes(screen.raw), own=OWN)
    assert found.keys() >= {"an attack's own sequence", "OSC, DCS, APC, PM or SOS", "a C1 control"}
    assert "a bidi control" in found
