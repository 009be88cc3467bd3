"""Finance reports: one file a fiscal period, all regions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.dates import pacific_day
from ascinbox.core.errors import AscinboxError, NotFound, RateLimited, UnexpectedAnswer
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.report_files import FileChange, FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.records import Account
from ascinbox.workers.metrics.reports.common import (
    DatasetProgress,
    FetchTally,
    in_chunks,
    is_gone,
    says_no_report,
    status_of,
)
from ascinbox.workers.metrics.reports.source import ReportSource

if TYPE_CHECKING:
    from ascinbox.sources.apple.download import Download
    from ascinbox.workers.runtime.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

PATH = "/v1/financeReports"
PERIODS = 12
"""About as far back as Apple keeps them."""
LATEST_PUBLICATION = timedelta(days=45)
"""After so long a period that Apple has no report of is empty or gone: its answer does not tell which."""
AGAIN = timedelta(hours=6)


def fetch_finance(workspace: Workspace, account: Account, *, full: bool = False) -> DatasetResult:
    """Fetches the closed fiscal periods that are missing."""
    tally = FetchTally()
    vendor = account.vendor
    if vendor is None:
        tally.add(trouble="No vendor number: it is in Payments and Financial Reports.")
        return tally.result()
    source = ReportSource(workspace, account, "finance")
    today = pacific_day(workspace.clock.now())
    wanted = _missing(workspace, vendor, full=full)
    progress = DatasetProgress(workspace, account, "finance", len(wanted))

    def fetch(period: FiscalPeriod) -> None:
        from ascinbox.sources.apple.reports import parse_finance

        now = workspace.clock.now()
        tally.add(requests=1)
        try:
            content = _download(source, vendor, period)
            with content as table:
                facts = parse_finance(table, period)
        except NotFound as error:
            late = today - period.end > LATEST_PUBLICATION
            status = (
                FileStatus.GONE if is_gone(error) or (late and says_no_report(error)) else FileStatus.WAITING
            )
            _note(workspace, vendor, period, status, now, error.detail)
            return
        except UnexpectedAnswer as error:
            _note(workspace, vendor, period, FileStatus.BROKEN, now, error.title)
            tally.add(trouble=f"{period}: {error.title}")
            return
        file = ReportFile(vendor, Dataset.FINANCE, ReportSpan.FISCAL, period.start, FileStatus.STORED, now)
        change = workspace.store.call(lambda store: store.reports.save_finance(file, facts))
        tally.add(new=int(change is FileChange.NEW), changed=int(change is FileChange.CHANGED))

    try:
        if not in_chunks(workspace, wanted, fetch, progress):
            tally.add(trouble="Stopped; the next sync goes on from here.")
    except RateLimited as error:
        tally.postpone(error.retry_at, fresh=False)
    except AscinboxError as error:
        tally.add(trouble=f"{error.title} {error.detail}".strip())
        status = status_of(error)
        if wanted and status is FileStatus.REFUSED:
            _note(workspace, vendor, wanted[0], status, workspace.clock.now(), error.title)
    source.close()
    progress.finish()
    return tally.result()


def _download(source: ReportSource, vendor: str, period: FiscalPeriod) -> Download:
    params = {
        "filter[vendorNumber]": vendor,
        "filter[reportType]": "FINANCIAL",
        "filter[regionCode]": "ZZ",
        "filter[reportDate]": str(period),
    }
    return source.download(PATH, params, lambda reporter: reporter.finance_report(vendor, period))


def _missing(workspace: Workspace, vendor: str, *, full: bool) -> list[FiscalPeriod]:
    """The closed periods to ask for, newest first."""
    now = workspace.clock.now()
    periods = [FiscalPeriod.of(pacific_day(now)).previous()]
    while len(periods) < PERIODS:
        periods.append(periods[-1].previous())
    known = workspace.store.call(
        lambda store: store.report_files.files(
            vendor, Dataset.FINANCE, ReportSpan.FISCAL, periods[-1].start, periods[0].start
        )
    )

    def due(period: FiscalPeriod) -> bool:
        file = known.get(period.start)
        # What was refused is asked for at once: somebody may just have given the key its role.
        if full or file is None or file.status is FileStatus.REFUSED:
            return True
        settled = file.status.known or file.status is FileStatus.GONE
        return not settled and now - file.fetched_at > AGAIN

    return [period for period in periods if due(period)]


def _note(
    workspace: Workspace, vendor: str, period: FiscalPeriod, status: FileStatus, now: datetime, detail: str
) -> None:
    file = ReportFile(vendor, Dataset.FINANCE, ReportSpan.FISCAL, period.start, status, now, detail)
    workspace.store.call(lambda store: store.reports.note(file))
