"""docs/promises.md points at tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "promises.md").read_text("utf-8")


def test_every_file_that_is_named_exists() -> None:
    there = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    named = set(re.findall(r"\btest_\w+\.py\b", TEXT))
    assert named
    assert named <= there
    for path in re.findall(r"`(tests/[\w/.]+)`", TEXT):
        assert (ROOT / path).exists(), path


def test_every_row_and_every_test_that_is_named_exists() -> None:
    functions = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    for name in re.findall(r"`(test_\w+?)(?:\[[^\]]*\])?`", TEXT):
        assert name in functions, name
    rows = {int(number) for name in functions for number in re.findall(r"_(\d\d)(?=_|$)", name)}
    for number in re.findall(r"\brows? (\d+)", TEXT):
        assert int(number) in rows, f"row {number}"


def test_every_row_of_the_fault_table_has_a_test() -> None:
    """Rows 1 to 27 (replies, programs, kills) and 62 to 70 (files, keys, sleep)."""
    rows: set[int] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        text = path.read_text("utf-8")
        for name in re.findall(r"^(?:async )?def test_rows?_(\w+)\(", text, re.MULTILINE):
            if span := re.match(r"(\d+)_to_(\d+)", name):
                rows |= set(range(int(span[1]), int(span[2]) + 1))
            elif listed := re.match(r"\d+(?:_and_\d+)*", name):
                rows |= {int(number) for number in listed[0].split("_and_")}
        rows |= {int(number) for number in re.findall(r'"row (\d+)', text)}
    assert {*range(1, 28), *range(62, 71)} - rows == set()


def test_every_invariant_is_promised() -> None:
    assert re.findall(r"^\| (O\d+) \|", TEXT, re.MULTILINE) == [f"O{n}" for n in range(1, 15)]
