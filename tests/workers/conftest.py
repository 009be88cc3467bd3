"""A simulated Apple and workspaces for the tests of the workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from ascinbox.config import load_config
from ascinbox.core.clock import Clock, SystemClock
from ascinbox.paths import Paths
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.server import serve_in_thread
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.workers.team import joining
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk


@pytest.fixture(autouse=True, scope="session")
def one_table_of_rates() -> Iterator[None]:
    """Reading the European Central Bank's table takes half a second, and it is always the same."""
    import currency_converter

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(currency_converter, "CurrencyConverter", cache(currency_converter.CurrencyConverter))
        yield


@contextmanager
def apples(folder: Path) -> Iterator[Callable[..., Apple]]:
    """Starts simulators, with their keys in `folder`, and stops them at the end of the block."""
    stops: list[Callable[[], None]] = []

    def make(
        *,
        apps: int = 3,
        reviews: int = 120,
        seed: int = 7,
        clock: Clock | None = None,
        sells_since: date | None = None,
    ) -> Apple:
        now = clock.now() if clock else datetime.now(UTC)
        # Ten years of sales would cost each test seconds: one whole year and this one show the same.
        since = sells_since or date(now.year - 1, 1, 1)
        simulator = Simulator(
            make_world(seed, now, apps=apps, reviews=reviews, sells_since=since),
            clock=clock,
            settings=Settings(publish_after_s=0.3),
            hour_limit=100_000,
        )
        served = serve_in_thread(simulator)
        stops.append(served.stop)
        keys = folder / f"keys{len(stops)}"
        keys.mkdir(mode=0o700)
        return Apple(simulator, served.url, keys)

    try:
        yield make
    finally:
        for stop in stops:
            stop()


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[Callable[..., Workspace]]:
    """Opens the home of a member: `joined(server.url(server.team()), clock=…)`."""
    with ExitStack() as closes:

        def open_home(url: str, clock: Clock | None = None) -> Workspace:
            home = Paths.under(tmp_path)
            home.create()
            found = joining.look(TeamAddress.parse(url), None)
            joining.join(home, found, works=False, apps=(), since=None, ref="")
            space = Workspace.open(
                paths=home.in_force, config=load_config(None, {}), clock=clock or SystemClock(), environ={}
            )
            return closes.enter_context(closing(space))

        yield open_home


@pytest.fixture
def make_apple(tmp_path: Path) -> Iterator[Callable[..., Apple]]:
    """Starts simulators: `make_apple(apps=3, reviews=100)`."""
    with apples(tmp_path) as make:
        yield make


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
