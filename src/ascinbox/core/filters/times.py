"""Reads `since:`, `until:` and `due:`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from ascinbox.core.dates import parse_duration
from ascinbox.core.filters.tokens import RawTerm, RawValue
from ascinbox.core.filters.tree import DueTerm, TimeTerm
from ascinbox.core.filters.values import COMPARED, RANGE, FilterError, given


def read_time(raw: RawTerm, now: datetime) -> TimeTerm:
    """`since:` and `until:`. Days begin at midnight in `now`'s own time zone."""
    values = given(raw)
    value = values[0]
    assert raw.key is not None
    if len(values) > 1:
        raise FilterError(f"{raw.key}: takes one time or a..b", raw.start, raw.end)
    text = value.text.lower()
    after: datetime | None = None
    before: datetime | None = None
    if (span := RANGE.fullmatch(text)) and (span[1] or span[2]):
        after = _span(span[1], now, raw, value)[0] if span[1] else None
        before = _span(span[2], now, raw, value)[1] if span[2] else None
    else:
        compared = COMPARED.fullmatch(text)
        assert compared is not None
        start, end = _span(compared[2], now, raw, value)
        match compared[1] or (">=" if raw.key == "since" else "<="):
            case ">=":
                after = start
            case ">":
                after = end
            case "<":
                before = start
            case "<=":
                before = end
            case _:
                after, before = start, end
    if after is not None and before is not None and after >= before:
        raise FilterError(f"{raw.key}: no moment is within {value}", value.start, value.end)
    return TimeTerm(raw.key, text, after, before, raw.negated)


def read_due(raw: RawTerm, _now: datetime) -> DueTerm:
    """`due:`: how much time is left, counted through nights and weekends like every time on the screen."""
    values = given(raw)
    value = values[0]
    if len(values) > 1:
        raise FilterError("due: takes one duration or a..b", raw.start, raw.end)
    text = value.text.lower()
    if (span := RANGE.fullmatch(text)) and (span[1] or span[2]):
        more_than = _seconds(span[1], value) - 1 if span[1] else None
        at_most = _seconds(span[2], value) if span[2] else None
        if more_than is not None and at_most is not None and more_than >= at_most:
            raise FilterError(f"due: nothing is within {value}", value.start, value.end)
        return DueTerm(text, more_than, at_most, raw.negated)
    compared = COMPARED.fullmatch(text)
    assert compared is not None
    seconds = _seconds(compared[2], value)
    match compared[1]:
        case "<":
            return DueTerm(text, None, seconds - 1, raw.negated)
        case ">":
            return DueTerm(text, seconds, None, raw.negated)
        case ">=":
            return DueTerm(text, seconds - 1, None, raw.negated)
        case _:
            return DueTerm(text, None, seconds, raw.negated)


def _seconds(text: str, value: RawValue) -> int:
    span = parse_duration(text)
    if span is None:
        raise FilterError(f"due: takes <4h, 30m, >2d or a..b, not {value}", value.start, value.end)
    return int(span.total_seconds())


_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}t\d{2}:\d{2}(:\d{2})?(z|[+-]\d{2}:\d{2})?", re.ASCII)


def _span(text: str, now: datetime, raw: RawTerm, value: RawValue) -> tuple[datetime, datetime]:
    """The moments that `text` covers: a day, month or year from midnight to midnight, else an instant."""
    try:
        if (ago := parse_duration(text)) is not None:
            moment = (now - ago).astimezone(UTC)
            return moment, moment
        if text in {"today", "yesterday"}:
            start = now.date() - timedelta(days=text == "yesterday")
            return _midnight(start, now), _midnight(start + timedelta(days=1), now)
        if _INSTANT.fullmatch(text):
            moment = datetime.fromisoformat(text.upper())
            moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
            moment = moment.astimezone(UTC)
            return moment, moment
        if match := _DAY.fullmatch(text):
            year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
            start = date(year, month, day)
            if match[3]:
                end = start + timedelta(days=1)
            elif match[2]:
                end = date(year + month // 12, month % 12 + 1, 1)
            else:
                end = date(year + 1, 1, 1)
            return _midnight(start, now), _midnight(end, now)
    except (ValueError, OverflowError):
        pass
    raise FilterError(
        f"{raw.key}: takes 7d, 12h, 3w, 2026-11-01 or a..b, not {value}", value.start, value.end
    )


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo).astimezone(UTC)
