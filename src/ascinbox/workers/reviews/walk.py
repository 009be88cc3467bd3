"""One app's reviews, page by page: what is new, or all of them with a count that must fit.

An incremental walk goes down from the newest page until a page holds nothing new and nothing changed. A full
walk goes to the last page; only then, and only when as many different reviews came as the store counts, is
what it did not see taken for gone. A list that ends early is an error, and walked again whole the next time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import NotFound, Rejected
from ascinbox.core.events import ReviewsChanged
from ascinbox.core.records import App, Page, PageChanges, Review
from ascinbox.core.stores import store_info
from ascinbox.sources.paging import EndlessList, ended_early, miscounted, repeated
from ascinbox.sources.paging import walk as pages
from ascinbox.workers.reviews.sync_run import SyncRun, Way
from ascinbox.workers.runtime.results import REVIEWS

if TYPE_CHECKING:
    from ascinbox.store.cache.prepared_review import PreparedReview
    from ascinbox.store.hot.sync import Walk
    from ascinbox.store.store import Store

LOOKED_AT_AGAIN = 20
"""Reviews of one app that one run reads by themselves because a page showed them without their response."""


class AppWalk:
    """The walk over one app's reviews by one credential."""

    def __init__(self, run: SyncRun, app: App, way: Way) -> None:
        self._run = run
        self._app = app
        self._way = way
        self._space = run.workspace
        self._about = store_info(way.state.account.store)
        self._full_every = timedelta(hours=self._space.config.seconds("sync", "full_walk_hours"))

    def steps(self) -> Iterator[None]:
        """Goes on with a walk that was interrupted, or begins one; a step is one page."""
        self._run.check(self._way)
        store = self._space.store
        known = store.call(lambda s: s.sync.walk_state(self._app.id))
        age = self._space.clock.now() - known.full_at if known.full_at is not None else None
        full = self._run.full or age is None or not timedelta(0) <= age < self._full_every
        walk = store.call(lambda s: s.sync.open_walk(self._app.id, full=full))
        if walk.next_query is None:
            yield from self._follow(walk, first=known.full_at is None)
            return
        try:
            yield from self._follow(walk)
        except Rejected as error:
            if not _refuses_query(error):
                raise
            # The cursor of the interrupted walk is not understood any more.
            anew = store.call(lambda s: s.sync.open_walk(self._app.id, full=full, resume=False))
            yield from self._follow(anew)
            return
        # What came in while the walk was interrupted stands above where it went on.
        newest = store.call(lambda s: s.sync.open_walk(self._app.id, full=False))
        yield from self._follow(newest)

    def _follow(self, walk: Walk, *, first: bool = False) -> Iterator[None]:
        """Goes on with the walk and ends it; raises UnexpectedAnswer for a list that is not whole."""
        store = self._space.store
        unanswered: list[str] = []
        try:
            walk, ended = yield from self._go_on(walk, unanswered, texts=first)
        except EndlessList:
            store.call(_give_up, walk)
            raise
        walked = came = store.call(_walked, walk)
        from_before = store.call(lambda s: s.reviews.walked_from_before(walk))
        if ended and walk.count.is_exceeded(walked):
            store.call(_give_up, walk)
            raise miscounted(walked, walk.count.last_total or 0, self._about.company)
        if ended and not walk.count.is_whole(came):
            # What was written while the pages were read stands at the top now.
            walk, came = yield from self._look_at_the_top(walk, came)
            if not walk.count.is_whole(came):
                store.call(_give_up, walk)
                raise ended_early(came, walk.count.last_total or 0, self._about.company)
        gone = self._about.keeps_all_reviews and walk.count.shows_gone(from_before, came)
        removed = store.call(lambda s: _finish(s, walk, gone=gone)).removed
        if removed:
            self._run.add(self._way.state, removed=len(removed))
            self._space.publish(ReviewsChanged(removed))
        yield from self._look_again(unanswered)

    def _look_again(self, unanswered: Iterable[str]) -> Iterator[None]:
        """Reads reviews by themselves whose known response no page showed: what that shows is believed.

        Those that are too many for this run keep their response until a later walk.
        """
        for review_id in list(dict.fromkeys(unanswered))[:LOOKED_AT_AGAIN]:
            yield
            self._run.check(self._way)
            self._space.throttle.give_way(self._space.stop)
            self._run.add(self._way.state, requests=1)
            try:
                with self._space.clients.turn():
                    review = self._run.client(self._way).review(review_id, self._app.id, urgent=False)
            except NotFound:
                # The list shows it: one of the two is wrong, and nothing is taken for gone.
                continue
            self._run.stored(self._way.state, self._space.store.call(_save_alone, self._app.id, review))

    def _go_on(
        self, walk: Walk, unanswered: list[str], *, texts: bool
    ) -> Generator[None, None, tuple[Walk, bool]]:
        """Pages from where the walk stands, fetched while the ones before are stored.

        An incremental walk stops at a page on which nothing is new. True: it came to the end of the list.
        `unanswered` gets the reviews that a page showed without the response that is known.
        """
        saving: deque[Future[PageChanges]] = deque()
        met: set[str] = set()

        def fetch(query: str | None) -> Page[PreparedReview]:
            return self._fetch(query, texts=texts)

        try:
            for page in pages(fetch, start=walk.next_query, counted=False, company=self._about.company):
                counts = walk.full and walk.pages == 0
                walk = _after(walk, page)
                saving.append(self._save(page, walk))
                self._run.fetched(self._way.state, page, counts=counts)
                if not walk.full:
                    changes = self._run.saver.result(saving.pop())
                    unanswered += self._run.stored(self._way.state, changes)
                    ids = {seen.id for seen in page.items}
                    # A page that repeats itself or the ones before hides what should stand there, and says
                    # nothing about what comes after it. New reviews meanwhile only move some rows down.
                    if len(ids) < len(page.items) or (ids and not ids - met):
                        self._space.store.call(_give_up, walk)
                        raise repeated(self._about.company)
                    if ids and not changes.new and not changes.changed:
                        return walk, False
                    met |= ids
                elif len(saving) > self._run.unstored:
                    changes = self._run.saver.result(saving.popleft())
                    unanswered += self._run.stored(self._way.state, changes)
                if page.next_query is not None:
                    yield
        finally:
            # Also when the next page cannot be had: what was fetched before is stored, and counted.
            for future in saving:
                unanswered += self._run.stored(self._way.state, self._run.saver.result(future))
        return walk, True

    def _look_at_the_top(self, walk: Walk, came: int) -> Generator[None, None, tuple[Walk, int]]:
        """Pages from the top down to the first with a review that this walk has met; how many it met."""
        query = None
        while True:
            page = self._fetch(query, texts=False)
            walk = replace(_after(walk, page), next_query=None)
            self._run.stored(self._way.state, self._run.saver.result(self._save(page, walk)))
            self._run.fetched(self._way.state, page, counts=False)
            before, came = came, self._space.store.call(_walked, walk)
            query = page.next_query
            if query is None or came - before < len(page.items) or not page.items:
                return walk, came
            yield

    def _fetch(self, query: str | None, *, texts: bool) -> Page[PreparedReview]:
        self._run.check(self._way)
        self._space.throttle.give_way(self._space.stop)
        with self._space.clients.turn():
            return self._run.client(self._way).reviews_read(
                self._app.id,
                lambda answer: self._run.reader.read(answer, self._app.id, texts=texts),
                query=query,
            )

    def _save(self, page: Page[PreparedReview], walk: Walk) -> Future[PageChanges]:
        from ascinbox.store.cache.prepared_review import PreparedPage

        self._run.quarantine(self._way.state, self._app, page)
        return self._run.saver.save(PreparedPage(self._app.id, {seen.id: seen for seen in page.items}, walk))


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


def _refuses_query(error: Rejected) -> bool:
    """Whether the store refuses what the query says (its cursor, say) and not the request itself."""
    codes = [problem.code for problem in error.problems if problem.code]
    return error.status == 400 and all(code.startswith("PARAMETER_ERROR") for code in codes)
