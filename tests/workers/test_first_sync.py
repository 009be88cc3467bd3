"""A first sync of an account with a year: what it asks for, what it leaves for later, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from ascinbox.cli.sync import exit_code, troubles
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.report_coverage import Grain, span_of
from ascinbox.core.metrics.report_files import ReportSpan
from ascinbox.core.metrics.reports import Dataset
from tests.workers.simulated_apple import Apple, Desk
from tests.workers.test_metrics import NOW, Numbers, downloads, money

YEAR = 365


@pytest.fixture
def numbers(make_apple: Callable[..., Apple], desk: Desk) -> Numbers:
    """Three apps with a year of everything, analytics requested long ago; the key has Apple's usual hour."""
    apple = make_apple(apps=3, reviews=120, clock=ShiftedClock(NOW))
    apple.simulator.budgets.hour_limit = 3500
    desk.apple = apple
    made = Numbers(apple, desk, days=YEAR)
    for app_id in made.world.apps:
        for access in ("ONGOING", "ONE_TIME_SNAPSHOT"):
            made.analytics.ask(app_id, access, (NOW - timedelta(days=60)).timestamp())
    return made


def asked(numbers: Numbers) -> int:
    return len(numbers.apple.simulator.ledger.requests)


def check_sums(numbers: Numbers) -> None:
    """Each month and each week of the year is as the trade was."""
    today = NOW.date()
    spans = {
        span_of(grain, today - timedelta(days=n))
        for n in range(20, 330)
        for grain in (Grain.MONTH, Grain.WEEK)
    }
    spans = {span for span in spans if span.end < today - timedelta(days=2)}
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        sold = numbers.trade.between(span.start, span.end)
        table = numbers.table(Source.SALES, By.APP, span.start, span.end)
        assert table.complete_to == span.end, span
        assert sum(int(str(row.figures["downloads"])) for row in table.rows) == downloads(sold), span
        got: dict[str, object] = {}
        for row in table.rows:
            amounts = row.figures["proceeds"]
            assert isinstance(amounts, dict)
            for currency, amount in amounts.items():
                got[currency] = got.get(currency, 0) + amount
        assert got == {currency: amount for currency, amount in money(sold).items() if amount}, span


@pytest.mark.slow
def test_a_first_sync_takes_less_than_a_thousand_requests_and_shows_the_same_sums(numbers: Numbers) -> None:
    result = numbers.space.sync.run()
    first = asked(numbers)
    assert first <= 1000
    assert result.ok, result
    sales = result.accounts[0].datasets["sales"]
    assert sales.ok
    assert sales.waiting_until is not None
    check_sums(numbers)
    runs = 1
    while any(d.waiting_until for a in result.accounts for d in a.datasets.values()):
        before = asked(numbers)
        numbers.apple.simulator.budgets._seen.clear()
        result = numbers.space.sync.run()
        assert result.ok, result
        runs += 1
        assert asked(numbers) - before <= 1000
        assert runs < 9
    oldest = NOW.date() - timedelta(days=YEAR)
    days = numbers.space.store.call(
        lambda store: store.report_files.known_days(
            numbers.team.vendor or "", Dataset.SALES, ReportSpan.DAY, oldest, NOW.date()
        )
    )
    assert len(days) == YEAR
    check_sums(numbers)
    print(f"first sync {first} requests, complete after {runs} runs and {asked(numbers)} requests")


@pytest.fixture
def small(make_apple: Callable[..., Apple], desk: Desk) -> Numbers:
    """Two months of days, and a key with 400 requests an hour: 100 for history, 40 of them for sales."""
    apple = make_apple(apps=3, reviews=20, clock=ShiftedClock(NOW))
    apple.simulator.budgets.hour_limit = 400
    desk.apple = apple
    return Numbers(apple, desk, days=60)


@pytest.mark.slow
def test_months_and_weeks_come_first_where_the_days_do_not_fit(small: Numbers) -> None:
    small.space.sync.run(datasets=["reviews"])
    result = small.fetch("sales")
    assert (result.ok, result.fresh) == (True, True)
    assert result.waiting_until is not None
    assert timedelta(0) < result.waiting_until - NOW < timedelta(hours=1)
    assert "waits for this key" in result.detail
    october = small.table(Source.SALES, By.APP, date(2026, 10, 1), date(2026, 10, 31))
    sold = small.trade.between(date(2026, 10, 1), date(2026, 10, 31))
    assert sum(int(str(row.figures["downloads"])) for row in october.rows) == downloads(sold)
    assert {grain for grain, _ in october.grains} == {Grain.MONTH}
    assert small.requests() <= 6 + 40 + 10
    newest = small.table(Source.SALES, By.DAY, date(2026, 11, 19), date(2026, 11, 20))
    assert None not in [row.figures["downloads"] for row in newest.rows]
    for _ in range(9):
        small.apple.simulator.budgets._seen.clear()
        result = small.fetch("sales")
        if result.waiting_until is None:
            break
    days = small.table(Source.SALES, By.DAY, date(2026, 9, 23), date(2026, 11, 20))
    assert None not in [row.figures["downloads"] for row in days.rows]


def test_what_waits_for_the_next_hour_has_not_failed(small: Numbers) -> None:
    features = ("reviews", "sales", "finance", "analytics")
    assert small.account.features == features
    key_id = small.account.primary.key_id
    simulator = small.apple.simulator
    small.space.sync.run(datasets=["reviews"])
    simulator.budgets.leave(key_id, simulator.now(), 100)
    result = small.space.sync.run()
    assert result.ok, result
    assert (exit_code(result), troubles(result)) == (0, [])
    (account,) = result.accounts
    for name in ("sales", "finance", "analytics"):
        assert account.datasets[name].waiting_until is not None, name
    runs = {run.dataset: run for run in small.space.store.call(lambda store: store.sync.runs())}
    assert (runs["sales"].ok, runs["sales"].succeeded_at) == (True, None)
    assert runs["reviews"].succeeded_at is not None


def test_reviews_that_wait_for_the_next_hour_have_not_failed(small: Numbers) -> None:
    simulator = small.apple.simulator
    small.space.sync.run(datasets=["reviews"])
    simulator.budgets.leave(small.account.primary.key_id, simulator.now(), 55)
    result = small.space.sync.run(full=True)
    waits = result.accounts[0].datasets["reviews"]
    assert (waits.ok, waits.fresh) == (True, False)
    assert waits.waiting_until is not None
    assert result.accounts[0].datasets["replies"].ok
    assert exit_code(result) == 0
