"""The vault: the one way to every place where a secret may be."""

from __future__ import annotations

import base64
import re
import secrets as random_bytes
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ascinbox.core.secret import Secret
from ascinbox.paths import Paths, write_private_file
from ascinbox.vault.discovery import FoundKey, find_keys, own_key
from ascinbox.vault.encrypted import EncryptedFiles
from ascinbox.vault.environment import EnvironmentSecrets
from ascinbox.vault.keyfile import credentials_folder, read_private_file
from ascinbox.vault.keyring_store import KeyringStore
from ascinbox.vault.memory import close_memory
from ascinbox.vault.refusal import Reason, VaultRefusal

PASSPHRASE_FILE = "ASCINBOX_PASSPHRASE_FILE"  # noqa: S105  (the name of a variable)
PASSPHRASE_CREDENTIAL = "ascinbox-passphrase"  # noqa: S105  (the name of a systemd credential)


class VaultKind(StrEnum):
    """Where a person may choose to have a secret stored."""

    KEYRING = "keyring"
    FILE = "file"
    ENCRYPTED = "encrypted"


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret lies and whether that place is as closed as it must be; holds nothing secret."""

    kind: str
    """`OS keyring`, `key file`, `sealed file` or `environment`."""
    where: str
    ok: bool
    detail: str = ""


class Vault:
    """Stores, loads and deletes secrets by reference.

    `environ` is read once: variables known to hold keys are taken out of it at once. `ask_passphrase(new)` is
    called when a sealed file is opened and neither `ASCINBOX_PASSPHRASE_FILE` nor a systemd credential
    gives the passphrase; None means that nobody can be asked. It must not be called while a screen is up.
    """

    def __init__(
        self,
        paths: Paths,
        environ: MutableMapping[str, str],
        *,
        ask_passphrase: Callable[[bool], Secret] | None = None,
        keyring_limit_s: float = 3.0,
    ) -> None:
        self._folder = paths.keys
        self.environment = EnvironmentSecrets(environ)
        self.ask_passphrase = ask_passphrase
        self._keyring = KeyringStore(self.environment.plain, keyring_limit_s)
        self._sealed = EncryptedFiles(paths.keys, self._passphrase)
        self._fetched: dict[str, Secret | VaultRefusal] = {}

    def store(self, kind: VaultKind | str, name: str, secret: Secret) -> str:
        """Puts `secret` where the person chose and gives its reference. Reads it back before it says so.

        `name` is the file name for `file` (`AuthKey_ABCD127F2K.p8`) and a label elsewhere; letters, digits,
        `.`, `_` and `-` only. Raises VaultRefusal; nothing is stored then, and no weaker place is tried.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
            raise ValueError(f"not a name for a secret: {name!r}")
        match VaultKind(kind):
            case VaultKind.KEYRING:
                item = f"{name}/{random_bytes.token_hex(4)}"
                self._keyring.set(item, secret)
                return f"keyring:{item}"
            case VaultKind.FILE:
                path = self._folder / name
                write_private_file(path, secret.reveal().encode())
                ref = f"file:{path}"
            case VaultKind.ENCRYPTED:
                self._sealed.seal(name, secret)
                ref = f"enc:{name}"
        if self.load(ref) != secret:
            raise VaultRefusal(Reason.LYING, f"What was written to {ref} reads back differently.")
        return ref

    def load(self, ref: str, check: Callable[[Secret], object] | None = None) -> Secret:
        """The secret behind a reference, checked again each time.

        `check` gets the secret and raises what it likes when it is not what the caller needs (a P-256 key).
        """
        close_memory()
        kind, _, rest = ref.partition(":")
        match kind:
            case "keyring":
                fetched = self._fetched.pop(ref, None)
                secret = _or_raise(fetched or self._keyring.get_many([rest])[rest])
            case "file":
                secret = Secret(self._read_stored(Path(rest)))
            case "enc":
                secret = self._sealed.open(rest)
            case "env":
                secret = self._from_variable(rest)
            case _:
                raise VaultRefusal(Reason.MISSING, f"No secret is known as {ref[:40]!r}.")
        if check is not None:
            check(secret)
        return secret

    def fetch(self, refs: Iterable[str]) -> None:
        """Visits the keyring once for all of its items among `refs`; the next `load` of each is then at hand.

        Twenty accounts would otherwise mean twenty helper processes. A refusal is kept for `load` to raise.
        """
        items = [ref.partition(":")[2] for ref in dict.fromkeys(refs) if ref.startswith("keyring:")]
        if len(items) < 2:
            return
        try:
            found = self._keyring.get_many(items)
        except VaultRefusal as refusal:
            self._fetched.update({f"keyring:{name}": refusal for name in items})
        else:
            self._fetched.update({f"keyring:{name}": secret for name, secret in found.items()})

    def delete(self, ref: str) -> bool:
        """Removes the secret; False when it is not ours to remove (a file elsewhere, the environment)."""
        kind, _, rest = ref.partition(":")
        match kind:
            case "keyring":
                self._keyring.delete(rest)
            case "file" if self._is_ours(Path(rest)):
                Path(rest).unlink(missing_ok=True)
            case "enc":
                self._sealed.delete(rest)
            case _:
                return False
        return True

    def describe(self, ref: str) -> SecretPlace:
        """Where the secret is, without keeping it and without asking the keyring."""
        kind, _, rest = ref.partition(":")
        match kind:
            case "keyring":
                return SecretPlace("OS keyring", f"service ascinbox, {rest.partition('/')[0]}", True)
            case "file":
                return self._describe_file("key file", Path(rest))
            case "enc":
                return self._describe_file("sealed file", self._sealed.path(rest))
            case "env":
                present = self.environment.get(rest) is not None
                return SecretPlace("environment", rest, present, "" if present else "not set in this session")
            case _:
                return SecretPlace("unknown", "", False, "the reference is not understood")

    def keyring_usable(self) -> str | VaultRefusal:
        """The name of the OS keyring's backend after a write-read-delete probe, or why it cannot be used."""
        try:
            return self._keyring.prove()
        except VaultRefusal as refusal:
            return refusal

    def needs_passphrase(self, refs: Iterable[str]) -> bool:
        """True when a sealed file is among `refs` and the passphrase would have to be asked for."""
        return any(ref.startswith("enc:") for ref in refs) and self._passphrase_path() is None

    @property
    def has_sealed_files(self) -> bool:
        """Whether there are sealed files, and so a passphrase that opens them."""
        return bool(self._sealed.files())

    @property
    def knows_passphrase(self) -> bool:
        """Whether sealed files can be opened without asking anybody."""
        return self._sealed.known or self._passphrase_path() is not None

    def use_passphrase(self, passphrase: Secret) -> None:
        """Takes a passphrase that was typed; VaultRefusal when it does not open the files that are there."""
        self._sealed.use(passphrase)

    def forget_passphrase(self) -> None:
        """The next sealed file asks again."""
        self._sealed.forget()

    def find_keys(self, home: Path, here: Path) -> tuple[FoundKey, ...]:
        """Keys of other tools on this machine (see `discovery`)."""
        return find_keys(self.environment, home, here)

    def override(self, key_id: str) -> str | None:
        """The reference that the environment gives for `key_id` in this run; it wins over a stored one."""
        found = own_key(self.environment)
        if found is None or found.key_id != key_id:
            return None
        return f"env:{found.variable}" if found.variable else f"file:{found.path}"

    def is_credential_of_service_manager(self, path: Path) -> bool:
        """True for a file in `$CREDENTIALS_DIRECTORY` (systemd), which is referred to and never copied."""
        folder = credentials_folder(self.environment.plain)
        return folder is not None and path.expanduser().absolute().is_relative_to(folder)

    def read_file(self, path: Path, what: str = "key file") -> str:
        """The text of a private file; VaultRefusal for one that others can read or change."""
        return read_private_file(path, what=what, credentials=credentials_folder(self.environment.plain))

    def _read_stored(self, path: Path) -> str:
        try:
            return self.read_file(path)
        except VaultRefusal as refusal:
            if refusal.reason is not Reason.MISSING:
                raise
            raise VaultRefusal(
                Reason.MISSING,
                f"The key file {path} is no longer there.",
                "",
                "Put it back (chmod 600), or give the account its key again with: ascinbox rotate "
                "(nothing cached is lost).",
            ) from None

    def _from_variable(self, name: str) -> Secret:
        """A variable may hold PEM text, its base64, or the path of a key file."""
        secret = self.environment.load(name)
        value = secret.reveal().strip()
        if value.startswith(("/", "~", "./")) and "\n" not in value:
            return Secret(self.read_file(Path(value)))
        if "-----" not in value:
            try:
                decoded = base64.b64decode("".join(value.split()), validate=True).decode()
            except ValueError:
                return secret
            if "-----BEGIN" in decoded:
                return Secret(decoded)
        return secret

    def _passphrase_path(self) -> Path | None:
        environ = self.environment.plain
        named = environ.get(PASSPHRASE_FILE)
        if named:
            return Path(named)
        folder = credentials_folder(environ)
        credential = folder / PASSPHRASE_CREDENTIAL if folder else None
        return credential if credential is not None and credential.exists() else None

    def _passphrase(self, new: bool) -> Secret:
        path = self._passphrase_path()
        if path is not None:
            return Secret(self.read_file(path, "passphrase file").rstrip("\r\n"))
        if self.ask_passphrase is None:
            raise VaultRefusal(
                Reason.NO_PASSPHRASE,
                "A passphrase is needed to open the sealed keys.",
                "Nobody can be asked for it here.",
                f"Run this in a terminal, or name a file (chmod 600) that holds it in {PASSPHRASE_FILE}.",
            )
        return self.ask_passphrase(new)

    def _is_ours(self, path: Path) -> bool:
        return path.parent == self._folder

    def _describe_file(self, kind: str, path: Path) -> SecretPlace:
        try:
            mode = path.stat().st_mode & 0o777
        except OSError as error:
            return SecretPlace(kind, str(path), False, error.strerror or "cannot be read")
        if mode & 0o077 == 0:
            return SecretPlace(kind, str(path), True, f"{mode:04o}")
        if not self.is_credential_of_service_manager(path):
            return SecretPlace(kind, str(path), False, f"{mode:04o}")
        try:
            self.read_file(path)
        except VaultRefusal as refusal:
            return SecretPlace(kind, str(path), False, refusal.title)
        return SecretPlace(kind, str(path), True, f"{mode:04o}, given by the service manager")


def _or_raise(found: Secret | VaultRefusal) -> Secret:
    if isinstance(found, VaultRefusal):
        raise found
    return found
