"""What becomes of a reply that others on the team wrote, read or approved, by commands."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.cli.conftest import Trip
from tests.cli.team_crew import Crew

pytestmark = pytest.mark.slow

FIRST, SECOND = "Thank you for telling us.", "We are sorry to hear that."


@pytest.fixture
def three(crew: Crew) -> tuple[Trip, Trip, str]:
    """Anna who drafts, Paul who publishes, and a review that nobody has answered."""
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    anna, paul = crew.member("anna", "replier"), crew.member("paul", "publisher")
    return anna, paul, crew.unanswered(anna)


def log_of(crew: Crew, *verbs: str) -> list[dict[str, Any]]:
    lines = crew.worker.run("team", "log", "--export", "-").stdout.splitlines()
    return [act for act in map(json.loads, lines) if act["verb"] in verbs]


def activity(home: Trip) -> list[tuple[str, str, str]]:
    """Who did what to which review, the last first."""
    rows = csv.DictReader(home.run("export", "activity").stdout.splitlines())
    return [(row["by"], row["act"], row["review"]) for row in rows if row["review"] and not row["state"]]


def test_a_new_text_in_the_place_of_an_approved_one_is_told_and_logged(
    crew: Crew, three: tuple[Trip, Trip, str]
) -> None:
    anna, paul, review = three
    reply = ("reply", review, "--text", SECOND)
    anna.json("reply", review, "--text", FIRST, "--yes", exits=1)
    mine = anna.json(*reply)
    assert [one["rule"] for one in mine["findings"] if one["rule"] == "replaces"] == []
    approved = paul.json("approve", review, "--yes", exits=1)
    assert approved["detail"] == "approved by paul, goes out next"
    anna.json("sync")
    assert anna.json("outbox")["items"][0]["detail"] == "approved by paul, goes out next"

    said = "this takes back the text that paul approved, and a publisher has to read the new one"
    dry = anna.json(*reply)
    assert (dry["state"], said in dry["detail"]) == ("dry_run", True)
    assert anna.json("outbox")["items"][0]["state"] == "queued"
    strict = anna.json(*reply, "--yes", "--strict", exits=2)
    assert (strict["state"], said in strict["detail"]) == ("blocked", True)
    sent = anna.run(*reply, "--yes")
    assert (sent.returncode, f"warn: {said}" in sent.stderr) == (1, True)
    assert "waiting: by anna" in sent.stderr

    (told,) = log_of(crew, "replace")
    assert (told["who"], told["subject"], told["reviews"]) == ("anna", "anna", [review])
    assert told["detail"].endswith(" queued approved by paul")
    paul.json("sync")
    assert activity(paul) == [("anna", "replace", review), ("paul", "approve", review)]
    assert [item["state"] for item in paul.json("outbox")["items"]] == ["waiting"]


def test_taking_back_what_was_approved_is_told_and_logged(crew: Crew, three: tuple[Trip, Trip, str]) -> None:
    anna, paul, review = three
    anna.json("reply", review, "--text", FIRST, "--yes", exits=1)
    paul.json("approve", review, "--yes", exits=1)
    undone = anna.run("undo")
    assert "The reply is a draft again, no longer approved by paul; nothing was sent." in undone.stderr
    (told,) = log_of(crew, "take back")
    assert told["detail"].endswith(" approved by paul")
    paul.json("sync")
    assert activity(paul) == [("anna", "take back", review), ("paul", "approve", review)]


def test_a_publisher_is_told_whose_reply_gives_way(crew: Crew, three: tuple[Trip, Trip, str]) -> None:
    anna, paul, review = three
    anna.json("reply", review, "--text", FIRST, "--yes", exits=1)
    said = "this replaces the reply by anna, which is not sent yet"
    assert said in paul.run("reply", review, "--text", SECOND).stderr
    sent = paul.run("reply", review, "--text", SECOND, "--yes")
    assert (sent.returncode, said in sent.stderr) == (1, True)
    (told,) = log_of(crew, "replace")
    assert (told["who"], told["subject"]) == ("paul", "anna")
    for more in ((), ("--yes",)):
        refused = anna.run("reply", review, "--text", FIRST, *more)
        assert (refused.returncode, "only a publisher can replace it" in refused.stderr) == (2, True)


def test_taking_back_the_second_text_in_its_place_gives_the_first_back(
    crew: Crew, three: tuple[Trip, Trip, str]
) -> None:
    anna, paul, review = three
    anna.json("reply", review, "--text", FIRST, "--yes", exits=1)
    for text in (SECOND, f"{SECOND} Soon."):
        paul.json("reply", review, "--text", text, "--yes", exits=1)
    paul.json("undo")
    (told,) = log_of(crew, "send back")
    assert (told["who"], told["subject"], told["reviews"]) == ("paul", "anna", [review])
    anna.json("sync")
    assert [row["id"] for row in anna.json("reviews", "is:draft")["reviews"]] == [review]


def test_a_reply_that_waits_is_taken_back_by_withdraw(crew: Crew, three: tuple[Trip, Trip, str]) -> None:
    anna, paul, review = three
    nothing = anna.run("withdraw", review, "--yes")
    assert (nothing.returncode, "There is no reply at Apple" in nothing.stderr) == (3, True)

    anna.json("reply", review, "--text", FIRST, "--yes", exits=1)
    dry = anna.json("withdraw", review)
    assert (dry["state"], dry["text"]) == ("dry_run", FIRST)
    assert dry["detail"] == (
        "By anna, waits for a publisher. Nothing was taken back. --yes makes it a draft again."
    )
    others = paul.run("withdraw", review, "--yes")
    assert others.returncode == 2
    assert "The reply is anna's and waits for a publisher." in others.stderr
    assert "B on the screen does that." in others.stderr
    assert [item["state"] for item in anna.json("outbox")["items"]] == ["waiting"]

    taken = anna.json("withdraw", review, "--yes")
    assert (taken["state"], taken["text"]) == ("undone", FIRST)
    assert taken["detail"] == "The reply is a draft again; nothing was sent."
    assert anna.json("outbox")["items"] == []
    assert anna.run("withdraw", review, "--yes").returncode == 3
    assert paul.run("approve", review, "--yes").returncode == 3


def test_a_queued_reply_is_taken_back_by_withdraw(crew: Crew, three: tuple[Trip, Trip, str]) -> None:
    anna, paul, review = three
    anna.json("reply", review, "--text", FIRST, "--yes", exits=1)
    paul.json("approve", review, "--yes", exits=1)
    dry = anna.json("withdraw", review)
    assert dry["detail"].startswith("Approved by paul, goes out next. Nothing was taken back.")
    taken = anna.json("withdraw", review, "--yes")
    assert taken["detail"] == "The reply is a draft again, no longer approved by paul; nothing was sent."

    anna.json("reply", review, "--text", SECOND, "--yes", exits=1)
    paul.json("approve", review, "--yes", exits=1)
    assert paul.json("withdraw", review)["detail"].endswith("--yes makes it a draft of anna's again.")
    back = paul.json("withdraw", review, "--yes")
    assert (back["state"], back["text"]) == ("undone", SECOND)
    assert back["detail"] == "The reply is a draft of anna's again; nothing was sent."

    paul.json("reply", review, "--text", FIRST, "--yes", exits=1)
    refused = anna.run("withdraw", review, "--yes")
    assert (refused.returncode, "only paul or a publisher changes it" in refused.stderr) == (2, True)
    away = paul.run("withdraw", review, "--yes", "--offline")
    assert (away.returncode, "started with --offline" in away.stderr) == (2, True)


def test_what_is_refused_while_the_database_is_away_is_said_once_and_truly(
    crew: Crew, three: tuple[Trip, Trip, str]
) -> None:
    anna, paul, review = three
    anna.json("reply", review, "--text", FIRST, "--yes", exits=1)
    paul.json("sync")
    crew.server.stop("fast")
    try:
        for home, *command in (
            (anna, "withdraw", review, "--yes"),
            (anna, "reply", review, "--text", SECOND, "--yes"),
            (paul, "approve", review, "--yes"),
        ):
            refused = home.run(*command)
            assert refused.returncode == 2, refused.stderr
            assert refused.stderr.count("The team's database cannot be reached") == 1, refused.stderr
            assert "  Nothing was done. Do it again when it is back." in refused.stderr.splitlines()
            assert "What you do is kept" not in refused.stderr
        marked = anna.run("mark", review, "--flag")
        assert marked.returncode == 0
        assert marked.stderr.count("What you do is kept and sent when it is back") == 1
        looked = anna.run("withdraw", review)
        assert looked.stderr.count("The team's database cannot be reached") == 1
    finally:
        crew.server.start()


def test_what_a_person_alone_has_queued_is_taken_back_by_withdraw(trip: Trip) -> None:
    trip.link()
    trip.json("sync", "--only", "reviews")
    review = trip.json("reviews", "is:unanswered", "--limit", "1")["reviews"][0]["id"]
    assert trip.json("reply", review, "--text", FIRST, "--yes", "--offline", exits=1)["state"] == "queued"
    assert trip.json("withdraw", review, "--offline")["state"] == "dry_run"
    taken = trip.json("withdraw", review, "--yes", "--offline")
    assert (taken["state"], taken["text"]) == ("undone", FIRST)
    assert trip.json("outbox")["items"] == []


def test_a_deletion_says_that_a_text_that_waits_gives_way(crew: Crew, three: tuple[Trip, Trip, str]) -> None:
    anna, paul, review = three
    paul.json("reply", review, "--text", FIRST, "--yes", exits=1)
    crew.worker.json("sync", "--only", "reviews,replies")
    anna.json("reply", review, "--text", SECOND, "--yes", exits=1)
    dry = anna.json("withdraw", review)
    assert (dry["state"], dry["text"]) == ("dry_run", FIRST)
    assert [one["sentence"] for one in dry["findings"]] == ["your text that is not sent gives way"]
    assert "the text by anna that is not sent gives way" in paul.run("withdraw", review).stderr


def test_a_reply_that_no_worker_sends_is_told_of(crew: Crew, three: tuple[Trip, Trip, str]) -> None:
    _, paul, review = three
    paul.json("reply", review, "--text", FIRST, "--yes", exits=1)
    assert paul.json("outbox")["items"][0]["detail"].startswith("goes out ")
    (kept,) = paul.home.rglob("team/user.db")
    with closing(sqlite3.connect(kept)) as files, files:
        files.execute("UPDATE outbox SET send_after = send_after - 260")
    said = paul.json("outbox")["items"][0]["detail"]
    assert said.startswith("due for "), said
    assert said.endswith(" min and not sent; see whether a worker of the team runs")
