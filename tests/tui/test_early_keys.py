"""Keys that move act on the first paint; all others wait for the screen, none lost, none twice."""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Key

from ascinbox.config import load_config
from ascinbox.core.clock import ShiftedClock
from ascinbox.paths import Paths
from ascinbox.tui.actions import Keymap
from ascinbox.tui.inbox.rows import RowBlock
from ascinbox.tui.inbox.source import QuerySource
from ascinbox.tui.runtime.driver import behind_saved_frame, terminal_driver
from ascinbox.tui.runtime.early_keys import EarlyKeys
from ascinbox.tui.runtime.first_paint import FirstPaint, first_paint
from ascinbox.tui.runtime.saved_frame import SavedFrame
from ascinbox.tui.runtime.terminal import TerminalProfile
from ascinbox.workers.workspace import Workspace
from benchmarks.make_cache import make_cache
from benchmarks.terminal import KEYS, Terminal
from tests.tui.world import NOW, running

DOWN, UP = b"\x1b[B", b"\x1b[A"
SIZE = (80, 24)


@contextmanager
def painted(paths: Paths, size: tuple[int, int] = SIZE) -> Iterator[FirstPaint]:
    workspace = Workspace.open(
        paths=paths,
        config=load_config(paths.config_file, {}),
        clock=ShiftedClock(NOW),
        environ={"USER": "mia"},
        offline=True,
    )
    try:
        paint = first_paint(workspace, TerminalProfile(), os.terminal_size(size), {"COLORTERM": "truecolor"})
        assert paint is not None
        yield paint
    finally:
        workspace.close()


class Shown:
    """What the terminal shows, and how many bytes it was sent after the first paint."""

    def __init__(self, paint: FirstPaint, size: tuple[int, int] = SIZE) -> None:
        self._screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self._screen)
        self._stream.feed(paint.picture())
        self.bytes = 0

    def write(self, text: str) -> None:
        self.bytes += len(text.encode())
        self._stream.feed(text)

    def cells(self) -> list[tuple[str, str, str, bool]]:
        return [
            (cell.data, cell.fg, cell.bg, cell.bold)
            for y in range(self._screen.lines)
            for cell in (self._screen.buffer[y][x] for x in range(self._screen.columns))
        ]


def keys_on(
    paint: FirstPaint, write: Callable[[str], None] = lambda _: None, **keymap: list[str]
) -> EarlyKeys:
    return EarlyKeys(paint, Keymap.build(keymap), write)


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Where keys are read, and where they are typed."""
    read, write = os.pipe()
    try:
        yield read, write
    finally:
        os.close(read)
        os.close(write)


def until(found: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not found():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.mark.parametrize("size", [SIZE, (120, 36), (40, 12)])
def test_a_step_changes_two_rows_into_what_the_whole_would_be(paths: Paths, size: tuple[int, int]) -> None:
    with painted(paths, size) as paint:
        shown = Shown(paint, size)
        for by in (1, 1, -1, 1, 1):
            written = paint.step(by)
            assert written is not None
            assert written.count("\x1b[0m") >= 1
            shown.write(written)
            assert shown.cells() == Shown(paint, size).cells()


def test_pages_turn_until_rows_are_missing(paths: Paths) -> None:
    with painted(paths) as paint:
        shown = Shown(paint)
        first = paint.place
        assert paint.step(-1) == "", "there is nothing above the first row, and nothing is written"
        steps = 0
        while written := paint.step(1):
            steps += 1
            shown.write(written)
        assert shown.cells() == Shown(paint).cells()
        assert steps > 20
        assert paint.place[1] != first[1]


def test_a_move_acts_while_nobody_else_reads_the_terminal(paths: Paths) -> None:
    with painted(paths) as paint, terminal() as (read, typed):
        shown = Shown(paint)
        keys = keys_on(paint, shown.write)
        keys.begin(read)
        assert keys.over() == ""
        os.write(typed, DOWN + b"jj")
        until(lambda: shown.cells() == Shown(paint).cells() and shown.bytes)
        os.write(typed, b"k")
        expected = _ids(paths)[2]
        until(lambda: paint.place[0] == expected)
        keys.leave_terminal()
        assert keys.take_left() == ""
        assert keys.end() == (expected, _ids(paths)[0])
        assert not keys.takes("j"), "the screen has its rows: keys are for it"


def _ids(paths: Paths) -> list[str]:
    with painted(paths) as paint:
        return [row.id for row in paint._rows.rows]


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        (b"e", "e"),
        (b"/crash\r", "/crash\r"),
        (b"jjkt1", "jjkt1"),
        (b"\x1b", "\x1b"),
        (b"\x1b[6~", "\x1b[6~"),
        ("jü".encode(), "jü"),
        (b"\x1b[200~jk\x1b[201~", "\x1b[200~jk\x1b[201~"),
    ],
)
def test_a_read_with_any_other_key_is_for_the_screen_as_a_whole(
    paths: Paths, typed: bytes, left: str
) -> None:
    with painted(paths) as paint, terminal() as (read, write):
        keys = keys_on(paint)
        os.write(write, typed)
        keys.begin(read)
        until(lambda: keys._left)
        os.write(write, b"jjj")
        keys.leave_terminal()
        assert keys.take_left() == left
        assert keys.end() is None
        assert os.read(read, 100) == b"jjj", "what comes after stays in the terminal"


def test_a_sequence_that_comes_in_two_halves_is_one_key(paths: Paths) -> None:
    with painted(paths) as paint, terminal() as (read, write):
        keys = keys_on(paint)
        os.write(write, b"j\x1b[")
        keys.begin(read)
        os.write(write, b"B")
        until(lambda: paint.place[0] == _ids(paths)[2])
        keys.leave_terminal()
        assert keys.take_left() == ""


def test_keys_that_were_moved_elsewhere_are_followed(paths: Paths) -> None:
    with painted(paths) as paint, terminal() as (read, write):
        keys = keys_on(paint, next=["+"], prev=["up"])
        keys.begin(read)
        os.write(write, b"+")
        until(lambda: paint.place[0] == _ids(paths)[1])
        os.write(write, b"j")
        until(lambda: keys._left)
        keys.leave_terminal()
        assert keys.take_left() == "j"


def test_rows_that_were_not_read_are_left_to_the_screen(paths: Paths) -> None:
    with painted(paths) as paint, terminal() as (read, write):
        keys = keys_on(paint)
        keys.begin(read)
        count = len(_ids(paths))
        os.write(write, b"j" * (count + 5))
        until(lambda: keys._left or paint.place[0] == _ids(paths)[-1])
        keys.leave_terminal()
        moved = _ids(paths).index(paint.place[0])
        assert moved + len(keys.take_left()) in (count - 1, count + 5)


async def test_the_driver_asks_first_and_hands_on_what_was_left_in_order(paths: Paths) -> None:
    with painted(paths) as paint, terminal() as (read, write):
        keys = keys_on(paint)
        os.write(write, b"jx")
        keys.begin(read)
        until(lambda: keys._left)
        got: list[str] = []

        class Plain(HeadlessDriver):
            def run_input_thread(self) -> None:
                for name in ("down", "e"):
                    self.process_message(Key(name, None))

            def process_message(self, message: object) -> None:
                assert isinstance(message, Key)
                got.append(message.key)

        async with running(paths) as ui:
            made = behind_saved_frame(terminal_driver(Plain), lambda: True, SavedFrame([], {}), keys)
            driver = made(ui.app)
            driver.start_application_mode()
            getattr(driver, "run_input_thread")()  # noqa: B009
        assert got == ["j", "x", "down", "e"]
        assert keys.end() is None


async def test_moves_that_the_driver_reads_act_too_until_another_key_comes(paths: Paths) -> None:
    with painted(paths) as paint:
        keys = keys_on(paint)
        assert keys.takes("down")
        assert keys.takes("j")
        assert not keys.takes("j", together=2), "of several different keys at once the screen decides"
        assert not keys.takes("j"), "and of all that follow"
        assert keys.end() == (_ids(paths)[2], _ids(paths)[0])


async def test_the_screen_begins_where_early_keys_have_led(paths: Paths) -> None:
    with painted(paths) as paint:
        for _ in range(20):
            paint.step(1)
        review, top = paint.place
        shown = Shown(paint)
    async with running(paths) as ui:
        listing = ui.inbox.listing
        listing.take_place(review, top)
        await ui.rest()
        assert listing.current is not None
        assert (listing.current.id, listing.data.rows[listing.data.top].id) == (review, top)
        region = listing.region
        rows = [listing.render_line(y).text.rstrip() for y in range(region.height)]
        before = "".join(cell[0] for cell in shown.cells())
        lines = [before[y * SIZE[0] : (y + 1) * SIZE[0]].rstrip() for y in range(SIZE[1])]
        assert lines[region.y : region.y + region.height] == rows


async def test_a_key_that_comes_while_the_list_is_read_from_its_head_again_is_not_lost(paths: Paths) -> None:
    async with running(paths) as ui:
        listing, source = ui.inbox.listing, ui.inbox.state.source
        assert source is not None
        asked, answer = asyncio.Event(), asyncio.Event()

        class Slow(QuerySource):
            async def head(self, limit: int) -> RowBlock:
                asked.set()
                await answer.wait()
                return await super().head(limit)

        slow = Slow(ui.app.ask, ui.workspace.inbox, source.query)
        loading = asyncio.create_task(listing.load(slow, unless_moved=True))
        await asked.wait()
        await ui.press("j")
        answer.set()
        assert not await loading
        assert listing.data.cursor == 1


def test_what_keys_need_before_the_screen_is_little() -> None:
    code = (
        "import sys, ascinbox.tui.runtime.early_keys, ascinbox.tui.runtime.first_paint\n"
        "heavy = {'textual', 'asyncio', 'sqlmodel', 'sqlalchemy', 'pydantic', 'httpx', 'ssl', 'jwt',"
        " 'cryptography', 'keyring', 'rich.markdown', 'pygments'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_key_is_lost_or_doubled_however_it_meets_the_start(tmp_path: Path, seed: int) -> None:
    home = tmp_path / "home"
    make_cache(home, 120)
    dice = random.Random(seed)
    environment = {"ASCINBOX_HOME": str(home)}
    command = [sys.executable, "-m", "ascinbox", "--offline", "All"]
    with Terminal(command, environment=environment) as term:
        at = 0
        due = term.started + dice.uniform(0.02, 0.2)
        while time.perf_counter() < term.started + 1.5:
            if time.perf_counter() >= due:
                name, by = dice.choice([("j", 1), ("down", 1), ("k", -1)])
                if at + by >= 0:
                    term.send(KEYS.get(name, name.encode()))
                    at += by
                due = time.perf_counter() + dice.choice((0.012, 0.033, 0.08))
            term._read(0.004)
        place = re.compile(rf"\b{at + 1}/120")
        end = time.monotonic() + 60
        while not place.search(term.text()):
            assert time.monotonic() < end, term.text()
            term._read(0.05)
