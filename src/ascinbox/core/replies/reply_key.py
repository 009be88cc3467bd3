"""The form in which replies are compared."""

from __future__ import annotations

from ascinbox.core.text import clean_body, normalise_reply


def reply_key(text: str) -> str:
    """SHA-256 (hex) of the form in which replies are compared.

    The store's echo passed `clean_body` when it was parsed, ours did not: both go through it here.
    """
    import hashlib

    return hashlib.sha256(normalise_reply(clean_body(normalise_reply(text))).encode()).hexdigest()
