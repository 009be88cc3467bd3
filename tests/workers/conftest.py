"""A simulated Apple on loopback and workspaces that are linked to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ascinbox.config import load_config
from ascinbox.core.clock import Clock, SystemClock
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.paths import Paths
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.server import serve_in_thread
from ascinbox.workers.workspace import Workspace


@dataclass
class Apple:
    """The simulator and the folder of its keys."""

    simulator: Simulator
    url: str
    keys: Path

    def key(self, role: str = "ADMIN", *, individual: bool = False) -> ApiKey:
        """A key of the first team that has this role."""
        return next(
            key
            for key in self.simulator.world.keys.values()
            if role in key.roles and key.individual == individual and not key.revoked
        )

    def credential(self, key: ApiKey) -> Credential:
        """The key as a linked account holds it."""
        return Credential(
            kind=CredentialKind.INDIVIDUAL if key.individual else CredentialKind.TEAM,
            key_id=key.key_id,
            issuer_id=None if key.individual else key.issuer_id,
            secret_ref=f"file:{key.write(self.keys).resolve()}",
        )

    def account(self, name: str = "North", key: ApiKey | None = None, **rest: Any) -> Account:
        """An account that is not saved yet."""
        values: dict[str, Any] = {
            "id": 0,
            "name": name,
            "vendor": None,
            "features": ("reviews", "reply"),
            "credentials": (self.credential(key or self.key()),),
        }
        return Account(**{**values, **rest})

    def requests(self, part: str = "") -> int:
        """How many requests arrived whose path has `part`."""
        return sum(1 for request in self.simulator.ledger.as_json()["requests"] if part in str(request))


@dataclass
class Desk:
    """Opens workspaces on one home and closes them after the test."""

    home: Path
    apple: Apple | None = None
    opened: list[Workspace] = field(default_factory=list)

    def open(self, *accounts: Account, clock: Clock | None = None, **config: str) -> Workspace:
        """A workspace; `sync_every_minutes="0"` sets `[sync] every_minutes`."""
        paths = Paths.under(self.home)
        environ = {f"ASCINBOX_{name.upper()}": value for name, value in config.items()}
        workspace = Workspace.open(
            paths=paths,
            config=load_config(paths.config_file, environ),
            clock=clock or SystemClock(),
            base_url=self.apple.url if self.apple else None,
            environ=dict(os.environ),
        )
        self.opened.append(workspace)
        workspace.wait_ready()
        for account in accounts:
            workspace.store.call(lambda store, account=account: store.accounts.add(account))
        return workspace


@pytest.fixture
def make_apple(tmp_path: Path) -> Iterator[Callable[..., Apple]]:
    """Starts simulators: `make_apple(apps=3, reviews=100)`."""
    stops: list[Callable[[], None]] = []

    def make(*, apps: int = 3, reviews: int = 120, seed: int = 7, clock: Clock | None = None) -> Apple:
        now = clock.now() if clock else datetime.now(UTC)
        simulator = Simulator(
            make_world(seed, now, apps=apps, reviews=reviews),
            clock=clock,
            settings=Settings(publish_after_s=0.3),
            hour_limit=100_000,
        )
        served = serve_in_thread(simulator)
        stops.append(served.stop)
        keys = tmp_path / f"keys{len(stops)}"
        keys.mkdir(mode=0o700)
        return Apple(simulator, served.url, keys)

    yield make
    for stop in stops:
        stop()


@pytest.fixture
def apple(make_apple: Callable[..., Apple]) -> Apple:
    """A small Apple: three apps, 120 reviews."""
    return make_apple()


@pytest.fixture
def desk(tmp_path: Path, apple: Apple) -> Iterator[Desk]:
    """Workspaces over one home, linked to `apple`."""
    made = Desk(tmp_path / "home", apple)
    yield made
    for workspace in made.opened:
        workspace.close()
