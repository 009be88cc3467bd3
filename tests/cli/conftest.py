"""A simulator as a program of its own, and ascinbox as people and scripts run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

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
        """Runs one command to its end."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            **({"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}),
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
    """Starts simulators: `simulator("--reviews", "60")` gives the line that each prints first."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> dict[str, Any]:
        keys = tmp_path / f"keys{len(running)}"
        server = subprocess.Popen(
            [*PROGRAM, "simulator", "--keys-dir", str(keys), *arguments], stdout=subprocess.PIPE, text=True
        )
        running.append(server)
        assert server.stdout is not None
        hello: dict[str, Any] = json.loads(server.stdout.readline())
        return hello

    yield start
    for server in running:
        server.terminate()
        server.wait(10)
        assert server.stdout is not None
        server.stdout.close()


@pytest.fixture
def trip(simulator: Callable[..., dict[str, Any]], tmp_path: Path) -> Trip:
    """A home that is not linked yet, and a simulator with 60 reviews."""
    return Trip(simulator("--reviews", "60", "--publish-after", "1"), tmp_path / "trip")
