"""Triage and several replies by commands."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from tests.cli.conftest import Trip
from tests.cli.test_replying import control, landed, unanswered


@pytest.fixture
def ids(trip: Trip) -> list[str]:
    return unanswered(trip, 4)


def state_of(trip: Trip, review_id: str) -> dict[str, object]:
    found: list[dict[str, object]] = trip.json("reviews", "--limit", "0")["reviews"]
    return next(review for review in found if review["id"] == review_id)


def test_marks_one_review_by_its_id_or_its_beginning_and_takes_it_back(trip: Trip, ids: list[str]) -> None:
    first, second, *_ = ids
    assert trip.json("mark", first[:8], "--done", "--tag", "crash")["changed"] == [first]
    assert (state_of(trip, first)["state"], state_of(trip, first)["tags"]) == ("done", ["crash"])
    again = trip.json("mark", first, "--done", "--tag", "crash")
    assert list(again)[3:] == ["changed", "unchanged"]
    assert (again["schema"], again["changed"], again["unchanged"]) == ("ascinbox.mark/1", [], [first])
    trip.json("mark", second, "--note", "ask Ben", "--assign", "Ben", "--snooze", "3d", "--flag", "--read")
    marked = state_of(trip, second)
    assert (marked["note"], marked["assignee"], marked["state"]) == ("ask Ben", "Ben", "snoozed")
    assert marked["snoozed_until"]
    undone = trip.run("undo")
    assert undone.returncode == 0
    assert "Taken back: snooze, assign, flag, read, note, 1 review." in undone.stderr
    assert undone.stdout == f"{second}\n"
    unmarked = state_of(trip, second)
    assert (unmarked["note"], unmarked["assignee"], unmarked["snoozed_until"]) == ("", "", None)
    assert state_of(trip, first)["state"] == "done", "only the last act was taken back"


def test_marks_what_a_filter_or_a_list_names(trip: Trip, ids: list[str]) -> None:
    wanted = [
        review["id"] for review in trip.json("reviews", "is:unanswered rating:5", "--limit", "0")["reviews"]
    ]
    done = trip.json("mark", "is:unanswered rating:5", "--done", "--yes")
    assert sorted(done["changed"]) == sorted(wanted)
    listed = trip.run("mark", "--ids", "-", "--tag", "batch", "--json", stdin="\n".join(ids))
    assert listed.returncode == 0
    assert json.loads(listed.stdout)["changed"] == ids
    assert {r["id"] for r in trip.json("reviews", "tag:batch")["reviews"]} == set(ids)


def test_a_filter_that_fits_several_needs_a_yes_where_nobody_can_be_asked(trip: Trip, ids: list[str]) -> None:
    wanted = trip.json("reviews", "is:unanswered", "--limit", "0")["total"]
    assert wanted > 1
    refused = trip.run("mark", "is:unanswered", "--done")
    assert refused.returncode == 3
    assert f"The filter fits {wanted} reviews" in refused.stderr
    assert "Add --yes." in refused.stderr
    assert trip.run("undo").returncode == 1, "nothing was marked"
    one = trip.run("mark", "--ids", "-", "--tag", "single", stdin=ids[0])
    assert one.returncode == 0
    assert trip.json("mark", "tag:single", "--done")["changed"] == [ids[0]], "one hit needs no yes"
    none = trip.run("mark", "zebracrossing", "--done", "--json")
    assert none.returncode == 0
    assert json.loads(none.stdout)["changed"] == json.loads(none.stdout)["unchanged"] == []
    assert "No review matches" in none.stderr


def test_refuses_before_anything_is_marked(trip: Trip, ids: list[str]) -> None:
    listed = trip.run("mark", "--ids", "-", "--done", stdin=f"{ids[0]} 00000000-unknown")
    assert listed.returncode == 3
    assert "00000000-unknown" in listed.stderr
    assert trip.run("mark", "00000000-0000-0000", "--done").returncode == 3
    assert trip.run("mark", ids[0]).returncode == 3
    assert trip.run("mark", ids[0], "--snooze", "yesterday").returncode == 3
    assert trip.run("mark", ids[0], "--done", "--not-done").returncode == 3
    assert trip.run("--read-only", "mark", ids[0], "--done").returncode == 2
    assert state_of(trip, ids[0])["state"] != "done"
    assert trip.run("undo").returncode == 1


def test_an_ambiguous_beginning_names_the_reviews(trip: Trip, ids: list[str]) -> None:
    rival = ids[0][:8] + "-0000-0000-0000-000000000000"
    with closing(sqlite3.connect(trip.home / "data" / "cache.db")) as cache, cache:
        columns = [row[1] for row in cache.execute("PRAGMA table_info(review)")]
        own = {"key": "key + 1", "id": f"'{rival}'"}
        values = ", ".join(own.get(name, name) for name in columns)
        cache.execute(
            f"INSERT INTO review ({', '.join(columns)}) SELECT {values} FROM review WHERE id = ?", (ids[0],)
        )
    refused = trip.run("mark", ids[0][:8], "--done")
    assert refused.returncode == 3
    assert ids[0] in refused.stderr
    assert rival in refused.stderr
    assert state_of(trip, ids[0])["state"] != "done"
    assert trip.json("mark", ids[0][:12], "--done")["changed"] == [ids[0]]
    assert trip.run("mark", ids[1][:7], "--done").returncode == 0, "seven characters are a word to look for"
    assert state_of(trip, ids[1])["state"] != "done"


def test_activity_tells_every_act_once_and_by_whom(trip: Trip, ids: list[str]) -> None:
    trip.variables["LOGNAME"] = "anna"
    control(trip, "settings", publish_after_s=0.0)
    for _ in range(2):
        assert trip.run("reply", ids[0], "--text", "Thank you.", "--yes").returncode == 0
    trip.run("mark", ids[1], "--done", "--tag", "crash")
    trip.run("undo")
    trip.link(name="Second", role="CUSTOMER_SUPPORT")
    assert trip.run("unlink", "Second", "--yes").returncode == 0
    exported = trip.json("export", "activity")["items"]
    told = [(item["act"], item["state"], item["account"], item["detail"]) for item in exported]
    acts = [one for one in told if one[1] is None]
    assert [one[0] for one in acts] == ["unlink", "link", "undo", "done, tag", "link"]
    assert [one[2] for one in acts[:2]] == ["Second", "Second"]
    assert acts[3][3] == "+crash"
    replies = [item for item in exported if item["state"] is not None]
    assert [(item["act"], item["review"], item["text"]) for item in replies] == [
        ("publish", ids[0], "Thank you.")
    ]
    assert {item["by"] for item in exported if item["account"] != "Trip" or item["state"]} == {"anna"}
    marked = next(item for item in exported if item["act"] == "done, tag")
    assert (marked["review"], marked["reviews"]) == (ids[1], [ids[1]])
    header, *_ = trip.run("export", "activity").stdout.splitlines()
    assert header.endswith("text,detail,by,act,reviews")


def test_several_replies_from_a_file(trip: Trip, ids: list[str]) -> None:
    lines = [
        {"id": ids[0][:12], "text": "Thank you."},
        {"id": ids[1], "text": "Hi {nickname}"},
        {"id": ids[2], "text": "Sorry."},
    ]
    path = trip.home.parent / "batch.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    dry = trip.run("reply", "--batch", str(path))
    assert [json.loads(line)["state"] for line in dry.stdout.splitlines()] == [
        "dry_run",
        "blocked",
        "dry_run",
    ]
    assert dry.returncode == 2
    assert landed(trip) == {}
    sent = trip.run("reply", "--batch", str(path), "--yes")
    told = [json.loads(line) for line in sent.stdout.splitlines()]
    assert [(each["review"], each["state"]) for each in told] == [
        (ids[0], "pending_publish"), (ids[1], "blocked"), (ids[2], "pending_publish"),
    ]  # fmt: skip
    assert sent.returncode == 2
    assert landed(trip) == {(ids[0], "Thank you."): 1, (ids[2], "Sorry."): 1}
    path.write_text(json.dumps(lines[2]) + "\n{broken")
    broken = trip.run("reply", "--batch", str(path), "--yes")
    assert (broken.returncode, broken.stdout) == (3, "")
    assert "batch.jsonl:2" in broken.stderr


def test_a_reply_is_withdrawn(trip: Trip, ids: list[str]) -> None:
    none = trip.run("withdraw", ids[0], "--yes")
    assert none.returncode == 3
    assert trip.json("reply", ids[0], "--text", "Thank you.", "--yes")["state"] == "pending_publish"
    dry = trip.json("withdraw", ids[0][:8])
    assert (dry["review"], dry["state"], dry["text"]) == (ids[0], "dry_run", "Thank you.")
    gone = trip.json("withdraw", ids[0][:8], "--yes")
    assert (gone["review"], gone["state"]) == (ids[0], "withdrawn")
    assert state_of(trip, ids[0])["reply"] is None
    assert trip.run("--read-only", "withdraw", ids[0], "--yes").returncode == 2


def test_times_to_answer_by_have_a_column_where_there_are_rules(trip: Trip, ids: list[str]) -> None:
    def table() -> list[str]:
        done = trip.run("reviews", "is:unanswered", "--limit", "0")
        assert done.returncode == 0
        return done.stdout.splitlines()

    without = table()
    assert "DUE" not in without[0]
    config = trip.home / "config" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    kept = config.read_text() if config.exists() else ""
    config.write_text(kept + '\n[sla]\n"rating:<=2" = "1h"\n"rating:3" = "9999d"\n')
    heads, *rows = table()
    assert heads.split() == ["ID", "STATE", "DUE", "STARS", "DATE", "WHERE", "APP", "REVIEW"]
    start, end = heads.index("DUE"), heads.index("STARS")
    assert [row[:start] + row[end:] for row in (heads, *rows)] == without
    said = {(row[end : end + 2], row[start:end].split(" ")[0]) for row in rows}
    expected = {"1*": "overdue", "2*": "overdue", "3*": "due"}
    assert all(word == expected.get(stars, "") for stars, word in said)
    assert {"overdue", ""} < {word for _, word in said}
