"""The command line: one small module a command; heavy imports inside the functions."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    from ascinbox.cli.run import run

    return run(list(sys.argv[1:] if argv is None else argv))
