"""Walks Apple's cursors: only the query of `links.next` is used, no walk goes on for ever, and a list of
which fewer items came than Apple counts is never taken for whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.records import Page
from ascinbox.sources.apple.bodies import whole_number

MOST_PAGES = 2000
MOST_EMPTY_PAGES = 3
"""Pages without any item, one after the other, that are passed over on the way to the next."""
LONGEST_QUERY = 8192

_QUERY_SAFE = "!$%&'()*+,-./:;=?@[]_~"
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


T = TypeVar("T")


def next_query(document: dict[str, Any]) -> str | None:
    """The query of `links.next`; None on the last page, where the link is absent, null or "".

    Scheme, host and path of the link are ignored, so it cannot lead anywhere else. Raises UnexpectedAnswer
    for a link that is there but has no usable query: the list would otherwise look complete.
    """
    links = document.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    if isinstance(link, dict):
        link = link.get("href")
    if link is None or link == "":
        return None
    query = _query_of(link)
    if not query or len(query) > LONGEST_QUERY:
        raise UnexpectedAnswer(
            "Apple's link to the next page cannot be used.",
            "What was read so far is kept.",
            "It is tried again with the next sync.",
        )
    return query


def _query_of(link: object) -> str:
    if not isinstance(link, str) or len(link) > 2 * LONGEST_QUERY:
        return ""
    try:
        query = urlsplit(link).query
        return quote(_BROKEN_ESCAPE.sub("%25", query), safe=_QUERY_SAFE)
    except ValueError:
        return ""


def total_of(document: dict[str, Any]) -> int | None:
    """`meta.paging.total`: how many items the whole list has; None where Apple does not say."""
    meta = document.get("meta")
    paging = meta.get("paging") if isinstance(meta, dict) else None
    return whole_number(paging.get("total")) if isinstance(paging, dict) else None


def walk(
    fetch: Callable[[str | None], Page[T]],
    *,
    start: str | None = None,
    identity: Callable[[T], str] = attrgetter("id"),
    most_pages: int = MOST_PAGES,
    counted: bool = True,
) -> Iterator[Page[T]]:
    """Every page from `start` (None: the first) on; `fetch` is given the query of the page to read.

    Raises UnexpectedAnswer for a cursor that comes again, a page of items that all came before and that still
    has a next one, a list of more than `most_pages` pages, and, where it began with the first page and is
    `counted`, a list that ends before as many items came as its total says. Pages given out stand.
    """
    seen_queries: set[str] = set() if start is None else {start}
    tally = ListTally()
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
            raise _endless("a cursor came again")
        empty = 0 if page.items or page.left_out else empty + 1
        if (page.items and not fresh) or empty > MOST_EMPTY_PAGES:
            raise _endless("a page held nothing new")
        seen_queries.add(query)
    raise _endless(f"more than {most_pages} pages")


class ListTally:
    """What the pages of one list say about how long it is."""

    def __init__(self) -> None:
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
        """Raises UnexpectedAnswer when fewer or more came than Apple counts; `read` different ones were
        readable."""
        came = read + len(self._unread) + self._nameless
        if self._total is not None and came < self._total:
            raise ended_early(came, self._total)
        if self._total is not None and came > self._most:
            raise miscounted(came, self._most)


def ended_early(came: int, total: int) -> UnexpectedAnswer:
    """A list that ended although Apple counts more items than came."""
    return UnexpectedAnswer(
        f"Apple's list ended early: {came:,} of {total:,} came.",
        "What came is kept, and nothing is taken for gone.",
        "It is read again with the next sync.",
    )


def repeated() -> UnexpectedAnswer:
    """A page of items that came before, where others should stand."""
    return UnexpectedAnswer(
        "Apple's list repeats itself.",
        "What came is kept, and nothing is taken for gone.",
        "It is read again whole with the next sync.",
    )


def miscounted(came: int, total: int) -> UnexpectedAnswer:
    """A list of which more came than Apple counts: its total cannot tell whether it came whole."""
    return UnexpectedAnswer(
        f"Apple's list and its count do not agree: {came:,} came, {total:,} are counted.",
        "What came is kept, and nothing is taken for gone.",
        "It is read again with the next sync.",
    )


class EndlessList(UnexpectedAnswer):
    """A list whose pages lead nowhere new: where it was left is no place to go on from."""


def _endless(why: str) -> EndlessList:
    return EndlessList(
        "Apple's list does not end.",
        f"It was left after {why}. What was read is kept.",
        "It is tried again with the next sync.",
    )
