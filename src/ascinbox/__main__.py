"""`python -m ascinbox` and the `ascinbox` console script."""

import sys

from ascinbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
