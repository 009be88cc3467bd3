"""`ascinbox team add`, `remove` and `list`: who is on the team."""

from __future__ import annotations

import argparse
import secrets

from ascinbox.cli.context import Context
from ascinbox.cli.team.asking import read_password, team_of
from ascinbox.core.clock import iso
from ascinbox.core.errors import UsageError
from ascinbox.core.secret import Secret
from ascinbox.core.team import Level

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
        session = team_of(workspace).session
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
    elif given is None:
        output.words(f"The login {options.target} was there already and keeps its password.")
    output.words(f"The address is the same in one line: {added.address.text}")
    if stays_here(added.address.parts):
        output.words("That host is this machine: from another one write the server's name in its place.")
    if not options.apply:
        output.words("Nothing was run: give the SQL to psql, or add --apply.")
    return 0


def remove(context: Context, options: argparse.Namespace) -> int:
    """Takes a login away."""
    from ascinbox.store.queue.team import members

    with context.workspace() as workspace:
        gone = members.remove(team_of(workspace).session, options.target)
    if not gone:
        raise UsageError(
            f"Nobody on the team is called {options.target[:80]!r}.", "", "See: ascinbox team list"
        )
    context.output.line(f"{options.target} is off the team and cannot log in any more.")
    context.output.words("What that person's machine has of the reviews stays there.")
    return 0


def list_members(context: Context, options: argparse.Namespace) -> int:
    """Who is on the team, and who was."""
    from ascinbox.store.queue.team import members

    with context.workspace() as workspace:
        found = members.members(team_of(workspace).session)
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
