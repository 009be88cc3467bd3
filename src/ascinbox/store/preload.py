"""Imports what writing needs, SQLModel above all, while nobody waits for it.

It takes more than half a second: too long before the first rows, and for the first act as well.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from importlib import import_module

MODULES = (
    "sqlalchemy",
    "pydantic.main",
    "sqlalchemy.orm",
    "sqlmodel",
    "ascinbox.store.models.triage",
    "ascinbox.store.models.replies",
    "ascinbox.store.models.reviews",
    "ascinbox.store.queue.local",
    "ascinbox.store.models.accounts",
    "ascinbox.store.models.sync",
    "ascinbox.store.cache.pages",
)
"""In the order in which they need each other."""


def preload(rest: Callable[[], bool]) -> None:
    """Imports the modules one by one; `rest` is called before each, and ends it by giving True."""
    for name in MODULES:
        if rest():
            return
        import_module(name)
    # All of it stays. To look through its 200,000 objects for garbage would hold up a key for 80 ms.
    gc.freeze()
