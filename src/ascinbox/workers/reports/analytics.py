"""Analytics reports: find or make the request, then take every instance that was not taken yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ascinbox.core.capabilities import Capability
from ascinbox.core.dates import parse_day
from ascinbox.core.errors import (
    AppleUnavailable,
    AscinboxError,
    Forbidden,
    NotFound,
    Rejected,
    UnexpectedAnswer,
)
from ascinbox.core.facts import AnalyticsFact
from ascinbox.core.records import Account, App, Page
from ascinbox.core.reports import ANALYTICS_REPORTS, AnalyticsReport, Dataset
from ascinbox.store.reportfiles import FileStatus, ReportFile, Span
from ascinbox.workers.reports.common import Progress, Tally, apps_served, in_chunks
from ascinbox.workers.unreadable import note_unreadable

if TYPE_CHECKING:
    from ascinbox.apple.client import AppStoreConnect
    from ascinbox.apple.download import Download
    from ascinbox.workers.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

AGAIN = timedelta(hours=6)
"""Instances come once a day: an app that was looked through is left alone for so long."""
ONGOING, SNAPSHOT = "ONGOING", "ONE_TIME_SNAPSHOT"
EVERYTHING = 200
LOOKED = "looked"
STALLED = "An Admin key must make the analytics request once; Sales or Finance may then download."
WAITING = "Requested; Apple's first report usually comes after 24 to 48 hours."


@dataclass(frozen=True, slots=True)
class _Instance:
    report: AnalyticsReport
    id: str
    processed: date
    ongoing: bool

    def scope(self, app_id: str) -> str:
        """Where it is remembered that this instance was taken."""
        return f"{app_id}:{self.report.name}:{'ongoing' if self.ongoing else 'snapshot'}"


def fetch_analytics(workspace: Workspace, account: Account, *, full: bool = False) -> DatasetResult:
    """Fetches what is new for each app of the account; one app's trouble leaves the others be."""
    tally = Tally()
    apps = [app for app in apps_served(workspace, account, "analytics") if full or _is_due(workspace, app.id)]
    progress = Progress(workspace, account, "analytics", len(apps))
    waiting: list[str] = []

    def fetch(app: App) -> None:
        try:
            looking = _App(workspace, workspace.client_for(account, "analytics", app.id), app, tally)
            if not looking.fetch():
                waiting.append(app.name)
            _note_unreadable(workspace, account, app, looking.unreadable)
            if looking.is_whole:
                _remember(workspace, app.id, Span.DAY, _today(workspace), LOOKED)
        except Forbidden as error:
            making = error.request.startswith("POST")
            if making:
                workspace.health.note_creation_refused(account)
            tally.add(trouble=STALLED if making else f"{app.name}: {error.title}")
        except AscinboxError as error:
            if isinstance(error, UnexpectedAnswer):
                _note_unreadable(workspace, account, app, error.title)
            tally.add(trouble=f"{app.name}: {error.title}")

    if not in_chunks(workspace, apps, fetch, progress):
        tally.add(trouble="Stopped; the next sync goes on from here.")
    progress.finish()
    return tally.result(WAITING if waiting else "")


class _App:
    """One app's requests, reports and instances."""

    def __init__(self, workspace: Workspace, client: AppStoreConnect, app: App, tally: Tally) -> None:
        self._workspace = workspace
        self._client = client
        self._app = app
        self._tally = tally
        self.is_whole = True
        """False once an instance could not be taken: the next sync looks again."""
        self.unreadable = ""
        """Why an instance could not be read; "" while all could."""

    def fetch(self) -> bool:
        """Takes all new instances; False while Apple has made none yet."""
        requests = self._requests()
        found = [instance for request in requests for instance in self._instances(request)]
        for instance in sorted(found, key=lambda i: (i.processed, i.ongoing)):
            if self._workspace.stop.is_set():
                return True
            self._take(instance)
        return bool(found)

    def _requests(self) -> list[dict[str, Any]]:
        """The app's living requests; a missing one is made, which needs an Admin key."""
        path = f"/v1/apps/{_quoted(self._app.id)}/analyticsReportRequests"
        found = list(self._list(path, {}))
        kinds = {r["attributes"].get("accessType") for r in found if not _stopped(r)}
        for kind in (ONGOING, SNAPSHOT):
            if kind not in kinds:
                made = self._make(kind, needed=kind == ONGOING)
                found += [made] if made else []
        return [request for request in found if not _stopped(request)]

    def _make(self, kind: str, *, needed: bool) -> dict[str, Any] | None:
        self._tally.add(requests=1)
        linked = {"app": {"data": {"type": "apps", "id": self._app.id}}}
        data = {
            "type": "analyticsReportRequests",
            "attributes": {"accessType": kind},
            "relationships": linked,
        }
        try:
            made: dict[str, Any] = self._client.post(
                "/v1/analyticsReportRequests", {"data": data}, urgent=False, patient=True
            )["data"]
        except Rejected:
            # Somebody else made it meanwhile, or this month's snapshot is used up: the next look finds it.
            return None
        except Forbidden:
            if needed:
                raise
            return None
        return made

    def _instances(self, request: dict[str, Any]) -> Iterator[_Instance]:
        ongoing = request["attributes"].get("accessType") == ONGOING
        known = {report.name.casefold(): report for report in ANALYTICS_REPORTS}
        path = f"/v1/analyticsReportRequests/{_quoted(request['id'])}/reports"
        for entry in self._list(path, {}):
            report = known.get(str(entry["attributes"].get("name", "")).casefold())
            if report is None:
                continue
            below = f"/v1/analyticsReports/{_quoted(entry['id'])}/instances"
            for found in self._list(below, {"filter[granularity]": "DAILY"}):
                processed = parse_day(found["attributes"].get("processingDate"))
                if processed is not None:
                    instance = _Instance(report, str(found["id"]), processed, ongoing)
                    if not self._taken(instance):
                        yield instance

    def _taken(self, instance: _Instance) -> bool:
        scope, day = instance.scope(self._app.id), instance.processed
        known = self._workspace.store.call(
            lambda store: store.facts.files(scope, Dataset.ANALYTICS, Span.DAY, day, day)
        )
        return day in known and known[day].status is FileStatus.STORED

    def _take(self, instance: _Instance) -> None:
        """All segments, or nothing: a part of an instance would replace a whole one."""
        from ascinbox.apple.errors import LinkRefused

        try:
            facts = self._facts(instance)
        except (UnexpectedAnswer, AppleUnavailable, LinkRefused, NotFound) as error:
            self.is_whole = False
            self._tally.add(trouble=f"{self._app.name}, {instance.report.name}: {error.title}")
            if isinstance(error, UnexpectedAnswer):
                self.unreadable = f"{instance.report.name}: {error.title}"
            return
        if facts is None:
            return
        won = self._workspace.store.call(
            lambda store: store.facts.save_analytics(
                self._app.id, instance.report, instance.processed, facts, ongoing=instance.ongoing
            )
        )
        _remember(self._workspace, instance.scope(self._app.id), Span.DAY, instance.processed, f"{won} days")
        self._tally.add(new=1)

    def _facts(self, instance: _Instance) -> list[AnalyticsFact] | None:
        from ascinbox.apple.reports import parse_analytics

        path = f"/v1/analyticsReportInstances/{_quoted(instance.id)}/segments"
        facts: list[AnalyticsFact] = []
        segments = list(self._list(path, {}))
        for number, listed in enumerate(segments):
            download = self._download(path, number, listed["attributes"])
            with download as table:
                told = str(listed["attributes"].get("checksum") or "").lower()
                if len(told) == 32 and told not in download.checksums:
                    raise UnexpectedAnswer("A report segment does not match its checksum.")
                facts += parse_analytics(table, instance.report)
        # An instance without segments is one that Apple is still writing.
        return facts if segments else None

    def _download(self, path: str, number: int, attributes: dict[str, Any]) -> Download:
        from ascinbox.apple.errors import LinkRefused

        limit = self._workspace.config.seconds("network", "report_deadline_seconds")
        try:
            self._tally.add(requests=1)
            with self._workspace.clients.turn():
                return self._client.download_link(str(attributes.get("url") or ""), deadline_s=limit)
        except LinkRefused:
            fresh = list(self._list(path, {}))
            if number >= len(fresh):
                raise
            self._tally.add(requests=1)
            return self._client.download_link(
                str(fresh[number]["attributes"].get("url") or ""), deadline_s=limit
            )

    def _list(self, path: str, params: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Every resource of a list, page by page; entries without id or attributes are left out.

        Raises UnexpectedAnswer for a list that ends early: what it did not show would be taken for missing.
        """
        from ascinbox.apple.paging import next_query, total_of, walk

        def fetch(query: str | None) -> Page[dict[str, Any]]:
            self._tally.add(requests=1)
            asked: dict[str, str | int] = {**params, "limit": EVERYTHING}
            with self._workspace.clients.turn():
                document = self._client.get(path, asked, query=query, patient=True)
            listed = document.get("data")
            entries = tuple(
                entry
                for entry in (listed if isinstance(listed, list) else ())
                if isinstance(entry, dict) and entry.get("id") and isinstance(entry.get("attributes"), dict)
            )
            unread = len(listed) - len(entries) if isinstance(listed, list) else 0
            left_out = (("", "it has no id or no attributes"),) * unread
            return Page(entries, next_query(document), total_of(document), left_out)

        for page in walk(fetch, identity=lambda entry: str(entry["id"])):
            yield from page.items


def _note_unreadable(workspace: Workspace, account: Account, app: App, why: str) -> None:
    told = f"{app.name}, {why}" if why else ""
    now = workspace.clock.now()
    workspace.store.call(note_unreadable, account, Capability.ANALYTICS, told, now, app.id)


def _quoted(resource_id: object) -> str:
    from ascinbox.apple.origin import segment

    return segment(str(resource_id))


def _stopped(request: dict[str, Any]) -> bool:
    return bool(request["attributes"].get("stoppedDueToInactivity"))


def _today(workspace: Workspace) -> date:
    return workspace.clock.now().date()


def _is_due(workspace: Workspace, app_id: str) -> bool:
    today = _today(workspace)
    known = workspace.store.call(
        lambda store: store.facts.files(app_id, Dataset.ANALYTICS, Span.DAY, today - timedelta(days=1), today)
    )
    now = workspace.clock.now()
    return all(now - file.fetched_at > AGAIN for file in known.values())


def _remember(workspace: Workspace, scope: str, span: Span, day: date, detail: str) -> None:
    now = workspace.clock.now()
    file = ReportFile(scope, Dataset.ANALYTICS, span, day, FileStatus.STORED, now, detail)
    workspace.store.call(lambda store: store.facts.note(file))
