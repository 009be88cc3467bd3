"""Which reports were asked for and what became of each: what makes a zero different from a gap."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.metrics.reports import Dataset
from ascinbox.store.database import Database


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


class Change(StrEnum):
    """What a stored file was to the cache."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


class Span(StrEnum):
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
    span: Span
    day: date
    status: FileStatus
    fetched_at: datetime
    detail: str = ""


class ReportFiles:
    """The list of reports in cache.db."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def _forget(self, file: ReportFile) -> None:
        """Removes the figures of a report's days; those who keep figures do it."""
        raise NotImplementedError

    def _stored(self, file: ReportFile, facts: Sequence[object]) -> Change:
        """Notes a stored file with a fingerprint of its facts, which tells a correction from a repetition."""
        lines = sorted(map(repr, facts))
        fingerprint = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        held = self.files(file.scope, file.dataset, file.span, file.day, file.day).get(file.day)
        self.note(replace(file, detail=fingerprint))
        if held is None or not held.status.known:
            return Change.NEW
        return Change.SAME if held.detail == fingerprint else Change.CHANGED

    def versions(self) -> dict[Dataset, str | None]:
        """Report versions that Apple asked for instead of the usual ones."""
        rows = self._db.execute("SELECT name, value FROM cache.meta WHERE name LIKE 'report-version:%'")
        return {Dataset(name.partition(":")[2]): value for name, value in rows}

    def set_version(self, dataset: Dataset, version: str) -> None:
        """Remembers the version that Apple asked for."""
        with self._db.write(bulk=True):
            self._db.execute(
                "INSERT OR REPLACE INTO cache.meta VALUES (?, ?)", (f"report-version:{dataset}", version)
            )

    def note(self, file: ReportFile) -> None:
        """Writes down what became of a report. An empty one empties its span.

        What was stored before outlives a refusal, a wait and a spoiled file: only figures replace figures.
        """
        with self._db.write(bulk=True):
            held = self.files(file.scope, file.dataset, file.span, file.day, file.day).get(file.day)
            if held is not None and held.status.known and not file.status.known:
                return
            if file.status is FileStatus.EMPTY:
                self._forget(file)
            self._db.execute(
                "INSERT OR REPLACE INTO cache.report_file VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    file.scope,
                    file.dataset,
                    file.span,
                    file.day.toordinal(),
                    file.status,
                    to_epoch(file.fetched_at),
                    file.detail,
                ),
            )

    def files(
        self, scope: str, dataset: Dataset, span: Span, first: date, last: date
    ) -> dict[date, ReportFile]:
        """What is known of the reports of a span of days, by first day."""
        rows = self._db.execute(
            """SELECT day, status, fetched_at, detail FROM cache.report_file
               WHERE scope = ? AND dataset = ? AND span = ? AND day BETWEEN ? AND ?""",
            (scope, dataset, span, first.toordinal(), last.toordinal()),
        )
        return {
            date.fromordinal(day): ReportFile(
                scope, dataset, span, date.fromordinal(day), FileStatus(status), from_epoch(fetched), detail
            )
            for day, status, fetched, detail in rows
        }

    def newest_read(self, scope: str, dataset: Dataset) -> tuple[date | None, list[ReportFile]]:
        """First day of the newest report with figures, and every report that could not be read."""
        newest = self._db.one(
            "SELECT MAX(day) FROM cache.report_file WHERE scope = ? AND dataset = ? AND status IN (?, ?)",
            scope,
            dataset,
            FileStatus.STORED,
            FileStatus.EMPTY,
        )
        rows = self._db.execute(
            """SELECT span, day, fetched_at, detail FROM cache.report_file
               WHERE scope = ? AND dataset = ? AND status = ? ORDER BY day""",
            (scope, dataset, FileStatus.BROKEN),
        )
        broken = [
            ReportFile(
                scope, dataset, Span(span), date.fromordinal(day), FileStatus.BROKEN, from_epoch(at), detail
            )
            for span, day, at, detail in rows
        ]
        return None if newest is None else date.fromordinal(newest), broken

    def known_days(self, scope: str, dataset: Dataset, span: Span, first: date, last: date) -> set[date]:
        """First days of the reports of a span of days that have figures, zero included."""
        rows = self._db.execute(
            """SELECT day FROM cache.report_file WHERE scope = ? AND dataset = ? AND span = ?
               AND day BETWEEN ? AND ? AND status IN (?, ?)""",
            (
                scope,
                dataset,
                span,
                first.toordinal(),
                last.toordinal(),
                FileStatus.STORED,
                FileStatus.EMPTY,
            ),
        )
        return {date.fromordinal(day) for (day,) in rows}
