"""Which app a purchase belongs to, with no list of apps but what the report files tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.output import as_json
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey, MetricsTable, Selection
from ascinbox.core.records import Credential, CredentialKind
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk
from tests.workers.test_metrics import NOW, Numbers, downloads, money
from tests.workers.test_metrics_strange_files import (
    NEWEST,
    Desktop,
    StandIn,
    packed,
    rows,
    stand_in,
    text,
)

__all__ = ["stand_in"]

APP = {"Apple Identifier": "1476097583", "SKU": "tide", "Title": "Tide Clock"}
TIP = {"Apple Identifier": "900000001", "SKU": "tide.tip", "Title": "A Tip", "Parent Identifier": "tide"}
ALONE = {"Apple Identifier": "900000002", "SKU": "alone", "Title": "Alone", "Parent Identifier": " "}
OTHERS = {"Apple Identifier": "900000003", "SKU": "x.year", "Title": "X Year", "Parent Identifier": "xapp"}


def by_token_alone(apple: Apple, desk: Desk, folder: Path, token: str, vendor: str) -> Workspace:
    """An account linked by its Reporter token: nobody ever lists its apps."""
    path = folder / "reporter.token"
    path.write_text(token, "ascii")
    path.chmod(0o600)
    credential = Credential(CredentialKind.REPORTER, "reporter", None, f"file:{path}")
    account = apple.account(vendor=vendor, features=("sales", "finance"), credentials=(credential,))
    return desk.open(account, clock=ShiftedClock(NOW), sync_report_days="20")


@pytest.mark.slow
def test_by_reporter_token_alone_a_row_is_an_app(
    make_apple: Callable[..., Apple], desk: Desk, tmp_path: Path
) -> None:
    apple = desk.apple = make_apple(apps=5, reviews=10, clock=ShiftedClock(NOW))
    helper = Numbers(apple, replace_home(desk, tmp_path / "other"), days=1)
    space = by_token_alone(apple, desk, tmp_path, helper.team.reporter_token, helper.team.vendor)
    (account,) = space.store.call(lambda store: store.accounts.list())
    assert space.store.call(lambda store: store.accounts.apps(account.id)) == ()
    assert space.metrics.fetch(account, "sales").ok
    start, end = date(2026, 11, 5), date(2026, 11, 17)
    table = space.metrics.table(Selection(Source.SALES, By.APP, Period(start, end)))
    sold = helper.trade.between(start, end)
    shown = {row.key.id: row for row in table.rows if isinstance(row.key, AppKey)}
    assert shown.keys() == {sale.app_id for sale in sold}
    assert len(shown) == 5
    for app_id, row in shown.items():
        own = [sale for sale in sold if sale.app_id == app_id]
        assert row.figures["downloads"] == downloads(own)
        assert row.figures["proceeds"] == money(own)
        assert isinstance(row.key, AppKey)
        assert row.key.name == helper.world.apps[app_id].name
    # Finance files name no parent: the sales files told it.
    assert space.metrics.fetch(account, "finance").ok
    fiscal = FiscalPeriod(2027, 1)
    table = space.metrics.table(Selection(Source.FINANCE, By.APP, Period(fiscal.start, fiscal.end)))
    assert {row.key.id for row in table.rows if isinstance(row.key, AppKey)} <= shown.keys()


def replace_home(desk: Desk, home: Path) -> Desk:
    return replace(desk, home=home)


@pytest.fixture
def desktop(stand_in: StandIn, make_apple: Callable[..., Apple], desk: Desk) -> Desktop:
    made = Desktop(stand_in, make_apple(apps=1, reviews=5), desk)
    made.space.store.call(lambda store: store.accounts.save_apps(made.account.id, []))
    return made


def table_of(desktop: Desktop, *sold: dict[str, str]) -> MetricsTable:
    desktop.server.day(NEWEST, packed(text(list(sold))))
    assert desktop.space.metrics.fetch(desktop.account, "sales").ok
    return desktop.space.metrics.table(Selection(Source.SALES, By.APP, Period(NEWEST, NEWEST)))


def sale(item: dict[str, str], kind: str, units: str, each: str) -> dict[str, str]:
    return rows(NEWEST, (kind, units, each, "US", "USD"))[0] | item


def test_a_purchase_without_a_parent_is_unassigned_and_makes_no_zero(desktop: Desktop) -> None:
    table = table_of(desktop, sale(APP, "1F", "7", "0"), sale(ALONE, "IA1", "3", "1.40"))
    found = {row["app"]["name"]: row for row in as_json(table)["rows"]}
    assert found.keys() == {"Tide Clock", "unassigned"}
    assert (found["Tide Clock"]["downloads"], found["Tide Clock"]["iap_units"]) == (7, None)
    assert found["Tide Clock"]["proceeds"] is None
    assert found["unassigned"]["iap_units"] == 3
    assert found["unassigned"]["proceeds"] == [{"amount": "4.20", "currency": "USD"}]


def test_a_purchase_of_an_app_that_no_row_names_is_under_its_parent(desktop: Desktop) -> None:
    table = table_of(
        desktop,
        sale(APP, "1F", "7", "0"),
        sale(TIP, "IA1", "2", "0.70"),
        sale(OTHERS, "IAY", "1", "10.00"),
    )
    found = {row["app"]["name"]: row for row in as_json(table)["rows"]}
    assert found.keys() == {"Tide Clock", "xapp"}
    assert (found["Tide Clock"]["iap_units"], found["xapp"]["iap_units"]) == (2, 1)
    assert (found["Tide Clock"]["downloads"], found["xapp"]["downloads"]) == (7, 0)


@pytest.mark.parametrize("parent", ["TIDE", " tide ", "1476097583"])
def test_a_parent_is_known_however_it_is_written(desktop: Desktop, parent: str) -> None:
    tip = TIP | {"Parent Identifier": parent}
    table = table_of(desktop, sale(APP, "1F", "7", "0"), sale(tip, "IA1", "2", "0.70"))
    (row,) = table.rows
    assert (row.figures["downloads"], row.figures["iap_units"]) == (7, 2)


@pytest.mark.slow
def test_an_app_that_only_files_name_is_compared_with_the_days_before(
    make_apple: Callable[..., Apple], desk: Desk, tmp_path: Path
) -> None:
    apple = desk.apple = make_apple(apps=3, reviews=10, clock=ShiftedClock(NOW))
    helper = Numbers(apple, replace_home(desk, tmp_path / "other"), days=1)
    space = by_token_alone(apple, desk, tmp_path, helper.team.reporter_token, helper.team.vendor)
    (account,) = space.store.call(lambda store: store.accounts.list())
    assert space.metrics.fetch(account, "sales").ok
    start, end = date(2026, 11, 11), date(2026, 11, 17)
    sides = space.metrics.compared(Selection(Source.SALES, By.APP, Period(start, end)))
    earlier = helper.trade.between(date(2026, 11, 4), date(2026, 11, 10))
    keys = [row.key for row in sides.now.rows if isinstance(row.key, AppKey)]
    assert len(keys) == 3
    for key in keys:
        assert sides.compared_days(key) == 7
        before = sides.before_row(key)
        assert before is not None
        assert before.figures["downloads"] == downloads([s for s in earlier if s.app_id == key.id])


@pytest.mark.parametrize("parent", [" ", "tide"])
def test_an_app_without_a_row_before_has_no_zero_there_while_purchases_are_unassigned(
    desktop: Desktop, parent: str
) -> None:
    bought = ALONE | {"Parent Identifier": parent}
    before = NEWEST - timedelta(days=1)
    desktop.server.day(before, packed(text([rows(before, ("IA1", "3", "1.40", "US", "USD"))[0] | bought])))
    table_of(desktop, sale(APP, "1F", "7", "0"))
    sides = desktop.space.metrics.compared(Selection(Source.SALES, By.APP, Period(NEWEST, NEWEST)))
    found = {row["app"]["name"]: row["previous"] for row in as_json(sides.now, sides)["rows"]}
    if parent == " ":
        told = found["Tide Clock"]
        assert (told["downloads"], told["iap_units"], told["proceeds"]) == (0, None, None)
    else:
        assert found["Tide Clock"]["iap_units"] == 3


@pytest.mark.slow
def test_an_app_that_only_files_name_can_be_asked_for_alone(
    make_apple: Callable[..., Apple], desk: Desk, tmp_path: Path
) -> None:
    apple = desk.apple = make_apple(apps=3, reviews=10, clock=ShiftedClock(NOW))
    helper = Numbers(apple, replace_home(desk, tmp_path / "other"), days=1)
    space = by_token_alone(apple, desk, tmp_path, helper.team.reporter_token, helper.team.vendor)
    (account,) = space.store.call(lambda store: store.accounts.list())
    assert space.metrics.fetch(account, "sales").ok
    names = {app.id: app.name for app in helper.world.apps.values()}
    assert space.metrics.app_names() == names
    period = Period(date(2026, 11, 5), date(2026, 11, 17))
    for source in (Source.SALES, Source.SUBSCRIPTIONS):
        every = space.metrics.table(Selection(source, By.APP, period))
        assert {row.key.id: row.key.name for row in every.rows if isinstance(row.key, AppKey)} == names
        for app_id in names:
            (row,) = space.metrics.table(Selection(source, By.APP, period, app_id)).rows
            assert row in every.rows
