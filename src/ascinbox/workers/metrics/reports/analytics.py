"""Analytics reports: find or make the request, then take every instance that was not taken yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ascinbox.core.dates import parse_day
from ascinbox.core.errors import (
    AscinboxError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    SourceError,
    Unavailable,
    UnexpectedAnswer,
)
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.metrics.facts import AnalyticsFact
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import ANALYTICS_REPORTS, AnalyticsReport, Dataset
from ascinbox.core.records import Account, App, Page
from ascinbox.sources.apple.source import apple_client
from ascinbox.workers.health.unreadable import note_refused, note_unreadable, noted_parts
from ascinbox.workers.metrics.allowance import Allowance, goes_on_at
from ascinbox.workers.metrics.reports.common import (
    DatasetProgress,
    FetchTally,
    apps_served,
    in_chunks,
    is_about_role,
    words_of,
)

if TYPE_CHECKING:
    from ascinbox.sources.apple.client import AppleClient
    from ascinbox.sources.apple.download import Download
    from ascinbox.workers.runtime.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

AGAIN = timedelta(hours=6)
"""Instances come once a day: an app that was looked through is left alone for so long."""
ONGOING, SNAPSHOT = "ONGOING", "ONE_TIME_SNAPSHOT"
EVERYTHING = 200
LOOKED = "looked"
INSTANCE_COST = 3
"""Requests that an instance takes: its list of segments, and mostly two of them."""
REFUSED = "An Admin key must make the analytics request once; Sales or Finance may then download."
STOPPED = (
    "Apple stopped the analytics reports because nobody downloaded them; an Admin key must delete the "
    "request and make it anew."
)
GHOST = "Apple says that an analytics request exists already, but lists none; an Admin has to ask Apple."
WAITING = "Requested; Apple's first report usually comes after 24 to 48 hours."
WAITING_AGAIN = "Requested anew; Apple's next report usually comes after 24 to 48 hours."


@dataclass(frozen=True, slots=True)
class _Instance:
    report: AnalyticsReport
    id: str
    processed: date
    ongoing: bool

    def scope(self, app_id: str) -> str:
        """Where it is remembered that this instance was taken: a day may get a second one later."""
        return f"{app_id}:{self.report.name}:{'ongoing' if self.ongoing else 'snapshot'}:{self.id}"


@dataclass(slots=True)
class _Found:
    """What Apple lists for an app."""

    listed: int = 0
    """Instances, taken or not."""
    left: int = 0
    """New ones that later runs take."""


def fetch_analytics(workspace: Workspace, account: Account, *, full: bool = False) -> DatasetResult:
    """Fetches what is new for each app of the account; one app's trouble leaves the others be.

    Of each report the newest instance comes first; older ones as far as a run may ask for, the rest later.
    """
    tally = FetchTally()
    noted = workspace.store.call(noted_parts, account.id, Capability.ANALYTICS)
    apps = [
        app
        for app in apps_served(workspace, account, "analytics")
        if full or app.id in noted or _is_due(workspace, app.id)
    ]
    history = Allowance("analytics", _hour_limit(workspace, account, apps))
    progress = DatasetProgress(workspace, account, "analytics", len(apps))
    notes: set[str] = set()

    def fetch(app: App) -> None:
        reader: _App | None = None
        try:
            client = apple_client(workspace.client_for(account, "analytics", app.id))
            reader = _App(workspace, client, app, tally, history)
            found = reader.fetch()
            if not found.listed:
                notes.add(WAITING_AGAIN if _has_figures(workspace, app.id) else WAITING)
            _note_unread(workspace, account, app, reader.unreadable, reader.refused)
            if found.left:
                tally.postpone(goes_on_at(workspace.clock.now()), fresh=True)
            elif reader.is_whole:
                _remember(workspace, app.id, ReportSpan.DAY, _today(workspace), LOOKED)
        except RateLimited as error:
            tally.postpone(error.retry_at, fresh=False)
        except Forbidden as error:
            making = error.request.startswith(("POST", "DELETE")) and is_about_role(error)
            if making:
                workspace.health.note_creation_refused(account)
            else:
                _note_unread(workspace, account, app, refused=f"{error.title} {error.detail}".strip())
            told = STOPPED if reader is not None and reader.stopped else REFUSED
            tally.add(trouble=told if making else f"{app.name}: {error.title}")
        except _Ghost:
            workspace.health.note_creation_conflict(account)
            tally.add(trouble=f"{app.name}: {GHOST}")
        except AscinboxError as error:
            if isinstance(error, UnexpectedAnswer):
                _note_unread(workspace, account, app, error.title)
            elif isinstance(error, SourceError) and not isinstance(error, Unavailable):
                _note_unread(workspace, account, app, refused=f"{error.title} {error.detail}".strip())
            tally.add(trouble=f"{app.name}: {error.title}")

    if not in_chunks(workspace, apps, fetch, progress):
        tally.add(trouble="Stopped; the next sync goes on from here.")
    progress.finish()
    return tally.result(" ".join(sorted(notes)))


def _hour_limit(workspace: Workspace, account: Account, apps: Sequence[App]) -> int | None:
    """Requests that the key of the first app has in an hour, as far as Apple has told."""
    try:
        return apple_client(workspace.client_for(account, "analytics", apps[0].id)).budget.budget.hour_limit
    except (AscinboxError, IndexError):
        return None


class _Ghost(Exception):
    """Apple refuses to make a request because there is one, and lists none."""


class _App:
    """One app's requests, reports and instances."""

    def __init__(
        self, workspace: Workspace, client: AppleClient, app: App, tally: FetchTally, history: Allowance
    ) -> None:
        self._workspace = workspace
        self._client = client
        self._app = app
        self._tally = tally
        self.is_whole = True
        """False once an instance could not be taken: the next sync looks again."""
        self.unreadable = ""
        """Why an instance could not be read; "" while all could."""
        self.refused = ""
        """Why Apple did not give one that it lists; "" while it gave all."""
        self._history = history
        self.stopped = False
        """Whether Apple has stopped the app's ongoing request."""

    def fetch(self) -> _Found:
        """Takes new instances, the newest first; a snapshot is history."""
        requests = self._requests()
        listed = [instance for request in requests for instance in self._instances(request)]
        found = _Found(len(listed))
        seen: set[str] = set()
        for instance in sorted(listed, key=lambda i: (i.processed, i.ongoing), reverse=True):
            if self._workspace.stop.is_set():
                break
            newest = instance.ongoing and instance.report.name not in seen
            if instance.ongoing:
                seen.add(instance.report.name)
            if self._taken(instance):
                continue
            if newest or self._history.take(INSTANCE_COST):
                self._take(instance)
            else:
                found.left += 1
        return found

    def _requests(self) -> list[dict[str, Any]]:
        """The app's living requests; a missing or stopped one is made anew, which needs an Admin key."""
        found = self._listed_requests()
        for kind in (ONGOING, SNAPSHOT):
            if not any(_is_alive(request, kind) for request in found):
                found = self._make(kind, found)
        return [request for request in found if not _stopped(request)]

    def _listed_requests(self) -> list[dict[str, Any]]:
        return list(self._list(f"/v1/apps/{_quoted(self._app.id)}/analyticsReportRequests", {}))

    def _make(self, kind: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """All requests after one of this kind was made. A stopped one is in its way: it is deleted first.

        What cannot be made of the snapshot is no trouble: the ongoing request tells the days to come.
        """
        dead = [request for request in found if _is_of(request, kind)]
        self.stopped = self.stopped or (kind == ONGOING and bool(dead))
        try:
            try:
                return [*found, self._post(kind)]
            except Rejected as error:
                if not _exists_already(error):
                    raise
            for request in dead:
                self._tally.add(requests=1)
                with suppress(NotFound):
                    self._client.delete(f"/v1/analyticsReportRequests/{_quoted(request['id'])}", urgent=False)
            if dead:
                return [*(request for request in found if request not in dead), self._post(kind)]
            # Somebody else made it meanwhile: then it is listed now.
            again = self._listed_requests()
            if kind == ONGOING and not any(_is_of(request, kind) for request in again):
                raise _Ghost
            return again
        except (Rejected, Forbidden):
            if kind == ONGOING:
                raise
            return found

    def _post(self, kind: str) -> dict[str, Any]:
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
        except UnexpectedAnswer:
            # Taken, and answered without a document, perhaps: Apple's list knows.
            listed = (request for request in self._listed_requests() if _is_alive(request, kind))
            if (found := next(listed, None)) is None:
                raise
            return found
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
                    yield _Instance(report, str(found["id"]), processed, ongoing)

    def _taken(self, instance: _Instance) -> bool:
        scope, day = instance.scope(self._app.id), instance.processed
        known = self._workspace.store.call(
            lambda store: store.report_files.files(scope, Dataset.ANALYTICS, ReportSpan.DAY, day, day)
        )
        return day in known and known[day].status is FileStatus.STORED

    def _take(self, instance: _Instance) -> None:
        """All segments, or nothing: a part of an instance would replace a whole one."""
        from ascinbox.sources.apple.errors import LinkRefused

        try:
            facts = self._facts(instance)
        except (UnexpectedAnswer, Unavailable, LinkRefused, NotFound) as error:
            self.is_whole = False
            self._tally.add(trouble=f"{self._app.name}, {instance.report.name}: {error.title}")
            if isinstance(error, UnexpectedAnswer):
                self.unreadable = f"{instance.report.name}: {error.title}"
            elif not isinstance(error, Unavailable):
                self.refused = f"{instance.report.name}: {error.title}"
            return
        if facts is None:
            return
        won = self._workspace.store.call(
            lambda store: store.reports.save_analytics(
                self._app.id, instance.report, instance.processed, facts, ongoing=instance.ongoing
            )
        )
        _remember(
            self._workspace, instance.scope(self._app.id), ReportSpan.DAY, instance.processed, f"{won} days"
        )
        self._tally.add(new=1)

    def _facts(self, instance: _Instance) -> list[AnalyticsFact] | None:
        from ascinbox.sources.apple.reports import parse_analytics

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
        from ascinbox.sources.apple.errors import LinkRefused

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
        from ascinbox.sources.apple.paging import next_query, total_of
        from ascinbox.sources.paging import walk

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


def _note_unread(
    workspace: Workspace, account: Account, app: App, unreadable: str = "", refused: str = ""
) -> None:
    """Lets Health know what of the app could not be read, and why Apple refused something; "" is nothing."""
    now = workspace.clock.now()
    for note, why in ((note_unreadable, unreadable), (note_refused, refused)):
        told = f"{app.name}, {why}" if why else ""
        workspace.store.call(note, account, Capability.ANALYTICS, told, now, app.id)


def _quoted(resource_id: object) -> str:
    from ascinbox.sources.http.origin import segment

    return segment(str(resource_id))


def _is_of(request: dict[str, Any], kind: str) -> bool:
    return bool(request["attributes"].get("accessType") == kind)


def _is_alive(request: dict[str, Any], kind: str) -> bool:
    return _is_of(request, kind) and not _stopped(request)


def _exists_already(error: Rejected) -> bool:
    """True for the 409 "You already have such an entity", which shares its code with other states."""
    return error.status == 409 and "already" in words_of(error).casefold()


def _has_figures(workspace: Workspace, app_id: str) -> bool:
    """Whether a report of the app was ever stored."""
    ever = (date.min, date.max)
    return workspace.store.call(
        lambda store: any(
            store.figures.analytics_days([app_id], report.name, ever) for report in ANALYTICS_REPORTS
        )
    )


def _stopped(request: dict[str, Any]) -> bool:
    return bool(request["attributes"].get("stoppedDueToInactivity"))


def _today(workspace: Workspace) -> date:
    return workspace.clock.now().date()


def _is_due(workspace: Workspace, app_id: str) -> bool:
    today = _today(workspace)
    known = workspace.store.call(
        lambda store: store.report_files.files(
            app_id, Dataset.ANALYTICS, ReportSpan.DAY, today - timedelta(days=1), today
        )
    )
    now = workspace.clock.now()
    return all(now - file.fetched_at > AGAIN for file in known.values())


def _remember(workspace: Workspace, scope: str, span: ReportSpan, day: date, detail: str) -> None:
    now = workspace.clock.now()
    file = ReportFile(scope, Dataset.ANALYTICS, span, day, FileStatus.STORED, now, detail)
    workspace.store.call(lambda store: store.reports.note(file))
