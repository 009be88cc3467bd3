"""The tree of a query: frozen, hashable, free of SQL. The package's docstring says what each term selects."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from ascinbox.core.reviews.states import NEEDS_YOU, State


class Mark(StrEnum):
    """What `is:` can ask for beside the state letter."""

    ANSWERED = "answered"
    """Apple shows a reply, pending or published."""
    UNANSWERED = "unanswered"
    """Apple shows no reply."""
    FLAGGED = "flagged"
    MINE = "mine"
    """Assigned to the person at the keyboard."""
    READ = "read"
    UNREAD = "unread"
    REMOVED = "removed"
    """Gone at Apple."""
    CLAIMED = "claimed"
    """Somebody writes a reply to it now."""
    OVERDUE = "overdue"
    """The time to answer it is over; nothing is where `[sla]` has no rule."""


class Has(StrEnum):
    """What `has:` can ask for."""

    REPLY = "reply"
    """The same as `is:answered`."""
    NOTE = "note"
    DRAFT = "draft"
    TAG = "tag"


NEEDS_REPLY = "needs-reply"

STATE_WORDS: dict[str, frozenset[State]] = {
    NEEDS_REPLY: NEEDS_YOU,
    **{state.word: frozenset({state}) for state in State if state is not State.ANSWERED},
}
"""Words of `is:` that stand for state letters. `answered` is a `Mark`: a pending reply is an answer too."""

IS_WORDS: tuple[str, ...] = (*STATE_WORDS, *(mark.value for mark in Mark))
"""Every value of `is:`."""


@dataclass(frozen=True, slots=True)
class ValuesTerm:
    """A key with values, of which one has to fit. Only subclasses occur in a query."""

    KEY: ClassVar[str] = ""
    values: tuple[str, ...]
    negated: bool = False


class AppTerm(ValuesTerm):
    """`app:`: apps whose name (or exact id or bundle id) fits one of the values; see `filters.choose`."""

    __slots__ = ()
    KEY = "app"


class AccountTerm(ValuesTerm):
    """`acct:`: reviews of apps that one of the fitting accounts sees; names fit as in `filters.choose`."""

    __slots__ = ()
    KEY = "acct"


class IsTerm(ValuesTerm):
    """`is:`: the state letter is one of `states` or one of `marks` holds. Values are words of `IS_WORDS`."""

    __slots__ = ()
    KEY = "is"

    @property
    def states(self) -> frozenset[State]:
        """The state letters asked for, `needs-reply` resolved."""
        none: frozenset[State] = frozenset()
        return none.union(*(STATE_WORDS.get(value, none) for value in self.values))

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The other facts asked for."""
        return tuple(Mark(value) for value in self.values if value not in STATE_WORDS)


class HasTerm(ValuesTerm):
    """`has:`: at least one of `things` is there."""

    __slots__ = ()
    KEY = "has"

    @property
    def things(self) -> tuple[Has, ...]:
        """The values as what they are."""
        return tuple(map(Has, self.values))


NO_LANGUAGE = "none"


class LanguageTerm(ValuesTerm):
    """`lang:`: the language is one of these ISO 639-1 codes; `NO_LANGUAGE`: it is unclear."""

    __slots__ = ()
    KEY = "lang"

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes, empty for an unclear one."""
        return tuple("" if value == NO_LANGUAGE else value for value in self.values)


class TranslatedTerm(ValuesTerm):
    """`translated:`: a translation that was made has one of these, as words in a row."""

    __slots__ = ()
    KEY = "translated"


class TerritoryTerm(ValuesTerm):
    """`territory:`: one of these alpha-3 codes."""

    __slots__ = ()
    KEY = "territory"


class VersionTerm(ValuesTerm):
    """`version:`: about one of these versions of its app, as the App Store writes them."""

    __slots__ = ()
    KEY = "version"


class StoreTerm(ValuesTerm):
    """`store:`: in one of these stores, by the ids of `core.stores`."""

    __slots__ = ()
    KEY = "store"


class DeviceTerm(ValuesTerm):
    """`device:`: written on a device whose name has one of these words in it, without regard to case."""

    __slots__ = ()
    KEY = "device"


class TagTerm(ValuesTerm):
    """`tag:`: has one of these tags. Values are case-folded; compare with the case-folded tag."""

    __slots__ = ()
    KEY = "tag"


class ByTerm(ValuesTerm):
    """`by:`: the nickname has the value's words in a row, the last as a prefix, in folded form."""

    __slots__ = ()
    KEY = "by"


class AssigneeTerm(ValuesTerm):
    """`assignee:`: case-folded names; `me` is the person at the keyboard, `none` means unassigned."""

    __slots__ = ()
    KEY = "assignee"


class ClaimedTerm(ValuesTerm):
    """`claimed:`: one of these writes a reply now. `me` is the person at the keyboard, `others` the rest."""

    __slots__ = ()
    KEY = "claimed"


@dataclass(frozen=True, slots=True)
class RatingTerm:
    """`rating:`: one of these ratings, ascending, without doubles."""

    KEY: ClassVar[str] = "rating"
    ratings: tuple[int, ...]
    negated: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        low, high = self.ratings[0], self.ratings[-1]
        if low == high or len(self.ratings) != high - low + 1:
            return tuple(map(str, self.ratings))
        if low == 1:
            return (f"<={high}",)
        return (f">={low}",) if high == 5 else (f"{low}..{high}",)


@dataclass(frozen=True, slots=True)
class TimeTerm:
    """`since:` and `until:`: created within [after, before). A review of unknown date fits only negated."""

    key: str
    """`since` or `until`, as written."""
    text: str
    """The value as written (`7d`, `<2026-11-01`): a saved view stays relative to the day it is opened."""
    after: datetime | None
    before: datetime | None
    negated: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        return (self.text,)


@dataclass(frozen=True, slots=True)
class DueTerm:
    """`due:`: a time to answer it runs, and `more_than < seconds left <= at_most`.

    What is overdue has less than nothing left. A review for which no time runs fits only negated.
    """

    KEY: ClassVar[str] = "due"
    text: str
    """The value as written (`<4h`): how long that is from now is told when it is asked."""
    more_than: int | None
    at_most: int | None
    negated: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        return (self.text,)


OVERDUE = DueTerm("<=0m", None, 0)
"""What `is:overdue` means."""


@dataclass(frozen=True, slots=True)
class Words:
    """One alternative of a text term: `core.text.fold` tokens that follow each other."""

    tokens: tuple[str, ...]
    whole: bool
    """True for a quoted phrase: the last token is a whole word, not the start of one."""
    text: str
    """As written, without quotes."""

    @property
    def pattern(self) -> str:
        """What has to occur in the folded text: `" white scr"`, or `" white screen "` if whole."""
        return f" {' '.join(self.tokens)}{' ' if self.whole else ''}"


@dataclass(frozen=True, slots=True)
class TextTerm:
    """A bare word or a quoted phrase in title or body; commas separate alternatives."""

    options: tuple[Words, ...]
    negated: bool = False


Term = ValuesTerm | RatingTerm | TimeTerm | DueTerm | TextTerm


class SortKey(StrEnum):
    """Orders of a list; ties are always broken by date, newest first (`OLDEST`: oldest first)."""

    NEWEST = "newest"
    OLDEST = "oldest"
    RATING = "rating"
    """Lowest first; unknown ratings last."""
    CHANGED = "changed"
    """Latest change by the customer first; never changed ones last."""
    LONGEST = "longest"
    """Most characters in the body first."""
    DUE = "due"
    """The most overdue first; those for which no time runs last."""


@dataclass(frozen=True, slots=True)
class Sort:
    """`sort:`; `reverse` turns round (`sort:-rating`), but NEWEST and OLDEST never."""

    key: SortKey = SortKey.NEWEST
    reverse: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.reverse else ''}{self.key}"


@dataclass(frozen=True, slots=True)
class Query:
    """All of `terms` must hold. `str()` gives the canonical text, which parses to an equal query."""

    terms: tuple[Term, ...] = ()
    sort: Sort = Sort()

    def __str__(self) -> str:
        parts = [term_text(term) for term in self.terms]
        if self.sort != Sort():
            parts.append(f"sort:{self.sort}")
        return " ".join(parts)

    @property
    def shows_removed(self) -> bool:
        """True when reviews that are gone at Apple were asked for; otherwise they are left out."""
        return any(
            isinstance(term, IsTerm) and Mark.REMOVED in term.marks and not term.negated
            for term in self.terms
        )

    @property
    def asks_clock(self) -> bool:
        """True when times to answer by decide which rows there are, or their order."""
        return self.sort.key is SortKey.DUE or any(
            isinstance(term, DueTerm) or (isinstance(term, IsTerm) and Mark.OVERDUE in term.marks)
            for term in self.terms
        )

    @property
    def only_needing(self) -> bool:
        """True when every row needs somebody, as far as the terms tell."""
        return any(
            isinstance(t, IsTerm) and not t.negated and not t.marks and t.states <= NEEDS_YOU
            for t in self.terms
        )

    @property
    def one_app(self) -> bool:
        """True when every row is of the same app, as far as the terms tell."""
        return any(isinstance(t, AppTerm) and not t.negated and len(t.values) == 1 for t in self.terms)

    @property
    def one_store(self) -> bool:
        """True when every row is in the same store, as far as the terms tell."""
        return any(isinstance(t, StoreTerm) and not t.negated and len(t.values) == 1 for t in self.terms)

    def with_sort(self, sort: Sort) -> Query:
        """The same rows in another order."""
        return replace(self, sort=sort)

    def adding(self, *terms: Term) -> Query:
        """This query narrowed by `terms`; a term that is there already is not doubled."""
        return replace(self, terms=self.terms + tuple(term for term in terms if term not in self.terms))

    def without(self, *kinds: type) -> Query:
        """This query widened: the terms of these classes left out."""
        return replace(self, terms=tuple(term for term in self.terms if not isinstance(term, kinds)))


_PLAIN = re.compile(r'[^\s",<>=:\\-][^\s",]*\Z')


def quoted(value: str) -> str:
    """`value` as it has to stand in a query: in quotes when it would be read otherwise without."""
    if _PLAIN.match(value) and ".." not in value and ":" not in value:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def term_text(term: Term) -> str:
    """The canonical text of one term."""
    minus = "-" if term.negated else ""
    match term:
        case TextTerm(options=options):
            return minus + ",".join(_words_text(words) for words in options)
        case TimeTerm(key=key, text=text):
            return f"{minus}{key}:{text}"
        case DueTerm(text=text):
            return f"{minus}due:{text}"
        case RatingTerm():
            return f"{minus}rating:{','.join(term.values)}"
        case _:
            return f"{minus}{term.KEY}:{','.join(quoted(value) for value in term.values)}"


def _words_text(words: Words) -> str:
    return '"' + words.text.replace("\\", "\\\\").replace('"', '\\"') + '"' if words.whole else words.text
