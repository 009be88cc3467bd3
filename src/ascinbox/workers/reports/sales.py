"""Sales and subscription reports: the newest days again, the missing days of a year, older years whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from ascinbox.core.errors import AscinboxError, CredentialError, NotFound, Rejected, UnexpectedAnswer
from ascinbox.core.records import Account
from ascinbox.core.reports import SALES, SUBSCRIPTION, SUBSCRIPTION_EVENT, Dataset, SalesReport
from ascinbox.store.facts import Change, FileStatus, ReportFile, Span
from ascinbox.workers.reports.common import (
    Progress,
    Tally,
    in_chunks,
    is_gone,
    is_vendor_refusal,
    newest_day,
    reporter_for,
    says_no_sales,
    wanted_version,
)

if TYPE_CHECKING:
    from ascinbox.apple.client import AppStoreConnect
    from ascinbox.apple.download import Download
    from ascinbox.apple.reporter import Reporter
    from ascinbox.workers.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

PATH = "/v1/salesReports"
KEPT_YEARS = 10
REVISED_DAYS = 2
"""The newest days may be revised and are asked for with each sync."""
SNAPSHOT_AGAIN = timedelta(hours=6)
FIRST_TRY_AGAIN = timedelta(hours=12)
"""A day that stayed unpublished for long, or whose file was broken, is asked for this often."""


def fetch_sales(workspace: Workspace, account: Account, *, full: bool = False) -> DatasetResult:
    """Fetches sales, subscription and subscription event reports of the account's vendor number."""
    tally = Tally()
    if account.vendor is None:
        tally.add(trouble="No vendor number: it is in Payments and Financial Reports.")
        return tally.result()
    fetcher = _Fetcher(workspace, account, account.vendor, tally)
    newest = newest_day(workspace.clock.now())
    wanted = [(SALES, Span.DAY, day) for day in fetcher.missing(SALES, newest, full=full)]
    wanted += [(SALES, Span.YEAR, day) for day in fetcher.missing_years(newest.year)]
    for report in (SUBSCRIPTION, SUBSCRIPTION_EVENT):
        wanted += [(report, Span.DAY, day) for day in fetcher.missing(report, newest, full=full)]
    progress = Progress(workspace, account, "sales", len(wanted))
    try:
        whole = in_chunks(workspace, wanted, lambda item: fetcher.fetch(*item), progress)
        if not whole:
            tally.add(trouble="Stopped; the next sync goes on from here.")
    except AscinboxError as error:
        tally.add(trouble=error.title if not error.detail else f"{error.title} {error.detail}")
        fetcher.note_refusal(newest, error)
    progress.finish()
    return tally.result()


class _Fetcher:
    """One account's way to its sales reports. Used by several threads."""

    def __init__(self, workspace: Workspace, account: Account, vendor: str, tally: Tally) -> None:
        self._workspace = workspace
        self._vendor = vendor
        self._tally = tally
        self._client: AppStoreConnect | None = None
        self._reporter: Reporter | None = None
        try:
            self._client = workspace.client_for(account, "sales")
        except CredentialError:
            self._reporter = reporter_for(workspace, account, "sales")
        self._versions = workspace.store.call(lambda store: store.facts.versions())

    def missing(self, report: SalesReport, newest: date, *, full: bool) -> list[date]:
        """The days to ask for, newest first."""
        count = int(self._workspace.config.get("sync", "report_days"))
        oldest = newest - timedelta(days=count - 1)
        known = self._workspace.store.call(
            lambda store: store.facts.files(self._vendor, report.dataset, Span.DAY, oldest, newest)
        )
        days = [newest - timedelta(days=n) for n in range(count)]
        return [day for day in days if full or self._is_due(report, day, newest, known.get(day))]

    def missing_years(self, this_year: int) -> list[date]:
        """First days of the past years that no yearly report is known of, newest first."""
        first, last = date(this_year - KEPT_YEARS, 1, 1), date(this_year - 1, 12, 31)
        known = self._workspace.store.call(
            lambda store: store.facts.files(self._vendor, Dataset.SALES, Span.YEAR, first, last)
        )
        years = [date(this_year - n, 1, 1) for n in range(1, KEPT_YEARS + 1)]
        silent = [day for day, file in known.items() if file.status in (FileStatus.EMPTY, FileStatus.GONE)]
        # Before a year without sales there was nothing to sell.
        begun = max(silent, default=first)
        return [day for day in years if day not in known and day > begun] if known else years[:1]

    def _is_due(self, report: SalesReport, day: date, newest: date, file: ReportFile | None) -> bool:
        if file is None:
            return True
        age = self._workspace.clock.now() - file.fetched_at
        recent = (newest - day).days < REVISED_DAYS
        if report is not SALES:
            return (not file.status.known or recent) and age > SNAPSHOT_AGAIN
        if recent:
            return True
        return not file.status.known and file.status is not FileStatus.GONE and age > FIRST_TRY_AGAIN

    def fetch(self, report: SalesReport, span: Span, day: date) -> None:
        """Asks for one report and stores it, or what Apple said instead."""
        now = self._workspace.clock.now()
        try:
            content = self._download(report, span, day)
        except NotFound as error:
            status = FileStatus.WAITING
            if is_gone(error):
                status = FileStatus.GONE
            elif says_no_sales(error):
                status = FileStatus.EMPTY
            self._note(report, span, day, status, now, error.detail)
            return
        except Rejected as error:
            if report is SALES or not is_vendor_refusal(error):
                raise
            # Subscription reports call the vendor number invalid on days without subscriptions.
            self._note(report, span, day, FileStatus.EMPTY, now, "no subscriptions")
            return
        except UnexpectedAnswer as error:
            self._spoiled(report, span, day, now, error)
            return
        file = ReportFile(self._vendor, report.dataset, span, day, FileStatus.STORED, now)
        try:
            with content as table:
                self._store(report, file, table)
        except UnexpectedAnswer as error:
            self._spoiled(report, span, day, now, error)

    def _download(self, report: SalesReport, span: Span, day: date) -> Download:
        version = self._versions.get(report.dataset, report.version)
        try:
            return self._ask(report, span, day, version)
        except Rejected as error:
            named = wanted_version(error)
            if named is None or named == version:
                raise
            self._versions[report.dataset] = named
            self._workspace.store.call(lambda store: store.facts.set_version(report.dataset, named))
            return self._ask(report, span, day, named)

    def _ask(self, report: SalesReport, span: Span, day: date, version: str | None) -> Download:
        self._tally.add(requests=1)
        limit = self._workspace.config.seconds("network", "report_deadline_seconds")
        frequency, text = {
            Span.DAY: ("DAILY", day.isoformat()),
            Span.YEAR: ("YEARLY", f"{day:%Y}"),
            Span.MONTH: ("MONTHLY", f"{day:%Y-%m}"),
            Span.WEEK: ("WEEKLY", (day + timedelta(days=6)).isoformat()),
        }[span]
        params = {
            "filter[vendorNumber]": self._vendor,
            "filter[reportType]": report.report_type,
            "filter[reportSubType]": report.sub_type,
            "filter[frequency]": frequency,
            "filter[reportDate]": text,
        }
        if version:
            params["filter[version]"] = version
        if self._client is not None:
            return self._client.download(PATH, params, deadline_s=limit)
        from ascinbox.apple.reporter import SalesAsk

        assert self._reporter is not None
        named = day + timedelta(days=6) if span is Span.WEEK else day
        return self._reporter.sales_report(
            SalesAsk(self._vendor, report.report_type, frequency, named, version)
        )

    def _store(self, report: SalesReport, file: ReportFile, table: BinaryIO) -> None:
        from ascinbox.apple.reports import parse_sales, parse_subscription_events, parse_subscriptions

        store = self._workspace.store
        if report is SALES:
            sold = parse_sales(table)
            change = store.call(lambda s: s.facts.save_sales(file, sold))
        elif report is SUBSCRIPTION:
            state = parse_subscriptions(table, file.day)
            change = store.call(lambda s: s.facts.save_subscriptions(file, state))
        else:
            events = parse_subscription_events(table)
            change = store.call(lambda s: s.facts.save_subscription_events(file, events))
        self._tally.add(new=int(change is Change.NEW), changed=int(change is Change.CHANGED))

    def _spoiled(
        self, report: SalesReport, span: Span, day: date, now: datetime, error: UnexpectedAnswer
    ) -> None:
        self._note(report, span, day, FileStatus.BROKEN, now, error.title)
        self._tally.add(trouble=f"{day}: {error.title}")

    def _note(
        self, report: SalesReport, span: Span, day: date, status: FileStatus, now: datetime, detail: str
    ) -> None:
        file = ReportFile(self._vendor, report.dataset, span, day, status, now, detail)
        self._workspace.store.call(lambda store: store.facts.note(file))

    def note_refusal(self, newest: date, error: AscinboxError) -> None:
        """Remembers at the newest day why the data set stopped, unless that day's figures are there."""
        known = self._workspace.store.call(
            lambda store: store.facts.files(self._vendor, Dataset.SALES, Span.DAY, newest, newest)
        )
        if newest not in known or not known[newest].status.known:
            self._note(SALES, Span.DAY, newest, FileStatus.REFUSED, self._workspace.clock.now(), error.title)
