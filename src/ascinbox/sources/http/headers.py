"""Header fields that steer: `Retry-After`, `Date` and `X-Rate-Limit`. Whatever they hold, nothing raises."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import MAXYEAR, UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT_S = 15 * 60
"""No wait that a server asks for is longer than this."""
SHORTEST_WAIT_S = 1.0

_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,9})?")
_PAIR = re.compile(r"([a-z][a-z0-9-]{0,60})\s*:\s*(-?[0-9]{1,12})", re.IGNORECASE)
_DAY_S = 86_400


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from 1 to 900; None when the field is absent or says nothing.

    Understood are seconds, an HTTP date, and a unix time in seconds or milliseconds (as Apple's sister
    service sends it). A moment in the past means the shortest wait, an absurd one the longest.
    """
    text = (value or "").strip()
    if not text or len(text) > 64:
        return None
    seconds: float
    if _NUMBER.fullmatch(text):
        number, epoch = float(text), now.timestamp()
        if abs(number / 1000 - epoch) < _DAY_S:
            seconds = number / 1000 - epoch
        elif abs(number - epoch) < _DAY_S:
            seconds = number - epoch
        else:
            seconds = number
    else:
        moment = http_date(text)
        if moment is None:
            return None
        seconds = (moment - now).total_seconds()
    return min(max(seconds, SHORTEST_WAIT_S), LONGEST_WAIT_S)


def http_date(value: str | None) -> datetime | None:
    """The aware UTC time of an HTTP date; None for anything else, and for the last year that there is
    (so that a day can always be added)."""
    text = (value or "").strip()
    if not text or len(text) > 64 or not text.isascii():
        return None
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
        return moment if moment.year < MAXYEAR else None
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def clock_skew_s(date: str | None, now: datetime) -> float | None:
    """Our clock minus the server's in seconds (positive: we run ahead); None without a usable `Date`."""
    moment = http_date(date)
    return None if moment is None else round((now - moment) / timedelta(seconds=1), 1)


def rate_limit(fields: Iterable[str]) -> dict[str, int]:
    """The pairs of every `X-Rate-Limit` field: `user-hour-lim:3500;user-hour-rem:500;`.

    Unknown names are kept, broken pairs skipped. A name that comes twice: the smaller value holds.
    """
    pairs: dict[str, int] = {}
    for field in fields:
        for part in re.split("[;,]", field[:2000]):
            found = _PAIR.fullmatch(part.strip())
            if found:
                name, value = found[1].lower(), max(0, int(found[2]))
                pairs[name] = min(value, pairs.get(name, value))
    return pairs
