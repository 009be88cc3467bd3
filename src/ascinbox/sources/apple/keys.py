"""Reads an App Store Connect API key: PEM as Apple gives it, or as it arrives after a paste.

Apple's file is `AuthKey_<KEYID>.p8`, a PKCS#8 PEM with an EC key on P-256. No message here holds any of
the key's text; opening the file and judging its permissions is the vault's work.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from pathlib import PurePath

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from cryptography.x509 import load_der_x509_certificate

from ascinbox.core.errors import CredentialError
from ascinbox.core.secret import Secret

PrivateKey = ec.EllipticCurvePrivateKey

LONGEST_KEY = 16 * 1024
"""Characters; Apple's files have about 260."""

_HEADER = re.compile(r"-----\s*BEGIN ([A-Z0-9 ]+?)\s*-----")
_FOOTER = re.compile(r"-----\s*END [A-Z0-9 ]*(?:-+)?")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=_-]")
_KEY_ID = re.compile(r"(?:^|[^A-Za-z0-9])([A-Z0-9]{10})$")
_COPY_MARK = re.compile(r"(?:[ _-]?\(\d+\)| copy(?: \d+)?)$")
_RIGHT_FILE = (
    "Use the file AuthKey_<key id>.p8 that App Store Connect let you download when the key was made."
)


def load_private_key(pem: Secret | str) -> PrivateKey:
    """The P-256 key in `pem`.

    Repairs what pasting breaks: literal `\\n`, CRLF, quotes, blanks, a lost header or footer, base64 around
    the whole. Raises CredentialError with a title of its own for each defect: empty, too large, encrypted,
    truncated, public key, certificate, RSA, other curve, other kind, not a key.
    """
    text = pem.reveal() if isinstance(pem, Secret) else pem
    return _checked(_der(_unwrapped(text)))


def fingerprint(key: PrivateKey) -> str:
    """First 16 hex digits of the SHA-256 of the public key (SubjectPublicKeyInfo, DER)."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()[:16]


def normalised_pem(key: PrivateKey) -> Secret:
    """The key as Apple writes it (PKCS#8 PEM), whatever form it came in."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Secret(pem.decode("ascii"))


def key_id_from_filename(path: PurePath | str) -> str | None:
    """The key id in `AuthKey_2X9R4HXF34.p8` (also with a browser's ` (1)`); None when there is none."""
    stem = _COPY_MARK.sub("", PurePath(path).stem.strip()).strip()
    found = _KEY_ID.search(stem)
    return found[1] if found else None


def _unwrapped(text: str) -> str:
    """`text` with line breaks for literal `\\n`, without quotes, and out of a base64 wrapping."""
    if len(text) > LONGEST_KEY:
        raise CredentialError("The key file is too large to be an API key.", "", _RIGHT_FILE)
    text = text.replace("\\r", "").replace("\\n", "\n").strip(" \t\r\n\ufeff\0\"'")
    if not text:
        raise CredentialError("The key is empty.", "", _RIGHT_FILE)
    if "-----" not in text:
        inner = _decoded(text)
        if inner is not None and b"-----BEGIN" in inner:
            return inner.decode("ascii", "replace").replace("\\n", "\n")
    return text


def _der(text: str) -> bytes:
    headers = list(_HEADER.finditer(text))
    # openssl writes `EC PARAMETERS` before the key, and other tools a certificate: the key is what counts.
    header = next((h for h in headers if "PRIVATE KEY" in h[1]), headers[0] if headers else None)
    if header is not None:
        _refuse_label(header[1], text)
    footer = _FOOTER.search(text, header.end() if header else 0)
    body = text[header.end() if header else 0 : footer.start() if footer else len(text)]
    der = _decoded(body)
    if not der:
        raise _not_a_key()
    return der


def _decoded(body: str) -> bytes | None:
    """Base64 of either alphabet, blanks and padding forgiven; None when it is something else."""
    packed = "".join(body.split())
    if not packed or _NOT_BASE64.search(packed):
        return None
    packed = packed.rstrip("=").replace("-", "+").replace("_", "/")
    if len(packed) % 4 == 1:
        packed = packed[:-1]
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except binascii.Error:
        return None


def _refuse_label(label: str, text: str) -> None:
    if "ENCRYPTED" in label or re.search(r"Proc-Type:\s*4,\s*ENCRYPTED", text):
        raise CredentialError(
            "The key is encrypted with a passphrase.",
            "App Store Connect gives keys without one.",
            _RIGHT_FILE,
        )
    if "PUBLIC" in label:
        raise _public_key()
    if "CERTIFICATE" in label:
        raise _certificate()
    if label.startswith(("RSA", "DSA", "OPENSSH")):
        raise _wrong_kind("an RSA key" if label.startswith("RSA") else "a key of another kind")


def _checked(der: bytes) -> PrivateKey:
    if _is_cut(der):
        raise CredentialError(
            "The key is truncated: its end is missing.",
            "",
            "Copy the whole .p8 file again, from its BEGIN line to its END line.",
        )
    try:
        key = load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _other_content(der) from None
    if isinstance(key, rsa.RSAPrivateKey):
        raise _wrong_kind("an RSA key")
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _wrong_kind("a key of another kind")
    if not isinstance(key.curve, ec.SECP256R1):
        raise CredentialError(
            "The key is on the wrong curve.", "App Store Connect keys are on P-256.", _RIGHT_FILE
        )
    return key


def _is_cut(der: bytes) -> bool:
    """True when the outermost ASN.1 sequence promises more bytes than there are."""
    if len(der) < 2 or der[0] != 0x30:
        return False
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        if start > 6 or len(der) < start:
            return len(der) < start <= 6
        size = int.from_bytes(der[2:start], "big")
    return len(der) < start + size


def _other_content(der: bytes) -> CredentialError:
    for load, error in ((load_der_public_key, _public_key), (load_der_x509_certificate, _certificate)):
        try:
            load(der)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        return error()
    return _not_a_key()


def _public_key() -> CredentialError:
    return CredentialError("This is a public key; the private key is needed.", "", _RIGHT_FILE)


def _certificate() -> CredentialError:
    return CredentialError("This is a certificate, not an API key.", "", _RIGHT_FILE)


def _wrong_kind(kind: str) -> CredentialError:
    return CredentialError(
        f"This is {kind}; App Store Connect uses an EC key on P-256.",
        "It may be a key for signing or for SSH.",
        _RIGHT_FILE,
    )


def _not_a_key() -> CredentialError:
    return CredentialError(
        "The file does not hold a private key.", "It is damaged or something else.", _RIGHT_FILE
    )
