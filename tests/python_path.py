"""What the children of a test import: the same package as the test itself, also when it is a copy."""

from __future__ import annotations

import os
from pathlib import Path


def python_path(*first: Path) -> str:
    """`PYTHONPATH` for a child: these folders, this one for `tests`, then what the test was given.

    tests/nets.py runs tests on a copy of the source, which a child has to take as well.
    """
    parts = (*map(str, first), str(Path.cwd()), os.environ.get("PYTHONPATH", ""))
    return os.pathsep.join(filter(None, parts))
