"""Every way in which Google says no, mapped to the one family of core/errors.py. Google's words are kept,
cleaned; the sentences around them are ours.

Google's error documents: `{"error": {"code", "message", "status", "errors": [{"reason"}], "details":
[{"reason"}]}}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
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
)
from ascinbox.core.stores import PLAY_STORE
from ascinbox.core.text import clean_body, clean_line
from ascinbox.sources.http.errors import clock_words, rate_limited
from ascinbox.sources.http.exchange import Refusals

DISABLED = frozenset(("accessNotConfigured", "SERVICE_DISABLED"))
"""Reasons for: the API is not switched on in the project of the service account."""
LIMITED = frozenset(
    (
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "quotaExceeded",
        "dailyLimitExceeded",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
    )
)
"""Reasons for: too many requests, with 403 as well as with 429."""
_LONGEST_DETAIL = 1000


def problems_of(status: int, body: bytes) -> tuple[SourceProblem, ...]:
    """Google's error as problems, the most telling reason first as `code`; () for anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, list):
        error = error[0] if error else None
    if not isinstance(error, dict):
        return ()
    message = " ".join(clean_body(error.get("message")).split())[:_LONGEST_DETAIL]
    known = [*_reasons(error.get("details")), *_reasons(error.get("errors")), clean_line(error.get("status"))]
    telling = next((word for word in known if word in DISABLED | LIMITED), "")
    code = telling or next((word for word in reversed(known) if word), "")
    return (SourceProblem(status, code, "", message),)


def _reasons(entries: object) -> list[str]:
    listed = entries if isinstance(entries, list) else []
    return [clean_line(entry.get("reason")) for entry in listed[:20] if isinstance(entry, dict)]


def is_limit(status: int, problems: tuple[SourceProblem, ...]) -> bool:
    """429, or a 403 whose reason is the quota."""
    return status == 429 or (status == 403 and any(problem.code in LIMITED for problem in problems))


def describe(status: int, problems: Sequence[SourceProblem]) -> str:
    """Google's own words in one line."""
    said = ": ".join(part for p in problems[:1] for part in (p.code, p.detail) if part)
    return f"Google said: {status} {said}" if said else f"Google answered {status} without a reason."


def google_error(
    status: int,
    problems: tuple[SourceProblem, ...],
    request: str,
    *,
    skew_s: float | None = None,
    retry_at: datetime | None = None,
) -> SourceError:
    """The error for a refusal of Google's. `request` is method and path; `retry_at` goes with too many."""
    detail = describe(status, problems)
    facts: dict[str, Any] = {
        "status": status,
        "problems": problems,
        "request": request,
        "clock_skew_s": skew_s,
    }
    if retry_at is not None:
        rest = {"problems": problems, "request": request, "clock_skew_s": skew_s}
        return rate_limited(detail, retry_at, PLAY_STORE.company, **rest)
    if status == 401:
        return Unauthorized(*_unauthorized_words(detail, skew_s), **facts)
    if status == 403:
        return Forbidden(*_forbidden_words(detail, problems), **facts)
    if status in {404, 410}:
        return NotFound(
            "Google Play does not have this.",
            f"It does not exist, or this service account cannot see it. {detail}",
            "",
            **facts,
        )
    if status >= 500:
        return Unavailable(
            "Google Play does not work right now.", detail, f"The key is fine. {TRIED_AGAIN}", **facts
        )
    return Rejected("Google refuses this request.", detail, "It is not sent again unchanged.", **facts)


def is_disabled(problems: Sequence[SourceProblem]) -> bool:
    """Whether the API is not switched on in the account's project."""
    return any(p.code in DISABLED or "has not been used in project" in p.detail for p in problems)


def _forbidden_words(detail: str, problems: Sequence[SourceProblem]) -> tuple[str, str, str]:
    if is_disabled(problems):
        return (
            "The Google Play Android Developer API is not enabled in this service account's project.",
            detail,
            f"{PLAY_STORE.links['api']}. It takes effect after a few minutes.",
        )
    return (
        "This service account may not do that.",
        detail,
        f"{PLAY_STORE.place('users')}: invite the service account's address with Reply to reviews.",
    )


def _unauthorized_words(detail: str, skew_s: float | None) -> tuple[str, str, str]:
    return clock_words(detail, skew_s, PLAY_STORE.company) or (
        "Google refuses this service account's key.",
        f"The key or its account was deleted or switched off. {detail}",
        f"{PLAY_STORE.links['keys']}, then: ascinbox rotate NAME --service-account FILE",
    )


REFUSALS = Refusals(PLAY_STORE.company, problems_of, google_error, is_limit)
"""How Google says no."""
