"""Where a worker of a team puts what a store showed, before it is stored here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ascinbox.store.cache.prepared_review import PreparedPage


class Mirror(Protocol):
    """The team's database. Each method raises StoreError when it cannot take it: then nothing is stored here
    either, and what the team does not have does not count as known."""

    def save_pages(self, pages: Sequence[PreparedPage]) -> int:
        """Reviews as the store showed them; how many were new or changed."""

    def remove(self, ids: Sequence[str]) -> None:
        """Reviews that the store does not show any more."""

    def name_versions(self, ids: Sequence[str], version: str) -> None:
        """Which version of its app these reviews are about."""
