"""`ascinbox team add`, `remove` and `list`: who is on the team."""

from __future__ import annotations

import argparse
import secrets
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.team.asking import read_password, session_of
from ascinbox.core.clock import iso
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.secret import Secret
from ascinbox.core.team import Level

if TYPE_CHECKING:
    from ascinbox.store.queue.team.members import Addition

PASSWORD_BYTES = 24
"""Of a random password, before they are written as 32 letters."""


def add(context: Context, options: argparse.Namespace) -> int:
    """Lets somebody in."""
    from ascinbox.store.queue.team import members
    from ascinbox.store.queue.team.address import stays_here

    if options.level is None:
        raise UsageError("Which level?", "", "--level viewer, replier, publisher, admin or worker")
    level = Level(options.level)
    given = read_password(context) if options.password_stdin else None
    with context.workspace() as workspace:
        session = session_of(workspace)
        added = members.addition(session, options.target, level, given)
        password = given
        if password is None and added.is_new:
            password = Secret(secrets.token_urlsafe(PASSWORD_BYTES))
            added = members.addition(session, options.target, level, password)
        output = context.output
        if options.apply:
            members.apply(session, added)
            output.text(added.service.rstrip("\n"))
        else:
            output.text(added.sql.rstrip("\n"))
            for line in added.service.splitlines():
                output.words(line)
    tell = output.line if options.apply else output.words
    if given is None and password is not None:
        tell("")
        tell(f"password: {password.reveal()}")
        output.words("The password is shown this once: hand it over with the block for ~/.pg_service.conf.")
    else:
        for line in _about_password(added, applied=options.apply):
            output.words(line)
    output.words(f"The address is the same in one line: {added.address.text}")
    if stays_here(added.address.parts):
        output.words("That host is this machine: from another one write the server's name in its place.")
    if not options.apply:
        output.words("Nothing was run: give the SQL to psql, or add --apply.")
    return 0


def _about_password(added: Addition, *, applied: bool) -> list[str]:
    """What becomes of the password of a login that was there, or that got the one that was given."""
    name, before = added.name, added.before
    if added.is_new:
        return ["The password is the one that you gave."]
    lines = []
    if added.changes_password:
        lines.append(f"{name}'s password is changed." if applied else f"The SQL changes {name}'s password.")
    else:
        lines.append(f"The login {name} was there already and keeps its password.")
    if not before.is_on:
        again = "" if added.changes_password else " with the password from before"
        was = (
            "It was switched off, and is on again" if applied else "It is switched off, and will be on again"
        )
        other = "" if added.changes_password else " Another password: add --password-stdin."
        lines.append(f"{was}{again}.{other}")
    return lines


def remove(context: Context, options: argparse.Namespace) -> int:
    """Takes a login away."""
    from ascinbox.store.queue.team import errors, members

    with context.workspace() as workspace:
        session = session_of(workspace)
        hello = session.open()
        if hello.level is not Level.ADMIN:
            raise errors.not_at_level(hello.level)
        found = members.login(session, options.target)
        if found.level is None:
            raise UsageError(
                f"Nobody on the team is called {found.name[:80]!r}.", "", "See: ascinbox team list"
            )
        if found.removed_at is not None:
            still = f"A database administrator switches the login off: {members.switching_off(found.name)}"
            raise UsageError(
                f"{found.name} was removed from the team already.",
                f"At {iso(found.removed_at)}.",
                still if found.is_on else "",
            )
        if found.name == hello.me:
            raise errors.oneself()
        context.output.words(
            f"Removing {found.name} ({found.level}) switches the login off and ends its connections."
        )
        context.output.words("What that person's machine has of the reviews stays there.")
        if not options.yes and not context.confirm(f"Remove {found.name}?"):
            raise AscinboxError("Nobody was removed.", "", "" if context.interactive else "Add --yes.")
        members.remove(session, found.name)
    context.output.line(f"{found.name} is off the team and cannot log in any more.")
    return 0


def list_members(context: Context, options: argparse.Namespace) -> int:
    """Who is on the team, and who was."""
    from ascinbox.store.queue.team import members

    with context.workspace() as workspace:
        found = members.members(session_of(workspace))
    if options.json:
        listed = [
            {
                "name": each.name,
                "level": str(each.level),
                "added_at": iso(each.added_at),
                "removed_at": iso(each.removed_at),
            }
            for each in found
        ]
        context.output.json(
            "ascinbox.team-members/1", {"members": listed}, generated_at=context.now(), cache_age_s=None
        )
        return 0
    rows = [
        (each.name, str(each.level), iso(each.added_at) or "", "" if each.removed_at is None else "removed")
        for each in found
    ]
    context.output.table(("NAME", "LEVEL", "SINCE", ""), rows)
    return 0
