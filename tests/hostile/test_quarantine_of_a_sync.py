"""Items of Apple's that cannot be read, from the wire to `ascinbox doctor`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ascinbox.simulator.calls import SimulatedAnswer
from ascinbox.simulator.exchange import SimulatedExchange
from tests.hostile.canaries import Apple

Twist = Callable[[dict[str, Any]], None]


@pytest.fixture
def twist(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Twist], None]:
    """`twist("/v1/apps", change)`: changes the documents of answers whose path ends so."""
    twists: dict[str, Twist] = {}
    real = SimulatedExchange._answer

    def answer(self: SimulatedExchange, body: bytes) -> SimulatedAnswer:
        said = real(self, body)
        for ending, change in twists.items():
            if self.path.endswith(ending) and said.status == 200:
                document = json.loads(said.body)
                change(document)
                said = replace(said, body=json.dumps(document).encode())
        return said

    monkeypatch.setattr(SimulatedExchange, "_answer", answer)
    return twists.__setitem__


def test_row_45_a_bad_item_is_left_out_counted_and_told_by_doctor(
    apple: Apple,
    home: Path,
    twist: Callable[[str, Twist], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert apple.link(apple.key("ADMIN"), "file") == 0

    def spoil(document: dict[str, Any]) -> None:
        items = document["data"]
        if len(items) > 3:
            items[0]["attributes"] = "gone"
            items[1]["type"] = "mystery"
            items[2] = None

    assert apple.run("sync", "--only", "reviews") == 0
    everything = len(apple.simulator.world.reviews)
    twist("/customerReviews", spoil)
    assert apple.run("sync", "--only", "reviews", "--full") == 0
    capsys.readouterr()
    assert apple.run("doctor", "--json") == 1
    doctor = json.loads(capsys.readouterr().out)
    assert doctor["left_out"]["items"] >= 3
    assert {entry["reason"] for entry in doctor["left_out"]["lists"]} == {
        "its attributes are no object",
        "it is not one of customerReviews",
        "it is no object",
    }
    assert any("could not be read" in problem for problem in doctor["problems"])
    apple.run("reviews", "--limit", "0", "--json")
    assert len(json.loads(capsys.readouterr().out)["reviews"]) == everything, "nothing is taken for gone"
    twist("/customerReviews", lambda document: None)
    time.sleep(1.1)  # The quarantine counts in seconds.
    assert apple.run("sync", "--only", "reviews", "--full") == 0
    capsys.readouterr()
    apple.run("doctor", "--json")
    assert json.loads(capsys.readouterr().out)["left_out"] == {"items": 0, "lists": []}


def test_row_45_an_app_that_cannot_be_read_is_not_gone(
    apple: Apple, home: Path, twist: Callable[[str, Twist], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert apple.link(apple.key("ADMIN"), "file") == 0
    assert apple.run("sync", "--only", "reviews") == 0

    def spoil(document: dict[str, Any]) -> None:
        document["data"][0]["id"] = 7

    twist("/v1/apps", spoil)
    assert apple.run("sync", "--only", "reviews") == 0
    capsys.readouterr()
    apple.run("accounts", "--json")
    assert len(json.loads(capsys.readouterr().out)["accounts"][0]["apps"]) == 3
