"""The Metrics screen by its keys, over a small cache: every column set, period, comparison and gap."""

from __future__ import annotations

import csv
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.facts import AnalyticsFact, SalesFact, SubscriptionEventFact, SubscriptionFact
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import ANALYTICS_REPORTS, Dataset
from ascinbox.core.records import Account, App, Credential, ReviewSummary
from ascinbox.store.hot.sync import Run
from ascinbox.store.store import Store
from ascinbox.tui.metrics.screen import MetricsScreen
from ascinbox.tui.metrics.sets import SETS
from ascinbox.workers.workspace import Workspace
from tests.tui.world import APPS, NOW, Ui, build, key_event, review, running

VENDOR = "85012345"
TODAY = date(2026, 11, 21)
HOLE = date(2026, 11, 10)
"""A day that Apple has not published."""
SIZES = ((80, 24), (120, 36))


def units(app: int, day: date) -> int:
    """What an app sold on a day, in the United States and in Germany each."""
    return (4 - app) * 10 + day.toordinal() % 7


def sale(app: int, day: date, territory: str, currency: str) -> SalesFact:
    product = APPS[app]
    count = units(app, day)
    return SalesFact(
        day, day, product.id, "", f"sku{app}", product.name, "1F", territory, currency,
        Decimal(count), Decimal(0), Decimal(count) * Decimal("0.70"),
    )  # fmt: skip


def fill_days(store: Store) -> None:
    for back in range(1, 61):
        day = TODAY - timedelta(days=back)
        status = FileStatus.WAITING if day == HOLE else FileStatus.STORED
        file = ReportFile(VENDOR, Dataset.SALES, ReportSpan.DAY, day, status, NOW)
        if day == HOLE:
            store.reports.note(file)
            continue
        facts = [sale(app, day, *place) for app in range(3) for place in (("USA", "USD"), ("DEU", "EUR"))]
        store.reports.save_sales(file, facts)
        state = replace(file, dataset=Dataset.SUBSCRIPTIONS)
        store.reports.save_subscriptions(
            state, [SubscriptionFact(day, APPS[0].id, "77", "Yearly", "USA", 200, 20, 4, 2)]
        )
        happened = replace(file, dataset=Dataset.SUBSCRIPTION_EVENTS)
        store.reports.save_subscription_events(
            happened, [SubscriptionEventFact(day, APPS[0].id, "77", "USA", "Cancel", 1)]
        )
        for report in ANALYTICS_REPORTS:
            told = [
                AnalyticsFact(day, APPS[0].id, "USA", measure.figure, 1000) for measure in report.measures
            ]
            store.reports.save_analytics(APPS[0].id, report, day + timedelta(days=6), told, ongoing=True)


def fill(home: Path) -> None:
    """Sixty days of three apps; the fourth has sold nothing, one day is missing and one was empty."""
    paths = build(home, [review(n, answered=n % 2 == 0) for n in range(40)])
    store = Store.open(paths, ShiftedClock(NOW))
    try:
        account = store.accounts.list()[0]
        store.accounts.update(
            replace(account, vendor=VENDOR, features=("reviews", "reply", "sales", "analytics"))
        )
        with store.database.write():
            fill_days(store)
        digest = ReviewSummary("s1", "People like the tides.", "en-US", "IOS", NOW, "USA")
        looked = ReportFile(APPS[0].id, Dataset.SUMMARIES, ReportSpan.DAY, TODAY, FileStatus.STORED, NOW)
        store.reports.save_summaries(looked, (digest,))
    finally:
        store.close()


@asynccontextmanager
async def metrics(home: Path, size: tuple[int, int]) -> AsyncIterator[Ui]:
    """The app on the Metrics screen."""
    fill(home)
    from ascinbox.paths import Paths

    async with running(Paths.under(home), size=size) as ui:
        await ui.press("3")
        await ui.until(lambda: "Tide Clock" in ui.text())
        await ui.rest()
        yield ui


def row(ui: Ui, name: str) -> str:
    """The table's line of that name."""
    return next(line for line in ui.lines() if line[2:].startswith(name))


def total(first: date, last: date, app: int) -> int:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return sum(2 * units(app, day) for day in days if day != HOLE and day < TODAY)


@pytest.mark.parametrize("size", SIZES)
async def test_the_table_holds_the_sums_and_the_change(tmp_path: Path, size: tuple[int, int]) -> None:
    async with metrics(tmp_path, size) as ui:
        first = TODAY - timedelta(days=27)
        known = [day for n in range(28) if (day := first + timedelta(days=n)) not in (HOLE, TODAY)]
        now = total(first, TODAY, 0)
        then = sum(2 * units(0, day - timedelta(days=28)) for day in known)
        assert "26 of 28 days" in ui.text()
        line = row(ui, "Tide Clock")
        assert f"{now:,}" in line
        assert f"{(now - then) / then * 100:+.1f}%" in line
        assert "2026-11-10" in ui.text()
        assert "sales to 09 Nov" in ui.status
        assert all(len(one) <= size[0] for one in ui.lines())
        await ui.press("=")
        assert "%" not in row(ui, "Tide Clock").replace("50%", "").replace("100%", "")
        await ui.press("=")
        assert f"{(now - then) / then * 100:+.1f}%" in row(ui, "Tide Clock")


@pytest.mark.parametrize("size", SIZES)
async def test_b_goes_through_apps_countries_and_products(tmp_path: Path, size: tuple[int, int]) -> None:
    async with metrics(tmp_path, size) as ui:
        first = TODAY - timedelta(days=27)
        await ui.press("b")
        assert "by country" in ui.text()
        german = sum(total(first, TODAY, app) // 2 for app in range(3))
        assert f"{german:,}" in row(ui, "Germany")
        await ui.press("b")
        assert "by product" in ui.text()
        assert f"{total(first, TODAY, 1):,}" in row(ui, "HabitGarden")
        await ui.press("b")
        assert "by app" in ui.text()


@pytest.mark.parametrize("size", SIZES)
async def test_periods_go_forth_and_back(tmp_path: Path, size: tuple[int, int]) -> None:
    async with metrics(tmp_path, size) as ui:
        await ui.press(">")
        assert "[7 days]" in ui.text()
        assert f"{total(TODAY - timedelta(days=6), TODAY, 0):,}" in row(ui, "Tide Clock")
        await ui.press("<", "<")
        assert "[Year]" in ui.text()


@pytest.mark.parametrize("size", SIZES)
async def test_every_column_set_is_reached_and_told_from_an_unknown_one(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with metrics(tmp_path, size) as ui:
        await ui.press("tab")
        assert "[Store]" in ui.text()
        assert "26,000" in row(ui, "Tide Clock")
        assert "?" in row(ui, "HabitGarden")
        await ui.press("tab")
        assert any(name in ui.text() for name in ("[Subscriptions]", "[Subs]"))
        assert " 200 " in row(ui, "Tide Clock")
        await ui.press("tab", "G")
        await ui.until(lambda: "People like the tides." in ui.text() or size[1] < 30)
        assert "rating went down" in ui.text()
        assert "needs reply now" in ui.text()
        await ui.press("tab")
        assert any(name in ui.text() for name in ("[Public ratings]", "[Public]"))
        assert "?" in row(ui, "Tide Clock")
        await ui.press("tab")
        assert "[Replies]" in ui.text()
        await ui.press("tab")
        assert "[Finance]" in ui.text()
        await ui.press("tab", "tab")
        assert "Trend" in ui.text() or size[0] < 110
        await ui.press("shift+tab")
        assert "[Sales]" in ui.text()


async def test_a_wide_terminal_shows_storefronts_replies_and_the_digest(tmp_path: Path) -> None:
    async with metrics(tmp_path, (120, 36)) as ui:
        await ui.until(lambda: "TOP COUNTRIES" in ui.text())
        text = ui.text()
        for words in ("US United States", "DE Germany", "REPLIES", "RATINGS", "People like the tides."):
            assert words in text
        await ui.press("j")
        await ui.until(lambda: "HabitGarden · units a day" in ui.text())
        await ui.until(lambda: "People like" not in ui.text())


async def test_an_unpublished_day_is_a_question_mark_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with metrics(tmp_path, (80, 24)) as ui:
        assert any("?" in line and "┤" in line for line in ui.lines())
        await ui.press("enter")
        assert "Tide Clock by day" in ui.text()
        screen = ui.app.screen
        assert isinstance(screen, MetricsScreen)
        days = {shown.key: shown for shown in screen.rows()}
        await ui.press("G")
        assert str(units(0, HOLE - timedelta(days=1)) * 2) in row(ui, f"{HOLE - timedelta(days=1):%a %d %b}")
        assert "?" in row(ui, f"{HOLE:%a %d %b}")
        assert HOLE in days
        await ui.press("E", "enter")
        await ui.until(lambda: list(tmp_path.glob("ascinbox-sales-by-day-*.csv")))
        (written,) = tmp_path.glob("ascinbox-sales-by-day-*.csv")
        rows = {line["day"]: line for line in csv.DictReader(written.open(encoding="utf-8"))}
        assert rows[HOLE.isoformat()]["downloads"] == ""
        assert rows["2026-11-09"]["downloads"] == str(2 * units(0, date(2026, 11, 9)))
        await ui.press("escape")
        assert "by app" in ui.text()


async def test_the_export_is_of_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with metrics(tmp_path, (120, 36)) as ui:
        await ui.press("tab", "b", "E", "enter")
        await ui.until(lambda: list(tmp_path.glob("ascinbox-analytics-by-country-*.csv")))
        (written,) = tmp_path.glob("ascinbox-analytics-by-country-*.csv")
        (line,) = csv.DictReader(written.open(encoding="utf-8"))
        assert (line["territory"], line["impressions"]) == ("USA", "26000")


@pytest.mark.parametrize("size", SIZES)
async def test_the_arrows_choose_what_is_plotted_and_the_head_shows_it(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with metrics(tmp_path, size) as ui:
        await ui.until(lambda: "Tide Clock · units a day" in ui.text())
        await ui.press("right")
        await ui.until(lambda: "Tide Clock · redown a day" in ui.text())
        await ui.press("l")
        await ui.until(lambda: "Tide Clock · proceeds a day (USD +1)" in ui.text())
        await ui.press("left", "h", "left")
        await ui.until(lambda: "Tide Clock · revs a day" in ui.text())
        await ui.press("p", "right")
        assert "no plot is shown" in ui.status
        await ui.press("p", "tab", "right")
        await ui.until(lambda: "Tide Clock · views a day" in ui.text())


async def test_sorting_and_filtering_keep_to_the_shown_columns(tmp_path: Path) -> None:
    async with metrics(tmp_path, (120, 36)) as ui:
        screen = ui.app.screen
        assert isinstance(screen, MetricsScreen)
        await ui.press("S")
        await ui.press("j", "j", "enter")
        assert "sorted by name" in ui.status
        assert ui.lines()[4][2:13] == "HabitGarden"
        await ui.press("/")
        await ui.type("moon")
        await ui.press("enter")
        assert "Moon Diary" in ui.text()
        assert not any(line[2:].startswith("HabitGarden") for line in ui.lines())
        await ui.press("escape")
        assert any(line[2:].startswith("HabitGarden") for line in ui.lines())


async def test_help_names_what_the_keys_do_here(tmp_path: Path) -> None:
    async with metrics(tmp_path, (120, 36)) as ui:
        await ui.press("?")
        await ui.until(lambda: "compare" in ui.text())
        await ui.press("escape")
        assert isinstance(ui.app.screen, MetricsScreen)
        await ui.press("p")
        assert "plot hidden" in ui.status
        assert "units a day" not in ui.text()


async def test_the_screen_is_painted_before_the_figures_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = build(tmp_path, [review(1)])
    may_read = threading.Event()
    async with running(paths) as ui:
        metrics = ui.workspace.metrics
        read = metrics.overview

        def when_told(*args: Any) -> Any:
            may_read.wait(20)
            return read(*args)

        monkeypatch.setattr(metrics, "overview", when_told)
        ui.app.post_message(key_event("3", ui.app))
        try:
            await ui.until(lambda: "Reading the figures" in ui.text())
            assert "[28 days]" in ui.text()
        finally:
            may_read.set()
        await ui.until(lambda: "Reading the figures" not in ui.text())


async def test_while_the_first_reports_come_it_says_so(tmp_path: Path) -> None:
    paths = build(tmp_path, [])
    store = Store.open(paths, ShiftedClock(NOW))
    account = store.accounts.list()[0]
    store.accounts.update(replace(account, vendor=VENDOR, features=("reviews", "sales", "finance")))
    store.close()
    async with running(paths) as ui:
        assert ui.app.frame.unfetched == {"sales", "finance"}
        await ui.press("3", *["tab"] * 6, "b")
        await ui.until(lambda: "No figures yet. F5" in ui.text())
        ui.app.frame = replace(ui.app.frame, syncing="syncing Northwind sales")
        ui.app.notices.give_way()
        ui.app.tell_frame()
        await ui.until(lambda: "Figures are being fetched" in ui.text())
        assert "fetching finance" in ui.status
        await ui.app.ask(_end_of_a_run, ui.workspace, "finance")
        ui.app.summary.refresh()
        await ui.until(lambda: "No figures yet. F5" in ui.text())
        assert ui.app.frame.unfetched == {"sales"}


def _end_of_a_run(workspace: Workspace, dataset: str) -> None:
    run = Run(1, dataset, NOW, NOW, ok=False)
    workspace.store.call(lambda store: store.sync.save_run(run))


@pytest.mark.parametrize("size", [(120, 36), (200, 50)])
async def test_below_countries_and_products_stands_what_all_make_together(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with metrics(tmp_path, size) as ui:
        for ways in ("country", "product"):
            await ui.press("b")
            assert f"by {ways}" in ui.text()
            lines = ui.lines()
            head = next(number for number, line in enumerate(lines) if "All apps · units a day" in line)
            assert any("█" in line for line in lines[head:])
            biggest, *rest = [line.count("█") for line in lines[4:head] if "█" in line]
            assert biggest == max([biggest, *rest]), "the first row is the largest, and so is its bar"
        await ui.press("p")
        assert "All apps · units a day" not in ui.text()


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_two_apps_of_one_name_are_told_apart(tmp_path: Path, size: tuple[int, int]) -> None:
    async with metrics(tmp_path, size) as ui:
        assert "Tide Clock · AS" not in ui.text()
        package = "com.example.tide"
        key = Credential("service_account", "0f3c9a", None, "file:/none")
        google = Account(0, "Android", "", ("reviews", "reply"), (key,), NOW, store="play")
        app = App(package, "Tide Clock", package)

        def link(store: Store) -> None:
            store.accounts.add(google, (app,))
            store.reviews.save_page(package, [replace(review(3, app=app), id="play:r3", app_id=package)])

        ui.workspace.store.call(link)
        await ui.press("b", "b", "b")
        assert "Tide Clock · AS  " in ui.text()
        assert "Tide Clock · AS · units a day" in ui.text()
        await ui.press("G")
        assert "Tide Clock · GP  " in ui.text()
        for _ in SETS:
            await ui.press("tab", "home")
            assert "Tide Clock · AS " in ui.text(), "whole in every set"
        await ui.press("enter")
        assert "Tide Clock · AS by day" in ui.text()
