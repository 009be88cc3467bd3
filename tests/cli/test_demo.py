"""The demo: every command on invented data, the same each time, nothing left behind; a killed one goes on."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

from ascinbox.cli.demo_session import DemoSession, Wanted
from tests.programs import run_here

PROGRAM = (sys.executable, "-m", "ascinbox")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


def run(base: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command in this process; the demo's stores are processes of their own all the same."""
    return run_here(arguments, {**os.environ, "XDG_RUNTIME_DIR": str(base)})


def processes_in(base: Path) -> list[str]:
    """Demo servers whose keys are under `base`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if "demo_server" in command and str(base) in command:
                found.append(entry.name)
    return found


def assert_nothing_left(base: Path, home: Path) -> None:
    deadline = time.monotonic() + 5
    while processes_in(base) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_in(base) == []
    assert list(base.iterdir()) == []
    assert not home.exists()


@pytest.mark.slow
def test_health_in_the_demo_exits_2_and_leaves_nothing(base: Path, home: Path) -> None:
    done = run(base, "--demo", "health", "--json")
    assert done.returncode == 2, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "CRITICAL"
    states = {
        (account["name"], name): cell["state"]
        for account in answer["accounts"]
        for name, cell in account["capabilities"].items()
    }
    assert states["PixelBakery", "sales"] == "contract"
    assert states["PixelBakery", "finance"] == "no_role"
    assert_nothing_left(base, home)


@pytest.mark.slow
def test_reviews_and_outbox_in_the_demo(base: Path, home: Path) -> None:
    done = run(base, "--demo", "reviews", "is:needs-reply", "--limit", "0", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"] == 37
    done = run(base, "--demo", "outbox", "--json")
    assert done.returncode == 2
    states = [item["state"] for item in json.loads(done.stdout)["items"]]
    assert states == ["queued", "held", "failed", "pending_publish", "pending_publish"]
    done = run(base, "--demo", "--read-only", "outbox", "--json")
    assert done.returncode == 2, done.stderr
    states = [item["state"] for item in json.loads(done.stdout)["items"]]
    assert states == ["held", "failed", "pending_publish", "pending_publish"], "nothing is on its way"
    assert_nothing_left(base, home)


LINKED = ("accounts", "doctor")
"""Commands for which the demo links its accounts first."""


@pytest.mark.parametrize(
    "arguments",
    [["keys"], ["help", "demo"], *(pytest.param([word], marks=pytest.mark.slow) for word in LINKED)],
    ids=" ".join,
)
def test_the_demo_goes_before_any_command(base: Path, home: Path, arguments: list[str]) -> None:
    done = run(base, "--demo", *arguments)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    assert_nothing_left(base, home)


@pytest.mark.slow
def test_a_demo_command_that_is_ended_by_term_leaves_nothing(base: Path, home: Path) -> None:
    running = subprocess.Popen(
        [*PROGRAM, "--demo", "reviews"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "XDG_RUNTIME_DIR": str(base)},
    )
    deadline = time.monotonic() + 20
    while not processes_in(base) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 128 + signal.SIGTERM
    assert b"Traceback" not in err
    assert_nothing_left(base, home)


def test_without_a_terminal_the_demo_names_what_to_use(base: Path) -> None:
    done = run(base, "demo")
    assert (done.returncode, done.stdout) == (3, "")
    assert "ascinbox --demo health" in done.stderr


def test_a_folder_of_somebody_else_is_not_used(base: Path) -> None:
    taken = base / f"ascinbox-demo-{os.getuid()}-7"
    taken.mkdir()
    taken.chmod(0o755)
    session = DemoSession(Wanted(7, 60, None), resumable=True, base=base)
    try:
        assert session.home != taken
    finally:
        session.close()
    assert list(base.iterdir()) == [taken]


@pytest.mark.slow
def test_two_demos_at_once_have_a_folder_each(base: Path) -> None:
    first = DemoSession(Wanted(7, 60, None), resumable=True, base=base)
    second = DemoSession(Wanted(7, 60, None), resumable=True, base=base)
    assert first.home != second.home
    assert first.hello["url"] != second.hello["url"]
    first.close()
    second.close()
    assert list(base.iterdir()) == []


@pytest.mark.slow
def test_the_same_seed_and_time_are_the_same_demo(base: Path) -> None:
    worlds = []
    for _ in range(2):
        session = DemoSession(Wanted(7, 300, "2026-11-21T14:02:00+00:00"), resumable=False, base=base)
        worlds.append((session.hello["ids"], session.hello["done"]))
        assert abs((session.clock.now().timestamp()) - 1795269720) < 60
        session.close()
    assert worlds[0] == worlds[1]


class Screen:
    """The program on a terminal of 80x24."""

    def __init__(self, base: Path) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(XDG_RUNTIME_DIR=str(base), TERM="xterm-256color", LANG="C.UTF-8")
            os.execv(sys.executable, [*PROGRAM, "demo", "--reviews", "400"])
        ioctl(self.terminal, TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.seen = ""

    def wait_for(self, text: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} never came; the end: {self.seen[-2000:]!r}"
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    data = os.read(self.terminal, 65536)
                except OSError:
                    data = b""
                assert data, f"the program ended before {text!r} came: {self.seen[-2000:]!r}"
                self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", data.decode("utf-8", "replace"))

    def send(self, keys: str) -> None:
        self.seen = ""
        os.write(self.terminal, keys.encode())

    def end(self) -> int:
        """The exit code, once it has ended by itself."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if select.select([self.terminal], [], [], 0.1)[0]:
                with suppress(OSError):
                    os.read(self.terminal, 65536)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                os.close(self.terminal)
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("it did not end")

    def kill(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self.terminal)
            self.pid = 0


@contextmanager
def screen(base: Path) -> Iterator[Screen]:
    shown = Screen(base)
    try:
        yield shown
    finally:
        shown.kill()


@pytest.mark.slow
def test_a_killed_demo_is_taken_up_again_with_its_draft_and_a_finished_one_is_gone(
    base: Path, home: Path
) -> None:
    with screen(base) as first:
        first.wait_for("Stürzt beim Start ab")
        first.wait_for("synced")
        first.send("r")
        first.wait_for("ctrl+g")
        first.send("unmistakable words")
        first.wait_for("draft saved")
        time.sleep(1.5)
        first.kill()
    (left,) = base.iterdir()
    assert left.stat().st_mode & 0o777 == 0o700
    with screen(base) as second:
        second.wait_for("Stürzt beim Start ab")
        second.send("r")
        second.wait_for("unmistakable words")
        second.send("\x11")
        time.sleep(1.0)
        # A reply may still be in its undo window: then it is asked, and 2 quits all the same.
        second.send("2")
        assert second.end() == 0
    assert_nothing_left(base, home)
