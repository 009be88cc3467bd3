"""The question before quitting while a reply can still be taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from ascinbox.core.errors import AscinboxError
from ascinbox.tui.context import app_of
from ascinbox.tui.widgets.menu import Choice, MenuScreen

SEND_LIMIT_S = 10.0
"""The longest that quitting waits for replies that are to go out first."""


class AskQuit(MenuScreen):
    """Stay, quit all the same, take it back or publish it first. The safe choice is under the cursor."""

    def __init__(self, queued: int, until: datetime | None) -> None:
        replies = "A reply is" if queued == 1 else f"{queued} replies are"
        it = "it" if queued == 1 else "they"
        super().__init__(
            None,
            f"{replies} still in the undo window",
            [
                Choice("stay", "stay"),
                Choice("quit", f"quit; {it} will go out when ascinbox next runs"),
                Choice(
                    "undo",
                    f"take {'it' if queued == 1 else 'them'} back, then quit",
                ),
                Choice("send", f"send {'it' if queued == 1 else 'them'} now, then quit"),
            ],
            self._answered,
            notes=[f"The window closes at {until.astimezone():%H:%M:%S}."] if until is not None else [],
        )

    def hint_texts(self) -> Mapping[str, str]:
        return {"back": "stay"}

    async def _answered(self, value: Any) -> None:
        app = app_of(self)
        replies = app.workspace.replies
        if value == "undo":
            await app.ask(replies.undo_waiting)
        elif value == "send":
            await app.ask(replies.send_waiting)
            app.notices.say("sending, then quitting")
            # What is not done by then is found out by whichever ascinbox runs next.
            with suppress(AscinboxError, TimeoutError):
                await asyncio.wait_for(app.work(app.workspace.sender.flush_once), SEND_LIMIT_S)
        if value in ("quit", "undo", "send"):
            await app.shutdown.finish()
