"""Reviews and replies of every app into the cache: newest first, four requests in flight, resumable.

An incremental walk goes down from the newest page until a page holds nothing new and nothing changed. A full
walk goes to the last page; only then, and only when as many different reviews came as Apple counts, is what
it did not see taken for gone. A list that ends early is an error, and walked again whole the next time.
An app that several accounts or credentials see is fetched once, by the one that serves it
(core/health/serving.py).
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

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
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.serving import Known, gone_apps, served, serving
from ascinbox.core.records import Account, App, Credential, CredentialKind, LeftOut, Page, PageChanges, Review
from ascinbox.workers.accounts.visible_apps import known_of, note_apps
from ascinbox.workers.health.unreadable import note_unreadable
from ascinbox.workers.reviews.page_reader import Reader
from ascinbox.workers.runtime.daemon_pool import DaemonPool
from ascinbox.workers.runtime.results import REVIEWS, DatasetResult

if TYPE_CHECKING:
    from ascinbox.sources.apple.client import AppStoreConnect
    from ascinbox.store.cache.prepared_review import PreparedPage, PreparedReview
    from ascinbox.store.hot.sync import Walk
    from ascinbox.store.store import Store
    from ascinbox.store.thread import StoreThread
    from ascinbox.workers.runtime.leases import Lease
    from ascinbox.workers.workspace import Workspace

IN_FLIGHT = 4
"""Requests at a time, over all apps and accounts."""

UNSTORED = 3
"""Pages of one app that may wait to be stored while the next one is fetched."""
HELPED_FROM = 5_000
"""From so many reviews on, a second process that reads pages is worth its start."""
FEW_AT_ONCE, MOST_AT_ONCE = 2, 10
"""Pages in one transaction: a screen's reads come between transactions, a commit costs as much as a page."""

LOOKED_AT_AGAIN = 20
"""Reviews of one app that one run reads by themselves because a page showed them without their response."""

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
    """Whether Apple gave a page of reviews."""
    unreadable: str = ""
    """Why an answer could not be read."""
    left_out: int = 0
    """Items of Apple's that could not be read."""

    @property
    def keys(self) -> tuple[Credential, ...]:
        """The credentials that can list apps."""
        return tuple(c for c in self.account.credentials if c.kind is not CredentialKind.REPORTER)

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
        parts = [f"{_some(names)}: {title}" if names else title for title, names in self.problems.items()]
        return figures.plus(DatasetResult(ok=False, partly=self.answered, detail=" ".join(parts)))


@dataclass(frozen=True, slots=True)
class Way:
    """An account and one of its credentials."""

    state: AccountProgress
    credential: Credential


@dataclass(frozen=True, slots=True)
class AppListing:
    """The apps that Apple listed for one credential."""

    key_id: str
    apps: tuple[App, ...]
    unread: tuple[LeftOut, ...] = ()
    early: UnexpectedAnswer | None = None
    """The list ended before as many came as Apple counts."""

    @property
    def is_whole(self) -> bool:
        """Whether what is not in it is not there."""
        return self.early is None and not self.unread


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
        self._accounts = [AccountProgress(account, lease) for account, lease in accounts]
        self._in_bulk = in_bulk
        self._helped = False
        self._reader = Reader()
        self._saver = Saver(workspace.store, MOST_AT_ONCE if in_bulk else FEW_AT_ONCE)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._full_every = timedelta(hours=workspace.config.seconds("sync", "full_walk_hours"))

    @property
    def broken(self) -> dict[int, AscinboxError]:
        """Account id -> what made further requests pointless, with every key of the account."""
        return {
            state.account.id: next(iter(state.broken.values()))
            for state in self._accounts
            if state.broken and all(key.key_id in state.broken for key in state.keys)
        }

    def run(self) -> dict[int, DatasetResult]:
        """Account id -> what was done. One app's or one account's trouble is in its result, never raised."""
        with DaemonPool(IN_FLIGHT, "ascinbox-sync") as pool:
            try:
                pool.run_all(partial(self._list_apps, state) for state in self._accounts)
                _in_turns(pool, [self._sync_app(app, seers) for app, seers in self._jobs()])
            finally:
                self._stop.set()
                self._reader.close()
        for state in self._accounts:
            self._tell(state, finished=True)
            self._note_unreadable(state)
        return {state.account.id: state.result for state in self._accounts}

    def _note_unreadable(self, state: AccountProgress) -> None:
        """An answer that could not be read counts in Health until a whole run could be."""
        if state.unreadable or state.result.ok:
            now, account = self._workspace.clock.now(), state.account
            self._workspace.store.call(note_unreadable, account, Capability.REVIEWS, state.unreadable, now)

    # --- which apps ---

    def _list_apps(self, state: AccountProgress) -> None:
        """Asks for the apps with every key of the account: its apps are those that any of them sees."""
        listings: list[AppListing] = []
        failed: list[tuple[Way, AscinboxError]] = []
        try:
            self._workspace.client_for(state.account, REVIEWS)
            for credential in state.keys:
                way = Way(state, credential)
                try:
                    listings.append(self._listing(way))
                except AscinboxError as error:
                    failed.append((way, error))
            apps = self._workspace.store.call(_save_apps, state.account, listings)
        except (AscinboxError, Interrupted) as error:
            self._note(state, None, error)
            return
        for listing in listings:
            if listing.early is not None:
                self._note(state, None, listing.early)
        came = {app.id for listing in listings for app in listing.apps}
        for way, trouble in failed:
            # A key that fails takes nothing away where the others see all that it saw.
            seen = apps.known[way.credential.key_id].sees
            if not seen or not seen <= came:
                self._note(way, None, trouble)
            else:
                self._give_up(way, trouble)
        state.apps = tuple(app for app in apps.listed if app.id not in state.account.hidden_apps)
        state.ways = {
            app.id: tuple(
                Way(state, credential)
                for credential in serving(state.account.credentials, REVIEWS, apps.known, app.id)
            )
            for app in state.apps
        }
        self._tell_gaps(state, apps.known)
        if apps.changed:
            self._workspace.publish(AccountsChanged())

    def _listing(self, way: Way) -> AppListing:
        apps: list[App] = []
        unread: list[LeftOut] = []
        early: UnexpectedAnswer | None = None
        try:
            for page in self._client(way).apps():
                self._check(way)
                self._add(way.state, requests=1)
                apps.extend(page.items)
                unread.extend(page.left_out)
        except UnexpectedAnswer as error:
            if not apps:
                raise
            early = error
        self._workspace.saw_apple(True)
        return AppListing(way.credential.key_id, tuple(apps), tuple(unread), early)

    def _tell_gaps(self, state: AccountProgress, known: Mapping[str, Known]) -> None:
        shares = served(state.account.credentials, REVIEWS, known, state.apps)
        if shares.by_none:
            names = _some([app.name for app in shares.by_none])
            state.notes.append(f"{names}: no key here may read the reviews.")
        gone = gone_apps(state.account.credentials, known, state.apps)
        if gone:
            state.notes.append(f"{_some([app.name for app in gone])}: no longer visible to any key.")

    def _jobs(self) -> list[tuple[App, list[Way]]]:
        """Each app with the ways to it, the account that was linked first first."""
        jobs: dict[str, tuple[App, list[Way]]] = {}
        for state in self._accounts:
            for app in state.apps:
                if state.ways[app.id]:
                    jobs.setdefault(app.id, (app, []))[1].extend(state.ways[app.id])
        return list(jobs.values())

    # --- one app ---

    def _sync_app(self, app: App, ways: Sequence[Way]) -> Iterator[None]:
        """By the first credential that may; the next one is tried when Apple refuses it to this one.

        A step is one page: the apps take turns, so that the newest reviews of all of them come first.
        """
        for way in ways:
            if way is not ways[-1] and way.credential.key_id in way.state.broken:
                continue
            try:
                yield from self._walk_app(app, way)
                return
            except (Forbidden, NotFound, Unauthorized) as error:
                if way is ways[-1]:
                    self._note(way, app, error)
                elif isinstance(error, Unauthorized):
                    self._give_up(way, error)
            except (AscinboxError, Interrupted) as error:
                self._note(way, app, error)
                return

    def _walk_app(self, app: App, way: Way) -> Iterator[None]:
        self._check(way)
        store = self._workspace.store
        known = store.call(lambda s: s.sync.walk_state(app.id))
        age = self._workspace.clock.now() - known.full_at if known.full_at is not None else None
        full = self._full or age is None or not timedelta(0) <= age < self._full_every
        walk = store.call(lambda s: s.sync.open_walk(app.id, full=full))
        if walk.next_query is None:
            yield from self._follow(app, way, walk, first=known.full_at is None)
            return
        try:
            yield from self._follow(app, way, walk)
        except Rejected as error:
            if not _refuses_query(error):
                raise
            # The cursor of the interrupted walk is not understood any more.
            anew = store.call(lambda s: s.sync.open_walk(app.id, full=full, resume=False))
            yield from self._follow(app, way, anew)
            return
        # What came in while the walk was interrupted stands above where it went on.
        newest = store.call(lambda s: s.sync.open_walk(app.id, full=False))
        yield from self._follow(app, way, newest)

    def _follow(self, app: App, way: Way, walk: Walk, *, first: bool = False) -> Iterator[None]:
        """Goes on with the walk and ends it; raises UnexpectedAnswer for a list that is not whole."""
        from ascinbox.sources.apple.paging import EndlessList, ended_early, miscounted

        store = self._workspace.store
        unanswered: list[str] = []
        try:
            walk, ended = yield from self._go_on(app, way, walk, unanswered, texts=first)
        except EndlessList:
            store.call(_give_up, walk)
            raise
        walked = came = store.call(_walked, walk)
        from_before = store.call(lambda s: s.reviews.walked_from_before(walk))
        if ended and walk.count.is_exceeded(walked):
            store.call(_give_up, walk)
            raise miscounted(walked, walk.count.last_total or 0)
        if ended and not walk.count.is_whole(came):
            # What was written while the pages were read stands at the top now.
            walk, came = yield from self._look_at_the_top(app, way, walk, came)
            if not walk.count.is_whole(came):
                store.call(_give_up, walk)
                raise ended_early(came, walk.count.last_total or 0)
        gone = walk.count.shows_gone(from_before, came)
        removed = store.call(lambda s: _finish(s, walk, gone=gone)).removed
        if removed:
            self._add(way.state, removed=len(removed))
            self._workspace.publish(ReviewsChanged(removed))
        yield from self._look_again(app, way, unanswered)

    def _look_again(self, app: App, way: Way, unanswered: Iterable[str]) -> Iterator[None]:
        """Reads reviews by themselves whose known response no page showed: what that shows is believed.

        Those that are too many for this run keep their response until a later walk.
        """
        for review_id in list(dict.fromkeys(unanswered))[:LOOKED_AT_AGAIN]:
            yield
            self._check(way)
            self._workspace.throttle.give_way(self._workspace.stop)
            self._add(way.state, requests=1)
            try:
                with self._workspace.clients.turn():
                    review = self._client(way).review(review_id, app.id, urgent=False)
            except NotFound:
                # The list shows it: one of the two is wrong, and nothing is taken for gone.
                continue
            self._stored(way.state, self._workspace.store.call(_save_alone, app.id, review))

    def _go_on(
        self, app: App, way: Way, walk: Walk, unanswered: list[str], *, texts: bool
    ) -> Generator[None, None, tuple[Walk, bool]]:
        """Pages from where the walk stands, fetched while the ones before are stored.

        An incremental walk stops at a page on which nothing is new. True: it came to the end of the list.
        `unanswered` gets the reviews that a page showed without the response that is known.
        """
        from ascinbox.sources.apple.paging import walk as pages

        saving: deque[Future[PageChanges]] = deque()
        met: set[str] = set()

        def fetch(query: str | None) -> Page[PreparedReview]:
            return self._fetch(app, way, query, texts=texts)

        try:
            for page in pages(fetch, start=walk.next_query, counted=False):
                counts = walk.full and walk.pages == 0
                walk = _after(walk, page)
                saving.append(self._save(app, way, page, walk))
                self._fetched(way.state, page, counts=counts)
                if not walk.full:
                    changes = saving.pop().result()
                    unanswered += self._stored(way.state, changes)
                    ids = {seen.id for seen in page.items}
                    # A page that repeats itself or the ones before hides what should stand there, and says
                    # nothing about what comes after it. New reviews meanwhile only move some rows down.
                    if len(ids) < len(page.items) or (ids and not ids - met):
                        from ascinbox.sources.apple.paging import repeated

                        self._workspace.store.call(_give_up, walk)
                        raise repeated()
                    if ids and not changes.new and not changes.changed:
                        return walk, False
                    met |= ids
                elif len(saving) > UNSTORED:
                    unanswered += self._stored(way.state, saving.popleft().result())
                if page.next_query is not None:
                    yield
        finally:
            # Also when the next page cannot be had: what was fetched before is stored, and counted.
            for future in saving:
                unanswered += self._stored(way.state, future.result())
        return walk, True

    def _look_at_the_top(
        self, app: App, way: Way, walk: Walk, came: int
    ) -> Generator[None, None, tuple[Walk, int]]:
        """Pages from the top down to the first with a review that this walk has met; how many it met."""
        query = None
        while True:
            page = self._fetch(app, way, query, texts=False)
            walk = replace(_after(walk, page), next_query=None)
            self._stored(way.state, self._save(app, way, page, walk).result())
            self._fetched(way.state, page, counts=False)
            before, came = came, self._workspace.store.call(_walked, walk)
            query = page.next_query
            if query is None or came - before < len(page.items) or not page.items:
                return walk, came
            yield

    def _fetch(self, app: App, way: Way, query: str | None, *, texts: bool) -> Page[PreparedReview]:
        self._check(way)
        self._workspace.throttle.give_way(self._workspace.stop)
        with self._workspace.clients.turn():
            return self._client(way).reviews_read(
                app.id, lambda answer: self._reader.read(answer, app.id, texts=texts), query=query
            )

    def _save(self, app: App, way: Way, page: Page[PreparedReview], walk: Walk) -> Future[PageChanges]:
        from ascinbox.store.cache.prepared_review import PreparedPage

        self._quarantine(way.state, app, page)
        return self._saver.save(PreparedPage(app.id, {seen.id: seen for seen in page.items}, walk))

    # --- what is common to all requests ---

    def _client(self, way: Way) -> AppStoreConnect:
        return self._workspace.client_of(way.credential)

    def _check(self, way: Way) -> None:
        ended = self._stop.is_set() or self._workspace.stop.is_set() or not way.state.lease.held
        if ended or way.credential.key_id in way.state.broken:
            raise Interrupted

    def _fetched(self, state: AccountProgress, page: Page[PreparedReview], *, counts: bool) -> None:
        with self._lock:
            state.figures = state.figures.plus(DatasetResult(requests=1))
            state.done += len(page.items)
            state.answered = True
            if counts:
                state.total += page.total or 0
            begin = self._in_bulk and not self._helped
            begin = begin and sum(each.total for each in self._accounts) >= HELPED_FROM
            self._helped = self._helped or begin
        if begin:
            self._reader.start()
        self._tell(state)

    def _quarantine(self, state: AccountProgress, app: App, page: Page[PreparedReview]) -> None:
        """Remembers what of the page could not be read, before the cursor moves on."""
        if page.left_out:
            log.warning("%s: %d items of a page could not be read", app.id, len(page.left_out))
            self._workspace.store.call(lambda s: s.quarantine.put(REVIEWS, app.id, page.left_out))
            self._add_left_out(state, len(page.left_out))

    def _add_left_out(self, state: AccountProgress, number: int) -> None:
        with self._lock:
            state.left_out += number

    def _stored(self, state: AccountProgress, changes: PageChanges) -> tuple[str, ...]:
        """Counts and tells what is stored; the reviews that came without their known response."""
        self._add(state, new=len(changes.new), changed=len(changes.changed))
        if changes.ids:
            self._workspace.publish(ReviewsChanged(changes.ids, len(changes.new)))
        return changes.unanswered

    def _add(self, state: AccountProgress, **figures: int) -> None:
        with self._lock:
            state.figures = state.figures.plus(DatasetResult(**figures))  # type: ignore[arg-type]

    def _tell(self, state: AccountProgress, *, finished: bool = False) -> None:
        with self._lock:
            done, total, detail = state.done, state.total or None, state.result.detail
        self._workspace.publish(SyncProgress(state.account.name, REVIEWS, done, total, finished, detail))

    def _note(self, at: Way | AccountProgress, app: App | None, error: AscinboxError | Interrupted) -> None:
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
            self._workspace.saw_apple(False, error.title)

    def _give_up(self, way: Way, error: AscinboxError) -> None:
        """Notes what a key cannot do any more; where another one serves the app, that is no trouble."""
        log.warning("%s: key %s: %s", way.state.account.name, way.credential.key_id, error)
        self._give_up_key(way.state, way.credential.key_id, error)

    def _give_up_key(self, state: AccountProgress, key_id: str, error: AscinboxError) -> None:
        if _concerns_all(error):
            with self._lock:
                state.broken.setdefault(key_id, error)


@dataclass(frozen=True, slots=True)
class _Apps:
    """What the listings of an account's keys make of its apps."""

    listed: tuple[App, ...]
    known: Mapping[str, Known]
    changed: bool


def _save_apps(store: Store, account: Account, listings: Sequence[AppListing]) -> _Apps:
    """Saves which key sees which app now. An app stays the account's, also when no key sees it any more:
    Health names it then, and its reviews stay where they are."""
    began = store.clock.now()
    scope = str(account.id)
    before = known_of(store, account)
    was_gone = gone_apps(account.credentials, before, store.accounts.apps(account.id))
    for listing in listings:
        store.quarantine.put("apps", scope, listing.unread)
        seen = before[listing.key_id].sees or frozenset()
        kept = frozenset() if listing.is_whole else seen
        ids = {app.id for app in listing.apps} | kept
        note_apps(store, account.id, listing.key_id, ids, began)
    if listings and all(listing.early is None for listing in listings):
        store.quarantine.forget("apps", scope, began)
    listed = {app.id: app for listing in listings for app in listing.apps}
    rest = [app for app in store.accounts.apps(account.id) if app.id not in listed]
    apps = (*listed.values(), *rest)
    added = store.accounts.save_apps(account.id, apps).added
    known = known_of(store, account)
    gone = gone_apps(account.credentials, known, apps)
    return _Apps(apps, known, bool(added) or gone != was_gone)


def _give_up(store: Store, walk: Walk) -> None:
    store.reviews.give_up_walk(walk)


def _save_alone(store: Store, app_id: str, review: Review) -> PageChanges:
    """Saves a review that was read by itself."""
    return store.reviews.save_page(app_id, [review])


def _walked(store: Store, walk: Walk) -> int:
    return store.reviews.walked(walk)


def _after(walk: Walk, page: Page[PreparedReview]) -> Walk:
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


def _in_turns(pool: DaemonPool, walks: Iterable[Iterator[None]]) -> None:
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

    pool.run_all([work] * IN_FLIGHT)


def _refuses_query(error: Rejected) -> bool:
    """Whether Apple refuses what the query says (its cursor, say) and not the request itself."""
    codes = [problem.code for problem in error.problems if problem.code]
    return error.status == 400 and all(code.startswith("PARAMETER_ERROR") for code in codes)


def _concerns_all(error: AscinboxError) -> bool:
    from ascinbox.store.hot.sync import WalkTaken

    if isinstance(error, UnexpectedAnswer | WalkTaken):
        return False
    return isinstance(
        error, Unauthorized | RateLimited | NetworkError | StoreError | VaultError | CredentialError
    )


def _some(names: Sequence[str]) -> str:
    if len(names) <= 3:
        return ", ".join(names)
    return f"{', '.join(names[:2])} and {len(names) - 2} more apps"
