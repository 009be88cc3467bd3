"""What a figure is compared with: days that are known on both sides, and spans of unequal length a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.facts import (
    AnalyticsFact,
    FinanceFact,
    SalesFact,
    SubscriptionEventFact,
    SubscriptionFact,
)
from ascinbox.core.metrics.figures import By, Source, plottable
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.output import as_json
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import ANALYTICS_REPORTS, Dataset
from ascinbox.core.metrics.table import AppKey, Selection
from ascinbox.core.records import App
from ascinbox.store.hot.sync import Run
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
WEEK = Period(date(2026, 11, 15), TODAY)
VENDOR = "85012345"
TIDE, MOON = App("1", "Tide", "c.tide", "tide"), App("2", "Moon", "c.moon", "moon")
NOW_UNITS = (100, 110, 90, 120, 106, 100)
"""Six published days: 626."""
BEFORE_UNITS = (95, 105, 91, 110, 100, 100, 114)
"""Seven days: 715; the first six of them 601."""


@pytest.fixture
def space(apple: Apple, desk: Desk) -> Workspace:
    """One account with a vendor number and two apps, without a figure."""
    made = desk.open(clock=ShiftedClock(NOW))
    account = apple.account(vendor=VENDOR, features=("reviews", "sales", "finance", "analytics"))
    linked = made.store.call(lambda store: store.accounts.add(account))
    made.store.call(lambda store: store.accounts.save_apps(linked.id, [TIDE, MOON]))
    return made


def sell(
    space: Workspace,
    day: date,
    units: int,
    *,
    span: ReportSpan = ReportSpan.DAY,
    vendor: str = VENDOR,
    app: App = TIDE,
) -> None:
    """A sales file with one product."""
    file = ReportFile(vendor, Dataset.SALES, span, day, FileStatus.STORED, NOW)
    count = Decimal(units)
    fact = SalesFact(
        day, day, app.id, "", app.sku, app.name, "1F", "DEU", "EUR", count, Decimal(0), count / 2
    )
    space.store.call(lambda store: store.reports.save_sales(file, [fact]))


def six_of_seven(space: Workspace) -> None:
    for n, units in enumerate(NOW_UNITS):
        sell(space, WEEK.start + timedelta(days=n), units)
    for n, units in enumerate(BEFORE_UNITS):
        sell(space, WEEK.previous().start + timedelta(days=n), units)


def shape(space: Workspace, source: Source, by: By, period: Period) -> tuple[dict[str, Any], dict[Any, Any]]:
    """The JSON, and its rows by the name of what they stand for."""
    sides = space.metrics.compared(Selection(source, by, period))
    payload = as_json(sides.now, sides)

    def name(row: dict[str, Any]) -> Any:
        return row["app"]["name"] if "app" in row else row.get("territory", row.get("day"))

    return payload, {name(row): row for row in payload["rows"]}


def test_six_published_days_are_compared_with_the_same_six(space: Workspace) -> None:
    six_of_seven(space)
    payload, rows = shape(space, Source.SALES, By.APP, WEEK)
    tide = rows["Tide"]
    assert (tide["downloads"], tide["previous"]["downloads"], tide["compared_days"]) == (626, 601, 6)
    assert tide["change"]["downloads"] == pytest.approx(0.0416, abs=1e-4)
    assert tide["change"]["proceeds"] == tide["change"]["downloads"]
    assert (payload["compared_days"], payload["figures"]["downloads"]["compared_days"]) == (6, 6)
    assert payload["period"]["previous"] == {"from": "2026-11-08", "to": "2026-11-14"}
    # Nothing sold on known days is a zero on both sides, and a zero has no percentage.
    assert (rows["Moon"]["previous"]["downloads"], rows["Moon"]["change"]["downloads"]) == (0, None)
    by_country = shape(space, Source.SALES, By.COUNTRY, WEEK)[1]["DEU"]
    assert (by_country["previous"]["downloads"], by_country["compared_days"]) == (601, 6)


def test_the_screen_says_how_many_days_are_compared(space: Workspace) -> None:
    six_of_seven(space)
    shown = space.metrics.overview(By.APP, WEEK)
    tide = next(row for row in shown.rows if row.name == "Tide")
    assert (tide.now.units, tide.compared.units, tide.before.units) == (626, 626, 601)
    assert (shown.total.compared.units, shown.total.before.units) == (626, 601)
    assert shown.sales_compared == "6 of 7 days"
    detail = space.metrics.detail(AppKey(TIDE.id, TIDE.name), Source.SALES, WEEK, plottable(None)[0])
    assert [(p.units, p.compared, p.before) for p in detail.places] == [(626, 626, 601)]


def test_days_that_are_missing_before_are_compared_with_nothing(space: Workspace) -> None:
    for day in WEEK:
        sell(space, day, 100)
    for day in list(WEEK.previous())[4:]:
        sell(space, day, 50)
    _, rows = shape(space, Source.SALES, By.APP, WEEK)
    assert (rows["Tide"]["downloads"], rows["Tide"]["change"]["downloads"]) == (700, 1.0)
    assert rows["Tide"]["compared_days"] == 3


def test_nothing_before_gives_no_change(space: Workspace) -> None:
    for day in WEEK:
        sell(space, day, 100)
    payload, rows = shape(space, Source.SALES, By.APP, WEEK)
    assert (rows["Tide"]["previous"], rows["Tide"]["compared_days"]) == (None, 0)
    assert set(rows["Tide"]["change"].values()) == {None}
    assert payload["compared_days"] == 0
    assert space.metrics.overview(By.APP, WEEK).sales_compared == "nothing to compare"


def test_each_vendor_is_compared_by_its_own_days(space: Workspace, apple: Apple) -> None:
    six_of_seven(space)
    other = apple.account(name="South", vendor="85099999", features=("sales",))
    linked = space.store.call(lambda store: store.accounts.add(other))
    sun = App("3", "Sun", "c.sun", "sun")
    space.store.call(lambda store: store.accounts.save_apps(linked.id, [sun]))
    for day in (*WEEK, *WEEK.previous()):
        sell(space, day, 10, vendor="85099999", app=sun)
    _, rows = shape(space, Source.SALES, By.APP, WEEK)
    assert (rows["Sun"]["compared_days"], rows["Tide"]["compared_days"]) == (7, 6)
    assert rows["Sun"]["change"]["downloads"] == 0
    assert space.metrics.overview(By.APP, WEEK).sales_compared == "6 to 7 of 7 days"


def test_a_month_that_is_known_in_one_piece_is_compared_whole_or_not_at_all(space: Workspace) -> None:
    october, september = Period(date(2026, 10, 1), date(2026, 10, 30)), date(2026, 9, 1)
    for day in october:
        sell(space, day, 10)
    sell(space, september, 600, span=ReportSpan.MONTH)
    _, rows = shape(space, Source.SALES, By.APP, october)
    assert (rows["Tide"]["change"]["downloads"], rows["Tide"]["compared_days"]) == (-0.5, 30)
    shorter = Period(date(2026, 10, 2), date(2026, 10, 30))
    _, rows = shape(space, Source.SALES, By.APP, shorter)
    # Of the span before, 3 September to 1 October, the month tells no part; only its last day is a file.
    assert (rows["Tide"]["compared_days"], rows["Tide"]["previous"]["downloads"]) == (1, 10)


def settle(space: Workspace, fiscal: FiscalPeriod, units: int) -> None:
    """A finance file with one product."""
    file = ReportFile(VENDOR, Dataset.FINANCE, ReportSpan.FISCAL, fiscal.start, FileStatus.STORED, NOW)
    fact = FinanceFact(
        str(fiscal), fiscal.start, fiscal.end, TIDE.id, "tide", "Tide", "1F", "DEU", "EUR",
        Decimal(units), Decimal(units),
    )  # fmt: skip
    space.store.call(lambda store: store.reports.save_finance(file, [fact]))


def test_fiscal_periods_of_five_and_four_weeks_are_compared_a_day(space: Workspace) -> None:
    long, short = FiscalPeriod(2026, 10), FiscalPeriod(2026, 9)
    assert ((long.end - long.start).days, (short.end - short.start).days) == (34, 27)
    settle(space, long, 350)
    settle(space, short, 280)
    _, rows = shape(space, Source.FINANCE, By.APP, Period(long.start, long.end))
    tide = rows["Tide"]
    assert (tide["units"], tide["previous"]["units"], tide["change"]["units"]) == (350, 280, 0)
    assert (tide["change"]["proceeds"], tide["compared_days"]) == (0, 35)
    sides = space.metrics.sides(Source.FINANCE, By.APP, Period(long.start, long.end))
    assert sides.words() == "35 days with 28, a day"


def test_two_published_periods_are_compared_with_two(space: Workspace) -> None:
    last = FiscalPeriod(2026, 12)
    first = last.previous().previous()
    for period, units in ((first, 350), (last.previous(), 280)):
        settle(space, period, units)
    earlier = first.previous()
    for units in (280, 280, 350):
        settle(space, earlier, units)
        earlier = earlier.previous()
    _, rows = shape(space, Source.FINANCE, By.APP, Period(first.start, last.end))
    tide = rows["Tide"]
    assert (tide["units"], tide["previous"]["units"], tide["compared_days"]) == (630, 630, 63)
    assert tide["change"]["units"] == 0


def test_days_of_analytics_that_still_grow_are_not_compared(space: Workspace) -> None:
    report = next(r for r in ANALYTICS_REPORTS if any(m.figure == "impressions" for m in r.measures))

    def save(day: date, value: int, age: int) -> None:
        fact = AnalyticsFact(day, TIDE.id, "DEU", "impressions", value)
        space.store.call(
            lambda store: store.reports.save_analytics(
                TIDE.id, report, day + timedelta(days=age), [fact], ongoing=True
            )
        )

    for day in list(WEEK)[:4]:
        save(day, 100, report.complete_after_days)
    save(WEEK.start + timedelta(days=4), 10, 1)
    for day in WEEK.previous():
        save(day, 100, report.complete_after_days)
    _, rows = shape(space, Source.ANALYTICS, By.APP, WEEK)
    tide = rows["Tide"]
    assert (tide["impressions"], tide["previous"]["impressions"]) == (410, 400)
    assert (tide["change"]["impressions"], tide["compared_days"]) == (0, 4)


def test_events_of_subscriptions_are_compared_over_known_days_and_states_by_their_place(
    space: Workspace,
) -> None:
    def save(day: date, active: int) -> None:
        file = ReportFile(VENDOR, Dataset.SUBSCRIPTIONS, ReportSpan.DAY, day, FileStatus.STORED, NOW)
        state = SubscriptionFact(day, TIDE.id, "77", "Yearly", "DEU", active, 0, 0, 0)
        event = SubscriptionEventFact(day, TIDE.id, "77", "DEU", "Renew", 10)
        happened = ReportFile(
            VENDOR, Dataset.SUBSCRIPTION_EVENTS, ReportSpan.DAY, day, FileStatus.STORED, NOW
        )
        space.store.call(lambda store: store.reports.save_subscriptions(file, [state]))
        space.store.call(lambda store: store.reports.save_subscription_events(happened, [event]))

    for day in list(WEEK)[:5]:
        save(day, 200)
    for n, day in enumerate(WEEK.previous()):
        save(day, 100 + n)
    _, rows = shape(space, Source.SUBSCRIPTIONS, By.APP, WEEK)
    tide = rows["Tide"]
    assert (tide["renewals"], tide["previous"]["renewals"], tide["change"]["renewals"]) == (50, 50, 0)
    assert (tide["previous"]["active"], tide["compared_days"]) == (104, 5)


def test_reviews_of_the_running_day_are_not_compared(space: Workspace, apple: Apple) -> None:
    account = space.store.call(lambda store: store.accounts.list())[0]
    run = Run(account_id=account.id, dataset="reviews", started_at=NOW, finished_at=NOW, ok=True)
    space.store.call(lambda store: store.sync.save_run(run))
    sides = space.metrics.sides(Source.REVIEWS, By.APP, WEEK)
    assert sides.words() == "6 of 7 days"


def test_a_day_stands_beside_the_day_in_its_place(space: Workspace) -> None:
    six_of_seven(space)
    _, rows = shape(space, Source.SALES, By.DAY, WEEK)
    assert (rows["2026-11-15"]["downloads"], rows["2026-11-15"]["previous"]["downloads"]) == (100, 95)
    unknown = rows[TODAY.isoformat()]
    assert (unknown["downloads"], unknown["previous"], unknown["compared_days"]) == (None, None, 0)
