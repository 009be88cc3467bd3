"""Says in good time that a Reporter token ends: at 30, 14, 3 and 1 days, each once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.core.health.freshness import EXPIRY_DAYS
from ascinbox.core.records import Account

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace


def remind(space: Workspace, accounts: Iterable[Account]) -> None:
    """Publishes a notice for each token that has passed another threshold since it was last looked at."""
    for account in accounts:
        for credential in account.credentials:
            if credential.expires_at is not None:
                left = (credential.expires_at - space.clock.now()).days
                if space.store.call(_is_news, account.id, credential.key_id, left, space.clock.now()):
                    from ascinbox.core.events import Notice

                    space.publish(Notice(f"{account.name}: the Reporter token {_words(left)}", "warning"))


def _is_news(store: Store, account_id: int, key_id: str, left: int, now: datetime) -> bool:
    passed = next((days for days in sorted(EXPIRY_DAYS) if left <= days), None)
    if passed is None or store.observations.reminded(account_id, key_id) == passed:
        return False
    store.observations.note_reminder(account_id, key_id, passed, now)
    return True


def _words(left: int) -> str:
    when = f"ends in {left} days" if left > 1 else "ends within a day" if left >= 0 else "has ended"
    return f"{when}; w takes a new one (5 Accounts)"
