"""Which reports exist when: the trade of each team, publication times, retention and Apple's refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from ascinbox.core.dates import pacific_day, pacific_midnight
from ascinbox.simulator import files
from ascinbox.simulator.calls import Call
from ascinbox.simulator.problems import Problem
from ascinbox.simulator.trade import Origin, Trade, make_shop
from ascinbox.simulator.world import Team, World

PUBLISHED_AT = timedelta(hours=8)
"""After Pacific midnight: "generally by 8 a.m. Pacific Time" (App Store Connect Help)."""
CORRECTED_AFTER = timedelta(days=2)
"""The first edition of a day misses rows until then."""
KEPT_DAYS = 365
FILES_KEPT = 2048
"""Packed files in memory, for whoever asks for them again."""


@dataclass(slots=True)
class TradeBook:
    """The trades of a world's teams, made when first asked for."""

    world: World
    trades: dict[str, Trade] = field(default_factory=dict)

    def trade(self, team: Team) -> Trade:
        """What the team sells."""
        if team.vendor not in self.trades:
            apps = [app for app in self.world.apps.values() if app.issuer_id == team.issuer_id]
            shops = [
                make_shop(app.id, app.name, app.sku, index, self.world.seed) for index, app in enumerate(apps)
            ]
            self.trades[team.vendor] = Trade(team.vendor, shops, self.world.seed, self.world.sells_since)
        return self.trades[team.vendor]


def market_of(world: World) -> TradeBook:
    """The market of a world; kept with it."""
    if world.market is None:
        world.market = TradeBook(world)
    found = world.market
    assert isinstance(found, TradeBook)
    return found


def team_of(call: Call) -> Team:
    """The team whose vendor number the request names. Raises `Problem` 400 for anybody else's."""
    team = call.world.teams[call.key.issuer_id]
    if call.query.words("filter[vendorNumber]") != (team.vendor,):
        raise Problem(
            400,
            "PARAMETER_ERROR.INVALID",
            "A parameter has an invalid value",
            "Invalid vendor number specified",
            parameter="filter[vendorNumber]",
        )
    return team


def sales_report(trade: Trade, first: date, last: date, now: datetime) -> bytes:
    """The packed SALES file from `first` to `last` as it is at `now`; empty where nothing was sold.

    The first edition of a day misses some rows.
    """
    corrected = last
    while corrected >= first and now < pacific_midnight(corrected) + timedelta(days=1) + CORRECTED_AFTER:
        corrected -= timedelta(days=1)
    return _sales_report(trade.origin, first, last, corrected)


@lru_cache(maxsize=FILES_KEPT)
def _sales_report(origin: Origin, first: date, last: date, corrected: date) -> bytes:
    """Pure, so worlds of one seed share what was packed; days after `corrected` miss some rows."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    trade = Trade(*origin)
    sold = [sale for day in days for sale in trade.sales(day) if day <= corrected or not sale.late]
    return files.pack(files.sales_file(sold, first, last)) if sold else b""


def financial_report(trade: Trade, first: date, last: date) -> bytes:
    """The packed FINANCIAL file of the fiscal period from `first` to `last`."""
    return _financial_report(trade.origin, first, last)


@lru_cache(maxsize=FILES_KEPT)
def _financial_report(origin: Origin, first: date, last: date) -> bytes:
    return files.pack(files.financial_file(Trade(*origin).between(first, last), first, last))


def check_published(last: date, delay: timedelta, kept_days: int, now: datetime) -> None:
    """Raises `Problem` 404 for a report that ends on `last` and is not out yet, 410 for one too old."""
    if now < pacific_midnight(last) + timedelta(days=1) + delay:
        raise not_yet()
    if (pacific_day(now) - last).days > kept_days:
        raise Problem(410, "GONE", "The resource is gone", "Report is no longer available.")


def not_yet() -> Problem:
    """404 for a report that is not out."""
    return Problem(
        404,
        "NOT_FOUND",
        "The specified resource does not exist",
        "The request expected results but none were found - Report is not available yet. Daily reports are "
        "generally available by 8 a.m. Pacific Time.",
    )


def no_sales() -> Problem:
    """404 that means a true zero."""
    return Problem(
        404,
        "NOT_FOUND",
        "The specified resource does not exist",
        "There were no sales for the date specified.",
    )


def at(now: float) -> datetime:
    """The aware UTC time of the world's clock."""
    return datetime.fromtimestamp(now, UTC)


def utc_midnight(day: date) -> datetime:
    """Start of a UTC day."""
    return datetime.combine(day, time(), UTC)
