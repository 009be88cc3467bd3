"""Every way in which Apple or the network says no, mapped to the one family of core/errors.py.

Apple's own code, title and detail are kept, cleaned; the sentences around them are ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from ascinbox.core.errors import (
    TRIED_AGAIN,
    Forbidden,
    NotFound,
    Rejected,
    SourceError,
    SourceProblem,
    Unauthorized,
    Unavailable,
    most_specific_first,
)
from ascinbox.core.stores import APP_STORE
from ascinbox.core.text import clean_body, clean_line
from ascinbox.sources.http.errors import clock_words, rate_limited
from ascinbox.sources.http.exchange import Refusals

AGREEMENT_CODE = "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"
AGREEMENT_WORDS = "required agreement"
"""Some answers carry the general code; then only the words tell."""
SCOPE_CODE = "FORBIDDEN.REQUEST_DOES_NOT_MATCH_SCOPE"

_MOST_PROBLEMS = 20
_LONGEST_DETAIL = 1000


class LinkRefused(SourceError):
    """A presigned download link was refused. Such links live about five minutes: list them again."""


class ForbiddenKind(StrEnum):
    """Why Apple answered 403."""

    AGREEMENT = "agreement"
    MEMBERSHIP = "membership"
    SCOPE = "scope"
    ROLE = "role"


def forbidden_kind(problems: Sequence[SourceProblem]) -> ForbiddenKind:
    """The kind of a 403. A lapsed membership shares the role's code, so its words decide."""
    for problem in problems:
        leads_there = problem.see.rstrip("/").endswith(("/agreements", "/business"))
        words = f"{problem.title} {problem.detail}".lower()
        if problem.code.startswith(AGREEMENT_CODE) or leads_there or AGREEMENT_WORDS in words:
            return ForbiddenKind.AGREEMENT
        if problem.code.startswith(SCOPE_CODE):
            return ForbiddenKind.SCOPE
        if "membership" in words:
            return ForbiddenKind.MEMBERSHIP
    return ForbiddenKind.ROLE


def problems_of(status: int, body: bytes) -> tuple[SourceProblem, ...]:
    """The entries of Apple's `errors[]`, cleaned; () for a body that is not such a document."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    errors = document.get("errors") if isinstance(document, dict) else None
    found: list[SourceProblem] = []
    for entry in _entries(errors):
        found.append(_problem(status, entry))
        if len(found) == _MOST_PROBLEMS:
            break
    return tuple(found)


def _entries(errors: object) -> Iterator[dict[str, Any]]:
    """Each error and, behind it, the errors that its `meta.associatedErrors` holds."""
    for entry in errors if isinstance(errors, list) else ():
        if not isinstance(entry, dict):
            continue
        yield entry
        meta = entry.get("meta")
        associated = meta.get("associatedErrors") if isinstance(meta, dict) else None
        for group in associated.values() if isinstance(associated, dict) else ():
            yield from (e for e in group if isinstance(e, dict)) if isinstance(group, list) else ()


def _problem(http_status: int, entry: dict[str, Any]) -> SourceProblem:
    status = entry.get("status")
    digits = status if isinstance(status, str) else str(status)
    source = entry.get("source")
    source = source if isinstance(source, dict) else {}
    links = entry.get("links")
    links = links if isinstance(links, dict) else {}
    return SourceProblem(
        status=int(digits) if re.fullmatch(r"[1-5][0-9]{2}", digits) else http_status,
        code=clean_line(entry.get("code")),
        title=clean_line(entry.get("title")),
        detail=" ".join(clean_body(entry.get("detail") or entry.get("details")).split())[:_LONGEST_DETAIL],
        pointer=clean_line(source.get("pointer") or source.get("parameter")),
        see=clean_line(links.get("see")),
        id=clean_line(entry.get("id")),
    )


def describe(status: int, problems: Sequence[SourceProblem]) -> str:
    """Apple's own words in one line, the most specific code first."""
    ranked = most_specific_first(problems)
    said = [": ".join(part for part in (p.code, p.detail or p.title) if part) for p in ranked]
    said = [words for words in said if words]
    return (
        f"Apple said: {status} " + "; ".join(said) if said else f"Apple answered {status} without a reason."
    )


def apple_error(
    status: int,
    problems: tuple[SourceProblem, ...],
    request: str,
    *,
    skew_s: float | None = None,
    retry_at: datetime | None = None,
) -> SourceError:
    """The error for a refusal of Apple's. `request` is method and path; `retry_at` goes with 429."""
    detail = describe(status, problems)
    facts: dict[str, Any] = {
        "status": status,
        "problems": problems,
        "request": request,
        "clock_skew_s": skew_s,
    }
    if status == 429 and retry_at is not None:
        return rate_limited(
            detail, retry_at, APP_STORE.company, problems=problems, request=request, clock_skew_s=skew_s
        )
    if status == 401:
        return Unauthorized(*_unauthorized_words(detail, skew_s), **facts)
    if status == 403:
        title, step = _FORBIDDEN[forbidden_kind(problems)]
        return Forbidden(title, detail, step, **facts)
    if status in (404, 410):
        gone = "It is no longer there." if status == 410 else "It does not exist, or this key cannot see it."
        return NotFound("Apple does not have this.", f"{gone} {detail}", "", **facts)
    if status >= 500:
        return Unavailable(
            "App Store Connect does not work right now.", detail, "The key is fine. " + TRIED_AGAIN, **facts
        )
    title = "Apple does not accept this as it stands." if status == 409 else "Apple refuses this request."
    return Rejected(title, detail, "It is not sent again unchanged.", **facts)


_FORBIDDEN: dict[ForbiddenKind, tuple[str, str]] = {
    ForbiddenKind.AGREEMENT: (
        "An agreement with Apple is unsigned or has lapsed.",
        "The key is fine. The Account Holder: App Store Connect > Business (Agreements, Tax, and Banking) > "
        "accept the waiting agreement.",
    ),
    ForbiddenKind.MEMBERSHIP: (
        "The team's membership in the Apple Developer Program has lapsed.",
        "The Account Holder renews it at developer.apple.com/account.",
    ),
    ForbiddenKind.SCOPE: (
        "Apple says that the token's scope does not cover this request.",
        "ascinbox asks for no scope: please report this.",
    ),
    ForbiddenKind.ROLE: (
        "This key may not do that.",
        "It needs another role. Roles of a team key cannot be changed: an Admin makes a new key "
        "(Users and Access > Integrations > App Store Connect API) and `ascinbox rotate` puts it in place.",
    ),
}


def _unauthorized_words(detail: str, skew_s: float | None) -> tuple[str, str, str]:
    return clock_words(detail, skew_s, APP_STORE.company) or (
        "Apple refuses this key.",
        "Apple does not tell which of key id, issuer id and key file is wrong, or whether the key was "
        f"revoked. {detail}",
        "Compare key id and issuer id with the Active list in Users and Access > Integrations > "
        "App Store Connect API. A key made minutes ago may need some minutes more.",
    )


REFUSALS = Refusals(APP_STORE.company, problems_of, apple_error)
"""How App Store Connect says no."""
