"""The yardstick: a Textual app with one line of text and nothing else.

`--loaded` imports what ascinbox has in memory after its first sync, so that memory is compared fairly.
"""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import Static

READY = "plain textual is ready"


class Plain(App[None]):
    """One Static."""

    def compose(self) -> ComposeResult:
        yield Static(READY)


if __name__ == "__main__":
    if "--loaded" in sys.argv:
        import httpx  # noqa: F401
        import jwt  # noqa: F401
        import keyring  # noqa: F401
        import platformdirs  # noqa: F401
        import sqlmodel  # noqa: F401
    Plain().run()
