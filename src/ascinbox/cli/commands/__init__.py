"""The one table of commands and options. The parser, `--help`, completion, the man page and
docs/commands.md are all derived from it."""

from __future__ import annotations

from ascinbox.cli.commands.accounts import ACCOUNTS
from ascinbox.cli.commands.daily import DAILY
from ascinbox.cli.commands.option import Command, Option
from ascinbox.cli.commands.other import OTHER
from ascinbox.cli.commands.shared import CSV, GLOBAL_OPTIONS, JSON

__all__ = ["COMMANDS", "CSV", "GLOBAL_OPTIONS", "JSON", "OPEN", "SECTIONS", "Command", "Option", "find"]

COMMANDS: tuple[Command, ...] = (*DAILY, *ACCOUNTS, *OTHER)

OPEN = Command(
    "",
    "open the inbox, or one of its views",
    (Option(("view",), "A view, such as needs-reply", metavar="VIEW"),),
    module="ascinbox.cli.open",
)
"""Bare `ascinbox [VIEW]`."""

SECTIONS: tuple[tuple[str, str], ...] = (
    ("daily", "Every day"),
    ("accounts", "Accounts"),
    ("other", "More"),
)


def find(name: str) -> Command | None:
    """The command of that name."""
    return next((command for command in COMMANDS if command.name == name), None)
