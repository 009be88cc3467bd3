"""A team with an account of Google Play: what members read, answer and approve, over a real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.play_desk import TIDE, Google
from tests.postgres import PostgresServer

TEXT = "Thank you for telling us. The next version puts this right."


@pytest.mark.slow
def test_members_answer_reviews_of_google_play_and_the_worker_sends(
    google: Google, postgres: PostgresServer, tmp_path: Path
) -> None:
    database = postgres.database()
    assert google.link().returncode == 0
    made = google.run("team", "init", postgres.url(database), "--name", "North", "--yes")
    assert made.returncode == 0, made.stderr
    assert google.run("sync", "--only", "reviews,replies").returncode == 0

    def member(name: str, level: str) -> Google:
        assert google.run("team", "add", name, "--level", level, "--apply").returncode == 0
        home = replace(google, folder=tmp_path / name)
        joined = home.run("team", "join", postgres.url(database, name), "--yes")
        assert joined.returncode == 0, joined.stderr
        return home

    anna, paul = member("anna", "replier"), member("paul", "publisher")
    asked = google.sim.gets(TIDE)
    mine = anna.json("reviews", "store:play", "--limit", "0")["reviews"]
    assert {entry["id"] for entry in mine} == {
        entry["id"] for entry in google.json("reviews", "--limit", "0")["reviews"]
    }
    entry = next(e for e in mine if e["reply"] is None and e["app"]["id"] == TIDE)
    (there,) = (r for r in google.sim.world.packages[TIDE].values() if entry["id"].endswith(r.id))
    assert (entry["device"], entry["store"]) == (there.device, "play")

    long = anna.run("reply", entry["id"], "--text", "x" * 351, "--yes")
    assert long.returncode == 2
    assert "351 of 350 characters" in long.stderr
    handed = anna.run("reply", entry["id"], "--text", TEXT, "--yes", "--json")
    assert (handed.returncode, '"state": "waiting"' in handed.stdout) == (1, True), handed.stderr
    assert paul.run("approve", entry["id"], "--yes").returncode == 1
    assert google.sim.world.replies == [], "a member sends nothing"
    assert google.sim.gets(TIDE) == asked, "a member asks nothing"

    assert google.run("sync", "--only", "reviews,replies").returncode == 0
    assert there.reply == TEXT
    assert [text for _, _, text in google.sim.world.replies] == [TEXT]
    assert anna.run("sync").returncode == 0
    read = anna.json("reviews", "is:answered", "--limit", "0")["reviews"]
    assert next(e for e in read if e["id"] == entry["id"])["reply"]["text"] == TEXT
    # Google has no way to delete a reply, and says so to a member as to anybody.
    refused = paul.run("withdraw", entry["id"], "--yes")
    assert (refused.returncode, "cannot delete a reply" in refused.stderr) == (3, True)


def test_past_reviews_are_read_in_where_a_worker_runs(
    google: Google, postgres: PostgresServer, tmp_path: Path
) -> None:
    database = postgres.database()
    assert google.link().returncode == 0
    assert google.run("team", "init", postgres.url(database), "--yes").returncode == 0
    assert google.run("team", "add", "paul", "--level", "publisher", "--apply").returncode == 0
    paul = replace(google, folder=tmp_path / "paul")
    assert paul.run("team", "join", postgres.url(database, "paul"), "--yes").returncode == 0
    files = []
    for name, data in google.sim.world.monthly_files().items():
        if TIDE in name:
            files.append(tmp_path / name.rpartition("/")[2])
            files[-1].write_bytes(data)
    refused = paul.run("import", *map(str, files))
    assert (refused.returncode, "A member of a team asks no store" in refused.stderr) == (2, True)
    assert paul.json("reviews", "--limit", "0")["total"] == 0
    read = google.json("import", *map(str, files))
    assert read["new"] > 0
    assert paul.run("sync").returncode == 0
    assert paul.json("reviews", "--limit", "0")["total"] == read["new"]


def test_a_member_is_told_where_listings_are_read(
    google: Google, postgres: PostgresServer, tmp_path: Path
) -> None:
    database = postgres.database()
    assert google.link().returncode == 0
    assert google.run("team", "init", postgres.url(database), "--yes").returncode == 0
    assert google.run("team", "add", "vera", "--level", "viewer", "--apply").returncode == 0
    vera = replace(google, folder=tmp_path / "vera")
    assert vera.run("team", "join", postgres.url(database, "vera"), "--yes").returncode == 0
    pulled = vera.run("listing", "pull", str(tmp_path / "texts"))
    assert pulled.returncode == 2, pulled.stderr
    assert "A member of a team asks no store" in pulled.stderr
    assert not (tmp_path / "texts").exists()
