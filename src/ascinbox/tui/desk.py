"""What every part of the app stands on: workspace, keys, colours, work beside the screen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.app import App
from textual.events import Compose
from textual.events import Event as TextualEvent
from textual.filter import ANSIToTruecolor, LineFilter

from ascinbox.tui.actions import Keymap
from ascinbox.tui.filters import AsciiFilter, ControlFilter
from ascinbox.tui.frames import behind_curtain
from ascinbox.tui.framewords import FrameState, tabs_of
from ascinbox.tui.places import PLACES
from ascinbox.tui.screens.base import FrameScreen
from ascinbox.tui.terminal import Manners
from ascinbox.tui.theme import roles_of, textual_name, textual_themes
from ascinbox.tui.thrift import thrifty_driver

if TYPE_CHECKING:
    from textual.timer import Timer

    from ascinbox.core.events import Event
    from ascinbox.tui.curtain import Curtain
    from ascinbox.tui.pump import KeyPump
    from ascinbox.tui.terminal import TerminalWatch
    from ascinbox.tui.tour import Tour
    from ascinbox.workers.workspace import Workspace

R = TypeVar("R")

log = logging.getLogger("ascinbox.tui")


class DeskApp(App[None], inherit_bindings=False):
    """The app without words, keys, news and end: these are added by the classes that follow."""

    CSS_PATH = "app.tcss"
    TITLE = "ascinbox"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[Any]] = []
    MODES: ClassVar[dict[str, Callable[[], FrameScreen]]] = {place.id: place.make for place in PLACES}  # type: ignore[assignment]
    DEFAULT_MODE = "inbox"

    def __init__(
        self,
        workspace: Workspace,
        manners: Manners,
        *,
        view: str | None = None,
        demo: bool = False,
        begin: str = "",
        when_ready: Callable[[], None] | None = None,
        curtain: Curtain | None = None,
    ) -> None:
        self.workspace = workspace
        self.manners = manners
        self.first_view = view
        self.wants_demo = False
        """The person chose to look around with invented data instead."""
        self._begin = begin
        self.begins = bool(begin)
        """An action was asked for with the start, such as linking: nothing else is offered first."""
        self._when_ready = when_ready
        self.keymap = Keymap.build(workspace.config.keys)
        self.roles = roles_of(manners.palette)
        self.frame = FrameState(demo=demo, preparing=demo)
        self.tabs = tabs_of(self.keymap)
        native = manners.palette not in {"dark", "light"}
        self._curtain = curtain
        self.curtain_is_up = curtain is not None and curtain.drawn
        """The terminal shows what was painted before Textual was there, until there are rows."""
        driver = thrifty_driver(self.get_driver_class())
        if curtain is not None and curtain.drawn:
            driver = behind_curtain(driver, lambda: self.curtain_is_up)
        super().__init__(driver_class=driver, ansi_color=True if native else None)
        for theme in textual_themes():
            self.register_theme(theme)
        self.set_reactive(App.theme, textual_name(manners.palette))
        if not manners.animations:
            self.animation_level = "none"
        self._nets: list[LineFilter] = [ControlFilter(), *([AsciiFilter()] if manners.ascii else [])]
        self.tour: Tour | None = None
        self.pump = self.make_pump()
        self._gathered: list[Event] = []
        self._syncing = False
        self._reporting = False
        self._later: Timer | None = None
        self._notice_until = 0.0
        self._unsubscribe: Callable[[], None] = lambda: None
        self._watch: TerminalWatch | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._summary_wanted = asyncio.Event()
        self._summary_read = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def on_event(self, event: TextualEvent) -> None:
        """Before the first screen is made, tasks begin as they do on Python 3.11: in their turn.

        From 3.12 on Textual has them begin at once. The text field of the first screen is then asked for the
        screen that it is on before there is one, and the app ends.
        """
        if isinstance(event, Compose):
            asyncio.get_running_loop().set_task_factory(None)
        await super().on_event(event)

    def make_pump(self) -> KeyPump:
        """What works off the keys; `KeyboardApp` gives it."""
        raise NotImplementedError

    def now(self) -> datetime:
        """The workspace's wall time, UTC."""
        return self.workspace.clock.now()

    async def ask(self, fn: Callable[..., R], *args: Any) -> R:
        """Runs a service's method on the store thread; the screen goes on meanwhile."""
        return await asyncio.wrap_future(self.workspace.ask(fn, *args))

    async def work(self, fn: Callable[..., R], *args: Any) -> R:
        """Runs network or file work in the background and waits for the answer."""
        return await asyncio.wrap_future(self.workspace.background(fn, *args))

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Runs a coroutine beside the keys until the app ends; an error in it ends in a notice."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            if isinstance(error, Exception):
                self.tell_error(error)

    def tell_error(self, error: BaseException) -> None:
        """Says what went wrong; `SpeakingApp` does."""
        raise NotImplementedError

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters and, behind them, the last nets.

        Its translation of the terminal's palette is left out where nothing painted uses that palette.
        """
        own = super().get_line_filters()
        if self.manners.palette in {"dark", "light"}:
            own = [one for one in own if not isinstance(one, ANSIToTruecolor)]
        return [*own, *self._nets]

    @property
    def top(self) -> FrameScreen | None:
        """The top screen that is shown, whatever lies over it."""
        screen = self.screen_stack[0] if self.screen_stack else None
        return screen if isinstance(screen, FrameScreen) else None

    def redraw(self) -> None:
        """Paints every cell again, for a terminal that something else has written to."""
        self.refresh(repaint=True, layout=True)
        self.screen.refresh(repaint=True, layout=True)

    def tell_frame(self) -> None:
        """Brings the frame of the shown screens up to date."""
        if not self.is_running:
            # At the end the widgets go one by one.
            return
        for screen in self.screen_stack:
            if isinstance(screen, FrameScreen):
                screen.tell_frame()
