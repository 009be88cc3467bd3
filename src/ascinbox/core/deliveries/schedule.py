"""When a message goes out: at once, at an hour, every so often; quiet hours; the pause after a failure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 3_600.0
GIVE_UP = timedelta(hours=24)
"""What could not be delivered for so long has failed; a person may send it again."""
LONGEST_RETRY_AFTER_S = 6 * 3_600.0
"""A receiver's Retry-After is believed up to here."""

_DAILY = re.compile(r"daily\s+(\d{1,2}):(\d{2})")
_EVERY = re.compile(r"every\s+(\d{1,4})\s*([mhd])")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_RATE = re.compile(r"(\d{1,5})\s*/\s*([mhd])")
_UNIT = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class SendSchedule:
    """`send`: `now`, `daily 09:00` (in this machine's time zone) or `every 4h` (on the full four hours)."""

    daily: time | None = None
    every: timedelta | None = None

    @property
    def gathers(self) -> bool:
        """Whether what comes in between goes out together."""
        return self.daily is not None or self.every is not None

    def next(self, now: datetime) -> datetime:
        """The next moment at which it sends, counted from `now` (aware)."""
        if self.daily is not None:
            local = now.astimezone()
            today = _at(local, self.daily)
            return today if today > local else _at(local + timedelta(days=1), self.daily)
        if self.every is not None:
            midnight = _at(now.astimezone(), time())
            slots = (now - midnight) // self.every + 1
            return midnight + slots * self.every
        return now


@dataclass(frozen=True, slots=True)
class QuietHours:
    """`quiet`: from the first time of day to the second nothing is sent. It may go over midnight."""

    begin: time
    end: time

    def until(self, moment: datetime) -> datetime | None:
        """When the quiet hours end that `moment` is in; None outside of them."""
        local = moment.astimezone()
        for day in (local - timedelta(days=1), local):
            begins = _at(day, self.begin)
            ends = _at(day if self.end > self.begin else day + timedelta(days=1), self.end)
            if begins <= local < ends:
                return ends
        return None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`at_most`: so many messages in a time; the rest goes into one digest."""

    count: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class SendPlan:
    """When a delivery goes out, and whether with others in one message."""

    at: datetime
    digest: bool = False


def plan(
    now: datetime,
    schedule: SendSchedule,
    quiet: QuietHours | None,
    rate: RateLimit | None,
    recent: list[datetime],
) -> SendPlan:
    """`recent`: when the last single messages of this rule to this destination went or will go out."""
    found = SendPlan(schedule.next(now), schedule.gathers)
    if not schedule.gathers and rate is not None:
        inside = sorted(at for at in recent if now - at < rate.within)
        if len(inside) >= rate.count:
            found = SendPlan(inside[-rate.count] + rate.within, digest=True)
    ends = quiet.until(found.at) if quiet is not None else None
    return SendPlan(ends, digest=True) if ends is not None else found


def pause_s(attempts: int, retry_after_s: float | None = None) -> float:
    """Seconds until the next try after `attempts` failed ones: what the receiver asked for, or 10 s doubled
    each time, an hour at most."""
    if retry_after_s is not None:
        return min(max(retry_after_s, 1.0), LONGEST_RETRY_AFTER_S)
    return float(min(FIRST_PAUSE_S * 2.0 ** min(max(attempts - 1, 0), 20), LONGEST_PAUSE_S))


def read_schedule(text: str) -> SendSchedule:
    """`send` of a rule; ValueError says what it takes."""
    word = " ".join(text.casefold().split())
    if word == "now":
        return SendSchedule()
    if found := _DAILY.fullmatch(word):
        return SendSchedule(daily=_time(found[1], found[2]))
    if (found := _EVERY.fullmatch(word)) and (length := int(found[1]) * _UNIT[found[2]]) > timedelta():
        if length > timedelta(days=1):
            raise ValueError("every takes at most 24h")
        return SendSchedule(every=length)
    raise ValueError('send takes "now", "daily 09:00" or "every 4h"')


def read_quiet(text: str) -> QuietHours | None:
    """`quiet` of a rule; ValueError says what it takes."""
    if not text.strip():
        return None
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError('quiet takes two times, such as "22:00-07:00"')
    quiet = QuietHours(_time(found[1], found[2]), _time(found[3], found[4]))
    if quiet.begin == quiet.end:
        raise ValueError("quiet begins and ends at the same time")
    return quiet


def read_rate(text: str) -> RateLimit | None:
    """`at_most` of a rule; ValueError says what it takes."""
    if not text.strip():
        return None
    found = _RATE.fullmatch(text.strip().casefold())
    if found is None or int(found[1]) < 1:
        raise ValueError('at_most takes a number and m, h or d, such as "10/h"')
    return RateLimit(int(found[1]), _UNIT[found[2]])


def _time(hours: str, minutes: str) -> time:
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f"{hours}:{minutes} is no time of day") from None


def _at(day: datetime, moment: time) -> datetime:
    """That time of day in this machine's zone, with the offset that holds then."""
    return datetime(day.year, day.month, day.day, moment.hour, moment.minute).astimezone()
