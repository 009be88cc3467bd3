"""A POST to a receiver: one deadline, TLS except on this machine, no redirect, no word of the address in
what is said about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx

from ascinbox import __version__
from ascinbox.core.clock import Clock
from ascinbox.core.deliveries.schedule import LONGEST_RETRY_AFTER_S
from ascinbox.core.deliveries.states import TryOutcome, TryResult
from ascinbox.core.text import clean_line
from ascinbox.sources.http.headers import http_date
from ascinbox.sources.http.origin import is_loopback
from ascinbox.sources.http.wire import Deadline, open_wire, tls_context

if TYPE_CHECKING:
    import ssl

    from ascinbox.workers.deliveries.senders import SenderTools

ANSWER_BYTES = 8_192
"""As much of an answer is read."""
SAID = 160
"""Characters of an answer that are shown."""
USER_AGENT = f"ascinbox/{__version__}"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a receiver answered."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    text: str


class BadAddress(ValueError):
    """The stored address cannot be used; the words do not repeat it."""


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    # Reading the authorities takes longer than most requests.
    return tls_context()


def checked(url: str) -> httpx.URL:
    """The address, https or on this machine. Raises BadAddress."""
    try:
        parts = httpx.URL(url.strip())
    except (httpx.InvalidURL, TypeError, ValueError):
        raise BadAddress("the stored address is not a web address") from None
    if parts.scheme not in ("https", "http") or not parts.host:
        raise BadAddress("the stored address is not a web address")
    if parts.scheme == "http" and not is_loopback(parts.host):
        raise BadAddress("the stored address is not https; plain http is for this machine only")
    return parts


def post(
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    tools: SenderTools,
    *,
    auth: tuple[str, str] | None = None,
) -> HttpAnswer | TryOutcome:
    """Sends the request once. What the receiver answered, or what came of it without an answer."""
    try:
        target = checked(url)
    except BadAddress as error:
        return TryOutcome(TryResult.REFUSED, str(error))
    user = auth or ((unquote(target.username), unquote(target.password)) if target.userinfo else None)
    plain = target.copy_with(userinfo=b"", fragment=None)
    request = httpx.Request(
        "POST",
        plain,
        content=content,
        headers={
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "accept": "*/*",
            "connection": "close",
            **headers,
        },
    )
    if user is not None:
        request = next(httpx.BasicAuth(*user).sync_auth_flow(request))
    deadline = Deadline.after(tools.clock, tools.deadline_s)
    request.extensions["timeout"] = deadline.as_extension()
    wire = open_wire(plain.scheme, plain.host, tls=_tls() if plain.scheme == "https" else None)
    try:
        response = wire.handle_request(request)
        try:
            return HttpAnswer(response.status_code, dict(response.headers), _beginning(response))
        finally:
            response.close()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        return TryOutcome(TryResult.AGAIN, f"no connection ({type(error).__name__})")
    except httpx.UnsupportedProtocol:
        return TryOutcome(TryResult.REFUSED, "the stored address is not a web address")
    except httpx.TimeoutException:
        return TryOutcome(TryResult.LOST, f"no answer within {tools.deadline_s:.0f} s")
    except httpx.TransportError as error:
        return TryOutcome(TryResult.LOST, f"the connection broke before an answer ({type(error).__name__})")
    finally:
        wire.close()


def _beginning(response: httpx.Response) -> str:
    """The first bytes of the answer. Its status is known by then: a body that breaks off changes nothing."""
    parts: list[bytes] = []
    try:
        for part in response.iter_raw():
            parts.append(part)
            if sum(map(len, parts)) >= ANSWER_BYTES:
                break
    except httpx.TransportError:
        pass
    return b"".join(parts)[:ANSWER_BYTES].decode("utf-8", "replace")


def judged(answer: HttpAnswer, clock: Clock, secrets: Iterable[str] = ()) -> TryOutcome:
    """What an answer means: 2xx has it; 429, 408, 409, 425 and 5xx want it later; a redirect is not followed
    and tried again; everything else does not want it."""
    status = answer.status
    said = without_secrets(clean_line(answer.text)[:SAID], secrets)
    detail = f"{status} {said}".strip()
    if 200 <= status < 300:
        return TryOutcome(TryResult.SENT, detail)
    if status in (408, 409, 425, 429) or status >= 500:
        return TryOutcome(TryResult.AGAIN, detail, retry_after_s(answer.headers.get("retry-after"), clock))
    if 300 <= status < 400:
        return TryOutcome(TryResult.AGAIN, f"{status}: it points elsewhere, which is not followed")
    return TryOutcome(TryResult.REFUSED, detail)


def retry_after_s(value: str | None, clock: Clock) -> float | None:
    """Seconds that a Retry-After asks for; None when it says nothing."""
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text):
        return min(float(text), LONGEST_RETRY_AFTER_S)
    moment = http_date(text) if 0 < len(text) <= 64 else None
    if moment is None:
        return None
    return max(0.0, min((moment - clock.now()).total_seconds(), LONGEST_RETRY_AFTER_S))


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """`text` without an address or token in it, nor the parts of one: some receivers repeat them."""
    parts: set[str] = set()
    for secret in secrets:
        parts.add(secret.strip())
        pieces = urlsplit(secret.strip()) if "//" in secret else None
        if pieces is not None:
            parts |= set(re.split(r"[/?&=@:]", f"{pieces.netloc}{pieces.path}?{pieces.query}"))
    for part in sorted((part for part in parts if len(part) >= 6), key=len, reverse=True):
        text = text.replace(part, "***")
    return text


def as_json(payload: Mapping[str, Any]) -> bytes:
    """The payload as compact JSON in ASCII: every receiver reads that the same."""
    return json.dumps(payload, separators=(",", ":"), allow_nan=False).encode()
