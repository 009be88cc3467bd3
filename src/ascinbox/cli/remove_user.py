"""`ascinbox remove-user`: remove somebody from the team at Apple, after a yes."""

from __future__ import annotations

import argparse

from ascinbox.cli.context import Context
from ascinbox.cli.teammates import ask_first, find_account, tell
from ascinbox.core.health.role_change import what_removal_breaks


def run(context: Context, options: argparse.Namespace) -> int:
    """Says what breaks, asks, removes them; 0 when it is done."""
    with context.workspace() as workspace:
        account = find_account(workspace, options.name)
        person = workspace.people.member(account, options.mail)
        breaks = what_removal_breaks(account, person)
        heading = f"Removing {person.email} from {account.name}"
        ask_first(context, options, heading, breaks, f"Remove {person.email}?", "Nobody was removed.")
        workspace.people.remove(account, person)
        tell(context, options, "remove_user", account, person, breaks)
        if not options.json:
            context.output.line(f"{person.email} is removed from {account.name} at Apple.")
        return 0
