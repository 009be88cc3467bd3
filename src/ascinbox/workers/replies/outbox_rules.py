"""The outbox's times, as the person chose them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.outbox.states import Rules

if TYPE_CHECKING:
    from ascinbox.config import Config


def rules_of(config: Config) -> Rules:
    """The outbox's times from config.toml."""
    return Rules(
        undo_s=config.seconds("outbox", "undo_seconds"),
        settle_s=config.seconds("outbox", "settle_seconds"),
        lease_s=config.seconds("outbox", "lease_seconds"),
        deadline_s=config.seconds("network", "deadline_seconds"),
    )
