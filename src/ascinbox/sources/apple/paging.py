"""Apple's cursors and counts: of `links.next` only the query is used, so it cannot lead anywhere else."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.sources.http.bodies import whole_number

LONGEST_QUERY = 8192

_QUERY_SAFE = "!$%&'()*+,-./:;=?@[]_~"
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


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
