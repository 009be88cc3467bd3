"""Sales and subscription reports: the newest days again, missing days, longer files for what is older."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from ascinbox.core.errors import (
    AscinboxError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unavailable,
    UnexpectedAnswer,
)
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.metrics.report_coverage import Grain, span_of
from ascinbox.core.metrics.report_files import FileChange, FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import SALES, SALES_REPORTS, SUBSCRIPTION, Dataset, SalesReport
from ascinbox.core.records import Account
from ascinbox.workers.health.unreadable import Readings, noted_parts
from ascinbox.workers.metrics.allowance import Allowance, goes_on_at
from ascinbox.workers.metrics.reports.common import (
    DatasetProgress,
    FetchTally,
    in_chunks,
    is_gone,
    is_silent,
    is_vendor_refusal,
    newest_day,
    says_no_sales,
    status_of,
    wanted_version,
)
from ascinbox.workers.metrics.reports.source import ReportSource

if TYPE_CHECKING:
    from ascinbox.sources.apple.download import Download
    from ascinbox.workers.runtime.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

PATH = "/v1/salesReports"
KEPT_DAYS = 365
"""How long Apple keeps daily, weekly and monthly files (App Store Connect Help)."""
KEPT_YEARS = 10
OUT_AFTER = {Grain.WEEK: timedelta(days=1), Grain.MONTH: timedelta(days=5), Grain.YEAR: timedelta(days=6)}
"""After the end of its span a longer file is out (App Store Connect Help)."""
REVISED_DAYS = 2
"""The newest days may be revised and are asked for with each sync."""
SNAPSHOT_AGAIN = timedelta(hours=6)
FIRST_TRY_AGAIN = timedelta(hours=12)
"""A report that stayed unpublished for long is asked for this often at most; an older one less often the
older it is."""
MOST_STILL_BROKEN = 4
"""Broken files are asked for again with each sync, until so many of a data set still are in that run; the
others then wait as long as unpublished ones."""
MOST_BROKEN = 16
"""After so many broken files of a data set, and none that could be read, a run asks for no more of it."""
MOST_UNAVAILABLE = 3
"""So many reports in a run may fail at Apple's end, each on its own, before the run gives up."""

Want = tuple[SalesReport, ReportSpan, date]


def fetch_sales(workspace: Workspace, account: Account, *, full: bool = False) -> DatasetResult:
    """Fetches sales, subscription and subscription event reports of the account's vendor number.

    The newest days come first. Where a run has too few requests for all older days, months and weeks of sales
    come before them: they give the same sums with few requests. What is left comes with later runs.
    One kind's refusal leaves the others be; without network all of them wait.
    """
    tally = FetchTally()
    if account.vendor is None:
        tally.add(trouble="No vendor number: it is in Payments and Financial Reports.")
        return tally.result()
    fetcher = _Fetcher(workspace, account, account.vendor, tally)
    newest = newest_day(workspace.clock.now())
    plans = _plans(fetcher, newest, full=full)
    progress = DatasetProgress(workspace, account, "sales", sum(len(plan.wanted) for plan in plans))
    for plan in plans:
        if plan.left:
            tally.postpone(goes_on_at(workspace.clock.now()), fresh=True)
        try:
            whole = in_chunks(workspace, plan.wanted, lambda want: fetcher.fetch(*want), progress)
            if plan.report is SALES and whole:
                whole = fetcher.years(newest, lambda: progress.step(), full=full)
        except RateLimited as error:
            tally.postpone(error.retry_at, fresh=False)
            break
        except AscinboxError as error:
            tally.add(trouble=error.title if not error.detail else f"{error.title} {error.detail}")
            fetcher.note_refusal(plan.report, newest, error)
            wrong_vendor = isinstance(error, Rejected) and is_vendor_refusal(error)
            if wrong_vendor or not isinstance(error, Forbidden | Rejected | NotFound):
                break
        else:
            if not whole:
                tally.add(trouble="Stopped; the next sync goes on from here.")
                break
    fetcher.close()
    progress.finish()
    return tally.result()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked for of one kind of report, in this order."""

    report: SalesReport
    wanted: list[Want]
    left: int
    """Older days, weeks and months that later runs fetch."""


def _plans(fetcher: _Fetcher, newest: date, *, full: bool) -> list[_Plan]:
    allowed = Allowance("sales", fetcher.hour_limit).left
    plans = []
    for number, report in enumerate(SALES_REPORTS):
        days = fetcher.missing(report, newest, full=full)
        first = [day for day in days if (newest - day).days < REVISED_DAYS]
        again, older = fetcher.known_before(report, days[len(first) :])
        longer: list[Want] = []
        left = 0
        if report is SALES:
            coming = {*first, *again}
            fits = len(older) * len(SALES_REPORTS) <= allowed
            longer = fetcher.older(newest, coming | set(older) if fits else coming, full=full)
            left = max(0, len(longer) - allowed)
            longer = longer[:allowed]
            allowed -= len(longer)
        now = older[: allowed // (len(SALES_REPORTS) - number)]
        allowed -= len(now)
        in_order = sorted((*again, *now), reverse=True)
        wanted: list[Want] = [(report, ReportSpan.DAY, day) for day in first]
        wanted += longer
        wanted += [(report, ReportSpan.DAY, day) for day in in_order]
        plans.append(_Plan(report, wanted, left + len(older) - len(now)))
    return plans


class _Fetcher:
    """One account's way to its sales reports. Used by several threads."""

    def __init__(self, workspace: Workspace, account: Account, vendor: str, tally: FetchTally) -> None:
        self._workspace = workspace
        self._account = account
        self._vendor = vendor
        self._tally = tally
        self._source = ReportSource(workspace, account, "sales")
        self._unavailable = 0
        self._readings = Readings(account, Capability.SALES)
        self._noted = workspace.store.call(noted_parts, account.id, Capability.SALES)
        self._early: set[Want] = set()
        """Broken files whose time to be asked for has not come."""
        self._still_broken: dict[Dataset, int] = {}
        self._versions = workspace.store.call(lambda store: store.reports.versions())

    def missing(self, report: SalesReport, newest: date, *, full: bool) -> list[date]:
        """The days to ask for, newest first."""
        count = int(self._workspace.config.get("sync", "report_days"))
        oldest = newest - timedelta(days=count - 1)
        known = self._workspace.store.call(
            lambda store: store.report_files.files(
                self._vendor, report.dataset, ReportSpan.DAY, oldest, newest
            )
        )
        days = [newest - timedelta(days=n) for n in range(count)]
        return [day for day in days if full or self._is_due(report, day, newest, known.get(day))]

    @property
    def hour_limit(self) -> int | None:
        """Requests that the key has in an hour, as far as Apple has told."""
        return self._source.hour_limit

    def known_before(self, report: SalesReport, days: list[date]) -> tuple[list[date], list[date]]:
        """The days of which something is known, to be asked for again, and those that are history."""
        if not days:
            return [], []
        known = self._workspace.store.call(
            lambda store: store.report_files.files(
                self._vendor, report.dataset, ReportSpan.DAY, min(days), max(days)
            )
        )
        open_again = (FileStatus.REFUSED, FileStatus.BROKEN)
        told = {day for day, file in known.items() if file.status not in open_again}
        return [day for day in days if day in told], [day for day in days if day not in told]

    def older(self, newest: date, coming: Set[date], *, full: bool) -> list[Want]:
        """Months and weeks that Apple still has and that tell a day which no daily file tells after this run.

        `coming` are the days that this run asks for.
        """
        today = newest + timedelta(days=1)
        oldest_kept = today - timedelta(days=KEPT_DAYS)
        lost = self._untold(newest, coming)
        wanted: list[Want] = []
        for grain in (Grain.MONTH, Grain.WEEK):
            spans = {span_of(grain, oldest_kept + timedelta(days=n)) for n in range(KEPT_DAYS)}
            known = self._longer(grain, min(days.start for days in spans), newest)
            for days in sorted(spans, key=lambda days: days.start, reverse=True):
                out = oldest_kept <= days.end < today - OUT_AFTER[grain]
                file = known.get(days.start)
                if out and any(map(lost, days)) and self._is_open(SALES, file, days.end, newest, full=full):
                    wanted.append((SALES, ReportSpan[grain.name], days.start))
        return wanted

    def years(self, newest: date, step: Callable[[], object], *, full: bool) -> bool:
        """Asks for past years, newest first, until one without sales: before it there was nothing to sell.

        False when told to stop.
        """
        lost = self._lost(newest)
        first = date(newest.year - KEPT_YEARS, 1, 1)
        for back in range(1, KEPT_YEARS + 1):
            if self._workspace.stop.is_set():
                return False
            year = span_of(Grain.YEAR, date(newest.year - back, 1, 1))
            known = self._longer(Grain.YEAR, first, newest)
            out = year.end < newest + timedelta(days=1) - OUT_AFTER[Grain.YEAR]
            if not out or not any(map(lost, year)):
                continue
            if self._is_open(SALES, known.get(year.start), year.end, newest, full=full):
                self.fetch(SALES, ReportSpan.YEAR, year.start)
                step()
                known = self._longer(Grain.YEAR, first, newest)
            told = known.get(year.start)
            if told is not None and told.status in (FileStatus.EMPTY, FileStatus.GONE):
                break
        return True

    def _lost(self, newest: date) -> Callable[[date], bool]:
        """Tells the days that neither have a daily file nor will get one."""
        count = int(self._workspace.config.get("sync", "report_days"))
        oldest = newest - timedelta(days=count - 1)
        first = date(newest.year - KEPT_YEARS, 1, 1)
        known = self._workspace.store.call(
            lambda store: store.report_files.files(self._vendor, Dataset.SALES, ReportSpan.DAY, first, newest)
        )
        told = {day for day, file in known.items() if file.status.known}
        gone = {day for day, file in known.items() if file.status is FileStatus.GONE}
        return lambda day: day not in told and (day < oldest or day in gone)

    def _untold(self, newest: date, coming: Set[date]) -> Callable[[date], bool]:
        """Tells the days that have no daily file and get none in this run."""
        lost = self._lost(newest)
        oldest = newest - timedelta(days=KEPT_DAYS)
        known = self._workspace.store.call(
            lambda store: store.report_files.known_days(
                self._vendor, Dataset.SALES, ReportSpan.DAY, oldest, newest
            )
        )
        waiting = {
            day
            for n in range(int(self._workspace.config.get("sync", "report_days")))
            if (day := newest - timedelta(days=n)) not in known and day not in coming
        }
        return lambda day: day in waiting or lost(day)

    def _longer(self, grain: Grain, first: date, last: date) -> dict[date, ReportFile]:
        span = ReportSpan[grain.name]
        return self._workspace.store.call(
            lambda store: store.report_files.files(self._vendor, Dataset.SALES, span, first, last)
        )

    def _is_open(
        self, report: SalesReport, file: ReportFile | None, end: date, newest: date, *, full: bool = False
    ) -> bool:
        """Whether it is time to ask for a report that is not one of the newest days'.

        One that could not be read is asked for again at once: with a `full` sync every one, else as long as
        some of them can be read now.
        """
        if file is None:
            return True
        if file.status.known or file.status is FileStatus.GONE:
            return False
        age = self._workspace.clock.now() - file.fetched_at
        its_time = age > max(FIRST_TRY_AGAIN, (newest - end) / 4)
        if file.status is not FileStatus.BROKEN:
            return its_time
        if not (full or its_time):
            self._early.add((report, file.span, file.day))
        return True

    def _is_due(self, report: SalesReport, day: date, newest: date, file: ReportFile | None) -> bool:
        if file is None or file.status is FileStatus.REFUSED:
            return True
        if (newest - day).days < REVISED_DAYS:
            at_once = report is SALES or file.status is FileStatus.BROKEN or report.dataset in self._noted
            return at_once or self._workspace.clock.now() - file.fetched_at > SNAPSHOT_AGAIN
        return self._is_open(report, file, day, newest)

    def fetch(self, report: SalesReport, span: ReportSpan, day: date) -> None:
        """Asks for one report and stores it, or what Apple said instead."""
        if self._is_hopeless(report, span, day):
            return
        now = self._workspace.clock.now()
        try:
            content = self._download(report, span, day)
        except NotFound as error:
            if is_silent(error):
                raise
            self._readings.answered(report.dataset)
            status = FileStatus.WAITING
            if is_gone(error):
                status = FileStatus.GONE
            elif says_no_sales(error):
                status = FileStatus.EMPTY
                self._readings.read(report.dataset)
            self._note(report, span, day, status, now, error.detail)
            return
        except Rejected as error:
            if report is SALES or not is_vendor_refusal(error):
                raise
            # Subscription reports call the vendor number invalid on days without subscriptions.
            self._readings.read(report.dataset)
            self._note(report, span, day, FileStatus.EMPTY, now, "no subscriptions")
            return
        except UnexpectedAnswer as error:
            self._spoiled(report, span, day, now, error)
            return
        except Unavailable as error:
            # Apple fails on single reports for hours; the gap is told and the other days go on.
            self._unavailable += 1
            self._note(report, span, day, FileStatus.WAITING, now, error.title)
            self._tally.add(trouble=error.title)
            if self._unavailable > MOST_UNAVAILABLE:
                raise
            return
        file = ReportFile(self._vendor, report.dataset, span, day, FileStatus.STORED, now)
        try:
            with content as table:
                self._store(report, file, table)
        except UnexpectedAnswer as error:
            self._spoiled(report, span, day, now, error)

    def _is_hopeless(self, report: SalesReport, span: ReportSpan, day: date) -> bool:
        """Whether so many files of the data set were broken in this run that one more proves nothing."""
        broken = self._still_broken.get(report.dataset, 0)
        none_read = broken >= MOST_BROKEN and not self._readings.has_read(report.dataset)
        return none_read or (broken >= MOST_STILL_BROKEN and (report, span, day) in self._early)

    def _download(self, report: SalesReport, span: ReportSpan, day: date) -> Download:
        version = self._versions.get(report.dataset, report.version)
        try:
            return self._ask(report, span, day, version)
        except Rejected as error:
            named = wanted_version(error)
            if named is None or named == version:
                raise
            self._versions[report.dataset] = named
            self._workspace.store.call(lambda store: store.reports.set_version(report.dataset, named))
            return self._ask(report, span, day, named)

    def _ask(self, report: SalesReport, span: ReportSpan, day: date, version: str | None) -> Download:
        self._tally.add(requests=1)
        frequency, text = {
            ReportSpan.DAY: ("DAILY", day.isoformat()),
            ReportSpan.YEAR: ("YEARLY", f"{day:%Y}"),
            ReportSpan.MONTH: ("MONTHLY", f"{day:%Y-%m}"),
            ReportSpan.WEEK: ("WEEKLY", (day + timedelta(days=6)).isoformat()),
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
        from ascinbox.sources.apple.reporter import SalesAsk

        named = day + timedelta(days=6) if span is ReportSpan.WEEK else day
        ask = SalesAsk(self._vendor, report.report_type, frequency, named, version)
        return self._source.download(PATH, params, lambda reporter: reporter.sales_report(ask))

    def close(self) -> None:
        """Closes what was opened for this run alone, and lets Health know what could be read."""
        self._source.close()
        self._workspace.store.call(self._readings.save, self._workspace.clock.now())

    def _store(self, report: SalesReport, file: ReportFile, table: BinaryIO) -> None:
        from ascinbox.sources.apple.reports import parse_sales, parse_subscription_events, parse_subscriptions

        store = self._workspace.store
        if report is SALES:
            sold = parse_sales(table)
            change = store.call(lambda s: s.reports.save_sales(file, sold))
        elif report is SUBSCRIPTION:
            state = parse_subscriptions(table, file.day)
            change = store.call(lambda s: s.reports.save_subscriptions(file, state))
        else:
            events = parse_subscription_events(table)
            change = store.call(lambda s: s.reports.save_subscription_events(file, events))
        self._readings.read(report.dataset)
        self._tally.add(new=int(change is FileChange.NEW), changed=int(change is FileChange.CHANGED))

    def _spoiled(
        self, report: SalesReport, span: ReportSpan, day: date, now: datetime, error: UnexpectedAnswer
    ) -> None:
        self._note(report, span, day, FileStatus.BROKEN, now, error.title)
        self._still_broken[report.dataset] = self._still_broken.get(report.dataset, 0) + 1
        files = self._workspace.store.call(
            lambda store: store.report_files.files(self._vendor, report.dataset, span, day, day)
        )
        if files[day].status is not FileStatus.BROKEN:
            # An earlier edition of it stays.
            self._readings.unreadable(report.dataset, f"{day}: {error.title}")
        self._tally.add(trouble=f"{day}: {error.title}")

    def _note(
        self, report: SalesReport, span: ReportSpan, day: date, status: FileStatus, now: datetime, detail: str
    ) -> None:
        file = ReportFile(self._vendor, report.dataset, span, day, status, now, detail)
        self._workspace.store.call(lambda store: store.reports.note(file))

    def note_refusal(self, report: SalesReport, newest: date, error: AscinboxError) -> None:
        """Remembers why the data set stopped: at the newest day, unless its figures are there, and in Health
        where Apple refused it."""
        status = status_of(error)
        self._note(report, ReportSpan.DAY, newest, status, self._workspace.clock.now(), error.title)
        if status is FileStatus.REFUSED:
            self._readings.refused(report.dataset, f"{error.title} {error.detail}".strip())
