"""Apple's digests of an app's reviews: asked for once a day, whole, one request an app."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, Forbidden, NotFound, RateLimited, Rejected
from ascinbox.core.health.observations import DataProblem
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.records import Account, App
from ascinbox.sources.apple.source import apple_client
from ascinbox.workers.health.unreadable import note_beside
from ascinbox.workers.metrics.reports.common import (
    DatasetProgress,
    FetchTally,
    apps_served,
    in_chunks,
    is_about_role,
)

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewSummary
    from ascinbox.workers.runtime.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

AGAIN = timedelta(hours=20)
"""Apple writes them about once a week."""


def fetch_summaries(workspace: Workspace, account: Account, *, full: bool = False) -> DatasetResult:
    """Fetches the digests of the account's apps that were not looked at today.

    An app without digests, and a key whose role may not read them, is no trouble: there is nothing to show
    then. What Apple refuses for another reason is told.
    """
    tally = FetchTally()
    apps = [app for app in apps_served(workspace, account, "reviews") if full or _is_due(workspace, app)]
    progress = DatasetProgress(workspace, account, "summaries", len(apps))

    def fetch(app: App) -> None:
        tally.add(requests=1)
        try:
            with workspace.clients.turn():
                client = workspace.client_for(account, "reviews", app.id)
                found = apple_client(client).review_summaries(app.id)
        except (NotFound, Forbidden, Rejected) as error:
            _keep(workspace, app, None, error.title)
            # Apple's word that an app has none is no refusal.
            why = "" if isinstance(error, NotFound) and error.problems else error.title
            workspace.store.call(note_beside, account, DataProblem.DIGESTS_REFUSED, app.id, why)
            if not _has_none(error):
                tally.add(trouble=f"{app.name}: {error.title}")
            return
        changed = _keep(workspace, app, found, "")
        workspace.store.call(note_beside, account, DataProblem.DIGESTS_REFUSED, app.id, "")
        tally.add(changed=int(changed))

    try:
        if apps and not in_chunks(workspace, apps, fetch, progress):
            tally.add(trouble="Stopped; the next sync goes on from here.")
    except RateLimited as error:
        tally.postpone(error.retry_at, fresh=False)
    except AscinboxError as error:
        tally.add(trouble=error.title)
    if apps:
        progress.finish()
    return tally.result()


def _has_none(error: NotFound | Forbidden | Rejected) -> bool:
    """Whether the refusal means that there are no digests for this app and key."""
    match error:
        case NotFound():
            return bool(error.problems)
        case Forbidden():
            return is_about_role(error)
        case Rejected():
            return False


def _keep(workspace: Workspace, app: App, found: tuple[ReviewSummary, ...] | None, detail: str) -> bool:
    now = workspace.clock.now()
    status = FileStatus.REFUSED if found is None else FileStatus.STORED if found else FileStatus.EMPTY
    file = ReportFile(app.id, Dataset.SUMMARIES, ReportSpan.DAY, now.date(), status, now, detail)
    return workspace.store.call(lambda store: store.reports.save_summaries(file, found))


def _is_due(workspace: Workspace, app: App) -> bool:
    now = workspace.clock.now()
    first = now.date() - AGAIN - timedelta(days=1)
    known = workspace.store.call(
        lambda store: store.report_files.files(app.id, Dataset.SUMMARIES, ReportSpan.DAY, first, now.date())
    )
    return all(now - file.fetched_at > AGAIN for file in known.values())
