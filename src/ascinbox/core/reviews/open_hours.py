"""Hours in which somebody answers: which seconds of real time count, and how far so many of them reach. Pure.

A second counts when the clock on the wall of the zone shows an open time on an open day, so that a day on
which clocks change has an hour more or less, as it has for whoever works then. Everything is in whole seconds
since 1970. A year's open spans are made when they are first asked for, sorted, each with the open seconds
before it: a due time is two bisections.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

DAY = 86_400
FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Nothing is looked for outside of these years."""

Span = tuple[int, int]
"""Open from, to before: seconds of a day as the clock on the wall shows them."""
OffsetAt = Callable[[int], int]
"""Seconds that the clock on the wall is ahead of UTC at a moment."""

WHOLE_DAY: tuple[Span, ...] = ((0, DAY),)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MONDAY = 3
"""1 January 1970 was a Thursday."""


@dataclass(frozen=True, slots=True)
class OpenWeek:
    """When is open: by day of the week, and on days that are unlike their weekday."""

    week: tuple[tuple[Span, ...], ...] = (WHOLE_DAY,) * 7
    """Monday first; the spans of a day are sorted and apart."""
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    every_year: Mapping[tuple[int, int], tuple[Span, ...]] = field(default_factory=dict)
    """By month and day."""

    @property
    def always(self) -> bool:
        """Round the clock, on every day."""
        return self.week == (WHOLE_DAY,) * 7 and not self.days and not self.every_year

    @property
    def seconds(self) -> int:
        """Open seconds of an ordinary week."""
        return sum(end - start for spans in self.week for start, end in spans)

    @property
    def day_seconds(self) -> int:
        """Open seconds of a day that is open at all, on average over an ordinary week."""
        return self.seconds // max(1, sum(bool(spans) for spans in self.week))

    def on(self, number: int) -> tuple[Span, ...]:
        """The spans of the day that is so many days after 1 January 1970."""
        if self.days or self.every_year:
            day = date.fromordinal(_EPOCH_DAY + number)
            found = self.days.get(day)
            if found is None:
                found = self.every_year.get((day.month, day.day))
            if found is not None:
                return found
        return self.week[(number + _MONDAY) % 7]


class _Year(NamedTuple):
    """The open spans of a year in UTC, sorted."""

    low: int
    """The year's first second."""
    high: int
    """The next year's."""
    starts: list[int]
    ends: list[int]
    before: list[int]
    """Open seconds of the year before each span."""
    total: int

    def passed(self, moment: int) -> int:
        """Open seconds of the year before a moment of it."""
        number = bisect_right(self.ends, moment)
        if number == len(self.ends):
            return self.total
        return self.before[number] + max(0, moment - self.starts[number])


class OpenHours:
    """Counts open time. `offset_at` is the clock on the wall."""

    def __init__(self, week: OpenWeek, offset_at: OffsetAt) -> None:
        self.week = week
        self._offset_at = offset_at
        self._always = week.always
        self._years: dict[int, _Year] = {}
        self._last: _Year | None = None

    def due(self, start: int, seconds: int) -> int | None:
        """The first moment at which `seconds` (more than 0) of open time have passed since `start`; None when
        that is never."""
        if self._always:
            return start + seconds
        last = self._last
        if last is not None and last.low <= start < last.high:
            # Nearly every row of a page: a few of these are worked out for each.
            _, _, starts, ends, before, total = last
            number = bisect_right(ends, start)
            if number < len(ends):
                opened = starts[number]
                target = before[number] + seconds + (start - opened if start > opened else 0)
                if target <= total:
                    number = bisect_left(before, target, number) - 1
                    return starts[number] + target - before[number]
        year = _year_of(start)
        self._last = self._year(year)
        target = self._year(year).passed(start) + seconds
        while target > self._year(year).total:
            target -= self._year(year).total
            year += 1
            if year > LAST_YEAR:
                return None
        spans = self._year(year)
        number = bisect_left(spans.before, target) - 1
        return spans.starts[number] + target - spans.before[number]

    def latest_start(self, moment: int, seconds: int) -> int:
        """The last start that is due by `moment`: `due(start) <= moment` exactly for those up to it.

        Below 0 when there is none.
        """
        if self._always:
            return moment - seconds
        year = _year_of(moment)
        target = self._year(year).passed(moment) - seconds
        while target < 0:
            year -= 1
            if year < FIRST_YEAR:
                return -1
            target += self._year(year).total
        spans = self._year(year)
        number = bisect_right(spans.before, target) - 1
        return spans.starts[number] + target - spans.before[number]

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._made(year)
        return found

    def _made(self, year: int) -> _Year:
        starts: list[int] = []
        ends: list[int] = []
        for low, high, offset in self._pieces(_new_year(year), _new_year(year + 1)):
            for number in range((low + offset) // DAY, (high - 1 + offset) // DAY + 1):
                midnight = number * DAY - offset
                for opens, closes in self.week.on(number):
                    start, end = max(low, midnight + opens), min(high, midnight + closes)
                    if start >= end:
                        continue
                    if ends and ends[-1] == start:
                        ends[-1] = end
                    else:
                        starts.append(start)
                        ends.append(end)
        before: list[int] = []
        total = 0
        for start, end in zip(starts, ends, strict=True):
            before.append(total)
            total += end - start
        return _Year(_new_year(year), _new_year(year + 1), starts, ends, before, total)

    def _pieces(self, low: int, high: int) -> list[tuple[int, int, int]]:
        """(from, to before, offset): the stretches between two changes of the clocks."""
        pieces: list[tuple[int, int, int]] = []
        begun, offset = low, self._offset_at(low)
        for day in range(low + DAY, high + DAY, DAY):
            end = min(day, high)
            if self._offset_at(end) == offset:
                continue
            same, other = end - DAY, end
            while other - same > 1:
                middle = (same + other) // 2
                same, other = (middle, other) if self._offset_at(middle) == offset else (same, middle)
            pieces.append((begun, other, offset))
            begun, offset = other, self._offset_at(end)
        if begun < high:
            pieces.append((begun, high, offset))
        return pieces


def _year_of(moment: int) -> int:
    year = datetime.fromtimestamp(max(0, moment), UTC).year
    return min(max(year, FIRST_YEAR), LAST_YEAR)


def _new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
