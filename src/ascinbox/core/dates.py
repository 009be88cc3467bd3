"""Times as Apple writes them, ages as a list shows them, and Pacific days.

Pacific time is computed from the rule of 2007 (second Sunday of March to first Sunday of November), which
is older than the App Store: no time zone database is needed, which small servers often lack.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)

UNKNOWN_AGE = "?"


def parse_moment(value: object, *, latest: datetime | None = None) -> datetime | None:
    """An Apple date-time as an aware UTC time; None for rubbish, before 1970 and after `latest`.

    Apple writes `Z` or any numeric offset, with or without a fraction. Without an offset it is read as UTC.
    """
    if not isinstance(value, str) or not 10 < len(value) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(value.strip().upper())
        if moment.tzinfo is not UTC:
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if moment <= _EPOCH or (latest is not None and moment > latest):
        return None
    return moment


def parse_day(value: object) -> date | None:
    """`2026-11-21` as a date; None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def parse_duration(text: str) -> timedelta | None:
    """`90s`, `15m`, `12h`, `7d`, `3w`; None for anything else."""
    match = _DURATION.fullmatch(text.strip().lower())
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]]) if match else None


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in at most three cells: `<1m` `2m` `20h` `13d` `15w` `2y`; `?` if unknown.

    Nothing finer than a minute: what shows it is written anew once a minute, and not each second.
    """
    if moment is None:
        return UNKNOWN_AGE
    seconds = max(0, int((now - moment).total_seconds()))
    if seconds < 60:
        return "<1m"
    for limit, size, unit in ((3_600, 60, "m"), (86_400, 3_600, "h"), (8_640_000, 86_400, "d")):
        if seconds < limit:
            return f"{seconds // size}{unit}"
    weeks = seconds // 604_800
    return f"{weeks}w" if weeks < 100 else f"{min(99, seconds // 31_557_600)}y"


def remaining(span: timedelta) -> str:
    """How long still, in two units at most: `27s` `9m` `4h 12m` `1d 04h` `139d`; never negative."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds}s"
    minutes, hours, days = seconds // 60, seconds // 3_600, seconds // 86_400
    if hours < 1:
        return f"{minutes}m"
    if days < 1:
        return f"{hours}h {minutes % 60:02d}m"
    return f"{days}d {hours % 24:02d}h" if days < 7 else f"{days}d"


def pacific(moment: datetime) -> datetime:
    """`moment` (aware) as a naive wall clock in California."""
    moment = moment.astimezone(UTC)
    offset = timedelta(hours=-7) if _pacific_summer(moment) else timedelta(hours=-8)
    return moment.replace(tzinfo=None) + offset


def pacific_day(moment: datetime) -> date:
    """The Pacific day of `moment`: the day that Apple books a sale on."""
    return pacific(moment).date()


def pacific_midnight(day: date) -> datetime:
    """When a Pacific day begins, in UTC. Clocks change at 2 a.m., so the night before decides."""
    standard = datetime.combine(day, time(8), UTC)
    summer = standard - timedelta(hours=1)
    return summer if _pacific_summer(summer) else standard


def _pacific_summer(moment: datetime) -> bool:
    starts = datetime.combine(_sunday(moment.year, 3, 2), time(10), UTC)
    ends = datetime.combine(_sunday(moment.year, 11, 1), time(9), UTC)
    return starts <= moment < ends


def _sunday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))
