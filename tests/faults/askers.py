"""Children that ask Apple as fast as they may: what a budget must hold back."""

from __future__ import annotations

import time
from pathlib import Path

from ascinbox.core.errors import AscinboxError, RateLimited
from ascinbox.sources.apple.source import apple_client
from tests.faults.children import Where


def ask_without_rest(where: Where, app_id: str, seconds: float, seen: Path) -> None:
    """Reads the first page over and over for so long; writes down how often it was let and how often not."""
    space = where.open()
    (account,) = space.store.call(lambda store: store.accounts.list())
    until = time.monotonic() + seconds
    read = limited = 0
    while time.monotonic() < until:
        try:
            apple_client(space.client_for(account, "reviews")).reviews(app_id, limit=1)
            read += 1
        except RateLimited:
            limited += 1
            time.sleep(0.002)
        except AscinboxError:
            time.sleep(0.002)
    space.close()
    seen.write_text(f"{read} {limited}")
