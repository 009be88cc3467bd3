"""A simulated Apple on loopback, and workspaces over one home that are linked to it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ascinbox.config import load_config
from ascinbox.core.clock import Clock, SystemClock
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.paths import Paths
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.world import SimulatedReview
from ascinbox.store.store import Store
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

    @property
    def app_ids(self) -> list[str]:
        """The apps of the first team."""
        return [app.id for app in self.simulator.world.apps.values()]

    def reviews_of(self, app_id: str) -> list[SimulatedReview]:
        """What Apple has of an app, newest first."""
        return self.simulator.world.apps[app_id].reviews

    def asked(self, part: str = "/v1/") -> int:
        """How many requests arrived whose path has `part`; those about versions of apps only where it names
        them."""
        of_versions = "appStoreVersions"
        paths = [seen.path for seen in self.simulator.ledger.requests]
        return sum(part in path and (of_versions in part or of_versions not in path) for path in paths)


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
            workspace.store.call(_add, account)
        return workspace


def _add(store: Store, account: Account) -> None:
    store.accounts.add(account)
