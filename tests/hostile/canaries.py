"""Secrets that can be told apart, the places where they may lie, and the search for them everywhere else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ascinbox.cli import main
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.keys import ApiKey

PASSPHRASE = "canary battery staple 7331"
VAULTS = ("file", "encrypted", "keyring", "env")


@dataclass
class Apple:
    """A simulator, its keys as files, and the words of a person who links them."""

    simulator: Simulator
    url: str
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    """Variables that each command finds anew: what a CI system sets for each of its steps."""

    def key(self, role: str) -> ApiKey:
        return next(
            key
            for key in self.simulator.world.keys.values()
            if key.roles == (role,) and not key.individual and not key.revoked
        )

    @property
    def vendor(self) -> str:
        return next(iter(self.simulator.world.teams.values())).vendor

    @property
    def reporter_token(self) -> str:
        return next(iter(self.simulator.world.teams.values())).reporter_token

    def file(self, key: ApiKey) -> str:
        return str(key.write(self.folder))

    def token_file(self) -> str:
        path = self.folder / "reporter-token"
        path.touch(0o600)
        path.write_text(self.reporter_token)
        return str(path)

    def run(self, *arguments: str) -> int:
        """One command, -v, in this process."""
        os.environ.update(self.environ)
        return main([*arguments, "-v"])

    def link(self, key: ApiKey, vault: str, *more: str, features: str = "reviews,reply") -> int:
        """Links the account North with `key`, which is kept where `vault` says."""
        if vault == "env":
            self.environ |= {
                "ASC_KEY_ID": key.key_id, "ASC_ISSUER_ID": key.issuer_id, "ASC_PRIVATE_KEY": key.pem(),
            }  # fmt: skip
            place = ["--key-id", key.key_id]
        else:
            place = ["--p8", self.file(key), "--issuer-id", key.issuer_id, "--vault", vault]
        return self.run("link", "--name", "North", *place, "--features", features, *more, "--yes")


def needles(*keys: ApiKey, more: Iterable[str] = ()) -> list[str]:
    """Lines of the keys, the passphrase, the beginning of every token, what signatures are called."""
    lines = [line for key in keys for line in key.pem().splitlines()[1:-1]]
    return [*lines, PASSPHRASE, "eyJ", "BEGIN PRIVATE", *more]


def found_in(text: str, secret: Iterable[str]) -> list[str]:
    """Which of the needles stand in `text`, told by their beginnings."""
    return [f"{needle[:8]}…" for needle in secret if needle in text]


def files_with(
    folder: Path, secret: Iterable[str], allowed: Callable[[Path], bool] = lambda _: False
) -> list[str]:
    """Files under `folder` in which a needle stands."""
    wanted = list(secret)
    return [
        f"{needle[:8]}… in {path}"
        for path in folder.rglob("*")
        if path.is_file() and not allowed(path)
        for needle in wanted
        if needle.encode() in path.read_bytes()
    ]


def watch_children(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments and environment of every child that is started from now on."""
    started: list[str] = []
    real = subprocess.Popen.__init__

    def spy(self: Any, args: Any, *rest: Any, **named: Any) -> None:
        started.append(f"{args} {named.get('env') or dict(os.environ)}")
        real(self, args, *rest, **named)

    monkeypatch.setattr(subprocess.Popen, "__init__", spy)
    return started
