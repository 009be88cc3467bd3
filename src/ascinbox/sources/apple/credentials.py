"""Understands an App Store Connect key with what stands beside it: key id and issuer id."""

from __future__ import annotations

from ascinbox.core.errors import CredentialError, UsageError
from ascinbox.core.health.credential_shapes import look_at_issuer, look_at_key_id
from ascinbox.core.records import CredentialKind
from ascinbox.core.stores import APP_STORE
from ascinbox.sources.apple.keys import fingerprint, load_private_key, normalised_pem
from ascinbox.sources.base import CredentialInput, ReadCredential

_WHERE = APP_STORE.place("api keys")


def read_key(given: CredentialInput) -> ReadCredential:
    """The key, its PEM repaired where pasting broke it. Without an issuer id it is an individual key."""
    if not given.key_id:
        raise UsageError(
            "The key id is missing.", "", f"Give it with --key-id; it stands in the row of the key. {_WHERE}."
        )
    key = load_private_key(given.text)
    key_id = given.key_id.strip()
    looks = look_at_key_id(key_id)
    if not looks.ok:
        raise CredentialError(
            f"The key id {_shown(key_id)} is not one of Apple's: {looks.words}.",
            "It has ten capital letters and digits, like 2X9R4HXF34.",
            f"Copy it from the row of the key. {_WHERE}.",
        )
    issuer = (given.issuer_id or "").strip().lower() or None
    if issuer is not None and not look_at_issuer(issuer).ok:
        raise CredentialError(
            f"The issuer id {_shown(issuer)} is not one of Apple's: {look_at_issuer(issuer).words}.",
            "It looks like 57246542-96fe-1a63-e053-0824d011072a.",
            f"Copy it from above the list of Team Keys. {_WHERE}. An individual key has none: leave it out.",
        )
    return ReadCredential(
        CredentialKind.TEAM if issuer else CredentialKind.INDIVIDUAL,
        key_id,
        issuer,
        normalised_pem(key),
        fingerprint(key),
    )


def _shown(text: str) -> str:
    printable = "".join(c for c in text if c.isascii() and c.isprintable())
    return repr(printable[:40])
