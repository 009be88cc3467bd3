"""One query over a large cache at one moment: the blocks of the index and the fresh reviews together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from ascinbox.core.filters import Query
from ascinbox.store.cache.index import terms
from ascinbox.store.cache.index.blocks import Block
from ascinbox.store.cache.index.clauses import clauses_of
from ascinbox.store.cache.index.groups import Group, groups_of
from ascinbox.store.cache.index.listing import IndexedQuery, IndexedReviews
from ascinbox.store.hot.filter_sql import Names, Where
from ascinbox.store.hot.languages import LANGUAGE
from ascinbox.store.hot.orders import Row, order_of
from ascinbox.store.hot.scan import ALL, CHANGED, FRESH, Scan

ENDLESS = 1 << 62
_CHANGED_IN_BLOCKS = "r.changed_at IS NOT NULL AND r.key NOT IN (SELECT key FROM cache.fresh)"
TALLIED = {
    "app": (f"{terms.FACET}a", "r.app"),
    "rating": (f"{terms.FACET}r", "r.rating"),
    "territory": (f"{terms.FACET}t", "r.territory"),
    "state": (f"{terms.FACET}s", "r.state"),
    "version": (f"{terms.FACET}v", "r.app_version"),
    "lang": (f"{terms.FACET}g", LANGUAGE),
}
"""What can be tallied: the beginning of its facets, and the same in SQL."""


class IndexedList:
    """The rows of a query; `ready` may be empty, then all are fresh."""

    def __init__(
        self, scan: Scan, listing: IndexedReviews, query: Query, names: Names, ready: tuple[Block, ...]
    ) -> None:
        self._scan = scan
        self._listing = listing
        self._where = scan.where(query)
        self._words = scan.words(query)
        self._found = IndexedQuery(ready, clauses_of(query, names))
        self._order = order_of(query.sort, names)
        self._groups = () if self._order.by_date else groups_of(query.sort, names, len(ready))

    # --- pages ---

    def keys(self, at: Row | None, limit: int, *, backwards: bool, inclusive: bool) -> list[int]:
        """At most `limit` keys after (before) a position."""
        if self._order.by_date:
            return self._by_date(at, limit, backwards=backwards, inclusive=inclusive)
        rows: list[Row] = []
        for group in reversed(self._groups) if backwards else self._groups:
            if at is not None and (group.low > at[0] if backwards else group.high < at[0]):
                continue
            rows += self._page(group, at, limit - len(rows), backwards=backwards, inclusive=inclusive)
            if len(rows) >= limit:
                break
        return [-minus_key for _, minus_key in rows]

    def _by_date(self, at: Row | None, limit: int, *, backwards: bool, inclusive: bool) -> list[int]:
        newest_first = self._order.newest_first is not backwards
        low, high = -1, ENDLESS
        if at is not None and newest_first:
            high = -at[1] + inclusive
        elif at is not None:
            low = -at[1] + (not inclusive)
        indexed = self._listing.page(self._found, low, high, limit, self._fitting, newest_first=newest_first)
        between = Where("f.key >= ? AND f.key < ?", (low, high))
        by = self._order.by("f.key", backwards=backwards)
        fresh = self._scan.keys(self._where, FRESH, "0", by, limit, between)
        return sorted((*indexed, *(key for _, key in fresh)), reverse=newest_first)[:limit]

    def _page(
        self, group: Group, at: Row | None, limit: int, *, backwards: bool, inclusive: bool
    ) -> list[Row]:
        """At most `limit` rows of one group after (before) a position."""
        if group.uniform:
            low, high = -1, ENDLESS
            if at is not None and at[0] == group.low:
                key = -at[1]
                low, high = (key + (not inclusive), ENDLESS) if backwards else (-1, key + inclusive)
            found = self._part(group)
            keys = self._listing.page(found, low, high, limit, self._fitting, newest_first=not backwards)
            indexed = [(group.low, -key) for key in keys]
        else:
            rows, unsure = self._candidates(group)
            candidates = _beyond(rows, at, backwards=backwards, inclusive=inclusive)
            indexed = list(islice(self._verified(candidates, unsure, limit), limit))
        fresh = _beyond(self._fresh_of(group), at, backwards=backwards, inclusive=inclusive)[:limit]
        return sorted((*indexed, *fresh), reverse=backwards)[:limit]

    def _candidates(self, group: Group) -> tuple[list[Row], frozenset[int]]:
        """All rows of a group in blocks that fit or may fit, and the keys of those that only may."""
        if group.rare:
            rare = Where(_CHANGED_IN_BLOCKS, ())
            rows = self._scan.keys(self._where, CHANGED, self._order.value, "value", -1, rare)
            return sorted((value, -key) for value, key in rows), frozenset()
        if group.by_value:
            sure, possible = self._listing.keys_of(self._part(group))
            rows = self._scan.values_of(self._order.value, self._order.bound, (*sure, *possible))
            return sorted((value, -key) for value, key in rows), frozenset(possible)
        sign = -1 if self._order.value.startswith("-") else 1
        found = list(self._listing.with_lengths(self._part(group)))
        unsure = frozenset(key for _, key, certain in found if not certain)
        return sorted((sign * length, -key) for length, key, _ in found), unsure

    def _indexed(self, group: Group) -> list[Row]:
        """All rows of a group that are in blocks."""
        rows, unsure = self._candidates(group)
        return list(self._verified(rows, unsure, 1_000))

    def _verified(self, rows: Iterable[Row], unsure: frozenset[int], at_once: int) -> Iterator[Row]:
        """Those of the rows that fit; looks at no more than it has to."""
        rest = iter(rows)
        while batch := list(islice(rest, at_once)):
            doubtful = [-minus_key for _, minus_key in batch if -minus_key in unsure]
            fit = set(self._fitting(doubtful)) if doubtful else set()
            yield from (row for row in batch if -row[1] not in unsure or -row[1] in fit)

    def _part(self, group: Group) -> IndexedQuery:
        return self._found._replace(group=group.clause)

    @cached_property
    def _fresh(self) -> list[Row]:
        """All fresh rows in order."""
        order = self._order
        rows = self._scan.keys(self._where, FRESH, order.value, "value", -1, bound=order.bound)
        return sorted((value, -key) for value, key in rows)

    def _fresh_of(self, group: Group) -> list[Row]:
        start = bisect_left(self._fresh, (group.low, -ENDLESS))
        return self._fresh[start : bisect_left(self._fresh, (group.high + 1, -ENDLESS))]

    def _fitting(self, keys: Iterable[int]) -> Iterator[int]:
        return self._scan.fitting(self._words, keys)

    # --- numbers ---

    def count(self, cap: int | None = None) -> int:
        """How many rows there are, counting no further than `cap`."""
        if cap is not None and self._listing.certain(self._found) >= cap:
            return cap
        total = self._count(self._found) + self._scan.count(self._where, FRESH, cap=cap)
        return total if cap is None else min(total, cap)

    def rank(self, at: Row) -> int:
        """How many rows stand before a position."""
        if self._order.by_date:
            return self._before(-at[1])
        before = bisect_left(self._fresh, at)
        for group in self._groups:
            if group.high < at[0]:
                before += self._size(group)
            elif not group.uniform:
                return before + bisect_left(self._indexed(group), at)
            else:
                return before + self._count(self._part(group), low=-at[1] + 1)
        return before

    def nth(self, position: int) -> int | None:
        """The key of the row at `position`; None beyond the end."""
        if self._order.by_date:
            total = self.count()
            if position >= total:
                return None
            rows = self._scan.keys(self._where, FRESH, "0", "f.key", -1)
            number = total - 1 - position if self._order.newest_first else position
            return self._nth_key(self._found, [key for _, key in rows], number)
        for group in self._groups:
            fresh = self._fresh_of(group)
            size = self._size(group) + len(fresh)
            if position >= size:
                position -= size
            elif group.uniform:
                keys = sorted(-minus_key for _, minus_key in fresh)
                return self._nth_key(self._part(group), keys, size - 1 - position)
            else:
                return -sorted((*self._indexed(group), *fresh))[position][1]
        return None

    def _nth_key(self, found: IndexedQuery, fresh: list[int], number: int) -> int:
        """The key that has `number` smaller ones: the range of keys is halved until it is found."""
        low, high = 0, ENDLESS
        while low < high:
            middle = (low + high) // 2
            up_to = self._count(found, high=middle + 1) + bisect_right(fresh, middle)
            low, high = (low, middle) if up_to > number else (middle + 1, high)
        return low

    def _before(self, key: int) -> int:
        """Rows before a key in a list by date."""
        if self._order.newest_first:
            indexed = self._count(self._found, low=key + 1)
        else:
            indexed = self._count(self._found, high=key)
        side = Where(f"f.key {'>' if self._order.newest_first else '<'} ?", (key,))
        return indexed + self._scan.count(self._where, FRESH, side)

    def _size(self, group: Group) -> int:
        if group.rare:
            return len(self._indexed(group))
        return self._count(self._part(group))

    def _count(self, found: IndexedQuery, *, low: int | None = None, high: int | None = None) -> int:
        return self._listing.count(found, self._fitting, low=low, high=high)

    def tally(self, names: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many rows have each value of these (keys of `TALLIED`); "" is none."""
        counts: dict[str, dict[str, int]] = {}
        for name in names:
            prefix = TALLIED[name][0]
            found = self._listing.tally(self._found, self._fitting, prefix)
            counts[name] = {facet.removeprefix(prefix): number for facet, number in found.items()}
        source = FRESH if self._found.ready else ALL
        columns = ", ".join(TALLIED[name][1] for name in names)
        for *values, number in self._scan.groups(self._where, source, columns):
            for name, value in zip(names, values, strict=True):
                text = str(value or "")
                counts[name][text] = counts[name].get(text, 0) + number
        return counts


def _beyond(rows: list[Row], at: Row | None, *, backwards: bool, inclusive: bool) -> list[Row]:
    """The part of sorted rows after (before, nearest first) a position."""
    if backwards:
        end = len(rows) if at is None else (bisect_right if inclusive else bisect_left)(rows, at)
        return rows[:end][::-1]
    start = 0 if at is None else (bisect_left if inclusive else bisect_right)(rows, at)
    return rows[start:]
