"""The filter language: one grammar for the filter bar, saved views, `ascinbox reviews` and `export`.

    app:tide acct:north rating:<=2 is:unanswered lang:ja territory:DE,AT since:7d tag:crash -refund "white screen"

- All terms must hold; a comma inside a term means "or"; `-` before a term negates it; quotes keep spaces
  together, in values (`app:"Tide Clock"`) and as a phrase in the text. `\\"` and `\\\\` stand for themselves in quotes.
- `parse(text, now=…)` gives a `Query` or raises `FilterError`, never anything else. `str(query)` is canonical
  and parses to an equal query at the same `now`.

What each term of `Query.terms` selects (`tree` has the classes; a store turns them into SQL):

| term | selects a review when |
|---|---|
| `AppTerm.values` | its app is among `choose(values, apps)` |
| `AccountTerm.values` | its app is visible through an account among `choose(values, accounts)` |
| `RatingTerm.ratings` | its rating is in the tuple |
| `IsTerm.states`, `.marks` | its state letter is in `states`, or one of `marks` holds (answered/unanswered: Apple shows a reply or none; flagged; mine: assignee is "me"; read/unread; removed) |
| `HasTerm.values` | it has one of: reply (Apple shows one), note, draft, tag |
| `LanguageTerm.values` | its guessed language is in the tuple (ISO 639-1) |
| `TerritoryTerm.values` | its territory is in the tuple (alpha-3) |
| `TimeTerm.after`, `.before` | `after <= created < before`, a None side is open; aware datetimes |
| `TagTerm.values` | one of its tags, case-folded, is in the tuple |
| `ByTerm.values` | `fold(value).rstrip()` occurs in `fold(nickname)` for one of the values |
| `AssigneeTerm.values` | its assignee, case-folded, is in the tuple; `me` and `none` (unassigned) are special |
| `TextTerm.options` | `words.pattern` occurs in the folded title or in the folded body for one of the options (FTS5: the tokens as a phrase, as a prefix phrase unless `words.whole`) |

A negated term selects exactly the reviews that the term does not select, so unknown values (no rating, no
date, no territory, no guess) fit a negated term only. Reviews that are gone at Apple are left out unless
`query.shows_removed`. `query.sort` is described at `SortKey`.
"""

from ascinbox.core.filters.tree import (
    NEEDS_REPLY,
    STATE_WORDS,
    AccountTerm,
    AppTerm,
    AssigneeTerm,
    ByTerm,
    Has,
    HasTerm,
    IsTerm,
    LanguageTerm,
    Mark,
    Query,
    RatingTerm,
    Sort,
    SortKey,
    TagTerm,
    Term,
    TerritoryTerm,
    TextTerm,
    TimeTerm,
    Words,
    quoted,
    term_text,
)

__all__ = [
    "NEEDS_REPLY",
    "STATE_WORDS",
    "AccountTerm",
    "AppTerm",
    "AssigneeTerm",
    "ByTerm",
    "Has",
    "HasTerm",
    "IsTerm",
    "LanguageTerm",
    "Mark",
    "Query",
    "RatingTerm",
    "Sort",
    "SortKey",
    "TagTerm",
    "Term",
    "TerritoryTerm",
    "TextTerm",
    "TimeTerm",
    "Words",
    "quoted",
    "term_text",
]
