"""ES256 tokens for App Store Connect: made in memory, shared by all threads, re-made in good time.

Source of the claims: Apple, "Generating Tokens for API Requests". `scope` is never set: with it Apple
answers POST and DELETE of replies with 405.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

import jwt

from ascinbox.core.clock import Clock
from ascinbox.core.errors import CredentialError
from ascinbox.core.records import CredentialKind
from ascinbox.sources.apple.keys import PrivateKey

AUDIENCE = "appstoreconnect-v1"
BACKDATE_S = 60
"""`iat` lies this far back, for clocks that run ahead of Apple's."""
LIFETIME_S = 15 * 60
"""`exp` minus `iat`; Apple allows 20 minutes."""
MARGIN_S = 120
"""A token this close to its end is re-made."""
LONGEST_USE_S = 10 * 60
"""A token is re-made at this age by either clock, so that a clock jump or a sleep cannot spoil it."""
LARGEST_CORRECTION_S = 6 * 60
"""A clock that is further off is not silently corrected: the person has to know."""

_ISSUER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_KEY_ID = re.compile(r"[A-Za-z0-9]{4,40}")
_WHERE = "App Store Connect: Users and Access > Integrations > App Store Connect API"


@dataclass(frozen=True, slots=True)
class _Made:
    text: str
    wall: float
    mono: float
    expires: float


class TokenSource:
    """Tokens of one key. Thread-safe; nothing of it is ever written to disk or printed."""

    def __init__(self, kind: str, key_id: str, issuer_id: str | None, key: PrivateKey, clock: Clock) -> None:
        """Raises CredentialError when key id and issuer cannot be right for this kind of key."""
        self.kind = kind
        self.key_id = _checked_key_id(key_id)
        self.issuer_id = _checked_issuer(kind, issuer_id)
        self._key = key
        self._clock = clock
        self._lock = threading.Lock()
        self._made: _Made | None = None
        self._skew_s = 0.0

    def __repr__(self) -> str:
        return f"TokenSource({self.kind}, {self.key_id})"

    @property
    def skew_s(self) -> float:
        """Seconds that are taken off our clock when a token is made."""
        return self._skew_s

    def token(self) -> str:
        """A token that is valid for at least `MARGIN_S` more."""
        with self._lock:
            if self._made is None or self._is_stale(self._made):
                self._made = self._make()
            return self._made.text

    def refresh(self, refused: str | None = None, skew_s: float | None = None) -> str:
        """A new token instead of `refused`; threads refused together get the same new one.

        `skew_s` (our clock minus Apple's) up to `LARGEST_CORRECTION_S` is corrected from now on.
        """
        with self._lock:
            if refused is None or self._made is None or self._made.text == refused:
                if skew_s is not None and abs(skew_s) <= LARGEST_CORRECTION_S:
                    self._skew_s = skew_s
                self._made = self._make()
            return self._made.text

    def _is_stale(self, made: _Made) -> bool:
        wall = self._clock.now().timestamp()
        return (
            wall >= made.expires - MARGIN_S
            or abs(wall - made.wall) > LONGEST_USE_S
            or self._clock.monotonic() - made.mono > LONGEST_USE_S
        )

    def _make(self) -> _Made:
        wall = self._clock.now().timestamp()
        issued = int(wall - self._skew_s) - BACKDATE_S
        claims: dict[str, object] = {"iat": issued, "exp": issued + LIFETIME_S, "aud": AUDIENCE}
        if self.issuer_id is None:
            claims["sub"] = "user"
        else:
            claims["iss"] = self.issuer_id
        text = jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self.key_id, "typ": "JWT"})
        return _Made(text, wall, self._clock.monotonic(), issued + LIFETIME_S + self._skew_s)


def _checked_key_id(key_id: str) -> str:
    key_id = key_id.strip()
    if not _KEY_ID.fullmatch(key_id):
        raise CredentialError(
            "The key id is not one of Apple's.",
            "It has ten letters and digits, like 2X9R4HXF34.",
            f"Copy it from the row of the key. {_WHERE}.",
        )
    return key_id


def _checked_issuer(kind: str, issuer_id: str | None) -> str | None:
    match kind:
        case CredentialKind.INDIVIDUAL:
            if issuer_id:
                raise CredentialError("An individual key has no issuer id.", "", "Leave the issuer id out.")
            return None
        case CredentialKind.TEAM:
            issuer = (issuer_id or "").strip().lower()
            if not _ISSUER.fullmatch(issuer):
                raise CredentialError(
                    "The issuer id is not one of Apple's.",
                    "It looks like 57246542-96fe-1a63-e053-0824d011072a.",
                    f"Copy it from above the list of team keys. {_WHERE}. "
                    "An individual key has none: leave it out.",
                )
            return issuer
        case _:
            raise CredentialError("A Reporter access token signs no API requests.")
