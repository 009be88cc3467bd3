"""Simulators to ask."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.generate import make_world
from tests.simulator.sim_desk import NOON, Desk, MakeDesk, StillClock


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all requests."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def make_desk(runner: asyncio.Runner) -> MakeDesk:
    """Makes simulators of a chosen size."""

    def make(*, apps: int = 3, reviews: int = 120, seed: int = 7, hour_limit: int = 3500) -> Desk:
        clock = StillClock()
        world = make_world(seed, NOON, apps=apps, reviews=reviews)
        settings = Settings(publish_after_s=60.0)
        return Desk(Simulator(world, clock=clock, settings=settings, hour_limit=hour_limit), clock, runner)

    return make


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """A small world: three apps, 120 reviews."""
    return make_desk()
