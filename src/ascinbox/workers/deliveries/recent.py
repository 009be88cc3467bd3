"""Deliveries as the Outbox shows them: read beside everything else, nothing of sending is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.deliveries.states import DeliveryLine

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

SHOWN = 300


def recent(workspace: Workspace) -> list[DeliveryLine]:
    """The latest deliveries, the last one first."""
    return workspace.store.call(lambda s: s.delivery_reads.recent(SHOWN))


def is_told(workspace: Workspace) -> bool:
    """Whether there is a notify.toml."""
    return workspace.paths.notify_file.exists()


def send_again(workspace: Workspace, uid: str) -> bool:
    """Has a delivery sent (again) when the background comes to it; False when it has moved on meanwhile.

    For a thread of the background: what sends is imported here. Raises UsageError for one that is gone.
    """
    deliveries = workspace.deliveries
    return deliveries.queue_again(deliveries.find(uid))
