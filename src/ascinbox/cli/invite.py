"""`ascinbox invite`: add a teammate to App Store Connect with the smallest role."""

from __future__ import annotations

import argparse
import re

from ascinbox.cli.context import Context
from ascinbox.cli.linkwords import apps_from, roles_from
from ascinbox.core.clock import iso
from ascinbox.core.errors import AscinboxError, CredentialError, NoKeysHere
from ascinbox.core.health.people import Person, roles_in_words, sees_all_apps


def run(context: Context, options: argparse.Namespace) -> int:
    """Invites after a yes; without a key that may, prints the clicks and is refused."""
    from ascinbox.workers.accounts.people import Invite, steps_by_hand

    with context.workspace() as workspace:
        if workspace.asks_no_store:
            raise NoKeysHere
        account = workspace.accounts.find(options.name)
        first, last = _names(options)
        roles, apps = roles_from(options), apps_from(options.apps) or ()
        invite = Invite(options.mail, first, last, roles, apps)
        workspace.people.check(account, invite)
        if not workspace.people.may_ask(account):
            raise CredentialError(
                f"{account.name} has no key that may invite people (feature users, Admin).",
                workspace.people.how_to_be_let(account),
                "By hand:\n" + "\n".join(steps_by_hand(invite)),
            )
        seeing = seen_apps(roles, apps)
        summary = f"{invite.email} ({first} {last}) as {roles_in_words(roles)}, {seeing}, to {account.name}"
        if not options.yes and not context.confirm(f"Invite {summary}?"):
            raise AscinboxError("Nobody was invited.", "", "" if context.interactive else "Add --yes.")
        person = workspace.people.invite(account, invite)
        if options.json:
            context.output.json(
                "ascinbox.invite/1",
                {"account": account.name, "person": record(person)},
                generated_at=context.now(),
                cache_age_s=None,
            )
        else:
            context.output.line(f"Invited {summary}.")
            ends = f"until {iso(person.expires_at)}" if person.expires_at else "for three days"
            context.output.words(f"The invitation runs {ends}.")
        return 0


def _names(options: argparse.Namespace) -> tuple[str, str]:
    """Apple wants both names; what is not given is taken from the address."""
    parts = [part.capitalize() for part in re.split(r"[._+-]+", options.mail.partition("@")[0]) if part]
    first = options.first or (parts[0] if parts else "")
    return first, options.last or (parts[-1] if len(parts) > 1 else first)


def seen_apps(roles: tuple[str, ...], apps: tuple[str, ...]) -> str:
    """`2 apps`, `all apps`, and why it is all where some were named."""
    if not apps or sees_all_apps(roles):
        return f"all apps{' (Apple limits these roles to none)' if apps else ''}"
    return f"{len(apps)} app{'' if len(apps) == 1 else 's'}"


def record(person: Person) -> dict[str, object]:
    """Somebody of the team, for JSON."""
    return {
        "email": person.email,
        "roles": list(person.roles),
        "state": person.standing.value,
        "all_apps": person.all_apps,
        "apps": list(person.apps),
        "expires_at": iso(person.expires_at),
    }
