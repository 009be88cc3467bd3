"""One demo at 80x24 and one at 120x36 for the checks that leave it as it was; small ones for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.desk import Desk, demo

Opened = Callable[..., Desk]
SMALL = ("--reviews", "400")
"""All the reviews that need a reply, and few others: such a demo is there sooner."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[int, int], Desk]]:
    """The demos already open, by size."""
    desks: dict[tuple[int, int], Desk] = {}
    with ExitStack() as stack:

        class Lazily(dict[tuple[int, int], Desk]):
            def __missing__(self, size: tuple[int, int]) -> Desk:
                home = tmp_path_factory.mktemp("shared")
                desk = stack.enter_context(demo(home, columns=size[0], rows=size[1]))
                desk.ready()
                # The first sync by key meets the demo's 429: it is to be over before a check waits for one.
                desk.keys("f5")
                self[size] = desk
                return desk

        desks = Lazily()
        yield desks


@pytest.fixture
def desk(shared: dict[tuple[int, int], Desk], request: pytest.FixtureRequest) -> Desk:
    """The shared demo of the wanted size (80x24 unless parametrized), at the top of the first view."""
    size = getattr(request, "param", (80, 24))
    found = shared[size]
    found.inbox()
    return found


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens a small demo of one's own; it is closed with the test."""
    with ExitStack() as stack:

        def opening(
            *arguments: str, home: Path = tmp_path, columns: int = 80, rows: int = 24, **env: str
        ) -> Desk:
            return stack.enter_context(demo(home, *SMALL, *arguments, columns=columns, rows=rows, **env))

        yield opening
