"""The orders of a list as groups of reviews filed together: all of a rating, all of about a length."""

from __future__ import annotations

from typing import NamedTuple

from ascinbox.core.filters import SortKey
from ascinbox.core.filters.tree import Sort
from ascinbox.store.cache.index import terms
from ascinbox.store.cache.index.clauses import Clause, Exact
from ascinbox.store.hot.orders import LAST


class Group(NamedTuple):
    """Reviews whose numbers are from `low` to `high`: filed together in the index."""

    clause: Clause
    low: int
    high: int
    rare: bool = False
    """So few that SQL finds them through an index of its own."""

    @property
    def uniform(self) -> bool:
        """True when all have the same number, so that within the group they go by key."""
        return self.low == self.high


def groups_of(sort: Sort) -> tuple[Group, ...]:
    """The groups of an order that is not by date, in that order."""
    turn = -1 if sort.reverse else 1
    if sort.key is SortKey.RATING:
        known = [Group(_filed(terms.rating_facet(n)), turn * n, turn * n) for n in (1, 2, 3, 4, 5)]
        return (*known[::turn], Group(_filed(terms.rating_facet(None)), LAST, LAST))
    if sort.key is SortKey.CHANGED:
        return (
            Group(_filed(terms.CHANGED), -LAST, LAST - 1, rare=True),
            Group(Clause((Exact(terms.CHANGED),), negated=True), LAST, LAST),
        )
    steps = []
    for step in range(terms.length_step(LAST) + 1):
        shortest, beyond = terms.length_span(step)
        low, high = sorted((-turn * shortest, -turn * (beyond - 1)))
        steps.append(Group(_filed(terms.length_step_facet(step)), low, high))
    return tuple(steps[::-turn])


def _filed(term: str) -> Clause:
    return Clause((Exact(term),))
