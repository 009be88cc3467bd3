"""Which apps each credential was seen to see: an individual key may see fewer than a team key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.records import App

if TYPE_CHECKING:
    from ascinbox.store.store import Store

MISSED_FOR = timedelta(days=7)
"""How long an app that Apple no longer lists is reported before it is taken for gone."""


def apps_of(
    key_id: str, apps: Iterable[App], observed: Mapping[str, tuple[str, datetime]]
) -> tuple[App, ...]:
    """Those of the account's apps that this credential was seen to see; none before it was ever asked."""
    ids = set(observed.get(_seen(key_id), ("",))[0].split(","))
    return tuple(app for app in apps if app.id in ids)


def note_apps(store: Store, account_id: int, key_id: str, listed: Iterable[App], now: datetime) -> None:
    """Notes the list of apps that Apple gave. What vanished from it is remembered for `MISSED_FOR`."""
    ids = {app.id for app in listed}
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
