"""Every way in which Apple or the network says no, mapped to the one family of core/errors.py.

Apple's own code, title and detail are kept, cleaned; the sentences around them are ours.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import httpx

from ascinbox.core.errors import (
    TRIED_AGAIN,
    AppleError,
    AppleProblem,
    AppleUnavailable,
    Forbidden,
    NetworkError,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    UnexpectedAnswer,
    most_specific_first,
)
from ascinbox.core.text import clean_body, clean_line
from ascinbox.sources.apple.wire import RefusedAddress

CLOCK_TOLERANCE_S = 60
"""A clock that differs by more than this is named as the cause of a 401."""
AGREEMENT_CODE = "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"
AGREEMENT_WORDS = "required agreement"
"""Some answers carry the general code; then only the words tell."""
SCOPE_CODE = "FORBIDDEN.REQUEST_DOES_NOT_MATCH_SCOPE"

_MOST_PROBLEMS = 20
_LONGEST_DETAIL = 1000
_CAPTIVE = (
    "Something between this machine and Apple may answer instead: open a web page to sign in to the network, "
    "or check HTTPS_PROXY."
)


class WebPage(UnexpectedAnswer):
    """Something between this machine and Apple answered instead."""


class DamagedAnswer(UnexpectedAnswer):
    """The answer was cut or garbled on its way; asking again may help."""


class Stopped(NetworkError):
    """The program is closing: the request was given up while it waited."""


class LinkRefused(AppleError):
    """A presigned download link was refused. Such links live about five minutes: list them again."""


class ForbiddenKind(StrEnum):
    """Why Apple answered 403."""

    AGREEMENT = "agreement"
    MEMBERSHIP = "membership"
    SCOPE = "scope"
    ROLE = "role"


def forbidden_kind(problems: Sequence[AppleProblem]) -> ForbiddenKind:
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


def problems_of(status: int, body: bytes) -> tuple[AppleProblem, ...]:
    """The entries of Apple's `errors[]`, cleaned; () for a body that is not such a document."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    errors = document.get("errors") if isinstance(document, dict) else None
    found: list[AppleProblem] = []
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


def _problem(http_status: int, entry: dict[str, Any]) -> AppleProblem:
    status = entry.get("status")
    digits = status if isinstance(status, str) else str(status)
    source = entry.get("source")
    source = source if isinstance(source, dict) else {}
    links = entry.get("links")
    links = links if isinstance(links, dict) else {}
    return AppleProblem(
        status=int(digits) if re.fullmatch(r"[1-5][0-9]{2}", digits) else http_status,
        code=clean_line(entry.get("code")),
        title=clean_line(entry.get("title")),
        detail=" ".join(clean_body(entry.get("detail") or entry.get("details")).split())[:_LONGEST_DETAIL],
        pointer=clean_line(source.get("pointer") or source.get("parameter")),
        see=clean_line(links.get("see")),
        id=clean_line(entry.get("id")),
    )


def describe(status: int, problems: Sequence[AppleProblem]) -> str:
    """Apple's own words in one line, the most specific code first."""
    ranked = most_specific_first(problems)
    said = [": ".join(part for part in (p.code, p.detail or p.title) if part) for p in ranked]
    said = [words for words in said if words]
    return (
        f"Apple said: {status} " + "; ".join(said) if said else f"Apple answered {status} without a reason."
    )


def apple_error(
    status: int,
    problems: tuple[AppleProblem, ...],
    request: str,
    *,
    skew_s: float | None = None,
    retry_at: datetime | None = None,
) -> AppleError:
    """The error for a refusal of Apple's. `request` is method and path; `retry_at` goes with 429."""
    detail = describe(status, problems)
    facts: dict[str, Any] = {
        "status": status,
        "problems": problems,
        "request": request,
        "clock_skew_s": skew_s,
    }
    if status == 429 and retry_at is not None:
        return rate_limited(detail, retry_at, problems=problems, request=request, clock_skew_s=skew_s)
    if status == 401:
        return Unauthorized(*_unauthorized_words(detail, skew_s), **facts)
    if status == 403:
        title, step = _FORBIDDEN[forbidden_kind(problems)]
        return Forbidden(title, detail, step, **facts)
    if status in (404, 410):
        gone = "It is no longer there." if status == 410 else "It does not exist, or this key cannot see it."
        return NotFound("Apple does not have this.", f"{gone} {detail}", "", **facts)
    if status >= 500:
        return AppleUnavailable(
            "App Store Connect does not work right now.", detail, "The key is fine. " + TRIED_AGAIN, **facts
        )
    title = "Apple does not accept this as it stands." if status == 409 else "Apple refuses this request."
    return Rejected(title, detail, "It is not sent again unchanged.", **facts)


def rate_limited(detail: str, retry_at: datetime, **facts: Any) -> RateLimited:
    """The error for 429, or for a request that was not sent because a 429 still counts."""
    return RateLimited(
        f"Apple's limit of requests for this key is reached until {retry_at:%H:%M} UTC.",
        detail,
        "Nothing has to be done. If another tool uses this key, give it a key of its own.",
        retry_at=retry_at,
        **facts,
    )


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
    if skew_s is not None and abs(skew_s) > CLOCK_TOLERANCE_S:
        side = "ahead of" if skew_s > 0 else "behind"
        return (
            f"This machine's clock is {_duration(abs(skew_s))} {side} Apple's.",
            f"Apple therefore refuses its tokens. {detail}",
            "Set the clock (`timedatectl set-ntp true`) and try again.",
        )
    return (
        "Apple refuses this key.",
        "Apple does not tell which of key id, issuer id and key file is wrong, or whether the key was "
        f"revoked. {detail}",
        "Compare key id and issuer id with the Active list in Users and Access > Integrations > "
        "App Store Connect API. A key made minutes ago may need some minutes more.",
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 2 * 86_400 else f"{seconds / 86_400:.0f} days"


def redirect_error(status: int, request: str) -> UnexpectedAnswer:
    """App Store Connect never redirects; whoever does is not it."""
    return UnexpectedAnswer(
        "Unexpected answer (captive portal?): a redirect to another address.",
        f"{request} was answered with {status}. It was not followed.",
        _CAPTIVE,
    )


def unexpected(what: str, request: str) -> UnexpectedAnswer:
    """An answer that did not come from App Store Connect, or not in its form."""
    return UnexpectedAnswer(f"Unexpected answer (captive portal?): {what}.", f"To {request}.", _CAPTIVE)


def empty(request: str) -> UnexpectedAnswer:
    """An answer that says itself that it has no body where a document belongs; asking again mends nothing."""
    return UnexpectedAnswer(
        "Unexpected answer: it is empty.", f"To {request}. Nothing of it was used.", TRIED_AGAIN
    )


def not_a_report(request: str) -> WebPage:
    """A web page or a message where a report file should be."""
    return WebPage("Unexpected answer (captive portal?): not a report file.", f"To {request}.", _CAPTIVE)


def unreadable(what: str, request: str) -> UnexpectedAnswer:
    """A report file of Apple's that came whole and cannot be read all the same."""
    return UnexpectedAnswer(
        f"The file cannot be read: {what}.",
        f"To {request}. Nothing of it was used.",
        "It is fetched again with the next sync.",
    )


def damaged(what: str, request: str) -> DamagedAnswer:
    """An answer that began well and was spoiled; nothing of it is used."""
    return DamagedAnswer(
        f"The answer is damaged: {what}.", f"To {request}. Nothing of it was used.", TRIED_AGAIN
    )


def too_slow(host: str, request: str, *, unsent: bool = False) -> NetworkError:
    """The deadline passed, or the bytes drip."""
    return NetworkError(
        f"{host} did not answer completely in time.", f"{request}.", TRIED_AGAIN, unsent=unsent
    )


def network_error(error: httpx.TransportError, host: str, request: str) -> NetworkError:
    """The error for a request that got no whole answer. `unsent` is true only if it provably never left."""
    unsent = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
    )
    for cause in _causes(error) if unsent else ():
        if isinstance(cause, RefusedAddress):
            return NetworkError(
                f"{host} leads into another network than it may.",
                "Nothing was sent there.",
                "Check the resolver of this machine, or report this.",
                unsent=True,
            )
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate_error(cause, host)
        if isinstance(cause, socket.gaierror):
            return NetworkError(
                f"The name {host} cannot be resolved.",
                clean_line(cause.strerror or str(cause)),
                "Check the network connection. Behind a proxy, set HTTPS_PROXY.",
                unsent=True,
            )
    unsent = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
    )
    if isinstance(error, httpx.ProxyError):
        return NetworkError(
            "The proxy refused the connection.",
            clean_line(str(error)),
            "Check HTTPS_PROXY, its name and its password.",
            unsent=True,
        )
    if unsent:
        return NetworkError(
            f"{host} cannot be reached.",
            clean_line(str(error)),
            "Check the network connection. Behind a proxy, set HTTPS_PROXY.",
            unsent=True,
        )
    if isinstance(error, httpx.TimeoutException):
        return too_slow(host, request)
    return NetworkError(
        f"The connection to {host} broke off before the answer was complete.",
        f"{request}: {clean_line(str(error))}",
        TRIED_AGAIN,
    )


def _certificate_error(error: ssl.SSLCertVerificationError, host: str) -> NetworkError:
    expired = error.verify_code in (9, 10)
    return NetworkError(
        f"The certificate of {host} is not trusted.",
        clean_line(error.verify_message),
        "Check this machine's clock first."
        if expired
        else "If a proxy inspects TLS here, name its CA bundle in SSL_CERT_FILE. "
        "The check is never switched off.",
        unsent=True,
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < 12:
        yield error
        error = error.__cause__ or error.__context__
        seen += 1
