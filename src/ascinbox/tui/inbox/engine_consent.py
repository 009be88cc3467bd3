"""The question before texts leave for an engine on another machine: which host, and exactly what leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ascinbox.core.errors import AscinboxError
from ascinbox.tui.widgets.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.screens import KeyedScreen


async def with_consent(app: AppContext, below: KeyedScreen, act: Callable[[], Awaitable[None]]) -> None:
    """Acts when the engine may be asked; otherwise asks the person first, once a host."""
    assist = app.workspace.assist
    try:
        if not assist.must_ask():
            await act()
            return
        lines = assist.question()
    except AscinboxError as error:
        app.notices.tell_error(error)
        return

    async def answer(agreed: Any) -> None:
        if not agreed:
            app.notices.say("nothing was sent")
            return
        await app.work(assist.agree)
        await act()

    choices = [
        Choice(False, "no, nothing leaves"),
        Choice(True, f"yes, from now on: send to {assist.choice.host}"),
    ]
    await app.push_screen(MenuScreen(below, lines[0], choices, answer, notes=lines[1:]))
