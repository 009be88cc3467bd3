"""How many made-up examples a property test tries: few in the quick checks, all of them in the long ones.

`python tests/check.py --long` sets `FULL_EXAMPLES` and runs each property test again (`-m hypothesis`). The
assertions are the same, and what once failed stays with its test as an `@example`. The quick checks try
the same examples each time, so that a run can be repeated; the long ones look for new ones.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FULL = "FULL_EXAMPLES" in os.environ
QUICK = 100
"""Of tests that have more than Hypothesis' own number."""
DEFAULT = 25
"""Of tests that name no number; with `FULL_EXAMPLES` it is Hypothesis' own, 100."""


def examples(full: int, quick: int = QUICK) -> int:
    """How many examples this run tries of a test that has `full` of them."""
    return full if FULL else min(full, quick)


def set_profile() -> None:
    """Sets the number for tests that name none. The time of an example is no finding: machines are busy."""
    settings.register_profile(
        "checks",
        max_examples=100 if FULL else DEFAULT,
        # A change must not turn red by luck: what is new is looked for where there is time to mend it.
        derandomize=not FULL,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("checks")
