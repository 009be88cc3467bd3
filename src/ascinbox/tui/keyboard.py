"""How keys get to the screen: one at a time, pasted text nowhere."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import CancelledError

from textual import events

from ascinbox.core.errors import AscinboxError
from ascinbox.tui.actions import BY_ID, TYPING, pressed
from ascinbox.tui.pump import KeyPump, Target
from ascinbox.tui.screens.base import KeyedScreen
from ascinbox.tui.voice import SpeakingApp


class KeyboardApp(SpeakingApp):
    """Hands each key to the screen and waits until it has done its work."""

    def make_pump(self) -> KeyPump:
        """The pump that works off the keys."""
        return KeyPump(Target(self._is_typing, self._is_safe, self._handle_key, self._pasted_keys))

    async def on_event(self, event: events.Event) -> None:
        """Keys go through the pump; text pasted outside a field goes nowhere."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.workspace.courtesy.touched()
            self.pump.put(event)
            return
        if isinstance(event, events.Paste) and not event.is_forwarded and not self._is_typing():
            self.say("pasted text is ignored outside a text field", "warning")
            return
        await super().on_event(event)

    def _is_typing(self) -> bool:
        screen = self.screen
        return isinstance(screen, KeyedScreen) and screen.context in TYPING

    def _is_safe(self, key: str) -> bool:
        screen = self.screen
        if not isinstance(screen, KeyedScreen):
            return False
        action_id = self.keymap.find(screen.context, key)
        if action_id is None:
            return self.keymap.is_prefix(screen.context, key)
        return BY_ID[action_id].safe

    async def _handle_key(self, event: events.Key) -> None:
        screen = self.screen
        before = self._where()
        try:
            if isinstance(screen, KeyedScreen) and await screen.dispatcher.take_key(
                pressed(event.key, event.character), event
            ):
                if self.tour is not None:
                    self.toured("")
                if self._where() != before:
                    await self.settled()
                return
        except AscinboxError as error:
            self.tell_error(error)
            return
        except (CancelledError, asyncio.CancelledError):
            raise
        except Exception as error:
            self._handle_exception(error)
            return
        await self._to_focused(event)

    def _where(self) -> tuple[object, str]:
        screen = self.screen
        return screen, screen.context if isinstance(screen, KeyedScreen) else ""

    async def settled(self) -> None:
        """Waits until what was just changed is laid out and focused, so that the next key goes there."""
        done = asyncio.Event()
        if self.screen.call_after_refresh(done.set):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), 0.5)

    async def _to_focused(self, event: events.Key) -> None:
        """Gives the key to the text field, and waits until field and bindings have done with it."""
        focused = self.focused
        await super().on_event(event)
        if focused is None:
            return
        for node in (focused, *focused.ancestors):
            done = asyncio.Event()
            if node.is_attached and node.call_later(done.set):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), 0.25)

    def _pasted_keys(self, count: int) -> None:
        self.say(f"{count} keys came at once, as if pasted: ignored", "warning")
