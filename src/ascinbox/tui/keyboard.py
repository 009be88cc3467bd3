"""How keys get to the screen: one at a time, pasted text nowhere."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.tui.actions import BY_ID, TYPING, pressed
from ascinbox.tui.key_queue import KeyQueue, KeyTarget
from ascinbox.tui.screens import KeyedScreen

if TYPE_CHECKING:
    from textual import events

    from ascinbox.tui.app import AscinboxApp


class Keyboard:
    """Hands each key to the screen and waits until it has done its work."""

    def __init__(self, app: AscinboxApp) -> None:
        self._app = app
        self.queue = KeyQueue(KeyTarget(self._is_typing, self._is_safe, self._handle_key, self._pasted_keys))

    def press(self, event: events.Key) -> None:
        """A key was pressed; it acts when those before it have."""
        self._app.workspace.throttle.touched()
        self.queue.put(event)

    def ignores_paste(self) -> bool:
        """Says that pasted text goes nowhere, unless a text field takes it."""
        if self._is_typing():
            return False
        self._app.notices.say("pasted text is ignored outside a text field", "warning")
        return True

    def _is_typing(self) -> bool:
        screen = self._app.screen
        return isinstance(screen, KeyedScreen) and screen.context in TYPING

    def _is_safe(self, key: str) -> bool:
        screen = self._app.screen
        if not isinstance(screen, KeyedScreen):
            return False
        action_id = self._app.keymap.find(screen.context, key, screen.place)
        if action_id is None:
            return self._app.keymap.is_prefix(screen.context, key, screen.place)
        return BY_ID[action_id].safe

    async def _handle_key(self, event: events.Key) -> None:
        screen = self._app.screen
        before = self._where()
        try:
            if isinstance(screen, KeyedScreen) and await screen.dispatcher.take_key(
                pressed(event.key, event.character), event
            ):
                if self._app.guide.tour is not None:
                    self._app.guide.saw("")
                if self._where() != before:
                    await self.settled()
                return
        except AscinboxError as error:
            self._app.notices.tell_error(error)
            return
        except (CancelledError, asyncio.CancelledError):
            raise
        except Exception as error:
            self._app.stop_on(error)
            return
        await self._to_focused(event)

    def _where(self) -> tuple[object, str]:
        screen = self._app.screen
        return screen, screen.context if isinstance(screen, KeyedScreen) else ""

    async def settled(self) -> None:
        """Waits until what was just changed is laid out and focused, so that the next key goes there."""
        done = asyncio.Event()
        if self._app.screen.call_after_refresh(done.set):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), 0.5)

    async def _to_focused(self, event: events.Key) -> None:
        """Gives the key to the text field, and waits until field and bindings have done with it."""
        focused = self._app.focused
        await self._app.forward(event)
        if focused is None:
            return
        for node in (focused, *focused.ancestors):
            done = asyncio.Event()
            if node.is_attached and node.call_later(done.set):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), 0.25)

    def _pasted_keys(self, count: int) -> None:
        self._app.notices.say(f"{count} keys came at once, as if pasted: ignored", "warning")
