"""Google Play by command, from a service account to a published reply, against its simulator."""

from __future__ import annotations

import pytest

from ascinbox.simulator.play.app import PlayFault
from ascinbox.simulator.play.world import make_account
from tests.cli.play_desk import MOON, TIDE, Google

TEXT = "Thank you for telling us. The next version puts this right."


def test_it_is_linked_synced_answered_and_filled_with_the_past(google: Google) -> None:
    linked = google.link("--bucket", google.sim.world.bucket)
    assert linked.returncode == 0, linked.stderr
    assert google.run("sync", "--only", "reviews,replies").returncode == 0
    listed = google.json("reviews", "--limit", "0")["reviews"]
    shown = {r.id: r for package in (TIDE, MOON) for r in google.sim.world.listed(package, google.sim.now())}
    assert {entry["id"].rpartition(":")[2] for entry in listed} == {i.rpartition(":")[2] for i in shown}
    entry = next(e for e in listed if e["reply"] is None)
    package, _, native = entry["id"].removeprefix("play:").partition(":")
    there = shown[native]
    assert (entry["store"], entry["app"]["id"], entry["rating"]) == ("play", package, there.stars)
    assert (entry["device"], entry["app_version"]) == (there.device, there.version[1])

    before = google.sim.gets(TIDE), google.sim.gets(MOON)
    assert google.run("sync", "--only", "reviews,replies").returncode == 0
    assert google.sim.gets(TIDE) - before[0] <= 2
    assert google.sim.gets(MOON) - before[1] <= 2

    assert google.run("reply", entry["id"], "--text", "x" * 351, "--yes").returncode == 2
    sent = google.run("reply", entry["id"], "--text", TEXT, "--yes", "--wait")
    assert sent.returncode == 0, sent.stderr
    assert there.reply == TEXT

    first = google.json("import")
    assert first["new"] > 0
    again = google.json("import")
    assert (again["new"], again["changed"], again["ratings"]) == (0, 0, 0)
    after = google.json("reviews", "--limit", "0")
    assert after["total"] == len(listed) + first["new"]
    assert google.json("reviews", "store:apple")["total"] == 0
    on_it = google.json("reviews", f"store:play device:{there.device}")["reviews"]
    assert {found["device"] for found in on_it} == {there.device}
    health = google.json("health")
    cells = health["accounts"][0]["capabilities"]
    assert [cells[name]["state"] for name in ("reviews", "reply", "bulk_reports")] == ["ok", "ok", "ok"]


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ("api", "is not enabled"),
        ("invitation", "not invited"),
        ("package", "knows no package com.example.tode"),
        ("key", "was deleted"),
        ("clock", "clock is"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(google: Google, trouble: str, says: str) -> None:
    more: tuple[str, ...] = ()
    match trouble:
        case "api":
            google.account.api_enabled = False
        case "invitation":
            google.account.packages.clear()
        case "package":
            more = ("--packages", f"{TIDE},com.example.tode")
        case "key":
            google.account.deleted = True
        case "clock":
            google.sim.settings.skew_s = -7200
    done = google.link(*more)
    assert done.returncode == 2
    assert says in done.stderr
    assert google.json("accounts")["accounts"] == []


def test_a_single_review_that_refuses_replies_says_nothing_about_the_account(google: Google) -> None:
    google.link()
    google.run("sync")
    ids = [e["id"] for e in google.json("reviews", "is:unanswered", "--limit", "0")["reviews"]]
    package, _, native = ids[0].removeprefix("play:").partition(":")
    google.sim.world.packages[package][native].refuses_replies = True
    refused = google.run("reply", ids[0], "--text", TEXT, "--yes", "--wait")
    assert refused.returncode == 2
    assert google.run("reply", ids[1], "--text", TEXT, "--yes", "--wait").returncode == 0
    assert google.json("health")["status"] == "OK"


def test_a_lost_answer_is_found_out_by_reading_back(google: Google) -> None:
    google.link()
    google.run("sync")
    (entry, *_) = google.json("reviews", "is:unanswered")["reviews"]
    google.sim.faults.append(PlayFault(":reply", "lose"))
    done = google.run("reply", entry["id"], "--text", TEXT, "--yes", "--wait")
    assert done.returncode == 0, done.stderr
    assert [text for _, _, text in google.sim.world.replies] == [TEXT]


def test_a_new_key_and_other_packages_keep_what_was_read(google: Google) -> None:
    google.link("--packages", TIDE)
    google.run("sync")
    count = google.json("reviews")["total"]
    assert google.run("rotate", "Android", "--packages", f"{TIDE},{MOON}").returncode == 0
    renewed = make_account(google.account.email, {TIDE, MOON}, seed=8)
    google.sim.world.accounts[renewed.email] = renewed
    done = google.run("rotate", "Android", "--service-account", google.file(renewed), "--yes")
    assert done.returncode == 0, done.stderr
    assert google.run("sync").returncode == 0
    assert google.json("reviews")["total"] > count


def test_an_app_has_the_name_that_the_person_gives_it(google: Google) -> None:
    google.link()
    google.run("sync")
    config = google.folder / "home" / "config" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f'[apps]\n"Tide Clock" = ["1588402217", "{TIDE}"]\n', "utf-8")
    first = google.json("reviews", 'app:"Tide Clock"')
    assert {entry["app"]["id"] for entry in first["reviews"]} == {TIDE}
    google.run("sync")
    assert google.json("reviews", 'app:"Tide Clock"')["total"] == first["total"] > 0


def test_listings_of_google_play_are_said_not_to_be_handled(google: Google) -> None:
    google.link()
    folder = str(google.folder / "metadata")
    for what in ("pull", "diff", "push"):
        refused = google.run("listing", what, folder, "--app", TIDE)
        assert refused.returncode == 3
        assert f"{TIDE} is an app of Google Play, whose listings are not handled" in refused.stderr
    refused = google.run("listing", "pull", folder, "--account", "Android")
    assert refused.returncode == 3
    assert "Android is an account of Google Play, whose listings are not handled" in refused.stderr
    assert "No linked app" in google.run("listing", "pull", folder, "--app", "com.example.other").stderr
