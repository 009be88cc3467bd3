"""The main job by commands alone: link, sync, read, answer, published; and what goes wrong on the way."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Trip
from tests.programs import run_here

RECORD = [
    "id", "account", "app", "rating", "title", "body", "nickname", "created_at", "territory", "state",
    "reply", "tags", "note", "assignee", "snoozed_until", "app_version",
    "language", "language_score", "store", "device",
]  # fmt: skip
OUTBOX = ["review", "store", "state", "since", "send_after", "attempts", "text", "detail"]
SECRET = re.compile("PRIVATE KEY|MIGH|eyJ")


def test_link_sync_read_answer_published(trip: Trip) -> None:
    key = trip.key()
    linked = trip.json(
        "link", "--name", "Trip", "--p8", key["p8"], "--issuer-id", trip.hello["issuer_id"],
        "--features", "reviews,reply", "--vault", "file", "--yes",
    )  # fmt: skip
    assert linked["account"]["key_id"] == key["key_id"]

    synced = trip.json("sync", "--only", "reviews,replies")
    (account,) = synced["accounts"]
    assert (account["name"], account["ok"]) == ("Trip", True)
    assert list(account["datasets"]) == ["reviews", "replies"]
    figures = ["ok", "requests", "new", "changed", "removed", "detail", "waiting_until"]
    assert list(account["datasets"]["reviews"]) == figures
    assert account["datasets"]["reviews"]["new"] == 60

    found = trip.json("reviews", "is:unanswered", "--limit", "1")
    (review,) = found["reviews"]
    assert list(review) == RECORD
    assert found["total"] > 1
    assert review["reply"] is None

    dry = trip.json("reply", review["id"], "--text", "Thank you for telling us.")
    assert dry["state"] == "dry_run"
    assert trip.json("outbox")["items"] == []

    sent = trip.json("reply", review["id"], "--text", "Thank you for telling us.", "--yes", "--wait")
    assert (sent["state"], sent["text"]) == ("published", "Thank you for telling us.")

    (answered,) = [r for r in trip.json("reviews", "--limit", "0")["reviews"] if r["id"] == review["id"]]
    assert answered["state"] == "answered"
    assert answered["reply"]["text"] == "Thank you for telling us."
    assert answered["reply"]["state"] == "published"

    activity = trip.run("export", "activity")
    rows = list(csv.DictReader(io.StringIO(activity.stdout)))
    (row,) = [row for row in rows if row["review"] == review["id"]]
    assert (row["review"], row["state"], row["text"]) == (
        review["id"],
        "published",
        "Thank you for telling us.",
    )

    again = trip.json("sync", "--only", "reviews")
    assert again["accounts"][0]["datasets"]["reviews"]["new"] == 0
    debugging = {"SSLKEYLOGFILE": str(trip.home / "tls.keys")}
    checked = run_here(("doctor", "--json"), trip.environment | debugging)
    assert checked.returncode == 0
    assert json.loads(checked.stdout)["environment"]["SSLKEYLOGFILE"] is True
    assert "tls.keys" not in checked.stdout

    left = [p for p in trip.home.rglob("*") if p.is_file() and p.suffix != ".p8"]
    assert left
    for path in left:
        assert not SECRET.search(path.read_bytes().decode("latin-1")), path
        assert path.stat().st_mode & 0o077 == 0, path


def test_reply_states_and_exit_codes(trip: Trip) -> None:
    trip.link()
    trip.json("sync")
    review = trip.json("reviews", "is:unanswered", "--limit", "1")["reviews"][0]["id"]
    assert trip.run("reply", "no-such-review", "--text", "x", "--yes").returncode == 3
    assert trip.json("reply", review, "--text", "Hi {nickname", "--yes", exits=2)["state"] == "blocked"
    assert trip.json("reply", review, "--text", "x" * 5971, "--yes", exits=2)["state"] == "blocked"
    warned = trip.json("reply", review, "--text", "Mail bob@gmail.com", "--yes", "--strict", exits=2)
    assert warned["state"] == "blocked"
    assert "bob@gmail.com" in warned["detail"]
    queued = trip.json("reply", review, "--text", "Thank you.", "--yes", "--offline", exits=1)
    assert queued["state"] == "queued"
    (item,) = trip.json("outbox")["items"]
    assert list(item) == OUTBOX
    assert (item["review"], item["state"], item["text"]) == (review, "queued", "Thank you.")
    trip.json("sync", "--only", "replies")
    states = [item["state"] for item in trip.json("outbox")["items"]]
    assert states in ([], ["pending_publish"])


def test_a_reply_is_read_from_stdin_and_files_and_templates(trip: Trip, tmp_path: Path) -> None:
    trip.link()
    trip.json("sync")
    review = trip.json("reviews", "is:unanswered", "--limit", "1")["reviews"][0]
    done = trip.run("reply", review["id"], "--text", "-", "--json", stdin="From a pipe.\n")
    assert json.loads(done.stdout)["text"] == "From a pipe."
    file = tmp_path / "reply.txt"
    file.write_text("From a file.")
    assert trip.json("reply", review["id"], "--file", str(file))["text"] == "From a file."
    folder = trip.home / "config" / "templates"
    folder.mkdir(parents=True)
    (folder / "hello.md").write_text("Hello from {app}.")
    rendered = trip.json("reply", review["id"], "--template", "hello")
    assert rendered["text"] == f"Hello from {review['app']['name']}."
    assert trip.run("reply", review["id"], "--template", "nope").returncode == 3


def test_a_refused_reply_exits_2_in_apples_words(trip: Trip) -> None:
    trip.link(role="DEVELOPER")
    trip.json("sync")
    review = trip.json("reviews", "is:unanswered", "--limit", "1")["reviews"][0]["id"]
    done = trip.run("reply", review, "--text", "Thank you.", "--yes", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["state"]) in {(2, "failed"), (2, "blocked"), (1, "queued")}
    assert "403" in answer["detail"] or "role" in answer["detail"]
    assert answer["text"] == "Thank you."


def test_read_only_sends_nothing(trip: Trip) -> None:
    trip.link()
    trip.json("sync")
    review = trip.json("reviews", "is:unanswered", "--limit", "1")["reviews"][0]["id"]
    assert trip.run("--read-only", "reply", review, "--text", "Thanks", "--yes").returncode == 2
    assert trip.run("--read-only", "unlink", "Trip", "--yes").returncode == 2
    trip.variables["ASCINBOX_UI_READ_ONLY"] = "true"
    assert trip.run("reply", review, "--text", "Thanks", "--yes").returncode == 2
    assert trip.json("outbox")["items"] == []


def test_listing_as_csv_and_in_files_is_formula_safe(trip: Trip, tmp_path: Path) -> None:
    trip.link()
    trip.json("sync")
    plain = list(csv.reader(io.StringIO(trip.run("reviews", "--limit", "0", "--csv").stdout)))
    assert len(plain) == 61
    assert not [c for row in plain[1:] for c in row if c[:1] in "=+@" and c[:1]]
    target = tmp_path / "out.csv"
    done = trip.run("export", "reviews", "rating:<=3", "-o", str(target))
    assert done.returncode == 0, done.stderr
    assert target.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(target.open()))
    assert rows
    assert all(int(row["rating"]) <= 3 for row in rows)
    as_json = tmp_path / "out.json"
    assert trip.run("export", "reviews", "-o", str(as_json)).returncode == 0
    assert len(json.loads(as_json.read_text())["reviews"]) == 60
    assert trip.run("export", "reviews", "-o", str(tmp_path / "no" / "such")).returncode == 3
    assert trip.run("export", "activity", "rating:1").returncode == 3


def test_queries_limits_and_ages(trip: Trip) -> None:
    empty = trip.json("reviews")
    assert (empty["total"], empty["reviews"], empty["cache_age_s"]) == (0, [], None)
    assert trip.run("sync").returncode == 3
    assert trip.run("reviews", "--max-age", "1h").returncode == 1
    trip.link()
    trip.json("sync")
    assert len(trip.json("reviews", "--limit", "0")["reviews"]) == 60
    assert len(trip.json("reviews")["reviews"]) == 50
    assert trip.json("reviews", "--max-age", "1h")["cache_age_s"] < 3600
    bad = trip.run("reviews", "terr:DE")
    assert bad.returncode == 3
    assert "territory" in bad.stderr
    assert trip.run("reviews", "--account", "Nobody").returncode == 3
    assert trip.json("reviews", "--account", "trip")["total"] == 60
    text = trip.run("reviews", "--limit", "3").stdout
    assert len(text.splitlines()) == 4
    assert "\x1b" not in text


@pytest.mark.parametrize("way", ["unreachable", "offline"])
def test_without_apple_everything_readable_stays_readable(trip: Trip, way: str) -> None:
    trip.link()
    trip.json("sync")
    trip.variables["ASCINBOX_API_URL"] = "http://127.0.0.1:9"
    more = ["--offline"] if way == "offline" else []
    done = trip.run("sync", *more)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert trip.json("reviews", "--limit", "0", *more)["total"] == 60


def test_apples_own_address_is_the_only_plain_one_refused(trip: Trip) -> None:
    trip.variables["ASCINBOX_API_URL"] = "http://example.com"
    key = trip.key()
    done = trip.run("link", "--name", "N", "--p8", key["p8"], "--issuer-id", trip.hello["issuer_id"], "--yes")
    assert done.returncode in (2, 3)
    assert "http" in done.stderr
    assert SECRET.search(done.stdout + done.stderr) is None


@pytest.mark.slow
def test_watching_prints_a_line_a_cycle_and_ends_cleanly_on_term(trip: Trip, tmp_path: Path) -> None:
    trip.link()
    path = str(tmp_path / "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(path)
        channel.settimeout(20)
        watcher = trip.start("sync", "--watch", "10s", "--only", "reviews", NOTIFY_SOCKET=path)
        assert watcher.stdout is not None
        assert channel.recv(100) == b"READY=1"
        line = watcher.stdout.readline()
        assert re.match(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ accounts=1 new=60 changed=0 removed=0 requests=\d", line
        )
        began = time.monotonic()
        watcher.send_signal(signal.SIGTERM)
        out, err = watcher.communicate(timeout=10)
        assert time.monotonic() - began < 4
        assert (watcher.returncode, out, err) == (0, "", "")
        assert channel.recv(200).startswith(b"STATUS=")
        assert channel.recv(100) == b"STOPPING=1"


@pytest.mark.slow
def test_interrupting_a_sync_exits_130_and_the_next_one_goes_on(
    simulator: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    trip = Trip(simulator(reviews=3000, apps=1, latency_s=0.15), tmp_path / "home")
    trip.link()
    running = trip.start("sync", "--only", "reviews")
    database = trip.home / "data" / "cache.db-wal"
    deadline = time.monotonic() + 20
    while (not database.exists() or database.stat().st_size < 500_000) and time.monotonic() < deadline:
        time.sleep(0.02)
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=10)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert time.monotonic() - began < 4
    some = trip.json("reviews")["total"]
    assert 0 < some < 3000
    rest = trip.json("sync", "--only", "reviews")["accounts"][0]["datasets"]["reviews"]
    assert rest["requests"] < 16
    assert trip.json("reviews")["total"] == 3000
    assert trip.run("doctor").returncode == 0
