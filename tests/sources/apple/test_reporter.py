from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.errors import NotFound, Rejected, Unauthorized
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.secret import Secret
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.market import market_of
from ascinbox.simulator.server import serve_in_thread
from ascinbox.simulator.world import Team, World
from ascinbox.sources.apple.reporter import Reporter, SalesAsk
from ascinbox.sources.apple.reports import parse_finance, parse_sales

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return make_world(7, NOW, apps=2, reviews=4)


@pytest.fixture
def team(world: World) -> Team:
    return next(iter(world.teams.values()))


@pytest.fixture
def url(world: World) -> Iterator[str]:
    served = serve_in_thread(Simulator(world, clock=ShiftedClock(NOW)))
    yield served.url
    served.stop()


@pytest.fixture
def reporter(url: str, team: Team) -> Reporter:
    return Reporter(Secret(team.reporter_token), clock=ShiftedClock(NOW), base_url=url)


def test_vendors_are_discovered(reporter: Reporter, team: Team) -> None:
    assert reporter.vendors() == reporter.finance_vendors() == (team.vendor,)


def test_a_sales_report_is_the_one_of_the_other_service(reporter: Reporter, team: Team, world: World) -> None:
    day = date(2026, 11, 17)
    with reporter.sales_report(SalesAsk(team.vendor, "SALES", "DAILY", day)) as table:
        facts = parse_sales(table)
    sold = market_of(world).trade(team).sales(day)
    assert sum(fact.units for fact in facts) == sum(sale.units for sale in sold)


def test_a_finance_report_is_asked_for_by_fiscal_period(reporter: Reporter, team: Team) -> None:
    period = FiscalPeriod(2027, 1)
    with reporter.finance_report(team.vendor, period) as table:
        assert parse_finance(table, period)


def test_refusals_are_told_apart(reporter: Reporter, url: str, team: Team) -> None:
    expired = Reporter(Secret("00000000-0000-0000-0000-000000000000"), clock=ShiftedClock(NOW), base_url=url)
    with pytest.raises(Unauthorized, match="180 days") as refused:
        expired.vendors()
    assert "00000000-0000" not in str(refused.value)
    with pytest.raises(NotFound):
        reporter.sales_report(SalesAsk(team.vendor, "SALES", "DAILY", date(2026, 11, 21)))
    with pytest.raises(Rejected, match="version"):
        reporter.sales_report(SalesAsk(team.vendor, "SUBSCRIPTION", "DAILY", date(2026, 11, 17)))
    with pytest.raises(Rejected, match="vendor"):
        reporter.sales_report(SalesAsk("1", "SALES", "DAILY", date(2026, 11, 17)))
