"""What the parts of the Inbox share: which reviews are listed, and where one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ascinbox.core.filters import Query
from ascinbox.tui.inbox.rows import Total

if TYPE_CHECKING:
    from ascinbox.tui.inbox.source import QuerySource
    from ascinbox.workers.reviews.views import View


class NextView(NamedTuple):
    """A view in which a review needs somebody."""

    number: int
    name: str
    left: str


@dataclass(slots=True)
class InboxState:
    """Changed by the parts, shown by the screen."""

    query_text: str = ""
    query: Query = field(default_factory=Query)
    several_stores: bool = False
    """Whether accounts of more than one store are linked."""
    source: QuerySource | None = None
    """The rows of that query; None until the first were asked for."""
    total_all: Total = field(default_factory=Total)
    """All reviews, whatever is filtered."""
    needing: Total = field(default_factory=Total)
    """Reviews of the list that need somebody, once they were counted."""
    next_view: NextView | None = None
    """Where the work goes on, once nothing in the list needs anybody."""
    views: Sequence[View] = ()
    view: int | None = 0
    """Number of the view in force; None for a filter of one's own."""
    came_from: int = 0
    """Number of the view that was in force last."""
    left_whole: frozenset[str] = frozenset()
    """Filters that `esc` leaves as a whole, for where one was before."""
    view_counts: Mapping[str, Total] = field(default_factory=dict)
    has_clock: bool = False
    """Reviews have times to answer by."""
    pane: str = "list"
    """Where the keys go: list, read or side."""
    zoomed: bool = False
    alone: bool = False
    """The reading pane stands without the list: it is zoomed, or the only pane there is room for."""
    answering: bool = False
    """A reply is being written or checked."""
    shows_others: bool = False
    """There is a fourth pane."""
    side_hidden: bool = False
    words_kept: dict[str, str] = field(default_factory=dict)
    """What was typed to somebody and could not be sent, by review: the next note there begins with it."""
    return_to: str = ""
    """The screen that the editor or the review was opened from, when it was another."""

    @property
    def shows_store(self) -> bool:
        """Whether a row has to say which store it is in."""
        return self.several_stores and not self.query.one_store

    def left(self, total: Total) -> Total:
        """How many of the listed reviews, `total` in all, still need somebody."""
        return total if self.query.only_needing else self.needing

    @property
    def view_name(self) -> str:
        """Name of the view in force; `Filter` for one's own."""
        return self.views[self.view].name if self.view is not None and self.views else "Filter"
