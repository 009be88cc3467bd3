"""What goes wrong between a request and a whole answer, whoever was asked: errors of core/errors.py."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx

from ascinbox.core.clock import CLOCK_TOLERANCE_S
from ascinbox.core.errors import TRIED_AGAIN, NetworkError, RateLimited, UnexpectedAnswer
from ascinbox.core.text import clean_line
from ascinbox.sources.http.wire import RefusedAddress

_CAPTIVE = (
    "Something between this machine and the store may answer instead: open a web page to sign in to the "
    "network, or check HTTPS_PROXY."
)


class WebPage(UnexpectedAnswer):
    """Something between this machine and the store answered instead."""


class DamagedAnswer(UnexpectedAnswer):
    """The answer was cut or garbled on its way; asking again may help."""


class Stopped(NetworkError):
    """The program is closing: the request was given up while it waited."""


def rate_limited(detail: str, retry_at: datetime, company: str, **facts: Any) -> RateLimited:
    """The error for 429, or for a request that was not sent because a 429 still counts."""
    return RateLimited(
        f"{company}'s limit of requests for this key is reached until {retry_at:%H:%M} UTC.",
        detail,
        "Nothing has to be done. If another tool uses this key, give it a key of its own.",
        retry_at=retry_at,
        **facts,
    )


def clock_words(detail: str, skew_s: float | None, company: str) -> tuple[str, str, str] | None:
    """Title, detail and next step of a 401 that this machine's clock explains; None where it is right."""
    if skew_s is None or abs(skew_s) <= CLOCK_TOLERANCE_S:
        return None
    side = "ahead of" if skew_s > 0 else "behind"
    return (
        f"This machine's clock is {_duration(abs(skew_s))} {side} {company}'s.",
        f"{company} therefore refuses its tokens. {detail}",
        "Set the clock (`timedatectl set-ntp true`) and try again.",
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 2 * 86_400 else f"{seconds / 86_400:.0f} days"


def redirect_error(status: int, request: str) -> UnexpectedAnswer:
    """No store redirects its API; whoever does is not it."""
    return UnexpectedAnswer(
        "Unexpected answer (captive portal?): a redirect to another address.",
        f"{request} was answered with {status}. It was not followed.",
        _CAPTIVE,
    )


def unexpected(what: str, request: str) -> UnexpectedAnswer:
    """An answer that did not come from the store, or not in its form."""
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
    """A report file that came whole and cannot be read all the same."""
    return UnexpectedAnswer(
        f"The file cannot be read: {what}.",
        f"To {request}. Nothing of it was used.",
        "It is fetched again with the next sync.",
    )


def damaged(what: str, request: str) -> DamagedAnswer:
    """An answer that began well and broke off or was damaged; nothing of it is used."""
    return DamagedAnswer(
        f"The answer is damaged: {what}.", f"To {request}. Nothing of it was used.", TRIED_AGAIN
    )


def too_slow(host: str, request: str, *, unsent: bool = False) -> NetworkError:
    """The deadline passed, or the bytes come too slowly."""
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
