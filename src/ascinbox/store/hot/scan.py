"""Finds reviews by reading through them: all of a small cache, the fresh ones of a large one, or some."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from ascinbox.core.filters import ByTerm, Query, TextTerm
from ascinbox.store.database import Database
from ascinbox.store.hot.filter_sql import Names, Where, where_of, words_of
from ascinbox.store.hot.orders import Order

ALL = "cache.review r"
CHANGED = "cache.review r INDEXED BY review_changed"
FRESH = "cache.fresh f CROSS JOIN cache.review r ON r.key = f.key"
_BY_WORDS = "cache.review_text t CROSS JOIN cache.review r ON r.key = t.key"
_TEXT = " CROSS JOIN cache.review_text t ON t.key = r.key"
LOOKED_AT_ONCE = 512


class Scan:
    """SQL over one review after the other. `source` is `ALL`, `FRESH` or `CHANGED`."""

    def __init__(self, database: Database, names: Names) -> None:
        self._database = database
        self._names = names

    def where(self, query: Query) -> Where:
        """What the query means now."""
        return where_of(query, self._names)

    def keys(
        self,
        where: Where,
        source: str,
        value: str,
        order: str,
        limit: int,
        also: Where | None = None,
        bound: tuple[Any, ...] = (),
    ) -> list[tuple[int, int]]:
        """At most `limit` (-1: all) pairs of `value`, to which `bound` is bound, and key. `order` may name
        `value`."""
        both = _with(where, also)
        rows = self._database.execute(
            f"SELECT {value} AS value, r.key FROM {_read(both, source, f'ORDER BY {order}')} LIMIT ?",
            (*bound, *both.values, limit),
        )
        return rows.fetchall()

    def beyond(
        self, where: Where, order: Order, beyond: Where, limit: int, *, backwards: bool
    ) -> list[tuple[int, int]]:
        """At most `limit` pairs of an order's value and key for which `beyond` holds, which names only these
        two: each value is worked out once, because SQLite does not look into a statement that has a limit."""
        rows = self._database.execute(
            f"SELECT value, key FROM ({self._valued(where, order)}) WHERE {beyond.sql} "
            f"ORDER BY {order.by('key', backwards=backwards)} LIMIT ?",
            (*order.bound, *where.values, *beyond.values, limit),
        )
        return rows.fetchall()

    def count_beyond(self, where: Where, order: Order, beyond: Where) -> int:
        """How many there are for which `beyond` holds."""
        return int(
            self._database.one(
                f"SELECT count(*) FROM ({self._valued(where, order)}) WHERE {beyond.sql}",
                *order.bound,
                *where.values,
                *beyond.values,
            )
        )

    def _valued(self, where: Where, order: Order) -> str:
        return f"SELECT {order.value} AS value, r.key AS key FROM {_read(where, ALL)} LIMIT -1"

    def values_of(self, value: str, bound: tuple[Any, ...], keys: Iterable[int]) -> list[tuple[int, int]]:
        """Pairs of `value` and key of these reviews."""
        rows = self._database.execute(
            f"SELECT {value} AS value, r.key FROM json_each(?) k "
            "CROSS JOIN cache.review r ON r.key = k.value",
            (*bound, json.dumps(list(keys))),
        )
        return rows.fetchall()

    def among(self, where: Where, ids: Sequence[str]) -> list[str]:
        """Ids of those of these reviews for which the condition holds, the oldest first."""
        named = Where("r.id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),))
        both = _with(where, named)._replace(words_decide=False)
        rows = self._database.execute(f"SELECT r.id FROM {_read(both, ALL, 'ORDER BY r.key')}", both.values)
        return [row[0] for row in rows]

    def count(self, where: Where, source: str, also: Where | None = None, cap: int | None = None) -> int:
        """How many there are, counting no further than `cap`."""
        both = _with(where, also)
        limit = "" if cap is None else f" LIMIT {int(cap)}"
        return int(
            self._database.one(
                f"SELECT count(*) FROM (SELECT 1 FROM {_read(both, source)}{limit})",
                *both.values,
            )
        )

    def groups(self, where: Where, source: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """Each combination of `columns` with its count, which comes last."""
        return self._database.execute(
            f"SELECT {columns}, count(*) FROM {_read(where, source)} GROUP BY {columns}", where.values
        )

    def words(self, query: Query) -> Where:
        """What the query's words mean, facets left out."""
        worded = (term for term in query.terms if isinstance(term, TextTerm | ByTerm))
        return words_of(worded)

    def fitting(self, where: Where, keys: Iterable[int]) -> Iterator[int]:
        """Those of these reviews whose words fit (see `words`), in the order given."""
        rest = iter(keys)
        while part := list(islice(rest, LOOKED_AT_ONCE)):
            fit = {
                row[0]
                for row in self._database.execute(
                    "SELECT t.key FROM json_each(?) k CROSS JOIN cache.review_text t "
                    f"WHERE t.key = k.value AND {where.sql}",
                    (json.dumps(part), *where.values),
                )
            }
            yield from (key for key in part if key in fit)


def _with(where: Where, also: Where | None) -> Where:
    if also is None:
        return where
    # The cheaper condition first.
    return where._replace(sql=f"{also.sql} AND {where.sql}", values=(*also.values, *where.values))


def _read(where: Where, source: str, order: str = "") -> str:
    """What follows FROM: the tables, the condition, the order."""
    rest = f"WHERE {where.sql} {order}"
    if where.words_decide and source == ALL:
        # Most reviews do not have the words: nothing else of them is read. SQLite does not see that both keys
        # are the same: condition and order have to name the one that is gone through.
        return f"{_BY_WORDS} {rest.replace('r.key', 't.key')}"
    return f"{source}{_TEXT if where.needs_text else ''} {rest}"
