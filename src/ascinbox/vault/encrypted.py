"""A secret in a file sealed by a passphrase: scrypt and AES-256-GCM, the header authenticated with it.

Form of the file: one line of JSON (the header), a line feed, the sealed bytes in base64, a line feed.
The exact bytes of the header are the associated data: neither its parameters nor its name change unnoticed.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

from ascinbox.core.secret import Secret
from ascinbox.paths import write_private_file
from ascinbox.vault.keyfile import read_private_bytes
from ascinbox.vault.refusal import Reason, VaultRefusal

FORMAT = "ascinbox.sealed/1"
COST = 2**17
COSTS_READ = frozenset({2**15, 2**16, 2**17})
"""Costs accepted when reading: a forged header must not make us burn memory or time."""
BLOCK, LANES = 8, 1
SHORTEST = 8
"""Characters of a passphrase, at least."""


class EncryptedFiles:
    """Seals secrets into `folder/NAME.sealed` with one passphrase for all of them.

    `passphrase(new)` is asked at most once, only when a file is sealed or opened; `new` tells whether it is
    being chosen. Files of one folder share their salt, so opening twenty costs one key derivation.
    """

    def __init__(self, folder: Path, passphrase: Callable[[bool], Secret]) -> None:
        self._folder = folder
        self._ask = passphrase
        self._passphrase: Secret | None = None
        self._derived: dict[tuple[bytes, int], bytes] = {}
        self._lock = threading.Lock()

    def path(self, name: str) -> Path:
        """Where the sealed secret `name` is."""
        return self._folder / f"{name}.sealed"

    def seal(self, name: str, secret: Secret) -> None:
        """Writes the secret, replacing an older one of that name."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        others = self.files()
        self._know_passphrase(new=not others)
        if len(self._held().reveal()) < SHORTEST:
            self._passphrase = None
            raise VaultRefusal(
                Reason.NO_PASSPHRASE,
                f"The passphrase is shorter than {SHORTEST} characters.",
                "",
                "Choose a longer one.",
            )
        salt = self._salt_in_use(others) or os.urandom(16)
        nonce = os.urandom(12)
        header = json.dumps(
            {
                "format": FORMAT,
                "name": name,
                "kdf": "scrypt",
                "n": COST,
                "r": BLOCK,
                "p": LANES,
                "salt": base64.b64encode(salt).decode(),
                "nonce": base64.b64encode(nonce).decode(),
            },
            sort_keys=True,
        ).encode()
        sealed = AESGCM(self._key(salt, COST)).encrypt(nonce, secret.reveal().encode(), header)
        write_private_file(self.path(name), header + b"\n" + base64.b64encode(sealed) + b"\n")

    def open(self, name: str) -> Secret:
        """The secret of that name. A wrong passphrase and a damaged file are one and the same refusal."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        content = read_private_bytes(self.path(name), what="sealed file")
        header, sealed, salt, nonce, cost = _parse(content, name)
        self._know_passphrase(new=False)
        try:
            return Secret(AESGCM(self._key(salt, cost)).decrypt(nonce, sealed, header).decode())
        except (InvalidTag, UnicodeDecodeError):
            raise _sealed(name) from None

    def delete(self, name: str) -> None:
        """Removes the file; one that is gone already is fine."""
        self.path(name).unlink(missing_ok=True)

    @property
    def known(self) -> bool:
        """Whether the passphrase is at hand."""
        return self._passphrase is not None

    def use(self, passphrase: Secret) -> None:
        """Takes a passphrase that somebody typed; a wrong one for the files that are there is refused."""
        self.forget()
        with self._lock:
            self._passphrase = passphrase
        try:
            self._salt_in_use(self.files())
        except VaultRefusal:
            self.forget()
            raise

    def files(self) -> list[Path]:
        """The sealed files that are there."""
        return sorted(self._folder.glob("*.sealed")) if self._folder.is_dir() else []

    def forget(self) -> None:
        """Drops the passphrase and what was derived from it, so that the next use asks again."""
        with self._lock:
            self._passphrase = None
            self._derived.clear()

    def _salt_in_use(self, others: list[Path]) -> bytes | None:
        """The salt of a file that this passphrase opens; a passphrase that opens none is refused."""
        for path in others:
            name = path.name.removesuffix(".sealed")
            self.open(name)
            return _parse(read_private_bytes(path, what="sealed file"), name)[2]
        return None

    def _know_passphrase(self, *, new: bool) -> None:
        with self._lock:
            if self._passphrase is None:
                self._passphrase = self._ask(new)

    def _held(self) -> Secret:
        assert self._passphrase is not None
        return self._passphrase

    def _key(self, salt: bytes, cost: int) -> bytes:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        with self._lock:
            key = self._derived.get((salt, cost))
            if key is None:
                kdf = Scrypt(salt=salt, length=32, n=cost, r=BLOCK, p=LANES)
                key = kdf.derive(self._held().reveal().encode())
                self._derived[salt, cost] = key
            return key


def _parse(content: bytes, name: str) -> tuple[bytes, bytes, bytes, bytes, int]:
    """Header bytes, sealed bytes, salt, nonce, cost; everything out of bounds is the one refusal."""
    try:
        first, second = content.split(b"\n", 1)
        header = json.loads(first)
        cost = header["n"]
        bounds = (header["format"], header["name"], header["kdf"], header["r"], header["p"])
        if (
            bounds != (FORMAT, name, "scrypt", BLOCK, LANES)
            or type(cost) is not int
            or cost not in COSTS_READ
        ):
            raise ValueError
        salt = base64.b64decode(header["salt"], validate=True)
        nonce = base64.b64decode(header["nonce"], validate=True)
        sealed = base64.b64decode(second[:-1], validate=True)
        # The spare bits of the last base64 digit are not authenticated, so only one spelling is accepted.
        if len(salt) != 16 or len(nonce) != 12 or base64.b64encode(sealed) + b"\n" != second:
            raise ValueError
        return first, sealed, salt, nonce, cost
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _sealed(name) from None


def _sealed(name: str) -> VaultRefusal:
    return VaultRefusal(
        Reason.SEALED,
        f"The sealed key {name} cannot be opened: the passphrase is wrong or the file is damaged.",
        "",
        "Try the passphrase again; if the file is lost, give the account a new key with: ascinbox rotate",
    )
