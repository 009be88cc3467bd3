"""Children that deliver until they are killed, on a clock on which a minute takes a second."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from ascinbox.config import load_config
from ascinbox.core.clock import SystemClock
from ascinbox.core.errors import AscinboxError
from ascinbox.paths import Paths
from ascinbox.workers.workspace import Workspace
from tests.faults.children import Where

SPEED = 60
ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)


class HurriedClock(SystemClock):
    """Wall time runs faster, for all programs in the same way; waits for answers are as long as ever."""

    def now(self) -> datetime:
        return ORIGIN + timedelta(seconds=(time.time() - ORIGIN.timestamp()) * SPEED)


def open_hurried(where: Where) -> Workspace:
    """A workspace on that clock."""
    config = load_config(None, {})
    values = {**config.values, **where.settings}
    return Workspace.open(
        paths=Paths.under(where.home),
        config=type(config)(values=values),
        clock=HurriedClock(),
        base_url=where.url,
        environ={**os.environ, **where.environ},
    )


def deliver_for_ever(where: Where) -> None:
    """Looks and sends until it is killed."""
    space = open_hurried(where)
    while True:
        with suppress(AscinboxError):
            space.deliveries.evaluate()
            space.deliveries.flush_once()
        time.sleep(0.02)
