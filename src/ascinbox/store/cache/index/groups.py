"""The orders of a list as groups of reviews filed together: all of a rating, all of about a length."""

from __future__ import annotations

from typing import NamedTuple

from ascinbox.core.filters import DueTerm, SortKey
from ascinbox.core.filters.tree import Sort
from ascinbox.store.cache.index import terms
from ascinbox.store.cache.index.clauses import Clause, Exact, due_lookups
from ascinbox.store.hot.filter_sql import Names
from ascinbox.store.hot.orders import LAST


class Group(NamedTuple):
    """Reviews whose numbers are from `low` to `high`: filed together in the index."""

    clause: Clause
    low: int
    high: int
    rare: bool = False
    """So few that SQL finds them through an index of its own."""

    by_value: bool = False
    """Of which SQL tells the number of each."""

    @property
    def uniform(self) -> bool:
        """True when all have the same number, so that within the group they go by key."""
        return self.low == self.high


def groups_of(sort: Sort, names: Names, blocks: int) -> tuple[Group, ...]:
    """The groups of an order that is not by date, in that order. `blocks`: how many the index has."""
    turn = -1 if sort.reverse else 1
    if sort.key is SortKey.RATING:
        known = [Group(_filed(terms.rating_facet(n)), turn * n, turn * n) for n in (1, 2, 3, 4, 5)]
        return (*known[::turn], Group(_filed(terms.rating_facet(None)), LAST, LAST))
    if sort.key is SortKey.CHANGED:
        return (
            Group(_filed(terms.CHANGED), -LAST, LAST - 1, rare=True),
            Group(Clause((Exact(terms.CHANGED),), negated=True), LAST, LAST),
        )
    if sort.key is SortKey.DUE:
        return _by_due(turn, names, max(1, blocks))
    steps = []
    for step in range(terms.length_step(LAST) + 1):
        shortest, beyond = terms.length_span(step)
        low, high = sorted((-turn * shortest, -turn * (beyond - 1)))
        steps.append(Group(_filed(terms.length_step_facet(step)), low, high))
    return tuple(steps[::-turn])


def _by_due(turn: int, names: Names, stretches: int) -> tuple[Group, ...]:
    """Stretches of due times, of which a page looks at the first few only; then what has no due time."""
    clock, oldest = names.answer_clock, names.oldest()
    if clock is None:
        return ()
    now = clock.now(names.moment)
    latest = max(clock.due(rule, now) or now for rule in range(len(clock.rules)))
    edges = sorted({oldest + (latest - oldest) * part // stretches for part in range(1, stretches)} | {now})
    lows, highs = (None, *edges), (*edges, None)
    terms_of = [
        DueTerm("", None if low is None else low - now, None if high is None else high - now)
        for low, high in zip(lows, highs, strict=True)
    ]
    *lookups, anything = due_lookups((*terms_of, DueTerm("", None, None)), names)
    groups = []
    for low, high, lookup in zip(lows, highs, lookups, strict=True):
        ends = (1 - LAST if low is None else low + 1, LAST - 1 if high is None else high)
        first, last = sorted(turn * end for end in ends)
        groups.append(Group(Clause((lookup,)), first, last, by_value=True))
    return (*groups[::turn], Group(Clause((anything,), negated=True), LAST, LAST))


def _filed(term: str) -> Clause:
    return Clause((Exact(term),))
