"""Apple's fiscal calendar: finance reports are asked for by fiscal year and period, not by month.

A fiscal year N starts on the Sunday after the last Saturday of September N-1; its quarters have periods of
5, 4 and 4 weeks. In a year of 53 weeks the extra week is put into period 3, which Apple does not document:
a report's own start and end dates win over this calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = (5, 4, 4) * 4
LONG_PERIOD = 3


@dataclass(frozen=True, slots=True, order=True)
class FiscalPeriod:
    """One of the twelve periods of a fiscal year. `str()` gives Apple's `YYYY-MM`."""

    year: int
    period: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.period:02d}"

    @property
    def start(self) -> date:
        """First day, a Sunday."""
        weeks = sum(_weeks(self.year)[: self.period - 1])
        return year_start(self.year) + timedelta(weeks=weeks)

    @property
    def end(self) -> date:
        """Last day, a Saturday."""
        return self.start + timedelta(weeks=_weeks(self.year)[self.period - 1], days=-1)

    def previous(self) -> FiscalPeriod:
        """The period before."""
        if self.period > 1:
            return FiscalPeriod(self.year, self.period - 1)
        return FiscalPeriod(self.year - 1, 12)

    @classmethod
    def of(cls, day: date) -> FiscalPeriod:
        """The period that holds `day`."""
        year = day.year + 1 if day >= year_start(day.year + 1) else day.year
        remaining = (day - year_start(year)).days
        for index, weeks in enumerate(_weeks(year), start=1):
            if remaining < weeks * 7:
                return cls(year, index)
            remaining -= weeks * 7
        raise AssertionError("the weeks of a fiscal year add up to it")

    @classmethod
    def parse(cls, text: str) -> FiscalPeriod:
        """Reads `YYYY-MM`; ValueError otherwise."""
        year, _, period = text.partition("-")
        if not (1 <= int(period) <= 12):
            raise ValueError(f"no such fiscal period: {text}")
        return cls(int(year), int(period))


def year_start(year: int) -> date:
    """First day of fiscal year `year`."""
    last = date(year - 1, 9, 30)
    last_saturday = last - timedelta(days=(last.weekday() - 5) % 7)
    return last_saturday + timedelta(days=1)


def _weeks(year: int) -> list[int]:
    weeks = list(WEEKS)
    if (year_start(year + 1) - year_start(year)).days == 53 * 7:
        weeks[LONG_PERIOD - 1] += 1
    return weeks
