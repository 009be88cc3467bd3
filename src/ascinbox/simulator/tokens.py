"""Checks bearer tokens as Apple does: ES256, kid, issuer or `sub: user`, audience, at most 20 minutes."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from ascinbox.simulator import problems
from ascinbox.simulator.keys import ApiKey

AUDIENCE = "appstoreconnect-v1"
MAX_LIFE_S = 20 * 60
LEEWAY_S = 60
"""How far in the future `iat` may lie."""
_REMEMBERED = 256


class TokenCheck:
    """Verifies tokens against the keys of the world and remembers the ones that were good."""

    def __init__(self, keys: Mapping[str, ApiKey]) -> None:
        self._keys = keys
        self._good: dict[str, tuple[ApiKey, float, float]] = {}

    def caller(self, authorization: str | None, now: float) -> ApiKey:
        """The key that signed the request. Raises `Problem` 401 for every fault, without saying which."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise problems.unauthorized()
        known = self._good.get(token)
        if known is None:
            known = self._verify(token)
            if len(self._good) >= _REMEMBERED:
                self._good.clear()
            self._good[token] = known
        key, issued, expires = known
        if key.revoked or now >= expires or issued > now + LEEWAY_S:
            raise problems.unauthorized()
        return key

    def _verify(self, token: str) -> tuple[ApiKey, float, float]:
        try:
            head, claims, signature = _parts(token)
            key = self._keys[head["kid"]]
            if head.get("alg") != "ES256" or not _signed_by(key, token, signature):
                raise problems.unauthorized()
            return key, *_lifetime(claims, key)
        except (KeyError, TypeError, ValueError):
            raise problems.unauthorized() from None


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    head, claims, signature = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    parsed = json.loads(head), json.loads(claims)
    if not all(isinstance(part, dict) for part in parsed):
        raise ValueError("not objects")
    return *parsed, signature


def _signed_by(key: ApiKey, token: str, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    # JOSE signatures are the raw 64 bytes r||s; Apple refuses the DER form.
    if len(signature) != 64:
        return False
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        key.private.public_key().verify(
            der, token.rpartition(".")[0].encode("ascii"), ec.ECDSA(hashes.SHA256())
        )
    except InvalidSignature:
        return False
    return True


def _lifetime(claims: dict[str, Any], key: ApiKey) -> tuple[float, float]:
    if key.individual:
        named_right = claims.get("sub") == "user" and "iss" not in claims
    else:
        named_right = claims.get("iss") == key.issuer_id and "sub" not in claims
    issued, expires = float(claims["iat"]), float(claims["exp"])
    if not named_right or claims["aud"] != AUDIENCE or not 0 < expires - issued <= MAX_LIFE_S:
        raise ValueError("claims")
    return issued, expires
