"""No row of the hostile world without a test, no fuzz target without examples, no claim without both."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.hostile.fuzzing import TARGETS

pytestmark = pytest.mark.xdist_group("rows")
"""One process reads all tests, once."""

ROOT = Path(__file__).resolve().parents[2]
SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")
FILES = sorted((ROOT / "tests").rglob("test_*.py"))
ROWS = {
    28: "a 401, once or for ever", 29: "a clock that is off", 30: "403 for one data set", 31: "409 and 422",
    32: "429", 33: "429 for several programs", 34: "a slow drip", 35: "cut bodies", 36: "gzip without an end",
    37: "a bomb", 38: "answers that are not Apple's", 39: "odd JSON", 40: "redirects", 41: "links.next",
    42: "presigned links", 43: "lists without end", 44: "duplicate and missing ids", 45: "wrong types",
    46: "attacks on every slot of every screen", 47: "each net alone", 48: "clicks", 49: "absurd sizes",
    50: "surrogates and NUL", 51: "the command line", 52: "formulas", 53: "keyrings that are none",
    54: "a keyring that hangs", 55: "a keyring that is locked later", 56: "unsafe key files",
    57: "crashes with a key at hand", 58: "canaries", 59: "TEXTUAL_LOG", 60: "sealed files", 61: "umask",
}  # fmt: skip
"""The faults of the world outside, by the number that the tests carry in their names."""


Case = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def cases_in(path: Path) -> tuple[Case, ...]:
    """The tests of a file; none of one that has neither a test with a number nor a fuzz target."""
    text = path.read_text("utf-8")
    if "test_row" not in text and "fuzz(" not in text:
        return ()
    nodes = ast.walk(ast.parse(text))
    return tuple(node for node in nodes if isinstance(node, Case) and node.name.startswith("test_"))


@cache
def homes() -> dict[int, set[str]]:
    """Row -> the files with tests of it."""
    found: dict[int, set[str]] = {}
    for path in FILES:
        for test in cases_in(path):
            for row in rows_of(test.name):
                found.setdefault(row, set()).add(path.relative_to(ROOT).as_posix())
    return found


def rows_of(name: str) -> set[int]:
    """The numbers in a test's name: `test_rows_50_and_51_in_the_c_locale`, `test_rows_18_to_20_...`."""
    said = re.match(r"test_rows?_((?:\d+_)(?:(?:and|to)_\d+_)*)", name)
    if said is None:
        return set()
    numbers = [int(number) for number in re.findall(r"\d+", said[1])]
    return set(range(numbers[0], numbers[-1] + 1)) if "_to_" in said[1] else set(numbers)


def test_every_row_has_a_test_with_its_number() -> None:
    missing = [f"{row}: {what}" for row, what in ROWS.items() if row not in homes()]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("test_row_46_x", {46}), ("test_rows_50_and_51_in", {50, 51}),
        ("test_rows_18_to_20_an", {18, 19, 20}),
        ("test_rows_are_there", set()), ("test_5xx_is_tried", set()),
    ],
)  # fmt: skip
def test_numbers_are_read_from_names(name: str, rows: set[int]) -> None:
    assert rows_of(name) == rows


def test_every_fuzz_target_has_a_test() -> None:
    fuzzed = {
        decorator.args[0].value
        for path in FILES
        for test in cases_in(path)
        for decorator in test.decorator_list
        if isinstance(decorator, ast.Call)
        and getattr(decorator.func, "id", "") == "fuzz"
        and isinstance(decorator.args[0], ast.Constant)
    }
    assert fuzzed == set(TARGETS)


def test_security_md_points_at_tests_that_exist() -> None:
    for named in set(re.findall(r"`((?:tests|\.ci)/[\w/.]+)`", SECURITY)):
        assert (ROOT / named).exists(), named
    for first, last in re.findall(r"\brows? (\d+)(?: to (\d+))?", SECURITY):
        assert set(range(int(first), int(last or first) + 1)) <= homes().keys()


def test_every_row_is_behind_security_md() -> None:
    """Each row's tests are in a file that the threat model names."""
    named = set(re.findall(r"`(tests/[\w/.]+)`", SECURITY))
    for row, what in ROWS.items():
        assert homes()[row] & named, f"{row}: {what}"
