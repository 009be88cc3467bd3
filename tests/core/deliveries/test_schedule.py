"""When a message goes out: schedules, quiet hours, at most so many, pauses after failures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.deliveries.schedule import (
    QuietHours,
    RateLimit,
    SendSchedule,
    pause_s,
    plan,
    read_quiet,
    read_rate,
    read_schedule,
)

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").astimezone()


def test_now_is_now() -> None:
    assert plan(NOW, read_schedule("now"), None, None, []).at == NOW
    assert not plan(NOW, read_schedule("now"), None, None, []).digest


def test_daily_is_the_next_time_that_clocks_here_show_it() -> None:
    daily = read_schedule("daily 09:00")
    assert daily.next(at("21T08:59")) == at("21T09:00")
    assert daily.next(at("21T09:00")) == at("22T09:00")
    assert plan(NOW, daily, None, None, []).digest


def test_daily_keeps_its_hour_when_the_clocks_change() -> None:
    before = datetime.fromisoformat("2026-10-24T10:00").astimezone()
    after = read_schedule("daily 09:00").next(before).astimezone()
    assert (after.day, after.hour) == (25, 9)
    assert after - before == timedelta(hours=24)


def test_every_falls_on_full_steps_of_the_day() -> None:
    every = read_schedule("every 4h")
    assert every.next(at("21T15:02")) == at("21T16:00")
    assert every.next(at("21T16:00")) == at("21T20:00")


def test_quiet_hours_go_over_midnight() -> None:
    quiet = read_quiet("22:00-07:00")
    assert quiet is not None
    assert quiet.until(at("21T21:59")) is None
    assert quiet.until(at("21T22:00")) == at("22T07:00")
    assert quiet.until(at("22T06:59")) == at("22T07:00")
    assert quiet.until(at("22T07:00")) is None


def test_what_falls_into_quiet_hours_goes_out_together_when_they_end() -> None:
    found = plan(at("21T23:10"), SendSchedule(), read_quiet("22:00-07:00"), None, [])
    assert (found.at, found.digest) == (at("22T07:00"), True)


def test_at_most_puts_the_rest_into_one_digest() -> None:
    rate = read_rate("2/h")
    recent = [NOW - timedelta(minutes=50), NOW - timedelta(minutes=10)]
    assert not plan(NOW, SendSchedule(), None, rate, recent[:1]).digest
    found = plan(NOW, SendSchedule(), None, rate, recent)
    assert found.digest
    assert found.at == NOW + timedelta(minutes=10)
    assert plan(NOW + timedelta(minutes=11), SendSchedule(), None, rate, recent).digest is False


@pytest.mark.parametrize(
    "text", ["", "soon", "daily", "daily 24:00", "daily 9", "every 0h", "every 25h", "every h", "now now"]
)
def test_a_schedule_that_is_none_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_schedule(text)


@pytest.mark.parametrize("text", ["22-7", "22:00", "22:00-22:00", "25:00-07:00"])
def test_quiet_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_quiet(text)


@pytest.mark.parametrize("text", ["10", "0/h", "ten/h", "10/w"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_rate(text)


def test_nothing_written_is_no_limit() -> None:
    assert read_quiet("") is None
    assert read_rate(" ") is None


def test_pauses_double_from_ten_seconds_to_an_hour_unless_the_receiver_says_otherwise() -> None:
    assert [pause_s(n) for n in range(1, 12)] == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert pause_s(5, 7.0) == 7.0
    assert pause_s(1, 0.0) == 1.0
    assert pause_s(1, 1e9) == 6 * 3600


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (read_schedule, read_quiet, read_rate):
        try:
            found = read(text)
        except ValueError:
            continue
        assert found is None or isinstance(found, SendSchedule | QuietHours | RateLimit)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.sampled_from(["daily 02:30", "every 7h"]))
def test_the_next_time_is_always_later(moment: datetime, text: str) -> None:
    now = moment.astimezone()
    assert now < read_schedule(text).next(now) <= now + timedelta(hours=49)
