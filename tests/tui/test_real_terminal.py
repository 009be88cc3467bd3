"""The real program on a pseudo-terminal: what it writes, how it ends, what survives a kill."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import statistics
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from ascinbox.tui.runtime.terminal import EXIT_LIMIT_S
from benchmarks.terminal import Terminal
from tests.tui.world import NOW

ROW = re.compile(r"● {1,2}★☆☆☆☆|N {1,2}1\*")
"""A new review with one star; the second form is that of a terminal without Unicode."""


class Pty(Terminal):
    """A terminal that can be hung up, and that knows when its program has ended."""

    code: int | None = None
    output = b""
    """What the program wrote since this was last emptied."""

    def _show(self) -> None:
        self.output += b"".join(self._unseen)
        super()._show()

    def type(self, data: bytes, quiet: float = 0.3) -> int:
        """Sends bytes as they are and reads until the program is quiet; how much it wrote."""
        self.send(data)
        return self.settle(quiet)

    def ended(self, within_s: float) -> int | None:
        """Exit code or minus the signal; None when it still runs. What it writes meanwhile is read."""
        deadline = time.monotonic() + within_s
        while self.code is None and time.monotonic() < deadline:
            self._read(0.02)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def resize(self, columns: int, rows: int) -> None:
        """The window is drawn to another size."""
        self.screen.resize(rows, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """The line is cut."""
        os.close(self._fd)
        self._fd = os.open(os.devnull, os.O_RDONLY)

    def close(self) -> None:
        if self.code is None:
            super().close()
        else:
            os.close(self._fd)


@contextmanager
def program(paths: Paths, size: tuple[int, int] = (80, 24), **environment: str) -> Iterator[Pty]:
    """`ascinbox --offline` on these files."""
    terminal = Pty(
        [sys.executable, "-m", "ascinbox", "--offline"],
        columns=size[0],
        rows=size[1],
        environment={"ASCINBOX_HOME": str(paths.data.parent), **environment},
    )
    with terminal:
        terminal.wait_until(ROW, 60)
        terminal.settle(1.0)
        yield terminal


def shown(terminal: Pty) -> str:
    return "\n".join(terminal.screen.display)


def drafts(paths: Paths) -> list[str]:
    store = StoreThread.open(paths, ShiftedClock(NOW))
    try:
        return store.call(_texts)
    finally:
        store.close()


def _texts(store: Store) -> list[str]:
    return [draft.text for draft in store.drafts.all()]


@pytest.mark.slow
def test_a_draft_survives_kill_9(paths: Paths) -> None:
    with program(paths) as terminal:
        terminal.press("r", 0.5)
        for character in "three words here":
            terminal.press(character, 0.02)
        time.sleep(1.5)
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.ended(5) == -signal.SIGKILL
    assert drafts(paths) == ["three words here"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["row 11: TERM", "row 9: HUP"])
def test_signals_end_it_cleanly_and_save_what_was_typed(paths: Paths, number: signal.Signals) -> None:
    with program(paths) as terminal:
        terminal.press("r", 0.5)
        for character in "half a word":
            terminal.press(character, 0.02)
        os.kill(terminal.pid, number)
        assert terminal.ended(6) == 128 + number
        assert not ROW.search(shown(terminal))
    assert drafts(paths) == ["half a word"]


@pytest.mark.slow
def test_row_09_a_terminal_that_goes_away_takes_no_draft_with_it(paths: Paths) -> None:
    with program(paths) as terminal:
        terminal.press("r", 0.5)
        for character in "half a word":
            terminal.press(character, 0.02)
        terminal.settle(0.5)
        terminal.hang_up()
        began = time.monotonic()
        assert terminal.ended(6) == 128 + signal.SIGHUP
        assert time.monotonic() - began < EXIT_LIMIT_S, "it ended by itself, not at the last moment"
    assert drafts(paths) == ["half a word"]


@pytest.mark.slow
def test_row_10_a_dead_terminal_ends_it_though_sighup_is_ignored(paths: Paths) -> None:
    code = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "os.execv(sys.executable, [sys.executable, '-m', 'ascinbox', '--offline'])"
    )
    environment = {"ASCINBOX_HOME": str(paths.data.parent)}
    with Pty([sys.executable, "-c", code], columns=80, rows=24, environment=environment) as terminal:
        terminal.wait_until(ROW, 60)
        terminal.hang_up()
        assert terminal.ended(5) is not None


@pytest.mark.slow
@pytest.mark.parametrize(("size", "most"), [((80, 24), 800), ((120, 36), 1200)])
def test_a_step_of_the_cursor_is_short_and_idling_is_silent(
    paths: Paths, size: tuple[int, int], most: int
) -> None:
    with program(paths, size) as terminal:
        moves = [terminal.press("down", 0.25).bytes for _ in range(12)]
        assert statistics.median(moves) <= most, moves
        terminal.settle(1.5)
        written, _ = terminal.idle(2)
        assert written == 0


@pytest.mark.slow
def test_it_reads_the_same_without_colour(paths: Paths) -> None:
    with program(paths) as coloured:
        before = shown(coloured)
    with program(paths, NO_COLOR="1") as plain:
        assert shown(plain) == before
        assert "▌ ●  ★★☆☆☆" in shown(plain)
        colours = {cell.fg for row in plain.screen.buffer.values() for cell in row.values()}
        grounds = {cell.bg for row in plain.screen.buffer.values() for cell in row.values()}
        assert colours == grounds == {"default"}
        assert any(cell.reverse for cell in plain.screen.buffer[4].values())


@pytest.mark.slow
def test_a_linux_console_gets_no_box_lines(paths: Paths) -> None:
    with program(paths, TERM="linux") as terminal:
        assert not set("─│…·") & set(shown(terminal))


ASKING_EDITOR = (
    "import os, sys\n"
    "open(sys.argv[1], 'a').write('from the editor')\n"
    "os.write(1, b'\\x1b[c\\x1b[>c\\x1b[>q\\x1b]11;?\\x07\\x1b[?u\\x1b[5n')\n"
)
"""It asks the terminal who it is, and is gone before the answer comes."""


@pytest.mark.slow
def test_what_the_terminal_answers_an_editor_is_no_text(paths: Paths, tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text(ASKING_EDITOR)
    with program(paths, EDITOR=f"{sys.executable} {script}") as terminal:
        terminal.press("r", 0.5)
        terminal.type(b"\x0f", 2.0)
        for late in (b"\x1bP>|xterm(390)\x1b\\", b"\x1b]11;rgb:ffff/ffff/ffff\x07", b"\x1b[?0u"):
            terminal.type(late)
        terminal.type(b"\x1b[200~ and\x1b[13;1u pasted\x1b[201~", 1.0)
        terminal.settle(1.0)
    assert drafts(paths) == ["from the editor and pasted"]


@pytest.mark.slow
@pytest.mark.parametrize("kept_frame", [False, True], ids=["first start", "over a kept frame"])
@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP], ids=["TSTP", "STOP"])
def test_after_a_stop_the_screen_is_entered_and_whole(
    paths: Paths, number: signal.Signals, kept_frame: bool
) -> None:
    if kept_frame:
        with program(paths) as terminal:
            terminal.press("q", 0.2)
            assert terminal.ended(6) == 0
    with program(paths) as terminal:
        before = shown(terminal).splitlines()[3:20]
        os.kill(terminal.pid, number)
        terminal.settle(0.5)
        # What a shell does with the terminal meanwhile.
        terminal.screen.erase_in_display(2)
        terminal.output = b""
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.settle(1.5)
        assert b"\x1b[?1049h" in terminal.output
        assert shown(terminal).splitlines()[3:20] == before
        assert terminal.press("down", 0.5).bytes < 1_000, "one thread reads the keys, one writes"
        assert shown(terminal).splitlines()[5].startswith("▌")


@pytest.mark.slow
@pytest.mark.parametrize("key", ["2", "3", "4", "5"])
def test_a_screen_is_whole_after_a_resize_while_another_was_shown(paths: Paths, key: str) -> None:
    with program(paths) as terminal:
        for columns, rows in ((120, 36), (80, 24), (80, 30)):
            terminal.press(key, 1.0)
            terminal.press("1", 0.5)
            terminal.resize(columns, rows)
            terminal.settle(1.0)
            terminal.press(key, 1.5)
            seen = shown(terminal).splitlines()[:-2]
            terminal.type(b"\x0c", 1.0)
            assert seen == shown(terminal).splitlines()[:-2], (columns, rows)


A_MINUTE = 100
"""Bytes for one run of cells that a minute changes: where it is, its style and a few figures."""
RUNS = {"inbox": 4, "outbox": 2, "metrics": 2, "health": 4, "accounts": 4}
"""Runs of cells that may change in 65 seconds: the age of the sync, and those of the rows."""


@pytest.mark.slow
def test_idle_and_online_only_what_a_minute_changes_is_written(tmp_path: Path) -> None:
    """The demo, after its first sync: each screen for 65 seconds with nobody at the keys."""
    command = [sys.executable, "-m", "ascinbox", "demo"]
    with Pty(command, columns=80, rows=24, environment={"ASCINBOX_HOME": str(tmp_path)}) as terminal:
        terminal.wait_until("synced", 90)
        deadline = time.monotonic() + 240
        terminal.output = b"?"
        while terminal.output and time.monotonic() < deadline:
            terminal.output = b""
            terminal.idle(10)
        for number, (screen, runs) in enumerate(RUNS.items(), start=1):
            terminal.press(str(number), 0.5)
            terminal.settle(2.0)
            terminal.output = b""
            terminal.idle(65)
            assert len(terminal.output) <= runs * A_MINUTE, (screen, terminal.output)
