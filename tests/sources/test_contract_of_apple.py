"""App Store Connect, as the simulator plays it, keeps the contract of a store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ascinbox.core.records import Credential, CredentialKind
from ascinbox.core.secret import Secret
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.server import serve_in_thread
from tests.sources.contract import SourceContract, StoreAtHand


@pytest.fixture
def store() -> Iterator[StoreAtHand]:
    """A key of each role is there; this one is an Admin's."""
    world = make_world(7, datetime.now(UTC), apps=1, reviews=30)
    with serve_in_thread(Simulator(world, settings=Settings(publish_after_s=0.0))) as served:
        key = next(
            k for k in world.keys.values() if "ADMIN" in k.roles and not k.individual and not k.revoked
        )
        credential = Credential(CredentialKind.TEAM, key.key_id, key.issuer_id, "")

        def refuse() -> None:
            key.revoked = True

        yield StoreAtHand("apple", credential, Secret(key.pem()), next(iter(world.apps)), served.url, refuse)


class TestApple(SourceContract):
    """See `SourceContract`."""
