"""Google Play, as its simulator plays it, keeps the contract of a store, in each of its ways of paging."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ascinbox.core.records import Credential
from ascinbox.core.secret import Secret
from ascinbox.simulator.play.app import PlaySettings, PlaySimulator
from ascinbox.simulator.play.world import make_play_world
from ascinbox.simulator.server import serve_in_thread
from tests.sources.contract import SourceContract, StoreAtHand

PACKAGE = "com.example.tide"


@pytest.fixture(params=["token", "index", "deaf"])
def store(request: pytest.FixtureRequest) -> Iterator[StoreAtHand]:
    """One package with reviews of a week and of the months before, five a page."""
    world = make_play_world(7, datetime.now(UTC), packages=(PACKAGE,), reviews=24)
    settings = PlaySettings(page_limit=5, paging=request.param)
    with serve_in_thread(PlaySimulator(world, settings=settings)) as served:
        (account,) = world.accounts.values()
        text = json.dumps(account.document(f"{served.url}/token"))
        credential = Credential("service_account", account.key_id, account.email, "", apps=(PACKAGE,))

        def refuse() -> None:
            account.deleted = True

        yield StoreAtHand("play", credential, Secret(text), PACKAGE, served.url, refuse)


class TestPlay(SourceContract):
    """See `SourceContract`."""
