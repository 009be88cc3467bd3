"""What `ascinbox set-roles` and `ascinbox remove-user` have in common: what breaks is said, then they ask."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.invite import record
from ascinbox.core.errors import AscinboxError, CredentialError, NoKeysHere
from ascinbox.core.stores import APP_STORE

if TYPE_CHECKING:
    from ascinbox.core.health.people import Person
    from ascinbox.core.records import Account
    from ascinbox.workers.workspace import Workspace


def find_account(workspace: Workspace, name: str) -> Account:
    """The account, if one of its keys may change the team. Raises UsageError, CredentialError and, on a
    member's home, NoKeysHere."""
    if workspace.asks_no_store:
        raise NoKeysHere
    account = workspace.accounts.find(name)
    if not workspace.people.may_ask(account):
        raise CredentialError(
            f"{account.name} has no key that may change the team (feature users, Admin).",
            workspace.people.how_to_be_let(account),
            f"By hand: an Admin, {APP_STORE.place('users')} > People > their name.",
        )
    return account


def ask_first(
    context: Context,
    options: argparse.Namespace,
    heading: str,
    breaks: Sequence[str],
    question: str,
    undone: str,
) -> None:
    """Says what breaks, then asks unless `--yes` was given. Raises AscinboxError after a no."""
    say = context.output.words if options.json else context.output.line
    say(f"{heading}:")
    for line in breaks:
        say(f"  {line}")
    if not options.yes and not context.confirm(question):
        raise AscinboxError(undone, "", "" if context.interactive else "Add --yes.")


def tell(
    context: Context,
    options: argparse.Namespace,
    schema: str,
    account: Account,
    person: Person,
    breaks: Sequence[str],
) -> None:
    """What was done, as JSON where that is wanted."""
    if options.json:
        context.output.json(
            f"ascinbox.{schema}/1",
            {"account": account.name, "person": record(person), "breaks": list(breaks)},
            generated_at=context.now(),
            cache_age_s=None,
        )
