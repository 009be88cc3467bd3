"""Figures against the simulated trade, added up here without the parser, the store or the metrics service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.figures import NOT_SHARED, By, Source
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey, MetricsTable, ProductKey, Selection, Value
from ascinbox.core.records import App
from ascinbox.core.reviews.territories import alpha3
from ascinbox.simulator.analytics import KINDS, Analytics, true_value
from ascinbox.simulator.market import market_of
from ascinbox.simulator.routes.analytics import analytics_of
from ascinbox.simulator.trade import MARKETS, Sale, Trade
from ascinbox.workers.metrics.rows import UNASSIGNED
from ascinbox.workers.runtime.results import DatasetResult
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
"""Noon in California: yesterday's reports are out, though still in their first edition."""


class Numbers:
    """One linked account with its reports, at a fixed time."""

    def __init__(self, apple: Apple, desk: Desk, now: datetime = NOW, *, days: int = 60) -> None:
        self.apple = apple
        self.clock = ShiftedClock(now)
        self.world = apple.simulator.world
        self.team = next(iter(self.world.teams.values()))
        self.space: Workspace = desk.open(clock=self.clock, sync_report_days=str(days))
        if not self.space.store.call(lambda store: store.accounts.list()):
            features = ("reviews", "sales", "finance", "analytics")
            account = apple.account(vendor=self.team.vendor, features=features)
            self.space.store.call(lambda store: store.accounts.add(account))
        self.account = self.space.store.call(lambda store: store.accounts.list())[0]
        apps = [App(a.id, a.name, a.bundle_id, a.sku) for a in self.world.apps.values()]
        self.space.store.call(lambda store: store.accounts.save_apps(self.account.id, apps))

    @property
    def trade(self) -> Trade:
        return market_of(self.world).trade(self.team)

    @property
    def analytics(self) -> Analytics:
        return analytics_of(self.world)

    def fetch(self, dataset: str, *, full: bool = False) -> DatasetResult:
        return self.space.metrics.fetch(self.account, dataset, full=full)

    def table(
        self, source: Source, by: By, start: date, end: date, app_id: str | None = None
    ) -> MetricsTable:
        return self.space.metrics.table(Selection(source, by, Period(start, end), app_id))

    def requests(self) -> int:
        return sum("Reports" in str(seen) for seen in self.apple.simulator.ledger.as_json()["requests"])


@pytest.fixture
def numbers(
    make_apple: Callable[..., Apple],
    desk: Desk,
    request: pytest.FixtureRequest,
) -> Numbers:
    apple = make_apple(apps=3, reviews=60, clock=ShiftedClock(NOW))
    desk.apple = apple
    return Numbers(apple, desk, days=365 if request.node.get_closest_marker("slow") else 60)


def money(sales: Iterable[Sale]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for sale in sales:
        if sale.proceeds:
            sums[sale.currency] += sale.proceeds
    return dict(sums)


def downloads(sales: Iterable[Sale]) -> int:
    return sum(sale.units for sale in sales if sale.kind == "1F")


def figure(table: MetricsTable, name: str) -> dict[object, Value]:
    return {row.key: row.figures[name] for row in table.rows}


@pytest.mark.slow
def test_a_year_of_sales_adds_up_to_the_cent_and_costs_little_the_second_time(numbers: Numbers) -> None:
    result = numbers.fetch("sales")
    assert result.ok, result.detail
    start, end = date(2026, 1, 1), date(2026, 11, 17)
    sold = numbers.trade.between(start, end)
    table = numbers.table(Source.SALES, By.APP, start, end)
    for row in table.rows:
        assert isinstance(row.key, AppKey)
        own = [sale for sale in sold if sale.app_id == row.key.id]
        assert row.figures["downloads"] == downloads(own)
        assert row.figures["redownloads"] == sum(s.units for s in own if s.kind == "3F")
        assert row.figures["updates"] == sum(s.units for s in own if s.kind == "7F")
        assert row.figures["iap_units"] == sum(s.units for s in own if s.kind in ("IA1", "IAY"))
        assert row.figures["refunds"] == -sum(s.units for s in own if s.units < 0)
        assert row.figures["proceeds"] == money(own)
    assert len(table.rows) == 3
    assert (table.complete_to, table.incomplete) == (end, False)
    while numbers.fetch("sales").waiting_until is not None:
        pass
    before = numbers.requests()
    assert numbers.fetch("sales").ok
    assert numbers.requests() - before <= 4


@pytest.mark.slow
def test_breakdowns_by_country_product_and_day_equal_the_trade(numbers: Numbers) -> None:
    numbers.fetch("sales")
    start, end = date(2026, 10, 1), date(2026, 10, 28)
    sold = numbers.trade.between(start, end)
    places = figure(numbers.table(Source.SALES, By.COUNTRY, start, end), "downloads")
    for market in MARKETS:
        expected = downloads(s for s in sold if s.country == market.country)
        assert places.get(alpha3(market.country), 0) == expected
    products = numbers.table(Source.SALES, By.PRODUCT, start, end)
    for row in products.rows:
        assert isinstance(row.key, ProductKey)
        own = [s for s in sold if s.item.sku == row.key.sku and s.kind == row.key.type]
        assert row.figures["proceeds"] == money(own)
    days = figure(numbers.table(Source.SALES, By.DAY, start, end), "downloads")
    assert days == {day: downloads(numbers.trade.sales(day)) for day in Period(start, end)}
    app_id = numbers.trade.shops[1].app_id
    (only,) = numbers.table(Source.SALES, By.APP, start, end, app_id).rows
    assert only.figures["downloads"] == downloads(s for s in sold if s.app_id == app_id)


@pytest.mark.slow
def test_a_day_without_sales_is_zero_and_an_unpublished_day_is_nothing(numbers: Numbers) -> None:
    numbers.fetch("sales")
    quiet = next(d for d in Period(date(2026, 9, 25), date(2026, 11, 18)) if not numbers.trade.sales(d))
    today = date(2026, 11, 21)
    days = figure(numbers.table(Source.SALES, By.DAY, quiet, today), "downloads")
    assert days[quiet] == 0
    assert days[today] is None
    assert days[date(2026, 11, 20)] is not None


@pytest.mark.slow
def test_the_correction_of_a_new_day_replaces_its_first_edition(numbers: Numbers, desk: Desk) -> None:
    apple = numbers.apple
    day = next(
        d for d in (date(2026, 11, 20), date(2026, 11, 19)) if any(s.late for s in numbers.trade.sales(d))
    )
    numbers.fetch("sales")
    first = figure(numbers.table(Source.SALES, By.DAY, day, day), "proceeds")[day]
    assert first == money(s for s in numbers.trade.sales(day) if not s.late)
    apple.simulator.clock = ShiftedClock(NOW + timedelta(hours=40))
    later = Numbers(apple, desk, NOW + timedelta(hours=40))
    assert later.fetch("sales").changed >= 1
    second = figure(later.table(Source.SALES, By.DAY, day, day), "proceeds")[day]
    assert second == money(numbers.trade.sales(day))


def test_finance_periods_add_up_and_missing_ones_are_told(numbers: Numbers) -> None:
    result = numbers.fetch("finance")
    assert result.ok, result.detail
    fiscal = FiscalPeriod(2027, 1)
    table = numbers.table(Source.FINANCE, By.APP, fiscal.start, fiscal.end)
    settled = [s for s in numbers.trade.between(fiscal.start, fiscal.end) if s.each]
    got: dict[str, Decimal] = defaultdict(Decimal)
    for row in table.rows:
        amounts = row.figures["proceeds"]
        if amounts is None:
            # No sales file has told yet whose the purchases are: not known is not zero.
            assert UNASSIGNED in {other.key for other in table.rows}
            continue
        assert isinstance(amounts, dict)
        for currency, amount in amounts.items():
            got[currency] += amount
    assert dict(got) == money(settled)
    assert (table.period, table.complete_to) == (Period(fiscal.start, fiscal.end), fiscal.end)
    running = FiscalPeriod(2027, 2)
    unpublished = numbers.table(Source.FINANCE, By.APP, running.start, running.end)
    assert {row.figures["units"] for row in unpublished.rows} == {None}
    before = numbers.requests()
    numbers.fetch("finance")
    assert numbers.requests() == before


def test_an_empty_201_to_an_analytics_request_is_settled_by_apples_list(numbers: Numbers) -> None:
    faults = numbers.apple.simulator.faults
    faults.add("empty", "POST", "/v1/analyticsReportRequests", status=201, after=True, times=None)
    found = numbers.fetch("analytics")
    assert found.ok, found.detail
    posted = [seen for seen in numbers.apple.simulator.ledger.requests if seen.method == "POST"]
    assert len(posted) == 2 * len(numbers.world.apps), "one of each kind an app"


@pytest.mark.slow
@pytest.mark.parametrize("part", ["apps/*/analyticsReportRequests", "reports", "instances", "segments"])
def test_an_analytics_list_that_ends_early_is_never_the_whole(
    numbers: Numbers, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ascinbox.simulator.analytics.SNAPSHOT_DAYS", 20)
    asked = NOW - timedelta(days=4)
    for app_id in numbers.world.apps:
        numbers.analytics.ask(app_id, "ONGOING", asked.timestamp())
        numbers.analytics.ask(app_id, "ONE_TIME_SNAPSHOT", asked.timestamp())
    faults = numbers.apple.simulator.faults
    faults.add("list", path=f"/v1/*{part}", variant="empty", times=None)
    cut = numbers.fetch("analytics")
    assert not cut.ok
    assert "ended early" in cut.detail
    posted = [seen for seen in numbers.apple.simulator.ledger.requests if seen.method == "POST"]
    assert posted == []
    faults.clear()
    again = numbers.fetch("analytics")
    assert again.ok, again.detail
    assert again.new > 0


@pytest.mark.slow
def test_analytics_take_the_newest_word_on_each_day(numbers: Numbers) -> None:
    asked = NOW - timedelta(days=12)
    for app_id in numbers.world.apps:
        numbers.analytics.ask(app_id, "ONGOING", asked.timestamp())
    result = numbers.fetch("analytics")
    assert result.ok, result.detail
    start, end = date(2026, 11, 12), date(2026, 11, 16)
    impressions = figure(numbers.table(Source.ANALYTICS, By.APP, start, end), "impressions")
    kind = next(k for k in KINDS if k.name.startswith("App Store Discovery"))
    for shop in numbers.trade.shops:
        expected = sum(
            true_value(shop, kind, 0, country, day, numbers.world.seed)
            for day in Period(start, end)
            for country in range(len(MARKETS))
        )
        assert impressions[AppKey(shop.app_id, shop.name)] == expected
    fresh = figure(numbers.table(Source.ANALYTICS, By.DAY, date(2026, 11, 18), NOW.date()), "sessions")
    assert fresh[NOW.date()] is None
    assert fresh[date(2026, 11, 18)] is not None
    before = len(numbers.apple.simulator.ledger.as_json()["requests"])
    assert numbers.fetch("analytics").ok
    assert len(numbers.apple.simulator.ledger.as_json()["requests"]) == before


def test_a_new_request_is_made_and_waited_for(numbers: Numbers) -> None:
    result = numbers.fetch("analytics")
    assert result.ok
    assert "24 to 48 hours" in result.detail
    kinds = {(r.app_id, r.access) for r in numbers.analytics.requests.values()}
    assert len(kinds) == 2 * len(numbers.world.apps)
    table = numbers.table(Source.ANALYTICS, By.APP, date(2026, 11, 1), date(2026, 11, 20))
    assert {row.figures["impressions"] for row in table.rows} == {None}


def test_a_refusal_is_told_and_leaves_no_zero(numbers: Numbers) -> None:
    numbers.apple.simulator.faults.add(
        "status", path="/v1/salesReports", status=403, variant="agreement", times=None
    )
    result = numbers.fetch("sales")
    assert not result.ok
    table = numbers.table(Source.SALES, By.APP, date(2026, 11, 1), date(2026, 11, 20))
    assert {row.figures["downloads"] for row in table.rows} == {None}
    assert table.incomplete
    assert any("North" in note for note in table.notes)


def test_review_figures_come_from_the_cache(numbers: Numbers) -> None:
    numbers.space.sync.run(datasets=["reviews"])
    start, end = date(2026, 1, 1), NOW.date()
    table = numbers.table(Source.REVIEWS, By.APP, start, end)
    for row in table.rows:
        assert isinstance(row.key, AppKey)
        own = [
            review
            for review in numbers.world.apps[row.key.id].reviews
            if start <= datetime.fromtimestamp(review.created, UTC).date() <= end
        ]
        assert row.figures["reviews"] == len(own)
        assert row.figures["replied"] == sum(review.reply is not None for review in own)
        assert row.figures["stars"] == {
            str(n): sum(review.rating == n for review in own) for n in range(1, 6)
        }


def test_a_member_is_told_that_figures_of_reports_stay_with_the_workers(
    numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Workspace, "asks_no_store", property(lambda _: True))
    period = Period(NOW.date() - timedelta(days=7), NOW.date())
    for source in (Source.SALES, Source.ANALYTICS):
        table = numbers.table(source, By.APP, period.start, period.end)
        assert table.notes == (NOT_SHARED,)
        assert numbers.space.metrics.compared(Selection(source, By.APP, period)).now.notes == (NOT_SHARED,)
    assert numbers.space.metrics.overview(By.APP, period).notes == (NOT_SHARED,)
    assert NOT_SHARED not in numbers.table(Source.REVIEWS, By.APP, period.start, period.end).notes
