"""`ascinbox completion SHELL`: a completion script, made by shtab from the table of commands."""

from __future__ import annotations

import argparse

from ascinbox.cli.commands import Option
from ascinbox.cli.context import Context
from ascinbox.cli.parser import full_parser
from ascinbox.core.errors import UsageError


def run(context: Context, options: argparse.Namespace) -> int:
    """Prints the script for `options.shell`."""
    context.output.stdout.write(script(options.shell))
    return 0


def script(shell: str) -> str:
    """The completion script. Raises UsageError when the installed shtab does not know the shell."""
    import shtab

    if shell not in shtab.SUPPORTED_SHELLS:
        raise UsageError(
            f"This shtab does not write completion for {shell}.", "", "Update it: pip install --upgrade shtab"
        )

    def with_files(action: argparse.Action, option: Option) -> None:
        if option.kind == "folder":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif option.kind in {"file", "secret-file"}:
            action.complete = shtab.FILE  # type: ignore[attr-defined]

    text: str = shtab.complete(full_parser(with_files), shell)
    return text if text.endswith("\n") else text + "\n"
