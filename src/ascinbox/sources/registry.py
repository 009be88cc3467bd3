"""From a row of `core.stores` to the package behind it, imported when something is first said to the store.

Importing this module and the packages' `source` modules imports neither httpx nor jwt nor cryptography: a
test reads `sys.modules`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ascinbox.core.stores import StoreInfo, store_info, store_of_kind, store_of_review

if TYPE_CHECKING:
    from ascinbox.sources.base import StoreSource


def source_of(store: str | StoreInfo) -> StoreSource:
    """What the store's package offers; KeyError for a store that is not known."""
    row = store if isinstance(store, StoreInfo) else store_info(store)
    source: StoreSource = import_module(row.package).SOURCE
    return source


def source_of_kind(kind: str) -> StoreSource:
    """The source that credentials of this kind are for."""
    return source_of(store_of_kind(kind))


def source_of_review(review_id: str) -> StoreSource:
    """The source that a review comes from."""
    return source_of(store_of_review(review_id))
