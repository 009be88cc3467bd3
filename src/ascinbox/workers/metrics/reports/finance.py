"""Finance reports: one file a fiscal period, all regions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.dates import pacific_day
from ascinbox.core.errors import AscinboxError, NotFound, RateLimited, UnexpectedAnswer
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.report_files import FileChange, FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.records import Account
from ascinbox.workers.health.unreadable import Readings, noted_parts
from ascinbox.workers.metrics.reports.common import (
    DatasetProgress,
    FetchTally,
    in_chunks,
    is_gone,
    is_silent,
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
    noted = bool(workspace.store.call(noted_parts, account.id, Capability.FINANCE))
    wanted = _missing(workspace, vendor, full=full, noted=noted)
    readings = Readings(account, Capability.FINANCE)
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
            if is_silent(error):
                raise
            readings.answered(Dataset.FINANCE)
            late = today - period.end > LATEST_PUBLICATION
            status = (
                FileStatus.GONE if is_gone(error) or (late and says_no_report(error)) else FileStatus.WAITING
            )
            _note(workspace, vendor, period, status, now, error.detail)
            return
        except UnexpectedAnswer as error:
            _note(workspace, vendor, period, FileStatus.BROKEN, now, error.title)
            if _file_of(workspace, vendor, period).status is not FileStatus.BROKEN:
                # An earlier edition of it stays.
                readings.unreadable(Dataset.FINANCE, f"{period}: {error.title}")
            tally.add(trouble=f"{period}: {error.title}")
            return
        file = ReportFile(vendor, Dataset.FINANCE, ReportSpan.FISCAL, period.start, FileStatus.STORED, now)
        change = workspace.store.call(lambda store: store.reports.save_finance(file, facts))
        readings.read(Dataset.FINANCE)
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
            readings.refused(Dataset.FINANCE, f"{error.title} {error.detail}".strip())
    source.close()
    workspace.store.call(readings.save, workspace.clock.now())
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


def _file_of(workspace: Workspace, vendor: str, period: FiscalPeriod) -> ReportFile:
    """What stands in the list of files of a period that was asked for."""
    day = period.start
    return workspace.store.call(
        lambda store: store.report_files.files(vendor, Dataset.FINANCE, ReportSpan.FISCAL, day, day)
    )[day]


def _missing(workspace: Workspace, vendor: str, *, full: bool, noted: bool) -> list[FiscalPeriod]:
    """The closed periods to ask for, newest first; where trouble is `noted` also the newest known one,
    which tells whether it is over."""
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
        # At once: somebody may just have given the key its role, or mended what garbled the files.
        if full or file is None or file.status in (FileStatus.REFUSED, FileStatus.BROKEN):
            return True
        settled = file.status.known or file.status is FileStatus.GONE
        return not settled and now - file.fetched_at > AGAIN

    wanted = [period for period in periods if due(period)]
    newest = next((p for p in periods if p.start in known and known[p.start].status.known), None)
    if noted and newest is not None and newest not in wanted:
        wanted.insert(0, newest)
    return wanted


def _note(
    workspace: Workspace, vendor: str, period: FiscalPeriod, status: FileStatus, now: datetime, detail: str
) -> None:
    file = ReportFile(vendor, Dataset.FINANCE, ReportSpan.FISCAL, period.start, status, now, detail)
    workspace.store.call(lambda store: store.reports.note(file))
