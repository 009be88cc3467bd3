"""tests/nets.py stays true: each line that it takes out is there once, and each test that it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.nets import NETS, Net

ROOT = Path(__file__).resolve().parents[2]


def test_every_promise_about_replies_has_a_net() -> None:
    kept = {name for net in NETS for name in re.findall(r"\bO\d+\b", net.promise.partition(":")[0])}
    assert kept == {f"O{number}" for number in range(1, 15)}


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.promise)
def test_a_net_takes_out_one_line_that_is_there_and_names_tests_that_exist(net: Net) -> None:
    text = (ROOT / "src" / "ascinbox" / net.file).read_text("utf-8")
    assert text.count(net.line) == 1
    assert net.line != net.without
    ast.parse(text.replace(net.line, net.without))
    for test in net.tests:
        path, _, name = test.partition("::")
        code = (ROOT / path).read_text("utf-8")
        assert not name or re.search(rf"^(?:async )?def {name}\(", code, re.MULTILINE), test
