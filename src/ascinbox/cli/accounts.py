"""`ascinbox accounts`: the linked accounts, how they are reached and where their keys lie."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ascinbox.cli.context import Context
from ascinbox.cli.health import cache_age
from ascinbox.core.clock import iso
from ascinbox.core.health.credential_shapes import shorten_key_id
from ascinbox.core.health.status import AccountHealth, tally
from ascinbox.workers.health.matrix import Matrix

if TYPE_CHECKING:
    from ascinbox.core.records import Account, App, Credential
    from ascinbox.workers.workspace import Workspace


def run(context: Context, options: argparse.Namespace) -> int:
    """Lists from what is known; asks nobody."""
    with context.workspace(reads=True) as workspace:
        linked = workspace.store.call(lambda store: store.accounts.list())
        accounts = linked if options.account is None else context.chosen_accounts(workspace)
        healths = {health.account: health for health in Matrix(workspace).matrix().healths}
        if options.json:
            context.output.json(
                "ascinbox.accounts/1",
                {"accounts": [_record(context, workspace, account) for account in accounts]},
                generated_at=context.now(),
                cache_age_s=cache_age(context, workspace),
            )
            return 0
        if not accounts:
            context.output.words("No account is linked. Link one: ascinbox link")
        context.output.table(
            ("ACCOUNT", "KEY", "KIND", "KEY AGE", "APPS", "STATE"),
            [
                row
                for account in accounts
                for row in _rows(context, workspace, account, healths[account.name])
            ],
            right=(4,),
        )
        return 0


def _rows(
    context: Context, workspace: Workspace, account: Account, health: AccountHealth
) -> list[tuple[str, ...]]:
    """A line for each credential; name, apps and state on the first."""
    apps = str(sum(app.id not in account.hidden_apps for app in _apps(workspace, account)))
    due = any(is_due(credential, context) for credential in account.credentials)
    state = state_words(health) + (" · ! rotate due" if due else "")
    rows: list[tuple[str, ...]] = []
    for place, credential in enumerate(account.credentials):
        first = place == 0
        rows.append(
            (
                account.name if first else "",
                shorten_key_id(credential.key_id),
                credential.kind,
                _age(credential.added_at, context.now()),
                apps if first else "",
                state if first else "",
            )
        )
    return rows


def state_words(health: AccountHealth) -> str:
    """`+ ok`, `x 2 to fix`, `! 1 to watch`, `? never checked`."""
    counts = tally([health])
    if counts.crit:
        return f"x {counts.crit} to fix"
    if counts.warn:
        return f"! {counts.warn} to watch"
    return "? never checked" if counts.unknown else "+ ok"


def is_due(credential: Credential, context: Context) -> bool:
    """Whether a key is old enough to be replaced, or a token at its end."""
    if credential.expires_at is not None:
        return credential.expires_at <= context.now()
    days = int(context.config.get("health", "rotate_days"))
    added = credential.added_at
    return added is not None and added + timedelta(days=days) <= context.now()


def _record(context: Context, workspace: Workspace, account: Account) -> dict[str, Any]:
    rotate_days = int(context.config.get("health", "rotate_days"))
    return {
        "name": account.name,
        "id": account.id,
        "store": account.store,
        "vendor": account.vendor,
        "features": list(account.features),
        "linked_at": iso(account.linked_at),
        "credentials": [_credential(workspace, entry, rotate_days) for entry in account.credentials],
        "apps": [
            {"id": a.id, "name": a.name, "bundle_id": a.bundle_id, "hidden": a.id in account.hidden_apps}
            for a in _apps(workspace, account)
        ],
    }


def _credential(workspace: Workspace, credential: Credential, rotate_days: int) -> dict[str, Any]:
    place = workspace.vault.describe(credential.secret_ref)
    due = credential.added_at + timedelta(days=rotate_days) if credential.added_at else None
    return {
        "kind": credential.kind,
        "key_id": credential.key_id,
        "issuer_id": None if credential.reporter_account else credential.issuer_id,
        "reporter_account": credential.reporter_account,
        "fingerprint": credential.fingerprint,
        "kept_in": place.kind,
        "where": place.where,
        "safe": place.ok,
        "used_for": list(credential.capabilities),
        "added_at": iso(credential.added_at),
        "last_ok_at": iso(credential.last_ok_at),
        "rotate_at": iso(due),
        "expires_at": iso(credential.expires_at),
    }


def _apps(workspace: Workspace, account: Account) -> tuple[App, ...]:
    apps: tuple[App, ...] = workspace.store.call(lambda store: store.accounts.apps(account.id))
    return apps


def _age(since: datetime | None, now: datetime) -> str:
    return "" if since is None else f"{max(0, (now - since).days)}d"
