"""What the words of `ascinbox team` share: the address, the password, questions, times."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ascinbox.cli import values
from ascinbox.cli.context import Context
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.secret import Secret

if TYPE_CHECKING:
    from ascinbox.store.queue.team.address import TeamAddress
    from ascinbox.store.queue.team.connection import TeamSession
    from ascinbox.workers.team.team import JoinedTeam
    from ascinbox.workers.workspace import Workspace

R = TypeVar("R")


def address_of(context: Context, options: argparse.Namespace) -> TeamAddress:
    """The address that was given, or the one of config.toml. UsageError for none."""
    from ascinbox.store.queue.team.address import TeamAddress

    service = context.config.get("team", "service")
    text = options.target or (f"service={service}" if service else "")
    if not text:
        raise UsageError(
            "Where is the team's database?",
            "",
            f"Such as: ascinbox team {options.what} postgresql://anna@db.example/inbox",
        )
    return TeamAddress.parse(text)


def opened(
    context: Context, options: argparse.Namespace, connect: Callable[[Secret | None], R]
) -> tuple[Secret | None, R]:
    """What `connect` gives with the password that it needs: none, that of stdin, or one that is asked for."""
    from ascinbox.store.queue.team.errors import WrongPassword

    given = read_password(context) if options.password_stdin else None
    try:
        return given, connect(given)
    except WrongPassword:
        if given is not None or not context.interactive:
            raise
    from getpass import getpass

    typed = Secret(getpass("Password of the team's database: "))
    return typed, connect(typed)


def read_password(context: Context) -> Secret:
    """The password on stdin. UsageError for none, and for what is no text."""
    password = context.read_stdin().rstrip("\r\n")
    if not password:
        raise UsageError("stdin holds no password.")
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in password):
        raise UsageError("What stdin holds is no password: it is not text in UTF-8.")
    return Secret(password)


def vault_of(context: Context) -> Any:
    """Where a typed password is kept."""
    from ascinbox.vault import Vault

    return Vault(
        context.home, context.environ, ask_passphrase=context.ask_passphrase if context.interactive else None
    )


def agree(context: Context, question: str) -> None:
    """Asks, unless `--yes`. Raises where nobody can be asked, and where the answer is no."""
    if context.options.yes:
        return
    if not context.interactive:
        raise UsageError("Nobody is here to be asked.", question, "Add --yes.")
    if not context.confirm(question):
        raise AscinboxError("Nothing was changed.")


def team_of(workspace: Workspace) -> JoinedTeam:
    """The team that this home has joined. UsageError for none."""
    if workspace.team is None:
        raise UsageError(
            "This home has joined no team.",
            "",
            "Join one: ascinbox team join URL. Or make one: ascinbox team init URL.",
        )
    return workspace.team


def session_of(workspace: Workspace) -> TeamSession:
    """The connection to the team that this home has joined. Raises UsageError for none, TeamError."""
    team = team_of(workspace)
    team.connect()
    return team.session


def moment(text: str, now: datetime) -> datetime:
    """`365d`, a day or ISO 8601: the moment so long ago."""
    for read in (values.duration, values.moment):
        try:
            value = read(text)
        except argparse.ArgumentTypeError:
            continue
        return value if isinstance(value, datetime) else now - value
    raise UsageError(f"{text[:40]!r} is not a time.", "", "Such as 365d or 2026-01-01.")


def counted(count: int, noun: str) -> str:
    """`1 act`, `1,200 acts`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
