"""What option values are read as: durations, times, files, lists."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from pathlib import Path

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `1h`, `28d`, `2w`; a bare number is seconds."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)([smhdw]?)", text.strip().lower())
    if not match:
        raise ArgumentTypeError(f"{text!r} is not a time span (such as 90s, 15m, 1h, 28d)")
    return timedelta(seconds=float(match[1]) * UNITS[match[2] or "s"])


def moment(text: str) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a time (such as 2026-11-21T14:02)") from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def day(text: str) -> datetime:
    """`2026-11-21`, the beginning of that day in UTC."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day (such as 2026-11-21)") from None


def whole_number(text: str) -> int:
    """A decimal integer, nothing else."""
    if not re.fullmatch(r"-?\d{1,12}", text.strip()):
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def file(text: str) -> Path:
    """A path; `~` is the home folder."""
    if not text:
        raise ArgumentTypeError("an empty file name")
    return Path(text).expanduser()


def secret_file(text: str) -> Path:
    """The path of a file with a secret, or `-`. A secret itself on the command line is refused unseen."""
    if "PRIVATE KEY" in text or "\n" in text:
        raise ArgumentTypeError(
            "give the name of a file, or - for stdin: a key never belongs on a command line"
        )
    return file(text)


def names(text: str | None) -> tuple[str, ...]:
    """A comma-separated list, blanks and empty entries dropped, order kept."""
    return tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
