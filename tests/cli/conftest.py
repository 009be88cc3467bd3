"""A simulator in a thread, and ascinbox as scripts run it: in this process, or as one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ascinbox.cli.simulator import hello
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.server import serve_in_thread
from tests.cli.play_desk import Google, googles
from tests.cli.team_crew import Crew
from tests.postgres import PostgresServer
from tests.programs import run_here

PROGRAM = (sys.executable, "-m", "ascinbox")


@dataclass
class Trip:
    """One home linked to one simulator; `run` is the command line."""

    hello: dict[str, Any]
    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "ASCINBOX_HOME": str(self.home),
            "ASCINBOX_API_URL": self.hello["url"],
            **self.variables,
        }

    def key(self, role: str = "ADMIN", kind: str = "team") -> dict[str, Any]:
        """A key of the simulator."""
        return next(
            key
            for key in self.hello["keys"]
            if role in key["roles"] and key["kind"] == kind and not key["revoked"]
        )

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs one command to its end, in this process."""
        return run_here(arguments, self.environment, stdin)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Starts one command as a program of its own, for several at a time and for those that are ended."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def json(self, *arguments: str, exits: int = 0) -> dict[str, Any]:
        """Runs one command with --json; its answer."""
        done = self.run(*arguments, "--json")
        assert done.returncode == exits, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        assert done.stdout.isascii()
        assert list(answer)[:3] == ["schema", "generated_at", "cache_age_s"]
        return answer

    def link(self, *more: str, name: str = "Trip", role: str = "ADMIN") -> None:
        """Links an account for reviews and replies."""
        key = self.key(role)
        done = self.run(
            "link", "--name", name, "--p8", key["p8"], "--issuer-id", self.hello["issuer_id"],
            "--features", "reviews,reply", "--vault", "file", "--yes", *more,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Callable[..., dict[str, Any]]]:
    """Starts simulators: `simulator(reviews=60)` gives what `ascinbox simulator` prints first."""
    stops: list[Callable[[], None]] = []

    def start(
        *, reviews: int, apps: int = 4, latency_s: float = 0.0, publish_after_s: float = 2.0
    ) -> dict[str, Any]:
        world = make_world(7, datetime.now(UTC), apps=apps, reviews=reviews)
        made = Simulator(world, settings=Settings(latency_s=latency_s, publish_after_s=publish_after_s))
        served = serve_in_thread(made)
        stops.append(served.stop)
        port = int(served.url.rpartition(":")[2])
        return hello(made, port, tmp_path / f"keys{len(stops)}")

    yield start
    for stop in stops:
        stop()


@pytest.fixture
def trip(simulator: Callable[..., dict[str, Any]], tmp_path: Path) -> Trip:
    """A home that is not linked yet, and a simulator with 60 reviews."""
    return Trip(simulator(reviews=60, publish_after_s=1.0), tmp_path / "trip")


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Google]:
    """A Google Play with 20 reviews in each of two packages."""
    with googles(tmp_path) as made:
        yield made


@pytest.fixture
def crew(trip: Trip, postgres: PostgresServer, tmp_path: Path) -> Crew:
    trip.link()
    return Crew(trip, postgres, tmp_path / "homes")
