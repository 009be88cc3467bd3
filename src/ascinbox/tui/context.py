"""What a screen may ask of the app. Screens, their parts and widgets know this, and not the app itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from pathlib import Path

    from rich.style import Style
    from textual.geometry import Size
    from textual.screen import Screen
    from textual.widget import Widget

    from ascinbox.tui.actions import Keymap
    from ascinbox.tui.chrome_text import FrameState, Tab
    from ascinbox.tui.event_feed import EventFeed
    from ascinbox.tui.guide import Guide
    from ascinbox.tui.notices import Notices
    from ascinbox.tui.runtime.terminal import TerminalProfile
    from ascinbox.tui.screens import FrameScreen
    from ascinbox.tui.shutdown import Shutdown
    from ascinbox.tui.summary import FrameSummary
    from ascinbox.tui.sync_command import SyncCommand
    from ascinbox.workers.workspace import Workspace

R = TypeVar("R")


class AppContext(Protocol):
    """The app as screens see it."""

    workspace: Workspace
    """The services; the app owns no data."""
    keymap: Keymap
    roles: Mapping[str, Style]
    frame: FrameState
    """What tab bar and status line show."""
    tabs: Sequence[Tab]
    profile: TerminalProfile
    notices: Notices
    events: EventFeed
    summary: FrameSummary
    sync: SyncCommand
    shutdown: Shutdown
    guide: Guide
    first_view: str | None
    """The view that the start was asked to show."""
    first_review: str
    """Id of the review that the start was asked to show; or empty."""
    begins: bool
    """An action was asked for with the start: nothing else is offered first."""
    wants_demo: bool
    """The person chose to look around with invented data instead."""
    begins_anew: bool
    """This home opens other files now (it joined a team): the program has to begin once more."""
    saved_frame_is_up: bool
    """The terminal shows what was painted before Textual was there."""

    @property
    def size(self) -> Size:
        """Of the terminal, in cells."""

    # --- work ---

    def now(self) -> datetime:
        """The workspace's wall time, UTC."""

    async def ask(self, fn: Callable[..., R], *args: Any) -> R:
        """Runs a service's method on the store thread; the screen goes on meanwhile."""

    async def work(self, fn: Callable[..., R], *args: Any) -> R:
        """Runs network or file work in the background and waits for the answer."""

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Runs a coroutine beside the keys until the app ends; an error in it ends in a notice."""

    def clicked(self, act: Callable[[], Awaitable[None]]) -> None:
        """Does what a click means, after the keys that were pressed before it."""

    # --- screens ---

    @property
    def top(self) -> FrameScreen | None:
        """The top screen that is shown, whatever lies over it."""

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """That screen and what lies over it, the uppermost last."""

    def push_screen(self, screen: Screen[Any]) -> Any:
        """Shows a screen over the others; await it."""

    def pop_screen(self) -> Any:
        """Closes the uppermost screen; await it."""

    async def go(self, place: str, review_id: str = "") -> None:
        """Shows a top screen."""

    async def edit_reply(self, review_id: str, *, text: str | None = None, return_to: str = "") -> None:
        """Opens the editor on a review, in the Inbox."""

    async def read_waiting(self, review_id: str, *, return_to: str = "") -> None:
        """Opens what waits for a publisher in the check step, in the Inbox."""

    async def open_review(self, review_id: str, *, return_to: str = "") -> None:
        """Shows a review in the Inbox; from there esc leads to the screen `return_to`."""

    async def link_account(self, *, has_key: bool = False) -> None:
        """Goes to the Accounts and begins to link; `has_key`: the person holds a key file already."""

    def ready_for_keys(self, take_place: Callable[[str, str], None]) -> None:
        """Called by the first screen once its rows are there: keys typed ahead act now."""

    async def settled(self) -> None:
        """Waits until what was just changed is laid out and focused."""

    def redraw(self) -> None:
        """Paints every cell again."""

    def suspend(self) -> AbstractContextManager[None]:
        """Hands the terminal to another program meanwhile."""

    # --- the program ---

    async def set_setting(self, section: str, key: str, value: Any) -> None:
        """Writes one setting into config.toml and puts it in force."""

    def edit_file(self, path: Path) -> None:
        """Opens a file of the person's in $EDITOR, and says so where that does not work."""

    def wear(self, theme: str) -> None:
        """Changes the colours at once."""

    def copy(self, text: str, what: str) -> None:
        """Copies to the clipboard of the terminal, and says how much."""

    def browse(self, address: str) -> None:
        """Opens an address, or shows it where there is no browser."""


def app_of(widget: Widget) -> AppContext:
    """The app that a widget belongs to, as screens see it."""
    return cast("AppContext", widget.app)
