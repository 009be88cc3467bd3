"""Times to answer by as lists show them: `due 3h`, `overdue 2h`. Pure; the clock is in `answer_clock`."""

from __future__ import annotations

from datetime import datetime

from ascinbox.core.clock import to_epoch
from ascinbox.core.dates import age

LONGEST = 11
"""Cells of `overdue 23h`."""
NOT_IN_USE = "config.toml has no rule in [sla]: nothing has a time to be answered by."


def due_words(due_at: datetime | None, now: datetime) -> str:
    """`due 3h`, `overdue 2h`, in at most `LONGEST` cells; empty where no clock runs."""
    if due_at is None:
        return ""
    if is_overdue(due_at, now):
        return f"overdue {age(due_at, now)}"
    return f"due {age(now, due_at)}"


def is_overdue(due_at: datetime, now: datetime) -> bool:
    """Whether the time is over, by the minute."""
    return to_epoch(due_at) <= to_epoch(now) // 60 * 60


def due_role(due_at: datetime, now: datetime) -> str:
    """The colour's role: a signal."""
    return "bad" if is_overdue(due_at, now) else "warn"
