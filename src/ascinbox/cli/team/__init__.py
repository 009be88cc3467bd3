"""`ascinbox team`: one queue for several people, in a PostgreSQL database."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ascinbox.cli.context import Context
from ascinbox.cli.subcommands import Subcommand, check_options
from ascinbox.cli.team import joining, looking, making, people
from ascinbox.core.errors import UsageError


def run(context: Context, options: argparse.Namespace) -> int:
    """Does one of the things; each says what it needs."""
    if options.demo:
        raise UsageError("The demo has no team.", "", "Leave out --demo.")
    _check_words(options)
    return _DOES[options.what](context, options)


TAKES: dict[str, Subcommand] = {
    "init": Subcommand("URL", frozenset({"name", "from_home", "password_stdin", "vault", "yes"})),
    "upgrade": Subcommand("", frozenset({"yes"})),
    "add": Subcommand("NAME", frozenset({"level", "apply", "password_stdin"})),
    "remove": Subcommand("NAME", frozenset({"yes"})),
    "list": Subcommand("", frozenset({"json"})),
    "join": Subcommand("URL", frozenset({"apps", "since", "worker", "password_stdin", "vault", "yes"})),
    "leave": Subcommand("", frozenset({"yes"})),
    "status": Subcommand("", frozenset({"json"})),
    "log": Subcommand("", frozenset({"since", "export", "json"})),
}
"""Of each thing to do, the word that it needs and the options that it takes."""


def _check_words(options: argparse.Namespace) -> None:
    wanted = TAKES[options.what].word
    if options.target is not None and not wanted:
        raise UsageError(
            f"team {options.what} takes no {options.target[:40]!r}.", "", "See: ascinbox team --help"
        )
    if options.target is None and wanted == "NAME":
        raise UsageError(
            f"team {options.what} needs a name.", "", f"Such as: ascinbox team {options.what} anna"
        )
    check_options("team", options, TAKES)


_DOES: dict[str, Callable[[Context, argparse.Namespace], int]] = {
    "init": making.init,
    "upgrade": making.upgrade,
    "add": people.add,
    "remove": people.remove,
    "list": people.list_members,
    "join": joining.join,
    "leave": joining.leave,
    "status": looking.status,
    "log": looking.log,
}
