"""The real program in a pseudo-terminal, beside a bare Textual app and, where installed, neomutt and aerc.

    python -m benchmarks.screen                      1,000 and 100,000 reviews
    python -m benchmarks.screen 1000 100000 1000000  as many sizes as wanted, the smallest first

Every figure is a median of interleaved runs on the same machine, so that ratios hold where seconds do not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import re
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from ascinbox.core.clock import SystemClock
from ascinbox.paths import Paths
from ascinbox.store.thread import StoreThread
from ascinbox.tui.runtime.saved_frame import NAME
from benchmarks.draft_engine import draft_engine
from benchmarks.maildir import make_maildir
from benchmarks.make_cache import make_cache, settle
from benchmarks.plain_textual import READY
from benchmarks.sync import account_with_key, page_server
from benchmarks.terminal import KEYS, Reaction, Terminal

HERE = Path(__file__).parent
ROW = re.compile("[●○↻✎◇◔‼z✓].{0,2}[★☆]{5}")
"""Sign of the state and stars: what every row of the list shows."""
MOVED = re.compile(r"\b(?:[2-9]|\d\d+)/\d")
"""Where the cursor of the bare list is, once it is no more on the first row."""
LIT = re.compile("▌.{0,2}[●○↻✎◇◔‼z✓].*")
"""The row under the cursor."""
PLACE = re.compile(r"\b\d+/\d")
"""What the reading pane says of the review that it shows."""
STARTS = 7
SIZES = ((120, 36), (80, 24))
SYNCED, SYNC_LATENCY_MS = 100_000, 50
"""Reviews that a sync brings while a key is held, and how long each page of 200 takes to come."""
ONLINE_S, FIRST_S = 6.0, 1.0
"""For so long after the first rows keys are pressed while the sync of the start runs; after the first second
they may rest once."""


@dataclass
class Program:
    """What is measured: how it starts, when it is ready, which keys it knows."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    ready: str | re.Pattern[str] = ROW
    down: str = "down"
    end: str = "G"
    filter: str = ""
    search: str = ""
    starts: list[float] = field(default_factory=list)


class LitRow:
    """Notices when another row than at first is under the cursor."""

    def __init__(self) -> None:
        self._first = ""

    def has_moved(self, text: str) -> bool:
        """Whether it is another by now; `text`: what the screen shows."""
        found = LIT.search(text)
        if found is None:
            return False
        row = found[0].partition("│")[0]
        self._first = self._first or row
        return row != self._first


def ascinbox(home: Path) -> Program:
    """The program on a cache of its own, without network."""
    return Program(
        "ascinbox",
        [sys.executable, "-m", "ascinbox", "--offline", "All"],
        {"ASCINBOX_HOME": str(home)},
        filter="/rating:<=2\r",
        search="/crash\r",
    )


def plain() -> Program:
    """The yardstick."""
    return Program("bare Textual", [sys.executable, str(HERE / "plain_textual.py")], ready=READY)


def peers(home: Path, folder: Path, count: int) -> list[Program]:
    """Mail programs on the same reviews as a Maildir, where they are installed; at most 100,000."""
    found = [name for name in ("neomutt", "aerc") if shutil.which(name)]
    if not found or count > 100_000:
        return []
    mail = folder / f"mail{count}"
    make_maildir(home / "data" / "cache.db", mail / "INBOX")
    programs = []
    if "neomutt" in found:
        command = ["neomutt", "-n", "-F", os.devnull, "-e", f"set folder={mail}", "-f", str(mail / "INBOX")]
        programs.append(
            Program("neomutt", command, {"HOME": str(folder)}, re.compile(r"\d+ +.{20,}"), end="*")
        )
    if "aerc" in found:
        settings = folder / "aerc"
        (settings / "aerc").mkdir(parents=True, exist_ok=True)
        accounts = f"[bench]\nsource = maildir://{mail}\ndefault = INBOX\nfrom = bench@reviews.example\n"
        (settings / "aerc" / "accounts.conf").write_text(accounts)
        (settings / "aerc" / "accounts.conf").chmod(0o600)
        dated = re.compile(r"20\d\d-\d\d-\d\d")
        places = {"HOME": str(folder), "XDG_CONFIG_HOME": str(settings)}
        programs.append(Program("aerc", ["aerc"], places, dated))
    return [program for program in programs if _starts(program)]


def _starts(program: Program) -> bool:
    """Whether a peer shows its list at all; a question of its own at the start would wait for ever."""
    try:
        start(program).close()
    except TimeoutError:
        print(f"{program.name} does not come up by itself here and is left out")
        return False
    program.starts.clear()
    return True


def start(program: Program, columns: int = 120, rows: int = 36) -> Terminal:
    """Starts it and waits for its first rows; the time is noted."""
    terminal = Terminal(program.command, columns=columns, rows=rows, environment=program.environment)
    program.starts.append(terminal.wait_until(program.ready, 60))
    return terminal


def measure_start(programs: Sequence[Program], kept_frame: Path | None = None) -> None:
    """First rows, interleaved. `kept_frame` is taken away each time, as a changed cache would."""
    for _ in range(STARTS):
        for program in programs:
            if kept_frame is not None:
                kept_frame.unlink(missing_ok=True)
            with start(program) as terminal:
                if kept_frame is None:
                    # Only a screen that is up leaves its frame.
                    terminal.settle(0.5)


def measure_first_key(home: Path) -> str:
    """From the start, keys coming all the while, until the first has moved the cursor, and until the reading
    pane follows; beside a bare Textual list."""
    listed = Program("bare list", [sys.executable, str(HERE / "plain_list.py")])
    took: dict[str, list[float]] = {}
    for _ in range(STARTS):
        for program in (ascinbox(home), listed):
            (home / "state" / NAME).unlink(missing_ok=True)
            with Terminal(program.command, environment=program.environment) as terminal:
                acted = MOVED.search if program is listed else LitRow().has_moved
                took.setdefault(program.name, []).append(terminal.type_until(KEYS["down"], acted))
                if program is not listed:
                    took.setdefault("read", []).append(terminal.wait_until(PLACE))
    ours, read, bare = (statistics.median(took[name]) for name in ("ascinbox", "read", "bare list"))
    return (
        f"{ours:.0f} ms, {ours / bare:.2f}x of a bare list ({bare:.0f} ms); the reading pane is there "
        f"after {read:.0f} ms, {read / bare:.2f}x"
    )


def measure_keys(program: Program) -> dict[str, str]:
    """Everything after the start, at both sizes."""
    figures: dict[str, str] = {}
    for columns, rows in SIZES:
        with start(program, columns, rows) as terminal:
            terminal.settle(1.0)
            moves = [terminal.press(program.down) for _ in range(60)]
            size = f"{columns}x{rows}"
            figures[f"bytes a move {size}"] = f"{statistics.median(m.bytes for m in moves):.0f}"
            figures[f"key to quiet {size}"] = _times(moves)
            if (columns, rows) != SIZES[0]:
                continue
            figures["page down"] = _times([terminal.press("pgdn") for _ in range(10)])
            figures["jump to end"] = _times([terminal.press(program.end) for _ in range(1)])
            terminal.press("home" if program.name != "neomutt" else "=")
            gap, lag = terminal.hold(program.down, 3)
            figures["held key: longest gap, lag"] = f"{gap:.0f} / {lag:.0f} ms"
            for name, keys in (("filter", program.filter), ("search", program.search)):
                if keys:
                    figures[name] = f"{_typed(terminal, keys):.0f} ms"
                    terminal.press("esc", 0.3)
            # A notice stands for some seconds; its end is no idle byte.
            terminal.settle(6.0, 12.0)
            written, busy = terminal.idle(20)
            figures["idle"] = f"{written:.0f} B/s, {busy:.2f} % CPU"
            figures["RSS"] = f"{terminal.rss_mb():.0f} MB"
    return figures


@contextlib.contextmanager
def online(home: Path) -> Iterator[Program]:
    """The program on a copy of the cache, with an account whose server has reviews that are not there yet."""
    with tempfile.TemporaryDirectory() as scratch, page_server(SYNCED, 10, SYNC_LATENCY_MS) as url:
        copy = Path(scratch) / "home"
        shutil.copytree(home, copy)
        with contextlib.closing(StoreThread.open(Paths.under(copy), SystemClock())) as thread:
            account = account_with_key(Path(scratch))
            thread.call(lambda store: store.accounts.add(account))
        command = [sys.executable, "-m", "ascinbox", "--account", account.name, "All"]
        yield Program("online", command, {"ASCINBOX_HOME": str(copy), "ASCINBOX_API_URL": url})


def measure_online_start(home: Path, pause_s: float = 0) -> str:
    """Keys from the first rows of a start with network on.

    The sync begins by itself when the keys rest: `pause_s` seconds after the first second, if any, let it,
    and it runs under the keys that follow.
    """
    moves: list[Reaction] = []
    with online(home) as program, start(program) as terminal:
        for seconds, rest_s in ((FIRST_S, pause_s), (ONLINE_S - FIRST_S, 0)):
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                moves.append(terminal.press(program.down, 0.02))
            terminal.settle(rest_s, rest_s)
    # The first key waits for the program to be there at all; "first key acted" is a figure of its own.
    return _times(moves[1:])


def measure_sync(home: Path) -> str:
    """A key held for five seconds at a time while a sync runs: longest gap each time, while it ran."""
    gaps: list[float] = []
    with online(home) as program:
        with start(program) as terminal:
            terminal.settle(0.8, 3)
            terminal.press("home")
            terminal.send(KEYS["f5"])
            for _ in range(3):
                gap, _ = terminal.hold(program.down, 5)
                if "syncing" not in terminal.text():
                    break
                gaps.append(gap)
        return ", ".join(f"{gap:.0f}" for gap in gaps) + " ms"


def measure_draft(home: Path) -> str:
    """Letters typed in the editor while a draft comes word by word beside them."""
    with tempfile.TemporaryDirectory() as scratch, draft_engine() as url:
        copy = Path(scratch) / "home"
        shutil.copytree(home, copy)
        (copy / "config").mkdir(exist_ok=True)
        (copy / "config" / "config.toml").write_text(
            f'[assist]\nkind = "openai"\nurl = "{url}"\nmodel = "m"\n'
        )
        program = ascinbox(copy)
        with start(program) as terminal:
            terminal.settle(1.0)
            terminal.press("r", 0.5)
            terminal.send(KEYS["f8"])
            terminal.wait_for("word1", 60)
            typed = [terminal.press(letter, 0.02) for letter in "we are looking into this " * 3]
            if "taken over" in terminal.text():
                raise RuntimeError("the draft ended before the keys did")
    return _times(typed)


def _typed(terminal: Terminal, keys: str) -> float:
    for key in keys[:-1]:
        terminal.send(key.encode())
        terminal.settle(0.02, 0.2)
    # What the pane adds once the cursor has rested for half a second is no part of it.
    return terminal.press(keys[-1], 0.25).last_ms


def _times(reactions: Sequence[Reaction]) -> str:
    times = sorted(reaction.last_ms for reaction in reactions)
    worst = times[min(len(times) - 1, int(len(times) * 0.95))]
    return f"{statistics.median(times):.1f} / {worst:.1f} ms"


def loaded_rss() -> float:
    """Memory of the bare app with the same libraries in memory."""
    program = Program("loaded", [sys.executable, str(HERE / "plain_textual.py"), "--loaded"], ready=READY)
    with start(program) as terminal:
        terminal.settle()
        return terminal.rss_mb()


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[1_000, 100_000])
    parser.add_argument("--folder", type=Path, help="keep the caches here instead of making them anew")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = options.folder or Path(scratch)
        names = ("ascinbox", "textual", "httpx", "sqlmodel")
        versions = ", ".join(f"{name} {version(name)}" for name in names)
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
        print(f"SQLite {sqlite3.sqlite_version}, {versions}")
        print(f"bare Textual with the same libraries loaded: {loaded_rss():.0f} MB")
        for count in options.sizes:
            home = folder / f"home{count}"
            if not home.exists():
                settle(make_cache(home, count))
            ours, bare = ascinbox(home), plain()
            programs = [ours, bare, *peers(home, Path(scratch), count)]
            measure_start(programs, home / "state" / NAME)
            again = ascinbox(home)
            measure_start([again])
            del again.starts[0]
            print(f"\n{count:,} reviews; times are median / p95 to the last byte of the reaction")
            again.name = "unchanged"
            for program in (*programs, again):
                median = statistics.median(program.starts)
                ratio = median / statistics.median(bare.starts)
                print(f"  {program.name:12} first rows {median:6.0f} ms  {ratio:.2f}x")
            for program in programs:
                if program is not bare:
                    for name, value in measure_keys(program).items():
                        print(f"  {program.name:12} {name:28} {value}")
            print(f"  {ours.name:12} {'first key acted':28} {measure_first_key(home)}")
            print(f"  {ours.name:12} {'keys after an online start':28} {measure_online_start(home)}")
            print(f"  {ours.name:12} {'the same, with a pause':28} {measure_online_start(home, 0.8)}")
            print(f"  {ours.name:12} {'keys while a draft comes':28} {measure_draft(home)}")
            print(f"  {ours.name:12} {'held during a sync: gaps':28} {measure_sync(home)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
