"""Which apps each credential was seen to see: an individual key may see fewer than a team key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.health.evidence import HealthState
from ascinbox.core.health.observations import KeyListing
from ascinbox.core.health.serving import Known
from ascinbox.core.records import Account, App

if TYPE_CHECKING:
    from ascinbox.store.store import Store

REFUSALS = frozenset({HealthState.NO_ROLE, HealthState.NOT_POSSIBLE, HealthState.REJECTED})
"""Verdicts after which another credential is better asked."""
MISSED_FOR = timedelta(days=7)
"""How long an app that Apple no longer lists is reported before it is taken for gone."""


def apps_of(listing: KeyListing, apps: Iterable[App]) -> tuple[App, ...]:
    """Those of the account's apps that a credential was seen to see."""
    return tuple(app for app in apps if app.id in listing.apps)


def known_of(store: Store, account: Account) -> dict[str, Known]:
    """What is known of each credential of an account, by key id: which apps it sees now, what it may not."""
    listings = store.observations.listings(account.id)
    refused: dict[str, set[str]] = {}
    for kept in store.health.verdicts(account.id):
        if kept.verdict.state in REFUSALS:
            refused.setdefault(kept.verdict.credential, set()).add(kept.verdict.capability)
    return {
        key_id: Known(
            listings[key_id].seen if key_id in listings else None, frozenset(refused.get(key_id, ()))
        )
        for key_id in (credential.key_id for credential in account.credentials)
    }


def note_apps(store: Store, account_id: int, key_id: str, listed: Iterable[str], now: datetime) -> None:
    """Notes the ids of the apps that Apple listed. What vanished from it is remembered for `MISSED_FOR`."""
    before = store.observations.listings(account_id).get(key_id, KeyListing())
    store.observations.save_listing(account_id, key_id, _listing(before, frozenset(listed), now), now)


def _listing(before: KeyListing, listed: frozenset[str], now: datetime) -> KeyListing:
    missed = tuple(sorted(frozenset(before.apps) - listed))
    if not missed:
        return KeyListing(tuple(sorted(listed)))
    since = before.missed_since if missed == before.missed and before.missed_since else now
    kept = missed if now - since <= MISSED_FOR else ()
    return KeyListing(tuple(sorted(listed.union(kept))), missed, since)
