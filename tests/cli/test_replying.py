"""Replies by commands: what a script may repeat without harm, and what it is told about mended files."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.request
from collections import Counter
from typing import Any

import pytest

from tests.cli.conftest import Trip

QUICK = {
    "ASCINBOX_OUTBOX_SETTLE_SECONDS": "1",
    "ASCINBOX_OUTBOX_LEASE_SECONDS": "5",
    "ASCINBOX_NETWORK_DEADLINE_SECONDS": "3",
}
ACCEPTED = ("pending_publish", "published")
RESPONSES = "/v1/customerReviewResponses"


def control(trip: Trip, part: str, **body: Any) -> dict[str, Any]:
    """Asks the simulator's control."""
    data = json.dumps(body).encode() if body else None
    headers = {"Content-Type": "application/json", "X-Simulator-Token": trip.hello["control_token"]}
    request = urllib.request.Request(f"{trip.hello['url']}/_sim/{part}", data, headers)
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def landed(trip: Trip) -> Counter[tuple[str, str]]:
    effects = control(trip, "ledger")["effects"]
    return Counter((effect["target"], effect["text"]) for effect in effects)


def unanswered(trip: Trip, number: int) -> list[str]:
    trip.link()
    trip.json("sync")
    found = trip.json("reviews", "is:unanswered", "--limit", str(number))["reviews"]
    return [review["id"] for review in found]


def test_o6_a_script_that_tries_again_overwrites_no_colleague(trip: Trip) -> None:
    answered, edited = unanswered(trip, 2)
    control(trip, "events", what="answer", review_id=answered, text="A colleague's answer")
    control(trip, "events", what="edit", review_id=edited, body="Changed since")
    for review_id, words in ((answered, "colleague's answer"), (edited, "changed the review")):
        first = trip.json("reply", review_id, "--text", "Thank you.", "--yes", exits=1)
        assert first["state"] == "held"
        for _ in range(2):
            again = trip.json("reply", review_id, "--text", "Thank you.", "--yes", exits=1)
            assert again["state"] == "held"
            assert words in again["detail"]
            assert "--anyway" in again["detail"]
    assert landed(trip) == {}, "what a colleague does is no effect of ours"
    dry = trip.run("reply", answered, "--text", "Thank you.")
    assert "replaces the reply that stands there: A colleague's answer" in dry.stderr
    for review_id in (answered, edited):
        sent = trip.json("reply", review_id, "--text", "Thank you.", "--yes", "--anyway")
        assert sent["state"] == "pending_publish"
    assert landed(trip)[answered, "Thank you."] == landed(trip)[edited, "Thank you."] == 1


@pytest.mark.slow
def test_three_scripts_with_three_texts_each_tell_of_their_own(trip: Trip) -> None:
    (review_id,) = unanswered(trip, 1)
    control(trip, "faults", kind="slow", path=f"/v1/customerReviews/{review_id}", seconds=0.7, times=99)
    control(trip, "faults", kind="slow", method="POST", path=RESPONSES, seconds=0.7, times=99)
    texts = ["The first text.", "The second text.", "The third text."]
    running = [trip.start("reply", review_id, "--text", text, "--yes", "--json") for text in texts]
    ended = [
        (text, child.communicate(timeout=60), child.returncode)
        for text, child in zip(texts, running, strict=True)
    ]
    public = {text for (_, text), times in landed(trip).items() for _ in range(times)}
    assert sum(landed(trip).values()) == 1, "one script's answer is a rival's to the others"
    for text, (out, err), code in ended:
        told = json.loads(out)
        assert told["text"] == text, err
        if text in public:
            assert (code, told["state"], told["other_text"]) == (0, "pending_publish", None)
        else:
            assert code == 1
            assert told["state"] in ("superseded", "held")
            assert told["other_text"] in set(texts) - {text}


@pytest.mark.slow
def test_a_script_whose_text_gave_way_says_so(trip: Trip) -> None:
    (review_id,) = unanswered(trip, 1)
    # The first waits in the queue because Apple cannot be reached; the second takes its place.
    trip.variables["ASCINBOX_NETWORK_DEADLINE_SECONDS"] = "3"
    control(trip, "faults", kind="status", path=f"/v1/customerReviews/{review_id}", status=503, times=99)
    first = trip.start(
        "reply", review_id, "--text", "The first text.", "--yes", "--wait", "--wait-for", "30s", "--json"
    )
    until = time.monotonic() + 20
    while not any(
        item["state"] == "queued" for item in json.loads(trip.run("outbox", "--json").stdout)["items"]
    ):
        assert time.monotonic() < until
    second = trip.json("reply", review_id, "--text", "The second text.", "--yes", exits=1)
    assert second["state"] == "queued"
    out, _ = first.communicate(timeout=60)
    told = json.loads(out)
    assert first.returncode == 1
    assert (told["state"], told["text"], told["other_text"]) == (
        "superseded", "The first text.", "The second text.",
    )  # fmt: skip


@pytest.mark.slow
def test_o4_a_run_that_was_killed_may_be_repeated(trip: Trip) -> None:
    after, before, lost = unanswered(trip, 3)
    trip.variables |= QUICK
    reply = ("--text", "Thank you.", "--yes", "--wait", "--wait-for", "4s")
    for review_id, moment in ((after, "after post"), (before, "before post")):
        dying = trip.start("reply", review_id, *reply, ASCINBOX_TEST="1", ASCINBOX_CRASH_AT=moment)
        dying.communicate(timeout=60)
        assert dying.returncode == -9
        assert trip.json("outbox", exits=0)["items"][0]["state"] == "sending"
        assert trip.json("reply", review_id, *reply)["state"] in ACCEPTED
    control(trip, "faults", kind="drop", method="POST", path=RESPONSES, after=True)
    trip.variables["ASCINBOX_OUTBOX_SETTLE_SECONDS"] = "60"
    for _ in range(2):
        again = trip.json("reply", lost, "--text", "Thank you.", "--yes", exits=1)
        assert again["state"] == "queued"
    refused = trip.run("reply", lost, "--text", "Another text", "--yes")
    assert refused.returncode == 2
    assert "Asked of Apple, no answer heard" in refused.stderr
    assert landed(trip) == {(review_id, "Thank you."): 1 for review_id in (after, before, lost)}


def test_row_27_a_text_that_apple_altered_is_told(trip: Trip) -> None:
    (review_id,) = unanswered(trip, 1)
    attributes = {"responseBody": "Thank you ver", "state": "PENDING_PUBLISH"}
    answer = {"data": {"type": "customerReviewResponses", "id": "r1", "attributes": attributes}}
    control(
        trip, "faults", kind="answer", method="POST", path=RESPONSES, after=True, status=201,
        headers={"Content-Type": "application/json"}, body=json.dumps(answer),
    )  # fmt: skip
    sent = trip.json("reply", review_id, "--text", "Thank you very much.", "--yes")
    assert sent["state"] == "pending_publish"
    assert sent["text"] == "Thank you very much."
    assert "in other words than were sent: Thank you ver" in sent["detail"]


def test_row_64_and_65_a_command_says_what_it_had_to_mend_or_refuses(trip: Trip) -> None:
    (review_id,) = unanswered(trip, 1)
    assert trip.run("reply", review_id, "--text", "Thank you.", "--yes", "--offline").returncode == 1
    kept = list(trip.home.rglob("backups/user-*.db"))
    assert len(kept) == 1, "linking makes a copy"
    assert trip.run("sync", "--only", "replies").returncode == 0
    user_db = trip.home / "data" / "user.db"
    user_db.write_bytes(b"")
    told = trip.run("accounts")
    assert "user.db was empty: the copy of" in told.stderr
    assert "Trip" in told.stdout
    assert "user.db" not in trip.run("accounts").stderr, "once"
    (trip.home / "data" / "cache.db").write_bytes(b"nonsense" * 999)
    assert "cache.db was not a file of ascinbox's" in trip.run("outbox").stderr
    newer = sqlite3.connect(user_db)
    newer.execute("PRAGMA user_version = 999")
    newer.commit()
    newer.close()
    refused = trip.run("outbox")
    assert refused.returncode == 78
    assert "written by a newer ascinbox" in refused.stderr
