"""How many made-up examples a property test tries: few in the quick checks, all of them in the long ones.

`python tests/check.py --long` sets `FULL_EXAMPLES` and runs each property test again (`-m hypothesis`). The
assertions are the same, and what once failed stays with its test as an `@example`.
"""

from __future__ import annotations

import os

from hypothesis import settings

FULL = "FULL_EXAMPLES" in os.environ
QUICK = 200
"""Of tests that have more than Hypothesis' own number."""
DEFAULT = 40
"""Of tests that name no number; with `FULL_EXAMPLES` it is Hypothesis' own, 100."""


def examples(full: int, quick: int = QUICK) -> int:
    """How many examples this run tries of a test that has `full` of them."""
    return full if FULL else min(full, quick)


def try_few_examples() -> None:
    """Sets the number for tests that name none."""
    if not FULL:
        settings.register_profile("quick", max_examples=DEFAULT)
        settings.load_profile("quick")
