"""What must hold before a change lands, but for types: format, lint, imports, dependencies, tests.

python tests/check.py            everything but the long tests
python tests/check.py --long     the long tests: kills, soaks, real terminals, pictures, all made-up examples
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
AUDIT_SECONDS = 90
MEMORY = Path("/dev/shm")
ENOUGH = 6 << 30
"""Bytes free in memory that the tests' folders may have; they and the databases of teams take 4.4 GB."""
PROCESSES = 2 * (os.cpu_count() or 1) + 1
"""Of the tests: many wait for a server, a clock or another program, and leave their processor to others."""
SHARES = ("--dist", "loadfile", "--no-loadscope-reorder")
"""A file's tests are one process's, which makes what they share once; tests/order.py says which go first."""
AGAIN = ("--reruns", "3", "--reruns-delay", "1")
"""Many tests kill, freeze and time real programs; one that meets a busy moment is tried again."""

LARGE = ("store", "tui", "workers")
"""Folders that hold about half of the tests' text."""

Step = tuple[str, list[str]]


class Verdict(NamedTuple):
    """How a check ended: its exit code, and what is said of it."""

    code: int
    text: str


FIRST: tuple[Step, ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("lint", [str(BIN / "ruff"), "check", "."]),
)
"""They take a second: what they find is said before anything else begins."""
BESIDE: tuple[Step, ...] = (
    ("imports", [str(BIN / "lint-imports")]),
    ("depends", [str(BIN / "deptry"), "--no-ansi", "."]),
)
"""They run while the tests do."""


def main(arguments: list[str]) -> int:
    """Runs all checks; the exit code of the first that fails, 0 when none does."""
    rest = [argument for argument in arguments if argument != "--long"]
    if "--long" in arguments:
        os.environ["FULL_EXAMPLES"] = "1"
        return nets() or run_tests(("-m", "slow or hypothesis", *rest), list)
    for name, command in FIRST:
        verdict = step(name, command)
        print(verdict.text, flush=True)
        if verdict.code:
            return verdict.code
    with ThreadPoolExecutor(2) as beside:
        # The audit waits for an answer from the network, and for nothing here.
        asked = beside.submit(audit)
        verdicts = [*(beside.submit(step, name, command) for name, command in BESIDE), asked]
        return run_tests(("-m", "not slow", *rest), lambda: [verdict.result() for verdict in verdicts])


def run_tests(arguments: Sequence[str], others: Callable[[], list[Verdict]]) -> int:
    """Runs the chosen tests. What `others` gives is said before their closing line, which stays the last."""
    command = [sys.executable, "-m", "pytest", "-n", str(PROCESSES), *SHARES, *AGAIN, *arguments]
    # Without compiled files every process that a test starts would compile the program anew.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compile_once(environ)
    closing = ""
    with folder_in_memory() as folder:
        if folder is not None:
            environ |= {"TMPDIR": str(folder), "ASC_TESTS_SHARED": str(folder)}
        with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            for line in running.stdout:
                print(closing, end="", flush=True)
                closing = line
    verdicts = others()
    for verdict in verdicts:
        print(verdict.text)
    print(closing, end="", flush=True)
    return next((verdict.code for verdict in verdicts if verdict.code), running.returncode)


def compile_once(environ: dict[str, str]) -> None:
    """Compiles program and tests where nothing is compiled yet: else each process of the tests would."""
    if (ROOT / "tests" / "__pycache__").is_dir():
        return
    folders = sorted(path for path in (ROOT / "tests").iterdir() if path.is_dir())
    halves = [[path for path in folders if (path.name in LARGE) is large] for large in (True, False)]
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "pytest", "--collect-only", "-qq", *map(str, half)],
            cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for half in halves
    ]  # fmt: skip
    for each in begun:
        each.wait()


@contextmanager
def folder_in_memory() -> Iterator[Path | None]:
    """A folder for what the tests write, which then waits for no disk; None where there is no room for it.

    What one test kills another process for is safe there too: memory outlives processes.
    """
    if not (
        os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH and free_memory() > ENOUGH
    ):
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="asc-", dir=MEMORY))
    # Some tests give up their rights: what they made below must stay in reach.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_memory() -> int:
    """Bytes of memory that nobody uses; 0 where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)


def nets() -> int:
    """Takes some nets out, one at a time: their tests have to turn red."""
    sys.stdout.flush()
    command = [sys.executable, str(ROOT / "tests" / "nets.py"), "--sample", "6"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def step(name: str, command: list[str]) -> Verdict:
    """Runs one command; its output is told only when it fails."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = f"{name:8} {'ok' if done.returncode == 0 else 'FAILED'} ({time.monotonic() - started:.1f} s)"
    return Verdict(done.returncode, told + (f"\n{done.stdout}{done.stderr}" if done.returncode else ""))


def audit() -> Verdict:
    """Looks for known holes in what is installed; says so and goes on where nobody can be asked."""
    if importlib.util.find_spec("pip_audit") is None:
        return Verdict(0, f"{'audit':8} skipped: pip-audit is not installed")
    # Exactly what is installed, ourselves left out: we are not on an index.
    pinned = {d.metadata["Name"]: d.version for d in distributions()}
    pinned.pop("ascinbox", None)
    started = time.monotonic()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.writelines(f"{name}=={version}\n" for name, version in sorted(pinned.items()))
        listed.flush()
        options = ["--requirement", listed.name, "--no-deps", "--disable-pip", "--timeout", "10"]
        command = [sys.executable, "-m", "pip_audit", *options, "--format", "json"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=AUDIT_SECONDS)
        except subprocess.TimeoutExpired:
            return Verdict(0, f"{'audit':8} skipped: the advisory service does not answer")
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return Verdict(0, f"{'audit':8} skipped: pip-audit gave no answer: {done.stderr.strip()[-200:]}")
    known = [package for package in found if "vulns" in package]
    holes = [package for package in known if package["vulns"]]
    verdict = "FAILED" if holes else "ok" if known else "skipped: the service knows none of the packages"
    seconds = time.monotonic() - started
    told = [f"{'audit':8} {verdict} ({len(known)} of {len(found)} packages are known there, {seconds:.1f} s)"]
    for package in holes:
        ids = ", ".join(hole["id"] for hole in package["vulns"])
        told.append(f"  {package['name']} {package['version']}: {ids}")
    return Verdict(1 if holes else 0, "\n".join(told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
