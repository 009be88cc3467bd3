"""The question before quitting while a reply can still be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ascinbox.tui.screens.menu import Choice, MenuScreen
from ascinbox.tui.widgets.frame import app_of


class AskQuit(MenuScreen):
    """Stay, quit all the same, or take the reply back first. The safe choice is under the cursor."""

    def __init__(self, queued: int, until: datetime | None) -> None:
        replies = "A reply is" if queued == 1 else f"{queued} replies are"
        it = "it" if queued == 1 else "they"
        super().__init__(
            None,
            f"{replies} still in the undo window",
            [
                Choice("stay", "stay"),
                Choice("quit", f"quit; {it} will go out when ascinbox next runs"),
                Choice("undo", f"take {'it' if queued == 1 else 'the last one'} back as a draft, then quit"),
            ],
            self._answered,
            notes=[f"The window closes at {until.astimezone():%H:%M:%S}."] if until is not None else [],
        )

    async def _answered(self, value: Any) -> None:
        app = app_of(self)
        if value == "undo" and app.top is not None:
            await app.top.run_verb("undo")
        if value in ("quit", "undo"):
            await app.finish()
