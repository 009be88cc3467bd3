"""What all screens share: the frame around them, and the actions that work everywhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from ascinbox.tui.actions import LIST, MENU, SCREENS, TYPING, Handler, Handlers, Spoken
from ascinbox.tui.dispatch import Dispatcher
from ascinbox.tui.runtime.compositor import LineScreen
from ascinbox.tui.widgets.chrome import HintLine, StatusLine, TabBar
from ascinbox.tui.widgets.tour_card import TourCard

READ_LIMIT_S = 1.0
"""So long keys wait for what a screen that was gone to lists. Then they act on what is there."""

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Size

    from ascinbox.core.events import Event
    from ascinbox.tui.chrome_text import FrameState
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.paint import Line


def _everywhere(screen: KeyedScreen) -> dict[str, Handler]:
    """What every screen does."""

    async def show_help() -> None:
        from ascinbox.tui.help.screen import HelpScreen

        await screen.app.push_screen(HelpScreen(screen))

    async def show_commands() -> None:
        from ascinbox.tui.help.commands import CommandsScreen
        from ascinbox.workers.runtime.used_commands import used_commands

        used = await screen.app.ask(used_commands, screen.app.workspace)
        await screen.app.push_screen(CommandsScreen(screen, used))

    async def show_settings() -> None:
        from ascinbox.tui.settings import SettingsMenus

        await SettingsMenus(screen).open()

    return {
        "settings": Handler(show_settings),
        "help": Handler(show_help),
        "commands": Handler(show_commands),
        "quit": Handler(lambda: screen.app.shutdown.leave()),
        "redraw": Handler(lambda: screen.app.redraw()),
    }


def keep_styles(event: events.ScreenResume) -> None:
    """Spares a screen that is shown, for the first time or again, a pass over all its widgets.

    They were styled when they were made, and `BaseApp.refresh_css` styles them for other colours.
    """
    event.refresh_styles = False


class FrameScreen(LineScreen):
    """A top screen: tab bar, body, status line, hints.

    Subclasses give `PLACE`, `compose_body` and, in `actions`, what their keys do.
    """

    PLACE: ClassVar[str] = "inbox"
    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(self) -> None:
        super().__init__()
        self._left_in: Size | None = None
        """The terminal's size when another screen took this one's place."""
        self._reads: asyncio.Task[None] | None = None
        """What it read last of its own accord, or is reading."""
        self._tabs = TabBar(self.PLACE)
        self._card = TourCard()
        self._status = StatusLine()
        self._hints = HintLine()
        self.dispatcher = Dispatcher(self, lambda: self.app)

    def compose(self) -> ComposeResult:
        yield self._tabs
        with Vertical(id="body"):
            yield from self.compose_body()
        yield self._card
        yield self._status
        yield self._hints

    def is_covered(self) -> bool:
        """While the saved frame is shown, nothing else is painted."""
        return self.app.saved_frame_is_up

    def compose_body(self) -> ComposeResult:
        """The widgets between tab bar and status line."""
        yield from ()

    @property
    def context(self) -> str:
        """The letter of the context that the keys are looked up in."""
        return LIST

    @property
    def place(self) -> str:
        """Id of this screen."""
        return self.PLACE

    if TYPE_CHECKING:

        @property
        def app(self) -> AppContext:  # type: ignore[override]
            """The app as screens see it."""

    @property
    def hint_place(self) -> str:
        """Which row of the hint table is shown."""
        return self.PLACE

    def hint_texts(self) -> Mapping[str, str]:
        """Words of single hints that depend on what is shown."""
        return {}

    @property
    def shows_hints(self) -> bool:
        """Whether there is a line for hints at this size."""
        return bool(self._hints.display)

    def tab_right(self) -> str:
        """What stands at the right end of the tab bar, before DEMO."""
        return ""

    def own_status(self, state: FrameState) -> Line | None:
        """A status line of the screen's own; None shows the common one."""
        del state
        return None

    def status_extra(self) -> tuple[tuple[str, ...], str]:
        """What a wide status line adds instead of the accounts' health, and the word at its right end."""
        return (), ""

    def tell_frame(self) -> None:
        """Brings tab bar, status and hints up to date; what did not change is not written."""
        if not self.is_mounted or not self._tabs.is_attached:
            return
        state = self.app.frame
        self._tabs.tell(state, self.tab_right())
        self._card.tell(self.app.guide.tour, self.app.keymap, self.size.width, self.size.height)
        extra, word = self.status_extra()
        self._status.tell(state, self.own_status(state), extra, word)
        offers, typing = self.dispatcher.offers, self.context in TYPING
        self._hints.tell(self.hint_place, self.hint_texts(), offers, typing=typing)

    def on_mount(self) -> None:
        """Screens that override this are still called here: Textual runs both."""
        self.call_after_refresh(self.tell_frame)

    def on_resize(self) -> None:
        """The frame's lines follow the width."""
        self.tell_frame()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Coming back, the frame may have changed meanwhile.

        Textual lays a screen out for a new size also while another is shown, and takes it for painted.
        """
        keep_styles(event)
        if self._left_in not in (None, self.app.size):
            self.call_after_refresh(self.app.redraw)
        self.tell_frame()

    def on_screen_suspend(self) -> None:
        """Another screen is shown from now on."""
        self._left_in = self.app.size

    # --- actions ---

    def say(self, words: str) -> None:
        """Says why a key does nothing."""
        self.app.notices.say(words)

    def actions(self) -> Handlers:
        """What the keys of this screen do, beside what every top screen does."""
        return {}

    @cached_property
    def handlers(self) -> Handlers:
        """What this screen does, by action."""
        common = {
            **_everywhere(self),
            "leave": Handler(lambda: self.app.shutdown.leave()),
            "back": Handler(self.nothing_to_go_back_to),
            "tour": Handler(lambda: self.app.guide.next_step(), self._no_tour),
            "sync": Handler(lambda: self.app.sync.start()),
            **{f"go_{name}": self._going_to(name) for name in SCREENS},
        }
        return {**common, **self.actions()}

    def spoken(self) -> Mapping[str, Spoken]:
        """The screen's own commands that take words, by name."""
        return {}

    def contributions(self) -> Sequence[Handlers]:
        """What the screen and its parts do now; the first that has an action does it."""
        return (self.handlers,)

    def on_hint_line_chosen(self, message: HintLine.Chosen) -> None:
        """A click on a hint does what its key would."""
        self.app.clicked(lambda: self.dispatcher.run(message.action_id))

    async def other_key(self, name: str, event: events.Key) -> bool:
        """Takes a key that no action of the context has; False leaves it to others."""
        del name, event
        return False

    # --- what the app tells ---

    async def heard(self, event: Event) -> None:
        """Something happened in the background; a burst of events comes merged."""

    async def read(self) -> None:
        """Reads what the screen lists; nothing where that never changes."""

    def begin_to_read(self) -> None:
        """Reads beside the messages of the screen. Keys typed ahead wait for it (see `returned`)."""
        self._reads = self.app.spawn(self.read())

    async def returned(self) -> None:
        """This screen is shown in place of another. Returns once it has read what it lists, so that the next
        key finds the rows it is meant for; after `READ_LIMIT_S` in any case."""
        until = monotonic() + READ_LIMIT_S
        # Screens begin to read as Textual tells them that they are shown.
        told = asyncio.Event()
        if self.call_later(told.set):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), READ_LIMIT_S)
        if self._reads is not None and not self._reads.done():
            await asyncio.wait((self._reads,), timeout=max(0.0, until - monotonic()))

    async def came_from_reply(self, review_id: str) -> None:
        """Back from the Inbox, where a reply to this review was written or read."""

    async def save_now(self) -> None:
        """Writes what is being written; called when the program ends."""

    def _going_to(self, name: str) -> Handler:
        def why_not() -> str:
            return f"this is {name.capitalize()} already" if name == self.PLACE else ""

        return Handler(lambda: self.app.go(name), why_not)

    def _no_tour(self) -> str:
        return "" if self.app.frame.demo else "the tour is part of the demo: ascinbox demo"

    def nothing_to_go_back_to(self) -> None:
        """`esc` on a top screen has nothing to go back to."""
        self.app.notices.say(f"nothing to go back to; {self.app.keymap.shown('leave')} quits")


class Overlay(ModalScreen[None]):
    """A screen over another: a menu, a prompt, help. Its context is `MENU` unless it says otherwise.

    Subclasses give `compose_body`, and tell by `hint_place` and `hint_texts` what the last line says.
    """

    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[Any]] = []
    FILLS = False
    """Nothing of the screen below stays in sight."""

    def __init__(self, below: KeyedScreen | None = None) -> None:
        super().__init__()
        self.below = below
        self._hints = HintLine()
        self.dispatcher = Dispatcher(self, lambda: self.app)

    def compose(self) -> ComposeResult:
        yield from self.compose_body()
        yield self._hints

    def compose_body(self) -> ComposeResult:
        """What stands above the hints."""
        yield from ()

    @property
    def hint_place(self) -> str:
        """Which row of the hint table is shown."""
        return "menu"

    def hint_texts(self) -> Mapping[str, str]:
        """Words of single hints that depend on what is shown."""
        return {}

    def tell_frame(self) -> None:
        """Brings the hints up to date: they take the place of those of the screen below."""
        if not self.is_mounted or not self._hints.is_attached:
            return
        top = self.app.top
        # Where a small terminal has no line for hints, what keys say stands there.
        self._hints.display = self.FILLS or top is None or top.shows_hints
        offers, typing = self.dispatcher.offers, self.context in TYPING
        self._hints.tell(self.hint_place, self.hint_texts(), offers, typing=typing)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """It is shown, at first or again."""
        keep_styles(event)

    def on_resize(self) -> None:
        """The hints follow the width. Screens that override this are still called here: Textual runs both."""
        self.call_after_refresh(self.tell_frame)

    @property
    def context(self) -> str:
        """The letter of the context that the keys are looked up in."""
        return MENU

    @property
    def place(self) -> str:
        """Id of the top screen that this lies over."""
        return self.below.place if self.below is not None else "inbox"

    if TYPE_CHECKING:

        @property
        def app(self) -> AppContext:  # type: ignore[override]
            """The app as screens see it."""

    async def close(self) -> None:
        """Goes back to the screen below, and returns when that is shown."""
        if self.is_current:
            await self.app.pop_screen()

    async def back(self) -> None:
        """`esc` closes without doing anything; subclasses may go back one step only."""
        await self.close()

    def say(self, words: str) -> None:
        """Says why a key does nothing."""
        self.app.notices.say(words)

    def actions(self) -> Handlers:
        """What the keys of this screen do, beside what every overlay does."""
        return {}

    @cached_property
    def handlers(self) -> Handlers:
        """What this screen does, by action."""
        return {
            **_everywhere(self),
            "back": Handler(self.back),
            "leave": Handler(self.back),
            **self.actions(),
        }

    def spoken(self) -> Mapping[str, Spoken]:
        """The screen's own commands that take words, by name."""
        return {}

    def contributions(self) -> Sequence[Handlers]:
        """What the screen does now; the first that has an action does it."""
        return (self.handlers,)

    def on_hint_line_chosen(self, message: HintLine.Chosen) -> None:
        """A click on a hint does what its key would."""
        self.app.clicked(lambda: self.dispatcher.run(message.action_id))

    async def other_key(self, name: str, event: events.Key) -> bool:
        """Takes a key that no action of the context has; False leaves it to others."""
        del name, event
        return False


KeyedScreen = FrameScreen | Overlay
"""A screen of ours: one that takes keys."""
