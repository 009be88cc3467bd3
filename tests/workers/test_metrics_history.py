"""Older history from longer files, subscriptions, conversion and digests, against the simulated trade."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.errors import Unavailable
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.output import as_json
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_coverage import Grain
from ascinbox.core.metrics.report_files import FileStatus, ReportSpan
from ascinbox.core.metrics.reports import Dataset, SalesReport
from ascinbox.core.metrics.table import AppKey, Selection
from ascinbox.core.reviews.territories import alpha3
from ascinbox.simulator.analytics import KINDS, true_value
from ascinbox.simulator.trade import MARKETS, Shop
from ascinbox.sources.apple.client import AppleClient
from ascinbox.sources.apple.download import Download
from ascinbox.sources.apple.errors import LinkRefused
from ascinbox.workers.metrics.currency_rates import Rates
from ascinbox.workers.metrics.metrics import convert
from ascinbox.workers.metrics.reports import analytics, sales
from ascinbox.workers.metrics.rows import UNASSIGNED
from tests.workers.conftest import apples
from tests.workers.simulated_apple import Apple, Desk
from tests.workers.test_metrics import NOW, Numbers, downloads, figure, money

LAST = date(2026, 11, 17)
"""The last day whose correction is in."""


@pytest.fixture
def numbers(make_apple: Callable[..., Apple], desk: Desk) -> Numbers:
    apple = make_apple(apps=2, reviews=120, clock=ShiftedClock(NOW), sells_since=date(2026, 7, 1))
    desk.apple = apple
    return Numbers(apple, desk, days=20)


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Apple, Path]]:
    """An Apple, and a home for which all of its sales were fetched once."""
    folder = tmp_path_factory.mktemp("fetched")
    with apples(folder) as make:
        apple = make(apps=3, reviews=180, clock=ShiftedClock(NOW), sells_since=date(2024, 1, 1))
        desk = Desk(folder / "home", apple)
        try:
            result = Numbers(apple, desk, days=30).fetch("sales")
        finally:
            for workspace in desk.opened:
                workspace.close()
        assert result.ok, result.detail
        yield apple, desk.home


@pytest.fixture
def history(fetched: tuple[Apple, Path], desk: Desk) -> Numbers:
    """A copy of the home with the sales of all times; the Apple is shared and stays as it is."""
    desk.apple, home = fetched
    shutil.copytree(home, desk.home)
    return Numbers(desk.apple, desk, days=30)


HISTORY = pytest.mark.xdist_group("history")
"""Where several processes share the tests, one of them fetches the sales."""


@pytest.mark.slow
@HISTORY
def test_history_before_the_daily_files_comes_from_weeks_months_and_years(history: Numbers) -> None:
    for start, end in (
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2024, 1, 1), LAST),
        (date(2026, 5, 1), date(2026, 7, 31)),
        (date(2026, 3, 2), date(2026, 3, 15)),
    ):
        sold = history.trade.between(start, end)
        table = history.table(Source.SALES, By.APP, start, end)
        assert {
            row.key.id: row.figures["downloads"] for row in table.rows if isinstance(row.key, AppKey)
        } == {
            shop.app_id: downloads(s for s in sold if s.app_id == shop.app_id) for shop in history.trade.shops
        }
        total: dict[str, Decimal] = {}
        for row in history.table(Source.SALES, By.COUNTRY, start, end).rows:
            amounts = row.figures["proceeds"]
            assert isinstance(amounts, dict)
            for currency, amount in amounts.items():
                total[currency] = total.get(currency, Decimal(0)) + amount
        assert {c: a for c, a in total.items() if a} == money(sold)
        assert not table.incomplete
    grains = {grain for grain, _ in history.table(Source.SALES, By.APP, date(2024, 1, 1), LAST).grains}
    assert {Grain.DAY, Grain.YEAR} <= grains
    assert grains & {Grain.WEEK, Grain.MONTH}


@HISTORY
def test_single_days_of_longer_files_are_unknown_and_said(history: Numbers) -> None:
    start, end = date(2026, 3, 2), date(2026, 3, 15)
    days = history.table(Source.SALES, By.DAY, start, end)
    assert {row.figures["downloads"] for row in days.rows} == {None}
    apps = history.table(Source.SALES, By.APP, start, end)
    assert any("weekly" in note and "single days" in note for note in apps.notes)
    assert as_json(apps)["grains"] == [
        {"grain": "week", "from": "2026-03-02", "to": "2026-03-08"},
        {"grain": "week", "from": "2026-03-09", "to": "2026-03-15"},
    ]


@HISTORY
def test_an_unchanged_history_costs_at_most_four_requests_the_second_time(history: Numbers) -> None:
    before = history.requests()
    again = history.fetch("sales")
    assert again.ok
    assert again.requests == history.requests() - before <= 4


def test_a_day_that_fails_at_apple_is_a_gap_and_no_end(
    numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = date(2026, 11, 10)
    ask = sales._Fetcher._ask

    def failing(
        self: sales._Fetcher, report: SalesReport, span: ReportSpan, day: date, version: str | None
    ) -> Download:
        if day == bad and span is ReportSpan.DAY:
            raise Unavailable("Apple has trouble.", "", "", status=500)
        return ask(self, report, span, day, version)

    monkeypatch.setattr(sales._Fetcher, "_ask", failing)
    result = numbers.fetch("sales")
    assert not result.ok
    table = numbers.table(Source.SALES, By.DAY, date(2026, 11, 8), date(2026, 11, 12))
    days = figure(table, "downloads")
    assert days[bad] is None
    assert days[date(2026, 11, 8)] == downloads(numbers.trade.sales(date(2026, 11, 8)))
    assert table.complete_to == date(2026, 11, 9)
    assert any("2026-11-10" in note for note in table.notes)


@HISTORY
def test_subscriptions_are_the_state_of_the_last_day_and_the_events_of_all(history: Numbers) -> None:
    start, end = date(2026, 11, 1), date(2026, 11, 14)
    table = history.table(Source.SUBSCRIPTIONS, By.APP, start, end)
    for shop in history.trade.shops:
        row = next(r for r in table.rows if isinstance(r.key, AppKey) and r.key.id == shop.app_id)
        active = history.trade.active(end, shop)
        paying = active * 60 // 100, active * 40 // 100
        assert row.figures["active"] == sum(paying)
        assert row.figures["trials"] == sum(part // 10 for part in paying)
        # Four in a thousand end their subscription, one in a thousand is not paid for any more.
        cancels = sum(
            max(1, history.trade.active(day, shop) * share // 1000)
            for day in Period(start, end)
            for share in (4, 1)
        )
        assert row.figures["cancellations"] == cancels
        first = history.trade.active(start - timedelta(days=1), shop)
        assert row.figures["churn"] == round(Decimal(cancels) / (first * 60 // 100 + first * 40 // 100), 4)
    day = figure(history.table(Source.SUBSCRIPTIONS, By.DAY, end, NOW.date()), "active")
    assert day[NOW.date()] is None
    assert day[end] == sum(r.figures["active"] or 0 for r in table.rows)  # type: ignore[misc]
    before = history.table(Source.SUBSCRIPTIONS, By.APP, date(2026, 1, 1), date(2026, 1, 31))
    assert {row.figures["active"] for row in before.rows} == {None}


@HISTORY
def test_a_snapshot_that_turns_empty_leaves_no_subscribers(history: Numbers) -> None:
    day = date(2026, 11, 19)
    scope = history.team.vendor

    def empty() -> None:
        store = history.space.store
        file = store.call(
            lambda s: s.report_files.files(scope, Dataset.SUBSCRIPTIONS, ReportSpan.DAY, day, day)
        )[day]
        gone = type(file)(scope, Dataset.SUBSCRIPTIONS, ReportSpan.DAY, day, FileStatus.EMPTY, NOW)
        store.call(lambda s: s.reports.note(gone))

    empty()
    table = history.table(Source.SUBSCRIPTIONS, By.APP, day, day)
    assert {row.figures["active"] for row in table.rows} == {0}


@pytest.mark.slow
def test_conversion_divides_what_both_reports_have_told(numbers: Numbers) -> None:
    for app_id in numbers.world.apps:
        numbers.analytics.ask(app_id, "ONGOING", (NOW - timedelta(days=12)).timestamp())
    numbers.fetch("analytics")
    start, end = date(2026, 11, 12), date(2026, 11, 15)
    table = numbers.table(Source.ANALYTICS, By.APP, start, end)
    kinds = {kind.name: kind for kind in KINDS}
    seed = numbers.world.seed

    def told(shop: Shop, report: str, label: int) -> int:
        return sum(
            true_value(shop, kinds[report], label, place, day, seed)
            for day in Period(start, end)
            for place in range(len(MARKETS))
        )

    for shop in numbers.trade.shops:
        gained = told(shop, "App Downloads Standard", 0) + told(shop, "App Downloads Standard", 1)
        seen = told(shop, "App Store Discovery and Engagement Standard", 0)
        row = next(r for r in table.rows if isinstance(r.key, AppKey) and r.key.id == shop.app_id)
        assert row.figures["conversion"] == round(Decimal(gained) / seen, 4)
    shape = as_json(table)["figures"]
    assert shape["impressions"]["report"] == "App Store Discovery and Engagement Standard"
    newest = numbers.table(Source.ANALYTICS, By.APP, start, NOW.date())
    assert newest.complete["sessions"] is not None
    assert newest.complete["downloads"] is not None
    assert newest.complete["sessions"] < newest.complete["downloads"] < NOW.date()


@HISTORY
def test_hidden_apps_count_in_no_country(history: Numbers) -> None:
    start, end = date(2026, 11, 1), date(2026, 11, 14)
    hidden = history.trade.shops[0].app_id
    history.space.store.call(
        lambda store: store.accounts.update(replace(history.account, hidden_apps=(hidden,)))
    )
    sold = [s for s in history.trade.between(start, end) if s.app_id != hidden]
    places = figure(history.table(Source.SALES, By.COUNTRY, start, end), "downloads")
    for market in MARKETS:
        assert places.get(alpha3(market.country), 0) == downloads(
            s for s in sold if s.country == market.country
        )


def test_digests_are_fetched_once_a_day_and_stay_when_apple_has_none_to_tell(numbers: Numbers) -> None:
    numbers.space.sync.run(datasets=["reviews"])
    first = numbers.fetch("summaries")
    apps = [app for app in numbers.world.apps.values() if app.summaries]
    assert apps
    assert (first.ok, first.changed) == (True, len(apps))
    for app in apps:
        here = numbers.space.metrics.summaries(app.id)
        assert {(s.territory, s.locale, s.text) for s in here} == {
            (s.territory, s.locale, s.words()) for s in app.summaries
        }
    assert numbers.fetch("summaries").requests == 0
    numbers.apple.simulator.faults.add(
        "status", path="*/customerReviewSummarizations", status=403, variant="role", times=None
    )
    refused = numbers.fetch("summaries", full=True)
    assert (refused.ok, refused.changed) == (True, 0)
    assert len(numbers.space.metrics.summaries(apps[0].id)) == len(apps[0].summaries)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 403, "variant": "agreement"}, "agreement"),
        ({"status": 403, "variant": "membership"}, "membership"),
        ({"status": 400, "code": "PARAMETER_ERROR.INVALID"}, "refuses this request"),
        ({"kind": "answer", "status": 404}, "does not have this"),
    ],
)
def test_what_refuses_digests_for_another_reason_than_the_role_is_told(
    numbers: Numbers, fault: dict[str, Any], words: str
) -> None:
    numbers.space.sync.run(datasets=["reviews"])
    rule = {"kind": "status", "path": "*/customerReviewSummarizations", "times": None, **fault}
    numbers.apple.simulator.faults.add(**rule)
    refused = numbers.fetch("summaries")
    assert not refused.ok
    assert words in refused.detail


def test_a_404_without_words_about_a_report_never_ends_the_asking_for_a_fiscal_period(
    numbers: Numbers,
) -> None:
    def statuses() -> set[FileStatus]:
        files = numbers.space.store.call(
            lambda store: store.report_files.files(
                numbers.account.vendor or "", Dataset.FINANCE, ReportSpan.FISCAL, date(2025, 1, 1), NOW.date()
            )
        )
        return {file.status for file in files.values()}

    faults = numbers.apple.simulator.faults
    faults.add("answer", path="/v1/financeReports", status=404, times=None)
    refused = numbers.fetch("finance")
    assert not refused.ok
    assert "404" in refused.detail
    assert statuses() <= {FileStatus.WAITING, FileStatus.REFUSED}, "nothing is taken for gone"
    faults.clear()
    faults.add(
        "status",
        path="/v1/financeReports",
        status=404,
        detail="There were no sales for the date specified.",
        times=None,
    )
    numbers.fetch("finance", full=True)
    assert statuses() == {FileStatus.WAITING, FileStatus.GONE}


@pytest.mark.parametrize("status", [500, 503])
def test_a_service_that_is_down_has_refused_no_finance_report(numbers: Numbers, status: int) -> None:
    rule = numbers.apple.simulator.faults.add("status", path="/v1/financeReports", status=status, times=None)
    assert not numbers.fetch("finance").ok
    assert rule.fired
    files = numbers.space.store.call(
        lambda store: store.report_files.files(
            numbers.account.vendor or "", Dataset.FINANCE, ReportSpan.FISCAL, date(2025, 1, 1), NOW.date()
        )
    )
    assert FileStatus.REFUSED not in {file.status for file in files.values()}
    numbers.apple.simulator.faults.clear()
    assert numbers.fetch("finance").ok


@HISTORY
def test_amounts_are_converted_only_where_a_home_currency_is_set(history: Numbers, desk: Desk) -> None:
    start, end = date(2026, 11, 1), date(2026, 11, 14)
    selection = Selection(Source.SALES, By.APP, Period(start, end))
    plain = as_json(history.space.metrics.table(selection))
    assert "rates" not in plain
    at_home = desk.open(clock=ShiftedClock(NOW), metrics_home_currency="EUR")
    shape = as_json(at_home.metrics.table(selection))
    assert shape["rates"]["currency"] == "EUR"
    for row in shape["rows"]:
        converted = row["proceeds_converted"]
        assert converted["approximate"] is True
        only_euro = [a for a in row["proceeds"] if a["currency"] == "EUR"]
        assert Decimal(converted["amount"]) > Decimal(only_euro[0]["amount"])
    assert [row["proceeds"] for row in shape["rows"]] == [row["proceeds"] for row in plain["rows"]]


@HISTORY
def test_a_currency_without_a_rate_is_named(history: Numbers) -> None:
    selection = Selection(Source.SALES, By.APP, Period(date(2026, 11, 1), date(2026, 11, 14)))
    table = history.space.metrics.table(selection)
    strange = {**table.rows[0].figures, "proceeds": {"EUR": Decimal(1), "XQX": Decimal(2)}}
    rows = (replace(table.rows[0], figures=strange), *table.rows[1:])
    converted = convert(replace(table, rows=rows), Rates("EUR"))
    assert converted.rows[0].converted is None
    assert converted.rows[1].converted is not None
    assert converted.notes[-1] == "No rate is known for XQX: rows with it are not converted."
    assert convert(table, Rates("EUR")).notes == table.notes
    unknown = convert(table, Rates("XQX"))
    assert (unknown.home, unknown.notes[-1]) == (
        "",
        "No rates are known for XQX ([metrics] home_currency): nothing is converted.",
    )


def ongoing(numbers: Numbers) -> None:
    for app_id in numbers.world.apps:
        numbers.analytics.ask(app_id, "ONGOING", (NOW - timedelta(days=12)).timestamp())


def impressions(numbers: Numbers) -> set[object]:
    table = numbers.table(Source.ANALYTICS, By.APP, date(2026, 11, 12), date(2026, 11, 15))
    return {row.figures["impressions"] for row in table.rows}


def test_a_stopped_request_is_made_anew_where_the_key_may(numbers: Numbers) -> None:
    ongoing(numbers)
    for request in numbers.analytics.requests.values():
        request.stopped = True
    result = numbers.fetch("analytics")
    assert result.ok
    living = [r for r in numbers.analytics.requests.values() if not r.stopped and r.access == "ONGOING"]
    assert {request.app_id for request in living} == set(numbers.world.apps)
    assert impressions(numbers) == {None}


def test_both_stopped_requests_are_deleted_and_made_anew(numbers: Numbers) -> None:
    ongoing(numbers)
    for app_id in numbers.world.apps:
        numbers.analytics.ask(app_id, "ONE_TIME_SNAPSHOT", (NOW - timedelta(days=12)).timestamp())
    stopped = set(numbers.analytics.requests)
    for request in numbers.analytics.requests.values():
        request.stopped = True
    result = numbers.fetch("analytics")
    assert (result.ok, "24 to 48 hours" in result.detail) == (True, True)
    assert not stopped & set(numbers.analytics.requests)
    kinds = {(r.app_id, r.access) for r in numbers.analytics.requests.values()}
    assert len(kinds) == 2 * len(numbers.world.apps)


def test_a_stopped_request_is_no_success_where_the_key_may_not_delete_it(numbers: Numbers) -> None:
    ongoing(numbers)
    for request in numbers.analytics.requests.values():
        request.stopped = True
    numbers.apple.simulator.faults.add(
        "status", "DELETE", "/v1/analyticsReportRequests/*", status=403, times=None
    )
    result = numbers.fetch("analytics")
    assert not result.ok
    assert "stopped" in result.detail
    assert "Admin key" in result.detail
    numbers.space.health.check()
    cell = numbers.space.health.matrix().accounts[0].cells["analytics"]
    assert cell.verdict.state is HealthState.STALLED
    assert "may not request them anew" in cell.verdict.detail
    assert cell.verdict.who == "an Admin"


def test_an_unsigned_agreement_is_not_told_as_a_key_that_may_not_ask(numbers: Numbers) -> None:
    numbers.apple.simulator.faults.add(
        "status", "POST", "/v1/analyticsReportRequests", status=403, variant="agreement", times=None
    )
    result = numbers.fetch("analytics")
    assert not result.ok
    assert "agreement" in result.detail
    assert "Admin key" not in result.detail


def test_a_request_that_is_in_the_way_and_in_no_list_is_said(numbers: Numbers) -> None:
    numbers.analytics.ghosts = {
        (app_id, access) for app_id in numbers.world.apps for access in ("ONGOING", "ONE_TIME_SNAPSHOT")
    }
    result = numbers.fetch("analytics")
    assert not result.ok
    assert "lists none" in result.detail
    assert "24 to 48" not in result.detail
    numbers.space.health.check()
    cell = numbers.space.health.matrix().accounts[0].cells["analytics"]
    assert (cell.verdict.state, "exists already" in cell.verdict.detail) == (HealthState.STALLED, True)


def test_a_refusal_to_make_a_request_is_told_and_no_request(numbers: Numbers) -> None:
    numbers.apple.simulator.faults.add(
        "status", "POST", "/v1/analyticsReportRequests", status=422, times=None
    )
    result = numbers.fetch("analytics")
    assert not result.ok
    assert "24 to 48" not in result.detail


@pytest.mark.slow
def test_a_second_full_run_says_what_is_stored(numbers: Numbers) -> None:
    ongoing(numbers)
    while numbers.fetch("analytics").waiting_until is not None:
        pass
    result = numbers.fetch("analytics", full=True)
    assert (result.ok, result.new, result.detail) == (True, 0, "")
    for request in numbers.analytics.requests.values():
        request.stopped = True
    assert "Requested anew" in numbers.fetch("analytics", full=True).detail


@pytest.mark.slow
def test_a_second_instance_of_a_day_is_fetched(numbers: Numbers) -> None:
    ongoing(numbers)
    numbers.fetch("analytics")
    before = numbers.fetch("analytics", full=True)
    assert before.new == 0
    numbers.analytics.editions = 2
    again = numbers.fetch("analytics", full=True)
    assert again.new > 0


def test_who_may_make_a_request_is_said_where_the_key_may_not(numbers: Numbers) -> None:
    weak = numbers.apple.account(
        vendor=numbers.team.vendor, key=numbers.apple.key("SALES"), features=("analytics",)
    )
    account = replace(weak, id=numbers.account.id, name=numbers.account.name)
    result = numbers.space.metrics.fetch(account, "analytics")
    assert not result.ok
    assert "Admin key" in result.detail


@pytest.mark.slow
def test_a_segment_that_does_not_match_its_checksum_stores_nothing_of_its_instance(
    numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ongoing(numbers)
    listed = analytics._App._list
    spoiled: set[str] = set()

    def spoiling(self: analytics._App, path: str, params: dict[str, str]) -> Iterator[dict[str, Any]]:
        for entry in listed(self, path, params):
            if path.endswith("/segments") and not spoiled:
                spoiled.add(path)
                entry["attributes"]["checksum"] = "0" * 32
            yield entry

    monkeypatch.setattr(analytics._App, "_list", spoiling)
    result = numbers.fetch("analytics")
    assert not result.ok
    assert "checksum" in result.detail
    assert None not in impressions(numbers)
    monkeypatch.undo()
    assert numbers.fetch("analytics", full=True).ok


@pytest.mark.slow
def test_a_link_that_has_expired_is_listed_again(numbers: Numbers, monkeypatch: pytest.MonkeyPatch) -> None:
    ongoing(numbers)
    fetch = AppleClient.download_link
    refused: set[str] = set()

    def expiring(self: AppleClient, url: str, **options: Any) -> Download:
        if not refused:
            refused.add(url)
            raise LinkRefused("The download link was refused.", "", "", status=403)
        return fetch(self, url, **options)

    monkeypatch.setattr(AppleClient, "download_link", expiring)
    assert numbers.fetch("analytics").ok
    assert refused
    assert None not in impressions(numbers)


def test_a_fiscal_year_of_53_weeks_is_asked_for_and_added_up(
    make_apple: Callable[..., Apple], desk: Desk
) -> None:
    long_year = next(
        year
        for year in range(2022, 2032)
        if FiscalPeriod(year, 3).end - FiscalPeriod(year, 3).start >= timedelta(days=34)
    )
    third = FiscalPeriod(long_year, 3)
    now = datetime.combine(third.end + timedelta(days=20), time(20), UTC)
    apple = desk.apple = make_apple(apps=2, reviews=10, clock=ShiftedClock(now))
    numbers = Numbers(apple, desk, now, days=20)
    assert numbers.fetch("finance").ok
    table = numbers.table(Source.FINANCE, By.APP, third.start, third.end)
    assert table.period == Period(third.start, third.end)
    assert table.period.days == 35
    got: dict[str, Decimal] = {}
    for row in table.rows:
        amounts = row.figures["proceeds"]
        if amounts is None:
            # No sales file has told yet whose the purchases are: not known is not zero.
            assert UNASSIGNED in {other.key for other in table.rows}
            continue
        assert isinstance(amounts, dict)
        for currency, amount in amounts.items():
            got[currency] = got.get(currency, Decimal(0)) + amount
    assert got == money(sale for sale in numbers.trade.between(third.start, third.end) if sale.each)
