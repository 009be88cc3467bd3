"""What the three kinds of reports share: counting requests, reading refusals, telling progress."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from ascinbox.core.dates import pacific_day
from ascinbox.core.errors import (
    AscinboxError,
    CredentialError,
    Forbidden,
    NetworkError,
    NotFound,
    Rejected,
    SourceError,
    Unavailable,
)
from ascinbox.core.events import FactsChanged, SyncProgress
from ascinbox.core.health.serving import served
from ascinbox.core.metrics.report_files import FileStatus
from ascinbox.core.records import Account, App, CredentialKind
from ascinbox.workers.accounts.visible_apps import known_of
from ascinbox.workers.runtime.daemon_pool import DaemonPool
from ascinbox.workers.runtime.results import DatasetResult

if TYPE_CHECKING:
    from ascinbox.sources.apple.reporter import Reporter
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

T = TypeVar("T")

PUBLISHED_AFTER = timedelta(hours=8)
"""Daily reports are out "generally by 8 a.m. Pacific Time" (App Store Connect Help)."""
IN_FLIGHT = 4
CHUNK = 16
"""Files asked for between two looks at whether to stop."""

_VERSION = re.compile(r"latest version for this report is\s+(\d+_\d+)", re.IGNORECASE)


@dataclass(slots=True)
class FetchTally:
    """What a fetch did so far; several threads add to it."""

    requests: int = 0
    new: int = 0
    changed: int = 0
    troubles: list[str] = field(default_factory=list)
    waiting_until: datetime | None = None
    fresh: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, requests: int = 0, new: int = 0, changed: int = 0, trouble: str = "") -> None:
        """Counts; a trouble is told once however often it comes."""
        with self._lock:
            self.requests += requests
            self.new += new
            self.changed += changed
            if trouble and trouble not in self.troubles:
                self.troubles.append(trouble)

    def postpone(self, until: datetime, *, fresh: bool) -> None:
        """Notes that a part waits for requests of the key; `fresh` tells whether the newest part is there."""
        with self._lock:
            self.waiting_until = max(until, self.waiting_until or until)
            self.fresh = self.fresh and fresh

    def result(self, note: str = "") -> DatasetResult:
        """The result for `ascinbox sync`: ok only when there was no trouble."""
        if self.waiting_until is not None:
            rest = f"The rest waits for this key's next requests, from {self.waiting_until:%H:%M} UTC on."
            note = f"{note} {rest}".strip()
        return DatasetResult(
            ok=not self.troubles,
            requests=self.requests,
            new=self.new,
            changed=self.changed,
            detail="; ".join([*self.troubles[:3], note] if note else self.troubles[:3]),
            waiting_until=self.waiting_until,
            fresh=self.fresh,
        )


class DatasetProgress:
    """Tells the screen how far a data set of an account has come."""

    def __init__(self, workspace: Workspace, account: Account, dataset: str, total: int) -> None:
        self._workspace = workspace
        self._account = account.name
        self._dataset = dataset
        self._total = total
        self._done = 0

    def step(self, count: int = 1) -> None:
        """Some more files are in."""
        self._done += count
        self._publish(finished=False)

    def finish(self) -> None:
        """All that will come has come; screens re-read their figures."""
        self._publish(finished=True)
        self._workspace.publish(FactsChanged(self._dataset, self._account))

    def _publish(self, *, finished: bool) -> None:
        self._workspace.publish(
            SyncProgress(self._account, self._dataset, self._done, self._total, finished=finished)
        )


def reporter_for(workspace: Workspace, account: Account, capability: str) -> Reporter:
    """The Reporter service with the account's access token, as second source of sales and finance.

    Raises CredentialError when the account has no token that is used for this.
    """
    from ascinbox.sources.apple.reporter import Reporter

    for credential in account.credentials:
        usable = not credential.capabilities or capability in credential.capabilities
        if credential.kind == CredentialKind.REPORTER and usable:
            token = workspace.vault.load(credential.secret_ref)
            limit = workspace.config.seconds("network", "deadline_seconds")
            return Reporter(
                token,
                clock=workspace.clock,
                account=credential.reporter_account,
                base_url=workspace.base_url,
                deadline_s=limit,
            )
    raise CredentialError(
        f"No key of {account.name} may read {capability}.",
        "",
        "Link a team key with Sales or Finance access, or a Reporter token.",
    )


def apps_served(workspace: Workspace, account: Account, capability: str) -> tuple[App, ...]:
    """The account's apps that are shown and that one of its credentials serves for this capability.

    Raises CredentialError when none of them can be used for it at all.
    """
    workspace.client_for(account, capability)

    def look(store: Store) -> tuple[App, ...]:
        apps = [app for app in store.accounts.apps(account.id) if app.id not in account.hidden_apps]
        shares = served(account.credentials, capability, known_of(store, account), apps)
        return tuple(app for _, share in shares.by for app in share)

    return workspace.store.call(look)


def in_chunks(
    workspace: Workspace, items: Sequence[T], work: Callable[[T], object], progress: DatasetProgress
) -> bool:
    """Runs `work` over the items, a few at a time, until done or told to stop; False when it was stopped.

    The first error ends it after the chunk that it happened in: what is stored stays. The first item goes
    alone, because what refuses it mostly refuses them all.
    """
    pool = DaemonPool(IN_FLIGHT, "ascinbox-report")
    try:
        for at, end in pairwise((0, *range(1, len(items), CHUNK), len(items))):
            if workspace.stop.is_set():
                return False
            chunk = items[at:end]
            pool.run_all([lambda item=item: work(item) for item in chunk])  # type: ignore[misc]
            progress.step(len(chunk))
    finally:
        pool.close()
    return True


def newest_day(now: datetime) -> date:
    """The last Pacific day whose daily report should be out."""
    return pacific_day(now - PUBLISHED_AFTER) - timedelta(days=1)


def words_of(error: SourceError) -> str:
    """What Apple said, in its own words."""
    return " ".join(problem.detail or problem.title for problem in error.problems) or error.detail


def says_no_sales(error: NotFound) -> bool:
    """True for the 404 that is a true zero: both 404s of a report share their code."""
    text = words_of(error).casefold()
    return "no sales" in text and "not available" not in text


def says_no_report(error: NotFound) -> bool:
    """True for the 404 of a fiscal period that is empty or too old; other words do not tell that."""
    text = words_of(error).casefold()
    later = "yet" in text or "delayed" in text
    return ("no sales" in text or "not available" in text) and not later


def is_silent(error: NotFound) -> bool:
    """True for a 404 without a word: Apple says which report it does not have, so this is a refusal."""
    told = any(problem.code or problem.title or problem.detail for problem in error.problems)
    return error.status == 404 and not told


def is_gone(error: NotFound) -> bool:
    """True for a report that Apple does not keep any more."""
    return error.status == 410 or "no longer available" in words_of(error).casefold()


def is_about_role(error: Forbidden) -> bool:
    """True when another role would help; not for an agreement, the membership or the token's scope."""
    from ascinbox.sources.apple.errors import ForbiddenKind, forbidden_kind

    return forbidden_kind(error.problems) is ForbiddenKind.ROLE


def status_of(error: AscinboxError) -> FileStatus:
    """What is known of a file whose data set stopped: what Apple did not refuse may still come."""
    late = isinstance(error, NetworkError | Unavailable)
    return FileStatus.WAITING if late else FileStatus.REFUSED


def wanted_version(error: Rejected) -> str | None:
    """The report version that a 400 asks for."""
    match = _VERSION.search(words_of(error))
    return match[1] if match else None


def is_vendor_refusal(error: Rejected) -> bool:
    """True for "Invalid vendor number", which subscription reports also answer for days without data."""
    return "vendor" in words_of(error).casefold()
