"""Everything that must hold before a change lands: format, lint, types, imports, dependencies, tests.

python tests/check.py            everything but the long tests
python tests/check.py --long     the long tests: kills, soaks, real terminals, pictures
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
AUDIT_SECONDS = 90
AGAIN = ("--reruns", "3", "--reruns-delay", "1")
"""Many tests kill, freeze and time real programs; one that meets a busy moment is tried again."""

STEPS: tuple[tuple[str, list[str]], ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("types", [str(BIN / "mypy")]),
    ("imports", [str(BIN / "lint-imports")]),
    ("depends", [str(BIN / "deptry"), "--no-ansi", "."]),
)


def main(arguments: list[str]) -> int:
    """Runs the steps in order, stops at the first that fails, and returns its exit code."""
    rest = [argument for argument in arguments if argument != "--long"]
    if "--long" in arguments:
        return nets() or tests("-m", "slow", *rest)
    for name, command in STEPS:
        code = step(name, command)
        if code:
            return code
    return audit() or tests("-m", "not slow", *rest)


def tests(*arguments: str) -> int:
    """Runs the chosen tests. They wait a lot: two processors are not busy with two at a time."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", "-n", "3", "--dist", "loadgroup", *AGAIN, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def nets() -> int:
    """Takes some nets out, one at a time: their tests have to turn red."""
    sys.stdout.flush()
    command = [sys.executable, str(ROOT / "tests" / "nets.py"), "--sample", "6"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def step(name: str, command: list[str]) -> int:
    """Runs one command; its output is shown only when it fails."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"{name:8} {'ok' if done.returncode == 0 else 'FAILED'} ({time.monotonic() - started:.1f} s)")
    if done.returncode:
        print(done.stdout + done.stderr)
    return done.returncode


def audit() -> int:
    """Looks for known holes in what is installed; says so and goes on where nobody can be asked."""
    if importlib.util.find_spec("pip_audit") is None:
        print(f"{'audit':8} skipped: pip-audit is not installed")
        return 0
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
            print(f"{'audit':8} skipped: the advisory service does not answer")
            return 0
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"{'audit':8} skipped: pip-audit gave no answer: {done.stderr.strip()[-200:]}")
        return 0
    known = [package for package in found if "vulns" in package]
    holes = [package for package in known if package["vulns"]]
    verdict = "FAILED" if holes else "ok" if known else "skipped: the service knows none of the packages"
    seconds = time.monotonic() - started
    print(f"{'audit':8} {verdict} ({len(known)} of {len(found)} packages are known there, {seconds:.1f} s)")
    for package in holes:
        ids = ", ".join(hole["id"] for hole in package["vulns"])
        print(f"  {package['name']} {package['version']}: {ids}")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
