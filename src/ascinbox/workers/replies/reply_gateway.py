"""What a sender is handed, the line to Apple of an account, and what a pass of it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ascinbox.core.outbox.states import OutboxRow
from ascinbox.core.records import Response, Review


class ReplyGateway(Protocol):
    """What the outbox asks of Apple (see `apple.client.AppStoreConnect`)."""

    def review(self, review_id: str, app_id: str = "", *, urgent: bool = True) -> Review: ...
    def publish(self, review_id: str, text: str) -> Response: ...
    def withdraw(self, response_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class ReplyRoute:
    """The way to Apple for one account."""

    credential: str
    """Identity of the credential that replies now (see `OutboxRow.credential`)."""
    open: Callable[[], ReplyGateway]
    """Raises CredentialError, VaultError or NetworkError when there is no way."""


@dataclass(slots=True)
class Flushed:
    """What one pass did."""

    moved: list[OutboxRow] = field(default_factory=list)
    offline: str = ""
    """Why Apple could not be reached, if it could not."""
    trouble: bool = False
    """Something did not come about that is tried again by itself: the next pass can wait a little."""

    def last(self, review_id: str) -> OutboxRow | None:
        """Where the pass left the reply to a review; None when it did not touch it."""
        return next((row for row in reversed(self.moved) if row.review_id == review_id), None)
