"""The command line: one small module a command; heavy imports inside the functions."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    from ascinbox.tui.curtain import Curtain

    curtain = Curtain(arguments, os.environ)
    curtain.draw()
    from ascinbox.cli.run import run

    try:
        return run(arguments, curtain)
    finally:
        curtain.end()
