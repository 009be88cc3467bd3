"""A query in the words of the index: which terms to look up, and how the sets go together.

The counterpart of `store.hot.filter_sql`, term by term; a test holds the two against each other. These are
named tuples because making a data class costs ten times as much, and a first frame waits for it; `kind` keeps
two with the same fields apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from ascinbox.core.filters import (
    OVERDUE,
    AccountTerm,
    AppTerm,
    AssigneeTerm,
    ByTerm,
    ClaimedTerm,
    DeviceTerm,
    DueTerm,
    Has,
    HasTerm,
    IsTerm,
    LanguageTerm,
    Mark,
    Query,
    RatingTerm,
    StoreTerm,
    TagTerm,
    Term,
    TerritoryTerm,
    TextTerm,
    TimeTerm,
    TranslatedTerm,
    VersionTerm,
)
from ascinbox.core.text import fold_terms
from ascinbox.store.cache.index import terms
from ascinbox.store.hot.filter_sql import HAS_BITS, MARK_BITS, IdSet, Names, time_range
from ascinbox.store.keys import TIE_BITS, MarkBit


class Exact(NamedTuple):
    """Reviews filed under this term."""

    term: str
    kind: str = "exact"


class Not(NamedTuple):
    """Reviews not filed under this term."""

    term: str
    kind: str = "not"


class Phrase(NamedTuple):
    """Reviews with these words in a row; unless `whole`, the last is the start of a word."""

    words: tuple[str, ...]
    whole: bool
    kind: str = "phrase"


class Nickname(NamedTuple):
    """Reviews whose nickname has these words in a row, the last as the start of a word."""

    words: tuple[str, ...]
    kind: str = "nickname"


class KeySpan(NamedTuple):
    """Reviews with `low <= key < high`."""

    low: int
    high: int
    kind: str = "span"


class Ids(NamedTuple):
    """Reviews that a statement over user.db names by id. `sql` selects ids, `values` is JSON."""

    sql: str
    values: str
    negated: bool = False
    kind: str = "ids"


class DueWithin(NamedTuple):
    """Reviews whose clock runs and began when it is asked for; of the rules the first counts."""

    running: tuple[Clause, ...]
    rules: tuple[tuple[tuple[Clause, ...], tuple[tuple[Clause, ...], ...]], ...]
    """What a rule asks of a review, and ways in which it may have begun in time."""
    kind: str = "due"


Lookup = Exact | Not | Phrase | Nickname | KeySpan | Ids | DueWithin


class Clause(NamedTuple):
    """Any of the lookups; all but those when negated."""

    lookups: tuple[Lookup, ...]
    negated: bool = False


def clauses_of(query: Query, names: Names) -> tuple[Clause, ...]:
    """The clauses that must all hold, words last."""
    clauses: list[Clause] = []
    if not query.shows_removed:
        clauses.append(Clause((Exact(terms.REMOVED),), negated=True))
    hidden = names.hidden_apps()
    if hidden:
        clauses.append(Clause(_apps(hidden), negated=True))
    return (*clauses, *_of_terms(query.terms, names))


def _of_terms(terms: Iterable[Term], names: Names) -> tuple[Clause, ...]:
    by_cost = sorted(terms, key=lambda term: isinstance(term, TextTerm | ByTerm))
    return tuple(Clause(tuple(_lookups(term, names)), term.negated) for term in by_cost)


_CHANGED_SINCE = (
    "SELECT r.id AS review_id FROM cache.review r INDEXED BY review_changed "
    "WHERE r.changed_at IS NOT NULL AND r.changed_at > json_extract(?1, '$[0]') "
    "AND r.changed_at <= json_extract(?1, '$[1]') AND (r.response_id IS NULL OR r.response_at < r.changed_at)"
)


def due_lookups(wanted: Iterable[DueTerm], names: Names) -> list[DueWithin]:
    """What each of these asks for: the counterpart of `due_sql.due_where`."""
    from ascinbox.core.reviews.answer_clock import RUNNING
    from ascinbox.store.hot.due_sql import starts_of

    clock = names.answer_clock
    if clock is None:
        return [DueWithin((), ()) for _ in wanted]
    running = (Clause(tuple(Exact(terms.state_facet(letter)) for letter in sorted(RUNNING))),)
    rules = [_of_terms(query.terms, names) for query in clock.queries(names.moment)]
    now = clock.now(names.moment)
    return [
        DueWithin(running, tuple(zip(rules, map(_begun, starts_of(clock, now, term)), strict=True)))
        for term in wanted
    ]


def _begun(starts: tuple[int, int]) -> tuple[tuple[Clause, ...], ...]:
    low, high = starts
    if high < 0:
        return ()
    unanswered = Clause((Exact(terms.ANSWERED),), negated=True)
    unchanged = Clause((Exact(terms.CHANGED),), negated=True)
    written = Clause((KeySpan(max(1, low + 1) << TIE_BITS, (high + 1) << TIE_BITS),))
    changed = Clause((Ids(_CHANGED_SINCE, json.dumps((low, high))),))
    return (written, unanswered, unchanged), (Clause((Exact(terms.CHANGED),)), changed)


def _apps(numbers: Iterable[int]) -> tuple[Lookup, ...]:
    return tuple(Exact(terms.app_facet(number)) for number in numbers)


def _ids(ids: IdSet) -> Ids:
    return Ids(ids.sql, ids.values, ids.negated)


def _lookups(term: Term, names: Names) -> Iterable[Lookup]:
    match term:
        case AppTerm():
            return _apps(names.apps(term))
        case AccountTerm():
            return _apps(names.apps_of_accounts(term))
        case RatingTerm():
            return (Exact(terms.rating_facet(rating)) for rating in term.ratings)
        case TerritoryTerm():
            return (Exact(terms.territory_facet(value)) for value in term.values)
        case LanguageTerm():
            return (Exact(terms.language_facet(value)) for value in term.languages)
        case StoreTerm():
            return _apps(names.apps_of_stores(term))
        case DeviceTerm():
            return (Exact(terms.device_facet(device)) for device in names.devices(term))
        case VersionTerm():
            return (Exact(terms.version_facet(value)) for value in term.values)
        case TimeTerm():
            return (KeySpan(*time_range(term)),)
        case IsTerm():
            states = (Exact(terms.state_facet(letter)) for letter in sorted(term.states))
            return (*states, *(_marked(mark, names) for mark in term.marks))
        case HasTerm():
            return (
                Exact(terms.ANSWERED if thing is Has.REPLY else terms.mark_facet(HAS_BITS[thing]))
                for thing in term.things
            )
        case TagTerm():
            return (_ids(names.tagged(term)),)
        case TranslatedTerm():
            return (_ids(names.translated(term)),)
        case AssigneeTerm():
            return map(_ids, names.assigned(term))
        case ClaimedTerm():
            return (_ids(names.claimed(term)),)
        case DueTerm():
            return due_lookups((term,), names)
        case ByTerm():
            return (Nickname(words) for value in term.values if (words := fold_terms(value)))
        case TextTerm():
            return (Phrase(option.tokens, option.whole) for option in term.options)
        case _:
            raise TypeError(f"the index does not know {type(term).__name__}")


def _marked(mark: Mark, names: Names) -> Lookup:
    match mark:
        case Mark.ANSWERED:
            return Exact(terms.ANSWERED)
        case Mark.UNANSWERED:
            return Not(terms.ANSWERED)
        case Mark.UNREAD:
            return Not(terms.mark_facet(MarkBit.READ))
        case Mark.REMOVED:
            return Exact(terms.REMOVED)
        case Mark.MINE:
            return _ids(names.mine())
        case Mark.CLAIMED:
            return _ids(names.anybodys())
        case Mark.OVERDUE:
            return due_lookups((OVERDUE,), names)[0]
        case _:
            return Exact(terms.mark_facet(MARK_BITS[mark]))
