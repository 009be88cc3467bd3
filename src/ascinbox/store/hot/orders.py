"""The orders of a list as SQL; `index.groups` has them for the index.

Reviews go by one number upwards, then newest first; lists by date have no number and go by key alone. Unknown
ratings, reviews that never changed and those for which no clock runs come last, also when the order is turned
round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ascinbox.core.filters import SortKey
from ascinbox.core.filters.tree import Sort

if TYPE_CHECKING:
    from ascinbox.store.hot.filter_sql import Names

LAST = 1 << 62
"""The number of reviews that have none."""
Row = tuple[int, int]
"""A review's number in an order, and its key with a minus: rows sort as the list goes."""


class Order(NamedTuple):
    """An order as SQL over `r`."""

    value: str
    """The number; "0" in lists by date."""
    newest_first: bool = True
    bound: tuple[Any, ...] = ()
    """What is bound to `value`, wherever it stands."""

    @property
    def by_date(self) -> bool:
        """True when the key alone decides."""
        return self.value == "0"

    def by(self, key: str, *, backwards: bool = False) -> str:
        """The ORDER BY, where `value` names the number and `key` is the key's column."""
        by_key = f"{key} {'ASC' if self.newest_first is backwards else 'DESC'}"
        return by_key if self.by_date else f"value {'DESC' if backwards else 'ASC'}, {by_key}"


def order_of(sort: Sort, names: Names) -> Order:
    """The order that `sort` asks for."""
    sign = "-" if sort.reverse else ""
    match sort.key:
        case SortKey.RATING:
            return Order(f"coalesce({sign}r.rating, {LAST})")
        case SortKey.CHANGED:
            return Order(f"coalesce({'' if sort.reverse else '-'}r.changed_at, {LAST})")
        case SortKey.LONGEST:
            return Order("r.length" if sort.reverse else "-r.length")
        case SortKey.DUE:
            return _by_due(sign, names)
        case _:
            return Order("0", newest_first=sort.key is SortKey.NEWEST)


def _by_due(sign: str, names: Names) -> Order:
    from ascinbox.store.hot.due_sql import due_value

    due = due_value(names)
    return Order("0") if due is None else Order(f"coalesce({sign}{due.sql}, {LAST})", bound=due.values)
