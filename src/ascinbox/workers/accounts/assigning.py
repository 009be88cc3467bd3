"""Which of an account's credentials is used for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import info, parse_features
from ascinbox.core.health.evidence import Verdict
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.workers.accounts.trials import WORKING

if TYPE_CHECKING:
    from ascinbox.store.store import Store

NOTHING = "nothing"
"""Stands in a credential's list of capabilities when all of them are better served by others."""

_NARROW_FIRST = (CredentialKind.INDIVIDUAL, CredentialKind.TEAM, CredentialKind.REPORTER)


def assign(store: Store, account: Account) -> None:
    """With several credentials, each chosen capability goes to the one that does it best.

    Best is what works, and among those the narrowest: reviews by an individual key, numbers by a team key.
    """
    if len(account.credentials) == 1:
        store.accounts.use_for(account.primary.id, ())
        return
    verdicts = {
        (kept.verdict.credential, kept.verdict.capability): kept.verdict
        for kept in store.health.verdicts(account.id)
    }
    serves: dict[int, list[str]] = {credential.id: [] for credential in account.credentials}
    for capability in parse_features(account.features):
        able = [c for c in account.credentials if c.kind in info(capability).kinds]
        if able:
            best = min(able, key=lambda c: _rank(c, verdicts.get((c.key_id, capability.value))))
            serves[best.id].append(capability.value)
    for credential in account.credentials:
        store.accounts.use_for(credential.id, serves[credential.id] or [NOTHING])


def _rank(credential: Credential, verdict: Verdict | None) -> tuple[int, int]:
    works = verdict is not None and verdict.state in WORKING
    return (0 if works else 1), _NARROW_FIRST.index(credential.kind)
