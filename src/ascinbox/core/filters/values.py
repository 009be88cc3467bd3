"""Reads the values of raw terms into terms of the tree, one reader per kind of key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from ascinbox.core import stores
from ascinbox.core.errors import UsageError
from ascinbox.core.filters.tokens import RawTerm, RawValue
from ascinbox.core.filters.tree import (
    IS_WORDS,
    NO_LANGUAGE,
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
    RatingTerm,
    Sort,
    SortKey,
    StoreTerm,
    TagTerm,
    TerritoryTerm,
    TextTerm,
    TranslatedTerm,
    VersionTerm,
    Words,
)
from ascinbox.core.reviews import territories
from ascinbox.core.reviews.language import LANGUAGES, code_of, language_names
from ascinbox.core.text import fold, fold_terms

K = TypeVar("K")

ALL_RATINGS = (1, 2, 3, 4, 5)

COMPARED = re.compile(r"(<=|>=|<|>|=)?(.*)", re.DOTALL)
RANGE = re.compile(r"(.*?)\.\.(.*)", re.DOTALL)


class FilterError(UsageError):
    """A query that is not understood; `start` and `end` mark the words that are to blame."""

    def __init__(self, title: str, start: int, end: int, next_step: str = "") -> None:
        super().__init__(title, "", next_step)
        self.start = start
        self.end = end


def did_you_mean(word: str, known: Iterable[str], form: str = "{}") -> str:
    """`: did you mean territory:?`, or an empty string when nothing known is near."""
    import difflib

    known = list(known)
    near = [name for name in known if len(word) > 1 and name.startswith(word)]
    near = near or difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f": did you mean {form.format(near[0])}?" if near else ""


def choose(values: Iterable[str], entries: Iterable[tuple[K, Sequence[str]]]) -> tuple[K, ...]:
    """The entries that `app:` or `acct:` values mean, in the order given.

    Each entry is its key with its names: the first is the one people see, the others (ids) have to be
    given in full. A value that is some name in full means only those entries; otherwise it means all
    whose first name has the value's words in a row, the last of them as the start of a word.
    """
    entries = list(entries)
    chosen: dict[int, None] = {}
    for value in values:
        wanted = fold(value)
        exact = [i for i, (_, names) in enumerate(entries) if wanted in map(fold, names)]
        near = (i for i, (_, names) in enumerate(entries) if names and wanted.rstrip() in fold(names[0]))
        chosen.update(dict.fromkeys(exact or near))
    return tuple(entries[i][0] for i in sorted(chosen))


def given(raw: RawTerm) -> tuple[RawValue, ...]:
    """The values that are not empty; FilterError if there are none, or an empty phrase."""
    values = tuple(value for value in raw.values if value.text)
    empty_phrase = raw.key is None and any(value.quoted and not value.text for value in raw.values)
    if values and not empty_phrase:
        return values
    if raw.key:
        raise FilterError(f"{raw.key}: needs a value", raw.start, raw.end)
    raise FilterError("nothing to search for here", raw.start, raw.end)


def _texts(raw: RawTerm) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.text for value in given(raw)))


def _names(raw: RawTerm) -> tuple[str, ...]:
    for value in given(raw):
        if not fold_terms(value.text):
            raise FilterError(f"{raw.key}: needs letters or digits", value.start, value.end)
    return _texts(raw)


def _folded(raw: RawTerm) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.casefold() for text in _texts(raw)))


def _one_of(raw: RawTerm, known: Sequence[str]) -> tuple[str, ...]:
    words: dict[str, None] = {}
    for value in given(raw):
        word = value.text.lower().replace("_", "-")
        if word not in known:
            hint = did_you_mean(word, known, f"{raw.key}:{{}}")
            raise FilterError(
                f"{raw.key}: has no {value}{hint}",
                value.start,
                value.end,
                "" if hint else f"It takes {', '.join(known)}.",
            )
        words[word] = None
    return tuple(words)


def read_app(raw: RawTerm, _now: datetime) -> AppTerm:
    return AppTerm(_names(raw), raw.negated)


def read_account(raw: RawTerm, _now: datetime) -> AccountTerm:
    return AccountTerm(_names(raw), raw.negated)


def read_by(raw: RawTerm, _now: datetime) -> ByTerm:
    return ByTerm(_names(raw), raw.negated)


def read_translated(raw: RawTerm, _now: datetime) -> TranslatedTerm:
    return TranslatedTerm(_names(raw), raw.negated)


def read_tag(raw: RawTerm, _now: datetime) -> TagTerm:
    return TagTerm(_folded(raw), raw.negated)


def read_assignee(raw: RawTerm, _now: datetime) -> AssigneeTerm:
    return AssigneeTerm(_folded(raw), raw.negated)


def read_claimed(raw: RawTerm, _now: datetime) -> ClaimedTerm:
    return ClaimedTerm(_folded(raw), raw.negated)


def read_is(raw: RawTerm, _now: datetime) -> IsTerm:
    return IsTerm(_one_of(raw, IS_WORDS), raw.negated)


def read_has(raw: RawTerm, _now: datetime) -> HasTerm:
    return HasTerm(_one_of(raw, tuple(has.value for has in Has)), raw.negated)


def read_rating(raw: RawTerm, _now: datetime) -> RatingTerm:
    ratings: set[int] = set()
    for value in given(raw):
        try:
            ratings.update(ratings_of(value.text))
        except ValueError as error:
            raise FilterError(str(error), value.start, value.end) from None
    return RatingTerm(tuple(sorted(ratings)), raw.negated)


def ratings_of(text: str) -> tuple[int, ...]:
    """`3`, `<=2`, `2..4` as ratings, ascending; ValueError (a sentence) for anything else."""

    def number(digits: str) -> int:
        digits = digits.strip().rstrip("*★")
        if digits not in {"0", "1", "2", "3", "4", "5", "6"}:
            raise ValueError(f"rating: takes 1 to 5, <=2 or 2..4, not {text[:40]}")
        return int(digits)

    if span := RANGE.fullmatch(text):
        low, high = number(span[1] or "1"), number(span[2] or "5")
    else:
        compared = COMPARED.fullmatch(text)
        assert compared is not None
        limit = number(compared[2])
        low, high = {
            "<": (1, limit - 1), "<=": (1, limit), ">": (limit + 1, 5), ">=": (limit, 5),
        }.get(compared[1], (limit, limit))  # fmt: skip
    chosen = tuple(rating for rating in ALL_RATINGS if low <= rating <= high)
    if not chosen:
        raise ValueError(f"no rating is {text[:40]}: they go from 1 to 5")
    return chosen


def read_language(raw: RawTerm, _now: datetime) -> LanguageTerm:
    codes: dict[str, None] = {}
    for value in given(raw):
        word = value.text.lower()
        code = NO_LANGUAGE if word == NO_LANGUAGE else code_of(word)
        if code is None:
            hint = did_you_mean(word, language_names(), "{}")
            raise FilterError(
                f"no such language {value}{hint}",
                value.start,
                value.end,
                f"It takes {NO_LANGUAGE}, {', '.join(LANGUAGES)}.",
            )
        codes[code] = None
    return LanguageTerm(tuple(codes), raw.negated)


_LISTED_CODE = re.compile(r"[A-Z]{3}")


def read_territory(raw: RawTerm, _now: datetime) -> TerritoryTerm:
    codes: dict[str, None] = {}
    for value in given(raw):
        code = territories.alpha3(value.text)
        if code is None and _LISTED_CODE.fullmatch(value.text):
            # Apple's list grows: what a review carries can be asked for as it is listed.
            code = value.text
        if code is None:
            near = territories.similar(value.text)
            hint = f": did you mean {territories.name(near)} ({near})?" if near else ""
            raise FilterError(f"no such territory {value}{hint}", value.start, value.end)
        codes[code] = None
    return TerritoryTerm(tuple(codes), raw.negated)


def read_store(raw: RawTerm, _now: datetime) -> StoreTerm:
    known = tuple(row.id for row in stores.STORES)
    for value in given(raw):
        if value.text.casefold() not in known:
            raise FilterError(f"{value} is no store: {', '.join(known)}", value.start, value.end)
    return StoreTerm(_names(raw), raw.negated)


def read_device(raw: RawTerm, _now: datetime) -> DeviceTerm:
    return DeviceTerm(_names(raw), raw.negated)


def read_version(raw: RawTerm, _now: datetime) -> VersionTerm:
    return VersionTerm(_texts(raw), raw.negated)


def read_text(raw: RawTerm, _now: datetime) -> TextTerm:
    """Bare words and phrases. An alternative without letters, digits or symbols is an error."""
    options: dict[Words, None] = {}
    for value in given(raw):
        tokens = fold_terms(value.text)
        if not tokens:
            raise FilterError(f"{value} cannot be searched for", value.start, value.end)
        options[Words(tokens, value.quoted, value.text)] = None
    return TextTerm(tuple(options), raw.negated)


def read_sort(raw: RawTerm, _now: datetime) -> Sort:
    values = given(raw)
    if raw.negated or len(values) > 1:
        raise FilterError("sort: takes one order, such as sort:-rating", raw.start, raw.end)
    word = values[0].text.lower()
    reverse = word.startswith("-")
    name = word.removeprefix("-")
    if name not in set(SortKey):
        hint = did_you_mean(name, SortKey, "sort:{}")
        raise FilterError(
            f"sort: has no {values[0]}{hint}", raw.start, raw.end, f"It takes {', '.join(SortKey)}."
        )
    key = SortKey(name)
    if reverse and key in {SortKey.NEWEST, SortKey.OLDEST}:
        key = SortKey.OLDEST if key is SortKey.NEWEST else SortKey.NEWEST
        reverse = False
    return Sort(key, reverse)
