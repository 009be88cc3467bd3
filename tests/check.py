"""Everything that must hold before a change lands: format, lint, types, imports, dependencies, tests.

python tests/check.py            all of it
python tests/check.py --fast     without the tests marked slow
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ADVISORIES = "https://pypi.org/pypi/textual/json"
"""What pip-audit asks, one such address a package. Offline, or behind a mirror, it may not be there."""

STEPS: tuple[tuple[str, list[str]], ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("types", [str(BIN / "mypy")]),
    ("imports", [str(BIN / "lint-imports")]),
    ("depends", [str(BIN / "deptry"), "--no-ansi", "."]),
)


def main(arguments: list[str]) -> int:
    """Runs the steps in order, stops at the first that fails, and returns its exit code."""
    for name, command in STEPS:
        code = step(name, command)
        if code:
            return code
    code = audit()
    if code:
        return code
    fast = ["-m", "not slow"] if "--fast" in arguments else []
    rest = [argument for argument in arguments if argument != "--fast"]
    sys.stdout.flush()
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *fast, *rest],
        cwd=ROOT,
        check=False,
    ).returncode


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
    why = why_no_audit()
    if why:
        print(f"{'audit':8} skipped: {why}")
        return 0
    # Exactly what is installed, ourselves left out: we are not on an index.
    pinned = {d.metadata["Name"]: d.version for d in distributions()}
    pinned.pop("ascinbox", None)
    started = time.monotonic()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.writelines(f"{name}=={version}\n" for name, version in sorted(pinned.items()))
        listed.flush()
        options = ["--requirement", listed.name, "--no-deps", "--disable-pip", "--timeout", "15"]
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *options, "--format", "json"],
            capture_output=True,
            text=True,
            check=False,
        )
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


def why_no_audit() -> str:
    """Why known holes cannot be looked up here; empty when they can."""
    if importlib.util.find_spec("pip_audit") is None:
        return "pip-audit is not installed"
    try:
        with urllib.request.urlopen(ADVISORIES, timeout=5) as answer:
            document = json.load(answer)
    except (OSError, ValueError) as error:
        return f"the advisory service does not answer ({error})"
    return "" if "vulnerabilities" in document else "this index has no advisories"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
