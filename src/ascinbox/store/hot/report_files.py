"""What became of each report that was asked for: which days have figures, which are missing, and why."""

from __future__ import annotations

from datetime import date

from ascinbox.core.clock import from_epoch
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.store.database import Database


class ReportFiles:
    """The list of reports in cache.db. `Reports` writes it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def files(
        self, scope: str, dataset: Dataset, span: ReportSpan, first: date, last: date
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

    def known_days(
        self, scope: str, dataset: Dataset, span: ReportSpan, first: date, last: date
    ) -> set[date]:
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
                scope,
                dataset,
                ReportSpan(span),
                date.fromordinal(day),
                FileStatus.BROKEN,
                from_epoch(at),
                detail,
            )
            for span, day, at, detail in rows
        ]
        return None if newest is None else date.fromordinal(newest), broken
