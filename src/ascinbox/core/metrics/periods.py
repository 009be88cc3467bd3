"""Spans of days: what `--period` means, and the equal span before it."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from ascinbox.core.errors import UsageError
from ascinbox.core.metrics.fiscal import FiscalPeriod


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days + 1

    def previous(self) -> Period:
        """The span of equal length just before."""
        return Period(self.start - timedelta(days=self.days), self.start - timedelta(days=1))

    def __iter__(self) -> _Days:
        return _Days(self.start, self.end)

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


class _Days:
    def __init__(self, day: date, end: date) -> None:
        self._day, self._end = day, end

    def __iter__(self) -> _Days:
        return self

    def __next__(self) -> date:
        if self._day > self._end:
            raise StopIteration
        day = self._day
        self._day += timedelta(days=1)
        return day


PERIOD_HELP = "28d, 12w, month, 2026-10, fiscal, fiscal:2026-02, or 2026-10-01..2026-10-31"

_SPAN = re.compile(r"(\d{1,4})([dwmy])")
_UNIT_DAYS = {"d": 1, "w": 7}


def parse_period(text: str, today: date) -> Period:
    """Reads a period. Relative ones end with `today` (Pacific). Raises UsageError for anything else."""
    text = text.strip().lower()
    try:
        if match := _SPAN.fullmatch(text):
            return _ending(today, int(match[1]), match[2])
        if text == "month":
            return Period(today.replace(day=1), today)
        if text == "fiscal":
            fiscal = FiscalPeriod.of(today)
            return Period(fiscal.start, fiscal.end)
        if text.startswith("fiscal:"):
            fiscal = FiscalPeriod.parse(text.removeprefix("fiscal:"))
            return Period(fiscal.start, fiscal.end)
        if ".." in text:
            start, _, end = text.partition("..")
            return _ordered(date.fromisoformat(start), date.fromisoformat(end))
        if re.fullmatch(r"\d{4}-\d{2}", text):
            return _month(int(text[:4]), int(text[5:]))
        if re.fullmatch(r"\d{4}", text):
            return Period(date(int(text), 1, 1), date(int(text), 12, 31))
        day = date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(f"no such period {text[:40]!r}", "", f"Use {PERIOD_HELP}.") from None
    return Period(day, day)


def _ending(today: date, count: int, unit: str) -> Period:
    if count == 0:
        raise ValueError("an empty span")
    if unit in _UNIT_DAYS:
        return Period(today - timedelta(days=count * _UNIT_DAYS[unit] - 1), today)
    months = count * (12 if unit == "y" else 1)
    first = today.year * 12 + today.month - 1 - months
    year, month = divmod(first, 12)
    day = min(today.day, calendar.monthrange(year, month + 1)[1])
    return Period(date(year, month + 1, day) + timedelta(days=1), today)


def _month(year: int, month: int) -> Period:
    return Period(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def _ordered(start: date, end: date) -> Period:
    if start > end:
        raise ValueError("ends before it starts")
    return Period(start, end)
