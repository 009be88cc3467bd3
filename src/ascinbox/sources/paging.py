"""Walks a list page by page: no walk goes on for ever, and a list of which fewer items came than the store
counts is never taken for whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, TypeVar

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.records import Page
from ascinbox.core.stores import APP_STORE

MOST_PAGES = 2000
MOST_EMPTY_PAGES = 3
"""Pages without any item, one after the other, that are passed over on the way to the next."""
COMPANY = APP_STORE.company
"""Whose list it is, where nobody says."""

T = TypeVar("T")


def walk(
    fetch: Callable[[str | None], Page[T]],
    *,
    start: str | None = None,
    identity: Callable[[T], str] = attrgetter("id"),
    most_pages: int = MOST_PAGES,
    counted: bool = True,
    company: str = COMPANY,
) -> Iterator[Page[T]]:
    """Every page from `start` (None: the first) on; `fetch` is given the query of the page to read.

    Raises UnexpectedAnswer for a cursor that comes again, a page of items that all came before and that still
    has a next one, a list of more than `most_pages` pages, and, where it began with the first page and is
    `counted`, a list that ends before as many items came as its total says. Pages given out stand.
    """
    seen_queries: set[str] = set() if start is None else {start}
    tally = ListTally(company)
    seen_ids: set[str] = set()
    query, empty = start, 0
    for _ in range(most_pages):
        page = fetch(query)
        fresh = {identity(item) for item in page.items} - seen_ids
        yield page
        seen_ids |= fresh
        tally.add(page)
        query = page.next_query
        if query is None:
            if counted and start is None:
                tally.check(len(seen_ids))
            return
        if query in seen_queries:
            raise _endless("a cursor came again", company)
        empty = 0 if page.items or page.left_out else empty + 1
        if (page.items and not fresh) or empty > MOST_EMPTY_PAGES:
            raise _endless("a page held nothing new", company)
        seen_queries.add(query)
    raise _endless(f"more than {most_pages} pages", company)


class ListTally:
    """What the pages of one list say about how long it is."""

    def __init__(self, company: str = COMPANY) -> None:
        self._company = company
        self._total: int | None = None
        self._most = 0
        self._unread: set[str] = set()
        self._nameless = 0

    def add(self, page: Page[Any]) -> None:
        """One page more; the last total counts."""
        if page.total is not None:
            self._total, self._most = page.total, max(self._most, page.total)
        self._unread |= {item for item, _ in page.left_out if item}
        self._nameless += sum(not item for item, _ in page.left_out)

    def check(self, read: int) -> None:
        """Raises UnexpectedAnswer when fewer or more came than the store counts; `read` different ones were
        readable."""
        came = read + len(self._unread) + self._nameless
        if self._total is not None and came < self._total:
            raise ended_early(came, self._total, self._company)
        if self._total is not None and came > self._most:
            raise miscounted(came, self._most, self._company)


def ended_early(came: int, total: int, company: str = COMPANY) -> UnexpectedAnswer:
    """A list that ended although the store counts more items than came."""
    return UnexpectedAnswer(
        f"{company}'s list ended early: {came:,} of {total:,} came.",
        "What came is kept, and nothing is taken for gone.",
        "It is read again with the next sync.",
    )


def repeated(company: str = COMPANY) -> UnexpectedAnswer:
    """A page of items that came before, where others should stand."""
    return UnexpectedAnswer(
        f"{company}'s list repeats itself.",
        "What came is kept, and nothing is taken for gone.",
        "It is read again whole with the next sync.",
    )


def miscounted(came: int, total: int, company: str = COMPANY) -> UnexpectedAnswer:
    """A list of which more came than the store counts: its total cannot tell whether it came whole."""
    return UnexpectedAnswer(
        f"{company}'s list and its count do not agree: {came:,} came, {total:,} are counted.",
        "What came is kept, and nothing is taken for gone.",
        "It is read again with the next sync.",
    )


class EndlessList(UnexpectedAnswer):
    """A list whose pages lead nowhere new: where it was left is no place to go on from."""


def _endless(why: str, company: str) -> EndlessList:
    return EndlessList(
        f"{company}'s list does not end.",
        f"It was left after {why}. What was read is kept.",
        "It is tried again with the next sync.",
    )
