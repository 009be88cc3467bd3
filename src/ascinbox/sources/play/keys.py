"""Reads a Google service account: the JSON file that Google Cloud lets one download.

No message here holds any of the key's text; opening the file and judging its permissions is the vault's work.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ascinbox.core.errors import CredentialError
from ascinbox.core.secret import Secret

KIND = "service_account"
TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"  # noqa: S105  (an address)
GOOGLES_TOKEN_HOSTS = frozenset(("oauth2.googleapis.com", "www.googleapis.com", "accounts.google.com"))
_FIELDS = ("client_email", "private_key", "private_key_id", "token_uri")
_EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,120}@[A-Za-z0-9.-]{1,120}")
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{4,80}")
_RIGHT_FILE = (
    "Use the JSON file of a service account: Google Cloud > IAM & Admin > Service Accounts > the account > "
    "Keys > Add key > Create new key > JSON."
)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account as its file describes it. The key itself stays in `private_key`."""

    email: str
    key_id: str
    token_uri: str
    private_key: Secret
    project: str = ""

    def __repr__(self) -> str:
        return f"ServiceAccount({self.email}, {self.key_id})"


def read_account(text: Secret) -> ServiceAccount:
    """The service account in `text`. Raises CredentialError, with a title of its own for each defect."""
    said = _document(text.reveal())
    kind = said.get("type")
    if kind != KIND:
        raise CredentialError(
            "This JSON is no service account.",
            f"Its type is {_shown(kind) if kind else 'missing'}.",
            _RIGHT_FILE,
        )
    for name in _FIELDS:
        value = said.get(name) if name != "token_uri" else said.get(name, TOKEN_ADDRESS)
        if not isinstance(value, str) or not value.strip():
            raise CredentialError(
                f"The service account has no {name}.", "The file is not whole.", _RIGHT_FILE
            )
    email, key_id = said["client_email"].strip(), said["private_key_id"].strip()
    if not _EMAIL.fullmatch(email) or not _KEY_ID.fullmatch(key_id):
        odd = "client_email" if not _EMAIL.fullmatch(email) else "private_key_id"
        raise CredentialError(f"The service account's {odd} cannot be right.", "", _RIGHT_FILE)
    project = said.get("project_id")
    return ServiceAccount(
        email,
        key_id,
        _checked_address(said.get("token_uri", TOKEN_ADDRESS).strip()),
        Secret(said["private_key"]),
        project if isinstance(project, str) and re.fullmatch(r"[a-z0-9:.-]{1,80}", project) else "",
    )


def load_rsa_key(account: ServiceAccount, *, checked: bool = False) -> Any:
    """The RSA key of the account; literal `\\n` in its PEM is repaired. Raises CredentialError.

    `checked`: its numbers were proved to belong together before, when the file was read. That takes a quarter
    of a second, during which no other thread runs.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = account.private_key.reveal().replace("\\r", "").replace("\\n", "\n").strip() + "\n"
    try:
        key = load_pem_private_key(
            pem.encode("utf-8", "replace"), None, unsafe_skip_rsa_key_validation=checked
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CredentialError(
            "The private key in the service account cannot be read.",
            "It is cut, encrypted or something else.",
            _RIGHT_FILE,
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise CredentialError(
            "The private key in the service account is no RSA key.", "Google makes RSA keys.", _RIGHT_FILE
        )
    return key


def fingerprint(account: ServiceAccount) -> str:
    """First 16 hex digits of the SHA-256 of the public key (SubjectPublicKeyInfo, DER)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = load_rsa_key(account, checked=True).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:16]


def normalised(account: ServiceAccount) -> Secret:
    """What of the file is needed, as it is kept: the PEM with real line breaks, nothing else of Google's.

    Proves that the key is whole. Raises CredentialError.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = load_rsa_key(account).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    kept = {
        "type": KIND,
        "client_email": account.email,
        "private_key_id": account.key_id,
        "token_uri": account.token_uri,
        "private_key": pem.decode("ascii"),
    } | ({"project_id": account.project} if account.project else {})
    return Secret(json.dumps(kept))


def _document(text: str) -> dict[str, Any]:
    stripped = text.strip("\ufeff \t\r\n")
    if not stripped:
        raise CredentialError("The service account's file is empty.", "", _RIGHT_FILE)
    if stripped.startswith("-----BEGIN"):
        raise CredentialError("This is a bare key; the JSON file around it is needed.", "", _RIGHT_FILE)
    try:
        said = json.loads(stripped)
    except (ValueError, RecursionError):
        cut = stripped.startswith("{") and not stripped.endswith("}")
        raise CredentialError(
            "The file is cut: its JSON does not end." if cut else "The file is not JSON.", "", _RIGHT_FILE
        ) from None
    if not isinstance(said, dict):
        raise CredentialError("This JSON is no service account.", "", _RIGHT_FILE)
    return said


def _checked_address(uri: str) -> str:
    """Google's own token address, or one on this machine: nobody else is ever shown a signed assertion."""
    from ascinbox.sources.http.origin import is_loopback

    try:
        parts = urlsplit(uri)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    googles = parts.scheme == "https" and host in GOOGLES_TOKEN_HOSTS and port in (None, 443)
    here = parts.scheme in {"http", "https"} and is_loopback(host)
    if not (googles or here) or "@" in parts.netloc or parts.query or parts.fragment:
        raise CredentialError(
            "The token_uri of the service account is not Google's.",
            f"It names {_shown(host) if host else 'no host'}.",
            "Download the JSON file from Google Cloud again; it names https://oauth2.googleapis.com/token.",
        )
    return uri


def _shown(value: object) -> str:
    return repr("".join(c for c in str(value) if c.isascii() and c.isprintable())[:40])
