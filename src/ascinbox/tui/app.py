"""The app: its collaborators as fields, and which screen is shown."""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual.app import SuspendNotSupported
from textual.filter import ANSIToTruecolor, LineFilter

from ascinbox.tui.actions import MODES, Keymap
from ascinbox.tui.chrome_text import FrameState, Tab, tabs_of
from ascinbox.tui.coalescer import pause
from ascinbox.tui.event_feed import EventFeed, Heard
from ascinbox.tui.guide import Guide
from ascinbox.tui.keyboard import Keyboard
from ascinbox.tui.notices import Notices, log
from ascinbox.tui.places import PLACES
from ascinbox.tui.runtime.base_app import BaseApp
from ascinbox.tui.runtime.cell_widths import count_spacing_marks
from ascinbox.tui.runtime.driver import behind_saved_frame, terminal_driver
from ascinbox.tui.runtime.gc_policy import collect_if_due, leave_alone_what_is_there
from ascinbox.tui.runtime.output_filter import AsciiFilter, ControlFilter
from ascinbox.tui.runtime.terminal import TerminalProfile, clipboard_sequences
from ascinbox.tui.screens import FrameScreen, KeyedScreen
from ascinbox.tui.shutdown import Shutdown
from ascinbox.tui.summary import FrameSummary
from ascinbox.tui.sync_command import SyncCommand
from ascinbox.tui.theme import is_native, roles_of, textual_name, textual_themes
from ascinbox.workers.runtime.settings import change_setting

if TYPE_CHECKING:
    from pathlib import Path, PurePath

    from rich.style import Style

    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.runtime.early_keys import EarlyKeys
    from ascinbox.tui.runtime.saved_frame import SavedFrame
    from ascinbox.workers.workspace import Workspace

R = TypeVar("R")


class AscinboxApp(BaseApp):
    """The full-screen inbox. It owns no data: everything shown comes from the workspace."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "app.tcss",
        "accounts/accounts.tcss",
        "health/health.tcss",
        "help/help.tcss",
        "inbox/inbox.tcss",
        "listing/listing.tcss",
        "metrics/metrics.tcss",
        "outbox/outbox.tcss",
        "widgets/form.tcss",
        "widgets/menu.tcss",
        "wizard/first_run.tcss",
    ]
    """Those of all screens. For a sheet that comes with a screen Textual parses all of them anew, and styles
    what is shown."""
    TITLE = "ascinbox"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[Any]] = []
    MODES: ClassVar[dict[str, Callable[[], FrameScreen]]] = {place.id: place.make for place in PLACES}  # type: ignore[assignment]
    DEFAULT_MODE = "inbox"

    def __init__(
        self,
        workspace: Workspace,
        profile: TerminalProfile,
        *,
        view: str | None = None,
        demo: bool = False,
        begin: str = "",
        review: str = "",
        when_ready: Callable[[], None] | None = None,
        saved_frame: SavedFrame | None = None,
        early: EarlyKeys | None = None,
    ) -> None:
        count_spacing_marks()
        self.workspace = workspace
        self.profile = profile
        self.first_view = view
        self.first_review = review
        self.wants_demo = False
        self.begins_anew = False
        """The person chose to look around with invented data instead."""
        self._begin = begin
        self.begins = bool(begin)
        """An action was asked for with the start, such as linking: nothing else is offered first."""
        self._when_ready = when_ready
        self.keymap = Keymap.build(workspace.config.keys)
        self.roles: Mapping[str, Style] = roles_of(profile.palette)
        self.frame = FrameState(demo=demo, preparing=demo)
        self.tabs: Sequence[Tab] = tabs_of(self.keymap)
        native = is_native(profile.palette)
        self.saved_frame = saved_frame
        self.saved_frame_is_up = saved_frame is not None and saved_frame.drawn
        """The terminal shows what was painted before Textual was there, until there are rows."""
        self._early = early
        driver = terminal_driver(self.get_driver_class())
        if saved_frame is not None and saved_frame.drawn:
            driver = behind_saved_frame(driver, lambda: self.saved_frame_is_up, saved_frame, early)
        super().__init__(driver_class=driver, ansi_color=True if native else None)
        for theme in textual_themes():
            self.register_theme(theme)
        self.begin_with(textual_name(profile.palette))
        if not profile.animations:
            self.animation_level = "none"
        self._nets: list[LineFilter] = [ControlFilter(), *([AsciiFilter()] if profile.ascii else [])]
        self._tasks: set[asyncio.Task[Any]] = set()
        self.notices = Notices(self)
        self.keyboard = Keyboard(self)
        self.events = EventFeed(self)
        self.summary = FrameSummary(self)
        self.sync = SyncCommand(self)
        self.shutdown = Shutdown(self)
        self.guide = Guide(self)

    # --- start and end ---

    def on_mount(self) -> None:
        """Listens to the workspace, to signals and to the terminal's death."""
        self.events.start()
        self.shutdown.watch()
        self.app_resume_signal.subscribe(self, lambda _: self.redraw())
        self.set_interval(1.0, self._tick)
        self.spawn(self.summary.keep()).set_name("summary")

    def ready_for_keys(self, take_place: Callable[[str, str], None]) -> None:
        """Called by the first screen once its rows are there: keys typed ahead act now.

        `take_place`: puts its cursor on a review, and another one at the top of the page.
        """
        if self.saved_frame_is_up:
            # Once all is laid out: until then keys move on what was painted first.
            self.call_after_refresh(self._take_over, take_place)
        else:
            self._take_over(take_place)

    def _take_over(self, take_place: Callable[[str, str], None]) -> None:
        place = self._early.end() if self._early is not None else None
        if place is not None:
            take_place(*place)
        if self.saved_frame_is_up:
            self.saved_frame_is_up = False
            self.screen.refresh()
        leave_alone_what_is_there()
        self.keyboard.queue.start()
        if self._early is not None:
            # What begins now would share the interpreter with the first painting.
            self.call_after_refresh(self._begin_work)
        else:
            self._begin_work()

    def _begin_work(self) -> None:
        self.summary.refresh()
        if self._when_ready is not None:
            when_ready, self._when_ready = self._when_ready, None
            # Each thread that is started is waited for, and has something to do at once.
            self.spawn(self.work(when_ready))
        self.spawn(self._after_first_rows())

    async def _after_first_rows(self) -> None:
        from ascinbox.tui.inbox.left_text import notice_of_left_texts

        found = [*(clash.reason for clash in self.keymap.problems), *self.workspace.config.warnings]
        left = await notice_of_left_texts(self)
        # In the background also what is imported for it: the service of replies.
        waiting = await self.work(lambda: self.workspace.replies.pending_notice())
        for notice in filter(None, (*found[:1], left, waiting)):
            self.notices.say_problem(notice)
        await self.work(self.workspace.store.read_ahead)
        screen = self.screen
        if self._begin and isinstance(screen, KeyedScreen):
            begin, self._begin = self._begin, ""
            await screen.dispatcher.run(begin)
        await pause(lambda: self.workspace.throttle.in_use)
        # The first reply opens as quickly as the second.
        await self.work(import_module, "ascinbox.tui.inbox.reply_panel")

    def _tick(self) -> None:
        self.notices.tick()
        collect_if_due(self.workspace.throttle.in_use)

    async def on_unmount(self) -> None:
        """Stops listening and ends what still runs."""
        self.events.stop()
        self.shutdown.stop_watching()
        for task in tuple(self._tasks):
            task.cancel()
        await self.keyboard.queue.stop()

    def explain_fatal_error(self, error: BaseException | None) -> str:
        """Logs the bare traceback and says where it is."""
        log.error("the screen stopped\n%s", "".join(traceback.format_exception(error)) if error else "")
        name = type(error).__name__ if error is not None else "unknown"
        where = self.workspace.paths.log_file
        return f"ascinbox stopped because of an error of its own ({name}). Drafts are saved. See {where}"

    # --- events ---

    async def on_event(self, event: events.Event) -> None:
        """Keys are queued, pasted text goes to text fields only, all else is Textual's.

        Before the first screen is made, tasks begin as they do on Python 3.11: in their turn. From 3.12 on
        Textual has them begin at once. The text field of the first screen is then asked for the screen that
        it is on before there is one, and the app ends.
        """
        if isinstance(event, events.Compose):
            asyncio.get_running_loop().set_task_factory(None)
        elif isinstance(event, events.Key) and not event.is_forwarded:
            self.keyboard.press(event)
            return
        elif isinstance(event, events.Paste) and not event.is_forwarded and self.keyboard.ignores_paste():
            return
        await super().on_event(event)

    async def forward(self, event: events.Key) -> None:
        """Hands a key to Textual: to the focused field and its bindings."""
        await super().on_event(event)

    def on_heard(self, message: Heard) -> None:
        """What the workers publish, on the loop now."""
        self.events.take(message.event)

    # --- work beside the screen ---

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

    def clicked(self, act: Callable[[], Awaitable[None]]) -> None:
        """Does what a click means, after the keys that were pressed before it.

        Beside the screen's own messages: a screen cannot wait in one of them until it is closed.
        """

        async def run() -> None:
            await self.keyboard.queue.idle()
            await act()

        self.spawn(run())

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            if isinstance(error, Exception):
                self.notices.tell_error(error)

    def is_busy(self, *but: str) -> bool:
        """Whether something runs beside the keys or is still to be told; `but`: names of tasks that may."""
        running = [task for task in self._tasks if not task.done() and task.get_name() not in but]
        return bool(running) or self.summary.is_wanted or self.events.waiting

    # --- screens ---

    @property
    def top(self) -> FrameScreen | None:
        """The top screen that is shown, whatever lies over it."""
        screen = self.screen_stack[0] if self.screen_stack else None
        return screen if isinstance(screen, FrameScreen) else None

    def top_screens(self) -> list[FrameScreen]:
        """All top screens that were shown so far."""
        return [screen for screen in self.every_screen() if isinstance(screen, FrameScreen)]

    async def go(self, place: str, review_id: str = "") -> None:
        """Shows a top screen; `review_id`: a reply to this review was written or read before."""
        if place not in MODES.values() or place == self.current_mode:
            return
        await self.switch_mode(place)
        self.notices.follow()
        if self.top is not None:
            await self.top.returned()
            if review_id:
                await self.top.came_from_reply(review_id)

    async def settled(self) -> None:
        """Waits until what was just changed is laid out and focused, so that the next key goes there."""
        await self.keyboard.settled()

    async def _in_inbox(self) -> InboxScreen:
        from ascinbox.tui.inbox.screen import InboxScreen

        await self.go("inbox")
        screen = self.top
        assert isinstance(screen, InboxScreen)
        return screen

    async def edit_reply(self, review_id: str, *, text: str | None = None, return_to: str = "") -> None:
        """Opens the editor on a review, in the Inbox."""
        await (await self._in_inbox()).edit_review(review_id, text=text, return_to=return_to)

    async def read_waiting(self, review_id: str, *, return_to: str = "") -> None:
        """Opens what waits for a publisher, in the Inbox."""
        await (await self._in_inbox()).read_waiting(review_id, return_to=return_to)

    async def open_review(self, review_id: str, *, return_to: str = "") -> None:
        """Shows a review in the Inbox; from there esc leads to the screen `return_to`."""
        await (await self._in_inbox()).show_review(review_id, return_to=return_to)

    async def link_account(self, *, has_key: bool = False) -> None:
        """Goes to the Accounts and begins to link; `has_key`: the person holds a key file already."""
        from ascinbox.tui.accounts.screen import AccountsScreen

        await self.go("accounts")
        screen = self.top
        if not isinstance(screen, AccountsScreen):
            return
        refusal = screen.dispatcher.refusal("add")
        if refusal:
            self.notices.say(refusal)
        else:
            await screen.add(has_key=has_key)

    # --- painting ---

    def tell_frame(self) -> None:
        """Brings the frame of the shown screens up to date."""
        if not self.is_running:
            # At the end the widgets go one by one.
            return
        for screen in self.screen_stack:
            if isinstance(screen, KeyedScreen):
                screen.tell_frame()

    def redraw(self) -> None:
        """Paints every cell again, for a terminal that something else has written to."""
        self.refresh(repaint=True, layout=True)
        self.screen.refresh(repaint=True, layout=True)

    def wear(self, theme: str) -> None:
        """Changes the colours at once."""
        self.profile = replace(self.profile, theme=theme)
        self.roles = roles_of(self.profile.palette)
        self.ansi_color = is_native(self.profile.palette) or None
        self.theme = textual_name(self.profile.palette)
        self.redraw()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters and, after them, the filters of `runtime/output_filter.py`.

        Its translation of the terminal's palette is left out where nothing painted uses that palette.
        """
        own = super().get_line_filters()
        if not is_native(self.profile.palette):
            own = [one for one in own if not isinstance(one, ANSIToTruecolor)]
        return [*own, *self._nets]

    # --- the world outside ---

    async def set_setting(self, section: str, key: str, value: Any) -> None:
        """Writes one setting into config.toml and puts it in force."""
        await self.work(change_setting, self.workspace, section, key, value)

    def edit_file(self, path: Path) -> None:
        """Opens a file of the person's in $EDITOR, and says so where that does not work."""
        from ascinbox.tui.external import edit_file

        try:
            with self.suspend():
                problem = edit_file(path)
        except SuspendNotSupported:
            problem = "this terminal cannot hand over to another program"
        self.redraw()
        if problem:
            self.notices.say(f"{problem}; the file is {path}", "warning")

    def copy(self, text: str, what: str) -> None:
        """Copies by OSC 52, which also works over SSH, and says how much."""
        for sequence in clipboard_sequences(text, self.profile.tmux):
            self.write_raw(sequence)
        self.notices.say(f"copied {what}: {len(text)} characters (by OSC 52; your terminal must allow it)")

    def browse(self, address: str) -> None:
        """Opens an address of Apple's; over SSH, or without a browser, shows it instead."""
        if self.profile.ssh or not (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            self.notices.say(address)
            return
        from ascinbox.tui.external import open_in_browser

        self.notices.say(f"opening {address}" if open_in_browser(address) else address)


if TYPE_CHECKING:

    def _as_screens_see_it(app: AscinboxApp) -> AppContext:
        """Holds the app to what screens are promised."""
        return app
