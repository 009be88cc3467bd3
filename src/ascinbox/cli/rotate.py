"""`ascinbox rotate`: a new credential for an account; cache, drafts and views stay."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.health import cache_age
from ascinbox.cli.link import is_same_team, linked_payload
from ascinbox.cli.linkwords import (
    apps_from,
    candidate_from,
    features_from,
    is_for_play,
    show_linked,
    show_notes,
    vault_from,
)
from ascinbox.cli.values import names
from ascinbox.core.errors import AscinboxError
from ascinbox.core.health.capabilities import info

if TYPE_CHECKING:
    from ascinbox.core.records import Account
    from ascinbox.workers.accounts.linking import Linked
    from ascinbox.workers.accounts.rotating import Comparison
    from ascinbox.workers.accounts.trials import Trial
    from ascinbox.workers.workspace import Workspace

WORD = "switch"
"""What has to be typed to take a key that can do less."""


def run(context: Context, options: argparse.Namespace) -> int:
    """Rotates; 0 when all that was chosen works, 1 with gaps. Refusals are raised, the old key stays."""
    features = features_from(options.features)
    with context.workspace() as workspace:
        account = workspace.accounts.find(options.name)
        reach = options.service_account is None and (options.packages or options.bucket)
        if is_for_play(options) and reach:
            return _change_reach(context, options, workspace, account)
        changes = options.vendor or features or options.reporter_account
        given = (options.p8, options.reporter_token, options.service_account)
        if given == (None, None, None) and changes:
            return _change_account(context, options, workspace, account)
        candidate = candidate_from(context, options, workspace)
        if features is not None:
            account = replace(account, features=tuple(feature.value for feature in features))
        trial = workspace.accounts.try_credential(
            candidate, vendor=options.vendor, features=features, account=account
        )
        same_team = is_same_team(context, options, workspace, trial, account)
        if features is None:
            account = workspace.accounts.with_all_it_can(account, trial)
        hidden = _hidden(trial, options)
        comparison = workspace.accounts.compare(account, trial)
        if not options.json:
            _show_both(context, comparison)
        linked = workspace.accounts.rotate(
            account,
            trial,
            vault=vault_from(options.vault),
            accept_loss=_accepts_loss(context, options, comparison),
            same_team=same_team,
        )
        if hidden is not None:
            linked = replace(linked, account=workspace.accounts.set_hidden(linked.account, hidden))
        if options.json:
            _print_json(context, workspace, linked)
            show_notes(context, linked)
        else:
            show_linked(context, linked)
        return 1 if linked.gaps else 0


def _accepts_loss(context: Context, options: argparse.Namespace, comparison: Comparison) -> bool:
    if not comparison.lost or options.yes:
        return bool(options.yes)
    if not context.interactive:
        return False
    lost = ", ".join(comparison.lost)
    if context.ask(f"{lost} would stop working. Type {WORD} to take the new key all the same: ") != WORD:
        raise AscinboxError("The old key stays in use.")
    return True


def _show_both(context: Context, comparison: Comparison) -> None:
    rows = [
        (info(name).title, before.cell, comparison.after[name].cell)
        for name, before in comparison.before.items()
        if name in comparison.after
    ]
    context.output.table(("FEATURE", "OLD KEY", "NEW KEY"), rows)
    if comparison.switched_on:
        context.output.words(f"With the new key, {', '.join(comparison.switched_on)} will be switched on.")


def _hidden(trial: Trial, options: argparse.Namespace) -> tuple[str, ...] | None:
    """The apps that `--apps` leaves out; None keeps what was chosen before. UsageError for unknown ones."""
    from ascinbox.workers.accounts.linking import hidden_apps

    shown = apps_from(options.apps)
    return None if shown is None else hidden_apps(trial.apps, shown)


def _change_account(
    context: Context, options: argparse.Namespace, workspace: Workspace, account: Account
) -> int:
    """The vendor number, tested, or the features; the key stays."""
    from ascinbox.workers.accounts.linking import Linked

    if options.reporter_account:
        account = workspace.accounts.change_reporter_account(account, options.reporter_account)
        context.output.words(f"{account.name}: the token is used for account {options.reporter_account}.")
    if options.vendor:
        verdict = workspace.accounts.change_vendor(account, options.vendor)
        context.output.words(f"{account.name}: vendor number {options.vendor} saved. Sales: {verdict.cell}")
        before, account = account, workspace.accounts.find(account.name)
        more = [info(name).title for name in account.features if name not in before.features]
        if more and not options.features:
            context.output.words(f"Switched on, because the key can do it: {', '.join(more)}.")
    if features := features_from(options.features):
        account = workspace.accounts.set_features(account, features)
    report = workspace.health.check(account.name).accounts[0]
    apps = workspace.store.call(lambda store: store.accounts.apps(account.id))
    linked = Linked(account, apps, report.health)
    if options.json:
        _print_json(context, workspace, linked)
    else:
        show_linked(context, linked)
    return 1 if linked.gaps else 0


def _change_reach(
    context: Context, options: argparse.Namespace, workspace: Workspace, account: Account
) -> int:
    """The packages and the bucket of a service account, tested; the key stays."""
    linked = workspace.accounts.change_reach(account, names(options.packages), options.bucket or "")
    if options.json:
        _print_json(context, workspace, linked)
    else:
        show_linked(context, linked)
    return 1 if linked.gaps else 0


def _print_json(context: Context, workspace: Workspace, linked: Linked) -> None:
    context.output.json(
        "ascinbox.link/1",
        linked_payload(linked),
        generated_at=context.now(),
        cache_age_s=cache_age(context, workspace),
    )
