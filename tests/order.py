"""Which test files go first: the longest, so that at the end of a run no process works on alone.

`python tests/check.py` gives each file to one process, which makes what the file's tests share once. The
order is a help and no promise: a file that is not named here goes after these.
"""

from __future__ import annotations

import pytest

LONGEST: tuple[str, ...] = ()
"""Below `tests/`, by how long they keep a process, as `--durations` tells it."""


def longest_first(items: list[pytest.Item]) -> None:
    """Sorts tests by file; those of one file stay in their order."""
    ranks = {f"tests/{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))
