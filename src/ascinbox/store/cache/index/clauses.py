"""A query in the words of the index: which terms to look up, and how the sets go together.

The counterpart of `store.filter_sql`, term by term; a test holds the two against each other. These are named
tuples because making a data class costs ten times as much, and a first frame waits for it; `kind` keeps two
with the same fields apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ascinbox.core.filters import (
    AccountTerm,
    AppTerm,
    AssigneeTerm,
    ByTerm,
    ClaimedTerm,
    DeviceTerm,
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
from ascinbox.store.keys import MarkBit


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


Lookup = Exact | Not | Phrase | Nickname | KeySpan | Ids


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
    by_cost = sorted(query.terms, key=lambda term: isinstance(term, TextTerm | ByTerm))
    return (*clauses, *(Clause(tuple(_lookups(term, names)), term.negated) for term in by_cost))


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
            return (_ids(names.written_on(term)),)
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
        case _:
            return Exact(terms.mark_facet(MARK_BITS[mark]))
