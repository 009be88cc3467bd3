"""Replaced keys: kept for two weeks at most, only to see that they were revoked at Apple, then forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import Notice
from ascinbox.core.health.observations import RetiredKey
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.core.stores import store_info, store_of_kind
from ascinbox.sources.registry import source_of_kind

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

WATCHED = timedelta(days=14)
LONGEST_LOOK_S = 10.0


def retire(space: Workspace, account: Account, old: Credential) -> str:
    """Takes a key out of use; says what is left to do at Apple.

    A Reporter token is forgotten at once, because making the new one has ended it.
    """
    if old.kind == CredentialKind.REPORTER:
        with suppress(AscinboxError):
            space.vault.delete(old.secret_ref)
        return "The old token is forgotten here; making the new one has ended it at Apple."
    now = space.clock.now()
    space.store.call(lambda store: store.observations.retire(account.id, old, now))
    row = store_of_kind(old.kind)
    return (
        f"Now revoke the old key at {row.company}: "
        f"{row.kind(old.kind).revoked_at.format(key_id=old.key_id)}; it cannot be undone. It is kept "
        f"here only to see that this was done, for at most {WATCHED.days} days."
    )


def watch_retired(space: Workspace, account: Account, keys: Iterable[RetiredKey]) -> None:
    """Looks whether an account's replaced keys were revoked; forgets those that were or are too old."""
    for retired in keys:
        key_id, company = retired.credential.key_id, store_info(account.store).company
        if _revoked(space, retired.credential):
            forget_retired(space, account, retired)
            space.publish(
                Notice(f"{account.name}: the old key {key_id} is revoked at {company}; it is forgotten here.")
            )
        elif space.clock.now() - retired.since > WATCHED:
            forget_retired(space, account, retired)
            space.publish(
                Notice(
                    f"{account.name}: the old key {key_id} still works at {company} after {WATCHED.days} "
                    f"days. It is forgotten here; revoke it there.",
                    "warning",
                )
            )


def reinstate(space: Workspace, account: Account, credential: Credential) -> None:
    """A replaced key that is put to use again is no longer waited for to be revoked."""
    for retired in space.store.call(lambda store: store.observations.retired(account.id)):
        if retired.credential.key_id == credential.key_id:
            forget_retired(space, account, retired)


def in_use(space: Workspace, ref: str) -> bool:
    """Whether a linked credential has its secret there."""
    accounts = space.store.call(lambda store: store.accounts.list())
    return any(c.secret_ref == ref for account in accounts for c in account.credentials)


def forget_retired(space: Workspace, account: Account, retired: RetiredKey) -> None:
    """Removes the secret of a replaced key, then the note about it. Raises VaultError."""
    if not in_use(space, retired.credential.secret_ref):
        space.vault.delete(retired.credential.secret_ref)
        space.clients.forget(retired.credential)
    key_id = retired.credential.key_id
    space.store.call(lambda store: store.observations.forget_retired(account.id, key_id))


def _revoked(space: Workspace, credential: Credential) -> bool:
    """Whether the key is refused for good."""
    try:
        client = space.client_of(credential)
    except AscinboxError:
        return False
    return source_of_kind(credential.kind).is_accepted(client, LONGEST_LOOK_S) is False
