"""`esc` in the list: takes off what narrows it, one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.core.filters import Query, Sort

if TYPE_CHECKING:
    from ascinbox.core.filters.tree import Term
    from ascinbox.tui.inbox.query import InboxQuery
    from ascinbox.tui.inbox.state import InboxState


async def take_off(filtering: InboxQuery, state: InboxState) -> bool:
    """The last term that was added to the view one came from goes, then that view; False when all reviews
    are listed."""
    if state.view is not None:
        everything = _everything(state)
        if everything is None:
            return False
        await filtering.show_view(everything)
        return True
    own = _own_terms(filtering, state)
    if len(own) > 1:
        kept = tuple(term for term in state.query.terms if term != own[-1])
        await filtering.show_own(replace(state.query, terms=kept))
    elif state.views:
        await filtering.show_view(state.came_from)
    else:
        await filtering.show_own(Query())
    return True


async def take_off_chip(filtering: InboxQuery, state: InboxState, number: int) -> None:
    """Takes off one chip of the filter bar, counted from 0; behind the last term stands the order."""
    terms = state.query.terms
    if number < len(terms):
        kept = (*terms[:number], *terms[number + 1 :])
        await filtering.show_own(replace(state.query, terms=kept))
    else:
        await filtering.show_own(replace(state.query, sort=Sort()))


def taken_off_words(filtering: InboxQuery, state: InboxState, *, selected: bool) -> str:
    """What `esc` does next in the list, in words; empty when nothing narrows it."""
    if selected:
        return "selects none"
    if state.query_text in state.left_whole:
        return "goes back"
    if state.return_to:
        return f"goes back to {state.return_to.capitalize()}"
    if state.view is not None:
        everything = _everything(state)
        return f"shows {state.views[everything].name}" if everything is not None else ""
    if len(_own_terms(filtering, state)) > 1:
        return "takes off the last"
    return f"goes back to {state.views[state.came_from].name}" if state.views else "shows all"


def _everything(state: InboxState) -> int | None:
    """Number of the view of all reviews; None when there is none, or nothing is filtered."""
    if not state.query_text.strip():
        return None
    return next((n for n, view in enumerate(state.views) if not view.query), None)


def _own_terms(filtering: InboxQuery, state: InboxState) -> list[Term]:
    """The terms that were added to the view one came from."""
    base = filtering.parse(state.views[state.came_from].query) if state.views else Query()
    return [term for term in state.query.terms if term not in base.terms]
