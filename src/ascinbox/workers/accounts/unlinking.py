"""Forgetting an account: its secrets first, then what only it could see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.errors import VaultError
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.core.stores import store_of_kind
from ascinbox.workers.accounts.retired_keys import in_use

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace


def forget_account(space: Workspace, account: Account) -> tuple[str, ...]:
    """Forgets an account; sentences about what was kept.

    Raises VaultError, with nothing forgotten, when a secret cannot be removed from its place.
    """
    watched = space.store.call(lambda store: store.observations.retired(account.id))
    retired = [entry for entry in watched if not in_use(space, entry.credential.secret_ref)]
    kept = [
        note
        for credential in (*account.credentials, *(entry.credential for entry in retired))
        if (note := _forget_secret(space, account, credential))
    ]
    space.store.call(_forget, account)
    kept += [
        f"Key {credential.key_id} works until it is revoked at {_revoked_at(credential)}."
        for credential in account.credentials
        if credential.kind != CredentialKind.REPORTER
    ]
    return tuple(kept)


def _forget_secret(space: Workspace, account: Account, credential: Credential) -> str:
    """Removes a secret from its place; a sentence when it is not ours to remove."""
    vault = space.vault
    try:
        removed = vault.delete(credential.secret_ref)
    except VaultError as error:
        raise VaultError(
            f"{account.name} was not unlinked: its key cannot be removed. {error.title}",
            error.detail,
            error.next_step,
        ) from None
    space.clients.forget(credential)
    place = vault.describe(credential.secret_ref)
    return "" if removed else f"The key in the {place.kind} ({place.where}) is not ours and stays there."


def _forget(store: Store, account: Account) -> None:
    store.health.forget(account.id)
    store.accounts.remove(account.id)


def _revoked_at(credential: Credential) -> str:
    store = store_of_kind(credential.kind)
    return f"{store.company}: {store.links['keys']}"
