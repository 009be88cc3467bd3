"""docs/languages.md, from nothing to a translated Japanese review: its settings and commands on stand-ins."""

from __future__ import annotations

import json
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from ascinbox.config import SETTINGS
from tests.cli.conftest import Trip
from tests.workers.languages.standins import Sent, StandIn, plain, speaks, stand_in

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "languages.md").read_text("utf-8")
CONFIG = dict(re.findall(r"<!-- config: (\w+) -->\n```toml\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = {name: block.strip().splitlines() for name, block in
            re.findall(r"<!-- run: (\w+) -->\n```sh\n(.*?)```", PAGE, re.DOTALL)}  # fmt: skip
MADE = json.dumps({"title": "Does not start", "body": "It crashes after the update."})


def libretranslate(handler: BaseHTTPRequestHandler, sent: Sent) -> None:
    plain(handler, {"translatedText": "in " + sent.data["target"]})


ENGINES: dict[str, Callable[[BaseHTTPRequestHandler, Sent], None]] = {
    "openai": speaks(MADE),
    "libretranslate": libretranslate,
    "command": speaks(MADE),
    "none": speaks(MADE),
}


@pytest.fixture
def engine() -> Iterator[StandIn]:
    with stand_in() as found:
        yield found


@pytest.fixture
def japanese(trip: Trip) -> str:
    """The id of a Japanese review of an account that was linked and synced."""
    trip.link()
    assert trip.run("sync", "--only", "reviews").returncode == 0
    listed = trip.json("reviews", "lang:ja", "--limit", "1")["reviews"]
    assert listed[0]["language"] == "ja"
    assert listed[0]["language_score"] == 1
    return str(listed[0]["id"])


def set_up(trip: Trip, name: str, engine: StandIn) -> None:
    """Writes the page's settings, with the stand-in's address in the place of the real one's."""
    text = CONFIG.get(name, "")
    for url in re.findall(r"http://localhost:\d+", text):
        text = text.replace(url, engine.url)
    text = text.replace("argos-translate", f"{shlex.quote(sys.executable)} -c 'print(1+1)'")
    tomllib.loads(text)
    config = trip.home / "config" / "config.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(text)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_page_leads_to_a_translated_japanese_review(
    name: str, trip: Trip, japanese: str, engine: StandIn
) -> None:
    engine.answer = ENGINES[name]
    set_up(trip, name, engine)
    shown: list[dict[str, Any]] = []
    for line in COMMANDS[name]:
        words = shlex.split(line.replace("4711", japanese))
        done = trip.run(*words[1:])
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        if "--json" in words:
            shown.append(json.loads(done.stdout))
        elif words[1] == "translate":
            assert (
                done.stdout.strip()
                == {
                    "openai": "Does not start\n\nIt crashes after the update.",
                    "libretranslate": "in en\n\nin en",
                    "command": "2\n\n2",
                }[name]
            )
            assert "~ by" in done.stderr
    if name in ("openai", "libretranslate"):
        assert shown[0]["schema"] == "ascinbox.translate/1"
        assert set(shown[0]) == {
            "schema", "generated_at", "cache_age_s", "review", "to", "engine", "title", "body",
        }  # fmt: skip
        assert (shown[0]["review"], shown[0]["to"]) == (japanese, "de")
        assert engine.requests
    if name == "openai":
        assert shown[1]["schema"] == "ascinbox.draft/1"
        assert set(shown[1]) == {
            "schema",
            "generated_at",
            "cache_age_s",
            "review",
            "text",
            "engine",
            "warnings",
        }
        assert shown[1]["warnings"]
        again = trip.run("draft", japanese, "--save")
        assert again.returncode == 3, "an engine's words never take a person's place"


def test_a_remote_host_needs_yes_without_a_terminal(trip: Trip, japanese: str) -> None:
    trip.variables |= {"ASCINBOX_ASSIST_KIND": "openai", "ASCINBOX_ASSIST_URL": "http://engine.invalid/v1",
                       "ASCINBOX_ASSIST_DEADLINE_SECONDS": "3"}  # fmt: skip
    refused = trip.run("translate", japanese)
    assert refused.returncode == 3
    assert "engine.invalid" in refused.stderr
    assert "nothing was sent" in refused.stderr
    assert "nicknames, notes, tags, keys and other reviews stay here" in refused.stderr.lower()
    assert trip.run("draft", japanese).returncode == 3
    assert trip.run("translate", japanese, "--yes").returncode == 2, "agreed, and nobody is there"


def test_off_is_said_and_the_doctor_names_the_engine(trip: Trip, japanese: str, engine: StandIn) -> None:
    assert trip.run("translate", japanese).returncode == 3
    assert trip.json("doctor", exits=0)["assist"]["kind"] == "off"
    set_up(trip, "openai", engine)
    facts = trip.json("doctor", exits=0)["assist"]
    assert (facts["kind"], facts["engine"], facts["local"], facts["key"]) == (
        "openai",
        "llama3.2",
        True,
        None,
    )
    assert facts["host"] in engine.url


def test_the_table_names_every_setting() -> None:
    for setting in SETTINGS:
        if setting.section == "assist":
            assert f"`{setting.key}`" in PAGE, setting.key
