"""`ascinbox set-roles`: give somebody of the team other roles at Apple, after a yes."""

from __future__ import annotations

import argparse

from ascinbox.cli.context import Context
from ascinbox.cli.invite import seen_apps
from ascinbox.cli.linkwords import apps_from, roles_from
from ascinbox.cli.teammates import ask_first, find_account, tell
from ascinbox.core.health.people import roles_in_words
from ascinbox.core.health.role_change import what_new_roles_break


def run(context: Context, options: argparse.Namespace) -> int:
    """Says what breaks, asks, changes the roles; 0 when it is done."""
    roles = roles_from(options)
    apps = None if options.apps is None else apps_from(options.apps) or ()
    with context.workspace() as workspace:
        account = find_account(workspace, options.name)
        person = workspace.people.member(account, options.mail)
        breaks = what_new_roles_break(account, person, roles)
        seeing = "" if apps is None else f", {seen_apps(roles, apps)}"
        new = roles_in_words(roles)
        heading = f"{person.email} of {account.name}: {new} instead of {person.roles_words}{seeing}"
        ask_first(context, options, heading, breaks, "Change the roles?", "No roles were changed.")
        changed = workspace.people.change_roles(account, person, roles, apps)
        tell(context, options, "set_roles", account, changed, breaks)
        if not options.json:
            context.output.line(f"{changed.email} has the roles {changed.roles_words} now.")
        return 0
