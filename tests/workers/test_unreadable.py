"""Health is never fine while what is fetched with a key cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.status import Status
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk
from tests.workers.test_metrics import NOW, Numbers

SALES, FINANCE, SEGMENTS = "/v1/salesReports", "/v1/financeReports", "/_files/*"
UNKNOWN_TABLE = {
    "headers": {"content-type": "application/a-gzip", "content-encoding": "agzip"},
    "body": "Colour\tShape\nred\tround\n",
}


@pytest.fixture
def numbers(make_apple: Callable[..., Apple], desk: Desk) -> Numbers:
    apple = make_apple(apps=2, reviews=10, clock=ShiftedClock(NOW))
    desk.apple = apple
    made = Numbers(apple, desk, days=8)
    for app_id in made.world.apps:
        made.analytics.ask(app_id, "ONGOING", (NOW - timedelta(days=9)).timestamp())
    return made


def verdict(space: Workspace, capability: str) -> Verdict:
    return space.health.matrix().accounts[0].cells[capability].verdict


@pytest.mark.parametrize(
    ("dataset", "path"), [("sales", SALES), ("finance", FINANCE), ("analytics", SEGMENTS)]
)
def test_a_data_set_that_cannot_be_read_is_not_fine(numbers: Numbers, dataset: str, path: str) -> None:
    space, faults = numbers.space, numbers.apple.simulator.faults
    faults.add("answer", "GET", path, times=None, status=200, **UNKNOWN_TABLE)
    result = space.sync.run(datasets=[dataset])
    assert not result.ok
    # The probe alone is content: what came is a table, only none that is known.
    assert space.health.check().status is Status.CRITICAL
    shown = verdict(space, dataset)
    assert (shown.state, shown.severity) == (HealthState.STALLED, 2)
    assert "could not be read" in shown.detail
    assert shown.fix
    assert space.health.exit_code() == 2
    faults.clear()
    assert space.sync.run(datasets=[dataset], full=True).ok
    assert verdict(space, dataset).state is HealthState.OK
    assert space.health.check().status is Status.OK


def test_one_old_file_that_cannot_be_read_is_a_warning(numbers: Numbers) -> None:
    space = numbers.space
    numbers.apple.simulator.faults.add("answer", "GET", SALES, skip=3, status=200, **UNKNOWN_TABLE)
    assert not space.sync.run(datasets=["sales"]).ok
    assert space.health.check().status is Status.WARNING
    assert "1 file of Apple's" in verdict(space, "sales").detail


def test_a_probe_whose_answer_is_cut_is_not_fine(numbers: Numbers) -> None:
    numbers.apple.simulator.faults.add("cut", "GET", FINANCE, times=None)
    report = numbers.space.health.check()
    assert report.status is not Status.OK
    assert verdict(numbers.space, "finance").state is not HealthState.OK


def test_reviews_that_cannot_be_read_are_not_fine(numbers: Numbers) -> None:
    space, faults = numbers.space, numbers.apple.simulator.faults
    faults.add(
        "answer", "GET", "/v1/apps/*/customerReviews", times=None, status=200, body='{"data": {"id": "1"}}'
    )
    assert not space.sync.run(datasets=["reviews"]).ok
    faults.clear()
    space.health.check()
    assert verdict(space, "reviews").state is HealthState.STALLED
    assert space.sync.run(datasets=["reviews"]).ok
    assert verdict(space, "reviews").state is HealthState.OK
