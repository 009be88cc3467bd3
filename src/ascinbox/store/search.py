"""Finds the reviews of a query, in order, from a position on."""

from __future__ import annotations

from typing import Any

from ascinbox.core.filters import Query
from ascinbox.store.database import Database
from ascinbox.store.filter_sql import Names, Order, Where, order_of, where_of

_TEXT = " JOIN cache.review_text t ON t.key = r.key"


class Search:
    """Keys of reviews by query. A position is a key; in a list by date its row need not exist any more."""

    def __init__(self, database: Database, names: Names) -> None:
        self._database = database
        self._names = names

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
        order = order_of(query.sort)
        where = where_of(query, self._names)
        position, values = self._beyond(order, anchor, backwards=backwards, inclusive=inclusive)
        up = not order.newest_first
        by_key = "ASC" if up is not backwards else "DESC"
        by_value = "" if order.by_date else f"{order.value} {'DESC' if backwards else 'ASC'}, "
        rows = self._database.execute(
            f"SELECT r.key FROM {_source(where)} WHERE {where.sql} AND {position} "
            f"ORDER BY {by_value}r.key {by_key} LIMIT ?",
            (*where.values, *values, limit),
        )
        return [row[0] for row in rows]

    def count(self, query: Query, cap: int | None = None) -> int:
        """How many reviews the query has, counting no further than `cap`."""
        where = where_of(query, self._names)
        limit = "" if cap is None else f" LIMIT {int(cap)}"
        return int(
            self._database.one(
                f"SELECT count(*) FROM (SELECT 1 FROM {_source(where)} WHERE {where.sql}{limit})",
                *where.values,
            )
        )

    def has(self, query: Query, key: int) -> bool:
        """Is the review of this key in the list?"""
        where = where_of(query, self._names)
        return (
            self._database.one(
                f"SELECT 1 FROM {_source(where)} WHERE {where.sql} AND r.key = ?", *where.values, key
            )
            is not None
        )

    def rank(self, query: Query, key: int) -> int:
        """How many reviews of the query stand before this position."""
        order = order_of(query.sort)
        where = where_of(query, self._names)
        position, values = self._beyond(order, key, backwards=True, inclusive=False)
        return int(
            self._database.one(
                f"SELECT count(*) FROM {_source(where)} WHERE {where.sql} AND {position}",
                *where.values,
                *values,
            )
        )

    def nth(self, query: Query, position: int) -> int | None:
        """The key at a position of the list."""
        keys = self.keys(query, None, position + 1)
        return keys[position] if position < len(keys) else None

    def _beyond(
        self, order: Order, anchor: int | None, *, backwards: bool, inclusive: bool
    ) -> tuple[str, tuple[Any, ...]]:
        """The condition that a row comes after (before) the anchor."""
        if anchor is None:
            return "1", ()
        up = (not order.newest_first) is not backwards
        same = "=" if inclusive else ""
        by_key = f"r.key {'>' if up else '<'}{same} ?"
        if order.by_date:
            return by_key, (anchor,)
        value = self._database.one(f"SELECT {order.value} FROM cache.review r WHERE r.key = ?", anchor)
        if value is None:
            # The row is gone: from the start, which the list notices, rather than from nowhere.
            return "1", ()
        by_value = "<" if backwards else ">"
        return f"({order.value} {by_value} ? OR ({order.value} = ? AND {by_key}))", (value, value, anchor)


def _source(where: Where) -> str:
    return f"cache.review r{_TEXT if where.needs_text else ''}"
