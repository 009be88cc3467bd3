"""`ascinbox health` on a team: a database that is away, or that refuses, is not all well."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from ascinbox.store.queue.team import knock
from tests.cli.conftest import Trip
from tests.cli.team_crew import Crew
from tests.postgres import PostgresServer

HOUR = ("--max-age", "1h")


def checked(home: Trip, *more: str) -> tuple[int, str]:
    done = home.run("health", *more)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_database_that_is_away_is_named_to_members_and_workers(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    paul = crew.member("paul", "publisher")
    homes = (paul, crew.worker)
    for home in homes:
        assert checked(home)[0] == checked(home, *HOUR)[0] == 0
        told = home.json("health")["team"]
        assert (told["name"], told["state"], told["detail"], told["fix"]) == ("North", "ok", "", "")
    crew.server.stop("fast")
    try:
        for home in homes:
            for words in ((), HOUR, ("--account", "Trip"), ("--only", "reviews", *HOUR)):
                code, line = checked(home, *words)
                assert (code, "1 to watch: team North offline | ok=" in line) == (1, True), (words, line)
                assert " warn=1 crit=0 " in line
            fixes = checked(home, "--fix")[1].splitlines()
            assert fixes[1] == "Team North: ! offline"
            assert "cannot be reached" in fixes[2]
            assert "See whether PostgreSQL runs there" in fixes[3]
            told = home.json("health", *HOUR, exits=1)
            assert (told["status"], told["team"]["state"]) == ("WARNING", "offline")
            # As for a store: worse when it is longer ago than what was asked for, or a day.
            code, line = checked(home, "--max-age", "0s")
            assert (code, "team North offline" in line) == (2, True)
        old = paul.home / "state" / "team" / "team-complete"
        os.utime(old, (old.stat().st_mtime - 90_000,) * 2)
        assert checked(paul)[0] == 2
        assert "Nothing is synced and nothing is sent" in checked(crew.worker, "--fix")[1]
    finally:
        crew.server.start()
    for home in homes:
        assert checked(home, *HOUR)[0] == 0


def test_a_person_alone_has_no_word_of_a_team(trip: Trip) -> None:
    trip.link()
    assert "team" not in trip.json("health")


def test_a_young_verdict_asks_only_whether_a_server_answers(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew.make()
    paul = crew.member("paul", "publisher")
    paul.json("health")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "psycopg", None)
        assert paul.json("health", *HOUR)["team"]["state"] == "ok"
        assert paul.json("health", exits=2)["team"]["state"] == "rejected"
        # What has been refused is asked once more, however young.
        assert paul.json("health", *HOUR, exits=2)["team"]["state"] == "rejected"
    assert paul.json("health", *HOUR)["team"]["state"] == "ok"


def test_a_login_that_was_taken_away_is_to_fix(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    paul = crew.member("paul", "publisher")
    assert crew.worker.run("team", "remove", "paul", "--yes").returncode == 0
    code, line = checked(paul)
    assert (code, "1 to fix: team North rejected" in line) == (2, True)
    assert "switched off" in checked(paul, "--fix", *HOUR)[1]


def test_a_member_sees_with_health_what_the_workers_found_just_now(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    paul = crew.member("paul", "publisher")
    found = crew.worker.json("health")["accounts"][0]["capabilities"]["reviews"]["checked_at"]
    assert paul.json("health")["accounts"][0]["capabilities"]["reviews"]["checked_at"] == found


def test_a_machine_that_takes_connections_and_says_nothing_is_away_soon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(knock, "WAITS_S", 0.05)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = str(silent.getsockname()[1])
        with pytest.raises(TimeoutError):
            knock.is_there({"host": "127.0.0.1", "port": port})
    with pytest.raises(ConnectionRefusedError):
        knock.is_there({"host": "127.0.0.1", "port": port})
    with pytest.raises(FileNotFoundError):
        knock.is_there({"host": str(tmp_path), "port": port})


@pytest.mark.parametrize("parts", [{"host": "a,b"}, {"host": "a", "port": "1,2"}, {"host": "@abstract"}])
def test_several_hosts_are_left_to_the_driver(parts: dict[str, str]) -> None:
    assert knock.is_there(parts, {}) is None


def test_a_team_without_a_worker_is_named_with_what_to_do(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    paul = crew.member("paul", "publisher")
    adam = crew.member("adam", "admin")
    assert checked(paul)[0] == 0
    with psycopg.connect(crew.url(), autocommit=True) as root:
        root.execute("UPDATE ascinbox.worker SET seen_at = seen_at - 299")
        assert checked(paul)[0] == 0
        root.execute("UPDATE ascinbox.worker SET seen_at = seen_at - 3 * 3600")
    for home in (paul, adam, crew.worker):
        code, line = checked(home)
        assert (code, "1 to watch: team North stalled (no worker) |" in line) == (1, True), line
        told = home.json("health", exits=1)
        assert told["status"] == "WARNING"
        assert told["team"]["state"] == "stalled"
        assert told["team"]["detail"].startswith("No worker of this team was seen for 3 h")
        assert "sync --watch" in told["team"]["fix"]
        # Heard once, it is asked again, however young.
        assert checked(home, *HOUR)[0] == 1
        assert "No worker of this team was seen" in checked(home, "--fix", *HOUR)[1]
    crew.worker.json("sync", "--only", "reviews")
    for home in (paul, adam, crew.worker):
        assert checked(home, *HOUR)[0] == 0


def test_a_team_without_an_account_is_not_well(trip: Trip, postgres: PostgresServer, tmp_path: Path) -> None:
    crew = Crew(trip, postgres, tmp_path / "homes")
    crew.make()
    paul = crew.member("paul", "publisher")
    for home in (paul, trip):
        code, line = checked(home)
        assert (code, "1 to watch: team North stalled (no account) |" in line) == (1, True), line
        assert "No account of a store is linked" in home.json("health", exits=1)["team"]["detail"]
        assert "ascinbox link" in checked(home, "--fix")[1]
