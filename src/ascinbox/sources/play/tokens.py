"""Access tokens for Google's APIs: an RS256 assertion against a token, kept in memory, renewed in good time.

Source: Google, "Using OAuth 2.0 for Server to Server Applications". `aud` and the address that is asked are
the `token_uri` of the service account's file.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import httpx
import jwt

from ascinbox.core.clock import Clock
from ascinbox.core.errors import (
    AscinboxError,
    NetworkError,
    SourceProblem,
    Unauthorized,
    Unavailable,
)
from ascinbox.core.text import clean_line
from ascinbox.sources.http import errors
from ascinbox.sources.http.exchange import USER_AGENT
from ascinbox.sources.http.headers import clock_skew_s
from ascinbox.sources.http.origin import Origin
from ascinbox.sources.http.wire import Deadline
from ascinbox.sources.play.keys import ServiceAccount, load_rsa_key
from ascinbox.sources.play.refusals import google_error

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PUBLISHER = "https://www.googleapis.com/auth/androidpublisher"
STORAGE = "https://www.googleapis.com/auth/devstorage.read_only"
BACKDATE_S = 30
LIFETIME_S = 3600
"""`exp` minus `iat`; Google allows no more."""
MARGIN_S = 300
"""A token this close to its end is renewed."""
SHORTEST_S = 60
LARGEST_CORRECTION_S = 360
"""A clock that is further off is not silently corrected: the person has to know."""
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Held:
    text: str
    wall: float
    mono: float
    lasts_s: float


class GoogleTokens:
    """Tokens of one service account. Thread-safe; nothing of it is ever written to disk or printed."""

    def __init__(
        self,
        account: ServiceAccount,
        clock: Clock,
        wire: httpx.BaseTransport,
        *,
        scopes: Sequence[str] = (PUBLISHER,),
        deadline_s: float = 30.0,
    ) -> None:
        self._account = account
        # Who reads the file proves the key; what is linked is proved.
        self._key = load_rsa_key(account, checked=True)
        self._clock = clock
        self._wire = wire
        self._scopes = " ".join(scopes)
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._skew_s = 0.0

    def __repr__(self) -> str:
        return f"GoogleTokens({self._account.email})"

    def token(self) -> str:
        """A token that is good for some minutes more, asked for where there is none."""
        with self._lock:
            if self._held is None or self._is_stale(self._held):
                self._held = self._ask()
            return self._held.text

    def refresh(self, refused: str | None = None, skew_s: float | None = None) -> str:
        """A new token instead of `refused`; threads refused together get the same new one."""
        with self._lock:
            if refused is None or self._held is None or self._held.text == refused:
                if skew_s is not None and abs(skew_s) <= LARGEST_CORRECTION_S:
                    self._skew_s = skew_s
                self._held = None
                self._held = self._ask()
            return self._held.text

    def _is_stale(self, held: _Held) -> bool:
        # By either clock, so that a clock that jumps or a sleep cannot spoil it.
        wall, mono = self._clock.now().timestamp() - held.wall, self._clock.monotonic() - held.mono
        usable = max(held.lasts_s - MARGIN_S, held.lasts_s / 2)
        return not 0 <= wall < usable or mono >= usable

    def _ask(self) -> _Held:
        """Asks the token endpoint; once more with a corrected clock where its own shows that ours is off.

        A NetworkError is `unsent`: whatever the token was for has not left this machine.
        """
        try:
            return self._ask_once()
        except Unauthorized as error:
            skew = error.clock_skew_s
            if skew is None or abs(skew) < BACKDATE_S or abs(skew) > LARGEST_CORRECTION_S or self._skew_s:
                raise
            self._skew_s = skew
            return self._ask_once()

    def _ask_once(self) -> _Held:
        address = urlsplit(self._account.token_uri)
        name = f"POST {address.path}"
        deadline = Deadline.after(self._clock, self._deadline_s)
        request = httpx.Request(
            "POST",
            self._account.token_uri,
            headers={
                "accept": "application/json",
                "content-type": "application/x-www-form-urlencoded",
                "user-agent": USER_AGENT,
            },
            content=urlencode({"grant_type": GRANT, "assertion": self._assertion()}).encode("ascii"),
            extensions={"timeout": deadline.as_extension()},
        )
        host = address.hostname or ""
        try:
            response = self._wire.handle_request(request)
            response.request = request
            try:
                body = _body(response)
            finally:
                response.close()
        except httpx.TransportError as error:
            raise _unsent(errors.network_error(error, host, name)) from error
        skew = clock_skew_s(response.headers.get("date"), self._clock.now())
        return self._taken(response.status_code, body, name, skew)

    def _assertion(self) -> str:
        issued = int(self._clock.now().timestamp() - self._skew_s) - BACKDATE_S
        claims = {
            "iss": self._account.email,
            "scope": self._scopes,
            "aud": self._account.token_uri,
            "iat": issued,
            "exp": issued + LIFETIME_S,
        }
        headers = {"kid": self._account.key_id, "typ": "JWT"}
        return jwt.encode(claims, self._key, algorithm="RS256", headers=headers)

    def _taken(self, status: int, body: bytes, name: str, skew: float | None) -> _Held:
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            if status >= 500:
                raise _unsent(google_error(status, (), name, skew_s=skew))
            raise _unsent(errors.unexpected("something that is not JSON", name))
        if status != 200:
            raise _refused(status, said, name, skew)
        token, lasts = said.get("access_token"), said.get("expires_in")
        if not isinstance(token, str) or not token or not token.isascii() or any(c.isspace() for c in token):
            raise _unsent(errors.unexpected("no access token in it", name))
        seconds = (
            float(lasts) if isinstance(lasts, int | float) and not isinstance(lasts, bool) else LIFETIME_S
        )
        now = self._clock.now().timestamp()
        return _Held(token, now, self._clock.monotonic(), min(max(seconds, SHORTEST_S), LIFETIME_S))


def open_token_origin(account: ServiceAccount) -> Origin:
    """Where tokens are asked for; `keys` has seen to it that it is Google's or this machine."""
    parts = urlsplit(account.token_uri)
    return Origin.parse(f"{parts.scheme}://{parts.netloc}")


def _body(response: httpx.Response) -> bytes:
    assert isinstance(response.stream, httpx.SyncByteStream)
    taken = b""
    for chunk in response.stream:
        taken += chunk
        if len(taken) > _MOST_BYTES:
            break
    return taken


def _refused(status: int, said: dict[str, object], name: str, skew: float | None) -> AscinboxError:
    """Google's no to an assertion: `error` and `error_description` beside each other (RFC 6749)."""
    inner = said.get("error")
    code = clean_line(inner if isinstance(inner, str) else "")
    detail = clean_line(said.get("error_description"))
    if isinstance(inner, dict):
        code, detail = clean_line(inner.get("status")), clean_line(inner.get("message"))
    problems = (SourceProblem(status, code, "", detail),)
    if status in {400, 401, 403}:
        error = google_error(401, problems, name, skew_s=skew)
        error.status = status
        return error
    return _unsent(google_error(status, problems, name, skew_s=skew))


def _unsent(error: AscinboxError) -> AscinboxError:
    """The same as an error of the way: what the token was for has not left this machine."""
    if isinstance(error, NetworkError):
        error.unsent = True
        return error
    if isinstance(error, Unavailable):
        return NetworkError(error.title, error.detail, error.next_step, unsent=True)
    return error
