"""The oldest versions that pyproject.toml allows are the ones that the checks install and try."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = r"[a-z0-9-]+(?:\[[a-z]+\])?"


def release(version: str) -> tuple[int, ...]:
    """`8.2.0` as (8, 2): versions that differ in closing zeros only are the same."""
    return tuple(int(part) for part in re.sub(r"(?:\.0)+$", "", version).split("."))


def pins(name: str) -> dict[str, str]:
    """Names, as written, and their exact versions in a file of .ci."""
    lines = (ROOT / ".ci" / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def wanted() -> dict[str, tuple[str, str]]:
    """Lower bound and, if there is one, upper bound of what the program needs, as pyproject.toml has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {}
    for line in project["dependencies"]:
        match = re.fullmatch(rf"({NAME})>=([0-9.]+)(?:,<([0-9.]+))?", line)
        assert match is not None, f"{line} has no lower bound"
        found[match[1]] = (match[2], match[3] or "")
    return found


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    lows = {name: release(low) for name, (low, _) in wanted().items()}
    assert {name: release(version) for name, version in pins("oldest.txt").items()} == lows


def test_the_versions_that_the_checks_run_with_are_allowed() -> None:
    newest = {name.lower(): version for name, version in pins("constraints.txt").items()}
    for name, (low, high) in wanted().items():
        version = release(newest[name.partition("[")[0]])
        assert version >= release(low), name
        assert not high or version < release(high), name


@pytest.mark.parametrize("path", (ROOT / ".ci" / "oldest_tests.txt").read_text(encoding="utf-8").split())
def test_the_sample_for_the_oldest_versions_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_the_checks_install_the_oldest_versions_and_try_the_sample() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "-r .ci/oldest.txt" in run
    assert "< .ci/oldest_tests.txt" in run
