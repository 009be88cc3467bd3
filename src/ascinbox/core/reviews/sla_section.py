"""Reads `[sla]` of config.toml: rules, hours, days. What is wrong is told with its place; the rest works.

[sla]
"rating:<=2" = "8h"
"rating:3" = "2d"
hours = ["Mon-Fri 09:00-17:00", "Sat 10:00-13:00"]
timezone = "Europe/Berlin"
closed = ["12-25", "2026-12-28..2027-01-01"]
tell_before = "1h"
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ascinbox.core.dates import parse_duration
from ascinbox.core.filters import DueTerm, FilterError, IsTerm, Mark, Sort, parse
from ascinbox.core.reviews.answer_clock import AnswerClock, AnswerRule
from ascinbox.core.reviews.open_hours import WHOLE_DAY, OffsetAt, OpenHours, OpenWeek, Span
from ascinbox.core.text import shortened
from ascinbox.core.toml_places import place_in

SECTION = "sla"
SETTINGS = ("hours", "timezone", "closed", "tell_before")
"""Keys that are no filters."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_AT_ONCE = 400
"""A stretch of closed days has at most so many."""

_HOURS = re.compile(r"(.+?)\s+(\d.*)")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_EVERY_YEAR = re.compile(r"(\d{2})-(\d{2})")
_DAYED = re.compile(r"(\d{1,6})([dw])")


class _Wrong(ValueError):
    """A value that cannot be used, as a sentence."""


@dataclass(frozen=True, slots=True)
class SlaSection:
    """What the section came to."""

    clock: AnswerClock | None = None
    """None where there is no rule."""
    problems: tuple[str, ...] = ()
    """A sentence each, beginning with file, line and column."""


def read_sla(values: Mapping[str, object], text: str, where: str) -> SlaSection:
    """The clock of a section `values`; `text` is the whole file, `where` its name."""
    problems: list[str] = []

    def told(key: str, words: str, offset: int = 0, *, in_key: bool = False) -> None:
        problems.append(f"{where}:{place_in(text, SECTION, key, offset, in_key=in_key)}: {words}")

    hours = _hours(values, told)
    rules: list[AnswerRule] = []
    for key, value in values.items():
        if key in SETTINGS:
            continue
        near = difflib.get_close_matches(key, SETTINGS, 1, 0.75)
        if near:
            told(key, f"unknown key {key} (did you mean {near[0]}?)", in_key=True)
            continue
        wrong = _wrong_filter(key)
        if wrong is not None:
            told(key, wrong[1], wrong[0], in_key=True)
            continue
        try:
            rules.append(AnswerRule(key, _seconds(value, hours)))
        except _Wrong as error:
            told(key, str(error))
    before = timedelta()
    if "tell_before" in values:
        told_before = values["tell_before"]
        found = parse_duration(told_before) if isinstance(told_before, str) else None
        if found is None:
            told("tell_before", f'tell_before takes a duration such as "1h", not {_shown(told_before)}')
        before = found or before
    clock = AnswerClock(rules, OpenHours(hours, _offsets(values, told)), before) if rules else None
    return SlaSection(clock, tuple(problems))


def _wrong_filter(text: str) -> tuple[int, str] | None:
    """Where a rule's filter goes wrong, and why; None when it is fine."""
    try:
        query = parse(text, now=datetime.now(UTC))
    except FilterError as error:
        return error.start, error.title
    if query.sort != Sort():
        return 0, "a rule has no order"
    for term in query.terms:
        if isinstance(term, DueTerm) or (isinstance(term, IsTerm) and Mark.OVERDUE in term.marks):
            return 0, "a rule cannot go by what is due: that is what it decides"
    return None


def _seconds(value: object, hours: OpenWeek) -> int:
    """A rule's duration in open seconds: a day is a working day, a week a working week."""
    if isinstance(value, str) and (dayed := _DAYED.fullmatch(value.strip().lower())):
        seconds = int(dayed[1]) * (hours.day_seconds if dayed[2] == "d" else hours.seconds)
    elif isinstance(value, str) and (span := parse_duration(value)) is not None:
        seconds = int(span.total_seconds())
    else:
        raise _Wrong(f'a rule takes a duration such as "8h" or "2d", not {_shown(value)}')
    if seconds <= 0:
        raise _Wrong("a rule needs some time")
    return seconds


Told = Callable[..., None]


def _hours(values: Mapping[str, object], told: Told) -> OpenWeek:
    """The hours; round the clock where none that can be read are given."""
    week: dict[int, tuple[Span, ...]] = {}
    days: dict[date, tuple[Span, ...]] = {}
    every_year: dict[tuple[int, int], tuple[Span, ...]] = {}
    for line in _texts(values, "hours", told):
        try:
            named, spans = _line(line)
        except _Wrong as error:
            told("hours", str(error))
            continue
        for day in named:
            if isinstance(day, int):
                week[day] = _joined((*week.get(day, ()), *spans))
            else:
                days[day] = _joined((*days.get(day, ()), *spans))
    for line in _texts(values, "closed", told):
        try:
            if yearly := _EVERY_YEAR.fullmatch(line):
                every_year[_month_day(int(yearly[1]), int(yearly[2]))] = ()
            else:
                days.update((day, ()) for day in _dates(line))
        except _Wrong as error:
            told("closed", str(error))
    if not week:
        return OpenWeek((WHOLE_DAY,) * 7, days, every_year)
    return OpenWeek(tuple(week.get(day, ()) for day in range(7)), days, every_year)


def _texts(values: Mapping[str, object], key: str, told: Told) -> Iterable[str]:
    """The texts of a setting that is one text or a list of them; dates may stand without quotes."""
    value = values.get(key, [])
    found = value if isinstance(value, list) else [value]
    for each in found:
        if isinstance(each, date):
            yield each.isoformat()[:10]
        elif isinstance(each, str):
            yield each.strip()
        else:
            told(key, f"{key} takes texts, not {_shown(each)}")


def _line(text: str) -> tuple[list[int | date], tuple[Span, ...]]:
    """`Mon-Fri 09:00-12:00, 13:00-17:00` as days and spans."""
    cut = re.match(r"\d{4}-\d{2}-\d{2}\s", text)
    match = _HOURS.fullmatch(text) if cut is None else None
    if cut is None and match is None:
        raise _Wrong(f'hours are written "Mon-Fri 09:00-17:00", not {_shown(text)}')
    before, rest = (text[: cut.end()].strip(), text[cut.end() :]) if cut else ("", "")
    if match is not None:
        before, rest = match[1], match[2]
    named: list[int | date] = list(_dates(before)) if cut else list(_weekdays(before))
    return named, _joined(_span(part) for part in rest.split(","))


def _weekdays(text: str) -> list[int]:
    days: list[int] = []
    for part in re.split(r"\s*,\s*", text.lower()):
        if part == "daily":
            days += range(7)
            continue
        first, _, last = (word.strip() for word in part.partition("-"))
        start = _weekday(first)
        count = (_weekday(last) - start) % 7 if last else 0
        days += [(start + step) % 7 for step in range(count + 1)]
    return days


def _weekday(word: str) -> int:
    for number, short in enumerate(WEEKDAYS):
        if len(word) >= 2 and (word.startswith(short) or short.startswith(word)):
            return number
    raise _Wrong(f"{_shown(word)} is no day of the week: Mon Tue Wed Thu Fri Sat Sun")


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise _Wrong(f"hours are written 09:00-17:00, not {_shown(text.strip())}")
    opens, closes = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if int(match[2]) > 59 or int(match[4]) > 59 or closes > 1_440:
        raise _Wrong(f"{text.strip()} is no time of day")
    if opens >= closes:
        raise _Wrong(f"{text.strip()} ends before it begins; a night is two spans, to 24:00 and from 00:00")
    return opens * 60, closes * 60


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sorted, and those that touch made one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _dates(text: str) -> list[date]:
    """`2026-12-25` or `2026-12-25..2027-01-01`."""
    first, _, last = text.partition("..")
    try:
        start = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if last else start
    except ValueError:
        raise _Wrong(f"{_shown(text)} is no day: 2026-12-25, 12-25 or 2026-12-24..2026-12-31") from None
    if not 0 <= (end - start).days < DAYS_AT_ONCE:
        raise _Wrong(f"{_shown(text)} is no stretch of days")
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _month_day(month: int, day: int) -> tuple[int, int]:
    try:
        date(2024, month, day)
    except ValueError:
        raise _Wrong(f"{month:02d}-{day:02d} is no day of a year") from None
    return month, day


def _offsets(values: Mapping[str, object], told: Told) -> OffsetAt:
    """The clock on the wall: of the zone that is named, else of this machine."""
    name = values.get("timezone", "")
    if name:
        import zoneinfo

        try:
            zone = zoneinfo.ZoneInfo(str(name))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            told("timezone", f"this machine knows no time zone {_shown(name)}; its own is used")
        else:

            def in_zone(moment: int) -> int:
                offset = datetime.fromtimestamp(moment, zone).utcoffset()
                return int(offset.total_seconds()) if offset is not None else 0

            return in_zone
    return lambda moment: time.localtime(moment).tm_gmtoff


def _shown(value: object) -> str:
    return shortened(repr(value), 60)
