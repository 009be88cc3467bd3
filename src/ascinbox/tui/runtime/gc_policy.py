"""When garbage is collected: while nobody types. A whole collection holds everything up for some frames."""

from __future__ import annotations

import gc

ENOUGH = 20_000
"""New objects that are worth looking through while nobody types."""
TOO_MANY = 500_000
"""New objects that are looked through although somebody does: fifty megabytes, if all were garbage. What
imported for writing and for a sync makes 200,000, and none of them is."""
SELDOM = 20
"""All objects are looked through after so many lesser collections, while nobody types."""


def leave_alone_what_is_there() -> None:
    """What a start has made stays, and is never looked through; the rest when `collect_if_due` is called."""
    gc.freeze()
    gc.disable()


def collect_if_due(in_use: bool) -> None:
    """Collects as much as is bearable now; call it once a second. `in_use`: somebody types."""
    young, _, times = gc.get_count()
    if in_use:
        if young > TOO_MANY:
            gc.collect(0)
    elif times > SELDOM:
        gc.collect()
    elif young > ENOUGH:
        gc.collect(1)
