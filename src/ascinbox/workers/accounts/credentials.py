"""Turns what a person or another tool has (a file, a paste, a variable) into a credential to be tried.

Nothing here is stored and nothing is sent. Every defect is its own CredentialError, UsageError or VaultError.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from ascinbox.core.clock import from_epoch
from ascinbox.core.errors import AscinboxError, CredentialError, UsageError
from ascinbox.core.health.credential_shapes import Look
from ascinbox.core.records import Credential, CredentialKind
from ascinbox.core.secret import Secret
from ascinbox.core.stores import APP_STORE, PLAY_STORE, StoreInfo, kind_info, store_of_kind
from ascinbox.sources.base import CredentialInput, ReadCredential
from ascinbox.sources.registry import source_of
from ascinbox.vault import (
    SECRET_VARIABLES,
    FoundKey,
    Reason,
    Vault,
    VaultRefusal,
    key_in_json,
)

REPORTER_LIVES = timedelta(days=180)
"""Apple: a Reporter access token is valid this long."""
_OTHER_ZONE = timedelta(days=1)
"""A day begins up to so much earlier elsewhere."""
TOKEN_VARIABLE = "ASCINBOX_REPORTER_TOKEN"  # noqa: S105  (the name of a variable)
_WHERE = APP_STORE.place("api keys")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A credential that is not linked yet. Holds its secret in memory only."""

    kind: str
    key_id: str
    issuer_id: str | None
    """As in `Credential`: the issuer id of a team key, the account number of a Reporter token."""
    secret: Secret
    fingerprint: str = ""
    source: str = ""
    """Where it came from, for people."""
    keep_ref: str | None = None
    """A reference that stays as it is (environment, service manager): nothing is copied then."""
    expires_at: datetime | None = None
    vendor: str | None = None
    """The vendor number that the tool which had the key knows."""
    apps: tuple[str, ...] = ()
    """As in `Credential`."""
    bucket: str = ""

    def credential(self, secret_ref: str = "", added_at: datetime | None = None) -> Credential:
        """The record without the secret."""
        return Credential(
            kind=self.kind,
            key_id=self.key_id,
            issuer_id=self.issuer_id,
            secret_ref=secret_ref,
            fingerprint=self.fingerprint,
            added_at=added_at,
            expires_at=self.expires_at,
            apps=self.apps,
            bucket=self.bucket,
        )

    def as_individual(self) -> Candidate:
        """The same key, used without an issuer id."""
        return replace(self, kind=CredentialKind.INDIVIDUAL, issuer_id=None)


def from_file(vault: Vault, path: Path, key_id: str | None, issuer_id: str | None) -> Candidate:
    """A key file, checked as strictly as on every later load. The key id defaults to the one in the name.

    fastlane's JSON key file is understood too; what is given beside it wins over what stands in it.
    """
    from ascinbox.sources.apple.keys import key_id_from_filename

    keep = f"file:{path.absolute()}" if vault.is_credential_of_service_manager(path) else None
    secret = vault.load(keep) if keep else Secret(vault.read_file(path))
    inside = key_in_json(secret)
    if inside is not None:
        return from_text(
            inside.secret, key_id or inside.key_id, issuer_id or inside.issuer_id, source=str(path)
        )
    found = key_id or key_id_from_filename(path)
    if not found:
        raise UsageError(
            "The key id is not in the file's name.",
            f"{path.name} is not called AuthKey_<key id>.p8.",
            f"Give it with --key-id; it stands in the row of the key. {_WHERE}.",
        )
    return from_text(secret, found, issuer_id, source=str(path), keep_ref=keep)


def from_text(
    secret: Secret, key_id: str | None, issuer_id: str | None, *, source: str, keep_ref: str | None = None
) -> Candidate:
    """Key text from stdin, a variable or another tool's file; what pasting breaks is repaired."""
    read = source_of(APP_STORE).read_credential(CredentialInput(secret, key_id, issuer_id))
    return _candidate(read, source, keep_ref)


def service_account(
    vault: Vault, path: Path, packages: tuple[str, ...], bucket: str, store: StoreInfo = PLAY_STORE
) -> Candidate:
    """The JSON file of a Google service account, or of another store's like it, checked as strictly as a "
    "key file."""
    keep = f"file:{path.absolute()}" if vault.is_credential_of_service_manager(path) else None
    text = Secret(vault.read_file(path, "service account file"))
    return from_store(store, CredentialInput(text, apps=packages, bucket=bucket), str(path), keep)


def from_store(
    store: StoreInfo, given: CredentialInput, source: str, keep_ref: str | None = None
) -> Candidate:
    """A credential as the store's package understands it."""
    return _candidate(source_of(store).read_credential(given), source, keep_ref)


def with_reach(vault: Vault, old: Credential, apps: tuple[str, ...], bucket: str) -> Candidate:
    """A linked credential for other apps and another bucket."""
    given = CredentialInput(vault.load(old.secret_ref), apps=apps, bucket=bucket)
    return from_store(store_of_kind(old.kind), given, "the vault")


def _candidate(read: ReadCredential, source: str, keep_ref: str | None) -> Candidate:
    return Candidate(
        kind=read.kind,
        key_id=read.key_id,
        issuer_id=read.issuer_id,
        secret=read.secret,
        fingerprint=read.fingerprint,
        source=source,
        keep_ref=keep_ref,
        apps=read.apps,
        bucket=read.bucket,
    )


def from_found(vault: Vault, found: FoundKey, issuer_id: str | None = None) -> Candidate:
    """A key that another tool has (see `Vault.find_keys`)."""
    issuer = issuer_id or found.issuer_id
    if found.variable is not None:
        ref = f"env:{found.variable}"
        candidate = from_text(vault.load(ref), found.key_id, issuer, source=found.source, keep_ref=ref)
    else:
        assert found.path is not None
        candidate = replace(from_file(vault, found.path, found.key_id, issuer), source=found.source)
    return replace(candidate, vendor=found.vendor)


def from_typed(vault: Vault, text: str, key_id: str | None, issuer_id: str | None) -> Candidate:
    """What stands in the wizard's field: the path of a key file, or `env:NAME` for a variable's key."""
    variable = _variable(text)
    if variable is None:
        return from_file(vault, Path(text).expanduser(), key_id, issuer_id)
    ref = f"env:{variable}"
    return from_text(vault.load(ref), key_id, issuer_id, source=f"the variable {variable}", keep_ref=ref)


def _variable(text: str) -> str | None:
    """The variable that is meant; only those that are known to hold keys are ever read."""
    name = text.removeprefix("env:")
    return name if text.startswith("env:") and name in SECRET_VARIABLES else None


def for_account(candidate: Candidate, number: str | None) -> Candidate:
    """The Reporter token used for one of its person's accounts at Apple; None leaves it as it is.

    Raises UsageError for what is no account number.
    """
    if number is None:
        return candidate
    if not (number.isascii() and number.isdigit() and 4 <= len(number) <= 12):
        raise UsageError(f"{_shown(number)} is no account number.", "", "It has digits only, like 1234567.")
    return replace(candidate, issuer_id=number)


def reporter_from_environment(
    vault: Vault, now: datetime, made_at: datetime | None = None
) -> Candidate | None:
    """The Reporter token in `ASCINBOX_REPORTER_TOKEN`, referred to and never copied; None without one."""
    secret = vault.environment.get(TOKEN_VARIABLE)
    if secret is None:
        return None
    candidate = reporter_token(secret, now, f"the variable {TOKEN_VARIABLE}", made_at)
    return replace(candidate, keep_ref=f"env:{TOKEN_VARIABLE}")


def reporter_token(text: Secret, now: datetime, source: str, made_at: datetime | None = None) -> Candidate:
    """A Reporter access token; `made_at` (default: now) starts its 180 days. The key id is made of its hash.

    Raises UsageError for a day that is still to come, CredentialError for what is no token.
    """
    import hashlib

    token = text.reveal().strip()
    if not (20 <= len(token) <= 80) or not all(c.isascii() and (c.isalnum() or c == "-") for c in token):
        raise CredentialError(
            "This is not a Reporter access token.",
            "A token looks like 8e2f1c04-5b6a-4d3e-9f70-1a2b3c4d5e6f.",
            f"{APP_STORE.place('reporter token')}.",
        )
    digest = hashlib.sha256(token.encode()).hexdigest()
    return Candidate(
        kind=CredentialKind.REPORTER,
        key_id=f"TOKEN{digest[:5].upper()}",
        issuer_id=None,
        secret=Secret(token),
        fingerprint=digest[:16],
        source=source,
        expires_at=_made(made_at, now) + REPORTER_LIVES,
    )


def dated(candidate: Candidate, now: datetime, made_at: datetime) -> Candidate:
    """The same token with the day on which it was made. UsageError for a day that is still to come."""
    return replace(candidate, expires_at=_made(made_at, now) + REPORTER_LIVES)


def _made(made_at: datetime | None, now: datetime) -> datetime:
    if made_at is not None and made_at > now + _OTHER_ZONE:
        raise UsageError(
            f"{made_at:%Y-%m-%d} is still to come.", "", "Give the day on which Apple made the token."
        )
    return min(made_at or now, now)


def reporter_from_file(vault: Vault, path: Path, now: datetime, made_at: datetime | None = None) -> Candidate:
    """A Reporter access token from a private file; without `made_at` the file's time is when it was made."""
    text = vault.read_file(path, "token file")
    made = made_at or min(from_epoch(path.expanduser().stat().st_mtime), now)
    keep = f"file:{path.absolute()}" if vault.is_credential_of_service_manager(path) else None
    return replace(reporter_token(Secret(text), now, str(path), made), keep_ref=keep)


def look_at_file(vault: Vault, path: str, reporter: bool) -> tuple[Look, str]:
    """How a key file (or token file) looks, in a few words, and the key id (or the day) that it gives."""
    from ascinbox.sources.apple.keys import key_id_from_filename, load_private_key

    file = Path(path).expanduser()
    variable = _variable(path)
    try:
        if reporter:
            secret = Secret(vault.read_file(file, "token file"))
            made = from_epoch(file.stat().st_mtime)
            reporter_token(secret, made, path)
            return Look(True, "ok token"), f"{made:%Y-%m-%d}"
        secret = vault.load(f"env:{variable}") if variable else Secret(vault.read_file(file))
        inside = None if variable else key_in_json(secret)
        load_private_key(inside.secret if inside is not None else secret)
    except AscinboxError as error:
        return Look(False, _in_short(error)), ""
    key_id = inside.key_id if inside is not None else key_id_from_filename(file)
    return Look(True, "ok EC P-256"), key_id or ""


def look_at_account_file(vault: Vault, store: StoreInfo, path: str) -> Look:
    """How the file of a store's credential looks, in a few words."""
    try:
        found = service_account(vault, Path(path).expanduser(), (), "", store)
    except AscinboxError as error:
        return Look(False, _in_short(error))
    return Look(True, f"ok {kind_info(found.kind).title}")


def look_at_apps(store: StoreInfo, text: str) -> Look:
    """How the names of apps look, as a person types them."""
    try:
        apps, _ = source_of(store).checked_reach(listed(text), "")
    except UsageError as error:
        return Look(False, error.title.rstrip(".").rpartition(" is ")[2])
    return Look(True, f"ok {len(apps)} app{'' if len(apps) == 1 else 's'}")


def look_at_bucket(store: StoreInfo, text: str) -> Look:
    """How the name of a bucket looks, as a person types it."""
    try:
        source_of(store).checked_reach((), text)
    except UsageError as error:
        return Look(False, _in_short(error))
    return Look(True, "ok bucket")


def listed(text: str) -> tuple[str, ...]:
    """What was typed with commas or blanks between, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def _in_short(error: AscinboxError) -> str:
    """A few words; the whole sentence follows when one goes on."""
    if isinstance(error, VaultRefusal):
        match error.reason:
            case Reason.MISSING:
                return "no such file"
            case Reason.TOO_OPEN:
                return "open to others"
            case _:
                return "not a key file"
    words = error.title.rstrip(".").removeprefix("The key is ").removeprefix("This is ")
    words = words.removeprefix("This JSON is ").removeprefix("The ")
    return words.partition(";")[0].partition(":")[0]


def _shown(text: str) -> str:
    printable = "".join(c for c in text if c.isascii() and c.isprintable())
    return repr(printable[:40])
