"""Which apps each credential was seen to see: an individual key may see fewer than a team key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.health.evidence import HealthState
from ascinbox.core.health.serving import Known
from ascinbox.core.records import Account, App

if TYPE_CHECKING:
    from ascinbox.store.store import Store

REFUSALS = frozenset({HealthState.NO_ROLE, HealthState.NOT_POSSIBLE, HealthState.REJECTED})
"""Verdicts after which another credential is better asked."""
MISSED_FOR = timedelta(days=7)
"""How long an app that Apple no longer lists is reported before it is taken for gone."""


def apps_of(
    key_id: str, apps: Iterable[App], observed: Mapping[str, tuple[str, datetime]]
) -> tuple[App, ...]:
    """Those of the account's apps that this credential was seen to see; none before it was ever asked."""
    ids = set(observed.get(_seen(key_id), ("",))[0].split(","))
    return tuple(app for app in apps if app.id in ids)


def known_of(store: Store, account: Account) -> dict[str, Known]:
    """What is known of each credential of an account, by key id: which apps it sees now, what it may not."""
    observed = store.health.observed(account.id)
    refused: dict[str, set[str]] = {}
    for kept in store.health.verdicts(account.id):
        if kept.verdict.state in REFUSALS:
            refused.setdefault(kept.verdict.credential, set()).add(kept.verdict.capability)
    return {
        credential.key_id: Known(
            sees_now(credential.key_id, observed), frozenset(refused.get(credential.key_id, ()))
        )
        for credential in account.credentials
    }


def sees_now(key_id: str, observed: Mapping[str, tuple[str, datetime]]) -> frozenset[str] | None:
    """Ids of the apps that Apple listed for this credential last; None when it was never asked."""
    if _seen(key_id) not in observed:
        return None
    missed = observed.get(_missed(key_id), ("",))[0]
    return frozenset(filter(None, observed[_seen(key_id)][0].split(","))) - set(missed.split(","))


def note_apps(store: Store, account_id: int, key_id: str, listed: Iterable[str], now: datetime) -> None:
    """Notes the ids of the apps that Apple listed. What vanished from it is remembered for `MISSED_FOR`."""
    ids = set(listed)
    before = store.health.observed(account_id).get(_seen(key_id), ("",))[0]
    missing = {app_id for app_id in before.split(",") if app_id} - ids
    if missing:
        since = store.health.observe(account_id, _missed(key_id), ",".join(sorted(missing)), now)
        if now - since <= MISSED_FOR:
            ids |= missing
    else:
        store.health.unobserve(account_id, _missed(key_id))
    store.health.observe(account_id, _seen(key_id), ",".join(sorted(ids)), now)


def _seen(key_id: str) -> str:
    return f"apps of {key_id}"


def _missed(key_id: str) -> str:
    return f"apps missed by {key_id}"
