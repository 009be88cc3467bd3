"""Formula-safe CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.csvsafe import safe_text, write_rows
from tests.hostile.fuzzing import fuzz

LEADERS = ["=", "+", "-", "@", "\t", "\r", "\x00", "＝", "＋", "－", "＠"]


def written(rows: list[list[Any]], *, raw: bool = False) -> list[list[str]]:
    file = io.StringIO()
    write_rows(file, ["title", "n"], rows, text_columns={0}, raw=raw)
    assert "\r" not in file.getvalue()
    return list(csv.reader(io.StringIO(file.getvalue(), newline="")))[1:]


@pytest.mark.parametrize("leader", LEADERS)
@pytest.mark.parametrize("before", ["", " ", "\n", "\u00a0 ", "\ufeff", "\u200b"])
def test_formula_leaders_are_disarmed(before: str, leader: str) -> None:
    text = f"{before}{leader}HYPERLINK(1)"
    assert safe_text(text) == "'" + text
    ((cell, _),) = written([[text, 1]])
    assert cell.startswith("'")


@pytest.mark.parametrize("text", ["", "a=b", "1-2", "x@y.example", "'quoted", "…", "起動", "<3", "(+)"])
def test_other_texts_are_untouched(text: str) -> None:
    assert safe_text(text) == text
    assert written([[text, 1]])[0][0] == text


def test_numbers_are_untouched() -> None:
    assert written([["a", -5], ["b", "-1.25"], ["c", None]]) == [["a", "-5"], ["b", "-1.25"], ["c", ""]]


def test_raw_opts_out() -> None:
    assert written([["=1+1", 1]], raw=True) == [["=1+1", "1"]]


texts = st.builds(
    str.__add__,
    st.sampled_from(["", *LEADERS, " =", "\n+", "\ufeff@", "'", '"', ",", ";", "a\r"]),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12),
)


@fuzz("csv")
@given(texts, st.integers())
def test_whatever_is_written_reads_back_harmless(text: str, number: int) -> None:
    ((cell, figure),) = written([[text, number]])
    assert figure == str(number)
    assert cell.removeprefix("'") == text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("'")
    assert not cell.lstrip().startswith(tuple(LEADERS[:4] + LEADERS[7:]))
    assert not cell.startswith(("\t", "\r", "\x00"))
