"""Where a new secret goes: to the place that was chosen, and by itself never to a weaker one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.records import Credential
from ascinbox.core.stores import kind_info
from ascinbox.vault import Reason, VaultKind, VaultRefusal

if TYPE_CHECKING:
    from ascinbox.vault import Vault
    from ascinbox.workers.accounts.credentials import Candidate

_THERE_BUT_SHUT = frozenset({Reason.LOCKED, Reason.TIMED_OUT, Reason.LYING})


def store_secret(vault: Vault, candidate: Candidate, kind: VaultKind | str | None) -> tuple[str, str]:
    """The reference under which the secret now is, and a sentence about that.

    Without a `kind` the OS keyring is taken, or a key file on a machine that has none. Raises VaultRefusal
    for a keyring that is there and cannot be used: passing over it is for the person to decide.
    """
    if candidate.keep_ref is not None and kind is None:
        return candidate.keep_ref, f"The key stays where it is ({candidate.source}); nothing was copied."
    kind, note = chosen_place(vault, kind)
    about = kind_info(candidate.kind)
    name = about.file_name.format(key_id=candidate.key_id)
    if kind is not VaultKind.FILE:
        name = name.rpartition(".")[0]
    ref = vault.store(kind, name, candidate.secret)
    place = vault.describe(ref)
    where = f"{place.where} ({place.detail})" if place.detail else f"the {place.kind}"
    return ref, f"{note}The {about.secret} was copied to {where}."


def chosen_place(vault: Vault, kind: VaultKind | str | None) -> tuple[VaultKind, str]:
    """Where a secret goes, and a remark on why it is not the keyring: what was chosen, else the OS keyring,
    or a file on a machine that has none. Raises as `store_secret`."""
    if kind is not None:
        return VaultKind(kind), ""
    usable = vault.keyring_usable()
    if not isinstance(usable, VaultRefusal):
        return VaultKind.KEYRING, ""
    if usable.reason in _THERE_BUT_SHUT:
        raise usable
    return VaultKind.FILE, f"{usable.title} "


def place_of(old: Credential) -> VaultKind | None:
    """Where the next secret goes when nobody says: never to a weaker place than this one's."""
    kinds = {"keyring": VaultKind.KEYRING, "file": VaultKind.FILE, "enc": VaultKind.ENCRYPTED}
    return kinds.get(old.secret_ref.partition(":")[0])
