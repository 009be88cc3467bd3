"""Report files into the cache: each replaces what an earlier one said of its days, in one transaction.

`scope` is the vendor number for sales, subscriptions and finance; analytics and digests go by app.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.metrics.facts import (
    AnalyticsFact,
    FinanceFact,
    SalesFact,
    SubscriptionEventFact,
    SubscriptionFact,
)
from ascinbox.core.metrics.report_files import FileChange, FileStatus, ReportFile
from ascinbox.core.metrics.reports import AnalyticsReport, Dataset
from ascinbox.core.records import ReviewSummary
from ascinbox.store.cache.reports.analytics import AnalyticsRows
from ascinbox.store.cache.reports.files import FileRows
from ascinbox.store.cache.reports.finance import FinanceRows
from ascinbox.store.cache.reports.products import ProductRows
from ascinbox.store.cache.reports.sales import SalesRows
from ascinbox.store.cache.reports.subscriptions import SubscriptionRows
from ascinbox.store.cache.reports.summaries import SummaryRows
from ascinbox.store.database import Database
from ascinbox.store.hot.summaries import Summaries


class Reports:
    """`store.reports`. What is stored can be asked of `store.report_files`, `.figures` and `.summaries`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._summaries_now = Summaries(database)
        self._files = FileRows(database)
        self._products = ProductRows(database)
        self._sales = SalesRows(database, self._products)
        self._subscriptions = SubscriptionRows(database)
        self._finance = FinanceRows(database, self._products)
        self._analytics = AnalyticsRows(database)
        self._summaries = SummaryRows(database)

    def note(self, file: ReportFile) -> None:
        """Writes down what became of a report. An empty one empties its span.

        What was stored before outlives a refusal, a wait and a spoiled file: only figures replace figures.
        """
        with self._database.write(bulk=True):
            if not self._files.put(file) or file.status is not FileStatus.EMPTY:
                return
            match file.dataset:
                case Dataset.SALES:
                    self._sales.clear(file)
                case Dataset.SUBSCRIPTIONS:
                    self._subscriptions.clear(file)
                case Dataset.SUBSCRIPTION_EVENTS:
                    self._subscriptions.clear_events(file)

    def save_sales(self, file: ReportFile, facts: Sequence[SalesFact]) -> FileChange:
        """Replaces what the file's span held by `facts`."""
        with self._database.write(bulk=True):
            self._sales.replace(file, facts)
            return self._files.put_read(file, facts)

    def save_subscriptions(self, file: ReportFile, facts: Sequence[SubscriptionFact]) -> FileChange:
        """Replaces the snapshot of a day."""
        with self._database.write(bulk=True):
            self._subscriptions.replace(file, facts)
            return self._files.put_read(file, facts)

    def save_subscription_events(
        self, file: ReportFile, facts: Sequence[SubscriptionEventFact]
    ) -> FileChange:
        """Replaces the events of a day's file."""
        with self._database.write(bulk=True):
            self._subscriptions.replace_events(file, facts)
            return self._files.put_read(file, facts)

    def save_finance(self, file: ReportFile, facts: Sequence[FinanceFact]) -> FileChange:
        """Replaces a fiscal period; `file.day` is the first day of it."""
        with self._database.write(bulk=True):
            self._finance.replace(file, facts)
            return self._files.put_read(file, facts)

    def save_analytics(
        self,
        app_id: str,
        report: AnalyticsReport,
        processed: date,
        facts: Sequence[AnalyticsFact],
        *,
        ongoing: bool,
    ) -> int:
        """Stores one instance of an analytics report (all its segments); returns how many days it won.

        A day that a newer processing date (or, for equal dates, an ongoing request) has told already stays.
        """
        with self._database.write(bulk=True):
            return self._analytics.put(app_id, report, processed, facts, ongoing=ongoing)

    def save_summaries(self, file: ReportFile, summaries: Sequence[ReviewSummary] | None) -> bool:
        """Replaces Apple's digests of an app (`file.scope`); True when they changed.

        None: they could not be had, and what was had before stays.
        """
        told = None if summaries is None else {replace(s, created_at=_whole(s.created_at)) for s in summaries}
        with self._database.write(bulk=True):
            changed = told is not None and told != set(self._summaries_now.of_app(file.scope))
            if told is not None and changed:
                self._summaries.replace(file.scope, told)
            self._files.put(file)
            return changed

    def versions(self) -> dict[Dataset, str | None]:
        """Report versions that Apple asked for instead of the usual ones."""
        return self._files.versions()

    def set_version(self, dataset: Dataset, version: str) -> None:
        """Remembers the version that Apple asked for."""
        with self._database.write(bulk=True):
            self._files.put_version(dataset, version)


def _whole(moment: datetime | None) -> datetime | None:
    return None if moment is None else from_epoch(to_epoch(moment))
