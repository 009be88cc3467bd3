"""An empty store in a folder of its own, a clock that stands still, and reviews to put in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.records import Response, Review
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from tests.faults.nursery import Nursery
from tests.workers.clocks import StepClock

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


class Written:
    """Makes reviews of app 1, one a minute before `NOW`."""

    def __call__(self, number: int, body: str = "It crashes", **changes: Any) -> Review:
        review = Review(
            id=f"id{number}",
            app_id="1",
            rating=number % 5 + 1,
            title=f"Title {number}",
            body=body,
            nickname=f"nick{number}",
            created_at=NOW - timedelta(minutes=number),
            territory="DEU",
        )
        return replace(review, **changes)

    def answered(self, number: int, hours_ago: float = 1, **changes: Any) -> Review:
        """The same with a published response."""
        at = NOW - timedelta(hours=hours_ago)
        return self(number, response=Response(f"r{number}", "Sorry", "PUBLISHED", at), **changes)


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def clock() -> StepClock:
    return StepClock(NOW)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.under(tmp_path)


@pytest.fixture
def store(paths: Paths, clock: StepClock) -> Iterator[Store]:
    opened = Store.open(paths, clock, me="Anna")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def nursery(request: pytest.FixtureRequest) -> Iterator[Nursery]:
    """Forks programs that are killed: `killed.py`. A file's PRELOAD names what all of them import late."""
    made = Nursery(("tests.store.killed", *getattr(request.module, "PRELOAD", ())))
    yield made
    made.close()
