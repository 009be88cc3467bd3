"""Reads reviews: windows by keyset, counts, details, views, what can be completed.

Called on any thread. What may take long goes to the store's slow connection; what a keystroke waits for is
marked as such and read beside what is being written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from ascinbox.core.filters import Query, parse
from ascinbox.core.records import ReviewDetail, ReviewRow
from ascinbox.workers.reviews.views import View, ViewList, delete_view, find_view, load_views, save_view
from ascinbox.workers.workspace import reads_only

if TYPE_CHECKING:
    from ascinbox.store.hot.facets import Facets
    from ascinbox.store.hot.reviews import Located, Window
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

LAST = ""
"""The name under which the last place of all is kept; no view can be called so."""
VIEW_COUNT_CAP = 2_000
"""A view's count stops here and says `2,000+`."""


@dataclass(frozen=True, slots=True)
class ViewCount:
    """How many reviews a view has, as far as they were counted."""

    count: int | None = None
    more: bool = False
    """At least `count`: nobody counted on."""

    def __str__(self) -> str:
        if self.count is None:
            return "?"
        return f"{self.count:,}+" if self.more else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the Inbox shows first."""

    views: ViewList
    view: int | None
    """Number of the view in force; None for a filter of the person's own."""
    query: str
    review: str | None
    """The review that the cursor goes to, if the query still shows it."""
    several_stores: bool = False
    """Whether accounts of more than one store are linked."""


class Inbox:
    """The service `workspace.inbox`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def query(self, text: str) -> Query:
        """The query that a filter means now. Raises FilterError (exit 3)."""
        return parse(text, now=self._workspace.clock.now().astimezone())

    # --- rows ---

    @reads_only
    def window(
        self,
        query: Query,
        anchor: int | None = None,
        limit: int = 64,
        direction: str = "after",
        inclusive: bool = False,
    ) -> Window:
        """At most `limit` rows beside the one whose key is `anchor`; see `store.reviews.window`."""
        return self._store.call(
            lambda s: s.reviews.window(
                query, anchor=anchor, limit=limit, direction=direction, inclusive=inclusive
            )
        )

    def head(self, query: Query, limit: int) -> tuple[ReviewRow, ...]:
        """The first rows of a list, by the second connection: for what no keystroke waits for."""
        return self._store.call(lambda s: s.reviews.window(query, limit=limit), slow=True).rows

    @reads_only
    def rows(self, ids: Sequence[str]) -> tuple[ReviewRow, ...]:
        """These reviews' rows as they are now."""
        return self._store.call(lambda s: s.reviews.rows(ids))

    @reads_only
    def locate(self, query: Query, review_id: str) -> Located | None:
        """Where a review stands in the list; None when it is not in it."""
        return self._store.call(lambda s: s.reviews.locate(query, review_id))

    @reads_only
    def count(self, query: Query, cap: int | None = None) -> int:
        """How many reviews the list has, counted up to `cap`; without one by the second connection."""
        return self._store.call(lambda s: s.reviews.count(query, cap), slow=cap is None)

    # --- one review ---

    @reads_only
    def detail(self, review_id: str) -> ReviewDetail | None:
        """Everything about one review; None when it is not cached."""
        return self._store.call(lambda s: s.reviews.get(review_id))

    @reads_only
    def details(self, ids: Sequence[str]) -> tuple[ReviewDetail, ...]:
        """Everything about these reviews, in this order."""
        return self._store.call(lambda s: s.reviews.details(ids))

    @reads_only
    def ids_beginning(self, begin: str, limit: int) -> list[str]:
        """At most `limit` ids of cached reviews that begin so."""
        return self._store.call(lambda s: s.reviews.ids_beginning(begin, limit))

    def export(self, query: Query, limit: int | None = None) -> Iterator[ReviewDetail]:
        """The list from its start; read in steps, so that other work comes between."""
        rows = self._store.call(lambda s: s.reviews.export(query, limit), slow=True)

        def step(_store: Store) -> list[ReviewDetail]:
            return list(islice(rows, 200))

        while batch := self._store.call(step, slow=True):
            yield from batch

    # --- counts and completion ---

    def view_counts(self) -> Mapping[str, ViewCount]:
        """Each view's name with its count, up to `VIEW_COUNT_CAP`."""
        counts: dict[str, ViewCount] = {}
        for view in self.views().views:
            query = self.query(view.query)
            count = self._store.call(lambda s, q: s.reviews.count(q, VIEW_COUNT_CAP), query, slow=True)
            counts[view.name] = ViewCount(count, more=count >= VIEW_COUNT_CAP)
        return counts

    def needing(self, query: Query) -> Query:
        """Those of a query's reviews that need the person, and that nobody else writes to."""
        return query.adding(*self.query("is:needs-reply -claimed:others").terms)

    def next_with_work(self, current: int | None) -> tuple[int, ViewCount] | None:
        """The next view after `current`, by number, in which a review needs somebody, and how many do.

        After the last comes the first. A view of everything is left out: what needs somebody is in others.
        """
        views = self.views().views
        start = -1 if current is None else current
        for step in range(1, len(views) + 1):
            number = (start + step) % len(views)
            query = self.query(views[number].query)
            if number == current or not query.terms:
                continue
            needing = self.needing(query)
            count = self._store.call(lambda s, q: s.reviews.count(q, VIEW_COUNT_CAP), needing, slow=True)
            if count:
                return number, ViewCount(count, more=count >= VIEW_COUNT_CAP)
        return None

    def facets(self, query: Query) -> Facets:
        """How the reviews of a query spread over apps, ratings and territories."""
        return self._store.call(lambda s: s.facets.of(query), slow=True)

    def values(self, key: str) -> Mapping[str, int]:
        """What the store knows of a key's values (apps, accounts, tags, territories …) with their counts."""
        return self._store.call(lambda s: s.facets.values(key), slow=True)

    # --- views ---

    def views(self) -> ViewList:
        """The views in their order, and what is wrong with views.toml."""
        return load_views(self._workspace.paths.views_file)

    def save_view(self, name: str, query: str, position: int | None = None) -> View:
        """Keeps a filter as a view. Raises UsageError or ConfigError."""
        view = save_view(self._workspace.paths.views_file, name, query, position)
        self._workspace.record("save view", "", f"{view.name}: {view.query}".rstrip(": "))
        return view

    def delete_view(self, name: str) -> bool:
        """Takes a saved view away; False when there is none of that name."""
        deleted = delete_view(self._workspace.paths.views_file, name)
        if deleted:
            self._workspace.record("delete view", "", name)
        return deleted

    @reads_only
    def place(self, view: str) -> str | None:
        """The review on which the cursor last stood in a view."""
        kept = self._store.call(lambda s: s.triage.place(view))
        return str(kept["review"]) if kept and kept.get("review") else None

    def save_place(self, view: str, query: str, review_id: str | None) -> None:
        """Keeps where the cursor stands, for this view and as the last place of all."""
        value = {"view": view, "query": query, "review": review_id}

        def save(store: Store) -> None:
            store.queue.save_place(view, value)
            store.queue.save_place(LAST, value)

        self._store.call(save)

    def last_place(self) -> tuple[str, str, str | None] | None:
        """View, filter and review of the last `save_place`; None the first time."""
        kept = self._store.call(lambda s: s.triage.place(LAST))
        return (str(kept["view"]), str(kept["query"]), kept["review"]) if kept else None

    def beginning(self, wanted: str | None = None) -> Beginning:
        """The view called `wanted`, or where one left last time; otherwise the first view."""
        views = self.views()
        last = self.last_place() if wanted is None else None
        name, query, review = last or (wanted or "", "", None)
        found = find_view(views.views, name) if name else None
        several = self.several_stores()
        if last is not None and found is None:
            return Beginning(views, None, query, review, several)
        number = next((n for n, view in enumerate(views.views) if view is found), 0)
        view = views.views[number]
        return Beginning(views, number, view.query, review or self.place(view.name), several)

    @reads_only
    def several_stores(self) -> bool:
        """Whether accounts of more than one store are linked: then a list says which store a review is in."""
        return self._store.call(lambda s: s.accounts.several_stores())
