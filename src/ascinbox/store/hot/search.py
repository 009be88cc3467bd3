"""Finds the reviews of a query, in order, from a position on.

A small cache is read through. Of a large one the index answers for the reviews that are in blocks, and the
fresh ones are read through. Both give the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ascinbox.core.filters import Query
from ascinbox.store.database import Database
from ascinbox.store.hot.filter_sql import Names, Where
from ascinbox.store.hot.orders import Order, Row, order_of
from ascinbox.store.hot.scan import ALL, Scan

if TYPE_CHECKING:
    from ascinbox.store.cache.index.blocks import Block
    from ascinbox.store.cache.index.listing import IndexedReviews
    from ascinbox.store.hot.indexed import IndexedList


class Search:
    """Keys of reviews by query. A position is a key; in a list by date its row need not exist any more."""

    def __init__(self, database: Database, names: Names) -> None:
        self._database = database
        self._names = names
        self._scan = Scan(database, names)
        self._listing: IndexedReviews | None = None

    def keys(
        self,
        query: Query,
        anchor: int | None = None,
        limit: int = 64,
        *,
        backwards: bool = False,
        inclusive: bool = False,
    ) -> list[int]:
        """At most `limit` keys after `anchor` (before it, nearest first, if `backwards`)."""
        order = order_of(query.sort, self._names)
        ready = self._ready()
        if not ready or (order.by_date and not query.terms and not self._names.hidden_apps()):
            return self._scanned(query, order, anchor, limit, backwards=backwards, inclusive=inclusive)
        at = self._row(order, anchor)
        return self._indexed(query, ready).keys(at, limit, backwards=backwards, inclusive=inclusive)

    def count(self, query: Query, cap: int | None = None) -> int:
        """How many reviews the query has, counting no further than `cap`."""
        ready = self._ready()
        if not ready:
            return self._scan.count(self._scan.where(query), ALL, cap=cap)
        return self._indexed(query, ready).count(cap)

    def has(self, query: Query, key: int) -> bool:
        """Is the review of this key in the list?"""
        return self._scan.count(self._scan.where(query), ALL, Where("r.key = ?", (key,))) > 0

    def fitting(self, query: Query, ids: Sequence[str]) -> list[str]:
        """Those of these reviews (by Apple's id) that the query has, the oldest first."""
        return self._scan.among(self._scan.where(query), ids)

    def rank(self, query: Query, key: int) -> int:
        """How many reviews of the query stand before this position."""
        order = order_of(query.sort, self._names)
        ready = self._ready()
        if not ready:
            before = self._beyond(order, key, backwards=True, inclusive=False)
            if before is None or order.by_date:
                return self._scan.count(self._scan.where(query), ALL, before)
            return self._scan.count_beyond(self._scan.where(query), order, before)
        at = self._row(order, key)
        return 0 if at is None else self._indexed(query, ready).rank(at)

    def nth(self, query: Query, position: int) -> int | None:
        """The key at a position of the list."""
        ready = self._ready()
        if ready:
            return self._indexed(query, ready).nth(position)
        keys = self._scanned(query, order_of(query.sort, self._names), None, position + 1)
        return keys[position] if position < len(keys) else None

    def tally(self, query: Query, names: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many of the query's reviews have each value of these (see `indexed.TALLIED`)."""
        return self._indexed(query, self._ready()).tally(names)

    # --- reading through ---

    def _scanned(
        self,
        query: Query,
        order: Order,
        anchor: int | None,
        limit: int,
        *,
        backwards: bool = False,
        inclusive: bool = False,
    ) -> list[int]:
        beyond = self._beyond(order, anchor, backwards=backwards, inclusive=inclusive)
        where = self._scan.where(query)
        if beyond is None or order.by_date:
            by = order.by("r.key", backwards=backwards)
            rows = self._scan.keys(where, ALL, order.value, by, limit, beyond, order.bound)
        else:
            rows = self._scan.beyond(where, order, beyond, limit, backwards=backwards)
        return [key for _, key in rows]

    def _beyond(self, order: Order, anchor: int | None, *, backwards: bool, inclusive: bool) -> Where | None:
        """The condition that a row comes after (before) the anchor: on `r.key` in a list by date, on `value`
        and `key` in another."""
        if anchor is None:
            return None
        up = order.newest_first is backwards
        by_key = f"key {'>' if up else '<'}{'=' if inclusive else ''} ?"
        if order.by_date:
            return Where(f"r.{by_key}", (anchor,))
        at = self._row(order, anchor)
        if at is None:
            # From the start, which the list notices, rather than from nowhere.
            return None
        value = at[0]
        by_value = f"value {'<' if backwards else '>'} ?"
        return Where(f"({by_value} OR (value = ? AND {by_key}))", (value, value, anchor))

    def _row(self, order: Order, key: int | None) -> Row | None:
        """The anchor as a position; None when its row is gone and was needed to know where that was."""
        if key is None or order.by_date:
            return None if key is None else (0, -key)
        select = f"SELECT {order.value} FROM cache.review r WHERE r.key = ?"
        value = self._database.one(select, *order.bound, key)
        return None if value is None else (value, -key)

    def _ready(self) -> tuple[Block, ...]:
        """The blocks of the index. A small cache has none, and then its code is not even imported."""
        if self._listing is None:
            if self._database.one("SELECT 1 FROM cache.block WHERE ready = 1 LIMIT 1") is None:
                return ()
            self._listing = self._new_listing()
        return self._listing.blocks.ready()

    def _indexed(self, query: Query, ready: tuple[Block, ...]) -> IndexedList:
        from ascinbox.store.hot.indexed import IndexedList

        if self._listing is None:
            self._listing = self._new_listing()
        return IndexedList(self._scan, self._listing, query, self._names, ready)

    def _new_listing(self) -> IndexedReviews:
        from ascinbox.store.cache.index.blocks import Blocks
        from ascinbox.store.cache.index.listing import IndexedReviews

        return IndexedReviews(Blocks(self._database))
