"""tests/nets.py stays true: each line that it takes out is there once, and each test that it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.nets import NETS, Net

ROOT = Path(__file__).resolve().parents[2]


def test_every_promise_about_replies_and_deliveries_has_a_net() -> None:
    page = (ROOT / "docs" / "promises.md").read_text("utf-8")
    promised = set(re.findall(r"^\| ([OD]\d+) \|", page, re.MULTILINE))
    assert {"O1", "O14", "D1", "D8"} <= promised
    kept = {name for net in NETS for name in re.findall(r"\b[OD]\d+\b", net.promise.partition(":")[0])}
    assert kept == promised


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.promise)
def test_a_net_takes_out_one_line_that_is_there_and_names_tests_that_exist(net: Net) -> None:
    text = (ROOT / "src" / "ascinbox" / net.file).read_text("utf-8")
    assert text.count(net.line) == 1
    assert net.line != net.without
    if net.file.endswith(".py"):
        ast.parse(text.replace(net.line, net.without))
    for test in net.tests:
        path, _, name = test.partition("::")
        code = (ROOT / path).read_text("utf-8")
        assert not name or re.search(rf"^(?:async )?def {name}\(", code, re.MULTILINE), test
