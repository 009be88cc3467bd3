"""The version of the app that each review is about: read from the lists of each version, newest first.

Only apps with reviews that lack a version are asked about. A refusal is no trouble: the reviews then have
none. What the hour's requests do not suffice for comes with later runs, which go on where this one stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, Forbidden, NotFound, RateLimited, Rejected
from ascinbox.core.events import ReviewsChanged
from ascinbox.core.health.observations import DataProblem
from ascinbox.core.health.verdicts import say_time
from ascinbox.core.records import Account, App, AppVersion, Page, Review
from ascinbox.sources.apple.source import apple_client
from ascinbox.workers.health.unreadable import named_apps, note_beside
from ascinbox.workers.metrics.reports.common import DatasetProgress, FetchTally, apps_served, in_chunks
from ascinbox.workers.runtime.results import VERSIONS

if TYPE_CHECKING:
    from ascinbox.sources.apple.client import AppleClient
    from ascinbox.store.cache.app_versions import VersionReading
    from ascinbox.store.store import Store
    from ascinbox.workers.runtime.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

AGAIN = timedelta(hours=20)
"""A key that may not read versions is asked again after this time."""
NEVER_ON_SALE = frozenset(
    (
        "PREPARE_FOR_SUBMISSION",
        "READY_FOR_REVIEW",
        "WAITING_FOR_REVIEW",
        "IN_REVIEW",
        "WAITING_FOR_EXPORT_COMPLIANCE",
        "PENDING_APPLE_RELEASE",
        "PENDING_DEVELOPER_RELEASE",
        "PROCESSING_FOR_DISTRIBUTION",
    )
)
"""`AppVersionState` of a version that no customer has yet, so that none wrote about it."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Stopped(Exception):
    """The program ends."""


def fetch_versions(workspace: Workspace, account: Account, *, full: bool = False) -> DatasetResult:
    """Looks for the version of every review of the account that lacks one; `full`: also of those that were
    looked for before. Raises CredentialError or VaultError when no key can be had."""
    tally = FetchTally()
    served = apps_served(workspace, account, "reviews")
    if full:
        for app in served:
            workspace.store.call(_forget, app.id)
    apps = [app for app in served if _is_due(workspace, app)]
    progress = DatasetProgress(workspace, account, VERSIONS, len(apps))
    whys = _refusals(workspace, account)

    def fetch(app: App) -> None:
        client = apple_client(workspace.client_for(account, "reviews", app.id))
        try:
            _VersionsOfApp(workspace, client, tally, app).read()
            workspace.store.call(note_beside, account, DataProblem.VERSIONS_REFUSED, app.id, "")
        except (NotFound, Forbidden, Rejected) as error:
            workspace.store.call(lambda store: store.app_versions.refuse(app.id))
            whys[app.id] = error.title
            workspace.store.call(note_beside, account, DataProblem.VERSIONS_REFUSED, app.id, error.title)

    try:
        if apps and not in_chunks(workspace, apps, fetch, progress):
            raise _Stopped
    except _Stopped:
        tally.add(trouble="Stopped; the next sync goes on from here.")
    except RateLimited as error:
        tally.postpone(error.retry_at, fresh=False)
    except AscinboxError as error:
        tally.add(trouble=error.title)
    if apps:
        progress.finish()
    return tally.result(_told(workspace, served, whys))


def _is_due(workspace: Workspace, app: App) -> bool:
    lacks = workspace.store.call(lambda store: store.app_versions.lacks(app.id))
    return lacks and _refused_until(workspace, app) is None


def _refused_until(workspace: Workspace, app: App) -> datetime | None:
    """Until when an app whose versions Apple refused, and that has reviews without one, is left alone."""
    lacks, refused_at = workspace.store.call(
        lambda store: (store.app_versions.lacks(app.id), store.app_versions.refused_at(app.id))
    )
    if not lacks or refused_at is None:
        return None
    lately = timedelta(0) <= workspace.clock.now() - refused_at < AGAIN
    return refused_at + AGAIN if lately else None


def _told(workspace: Workspace, served: Iterable[App], whys: Mapping[str, str]) -> str:
    """One sentence on the apps whose versions are not read: why, and when they are asked for again."""
    left = [(app, until) for app in served if (until := _refused_until(workspace, app)) is not None]
    if not left:
        return ""
    names = named_apps([app.name for app, _ in left])
    why = whys.get(left[0][0].id, "Apple refused them.").rstrip(".")
    again = say_time(min(until for _, until in left), workspace.clock.now())
    return f"Versions of {names} are not read ({why}); asked for again from {again} on, or by --full."


def _refusals(workspace: Workspace, account: Account) -> dict[str, str]:
    """Why Apple refused the versions of an app last, by the app's id."""
    troubles = workspace.store.call(lambda store: store.observations.troubles(account.id))
    return {each.app_id: each.why for each in troubles if each.problem is DataProblem.VERSIONS_REFUSED}


class _VersionsOfApp:
    """One app's versions and the lists of their reviews."""

    def __init__(self, workspace: Workspace, client: AppleClient, tally: FetchTally, app: App) -> None:
        self._workspace = workspace
        self._client = client
        self._tally = tally
        self._app = app

    def read(self) -> None:
        """Reads the versions, newest first, until every review has one or all were read.

        Raises the client's errors; NotFound for the list of a version only where no list is found.
        """
        store = self._workspace.store
        began = self._workspace.clock.now()
        found, missing = False, None
        for version in self._versions():
            reading = store.call(_reading_of, self._app.id, version.id)
            if reading is None:
                continue
            began = min(began, reading.began)
            try:
                self._read_version(version, reading)
                found = True
            except NotFound as error:
                # Gone between the two requests, or never on sale: it has no list.
                missing = error
                store.call(_finish, reading)
        if missing is not None and not found:
            store.call(_forget, self._app.id)
            raise missing
        store.call(lambda s: s.app_versions.give_up(self._app.id, began))

    def _versions(self) -> list[AppVersion]:
        self._ask()
        with self._workspace.clients.turn():
            listed = self._client.app_versions(self._app.id)
        on_sale = [version for version in listed if version.state not in NEVER_ON_SALE]
        return sorted(on_sale, key=lambda version: version.created_at or _LONG_AGO, reverse=True)

    def _read_version(self, version: AppVersion, reading: VersionReading) -> None:
        if reading.next_query is not None:
            try:
                self._read_pages(version, reading, reading.next_query)
                return
            except Rejected:
                # The cursor of the interrupted reading is not understood any more.
                self._workspace.store.call(lambda store: store.app_versions.restart(reading))
        self._read_pages(version, reading, None)

    def _read_pages(self, version: AppVersion, reading: VersionReading, start: str | None) -> None:
        from ascinbox.sources.paging import walk

        store = self._workspace.store
        for page in walk(partial(self._page, version.id), start=start):
            named = store.call(_save_page, reading, version.name, page)
            self._tally.add(changed=len(named))
            if named:
                self._workspace.publish(ReviewsChanged(named))
            dates = [review.created_at for review in page.items if review.created_at is not None]
            if reading.oldest is not None and dates and min(dates) < reading.oldest:
                break
        store.call(_finish, reading)

    def _page(self, version_id: str, query: str | None) -> Page[Review]:
        self._ask()
        with self._workspace.clients.turn():
            return self._client.version_reviews(version_id, query=query)

    def _ask(self) -> None:
        """Before each request: the program's end and whoever types come first."""
        self._workspace.throttle.give_way(self._workspace.stop)
        if self._workspace.stop.is_set():
            raise _Stopped
        self._tally.add(requests=1)


def _forget(store: Store, app_id: str) -> None:
    store.app_versions.forget(app_id)


def _reading_of(store: Store, app_id: str, version_id: str) -> VersionReading | None:
    return store.app_versions.reading(app_id, version_id)


def _save_page(store: Store, reading: VersionReading, name: str, page: Page[Review]) -> tuple[str, ...]:
    ids = [review.id for review in page.items]
    return store.app_versions.save_page(reading, name, ids, page.next_query)


def _finish(store: Store, reading: VersionReading) -> None:
    store.app_versions.finish(reading)
