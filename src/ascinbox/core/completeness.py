"""Whether a list that was read page by page came whole, and what may be taken for gone.

Absence is evidence only when as many different items came as Apple counts. Items may be added and removed
while the pages are read: what is new stands at the top, and after a removal the later pages move up, so that
an item which is still there may be passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ListCount:
    """What the pages of a list said about how long it is."""

    first_total: int | None = None
    """The first total that Apple gave; None while it gave none."""
    last_total: int | None = None
    """The last one."""
    unnamed: int = 0
    """Items that could not be read and had no id."""

    def after(self, total: int | None, unnamed: int = 0) -> ListCount:
        """The same with one page more."""
        if total is None:
            return replace(self, unnamed=self.unnamed + unnamed)
        first = total if self.first_total is None else self.first_total
        return ListCount(first, total, self.unnamed + unnamed)

    def is_whole(self, distinct: int) -> bool:
        """Whether as many different items came as Apple counted last; true where Apple counts nothing."""
        return self.last_total is None or distinct >= self.last_total

    def is_exceeded(self, walked: int) -> bool:
        """Whether more items came, from the top to the end, than Apple counted at any time of the walk.

        Such a total says nothing about how long the list is. What is new meanwhile stands above the top, and
        what is removed meanwhile was counted at the start.
        """
        return self.last_total is not None and walked > max(self.first_total or 0, self.last_total)

    def shows_gone(self, from_before: int, distinct: int) -> bool:
        """Whether an item that did not come is gone.

        `from_before` came from the top to the end and were written before the walk began, `distinct` are all
        that came, with what was new at the top afterwards. As many from before must have come as there were
        at the start: otherwise one that is still there may be passed over. What was written meanwhile makes
        up for none of them, however much it is.
        """
        if self.first_total is None or self.is_exceeded(from_before):
            return False
        return from_before >= self.first_total and self.is_whole(distinct)
