"""Every command of docs/team.md and README about a team works, in the order of the page."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

from tests.cli.conftest import Trip, simulator, trip
from tests.docs.test_documented_commands import COMMANDS
from tests.postgres import PostgresServer

__all__ = ["simulator", "trip"]


def lines_of(page: str) -> list[str]:
    return [each.line for each in COMMANDS if each.page == page and each.line.startswith("ascinbox team ")]


def test_the_commands_of_the_pages_work_in_their_order(
    trip: Trip, postgres: PostgresServer, tmp_path: Path
) -> None:
    trip.link()
    trip.json("sync", "--only", "reviews")
    for number, page in enumerate(("docs/team.md", "README.md", "docs/commands.md")):
        lines = lines_of(page)
        assert lines, page
        database = postgres.database()
        home = trip if number == 0 else replace(trip, home=tmp_path / f"home{number}")
        for line in lines:
            words = shlex.split(line)[1:]
            user = re.search(r"postgresql://(\w+)@", line)
            who = postgres.superuser if words[1] == "init" or user is None else user[1]
            words = [
                postgres.url(database, who) if each.startswith("postgresql://") else each for each in words
            ]
            runs = replace(home, home=tmp_path / f"{who}{number}") if words[1] == "join" else home
            asks = ["--yes"] if words[1] in ("init", "join") else []
            done = runs.run(*words, *asks)
            assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert not trip.home.joinpath("data", "team").exists()
