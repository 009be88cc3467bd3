"""`ascinbox notify`, as people and scripts run it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Trip
from tests.workers.deliveries.receivers import Receiver, serving

FILE = """\
# my own words
[[destination]]
name = "team"
kind = "slack"
url = "vault:team"

[[destination]]
name = "hook"
kind = "webhook"
url = "env:HOOK_URL"
secret = "env:HOOK_SECRET"

[[rule]]
name = "low stars"   # the most urgent
when = "rating:<=2"
to = ["team", "hook"]
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as made:
        yield made


@pytest.fixture
def told(trip: Trip, receiver: Receiver) -> Trip:
    """A linked and synced home with FILE and its secrets."""
    trip.variables |= {"HOOK_URL": f"{receiver.url}/hook", "HOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}
    trip.link()
    assert trip.run("sync", "--only", "reviews,replies").returncode == 0
    notify_file(trip).write_text(FILE)
    done = trip.run("notify", "secret", "team", "--vault", "file", stdin=f"{receiver.url}/SECRETPATH\n")
    assert done.returncode == 0, done.stderr
    return trip


def notify_file(trip: Trip) -> Path:
    return trip.home / "config" / "notify.toml"


def test_from_nothing_to_a_message(told: Trip, receiver: Receiver) -> None:
    listed = told.json("notify", "list")
    assert [each["state"] for each in listed["destinations"]] == ["ok", "ok"]
    assert [each["name"] for each in listed["rules"]] == ["low stars"]
    done = told.run("notify", "test", "team")
    assert done.returncode == 0, done.stderr
    assert receiver.taken[0].path == "/SECRETPATH"
    assert len(told.json("notify", "test", "low stars")["deliveries"]) == 2
    assert told.run("notify", "run").stdout == "sent=0 waiting=0 failed=0 dropped=0\n"
    done = told.run("notify", "run", "--backfill", "2")
    assert done.stdout == "sent=4 waiting=0 failed=0 dropped=0\n"
    answer = told.json("notify", "log")
    assert answer["schema"] == "ascinbox.notify/1"
    assert len(answer["deliveries"]) == 7
    first: dict[str, Any] = answer["deliveries"][0]
    keys = ["id", "rule", "destination", "event", "review", "state", "attempts", "next_at", "detail"]
    assert list(first) == keys
    assert (first["rule"], first["event"], first["state"]) == ("low stars", "review.new", "sent")
    ids = {each["id"] for each in answer["deliveries"]}
    assert {each.json["id"] for each in receiver.taken if each.path == "/hook"} <= ids
    assert len(told.run("notify", "log", "--limit", "2").stdout.splitlines()) == 3


def test_a_refusal_is_told_by_exit_code_health_and_log(told: Trip, receiver: Receiver) -> None:
    assert told.run("health", "--max-age", "1h").returncode == 0
    receiver.status, receiver.text = 404, "no_service"
    done = told.run("notify", "test", "team")
    assert done.returncode == 2
    assert "failed team 404 no_service" in done.stdout
    assert told.run("notify", "list").returncode == 1
    health = told.run("health", "--max-age", "1h")
    assert health.returncode == 1
    assert "destination team refuses" in health.stdout
    answer = told.json("health", "--max-age", "1h", exits=1)
    assert [each["name"] for each in answer["destinations"]] == ["team"]
    found = told.json("doctor", exits=1)
    assert found["deliveries"]["broken"] == ["team"]
    assert any("Destination team refuses" in problem for problem in found["problems"])
    receiver.status = 200
    (row,) = told.json("notify", "log")["deliveries"]
    assert told.run("notify", "retry", row["id"][:12]).returncode == 0
    assert told.run("health", "--max-age", "1h").returncode == 0


def test_a_mistake_in_the_file_is_named_and_the_rest_works(told: Trip, receiver: Receiver) -> None:
    notify_file(told).write_text(FILE + '\n[[rule]]\nname = "bad"\nwhen = "raiting:1"\nto = ["team"]\n')
    done = told.run("notify", "list")
    assert done.returncode == 1
    assert f"{notify_file(told)}:20:9: rule 'bad'" in done.stderr
    assert "low stars" in done.stdout
    found = told.json("doctor", exits=1)
    assert (found["files"]["rules"], found["files"]["destinations"]) == (1, 2)
    assert any(":20:9: rule 'bad'" in problem for problem in found["problems"])
    assert told.run("notify", "run", "--backfill", "1").stdout.startswith("sent=2 ")
    synced = told.run("sync", "--only", "reviews")
    assert synced.returncode == 0
    assert ":20:9:" in synced.stderr


def test_the_file_is_completed_without_losing_a_word(told: Trip) -> None:
    assert told.run("notify", "complete").returncode == 0
    text = notify_file(told).read_text()
    assert "# my own words" in text
    assert 'name = "low stars"   # the most urgent' in text
    for key in ('on = ["review.new"]', 'send = "now"', "text = true"):
        assert key in text
    assert "Nothing is missing" in told.run("notify", "complete").stderr
    notify_file(told).unlink()
    assert "example" in told.run("notify", "complete").stderr
    assert told.json("notify", "list")["problems"] == []


def test_pause_and_resume(told: Trip, receiver: Receiver) -> None:
    assert told.run("notify", "pause", "low stars").returncode == 0
    assert told.json("notify", "list")["rules"][0]["state"] == "paused"
    told.run("notify", "run", "--backfill", "1")
    assert receiver.taken == []
    assert told.run("notify", "resume", "low stars").returncode == 0
    assert told.run("notify", "run").stdout.startswith("sent=2 ")


@pytest.mark.parametrize(
    "arguments",
    [["test"], ["list", "x"], ["pause", "nobody"], ["retry", "evt_nothing"], ["test", "nobody"], ["fly"],
     ["list", "--backfill", "3"], ["run", "--backfill", "0"], ["secret", "../x"]],
    ids=" ".join,
)  # fmt: skip
def test_misuse_is_usage(told: Trip, arguments: list[str]) -> None:
    assert told.run("notify", *arguments, stdin="x").returncode == 3


def test_nothing_is_sent_read_only_or_offline(told: Trip, receiver: Receiver) -> None:
    assert told.run("--read-only", "notify", "test", "team").returncode == 2
    assert told.run("--offline", "notify", "run").returncode == 2
    assert receiver.asked == []


def test_no_secret_is_in_any_file_but_the_vaults(told: Trip, receiver: Receiver) -> None:
    receiver.status, receiver.text = 404, f"{receiver.url}/SECRETPATH is gone"
    told.run("-v", "notify", "test", "team")
    told.run("-v", "notify", "run", "--backfill", "1")
    bundle = told.run("doctor", "--bundle", "-")
    assert "SECRETPATH" not in bundle.stdout + bundle.stderr
    vault = told.home / "config" / "keys" / "notify-team"
    assert vault.stat().st_mode & 0o777 == 0o600
    for file in told.home.rglob("*"):
        if file.is_file() and file != vault:
            assert b"SECRETPATH" not in file.read_bytes(), file
            assert b"MDEyMzQ1Njc4OWFiY2RlZg" not in file.read_bytes(), file


def test_quick_commands_import_nothing_of_it(told: Trip) -> None:
    import subprocess
    import sys

    script = (
        "import sys; from ascinbox.cli import main; main(['reviews', '--limit', '1']); main(['outbox']);"
        "main(['health', '--max-age', '1h']);"
        "print([m for m in sys.modules if 'workers.deliveries.' in m and not m.endswith('rule_file')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=told.environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


def test_the_log_is_json_lines_that_a_script_can_read(told: Trip) -> None:
    told.run("notify", "run", "--backfill", "1")
    done = told.run("notify", "log", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["deliveries"][0]["next_at"] is None
