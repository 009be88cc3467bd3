"""Text to tree."""

from __future__ import annotations

from datetime import datetime

from ascinbox.core.filters.keys import NAMES, find_key
from ascinbox.core.filters.tokens import RawTerm, split
from ascinbox.core.filters.tree import Query, Sort, Term
from ascinbox.core.filters.values import FilterError, did_you_mean, read_text

MAX_LENGTH = 1_000
"""Characters of a query: far beyond what a person types, far below what a database takes."""


def parse(text: str, *, now: datetime) -> Query:
    """Reads a query.

    `now` (aware) is what `7d` counts from; its time zone is the one whose midnights days begin at.
    FilterError says what is not understood and where.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"a query has at most {MAX_LENGTH} characters", MAX_LENGTH, len(text))
    terms: dict[Term, None] = {}
    sort: Sort | None = None
    for raw in split(text):
        part = _read(raw, now)
        if not isinstance(part, Sort):
            terms[part] = None
        elif sort is None:
            sort = part
        else:
            raise FilterError("sort: is there twice", raw.start, raw.end)
    return Query(tuple(terms), sort or Sort())


def _read(raw: RawTerm, now: datetime) -> Term | Sort:
    if raw.open_quote is not None:
        raise FilterError("this quote is not closed", raw.open_quote, raw.end)
    if raw.key is None:
        return read_text(raw, now)
    key = find_key(raw.key)
    if key is None:
        start = raw.start + raw.negated
        hint = did_you_mean(raw.key, NAMES, "{}:")
        raise FilterError(
            f"no such key {raw.key[:40]}{hint or ': put it in quotes to search for the text'}",
            start,
            start + len(raw.key) + 1,
            f"Keys are {' '.join(f'{name}:' for name in NAMES)}",
        )
    return key.read(raw if raw.key == key.name else _renamed(raw, key.name), now)


def _renamed(raw: RawTerm, key: str) -> RawTerm:
    return RawTerm(raw.negated, key, raw.values, raw.start, raw.end, raw.open_quote)
