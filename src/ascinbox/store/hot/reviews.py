"""Reviews: pages in; windows, counts and details out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ascinbox.core.clock import Clock
from ascinbox.core.records import PageChanges, Rating, Review, ReviewDetail, ReviewRow
from ascinbox.store.database import Database
from ascinbox.store.hot.rows import RowReader, details_by_id, details_by_key, rows_by_id, rows_by_key

if TYPE_CHECKING:
    from ascinbox.core.filters import Query
    from ascinbox.core.reviews.answer_clock import AnswerClock
    from ascinbox.store.cache.pages import Pages
    from ascinbox.store.cache.prepared_review import PreparedPage
    from ascinbox.store.hot.filter_sql import Names
    from ascinbox.store.hot.search import Search
    from ascinbox.store.hot.sync import Walk, WalkTaken
    from ascinbox.store.mirror import Mirror

EXPORTED_AT_ONCE = 200


class Window(NamedTuple):
    """Consecutive rows of a list."""

    rows: tuple[ReviewRow, ...]
    has_before: bool
    has_after: bool


class Located(NamedTuple):
    """Where a review stands in a list."""

    key: int
    position: int
    """Rows before it."""


class Reviews:
    """Everything about reviews. `me` is who `is:mine` and `assignee:me` mean."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        me: str = "",
        mirror: Mirror | None = None,
        answer_clock: AnswerClock | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._mirror = mirror
        self._me = me
        self._answer_clock = answer_clock

    @cached_property
    def names(self) -> Names:
        """Looks up what a filter means."""
        from ascinbox.store.hot.filter_sql import Names

        return Names(self._database, self._me, self._clock, self._answer_clock)

    @cached_property
    def search(self) -> Search:
        """Finds what a query asks for. Imported here: lists of replies and accounts ask nothing of it."""
        from ascinbox.store.hot.search import Search

        return Search(self._database, self.names)

    def _reader(self) -> RowReader:
        now = self._clock.now()
        due = None if self._answer_clock is None else self.names.rules.column(now)
        return RowReader(now.timestamp(), self._me, due)

    @cached_property
    def _pages(self) -> Pages:
        from ascinbox.store.cache.pages import Pages

        return Pages(self._database, self._clock, self._mirror)

    # --- pages in ---

    def save_page(self, app_id: str, reviews: Sequence[Review], *, walk: Walk | None = None) -> PageChanges:
        """Stores a page and the walk's position in one transaction; tells what really changed.

        A review counts as changed when its text or rating, its response or anything else of Apple's differs
        from what was cached; the text it had before is kept in user.db, and if there was a reply or it was
        done it is marked as changed. `walk` is the walk after this page (`Walk.after`); a page of a walk
        takes no known response away (`PageChanges.unanswered`), a review that was read by itself does.
        Raises WalkTaken, with nothing stored, when somebody else has taken the walk over.
        """
        from ascinbox.store.cache.prepared_review import PreparedPage

        return self._pages.save(PreparedPage.of(app_id, reviews, walk))

    def save_past(self, app_id: str, reviews: Sequence[Review]) -> PageChanges:
        """Stores reviews from a file of past ones, as `save_page`; nobody is told of them as of news."""
        from ascinbox.store.cache.prepared_review import PreparedPage

        return self._pages.save(replace(PreparedPage.of(app_id, reviews), past=True))

    def save_ratings(self, ratings: Sequence[Rating]) -> int:
        """Stores stars without a word; how many are new or were changed."""
        from ascinbox.store.cache import ratings as rows

        return rows.save(self._database, ratings)

    def save_pages(
        self, pages: Sequence[PreparedPage], *, in_bulk: bool = False
    ) -> list[PageChanges | WalkTaken]:
        """Stores several pages in one transaction; each result is as `save_page` gives or raises it.

        `in_bulk`: many more follow, and `Store.maintain` after them."""
        return self._pages.save_together(pages, in_bulk=in_bulk)

    def walked(self, walk: Walk) -> int:
        """How many different reviews the walk met so far, those that could not be read among them."""
        return self._pages.distinct(walk)

    def walked_from_before(self, walk: Walk) -> int:
        """The same without reviews that were written after the walk began."""
        return self._pages.distinct_from_before(walk)

    def finish_walk(self, walk: Walk, *, gone: bool = True) -> PageChanges:
        """Ends a walk that came to the last page. After a full one, reviews that it did not show are removed
        if that shows that they are `gone`: kept for reading, left out of lists, back as soon as Apple shows
        them again. Raises WalkTaken."""
        return self._pages.finish(walk, gone=gone)

    def give_up_walk(self, walk: Walk) -> None:
        """Ends a walk whose list ended early: nothing is removed, and the next walk has to be a full one.
        Raises WalkTaken."""
        self._pages.give_up(walk)

    def known(self, ids: Iterable[str]) -> frozenset[str]:
        """Which of these reviews are in the cache."""
        return frozenset(rows_by_id(self._database, ids, self._reader()))

    def fitting(self, query: Query, ids: Sequence[str]) -> list[str]:
        """Those of these reviews that are in the query's list, the oldest first."""
        return self.search.fitting(query, ids)

    # --- lists out ---

    def window(
        self,
        query: Query,
        *,
        anchor: int | None = None,
        limit: int = 64,
        direction: str = "after",
        inclusive: bool = False,
    ) -> Window:
        """At most `limit` rows next to the row whose key is `anchor`, in the order of the list.

        `direction` is `after` (or `before`) the anchor; without an anchor the window is at the start (or the
        end) of the list. `inclusive` takes the anchor's own row into it.
        """
        before = direction == "before"
        keys = self.search.keys(query, anchor, limit + 1, backwards=before, inclusive=inclusive)
        more = len(keys) > limit
        keys = keys[:limit]
        if before:
            keys.reverse()
        found = rows_by_key(self._database, keys, self._reader())
        other_side = self._beyond(query, anchor, keys, backwards=before, inclusive=inclusive)
        return Window(
            rows=tuple(found[key] for key in keys if key in found),
            has_before=more if before else other_side,
            has_after=other_side if before else more,
        )

    def _beyond(
        self, query: Query, anchor: int | None, keys: Sequence[int], *, backwards: bool, inclusive: bool
    ) -> bool:
        """Is there a row on the other side of the window, where it was asked from?"""
        if anchor is None:
            return False
        edge = anchor
        if keys and inclusive:
            edge = keys[-1] if backwards else keys[0]
        return bool(self.search.keys(query, edge, 1, backwards=not backwards, inclusive=not inclusive))

    def count(self, query: Query, cap: int | None = None) -> int:
        """How many rows the list has; with `cap`, at most that. With words it belongs in the slow lane."""
        return self.search.count(query, cap)

    def locate(self, query: Query, review_id: str) -> Located | None:
        """Where the review stands in the list; None when it is not in it."""
        key = self._database.one("SELECT key FROM cache.review WHERE id = ?", review_id)
        if key is None or not self.search.has(query, key):
            return None
        return Located(key, self.search.rank(query, key))

    def rank(self, query: Query, key: int) -> int:
        """How many rows of the list stand before the position of `key`."""
        return self.search.rank(query, key)

    def nth(self, query: Query, position: int) -> int | None:
        """The key of the row at `position` (from 0); None beyond the end."""
        return self.search.nth(query, position)

    def get(self, review_id: str) -> ReviewDetail | None:
        """Everything about one review."""
        return details_by_id(self._database, (review_id,), self._reader()).get(review_id)

    def ids_beginning(self, begin: str, limit: int) -> list[str]:
        """At most `limit` ids that begin so."""
        rows = self._database.execute(
            "SELECT id FROM cache.review WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
            (begin, begin + "\U0010ffff", limit),
        )
        return [row[0] for row in rows]

    def details(self, ids: Sequence[str]) -> tuple[ReviewDetail, ...]:
        """Everything about these reviews, in this order; those that are unknown are left out."""
        found = details_by_id(self._database, ids, self._reader())
        return tuple(found[review_id] for review_id in ids if review_id in found)

    def rows(self, ids: Sequence[str]) -> tuple[ReviewRow, ...]:
        """The rows of these reviews as they are now, in this order; those that are unknown are left out."""
        found = rows_by_id(self._database, ids, self._reader())
        return tuple(found[review_id] for review_id in ids if review_id in found)

    def export(self, query: Query, limit: int | None = None) -> Iterator[ReviewDetail]:
        """The list from its start, in small steps, so that other work comes between."""
        anchor: int | None = None
        left = limit
        while left is None or left > 0:
            step = EXPORTED_AT_ONCE if left is None else min(left, EXPORTED_AT_ONCE)
            keys = self.search.keys(query, anchor, step)
            yield from details_by_key(self._database, keys, self._reader())
            if len(keys) < step:
                return
            anchor = keys[-1]
            left = None if left is None else left - len(keys)
