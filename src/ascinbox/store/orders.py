"""The orders of a list: as SQL, and as groups for the index.

Reviews go by one number upwards, then newest first; lists by date have no number and go by key alone. Unknown
ratings and reviews that never changed come last, also when the order is turned round.
"""

from __future__ import annotations

from dataclasses import dataclass

from ascinbox.core.filters import SortKey
from ascinbox.core.filters.tree import Sort
from ascinbox.store.index import terms
from ascinbox.store.index.clauses import Clause, Exact

LAST = 1 << 62
"""The number of reviews that have none."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as SQL over `r`."""

    value: str
    """The number; "0" in lists by date."""
    newest_first: bool = True

    @property
    def by_date(self) -> bool:
        """True when the key alone decides."""
        return self.value == "0"

    def by(self, key: str, *, backwards: bool = False) -> str:
        """The ORDER BY, where `value` names the number and `key` is the key's column."""
        by_key = f"{key} {'ASC' if self.newest_first is backwards else 'DESC'}"
        return by_key if self.by_date else f"value {'DESC' if backwards else 'ASC'}, {by_key}"


def order_of(sort: Sort) -> Order:
    """The order that `sort` asks for."""
    sign = "-" if sort.reverse else ""
    match sort.key:
        case SortKey.RATING:
            return Order(f"coalesce({sign}r.rating, {LAST})")
        case SortKey.CHANGED:
            return Order(f"coalesce({'' if sort.reverse else '-'}r.changed_at, {LAST})")
        case SortKey.LONGEST:
            return Order("r.length" if sort.reverse else "-r.length")
        case _:
            return Order("0", newest_first=sort.key is SortKey.NEWEST)


@dataclass(frozen=True, slots=True)
class Group:
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
