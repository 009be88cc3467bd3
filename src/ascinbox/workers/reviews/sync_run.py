"""One run over some accounts: how far it is, what went wrong, and what its walks have in common."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ascinbox.core.errors import (
    AscinboxError,
    CredentialError,
    NetworkError,
    RateLimited,
    StoreError,
    Unauthorized,
    UnexpectedAnswer,
    VaultError,
)
from ascinbox.core.events import ReviewsChanged, SyncProgress
from ascinbox.core.records import Account, App, Credential, Page, PageChanges
from ascinbox.core.stores import kind_info
from ascinbox.workers.reviews.page_reader import Reader
from ascinbox.workers.reviews.page_saver import PageSaver
from ascinbox.workers.runtime.results import REVIEWS, DatasetResult

if TYPE_CHECKING:
    from ascinbox.sources.base import Connection
    from ascinbox.store.cache.prepared_review import PreparedReview
    from ascinbox.workers.runtime.leases import Lease
    from ascinbox.workers.workspace import Workspace

HELPED_FROM = 5_000
"""From so many reviews on, a second process that reads pages is worth its start."""
FEW_AT_ONCE, MOST_AT_ONCE = 2, 10
"""Pages in one transaction: a screen's reads come between transactions, a commit costs as much as a page."""
UNSTORED, UNSTORED_IN_BULK = 3, 8
"""Pages of one app that may wait to be stored while the next one is fetched."""

log = logging.getLogger("ascinbox.sync")


class Interrupted(Exception):
    """The program ends, or the account's lease is lost: what is stored stands, the rest comes later."""


@dataclass(slots=True)
class AccountProgress:
    """An account while it is being synced. Changed under the run's lock."""

    account: Account
    lease: Lease
    apps: tuple[App, ...] = ()
    """The account's apps that are shown, as last listed."""
    ways: dict[str, tuple[Way, ...]] = field(default_factory=dict)
    """App id -> by which credentials its reviews can be read, the best first."""
    notes: list[str] = field(default_factory=list)
    """What is to be known and is no failure."""
    figures: DatasetResult = field(default_factory=DatasetResult)
    problems: dict[str, list[str]] = field(default_factory=dict)
    """What went wrong -> with which apps."""
    broken: dict[str, AscinboxError] = field(default_factory=dict)
    """Key id -> what makes further requests with this key pointless in this run."""
    done: int = 0
    total: int = 0
    answered: bool = False
    """Whether a page of reviews came."""
    unreadable: str = ""
    """Why an answer could not be read."""
    left_out: int = 0
    """Items that could not be read."""

    @property
    def keys(self) -> tuple[Credential, ...]:
        """The credentials that can list apps."""
        return tuple(c for c in self.account.credentials if kind_info(c.kind).lists_apps)

    @property
    def result(self) -> DatasetResult:
        """What has been done so far; not ok as soon as something is missing."""
        figures = self.figures
        if self.left_out:
            plural = "item was" if self.left_out == 1 else "items were"
            figures = figures.plus(DatasetResult(detail=f"{self.left_out} unreadable {plural} left out."))
        for note in self.notes:
            figures = figures.plus(DatasetResult(detail=note))
        if not self.problems:
            return figures
        kept = [e for e in self.broken.values() if isinstance(e, RateLimited) and e.kept_back]
        if kept and self.problems.keys() <= {error.title for error in kept}:
            until = max(error.retry_at for error in kept)
            waits = f"The rest waits for this key's next requests, from {until:%H:%M} UTC on."
            return figures.plus(DatasetResult(detail=waits, waiting_until=until, fresh=False))
        parts = [f"{some(names)}: {title}" if names else title for title, names in self.problems.items()]
        return figures.plus(DatasetResult(ok=False, partly=self.answered, detail=" ".join(parts)))


@dataclass(frozen=True, slots=True)
class Way:
    """An account and one of its credentials."""

    state: AccountProgress
    credential: Credential


class SyncRun:
    """What the walks of one run share: the accounts with what came of them, and how they ask, store and tell.

    Thread-safe.
    """

    def __init__(
        self, workspace: Workspace, accounts: Iterable[tuple[Account, Lease]], *, full: bool, in_bulk: bool
    ) -> None:
        self.workspace = workspace
        self.full = full
        self.accounts = [AccountProgress(account, lease) for account, lease in accounts]
        self.reader = Reader()
        self.saver = PageSaver(workspace.store, MOST_AT_ONCE if in_bulk else FEW_AT_ONCE, gathers=in_bulk)
        self.unstored = UNSTORED_IN_BULK if in_bulk else UNSTORED
        self.stop = threading.Event()
        self._in_bulk = in_bulk
        self._helped = False
        self._lock = threading.Lock()

    def client(self, way: Way) -> Connection:
        """The connection of a way. Raises as `Workspace.client_for`."""
        return self.workspace.client_of(way.credential)

    def check(self, way: Way) -> None:
        """Raises Interrupted where nothing more is to be asked by this way."""
        ended = self.stop.is_set() or self.workspace.stop.is_set() or not way.state.lease.held
        if ended or way.credential.key_id in way.state.broken:
            raise Interrupted

    def fetched(self, state: AccountProgress, page: Page[PreparedReview], *, counts: bool) -> None:
        """Counts a page that came; with `counts` its total is added to what is to come."""
        with self._lock:
            state.figures = state.figures.plus(DatasetResult(requests=1))
            state.done += len(page.items)
            state.answered = True
            if counts:
                state.total += page.total or 0
            begin = self._in_bulk and not self._helped
            begin = begin and sum(each.total for each in self.accounts) >= HELPED_FROM
            self._helped = self._helped or begin
        if begin:
            self.reader.start()
        self.tell(state)

    def quarantine(self, state: AccountProgress, app: App, page: Page[PreparedReview]) -> None:
        """Remembers what of the page could not be read, before the cursor moves on."""
        if page.left_out:
            log.warning("%s: %d items of a page could not be read", app.id, len(page.left_out))
            self.workspace.store.call(lambda s: s.quarantine.put(REVIEWS, app.id, page.left_out))
            self._add_left_out(state, len(page.left_out))

    def _add_left_out(self, state: AccountProgress, number: int) -> None:
        with self._lock:
            state.left_out += number

    def stored(self, state: AccountProgress, changes: PageChanges) -> tuple[str, ...]:
        """Counts and tells what is stored; the reviews that came without their known response."""
        self.add(state, new=len(changes.new), changed=len(changes.changed))
        if changes.ids:
            self.workspace.publish(ReviewsChanged(changes.ids, len(changes.new)))
        return changes.unanswered

    def add(self, state: AccountProgress, **figures: int) -> None:
        """Adds to the figures of the account's result."""
        with self._lock:
            state.figures = state.figures.plus(DatasetResult(**figures))  # type: ignore[arg-type]

    def tell(self, state: AccountProgress, *, finished: bool = False) -> None:
        """Publishes how far the account is."""
        with self._lock:
            done, total, detail = state.done, state.total or None, state.result.detail
        self.workspace.publish(SyncProgress(state.account.name, REVIEWS, done, total, finished, detail))

    def note(self, at: Way | AccountProgress, app: App | None, error: AscinboxError | Interrupted) -> None:
        """Puts trouble into the account's result. Other apps go on unless it concerns all of them."""
        state = at.state if isinstance(at, Way) else at
        key_id = at.credential.key_id if isinstance(at, Way) else ""
        if isinstance(error, Interrupted):
            broken = state.broken.get(key_id)
            title = broken.title if broken else "Interrupted; the next sync goes on from here."
            app = None if broken else app
        else:
            title = error.title
            log.warning("%s: %s: %s", state.account.name, app.id if app else "apps", error)
        with self._lock:
            names = state.problems.setdefault(title, [])
            if app is not None:
                names.append(app.name)
            if isinstance(error, UnexpectedAnswer):
                state.unreadable = f"{app.name}: {title}" if app is not None else title
        if isinstance(error, AscinboxError):
            for key in (key_id,) if key_id else [key.key_id for key in state.keys]:
                self._give_up_key(state, key, error)
        if isinstance(error, NetworkError) and not isinstance(error, UnexpectedAnswer):
            self.workspace.saw_apple(False, error.title)

    def give_up(self, way: Way, error: AscinboxError) -> None:
        """Notes what a key cannot do any more; where another one serves the app, that is no trouble."""
        log.warning("%s: key %s: %s", way.state.account.name, way.credential.key_id, error)
        self._give_up_key(way.state, way.credential.key_id, error)

    def _give_up_key(self, state: AccountProgress, key_id: str, error: AscinboxError) -> None:
        if _concerns_all(error):
            with self._lock:
                state.broken.setdefault(key_id, error)


def _concerns_all(error: AscinboxError) -> bool:
    from ascinbox.store.hot.sync import WalkTaken

    if isinstance(error, UnexpectedAnswer | WalkTaken):
        return False
    return isinstance(
        error, Unauthorized | RateLimited | NetworkError | StoreError | VaultError | CredentialError
    )


def some(names: Sequence[str]) -> str:
    """Up to three names, or two and how many more."""
    if len(names) <= 3:
        return ", ".join(names)
    return f"{', '.join(names[:2])} and {len(names) - 2} more apps"
