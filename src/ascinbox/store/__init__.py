"""Local files: tables, queries, search and migrations. Others use them through `Store` and `StoreThread`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.store.thread import StoreThread

__all__ = ["Store", "StoreThread"]


def __getattr__(name: str) -> Any:
    # Migrations and tables are imported by themselves too, without all that a store needs.
    if name == "Store":
        from ascinbox.store.store import Store

        return Store
    if name == "StoreThread":
        from ascinbox.store.thread import StoreThread

        return StoreThread
    raise AttributeError(name)
