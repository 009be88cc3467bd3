"""docs/notifications.md: its steps lead from nothing to a Slack message and a signed webhook, as written."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.deliveries.events import EventKind
from ascinbox.core.deliveries.rules import DestinationKind, read_rules
from tests.cli.conftest import Trip, simulator
from tests.workers.deliveries.receivers import Receiver, serving

__all__ = ["simulator"]
"""The fixture of the command tests."""
PAGE = Path(__file__).resolve().parents[2] / "docs" / "notifications.md"
TEXT = re.sub(r"^   ", "", PAGE.read_text("utf-8"), flags=re.MULTILINE)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str, heading: str = "") -> list[str]:
    """The blocks of a kind below a heading, or of the whole page."""
    text = TEXT
    if heading:
        text = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        assert text, heading
    return [block for found, block in BLOCK.findall(text) if found == kind]


@pytest.fixture
def receivers() -> Iterator[tuple[Receiver, Receiver]]:
    with serving(Receiver()) as slack, serving(Receiver()) as hook:
        yield slack, hook


@pytest.fixture
def person(simulator: Callable[..., dict[str, Any]], tmp_path: Path) -> Trip:
    """Somebody with a linked account, and a shell in which `ascinbox` is this program."""
    trip = Trip(simulator(reviews=60), tmp_path / "home")
    trip.link()
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "ascinbox").write_text(f'#!/bin/sh\nexec {sys.executable} -m ascinbox "$@"\n')
    (bin_ / "ascinbox").chmod(0o755)
    trip.variables["PATH"] = f"{bin_}:{trip.environment['PATH']}"
    trip.variables["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    return trip


def shell(person: Trip, line: str, folder: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=person.environment, input=stdin, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done


def follow(person: Trip, block: str, folder: Path, addresses: dict[str, str]) -> list[str]:
    """Gives the commands of a block, one after the other; their output.

    What a shell does to a line is left to one; a line that only calls the program is run in this process.
    """
    said = []
    for line in block.splitlines():
        name = re.fullmatch(r"ascinbox notify secret (\S+)", line)
        given = addresses[name[1]] if name else ""
        program, *arguments = shlex.split(line)
        if program != "ascinbox" or set(line) & set("<>|&;$`*"):
            said.append(shell(person, line, folder, given).stdout)
            continue
        done = person.run(*arguments, stdin=given)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        said.append(done.stdout)
    return said


@pytest.mark.slow
def test_the_page_leads_to_a_slack_message_and_a_signed_webhook(
    person: Trip, receivers: tuple[Receiver, Receiver], tmp_path: Path
) -> None:
    slack, hook = receivers
    addresses = {"team": f"{slack.url}/services/T0/B0/X", "hook": f"{hook.url}/events"}
    file = person.home / "config" / "notify.toml"
    store, look, later = blocks("sh", "Slack in five minutes")
    (config,) = blocks("toml", "Slack in five minutes")
    follow(person, store, tmp_path, addresses)
    file.write_text(config)
    follow(person, look, tmp_path, addresses)
    assert b"This is a test" in slack.taken[0].body
    follow(person, later, tmp_path, addresses)
    assert len(slack.taken) == 11
    made, tried = blocks("sh", "A signed webhook")
    (config,) = blocks("toml", "A signed webhook")
    follow(person, made, tmp_path, addresses)
    file.write_text(file.read_text() + config)
    follow(person, tried, tmp_path, addresses)
    (request,) = hook.taken
    names: dict[str, Any] = {}
    (code,) = blocks("python", "A signed webhook")
    exec(code, names)
    secret = (tmp_path / "hook-secret").read_text().strip()
    assert names["is_genuine"](request.headers, request.body, secret)
    assert not names["is_genuine"](request.headers, request.body + b" ", secret)
    (rest,) = blocks("sh", "What becomes of a message")
    assert json.loads(follow(person, rest.splitlines()[0], tmp_path, {})[0])["schema"] == "ascinbox.notify/1"
    follow(person, "\n".join(rest.splitlines()[1:]), tmp_path, {})


@pytest.mark.parametrize("number", range(len(blocks("toml"))))
def test_every_example_of_the_file_is_understood(number: int) -> None:
    text = blocks("toml")[number]
    found = read_rules(tomllib.loads(text), text, "notify.toml")
    assert found.problems == ()
    assert found.destinations or found.rules


def test_the_shown_event_has_the_keys_that_are_sent() -> None:
    (text,) = blocks("json")
    shown = json.loads(text)
    assert list(shown) == ["schema", "id", "event", "occurred_at", "account", "app", "review", "before"]


def test_the_page_names_every_event_and_kind() -> None:
    for word in EventKind:
        assert f"`{word}`" in TEXT, word
    shown = {block for text in blocks("toml") for block in re.findall(r'kind = "(\w+)"', text)}
    assert shown == set(DestinationKind)
