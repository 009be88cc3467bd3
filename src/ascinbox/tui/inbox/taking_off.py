"""`esc` in the list: takes off what narrows it, one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.core.filters import Query

if TYPE_CHECKING:
    from ascinbox.tui.inbox.query import InboxQuery
    from ascinbox.tui.inbox.state import InboxState


async def take_off(filtering: InboxQuery, state: InboxState) -> bool:
    """The last term that was added to the view one came from goes, then that view; False when all reviews
    are listed."""
    if state.view is not None:
        everything = next((n for n, view in enumerate(state.views) if not view.query), None)
        if everything is None or not state.query_text.strip():
            return False
        await filtering.show_view(everything)
        return True
    base = filtering.parse(state.views[state.came_from].query) if state.views else Query()
    own = [term for term in state.query.terms if term not in base.terms]
    if len(own) > 1:
        kept = tuple(term for term in state.query.terms if term != own[-1])
        await filtering.show_own(replace(state.query, terms=kept))
    elif state.views:
        await filtering.show_view(state.came_from)
    else:
        await filtering.show_own(Query())
    return True
