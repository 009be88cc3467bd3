"""Commands that only read say when what they read is an old copy of the team's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Trip
from tests.cli.team_crew import Crew

READING = (
    ("reviews", "is:waiting"),
    ("reviews", "--json"),
    ("reviews", "--csv"),
    ("outbox",),
    ("outbox", "--json"),
    ("accounts",),
    ("metrics", "--source", "reviews"),
    ("export", "reviews"),
    ("export", "activity"),
)


def aged(home: Trip, seconds: float) -> None:
    """As if the copy had last been complete so long ago."""
    complete = home.home / "state" / "team" / "team-complete"
    at = complete.stat().st_mtime - seconds
    os.utime(complete, (at, at))


def said(home: Trip, *command: str) -> list[str]:
    """What a command says of the copy, on stderr; its stdout has no word of it."""
    done = home.run(*command)
    assert "This copy" not in done.stdout
    return [line for line in done.stderr.splitlines() if line.startswith("This copy")]


@pytest.mark.slow
@pytest.mark.parametrize("works", [False, True])
def test_a_copy_that_nothing_followed_is_called_old(crew: Crew, works: bool) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews,replies")
    home = crew.worker if works else crew.member("anna", "replier")
    assert [said(home, *command) for command in READING] == [[]] * len(READING)
    aged(home, 44 * 60)
    assert said(home, "reviews") == []
    aged(home, 3 * 3600)
    old = "This copy is 3 h old: nothing has followed the team since. Fetch: ascinbox sync"
    assert [said(home, *command) for command in READING] == [[old]] * len(READING)
    for command in ("outbox", "health"):
        assert said(home, command, "--offline") == [old]
    home.json("sync")
    assert said(home, "reviews") == []

    (home.home / "config").mkdir(exist_ok=True)
    (home.home / "config" / "config.toml").write_text("[sync]\nevery_minutes = 120\n")
    aged(home, 3 * 3600)
    assert said(home, "reviews") == []
    (home.home / "config" / "config.toml").write_text("[sync]\nevery_minutes = 0\n")
    assert said(home, "reviews") == [old]


def test_a_database_that_could_not_be_asked_is_why(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews,replies")
    anna = crew.member("anna", "replier")
    aged(anna, 300)
    crew.server.stop("fast")
    try:
        assert said(anna, "reviews") == [], "nobody asks"
        assert anna.run("sync").returncode == 2
        words = "min old: the team's database could not be asked the last time. Fetch: ascinbox sync"
        for command in READING:
            (line,) = said(anna, *command)
            assert line.endswith(words)
    finally:
        crew.server.start()
    anna.json("sync")
    assert said(anna, "reviews") == []


def test_what_was_never_complete_says_so(crew: Crew) -> None:
    crew.make()
    anna = crew.member("anna", "replier")
    Path(anna.home, "state", "team", "team-complete").unlink()
    assert said(anna, "outbox") == [
        "This copy was never complete: nothing has followed the team since. Fetch: ascinbox sync"
    ]


def test_a_person_alone_has_no_copy(trip: Trip) -> None:
    trip.link()
    trip.json("sync", "--only", "reviews")
    assert [said(trip, *command) for command in READING] == [[]] * len(READING)
