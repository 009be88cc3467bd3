"""`python -m ascinbox` and the `ascinbox` console script."""

import gc
import sys

from ascinbox import cli

COLLECT_AFTER = 100_000
"""Objects that may be added before garbage is looked for. The imports of a command make fewer, and none is
garbage: a search after each 700, Python's own number, takes 5 of the 100 ms of a quick command."""


def main() -> int:
    """Runs the command of `sys.argv` in a process of its own and returns its exit code."""
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
    try:
        return cli.main()
    finally:
        # The interpreter looks through everything that is left when it ends, unless it is told not to: 10 ms.
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
