"""Walks Apple's cursors: only the query of `links.next` is used, and no walk goes on for ever."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.records import Page

MOST_PAGES = 2000
LONGEST_QUERY = 8192

_QUERY_SAFE = "!$%&'()*+,-./:;=?@[]_~"
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


T = TypeVar("T")


def next_query(document: dict[str, Any]) -> str | None:
    """The query of `links.next`; None on the last page.

    Scheme, host and path of the link are ignored, so it cannot lead anywhere else. Raises UnexpectedAnswer
    for a link that is there but has no usable query: the list would otherwise look complete.
    """
    links = document.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    if isinstance(link, dict):
        link = link.get("href")
    if link is None:
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


def walk(
    fetch: Callable[[str | None], Page[T]],
    *,
    start: str | None = None,
    identity: Callable[[T], str] = attrgetter("id"),
    most_pages: int = MOST_PAGES,
) -> Iterator[Page[T]]:
    """Every page from `start` (None: the first) on; `fetch` is given the query of the page to read.

    Raises UnexpectedAnswer for a cursor that comes again, a page without any new id that still has a next
    one, and a list of more than `most_pages` pages. Pages given out before that stand.
    """
    seen_queries: set[str] = set() if start is None else {start}
    seen_ids: set[str] = set()
    query = start
    for _ in range(most_pages):
        page = fetch(query)
        fresh = {identity(item) for item in page.items} - seen_ids
        yield page
        query = page.next_query
        if query is None:
            return
        if query in seen_queries:
            raise _endless("a cursor came again")
        if not fresh:
            raise _endless("a page held nothing new")
        seen_queries.add(query)
        seen_ids |= fresh
    raise _endless(f"more than {most_pages} pages")


def _endless(why: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        "Apple's list does not end.",
        f"It was left after {why}. What was read is kept.",
        "It is tried again with the next sync.",
    )
