"""Sales and finance reports."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from ascinbox.core.dates import pacific_day
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.simulator import files, problems
from ascinbox.simulator.calls import Call, Endpoint, SimulatedAnswer, report
from ascinbox.simulator.market import (
    KEPT_DAYS,
    PUBLISHED_AT,
    at,
    check_published,
    financial_report,
    market_of,
    no_sales,
    sales_report,
    team_of,
)
from ascinbox.simulator.params import TEXT, ParameterRule, one_of
from ascinbox.simulator.roles import Task

REPORT_TYPES = (
    "SALES",
    "PRE_ORDER",
    "NEWSSTAND",
    "SUBSCRIPTION",
    "SUBSCRIPTION_EVENT",
    "SUBSCRIBER",
    "SUBSCRIPTION_OFFER_CODE_REDEMPTION",
    "INSTALLS",
    "FIRST_ANNUAL",
    "WIN_BACK_ELIGIBILITY",
)
SUB_TYPES = ("SUMMARY", "DETAILED", "SUMMARY_INSTALL_TYPE", "SUMMARY_TERRITORY", "SUMMARY_CHANNEL")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")

VERSIONS = {"SALES": ("1_0",), "SUBSCRIPTION": ("1_3", "1_4"), "SUBSCRIPTION_EVENT": ("1_3", "1_4")}
"""Versions that are served, newest last. A subscription report must name one."""

_REQUIRED = ParameterRule(required=True)
_SALES = {
    "filter[vendorNumber]": _REQUIRED,
    "filter[reportType]": one_of(*REPORT_TYPES, required=True),
    "filter[reportSubType]": one_of(*SUB_TYPES, required=True),
    "filter[frequency]": one_of(*FREQUENCIES, required=True),
    "filter[reportDate]": TEXT,
    "filter[version]": TEXT,
}
_FINANCE = {
    "filter[vendorNumber]": _REQUIRED,
    "filter[reportType]": one_of("FINANCIAL", "FINANCE_DETAIL", required=True),
    "filter[regionCode]": _REQUIRED,
    "filter[reportDate]": _REQUIRED,
}
FINANCE_DELAY = timedelta(days=14)


def sales(call: Call) -> SimulatedAnswer:
    """GET /v1/salesReports."""
    team = team_of(call)
    (kind,) = _one(call, "filter[reportType]")
    (sub_type,) = _one(call, "filter[reportSubType]")
    (frequency,) = _one(call, "filter[frequency]")
    if kind not in VERSIONS or sub_type != "SUMMARY" or (kind != "SALES" and frequency != "DAILY"):
        raise problems.parameter_invalid("filter[reportSubType]", f"{kind} {sub_type} {frequency}")
    _check_version(call, kind)
    now = at(call.now)
    first, last, delay, kept = _span(call, frequency, pacific_day(now))
    check_published(last, delay, kept, now)
    trade = market_of(call.world).trade(team)
    name = files.sales_name(kind, frequency, team.vendor, last)
    if kind == "SUBSCRIPTION":
        return report(files.pack(files.subscription_file(trade, first)), name)
    if kind == "SUBSCRIPTION_EVENT":
        return report(files.pack(files.subscription_event_file(trade, first)), name)
    packed = sales_report(trade, first, last, now)
    if not packed:
        raise no_sales()
    return report(packed, name)


def finance(call: Call) -> SimulatedAnswer:
    """GET /v1/financeReports; the date is a fiscal year and period."""
    team = team_of(call)
    (kind,) = _one(call, "filter[reportType]")
    (region,) = _one(call, "filter[regionCode]")
    if region != {"FINANCIAL": "ZZ", "FINANCE_DETAIL": "Z1"}[kind]:
        raise problems.parameter_invalid("filter[regionCode]", region)
    (text,) = _one(call, "filter[reportDate]")
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise problems.parameter_invalid("filter[reportDate]", text)
    period = FiscalPeriod.parse(text)
    now = at(call.now)
    if pacific_day(now) < period.end + FINANCE_DELAY or (pacific_day(now) - period.end).days > KEPT_DAYS:
        # Not published, nothing sold and too old are one answer at Apple.
        raise no_sales()
    trade = market_of(call.world).trade(team)
    if kind == "FINANCE_DETAIL":
        settled = trade.between(period.start, period.end)
        packed = files.pack(files.finance_detail_file(team.name, settled, period.start, period.end))
    else:
        packed = financial_report(trade, period.start, period.end)
    return report(packed, files.finance_name(team.vendor, str(period), region))


def _one(call: Call, name: str) -> tuple[str, ...]:
    words = call.query.words(name)
    if len(words) != 1:
        raise problems.parameter_invalid(name, ",".join(words))
    return words


def _check_version(call: Call, kind: str) -> None:
    asked = call.query.words("filter[version]")
    served = VERSIONS[kind]
    if (asked and asked[0] in served) or (not asked and kind == "SALES"):
        return
    raise problems.Problem(
        400,
        "PARAMETER_ERROR.INVALID",
        "A parameter has an invalid value",
        f"Please include the version parameter. The latest version for this report is {served[-1]}",
        parameter="filter[version]",
    )


def _span(call: Call, frequency: str, today: date) -> tuple[date, date, timedelta, int]:
    """First and last day, delay of publication and days kept of the report that is asked for."""
    words = call.query.words("filter[reportDate]")
    text = words[0] if words else ""
    try:
        match frequency:
            case "DAILY":
                day = date.fromisoformat(text) if text else today - timedelta(days=1)
                return day, day, PUBLISHED_AT, KEPT_DAYS
            case "WEEKLY":
                sunday = date.fromisoformat(text)
                if sunday.weekday() != 6:
                    raise ValueError("a week ends on a Sunday")
                return sunday - timedelta(days=6), sunday, PUBLISHED_AT, KEPT_DAYS
            case "MONTHLY":
                year, month = _numbers(r"(\d{4})-(\d\d)", text)
                last = date(year, month, monthrange(year, month)[1])
                return last.replace(day=1), last, timedelta(days=5), KEPT_DAYS
            case _:
                (year,) = _numbers(r"(\d{4})", text)
                return date(year, 1, 1), date(year, 12, 31), timedelta(days=6), KEPT_DAYS * 10
    except (ValueError, OverflowError):
        raise problems.parameter_invalid("filter[reportDate]", text) from None


def _numbers(pattern: str, text: str) -> list[int]:
    match = re.fullmatch(pattern, text)
    if match is None:
        raise ValueError(text)
    return [int(group) for group in match.groups()]


ENDPOINTS = (
    Endpoint("GET", "/v1/salesReports", Task.SALES, sales, _SALES),
    Endpoint("GET", "/v1/financeReports", Task.FINANCE, finance, _FINANCE),
)
