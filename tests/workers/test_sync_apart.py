"""Reviews and reports go on beside each other: leases, schedules, back-off and the hour are apart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from ascinbox.core.clock import SystemClock
from ascinbox.workers.metrics.metrics import Metrics
from ascinbox.workers.runtime import watch
from ascinbox.workers.runtime.results import (
    HISTORY,
    IN_NO_HURRY,
    RATINGS,
    VERSIONS,
    AccountResult,
    DatasetResult,
    SyncResult,
)
from tests.workers.clocks import StepClock
from tests.workers.simulated_apple import Apple, Desk

FEATURES = ("reviews", "reply", "sales", "finance", "analytics")
FETCHED = set(IN_NO_HURRY) - {RATINGS, HISTORY}
"""Public ratings are off until switched on, and only Google Play has files of older reviews."""


@pytest.fixture
def slow_reports(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Reports that begin (the first event is set) and end only when the second is set."""
    began, may_end = threading.Event(), threading.Event()

    def fetch(_self: Metrics, _account: object, _dataset: str, *, full: bool = False) -> DatasetResult:
        began.set()
        assert may_end.wait(20)
        return DatasetResult()

    monkeypatch.setattr(Metrics, "fetch", fetch)
    return began, may_end


def test_a_year_of_reports_keeps_no_review_waiting(
    make_apple: Callable[..., Apple], desk: Desk, slow_reports: tuple[threading.Event, threading.Event]
) -> None:
    began, may_end = slow_reports
    apple = desk.apple = make_apple(apps=2, reviews=300)
    workspace = desk.open(apple.account(vendor="80000000", features=FEATURES))
    results: list[SyncResult] = []
    backfill = threading.Thread(target=lambda: results.append(workspace.sync.run(datasets=IN_NO_HURRY)))
    backfill.start()
    try:
        assert began.wait(10)
        reviews = workspace.sync.run(datasets=("reviews", "replies"))
        assert reviews.ok
        assert reviews.total("new") == 300
        busy = workspace.sync.run(datasets=("sales",))
        assert "Another ascinbox" in busy.accounts[0].datasets["sales"].detail
    finally:
        may_end.set()
        backfill.join(20)
    assert results[0].ok
    assert set(results[0].accounts[0].datasets) == FETCHED


def test_one_run_fetches_reviews_before_reports(
    make_apple: Callable[..., Apple], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    apple = desk.apple = make_apple(apps=1, reviews=20)
    workspace = desk.open(apple.account(vendor="80000000", features=FEATURES))
    cached: list[int | None] = []

    def fetch(_self: Metrics, _account: object, _dataset: str, *, full: bool = False) -> DatasetResult:
        cached.append(workspace.sync.cache_age_s("reviews"))
        return DatasetResult()

    monkeypatch.setattr(Metrics, "fetch", fetch)
    assert workspace.sync.run().ok
    assert len(cached) == len(FETCHED - {VERSIONS})
    assert None not in cached


def test_who_links_reviews_alone_asks_for_digests_only_when_told_to(
    make_apple: Callable[..., Apple], desk: Desk
) -> None:
    apple = desk.apple = make_apple(apps=1, reviews=80)
    workspace = desk.open(apple.account())
    workspace.sync.run()
    assert apple.asked("customerReviewSummarizations") == 0
    assert workspace.sync.run(datasets=IN_NO_HURRY).ok
    assert apple.asked("customerReviewSummarizations") == 1
    assert workspace.metrics.summaries(apple.app_ids[0])


class Stop:
    """Ends a loop after some waits, and remembers how long they were to be."""

    def __init__(self, rounds: int) -> None:
        self.waits: list[float] = []
        self._rounds = rounds

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return len(self.waits) > self._rounds


class FakeSpace:
    """As much of a workspace as a loop needs."""

    def __init__(self, rounds: int, *, ok: bool) -> None:
        self.stop = Stop(rounds)
        self.asked: list[Sequence[str]] = []
        self.sync = self
        self._ok = ok
        self.config = self
        self.clock = SystemClock()
        self.throttle = SimpleNamespace(wait_for_rest=self.rest, give_way=lambda stop: None)
        self.steps: list[str] = []
        self.due_s: list[float] = []
        """Seconds until what is asked for is due, look by look; then it is due."""

    def rest(self, _stop: Stop) -> None:
        self.steps.append("rest")

    def get(self, _section: str, _key: str) -> int:
        return 15

    def due_in_s(self, _every: float, _datasets: Sequence[str]) -> float:
        self.steps.append("look")
        return self.due_s.pop(0) if self.due_s else 0.0

    def run(self, *, datasets: Sequence[str], regular: bool) -> SyncResult:
        assert regular
        self.steps.append("run")
        self.asked.append(tuple(datasets))
        return SyncResult((AccountResult("A", {"x": DatasetResult(ok=self._ok)}),))


def test_reviews_come_at_their_own_pace_and_reports_back_off_alone() -> None:
    reviews: Any = FakeSpace(3, ok=True)
    watch.sync_regularly(reviews)
    assert reviews.asked == [("reviews", "replies")] * 3
    assert all(850 <= wait <= 950 for wait in reviews.stop.waits[1:])
    reports: Any = FakeSpace(4, ok=False)
    watch.fetch_reports_regularly(reports)
    assert reports.asked == [IN_NO_HURRY] * 3
    pauses = reports.stop.waits[2:]
    assert all(later > 1.7 * earlier for earlier, later in pairwise(pauses))


def test_a_sync_that_is_due_waits_for_the_keys_once() -> None:
    space: Any = FakeSpace(1, ok=True)
    watch.sync_regularly(space)
    assert space.steps == ["rest", "look", "run"]


def test_a_sync_that_is_not_due_yet_waits_for_the_keys_again_when_it_is() -> None:
    space: Any = FakeSpace(2, ok=True)
    space.due_s.append(77.0)
    watch.sync_regularly(space)
    assert space.steps == ["rest", "look", "rest", "run"]
    assert space.stop.waits[:2] == [0.0, 77.0]


def test_reports_are_due_by_their_own_runs(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=1, reviews=20)
    clock = StepClock(datetime.now(UTC))
    workspace = desk.open(apple.account(), clock=clock)
    workspace.sync.run(datasets=("reviews",))
    assert workspace.sync.due_in_s(900) > 0
    assert workspace.sync.due_in_s(900, ("sales",)) == 0
    clock.advance(timedelta(minutes=20).total_seconds())
    assert workspace.sync.due_in_s(900) == 0
