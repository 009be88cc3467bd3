"""A home, and a simulated Google Play with two packages that it may be linked to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ascinbox.simulator.play.app import PlaySettings, PlaySimulator
from ascinbox.simulator.play.world import ServiceAccountKey, make_play_world
from ascinbox.simulator.server import serve_in_thread
from tests.programs import run_here

TIDE, MOON = "com.example.tide", "com.example.moon"


@dataclass
class Google:
    """A home, and a Google Play with two packages."""

    sim: PlaySimulator
    url: str
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    """Of the environment, beside those that every command has."""

    @property
    def account(self) -> ServiceAccountKey:
        return next(iter(self.sim.world.accounts.values()))

    def file(self, account: ServiceAccountKey | None = None) -> str:
        return str((account or self.account).write(self.folder / "keys", f"{self.url}/token"))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "ASCINBOX_HOME": str(self.folder / "home"),
            "ASCINBOX_PLAY_URL": self.url,
            "ASCINBOX_PLAY_STORAGE_URL": self.url,
            "ASCINBOX_OUTBOX_SETTLE_SECONDS": "1",
            **self.variables,
        }
        return run_here(arguments, variables, None)

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        return json.loads(done.stdout)

    def link(self, *more: str) -> subprocess.CompletedProcess[str]:
        packages = () if "--packages" in more else ("--packages", f"{TIDE},{MOON}")
        file = ("--service-account", self.file())
        return self.run(
            "link", "--store", "play", "--name", "Android", *file, *packages, "--vault", "file", *more
        )


@contextmanager
def googles(folder: Path, *, reviews: int = 20, page_limit: int = 9) -> Iterator[Google]:
    """A Google Play with so many reviews a package, and a home in `folder` that is not linked yet."""
    world = make_play_world(7, datetime.now(UTC), packages=(TIDE, MOON), reviews=reviews)
    sim = PlaySimulator(world, settings=PlaySettings(page_limit=page_limit))
    with serve_in_thread(sim) as served:
        yield Google(sim, served.url, folder)
