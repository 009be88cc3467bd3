"""A worker's home and homes of members, over a real PostgreSQL, by commands alone."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from tests.cli.conftest import Trip


class Crew:
    """A worker's home, linked to the simulator, and homes of members."""

    def __init__(self, worker: Trip, server: PostgresServer, folder: Path) -> None:
        self.worker, self.server, self._folder = worker, server, folder
        self.database = server.database()

    def url(self, name: str | None = None) -> str:
        return self.server.url(self.database, name)

    def home(self, name: str) -> Trip:
        """Somebody's home, not joined."""
        return replace(self.worker, home=self._folder / name)

    def make(self, *more: str) -> None:
        done = self.worker.run("team", "init", self.url(), "--name", "North", "--yes", *more)
        assert done.returncode == 0, done.stderr

    def member(self, name: str, level: str, *more: str) -> Trip:
        """Somebody who was let in and has joined."""
        added = self.worker.run("team", "add", name, "--level", level, "--apply")
        assert added.returncode == 0, added.stderr
        home = self.home(name)
        joined = home.run("team", "join", self.url(name), "--yes", *more)
        assert joined.returncode == 0, joined.stderr
        return home

    def happen(self, what: str, **details: object) -> str:
        """Makes something happen at the simulated Apple, in its first app; the id of what it concerns."""
        app = self.worker.json("reviews", "--limit", "1")["reviews"][0]["app"]["id"]
        asked = urllib.request.Request(
            f"{self.worker.hello['url']}/_sim/events",
            json.dumps({"what": what, "app_id": app, **details}).encode(),
            {"content-type": "application/json", "x-simulator-token": self.worker.hello["control_token"]},
        )
        with urllib.request.urlopen(asked) as answer:
            return str(json.load(answer)["id"])

    def unanswered(self, home: Trip) -> str:
        """The id of a review that nobody has answered."""
        return str(home.json("reviews", "is:unanswered", "--limit", "1")["reviews"][0]["id"])
