"""From a key to what is done: sequences of keys, who does an action here, and why one cannot act."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from ascinbox.tui.actions import BY_ID, CHECK, LIST, READING, TYPING, Handler, Handlers, is_key, show_key
from ascinbox.tui.bars import bar_of

if TYPE_CHECKING:
    from textual import events

    from ascinbox.tui.context import AppContext

PASSED_TO_TEXT = frozenset({"pageup", "pagedown", "left", "right"})
"""Keys of actions that a text field does itself, in the same sense."""


class ActionScreen(Protocol):
    """What a screen tells the dispatcher."""

    @property
    def context(self) -> str:
        """The letter of the context that the keys are looked up in."""

    @property
    def place(self) -> str:
        """Id of the top screen that this is, or lies over."""

    def contributions(self) -> Sequence[Handlers]:
        """What the screen and its parts do now; the first that has an action does it."""

    def say(self, words: str) -> None:
        """Says why a key does nothing, where that can be seen."""

    async def other_key(self, name: str, event: events.Key) -> bool:
        """Takes a key that no action of the context has; False leaves it to others."""


class Dispatcher:
    """The keys of one screen. `take_key` returns once what the key means is done."""

    def __init__(self, screen: ActionScreen, app: Callable[[], AppContext]) -> None:
        self._screen = screen
        self._app = app
        self._prefix = ""

    def handler(self, action_id: str) -> Handler | None:
        """Who does the action here and now; None when nobody does."""
        for handlers in self._screen.contributions():
            if action_id in handlers:
                return handlers[action_id]
        return None

    def offers(self, action_id: str) -> bool:
        """Whether the action is done here at all, even if it cannot be done right now."""
        return self.handler(action_id) is not None and not self._bar(action_id)

    def _bar(self, action_id: str) -> str:
        """Why this person never does it on this top screen. Menus, prompts and the editor bar nothing."""
        if self._screen.context not in (LIST, READING, CHECK):
            return ""
        return bar_of(action_id, self._screen.place, self._app().frame)

    def refusal(self, action_id: str) -> str:
        """Why an action would do nothing here; empty when it would act."""
        handler = self.handler(action_id)
        if handler is not None:
            return self._bar(action_id) or handler.why_not()
        action = BY_ID[action_id]
        where = ", ".join(name.capitalize() for name in action.screens if name != self._screen.place)
        return f"{action.label} works in {where}" if where else f"{action.label}: not here"

    async def take_key(self, name: str, event: events.Key) -> bool:
        """Does what the key means here; False hands it to the focused widget."""
        keymap, context = self._app().keymap, self._screen.context
        prefix, self._prefix = self._prefix, ""
        action_id = keymap.find(context, prefix + name, self._screen.place) if prefix else None
        if action_id is None:
            if keymap.is_prefix(context, name, self._screen.place):
                self._prefix = name
                return True
            action_id = keymap.find(context, name, self._screen.place)
        if action_id is None:
            return await self._screen.other_key(name, event) or self._unknown(name)
        if context in TYPING and name in PASSED_TO_TEXT:
            return False
        await self.run(action_id, name)
        return True

    def _unknown(self, name: str) -> bool:
        """A key without an action here. Outside of text that is said, rather than nothing."""
        if self._screen.context in TYPING or not is_key(name):
            return False
        app = self._app()
        if name == "ctrl+c":
            # What ends most programs.
            self._screen.say(f"ctrl+c does nothing here; {app.keymap.shown('quit')} quits")
            return True
        self._screen.say(f"{show_key(name)} does nothing here; {app.keymap.shown('help')} shows the keys")
        return True

    async def run(self, action_id: str, key: str = "") -> None:
        """Does an action, or says why not."""
        app = self._app()
        app.notices.give_way()
        handler = self.handler(action_id)
        refusal = self.refusal(action_id)
        if handler is None or refusal:
            shown = show_key(key) if key else app.keymap.shown(action_id)
            self._screen.say(f"{shown}: {refusal}" if shown else refusal)
            return
        if app.guide.tour is not None and action_id == "back" and self._screen.context == LIST:
            app.guide.end()
            return
        result = handler.run()
        if inspect.isawaitable(result):
            await result
        if app.guide.tour is not None:
            app.guide.saw(action_id)
