"""Addresses and servers that a team is not joined at: each a sentence, and the home stays as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg

from tests.cli.conftest import Trip
from tests.cli.team_crew import Crew
from tests.postgres import PostgresServer
from tests.store.team import test_tls

certified = test_tls.secured
"""A server that shows a certificate for db.example, and a team in it."""


def untouched(trip: Trip) -> bool:
    """Whether nothing was joined and no password kept."""
    return not [
        path for path in trip.home.rglob("*") if path.name == "joined.json" or path.suffix == ".password"
    ]


def test_a_wrong_password_and_another_name_join_nothing(
    trip: Trip, certified: tuple[PostgresServer, str], tmp_path: Path
) -> None:
    own, database = certified
    root = tmp_path / "root.crt"
    shutil.copy(own.data / "server.crt", root)

    def join(host: str, password: str, more: str = "") -> tuple[int, str]:
        url = f"postgresql://rita@{host}:{own.port}/{database}?hostaddr=127.0.0.1&sslrootcert={root}{more}"
        done = trip.run("team", "join", url, "--password-stdin", "--vault", "file", "--yes", stdin=password)
        return done.returncode, done.stderr

    for host, password, more, exits, said in (
        ("db.example", "wr0ng\n", "", 2, "refused the password"),
        ("other.example", "right\n", "", 2, "certificate for another name"),
        ("db.example", "right\n", "&sslmode=require", 3, "sslmode=require does not check who answers"),
    ):
        code, words = join(host, password, more)
        assert said in words, words
        assert code == exits
        assert password.strip() not in words
        assert untouched(trip)


def test_a_database_of_another_version_is_touched_by_nothing(
    trip: Trip, postgres: PostgresServer, tmp_path: Path
) -> None:
    trip.link()
    url = postgres.url(postgres.database())
    made = trip.run("team", "init", url, "--name", "North", "--yes")
    assert made.returncode == 0, made.stderr
    with psycopg.connect(url, autocommit=True) as root:
        root.execute("ALTER TABLE ascinbox.option DISABLE TRIGGER ALL")
        root.execute("UPDATE ascinbox.option SET value = '99' WHERE name = 'version'")
    for command in (("team", "list"), ("team", "upgrade", "--yes"), ("sync",)):
        done = trip.run(*command)
        assert (done.returncode, "newer ascinbox" in done.stderr) == (78, True), (command, done.stderr)
    other = Trip(trip.hello, tmp_path / "other", trip.variables)
    joined = other.run("team", "join", url, "--yes")
    assert joined.returncode == 78, joined.stderr
    assert untouched(other)


def test_who_may_not_work_or_reaches_nobody_keeps_nothing(
    trip: Trip, postgres: PostgresServer, tmp_path: Path
) -> None:
    trip.link()
    url = postgres.url(postgres.database())
    for command in (
        ("init", url, "--name", "North", "--yes"),
        ("add", "rosa", "--level", "replier", "--apply"),
    ):
        assert trip.run("team", *command).returncode == 0
    other = Trip(trip.hello, tmp_path / "other", trip.variables)
    there = "postgresql://rosa@localhost:1/inbox"
    empty = postgres.url(postgres.database(), "rosa")
    hers = url.replace(f"{postgres.superuser}@", "rosa@")
    for words, exits, said in (
        ((hers, "--worker"), 3, "a worker's login is worker or admin"),
        ((hers, "--apps", "1"), 3, "The team knows no app 1"),
        ((there,), 2, "Nothing was changed here"),
        ((f"{there}?sslmode=foo",), 3, "sslmode=foo is none of disable, allow, prefer, require, verify-ca"),
        ((f"{there}?connect_timeout=abc",), 3, "connect_timeout=abc is no whole number"),
        ((f"{there}?sslrootcert=/nowhere/ca.crt",), 3, "sslrootcert=/nowhere/ca.crt"),
        ((empty,), 78, "This database holds no team"),
    ):
        done = other.run("team", "join", *words, "--password-stdin", "--vault", "file", "--yes", stdin="pw\n")
        assert done.returncode == exits, done.stderr
        assert said in done.stdout + done.stderr
        assert untouched(other), said
    made = other.run("team", "init", "postgresql://rosa@localhost:1/inbox", "--yes")
    assert made.returncode == 2
    assert "cannot be reached" in made.stderr
    assert "is kept and sent" not in made.stderr


def test_who_may_not_upgrade_is_told_whom_to_ask_before_being_asked(crew: Crew) -> None:
    crew.make()
    maker = crew.worker.json("team", "status")["me"]
    with psycopg.connect(crew.url(), autocommit=True) as root:
        for name, level in (("adam", "admin"), ("paul", "publisher")):
            home = crew.member(name, level)
            root.execute("ALTER TABLE ascinbox.option DISABLE TRIGGER ALL")
            root.execute("UPDATE ascinbox.option SET value = 'old' WHERE name = 'hash'")
            for more in ((), ("--yes",)):
                done = home.run("team", "upgrade", *more)
                assert done.returncode == 2, done.stderr
                assert "This login may not upgrade the team" in done.stderr
                assert f"Ask {maker} or a superuser: ascinbox team upgrade." in done.stderr
                assert "Nobody is here" not in done.stderr
            found = root.execute("SELECT value FROM ascinbox.option WHERE name = 'hash'").fetchone()
            assert found == ("old",)
            assert crew.worker.run("team", "upgrade", "--yes").returncode == 0
