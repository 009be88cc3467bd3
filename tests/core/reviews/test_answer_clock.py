"""The answer-by clock: open hours against a minute-by-minute model, and how `[sla]` is read."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascinbox.config import load_config
from ascinbox.core.reviews.answer_clock import AnswerClock
from ascinbox.core.reviews.due_words import due_words
from ascinbox.core.reviews.open_hours import WHOLE_DAY, OpenHours, OpenWeek
from ascinbox.core.reviews.sla_section import SlaSection, read_sla

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3_600
OFFICE = ((9 * HOUR, 17 * HOUR),)


@cache
def in_zone(name: str):  # type: ignore[no-untyped-def]
    """The zone's clock. Many examples ask for the same moments: its answers are kept."""
    zone = ZoneInfo(name)

    @cache
    def offset(moment: int) -> int:
        ahead = datetime.fromtimestamp(moment, zone).utcoffset()
        assert ahead is not None
        return int(ahead.total_seconds())

    return offset


def hours(week: OpenWeek, zone: str = "Europe/Berlin") -> OpenHours:
    return OpenHours(week, in_zone(zone))


def office(**more: object) -> OpenWeek:
    return OpenWeek((OFFICE,) * 5 + ((), ()), **more)  # type: ignore[arg-type]


def at(text: str, zone: ZoneInfo = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def shown(moment: int | None, zone: ZoneInfo = BERLIN) -> str:
    assert moment is not None
    return datetime.fromtimestamp(moment, zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("2026-11-30 10:00", 3 * HOUR, "2026-11-30 13:00"),
        ("2026-11-30 09:00", 8 * HOUR, "2026-11-30 17:00"),  # the end of a day, not the next morning
        ("2026-11-30 16:00", 2 * HOUR, "2026-12-01 10:00"),
        ("2026-11-30 22:00", HOUR, "2026-12-01 10:00"),
        ("2026-11-27 16:30", HOUR, "2026-11-30 09:30"),  # a weekend between
        ("2026-11-28 12:00", 4 * HOUR, "2026-11-30 13:00"),
        ("2026-12-24 16:00", 2 * HOUR, "2026-12-29 10:00"),  # two holidays and a weekend, 28 December too
        ("2026-12-31 16:00", 9 * HOUR, "2027-01-04 17:00"),  # over the turn of the year
    ],
)
def test_time_counts_in_open_hours(start: str, span: int, due: str) -> None:
    closed = office(days={date(2026, 12, 28): ()}, every_year={(12, 25): (), (12, 26): (), (1, 1): ()})
    assert shown(hours(closed).due(at(start), span)) == due


def test_round_the_clock_is_real_time_also_when_clocks_change() -> None:
    always = hours(OpenWeek())
    assert shown(always.due(at("2026-03-28 12:00"), 24 * HOUR)) == "2026-03-29 13:00"
    assert always.latest_start(at("2026-03-29 13:00"), 24 * HOUR) == at("2026-03-28 12:00")


def test_a_day_on_which_clocks_change_has_an_hour_less_or_more() -> None:
    nights = hours(OpenWeek((((0, 6 * HOUR),),) * 7))
    assert shown(nights.due(at("2026-03-29 00:00"), 5 * HOUR)) == "2026-03-29 06:00"
    assert shown(nights.due(at("2026-10-25 00:00"), 7 * HOUR)) == "2026-10-25 06:00"
    # The hour that comes twice counts twice where it is open.
    twice = hours(OpenWeek((((2 * HOUR, 3 * HOUR),),) * 7))
    assert shown(twice.due(at("2026-10-25 00:00"), 2 * HOUR)) == "2026-10-25 03:00"
    # On the day when it does not come, nothing counts.
    assert shown(twice.due(at("2026-03-29 00:00"), HOUR)) == "2026-03-30 03:00"


def test_hours_that_are_never_open_are_never_due() -> None:
    shut = hours(OpenWeek(((),) * 7))
    assert shut.due(at("2026-11-30 10:00"), 1) is None
    assert shut.latest_start(at("2026-11-30 10:00"), 1) < 0


ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
minutes = st.integers(0, 1_440)


@st.composite
def weeks(draw: st.DrawFn) -> OpenWeek:
    def spans() -> tuple[tuple[int, int], ...]:
        edges = sorted(draw(st.lists(minutes, max_size=4, unique=True)))
        return tuple((a * 60, b * 60) for a, b in zip(edges[::2], edges[1::2], strict=False))

    week = tuple(spans() for _ in range(7))
    if draw(st.booleans()):
        week = (WHOLE_DAY, *week[1:])
    days = {draw(around_changes): spans() for _ in range(draw(st.integers(0, 2)))}
    return OpenWeek(week, days, {(12, 25): ()})


around_changes = st.sampled_from(
    [date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1), date(2026, 12, 24), date(2026, 12, 31)]
)


class Slow:
    """Minute by minute: a minute is open when the wall shows an open time of an open day."""

    def __init__(self, week: OpenWeek, zone: str) -> None:
        self._week, self._zone = week, ZoneInfo(zone)

    def is_open(self, minute: int) -> bool:
        wall = datetime.fromtimestamp(minute * 60, self._zone)
        spans = self._week.on(wall.date().toordinal() - date(1970, 1, 1).toordinal())
        second = wall.hour * 3_600 + wall.minute * 60
        return any(start <= second < end for start, end in spans)

    def due(self, start: int, span: int, limit: int) -> int | None:
        """In minutes; None when not within `limit`."""
        left = span
        for minute in range(start, start + limit):
            left -= self.is_open(minute)
            if not left:
                return minute + 1
        return None


@settings(max_examples=60, deadline=None)
@given(
    week=weeks(),
    zone=st.sampled_from(ZONES),
    day=around_changes,
    minute=st.integers(-1_440, 2_880),
    span=st.integers(1, 900),
)
def test_due_times_are_those_of_counting_minute_by_minute(
    week: OpenWeek, zone: str, day: date, minute: int, span: int
) -> None:
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) // 60 + minute
    slow = Slow(week, zone).due(start, span, 6 * 1_440)
    counted = hours(week, zone)
    due = counted.due(start * 60, span * 60)
    if slow is None:
        assert due is None or due > (start + 6 * 1_440) * 60
    else:
        assert due == slow * 60


@settings(max_examples=80, deadline=None)
@given(
    week=weeks(),
    zone=st.sampled_from(ZONES),
    day=around_changes,
    second=st.integers(-500_000, 500_000),
    span=st.integers(1, 400_000),
    late=st.integers(0, 900_000),
)
def test_the_last_start_that_is_due_by_a_moment_divides_all_starts(
    week: OpenWeek, zone: str, day: date, second: int, span: int, late: int
) -> None:
    """What SQL and index compare starts with means the same as comparing due times."""
    counted = hours(week, zone)
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + second
    moment = start + late
    due = counted.due(start, span)
    assert (due is not None and due <= moment) == (start <= counted.latest_start(moment, span))
    if due is not None:
        last = counted.latest_start(due, span)
        assert counted.due(last, span) == due
        later = counted.due(last + 1, span)
        assert later is None or later > due


# --- [sla] ---


def section(text: str) -> SlaSection:
    return read_sla(tomllib.loads(text)["sla"], text, "config.toml")


def clock_of(text: str) -> AnswerClock:
    found = section(text)
    assert found.problems == ()
    assert found.clock is not None
    return found.clock


def test_rules_are_read_in_their_order_and_days_are_working_days() -> None:
    clock = clock_of(
        '[sla]\n"rating:<=2" = "8h"\n"rating:3" = "2d"\n"" = "1w"\nhours = "Mon-Fri 09:00-17:00"\n'
        'timezone = "Europe/Berlin"\nclosed = ["12-25", 2026-12-28, "2027-01-01..2027-01-03"]\n'
        'tell_before = "1h"\n'
    )
    assert [(rule.when, rule.seconds // HOUR) for rule in clock.rules] == [
        ("rating:<=2", 8), ("rating:3", 16), ("", 40),
    ]  # fmt: skip
    assert clock.tell_before == timedelta(hours=1)
    assert shown(clock.due(0, at("2026-12-24 12:00"))) == "2026-12-29 12:00"
    assert shown(clock.due(1, at("2026-12-30 09:00"))) == "2026-12-31 17:00"


def test_without_hours_a_day_has_24() -> None:
    clock = clock_of('[sla]\n"is:unanswered" = "1d"\n')
    assert clock.rules[0].seconds == 24 * HOUR
    assert clock.due(0, 1_000) == 1_000 + 24 * HOUR


def test_hours_may_be_several_lines_and_single_days() -> None:
    clock = clock_of(
        '[sla]\n"" = "1h"\ntimezone = "Europe/Berlin"\n'
        'hours = ["Mon,Wed 09:00-12:00, 13:00-17:00", "sat-sun 10:00-11:00", "2026-12-02 10:00-11:00"]\n'
    )
    assert shown(clock.due(0, at("2026-11-30 11:30"))) == "2026-11-30 13:30"
    assert shown(clock.due(0, at("2026-12-01 08:00"))) == "2026-12-02 11:00"
    assert shown(clock.due(0, at("2026-12-04 08:00"))) == "2026-12-05 11:00"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('"rating:9" = "8h"', "9: rating: takes 1 to 5, <=2 or 2..4, not 9"),
        ('"nokey:x" = "8h"', "2: no such key nokey: put it in quotes to search for the text"),
        ('"rating:1" = "soon"', "15: a rule takes a duration such as \"8h\" or \"2d\", not 'soon'"),
        ('"rating:1" = 8', '14: a rule takes a duration such as "8h" or "2d", not 8'),
        ('"rating:1" = "0h"', "15: a rule needs some time"),
        ('"is:overdue" = "1h"', "2: a rule cannot go by what is due: that is what it decides"),
        ('"due:<1h" = "1h"', "2: a rule cannot go by what is due: that is what it decides"),
        ('"sort:due" = "1h"', "2: a rule has no order"),
        ('hour = "Mon 09:00-10:00"', "1: unknown key hour (did you mean hours?)"),
        ('hours = "Mon-Fri"', "10: hours are written \"Mon-Fri 09:00-17:00\", not 'Mon-Fri'"),
        ('hours = "Moo 09:00-17:00"', "10: 'moo' is no day of the week: Mon Tue Wed Thu Fri Sat Sun"),
        ('hours = "Mon 9-5"', "10: hours are written 09:00-17:00, not '9-5'"),
        ('hours = "Mon 22:00-06:00"',
         "10: 22:00-06:00 ends before it begins; a night is two spans, to 24:00 and from 00:00"),
        ('hours = "Mon 09:00-25:00"', "10: 09:00-25:00 is no time of day"),
        ("hours = [5]", "9: hours takes texts, not 5"),
        ('timezone = "Europe/Berlln"',
         "13: this machine knows no time zone 'Europe/Berlln'; its own is used"),
        ('timezone = "../x"', "13: this machine knows no time zone '../x'; its own is used"),
        ('closed = "2026-02-30"',
         "11: '2026-02-30' is no day: 2026-12-25, 12-25 or 2026-12-24..2026-12-31"),
        ('closed = "2026-02-01..2020-01-01"', "11: '2026-02-01..2020-01-01' is no stretch of days"),
        ('closed = ["13-01"]', "10: 13-01 is no day of a year"),
        ('tell_before = "soon"', "16: tell_before takes a duration such as \"1h\", not 'soon'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place_and_the_rest_works(line: str, problem: str) -> None:
    found = section(f'[sla]\n"rating:5" = "1h"\n{line}\n')
    assert found.problems == (f"config.toml:3:{problem}",)
    assert found.clock is not None
    assert found.clock.rules[0].when == "rating:5"


def test_config_reads_the_section_and_takes_nothing_of_it_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[ui]\nascii = true\n\n[sla]\n"rating:1" = "8h"\n"rating:2" = "x"\n')
    config = load_config(file, {"ASCINBOX_SLA_HOURS": "Mon 09:00-10:00"})
    assert config.answer_clock is not None
    assert [rule.when for rule in config.answer_clock.rules] == ["rating:1"]
    assert config.answer_clock.hours.week.always
    assert config.warnings == (f'{file}:6:15: a rule takes a duration such as "8h" or "2d", not \'x\'',)
    file.write_text('[sla]\nhours = "Mon 09:00-10:00"\n')
    assert load_config(file, {}).answer_clock is None


def test_words_of_the_list() -> None:
    now = datetime(2026, 11, 30, 12, 0, 30, tzinfo=UTC)

    def words(**left: float) -> str:
        return due_words(now.replace(second=0) + timedelta(**left), now)

    assert due_words(None, now) == ""
    assert words(hours=3, minutes=1) == "due 3h"
    assert words(minutes=1) == "due <1m"
    assert words(days=2, minutes=1) == "due 2d"
    assert words() == "overdue <1m"
    assert words(hours=-2) == "overdue 2h"
    # By the minute: what becomes due within this one is not overdue yet.
    assert words(seconds=20) == "due <1m"
