"""`ascinbox link`: link an account by flags, or by the wizard at a terminal."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ascinbox.cli.context import Context
from ascinbox.cli.health import cache_age
from ascinbox.cli.linkwords import (
    app_records,
    apps_from,
    candidate_from,
    features_from,
    show_linked,
    show_matrix,
    show_notes,
    vault_from,
)
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.health.status import payload
from ascinbox.core.stores import kind_info

if TYPE_CHECKING:
    from ascinbox.core.records import Account
    from ascinbox.workers.accounts.linking import Linked
    from ascinbox.workers.accounts.trials import Trial
    from ascinbox.workers.workspace import Workspace


def run(context: Context, options: argparse.Namespace) -> int:
    """Links; 0 when all that was chosen works, 1 with gaps. Refusals are raised (exit 2 or 3)."""
    features = features_from(options.features)
    unnamed = options.name is None and options.p8 is None and options.service_account is None
    if unnamed and context.interactive and not options.json:
        from ascinbox.cli.open import full_screen

        return full_screen(context, view=None, begin="add")
    if options.name is None:
        raise UsageError("The account needs a name.", "", "Give --name NAME, what you call it.")
    with context.workspace() as workspace:
        candidate = candidate_from(context, options, workspace)
        existing = next((a for a in workspace.accounts.list() if a.name == options.name), None)
        trial = workspace.accounts.try_credential(
            candidate, vendor=options.vendor, features=features, account=existing
        )
        same_team = existing is None or is_same_team(context, options, workspace, trial, existing)
        linked = _save(context, options, workspace, trial, same_team=same_team)
        if options.json:
            _print_json(context, workspace, linked)
            show_notes(context, linked)
        else:
            show_linked(context, linked)
            context.output.words(
                f"Linked {linked.account.name} ({kind_info(candidate.kind).title} {candidate.key_id}, "
                f"{len(linked.apps)} app{'' if len(linked.apps) == 1 else 's'}). Next: ascinbox sync"
            )
        return 1 if linked.gaps else 0


def is_same_team(
    context: Context, options: argparse.Namespace, workspace: Workspace, trial: Trial, account: Account
) -> bool:
    """Whether the key is of the account's team, as Apple shows or the person says; asked at a terminal.

    Raises UnsureTeam when the person says that it is not.
    """
    from ascinbox.workers.accounts.trials import UnsureTeam

    if options.same_team or workspace.accounts.is_same_team(trial, account):
        return True
    if options.json or not context.interactive:
        return False
    context.output.words(f"This key sees no app in common with {account.name}: two users of one team may.")
    if not context.confirm(f"Is it of the team of {account.name}?"):
        raise UnsureTeam(account)
    return True


def _save(
    context: Context, options: argparse.Namespace, workspace: Workspace, trial: Trial, *, same_team: bool
) -> Linked:
    from ascinbox.workers.accounts.linking import LinkRequest
    from ascinbox.workers.accounts.trials import trial_features

    features = features_from(options.features)
    if context.interactive and not options.yes and not options.json:
        shown = trial.health(options.name, features or trial_features(trial))
        show_matrix(context, shown)
        if not context.confirm(f"Link {options.name}?"):
            raise AscinboxError("Nothing was saved.")
    return workspace.accounts.link(
        LinkRequest(
            options.name, trial, features, apps_from(options.apps), vault_from(options.vault), same_team
        )
    )


def _print_json(context: Context, workspace: Workspace, linked: Linked) -> None:
    context.output.json(
        "ascinbox.link/1",
        # What the trial showed, and how long the secret is good for.
        linked_payload(replace(linked, health=workspace.health.matrix(linked.account.name).healths[0])),
        generated_at=context.now(),
        cache_age_s=cache_age(context, workspace),
    )


def linked_payload(linked: Linked) -> dict[str, Any]:
    """`account` and `health` of `ascinbox.link/1`."""
    account = linked.account
    added = account.credentials[-1] if len(account.credentials) > 1 else account.primary
    return {
        "account": {
            "name": account.name,
            "id": account.id,
            "kind": added.kind,
            "key_id": added.key_id,
            "apps": app_records(linked.apps, account.hidden_apps),
        },
        "health": payload([linked.health]),
    }
