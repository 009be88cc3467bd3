"""The filter language: one grammar for the filter bar, saved views, `ascinbox reviews` and `export`.

    app:tide acct:north rating:<=2 is:unanswered territory:DE,AT since:7d tag:crash -slow "white screen"

- All terms must hold; a comma inside a term means "or"; `-` before a term negates it; quotes keep spaces
  together, in values (`app:"Tide Clock"`) and as a phrase in the text; within quotes a backslash takes the
  next quote or backslash literally.
- `parse(text, now=...)` gives a `Query` or raises `FilterError`, never anything else. `str(query)` is
  canonical and parses to an equal query at the same `now`.

- `complete(text, cursor)` tells what is being written there; its `options(counts)` are what could be.
- `KEYS` is the one table of keys that parsing, completion and help pages are read from.

Which reviews each term of `Query.terms` selects (the classes are in `tree`; a store turns them into SQL):

- `AppTerm`: its app is among `choose(term.values, apps)`.
- `AccountTerm`: its app is visible through an account among `choose(term.values, accounts)`.
- `RatingTerm`: its rating is in `ratings`.
- `IsTerm`: its state letter is in `states`, or one of `marks` holds (see `Mark`).
- `HasTerm`: it has one of `things` (see `Has`).
- `LanguageTerm`: its language is in `languages` (ISO 639-1; empty: unclear).
- `TranslatedTerm`: a translation that was made has one of `values`, as words in a row.
- `TerritoryTerm`: its territory is in `values` (alpha-3).
- `VersionTerm`: the version of its app is in `values`.
- `StoreTerm`: its app is in a store whose id is in `values`.
- `DeviceTerm`: one of `values` is part of the name of the device that it was written on.
- `TimeTerm`: `after <= created < before`; aware datetimes, a side that is None is open.
- `DueTerm`: a time to answer it runs (`core.reviews.answer_clock`), of which more than `more_than` and at
  most `at_most` seconds are left; `is:overdue` is `OVERDUE`.
- `TagTerm`: one of its tags, case-folded, is in `values`.
- `ByTerm`: `fold(value).rstrip()` occurs in `fold(nickname)` for one of `values`.
- `AssigneeTerm`: its assignee, case-folded, is in `values`; `me` is the person at the keyboard, `none`
  means unassigned.
- `ClaimedTerm`: one of these people, case-folded, writes a reply to it now; `me` is the person at the
  keyboard, `others` anybody else.
- `TextTerm`: `words.pattern` occurs in the folded title or in the folded body for one of `options`. In an
  FTS index that splits at spaces: `words.tokens` as a phrase, as a prefix phrase unless `words.whole`.

A negated term selects exactly the reviews that the term does not select, so unknown values (no rating, no
date, no territory, no version, no guess) fit a negated term only. Reviews that are gone at Apple are left out
unless `query.shows_removed`. The orders of `query.sort` are described at `SortKey`.
"""

from ascinbox.core.filters.complete import Completion, Suggestion, complete
from ascinbox.core.filters.keys import KEYS, NAMES, SYNTAX, Key, find_key
from ascinbox.core.filters.parse import MAX_LENGTH, parse
from ascinbox.core.filters.tree import (
    IS_WORDS,
    NEEDS_REPLY,
    OVERDUE,
    STATE_WORDS,
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
    Sort,
    SortKey,
    StoreTerm,
    TagTerm,
    Term,
    TerritoryTerm,
    TextTerm,
    TimeTerm,
    TranslatedTerm,
    ValuesTerm,
    VersionTerm,
    Words,
    quoted,
    term_text,
)
from ascinbox.core.filters.values import FilterError, choose, did_you_mean, ratings_of

__all__ = [
    "IS_WORDS",
    "KEYS",
    "MAX_LENGTH",
    "NAMES",
    "NEEDS_REPLY",
    "OVERDUE",
    "STATE_WORDS",
    "SYNTAX",
    "AccountTerm",
    "AppTerm",
    "AssigneeTerm",
    "ByTerm",
    "ClaimedTerm",
    "Completion",
    "DeviceTerm",
    "DueTerm",
    "FilterError",
    "Has",
    "HasTerm",
    "IsTerm",
    "Key",
    "LanguageTerm",
    "Mark",
    "Query",
    "RatingTerm",
    "Sort",
    "SortKey",
    "StoreTerm",
    "Suggestion",
    "TagTerm",
    "Term",
    "TerritoryTerm",
    "TextTerm",
    "TimeTerm",
    "TranslatedTerm",
    "ValuesTerm",
    "VersionTerm",
    "Words",
    "choose",
    "complete",
    "did_you_mean",
    "find_key",
    "parse",
    "quoted",
    "ratings_of",
    "term_text",
]
