"""The App Store's public look-up: how many ratings an app has in a storefront, and their mean.

Source: Apple's iTunes Search API (developer.apple.com/library/archive/documentation/AudioVideo/Conceptual/
iTuneSearchAPI): `GET /lookup?id=1,2&country=de&entity=software`, about 20 calls a minute. It lags behind the
store by hours. A host of its own, pinned, over https; no key, no cookie and no account is ever sent to it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ascinbox.core.clock import Clock
from ascinbox.core.errors import (
    AscinboxError,
    NotFound,
    RateLimited,
    Rejected,
    SourceError,
    SourceProblem,
    Unavailable,
)
from ascinbox.core.stores import APP_STORE
from ascinbox.sources.http import errors
from ascinbox.sources.http.bodies import read_json, whole_number
from ascinbox.sources.http.exchange import Answer, Ask, Exchange, Refusals
from ascinbox.sources.http.origin import Origin
from ascinbox.sources.http.pace import SteadyPace
from ascinbox.sources.http.wire import open_wire

PAUSE_S = 4.0
"""Between two requests: 15 a minute."""
MOST_APPS = 100
"""Ids of one request."""
BODY_CAP = 8 * 1024 * 1024
_LIMITS = frozenset((403, 429))
"""What it says to too many requests: 403 has been seen, 429 is what the word means."""
_MEDIA = frozenset(("application/json", "text/javascript", "application/javascript"))


@dataclass(frozen=True, slots=True)
class RatingSeen:
    """What a storefront shows of one app now."""

    count: int | None
    average: Decimal | None


def _error_of(
    status: int,
    problems: tuple[SourceProblem, ...],
    request: str,
    *,
    skew_s: float | None = None,
    retry_at: datetime | None = None,
) -> AscinboxError:
    if retry_at is not None:
        return RateLimited(
            f"Apple's look-up wants no more requests until {retry_at:%H:%M} UTC.",
            "What was looked up is kept.",
            "The next sync goes on from there.",
            retry_at=retry_at,
            status=status,
            request=request,
        )
    kind: type[SourceError] = Unavailable if status >= 500 else NotFound if status == 404 else Rejected
    return kind(
        f"Apple's look-up answered with {status}.",
        "Public ratings were not had.",
        "The next sync asks again.",
        status=status,
        problems=problems,
        request=request,
        clock_skew_s=skew_s,
    )


REFUSALS = Refusals(APP_STORE.company, lambda _status, _body: (), _error_of, lambda s, _p: s in _LIMITS)
"""How the look-up says no: by its status alone."""


class RatingsLookup:
    """The way to the look-up. Thread-safe; close it when done."""

    def __init__(
        self,
        clock: Clock,
        pace: SteadyPace,
        *,
        base_url: str | None = None,
        deadline_s: float = 30.0,
        stop: threading.Event | None = None,
    ) -> None:
        origin = lookup_origin(base_url)
        self.host = origin.host
        self._wire = open_wire(origin.scheme, origin.host, reach="loopback" if origin.loopback else "public")
        self._exchange = Exchange(
            origin, None, clock, self._wire, pace, REFUSALS, deadline_s=deadline_s, stop=stop
        )

    def close(self) -> None:
        """Closes its connections."""
        self._wire.close()

    def ratings(self, app_ids: Sequence[str], country: str) -> Mapping[str, RatingSeen]:
        """What the storefront `country` (alpha-2) shows of at most `MOST_APPS` apps.

        An app that is not sold there is in it with nothing known. Raises the errors of core/errors.py.
        """
        assert len(app_ids) <= MOST_APPS
        query = f"id={','.join(app_ids)}&country={country.lower()}&entity=software"
        ask = Ask("GET", "/lookup", query, waits=True, tries=2)
        return self._exchange.call(ask, lambda answer: _read(answer, app_ids))


def lookup_origin(base_url: str | None) -> Origin:
    """The pinned address. Raises UsageError for one that may not be used."""
    return Origin.parse(base_url or APP_STORE.lookup, "the App Store's look-up", APP_STORE.lookup_variable)


def _read(answer: Answer, app_ids: Sequence[str]) -> dict[str, RatingSeen]:
    if answer.media_type not in _MEDIA:
        kind = "a web page" if "html" in answer.media_type else "something that is not JSON"
        raise errors.unexpected(kind, str(answer.ask))
    with answer.whole():
        document = read_json(answer.unpacked(BODY_CAP))
    return parse_ratings(document, app_ids, str(answer.ask))


def parse_ratings(document: object, app_ids: Sequence[str], request: str) -> dict[str, RatingSeen]:
    """The apps that were asked for, by id. Raises UnexpectedAnswer for JSON of another form."""
    listed = document.get("results") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise errors.unexpected("JSON of another form", request)
    seen = dict.fromkeys(app_ids, RatingSeen(None, None))
    for entry in listed:
        found = whole_number(entry.get("trackId")) if isinstance(entry, dict) else None
        if found is None or str(found) not in seen:
            continue
        count = whole_number(entry.get("userRatingCount"))
        seen[str(found)] = RatingSeen(count, _average(entry.get("averageUserRating")) if count else None)
    return seen


def _average(said: object) -> Decimal | None:
    if isinstance(said, bool) or not isinstance(said, int | float) or not 1 <= said <= 5:
        return None
    return round(Decimal(str(said)), 6)
