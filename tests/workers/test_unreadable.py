"""Health is never fine while what is fetched with a key cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.status import Status
from ascinbox.core.metrics.reports import Dataset
from ascinbox.workers.health.unreadable import forget_refusals
from ascinbox.workers.metrics.reports.sales import MOST_BROKEN, MOST_STILL_BROKEN
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
    apple = make_apple(apps=2, reviews=10, clock=ShiftedClock(NOW), sells_since=date(2026, 9, 1))
    desk.apple = apple
    made = Numbers(apple, desk, days=6)
    for app_id in made.world.apps:
        made.analytics.ask(app_id, "ONGOING", (NOW - timedelta(days=5)).timestamp())
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
    before = verdict(space, dataset)
    assert space.health.check().status is Status.CRITICAL
    shown = verdict(space, dataset)
    assert (shown.state, shown.severity) == (HealthState.STALLED, 2)
    for told in (shown, before) if before.severity == 2 else (shown,):
        assert "could not be read" in told.detail or "cannot be read" in told.detail
        assert told.fix
    assert space.health.exit_code() == 2
    faults.clear()
    # An ordinary sync asks again for what could not be read, and Health is right after it.
    assert space.sync.run(datasets=[dataset]).ok
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
    shown = verdict(numbers.space, "finance")
    assert shown.state is HealthState.STALLED, "Apple was reached: the file is at fault, not the network"
    assert "breaks off before its end" in shown.detail


@pytest.mark.parametrize("body", ["hello\n", "\n\n"])
def test_a_probe_of_sales_reads_what_came(numbers: Numbers, body: str) -> None:
    answer = {**UNKNOWN_TABLE, "body": body}
    numbers.apple.simulator.faults.add("answer", "GET", SALES, times=None, status=200, **answer)
    assert numbers.space.health.check().status is not Status.OK
    assert verdict(numbers.space, "sales").state is HealthState.STALLED


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


def all_broken(numbers: Numbers) -> None:
    numbers.apple.simulator.faults.add("answer", "GET", SALES, times=None, status=200, **UNKNOWN_TABLE)
    assert not numbers.fetch("sales").ok


def broken(numbers: Numbers) -> int:
    """How many sales files of a day or longer could not be read."""
    vendor = numbers.team.vendor or ""
    return len(
        numbers.space.store.call(lambda store: store.report_files.newest_read(vendor, Dataset.SALES))[1]
    )


@pytest.mark.slow
def test_broken_files_are_asked_for_again_until_some_are_still_broken(numbers: Numbers) -> None:
    numbers.world.sells_since = None  # Years without sales would end the asking before the oldest broken one.
    all_broken(numbers)
    assert numbers.requests() <= 3 * (MOST_BROKEN + 4), "a run in which nothing can be read ends early"
    files = 0
    while files < broken(numbers):
        files = broken(numbers)
        assert not numbers.fetch("sales").ok
    assert files > 3 * MOST_STILL_BROKEN
    before = numbers.requests()
    assert not numbers.fetch("sales").ok
    # A few of each of the three kinds, not all of them, with four on their way at once.
    assert numbers.requests() - before <= 3 * (MOST_STILL_BROKEN + 4) + 2
    numbers.apple.simulator.faults.clear()
    while numbers.fetch("sales").waiting_until is not None:
        pass
    assert broken(numbers) == 0


def test_broken_files_of_a_year_are_asked_for_within_the_budget(numbers: Numbers) -> None:
    all_broken(numbers)
    numbers.apple.simulator.faults.clear()
    numbers.apple.simulator.budgets.hour_limit = 200
    numbers.space.sync.run(datasets=["reviews"])
    before = numbers.requests()
    result = numbers.fetch("sales")
    assert (result.ok, result.waiting_until is not None) == (True, True)
    # The newest days of three kinds, years, and a part of the hour.
    assert numbers.requests() - before <= 6 + 10 + 200 // 4


def test_a_new_edition_that_cannot_be_read_is_told_though_the_old_one_stays(numbers: Numbers) -> None:
    space = numbers.space
    assert space.sync.run(datasets=["sales"]).ok
    assert space.health.check().status is Status.OK
    numbers.apple.simulator.faults.add("answer", "GET", SALES, times=None, status=200, **UNKNOWN_TABLE)
    assert not space.sync.run(datasets=["sales"]).ok
    assert verdict(space, "sales").state is HealthState.STALLED
    numbers.apple.simulator.faults.clear()
    assert space.sync.run(datasets=["sales"]).ok
    assert verdict(space, "sales").state is HealthState.OK


@pytest.mark.parametrize(
    ("dataset", "path", "query", "status"),
    [
        ("sales", SALES, "*", 404),
        ("sales", SALES, "*SUBSCRIPTION_EVENT*", 403),
        ("finance", FINANCE, "*", 404),
        ("finance", FINANCE, "*", 400),
        ("analytics", "/v1/analyticsReportInstances/*", "*", 403),
        ("analytics", "/v1/analyticsReportInstances/*", "*", 404),
        ("analytics", "/v1/analyticsReports/*", "*", 400),
    ],
)
def test_what_a_sync_is_refused_is_not_fine_until_it_was_read(
    numbers: Numbers, dataset: str, path: str, query: str, status: int
) -> None:
    """A probe may be let through all the same: it asks for something else, or at another time."""
    space, faults = numbers.space, numbers.apple.simulator.faults
    faults.add("empty", "GET", path, query=query, times=None, status=status)
    assert not space.sync.run(datasets=[dataset]).ok
    faults.clear()
    assert space.health.check().status is Status.CRITICAL
    shown = verdict(space, dataset)
    assert shown.state is HealthState.STALLED
    assert "refused" in shown.detail
    assert space.sync.run(datasets=[dataset]).ok
    assert verdict(space, dataset).state is HealthState.OK
    assert space.health.check().status is Status.OK


def test_a_refusal_of_what_was_read_before_is_told_as_well(numbers: Numbers) -> None:
    space, faults = numbers.space, numbers.apple.simulator.faults
    assert space.sync.run(datasets=["sales", "finance"]).ok
    faults.add("empty", "GET", "/v1/*Reports", times=None, status=403)
    assert not space.sync.run(datasets=["sales", "finance"], full=True).ok
    faults.clear()
    assert space.health.check().status is Status.CRITICAL
    assert {verdict(space, name).state for name in ("sales", "finance")} == {HealthState.STALLED}
    assert space.sync.run(datasets=["sales", "finance"]).ok
    assert {verdict(space, name).state for name in ("sales", "finance")} == {HealthState.OK}


def test_what_another_key_was_refused_says_nothing_of_the_new_one(numbers: Numbers) -> None:
    space, faults = numbers.space, numbers.apple.simulator.faults
    faults.add("empty", "GET", SALES, times=None, status=403)
    assert not space.sync.run(datasets=["sales"]).ok
    faults.clear()
    space.store.call(forget_refusals, numbers.account.id)
    space.health.check()
    assert verdict(space, "sales").state is HealthState.OK


@pytest.mark.parametrize(("dataset", "path"), [("sales", SALES), ("finance", FINANCE)])
def test_a_probe_takes_a_404_without_a_word_for_a_refusal(numbers: Numbers, dataset: str, path: str) -> None:
    """Apple says which report it does not have; a proxy does not."""
    numbers.apple.simulator.faults.add("empty", "GET", path, times=None, status=404)
    assert numbers.space.health.check().status is Status.CRITICAL
    assert verdict(numbers.space, dataset).state is HealthState.REJECTED


@pytest.mark.parametrize(
    "body",
    [
        '{"data": {"id": "1"}}',
        '{"data": [{"kind": "odd"}]}',
        '{"data": [], "meta": {"paging": {"total": 9, "limit": 1}}}',
    ],
)
def test_a_probe_of_reviews_reads_what_came(numbers: Numbers, body: str) -> None:
    numbers.apple.simulator.faults.add(
        "answer", "GET", "/v1/apps/*/customerReviews", times=None, status=200, body=body
    )
    numbers.space.health.check()
    assert verdict(numbers.space, "reviews").state is HealthState.STALLED
    numbers.apple.simulator.faults.clear()
    assert numbers.space.sync.run(datasets=["reviews"]).ok
    assert verdict(numbers.space, "reviews").state is HealthState.OK


@pytest.mark.parametrize("path", ["/v1/analyticsReportRequests/*", "/v1/analyticsReports/*"])
def test_a_refused_look_for_analytics_reports_is_no_wait_for_the_first(numbers: Numbers, path: str) -> None:
    numbers.apple.simulator.faults.add("status", "GET", path, times=None, status=403)
    assert numbers.space.health.check().status is Status.CRITICAL
    assert verdict(numbers.space, "analytics").state is HealthState.NO_ROLE
