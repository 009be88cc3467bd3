"""Parsers of steering header fields: what they understand, and that nothing makes them raise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.sources.http.headers import clock_skew_s, http_date, rate_limit, retry_after_s
from tests.hostile.fuzzing import fuzz

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FIELDS = st.text(max_size=20) | st.text("0123456789:;,. +-GMTFriNov user-hourlimrem", max_size=40)


@fuzz("headers")
@given(FIELDS)
def test_any_field_gives_a_wait_within_limits_or_none(text: str) -> None:
    wait = retry_after_s(text, NOW)
    assert wait is None or 1 <= wait <= 900


@given(st.integers(0, 10**19))
def test_seconds(seconds: int) -> None:
    wait = retry_after_s(str(seconds), NOW)
    assert wait is not None
    if seconds < 10**8:
        assert wait == min(max(seconds, 1), 900)


@given(st.integers(-80_000, 80_000), st.sampled_from(["date", "s", "ms"]))
def test_moments_in_three_forms(seconds: int, form: str) -> None:
    moment = NOW + timedelta(seconds=seconds)
    epoch = int(moment.timestamp())
    text = {"date": format_datetime(moment, usegmt=True), "s": str(epoch), "ms": str(epoch * 1000)}[form]
    assert retry_after_s(text, NOW) == min(max(seconds, 1), 900)


@pytest.mark.parametrize("text", [None, "", "soon", "-1", "1,5", "NaN", "inf", "٣", "9" * 21, "1" * 1000])
def test_what_says_nothing(text: str | None) -> None:
    assert retry_after_s(text, NOW) is None


@fuzz("headers")
@given(FIELDS)
def test_any_date_field_gives_an_aware_time_or_none(text: str) -> None:
    moment = http_date(text)
    assert moment is None or moment.utcoffset() == timedelta(0)
    skew = clock_skew_s(text, NOW)
    assert (skew is None) == (moment is None)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))
def test_http_dates_come_back(moment: datetime) -> None:
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    assert http_date(format_datetime(aware, usegmt=True)) == aware
    assert clock_skew_s(format_datetime(aware, usegmt=True), NOW) == (NOW - aware).total_seconds()


@pytest.mark.parametrize(
    "text",
    ["Sat, 21 Nov 2026 11:59:00 GMT", "Saturday, 21-Nov-26 11:59:00 GMT", "Sat, 21 Nov 2026 12:59:00 +0100"],
)
def test_forms_of_a_date(text: str) -> None:
    assert clock_skew_s(text, NOW) == 60


@fuzz("headers")
@given(st.lists(FIELDS, max_size=2))
def test_any_rate_limit_field_gives_pairs(fields: list[str]) -> None:
    for name, value in rate_limit(fields).items():
        assert name == name.lower()
        assert value >= 0


@pytest.mark.parametrize(
    ("fields", "pairs"),
    [
        (["user-hour-lim:3500;user-hour-rem:500;"], {"user-hour-lim": 3500, "user-hour-rem": 500}),
        (["user-hour-lim:3600; user-hour-rem : 9"], {"user-hour-lim": 3600, "user-hour-rem": 9}),
        (
            ["user-hour-lim:3500;user-hour-rem:500;, user-minute-lim:150;user-minute-rem:149;"],
            {"user-hour-lim": 3500, "user-hour-rem": 500, "user-minute-lim": 150, "user-minute-rem": 149},
        ),
        (["user-hour-rem:7;", "user-hour-rem:5;", "User-Hour-Rem:6;"], {"user-hour-rem": 5}),
        (["new-kind:1;user-hour-rem:x;user-hour-lim:;;:;7"], {"new-kind": 1}),
        (["user-hour-rem:-3"], {"user-hour-rem": 0}),
        ([""], {}),
        ([], {}),
    ],
)
def test_rate_limit_pairs(fields: list[str], pairs: dict[str, int]) -> None:
    assert rate_limit(fields) == pairs
