"""Apple's date-times, ages and Pacific days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core import dates

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-01-01T10:10:10-07:00", datetime(2021, 1, 1, 17, 10, 10, tzinfo=UTC)),
        ("2021-01-01T10:10:10Z", datetime(2021, 1, 1, 10, 10, 10, tzinfo=UTC)),
        ("2021-01-01t10:10:10z", datetime(2021, 1, 1, 10, 10, 10, tzinfo=UTC)),
        ("2021-01-01T10:10:10.5+0530", datetime(2021, 1, 1, 4, 40, 10, 500000, tzinfo=UTC)),
        ("2021-01-01T10:10:10.123456789Z", datetime(2021, 1, 1, 10, 10, 10, 123456, tzinfo=UTC)),
        ("2021-01-01 10:10:10", datetime(2021, 1, 1, 10, 10, 10, tzinfo=UTC)),
    ],
)
def test_apples_forms(text: str, moment: datetime) -> None:
    assert dates.parse_moment(text) == moment


@pytest.mark.parametrize(
    "rubbish",
    [
        None,
        1,
        True,
        [],
        "",
        "yesterday",
        "2021-13-01T00:00:00Z",
        "2021-01-01T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "1969-12-31T23:59:59Z",
        "2021-01-01",
        "2021-01-01T00:00:00Z" * 9,
        "\ud800" * 20,
    ],
)
def test_rubbish_is_none(rubbish: object) -> None:
    assert dates.parse_moment(rubbish) is None


def test_a_future_date_is_none_when_a_limit_is_given() -> None:
    assert dates.parse_moment("2026-11-21T14:02:01Z", latest=NOW) is None
    assert dates.parse_moment("2026-11-21T14:02:00Z", latest=NOW) == NOW


@given(st.text(max_size=45))
def test_no_text_breaks_the_parsers(text: str) -> None:
    moment = dates.parse_moment(text)
    assert moment is None or moment.tzinfo is UTC
    dates.parse_day(text)
    dates.parse_duration(text)


@given(
    st.datetimes(datetime(1970, 1, 3), datetime(9000, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_every_iso_form_comes_back(naive: datetime, offset: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert dates.parse_moment(moment.isoformat()) == moment


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<1m"),
        (0, "<1m"),
        (59, "<1m"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (86_399, "23h"),
        (86_400, "1d"),
        (13 * 86_400, "13d"),
        (99 * 86_400, "99d"),
        (100 * 86_400, "14w"),
        (699 * 86_400, "99w"),
        (731 * 86_400, "2y"),
        (500 * 365 * 86_400, "99y"),
    ],
)
def test_age(seconds: int, text: str) -> None:
    assert dates.age(NOW - timedelta(seconds=seconds), NOW) == text


def test_unknown_age() -> None:
    assert dates.age(None, NOW) == "?"


@given(st.integers(-10, 60_000_000_000))
def test_an_age_fits_three_cells(seconds: int) -> None:
    assert 2 <= len(dates.age(NOW - timedelta(seconds=seconds), NOW)) <= 3


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-1), "0s"),
        (timedelta(seconds=27), "27s"),
        (timedelta(minutes=9, seconds=59), "9m"),
        (timedelta(hours=4, minutes=2), "4h 02m"),
        (timedelta(days=1, hours=4), "1d 04h"),
        (timedelta(days=139, hours=4), "139d"),
    ],
)
def test_remaining(span: timedelta, text: str) -> None:
    assert dates.remaining(span) == text


def test_durations() -> None:
    assert dates.parse_duration("7d") == timedelta(days=7)
    assert dates.parse_duration(" 12H ") == timedelta(hours=12)
    assert dates.parse_duration("3w") == timedelta(weeks=3)
    for text in ("", "d", "7", "-7d", "7y", "1.5h", "７d", "9999999w"):
        assert dates.parse_duration(text) is None


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-21T07:59:59Z", date(2026, 11, 20)),
        ("2026-11-21T08:00:00Z", date(2026, 11, 21)),
        ("2026-07-01T06:59:59Z", date(2026, 6, 30)),
        ("2026-07-01T07:00:00Z", date(2026, 7, 1)),
        ("2026-03-08T09:59:59Z", date(2026, 3, 8)),
        ("2026-01-01T00:00:00Z", date(2025, 12, 31)),
    ],
)
def test_pacific_day(moment: str, day: date) -> None:
    parsed = dates.parse_moment(moment)
    assert parsed is not None
    assert dates.pacific_day(parsed) == day


def test_clocks_change_at_two_in_the_morning() -> None:
    spring = datetime(2026, 3, 8, 10, tzinfo=UTC)
    assert dates.pacific(spring - timedelta(seconds=1)) == datetime(2026, 3, 8, 1, 59, 59)
    assert dates.pacific(spring) == datetime(2026, 3, 8, 3)
    autumn = datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert dates.pacific(autumn - timedelta(seconds=1)) == datetime(2026, 11, 1, 1, 59, 59)
    assert dates.pacific(autumn) == datetime(2026, 11, 1, 1)


@given(st.dates(date(2008, 1, 1), date(2100, 1, 1)))
def test_a_pacific_day_begins_at_its_midnight(day: date) -> None:
    midnight = dates.pacific_midnight(day)
    assert dates.pacific(midnight) == datetime(day.year, day.month, day.day)
    assert dates.pacific_day(midnight - timedelta(seconds=1)) == day - timedelta(days=1)
    assert dates.pacific_midnight(day + timedelta(days=1)) - midnight in {
        timedelta(hours=h) for h in (23, 24, 25)
    }
