"""The Reporter service: a form post with a JSON request, answered by XML or a packed report."""

from __future__ import annotations

import json
import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from urllib.parse import parse_qs

from ascinbox.core.dates import pacific_day
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.simulator import files
from ascinbox.simulator.calls import SimulatedAnswer, report
from ascinbox.simulator.market import (
    KEPT_DAYS,
    PUBLISHED_AT,
    at,
    check_published,
    financial_report,
    market_of,
    sales_report,
)
from ascinbox.simulator.problems import Problem
from ascinbox.simulator.world import Team, World

PATH = "/reportservice/"
XML = "text/xml"
MORE_THAN_ONE = (
    "You have access to more than one account. Please enter your account number. Your access token is valid "
    "for all of them; to see a list of accounts, run the command getAccounts."
)


def command_of(body: bytes) -> str:
    """`Sales.getReport, 85500001,Sales,...`; "" for what is no command."""
    try:
        text = str(json.loads(parse_qs(body.decode("ascii"))["jsonRequest"][0])["queryInput"])
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
    match = re.fullmatch(r"\[p=Reporter\.properties, (.*)\]", text)
    return match[1] if match else ""


def serve(world: World, path: str, body: bytes, now: float) -> SimulatedAnswer:
    """One command. Errors are XML with Reporter's own numbers."""
    try:
        form = json.loads(parse_qs(body.decode("ascii"))["jsonRequest"][0])
        token, text = str(form["accesstoken"]), str(form["queryInput"])
    except (ValueError, KeyError, TypeError, IndexError):
        return _error(400, 101, "Invalid command.")
    team = next((t for t in world.teams.values() if token and t.reporter_token == token), None)
    if team is None:
        return _error(401, 123, "The access token has expired or is invalid.")
    match = re.fullmatch(r"\[p=Reporter\.properties, ([A-Za-z.]+)(?:, (.*))?\]", text)
    if match is None:
        return _error(400, 101, "Invalid command.")
    command, arguments = match[1], (match[2] or "").split(",")
    sales = path.startswith("/reportservice/sales/")
    if command in ("Sales.getAccounts", "Finance.getAccounts"):
        told = "".join(
            f"<Account><Name>{name}</Name><Number>{number}</Number></Account>"
            for number, name in team.reporter_accounts.items()
        )
        return _xml(f"<Accounts>{told}</Accounts>")
    account = form.get("account")
    if account is not None and account not in team.reporter_accounts:
        return SimulatedAnswer(404, b"", XML)
    if account is None and len(team.reporter_accounts) > 1:
        return _error(400, 214, MORE_THAN_ONE)
    if command == "Sales.getVendors" and sales:
        return _xml(f"<Vendors><Vendor>{team.vendor}</Vendor></Vendors>")
    if command == "Finance.getVendorsAndRegions" and not sales:
        region = "<region><code>ZZ</code><reports><report>Financial</report></reports></region>"
        return _xml(f"<VendorsAndRegions><Vendor><id>{team.vendor}</id>{region}</Vendor></VendorsAndRegions>")
    try:
        if command == "Sales.getReport" and sales:
            return _sales(world, team, arguments, at(now))
        if command == "Finance.getReport" and not sales:
            return _finance(world, team, arguments, at(now))
    except (ValueError, OverflowError):
        return _error(404, 210, "Report is not available.")
    return _error(400, 101, "Invalid command.")


def _sales(world: World, team: Team, arguments: list[str], now: datetime) -> SimulatedAnswer:
    vendor, kind, sub_type, frequency, text, *version = arguments
    if vendor != team.vendor:
        return _error(404, 200, "Invalid vendor number specified.")
    if sub_type != "Summary" or kind not in ("Sales", "Subscription", "SubscriptionEvent"):
        return _error(400, 110, "Invalid report type.")
    if kind != "Sales" and not version:
        return _error(400, 121, "Please include the version parameter.")
    first, last, delay = _span(frequency, text)
    kept = KEPT_DAYS * (10 if frequency == "Yearly" else 1)
    try:
        check_published(last, delay, kept, now)
    except Problem:
        return _error(404, 210, "Report is not available yet.")
    trade = market_of(world).trade(team)
    name = files.sales_name(kind, frequency, team.vendor, last)
    if kind == "Subscription":
        return report(files.pack(files.subscription_file(trade, first)), name)
    if kind == "SubscriptionEvent":
        return report(files.pack(files.subscription_event_file(trade, first)), name)
    packed = sales_report(trade, first, last, now)
    if not packed:
        return _error(404, 213, "There were no sales for the date specified.")
    return report(packed, name)


def _span(frequency: str, text: str) -> tuple[date, date, timedelta]:
    """First day, last day and delay of publication. ValueError for a date in another frequency's form."""
    match frequency:
        case "Daily":
            day = datetime.strptime(text, "%Y%m%d").date()
            return day, day, PUBLISHED_AT
        case "Weekly":
            sunday = datetime.strptime(text, "%Y%m%d").date()
            if sunday.weekday() != 6:
                raise ValueError("a week ends on a Sunday")
            return sunday - timedelta(days=6), sunday, PUBLISHED_AT
        case "Monthly":
            first = datetime.strptime(text, "%Y%m").date()
            return first, first.replace(day=monthrange(first.year, first.month)[1]), timedelta(days=5)
        case _:
            return date(int(text), 1, 1), date(int(text), 12, 31), timedelta(days=6)


def _finance(world: World, team: Team, arguments: list[str], now: datetime) -> SimulatedAnswer:
    vendor, region, kind, year, number = arguments
    if vendor != team.vendor:
        return _error(404, 200, "Invalid vendor number specified.")
    period = FiscalPeriod.parse(f"{int(year):04d}-{int(number):02d}")
    late = pacific_day(now) < period.end + timedelta(days=14)
    if region != "ZZ" or kind != "Financial" or late or (pacific_day(now) - period.end).days > KEPT_DAYS:
        return _error(404, 210, "Report is not available.")
    packed = financial_report(market_of(world).trade(team), period.start, period.end)
    return report(packed, files.finance_name(team.vendor, str(period), region))


def _xml(text: str) -> SimulatedAnswer:
    return SimulatedAnswer(200, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode(), XML)


def _error(status: int, code: int, message: str) -> SimulatedAnswer:
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return SimulatedAnswer(status, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode(), XML)
