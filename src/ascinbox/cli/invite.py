"""`ascinbox invite`: add a teammate to App Store Connect with the smallest role."""

from __future__ import annotations

import argparse
import re

from ascinbox.cli.context import Context
from ascinbox.cli.linkwords import apps_from
from ascinbox.core.clock import iso
from ascinbox.core.errors import AscinboxError, CredentialError
from ascinbox.core.people import Person, preset


def run(context: Context, options: argparse.Namespace) -> int:
    """Invites after a yes; without a key that may, prints the clicks and is refused."""
    from ascinbox.workers.people import Invite, steps_by_hand

    with context.workspace() as workspace:
        account = workspace.accounts.find(options.name)
        first, last = _names(options)
        invite = Invite(options.mail, first, last, preset(options.preset), apps_from(options.apps) or ())
        workspace.people.check(account, invite)
        if not workspace.people.may_ask(account):
            raise CredentialError(
                f"{account.name} has no key that may invite people (feature users, Admin).",
                "",
                "By hand:\n" + "\n".join(steps_by_hand(invite)),
            )
        roles = ", ".join(role.words for role in invite.preset.roles)
        seeing = "all apps" if not invite.limited_to else f"{len(invite.limited_to)} apps"
        summary = f"{invite.email} ({first} {last}) as {roles}, {seeing}, to {account.name}"
        if not options.yes and not context.confirm(f"Invite {summary}?"):
            raise AscinboxError("Nobody was invited.", "", "" if context.interactive else "Add --yes.")
        person = workspace.people.invite(account, invite)
        if options.json:
            context.output.json(
                "ascinbox.invite/1",
                {"account": account.name, "person": _record(person)},
                generated_at=context.now(),
                cache_age_s=None,
            )
        else:
            context.output.line(f"Invited {summary}.")
            context.output.words(f"The invitation runs until {iso(person.expires_at) or 'in three days'}.")
        return 0


def _names(options: argparse.Namespace) -> tuple[str, str]:
    """Apple wants both names; what is not given is taken from the address."""
    parts = [part.capitalize() for part in re.split(r"[._+-]+", options.mail.partition("@")[0]) if part]
    first = options.first or (parts[0] if parts else "")
    return first, options.last or (parts[-1] if len(parts) > 1 else first)


def _record(person: Person) -> dict[str, object]:
    return {
        "email": person.email,
        "roles": list(person.roles),
        "state": person.standing.value,
        "all_apps": person.all_apps,
        "apps": list(person.apps),
        "expires_at": iso(person.expires_at),
    }
