"""Replaced keys: kept for two weeks at most, only to see that they were revoked at Apple, then forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import Notice
from ascinbox.core.health.verdict_rules import CLOCK_TOLERANCE_S
from ascinbox.core.records import Account, Credential, CredentialKind

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

WATCHED = timedelta(days=14)
LONGEST_LOOK_S = 10.0
_PREFIX = "replaced key "


@dataclass(frozen=True, slots=True)
class Retired:
    """A key that was replaced and still works at Apple, as far as is known."""

    credential: Credential
    since: datetime


def retired_of(observed: Mapping[str, tuple[str, datetime]]) -> tuple[Retired, ...]:
    """The replaced keys among what was observed of an account."""
    found = []
    for name, (value, since) in observed.items():
        if name.startswith(_PREFIX):
            kept = json.loads(value)
            credential = Credential(
                CredentialKind(kept["kind"]), name.removeprefix(_PREFIX), kept["issuer"], kept["ref"]
            )
            found.append(Retired(credential, since))
    return tuple(found)


def retire(space: Workspace, account: Account, old: Credential) -> str:
    """Takes a key out of use; says what is left to do at Apple.

    A Reporter token is forgotten at once, because making the new one has ended it.
    """
    if old.kind is CredentialKind.REPORTER:
        with suppress(AscinboxError):
            space.vault.delete(old.secret_ref)
        return "The old token is forgotten here; making the new one has ended it at Apple."
    kept = json.dumps({"kind": old.kind.value, "issuer": old.issuer_id, "ref": old.secret_ref})
    now = space.clock.now()
    space.store.call(lambda store: store.health.observe(account.id, _PREFIX + old.key_id, kept, now))
    where = (
        "Users and Access > Integrations > Team Keys"
        if old.kind is CredentialKind.TEAM
        else "the user's profile > Individual API Key"
    )
    return (
        f"Now revoke the old key at Apple: {where} > {old.key_id} > Revoke; it cannot be undone. It is kept "
        f"here only to see that this was done, for at most {WATCHED.days} days."
    )


def watch_retired(space: Workspace, account: Account, observed: Mapping[str, tuple[str, datetime]]) -> None:
    """Looks whether an account's replaced keys were revoked; forgets those that were or are too old."""
    for retired in retired_of(observed):
        key_id = retired.credential.key_id
        if _revoked(space, retired.credential):
            forget_retired(space, account, retired)
            space.publish(
                Notice(f"{account.name}: the old key {key_id} is revoked at Apple; it is forgotten here.")
            )
        elif space.clock.now() - retired.since > WATCHED:
            forget_retired(space, account, retired)
            space.publish(
                Notice(
                    f"{account.name}: the old key {key_id} still works at Apple after {WATCHED.days} days. "
                    "It is forgotten here; revoke it there.",
                    "warning",
                )
            )


def reinstate(space: Workspace, account: Account, credential: Credential) -> None:
    """A replaced key that is put to use again is no longer waited for to be revoked."""
    for retired in retired_of(space.store.call(lambda store: store.health.observed(account.id))):
        if retired.credential.key_id == credential.key_id:
            forget_retired(space, account, retired)


def in_use(space: Workspace, ref: str) -> bool:
    """Whether a linked credential has its secret there."""
    accounts = space.store.call(lambda store: store.accounts.list())
    return any(c.secret_ref == ref for account in accounts for c in account.credentials)


def forget_retired(space: Workspace, account: Account, retired: Retired) -> None:
    """Removes the secret of a replaced key, then the note about it. Raises VaultError."""
    if not in_use(space, retired.credential.secret_ref):
        space.vault.delete(retired.credential.secret_ref)
        space.clients.forget(retired.credential)
    space.store.call(lambda store: store.health.unobserve(account.id, _PREFIX + retired.credential.key_id))


def _revoked(space: Workspace, credential: Credential) -> bool:
    """Whether Apple refuses the key for good. With a wrong clock it refuses every key, which says nothing."""
    try:
        probe = space.client_of(credential).probe("/v1/apps", {"limit": 1}, deadline_s=LONGEST_LOOK_S)
    except AscinboxError:
        return False
    return probe.status == 401 and abs(probe.skew_s or 0.0) <= CLOCK_TOLERANCE_S
