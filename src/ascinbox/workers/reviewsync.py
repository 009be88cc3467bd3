"""Reviews and replies of every app into the cache: newest first, four requests in flight, resumable.

An incremental walk goes down from the newest page until a page holds nothing new and nothing changed. A full
walk goes to the last page; only then, and only when as many different reviews came as Apple counts, is what
it did not see taken for gone. A list that ends early is an error, and walked again whole the next time.
An app that several accounts see is fetched once.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from ascinbox.core.capabilities import Capability
from ascinbox.core.errors import (
    AscinboxError,
    CredentialError,
    Forbidden,
    NetworkError,
    NotFound,
    RateLimited,
    Rejected,
    StoreError,
    Unauthorized,
    UnexpectedAnswer,
    VaultError,
)
from ascinbox.core.events import AccountsChanged, ReviewsChanged, SyncProgress
from ascinbox.core.records import Account, App, LeftOut, Page, PageChanges
from ascinbox.workers.crew import Crew
from ascinbox.workers.reading import Reader
from ascinbox.workers.results import REVIEWS, DatasetResult
from ascinbox.workers.unreadable import note_unreadable

if TYPE_CHECKING:
    from ascinbox.apple.client import AppStoreConnect
    from ascinbox.store.accounts import AppChanges
    from ascinbox.store.seen import PreparedPage, Seen
    from ascinbox.store.store import Store
    from ascinbox.store.sync import Walk
    from ascinbox.store.thread import StoreThread
    from ascinbox.workers.leases import Lease
    from ascinbox.workers.workspace import Workspace

IN_FLIGHT = 4
"""Requests at a time, over all apps and accounts."""

UNSTORED = 3
"""Pages of one app that may wait to be stored while the next one is fetched."""
HELPED_FROM = 5_000
"""From so many reviews on, a second process that reads pages is worth its start."""
FEW_AT_ONCE, MOST_AT_ONCE = 2, 10
"""Pages in one transaction: a screen's reads come between transactions, a commit costs as much as a page."""

log = logging.getLogger("ascinbox.sync")


class Interrupted(Exception):
    """The program ends, or the account's lease is lost: what is stored stands, the rest comes later."""


@dataclass(slots=True)
class Progress:
    """An account while it is being synced. Changed under the run's lock."""

    account: Account
    lease: Lease
    apps: tuple[App, ...] = ()
    figures: DatasetResult = field(default_factory=DatasetResult)
    problems: dict[str, list[str]] = field(default_factory=dict)
    """What went wrong -> with which apps."""
    broken: AscinboxError | None = None
    """What makes further requests for this account pointless in this run."""
    done: int = 0
    total: int = 0
    unreadable: str = ""
    """Why an answer could not be read."""
    left_out: int = 0
    """Items of Apple's that could not be read."""

    @property
    def result(self) -> DatasetResult:
        """What has been done so far; not ok as soon as something is missing."""
        figures = self.figures
        if self.left_out:
            plural = "item was" if self.left_out == 1 else "items were"
            figures = figures.plus(DatasetResult(detail=f"{self.left_out} unreadable {plural} left out."))
        if not self.problems:
            return figures
        parts = [f"{_some(names)}: {title}" if names else title for title, names in self.problems.items()]
        return figures.plus(DatasetResult(ok=False, detail=" ".join(parts)))


class Saver:
    """Stores pages in the order in which they come, several in one transaction when they come fast."""

    def __init__(self, store: StoreThread, at_once: int) -> None:
        self._store = store
        self._at_once = at_once
        self._lock = threading.Lock()
        self._waiting: deque[tuple[PreparedPage, Future[PageChanges]]] = deque()

    def save(self, page: PreparedPage) -> Future[PageChanges]:
        """Puts the page into the queue. The result is as `Reviews.save_page` gives or raises it."""
        future: Future[PageChanges] = Future()
        with self._lock:
            self._waiting.append((page, future))
        self._store.submit(self._work_off)
        return future

    def _work_off(self, store: Store) -> None:
        """On the store's thread, once a page; mostly an earlier turn has taken this page along."""
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(self._at_once, len(self._waiting)))]
        if not batch:
            return
        try:
            results = store.reviews.save_pages([page for page, _ in batch])
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
            raise
        for (_, future), result in zip(batch, results, strict=True):
            if isinstance(result, PageChanges):
                future.set_result(result)
            else:
                future.set_exception(result)


class ReviewSync:
    """One run over some accounts."""

    def __init__(
        self,
        workspace: Workspace,
        accounts: Iterable[tuple[Account, Lease]],
        *,
        full: bool,
        in_bulk: bool = False,
    ) -> None:
        """`in_bulk`: nobody is reading meanwhile, so many pages may be stored at once."""
        self._workspace = workspace
        self._full = full
        self._accounts = [Progress(account, lease) for account, lease in accounts]
        self._in_bulk = in_bulk
        self._helped = False
        self._reader = Reader()
        self._saver = Saver(workspace.store, MOST_AT_ONCE if in_bulk else FEW_AT_ONCE)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._full_every = timedelta(hours=workspace.config.seconds("sync", "full_walk_hours"))

    @property
    def broken(self) -> dict[int, AscinboxError]:
        """Account id -> what made further requests pointless."""
        return {state.account.id: state.broken for state in self._accounts if state.broken is not None}

    def run(self) -> dict[int, DatasetResult]:
        """Account id -> what was done. One app's or one account's trouble is in its result, never raised."""
        with Crew(IN_FLIGHT, "ascinbox-sync") as crew:
            try:
                crew.run_all(partial(self._list_apps, state) for state in self._accounts)
                _in_turns(crew, [self._sync_app(app, seers) for app, seers in self._jobs()])
            finally:
                self._stop.set()
                self._reader.close()
        for state in self._accounts:
            self._tell(state, finished=True)
            self._note_unreadable(state)
        return {state.account.id: state.result for state in self._accounts}

    def _note_unreadable(self, state: Progress) -> None:
        """An answer that could not be read counts in Health until a whole run could be."""
        if state.unreadable or state.result.ok:
            now, account = self._workspace.clock.now(), state.account
            self._workspace.store.call(note_unreadable, account, Capability.REVIEWS, state.unreadable, now)

    # --- which apps ---

    def _list_apps(self, state: Progress) -> None:
        try:
            apps: list[App] = []
            unread: list[LeftOut] = []
            early: UnexpectedAnswer | None = None
            try:
                for page in self._client(state).apps():
                    self._check(state)
                    self._add(state, requests=1)
                    apps.extend(page.items)
                    unread.extend(page.left_out)
            except UnexpectedAnswer as error:
                if not apps:
                    raise
                early = error
            self._workspace.saw_apple(True)
            changes, known = self._workspace.store.call(
                partial(_save_apps, whole=early is None), state.account.id, apps, unread
            )
            if early is not None:
                self._note(state, None, early)
        except (AscinboxError, Interrupted) as error:
            self._note(state, None, error)
            return
        state.apps = known
        if changes.added or changes.gone:
            self._workspace.publish(AccountsChanged())

    def _jobs(self) -> list[tuple[App, list[Progress]]]:
        """Each app with the accounts that see it, the account that was linked first first."""
        jobs: dict[str, tuple[App, list[Progress]]] = {}
        for state in self._accounts:
            for app in state.apps:
                if app.id not in state.account.hidden_apps:
                    jobs.setdefault(app.id, (app, []))[1].append(state)
        return list(jobs.values())

    # --- one app ---

    def _sync_app(self, app: App, seers: Sequence[Progress]) -> Iterator[None]:
        """By the first account that may; the next one is tried when Apple refuses it to this one.

        A step is one page: the apps take turns, so that the newest reviews of all of them come first.
        """
        for state in seers:
            try:
                yield from self._walk_app(app, state)
                return
            except (Forbidden, NotFound, Unauthorized) as error:
                if state is seers[-1]:
                    self._note(state, app, error)
            except (AscinboxError, Interrupted) as error:
                self._note(state, app, error)
                return

    def _walk_app(self, app: App, state: Progress) -> Iterator[None]:
        self._check(state)
        store = self._workspace.store
        known = store.call(lambda s: s.sync.walk_state(app.id))
        age = self._workspace.clock.now() - known.full_at if known.full_at is not None else None
        full = self._full or age is None or not timedelta(0) <= age < self._full_every
        walk = store.call(lambda s: s.sync.open_walk(app.id, full=full))
        if walk.next_query is None:
            yield from self._follow(app, state, walk, first=known.full_at is None)
            return
        try:
            yield from self._follow(app, state, walk)
        except Rejected:
            # The cursor of the interrupted walk is not understood any more.
            anew = store.call(lambda s: s.sync.open_walk(app.id, full=full, resume=False))
            yield from self._follow(app, state, anew)
            return
        # What came in while the walk was interrupted stands above where it went on.
        newest = store.call(lambda s: s.sync.open_walk(app.id, full=False))
        yield from self._follow(app, state, newest)

    def _follow(self, app: App, state: Progress, walk: Walk, *, first: bool = False) -> Iterator[None]:
        """Goes on with the walk and ends it; raises UnexpectedAnswer for a list that ended early."""
        store = self._workspace.store
        walk, ended = yield from self._go_on(app, state, walk, texts=first)
        walked = came = store.call(_walked, walk)
        if ended and not walk.count.is_whole(came):
            # What was written while the pages were read stands at the top now.
            walk, came = yield from self._look_at_the_top(app, state, walk, came)
            if not walk.count.is_whole(came):
                from ascinbox.apple.paging import ended_early

                store.call(lambda s: s.reviews.give_up_walk(walk))
                raise ended_early(came, walk.count.last_total or 0)
        gone = walk.count.shows_gone(walked, came)
        removed = store.call(lambda s: _finish(s, walk, gone=gone)).removed
        if removed:
            self._add(state, removed=len(removed))
            self._workspace.publish(ReviewsChanged(removed))

    def _go_on(
        self, app: App, state: Progress, walk: Walk, *, texts: bool
    ) -> Generator[None, None, tuple[Walk, bool]]:
        """Pages from where the walk stands, fetched while the ones before are stored.

        An incremental walk stops at a page on which nothing is new. True: it came to the end of the list.
        """
        from ascinbox.apple.paging import walk as pages

        saving: deque[Future[PageChanges]] = deque()
        met: set[str] = set()

        def fetch(query: str | None) -> Page[Seen]:
            return self._fetch(app, state, query, texts=texts)

        try:
            for page in pages(fetch, start=walk.next_query, counted=False):
                counts = walk.full and walk.pages == 0
                walk = _after(walk, page)
                saving.append(self._save(app, state, page, walk))
                self._fetched(state, page, counts=counts)
                if not walk.full:
                    changes = saving.pop().result()
                    self._stored(state, changes)
                    ids = {seen.id for seen in page.items}
                    # A page that only repeats the ones before says nothing about what comes after it.
                    if ids - met and not changes.new and not changes.changed:
                        return walk, False
                    met |= ids
                elif len(saving) > UNSTORED:
                    self._stored(state, saving.popleft().result())
                if page.next_query is not None:
                    yield
        finally:
            # Also when the next page cannot be had: what was fetched before is stored, and counted.
            for future in saving:
                self._stored(state, future.result())
        return walk, True

    def _look_at_the_top(
        self, app: App, state: Progress, walk: Walk, came: int
    ) -> Generator[None, None, tuple[Walk, int]]:
        """Pages from the top down to the first with a review that this walk has met; how many it met."""
        query = None
        while True:
            page = self._fetch(app, state, query, texts=False)
            walk = replace(_after(walk, page), next_query=None)
            self._stored(state, self._save(app, state, page, walk).result())
            self._fetched(state, page, counts=False)
            before, came = came, self._workspace.store.call(_walked, walk)
            query = page.next_query
            if query is None or came - before < len(page.items) or not page.items:
                return walk, came
            yield

    def _fetch(self, app: App, state: Progress, query: str | None, *, texts: bool) -> Page[Seen]:
        self._check(state)
        self._workspace.courtesy.give_way(self._workspace.stop)
        with self._workspace.clients.turn():
            return self._client(state).reviews_read(
                app.id, lambda answer: self._reader.read(answer, app.id, texts=texts), query=query
            )

    def _save(self, app: App, state: Progress, page: Page[Seen], walk: Walk) -> Future[PageChanges]:
        from ascinbox.store.seen import PreparedPage

        self._quarantine(state, app, page)
        return self._saver.save(PreparedPage(app.id, {seen.id: seen for seen in page.items}, walk))

    # --- what is common to all requests ---

    def _client(self, state: Progress) -> AppStoreConnect:
        return self._workspace.client_for(state.account, REVIEWS)

    def _check(self, state: Progress) -> None:
        if self._stop.is_set() or self._workspace.stop.is_set() or not state.lease.held or state.broken:
            raise Interrupted

    def _fetched(self, state: Progress, page: Page[Seen], *, counts: bool) -> None:
        with self._lock:
            state.figures = state.figures.plus(DatasetResult(requests=1))
            state.done += len(page.items)
            if counts:
                state.total += page.total or 0
            begin = self._in_bulk and not self._helped
            begin = begin and sum(each.total for each in self._accounts) >= HELPED_FROM
            self._helped = self._helped or begin
        if begin:
            self._reader.start()
        self._tell(state)

    def _quarantine(self, state: Progress, app: App, page: Page[Seen]) -> None:
        """Remembers what of the page could not be read, before the cursor moves on."""
        if page.left_out:
            log.warning("%s: %d items of a page could not be read", app.id, len(page.left_out))
            self._workspace.store.call(lambda s: s.quarantine.put(REVIEWS, app.id, page.left_out))
            self._add_left_out(state, len(page.left_out))

    def _add_left_out(self, state: Progress, number: int) -> None:
        with self._lock:
            state.left_out += number

    def _stored(self, state: Progress, changes: PageChanges) -> None:
        self._add(state, new=len(changes.new), changed=len(changes.changed))
        if changes.ids:
            self._workspace.publish(ReviewsChanged(changes.ids, len(changes.new)))

    def _add(self, state: Progress, **figures: int) -> None:
        with self._lock:
            state.figures = state.figures.plus(DatasetResult(**figures))  # type: ignore[arg-type]

    def _tell(self, state: Progress, *, finished: bool = False) -> None:
        with self._lock:
            done, total, detail = state.done, state.total or None, state.result.detail
        self._workspace.publish(SyncProgress(state.account.name, REVIEWS, done, total, finished, detail))

    def _note(self, state: Progress, app: App | None, error: AscinboxError | Interrupted) -> None:
        """Puts trouble into the account's result. Other apps go on unless it concerns all of them."""
        if isinstance(error, Interrupted):
            title = state.broken.title if state.broken else "Interrupted; the next sync goes on from here."
            app = None if state.broken else app
        else:
            title = error.title
            log.warning("%s: %s: %s", state.account.name, app.id if app else "apps", error)
        with self._lock:
            names = state.problems.setdefault(title, [])
            if app is not None:
                names.append(app.name)
            if isinstance(error, UnexpectedAnswer):
                state.unreadable = f"{app.name}: {title}" if app is not None else title
            if isinstance(error, AscinboxError) and _concerns_all(error):
                state.broken = error
        if isinstance(error, NetworkError) and not isinstance(error, UnexpectedAnswer):
            self._workspace.saw_apple(False, error.title)


def _save_apps(
    store: Store, account_id: int, apps: Sequence[App], unread: Sequence[LeftOut], *, whole: bool
) -> tuple[AppChanges, tuple[App, ...]]:
    """Saves the account's apps as listed now, and gives them. An app is gone only when the whole list came
    and all of it could be read."""
    began = store.clock.now()
    store.quarantine.put("apps", str(account_id), unread)
    if whole:
        store.quarantine.forget("apps", str(account_id), began)
    listed = {app.id for app in apps}
    known = () if whole and not unread else store.accounts.apps(account_id)
    now = (*apps, *(app for app in known if app.id not in listed))
    return store.accounts.save_apps(account_id, now), now


def _walked(store: Store, walk: Walk) -> int:
    return store.reviews.walked(walk)


def _after(walk: Walk, page: Page[Seen]) -> Walk:
    """The walk with this page."""
    return walk.after(
        page.next_query, walk.count.after(page.total, sum(not item for item, _ in page.left_out))
    )


def _finish(store: Store, walk: Walk, *, gone: bool) -> PageChanges:
    """Ends a walk; after a full one, only what could not be read this time is still in quarantine."""
    changes = store.reviews.finish_walk(walk, gone=gone)
    if walk.full:
        store.quarantine.forget(REVIEWS, walk.app_id, walk.started_at)
    return changes


def _in_turns(crew: Crew, walks: Iterable[Iterator[None]]) -> None:
    """Takes a step of each walk in turn, `IN_FLIGHT` steps at a time, until all have ended."""
    waiting = deque(walks)

    def work() -> None:
        while True:
            try:
                walk = waiting.popleft()
            except IndexError:
                return
            for _ in walk:
                waiting.append(walk)
                break

    crew.run_all([work] * IN_FLIGHT)


def _concerns_all(error: AscinboxError) -> bool:
    from ascinbox.store.sync import WalkTaken

    if isinstance(error, UnexpectedAnswer | WalkTaken):
        return False
    return isinstance(
        error, Unauthorized | RateLimited | NetworkError | StoreError | VaultError | CredentialError
    )


def _some(names: Sequence[str]) -> str:
    if len(names) <= 3:
        return ", ".join(names)
    return f"{', '.join(names[:2])} and {len(names) - 2} more apps"
