"""Which reports were asked for and what became of each: what makes a zero different from a gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ascinbox.core.metrics.reports import Dataset


class FileStatus(StrEnum):
    """What became of a report that was asked for."""

    STORED = "stored"
    EMPTY = "empty"
    """Apple says that there were no sales: a true zero."""
    WAITING = "waiting"
    """Not available yet: never a zero."""
    GONE = "gone"
    """No longer available, or lost with a cache that was not kept."""
    REFUSED = "refused"
    """Role, agreement or vendor number; `detail` holds Apple's words."""
    BROKEN = "broken"
    """The file was cut, garbled or unknown; nothing of it was stored."""

    @property
    def known(self) -> bool:
        """True when the days of the file have figures (zero included)."""
        return self in (FileStatus.STORED, FileStatus.EMPTY)


class FileChange(StrEnum):
    """What a stored file was to the cache."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


class ReportSpan(StrEnum):
    """Length of a report file."""

    DAY = "D"
    WEEK = "W"
    MONTH = "M"
    YEAR = "Y"
    FISCAL = "F"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One report that was asked for. `day` is its first day."""

    scope: str
    dataset: Dataset
    span: ReportSpan
    day: date
    status: FileStatus
    fetched_at: datetime
    detail: str = ""
