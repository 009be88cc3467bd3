"""What a sender is handed, the way by which an account replies, and what a pass of it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ascinbox.core.outbox.states import OutboxRow
    from ascinbox.sources.base import ReplyGateway


@dataclass(frozen=True, slots=True)
class ReplyRoute:
    """The way by which one account replies."""

    credential: str
    """Identity of the credential that replies now (see `OutboxRow.credential`)."""
    open: Callable[[], ReplyGateway]
    """Raises CredentialError, VaultError or NetworkError when there is no way."""


@dataclass(slots=True)
class Flushed:
    """What one pass did."""

    moved: list[OutboxRow] = field(default_factory=list)
    offline: str = ""
    """Why the store could not be reached, if it could not."""
    trouble: bool = False
    """Something did not come about that is tried again by itself: the next pass can wait a little."""

    def last(self, review_id: str) -> OutboxRow | None:
        """Where the pass left the reply to a review; None when it did not touch it."""
        return next((row for row in reversed(self.moved) if row.review_id == review_id), None)
