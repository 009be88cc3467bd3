"""The app: which screen is shown, how keys get there, how events come in, and how it all ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.filter import ANSIToTruecolor, LineFilter
from textual.message import Message

from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import Event, Notice, ReviewsChanged, SyncProgress
from ascinbox.tui.filters import AsciiFilter, ControlFilter
from ascinbox.tui.frames import behind_curtain, frame_of
from ascinbox.tui.framewords import FrameState, Tab
from ascinbox.tui.keys import BY_ID, MODES, TYPING, Keymap, pressed
from ascinbox.tui.places import PLACES
from ascinbox.tui.pump import KeyPump, Target
from ascinbox.tui.screens.base import FrameScreen, Keyed
from ascinbox.tui.summary import read_summary, with_progress
from ascinbox.tui.terminal import (
    Manners,
    TerminalWatch,
    clipboard_sequences,
    exit_at_the_latest,
    stdin_descriptor,
)
from ascinbox.tui.theme import roles_of, textual_name, textual_themes
from ascinbox.tui.thrift import thrifty_driver
from ascinbox.tui.tour import Doing, Tour
from ascinbox.tui.widgets.frame import StatusLine
from ascinbox.workers.settings import save_setting

if TYPE_CHECKING:
    from ascinbox.tui.curtain import Curtain
    from ascinbox.tui.screens.inbox import InboxScreen
    from ascinbox.workers.workspace import Workspace

R = TypeVar("R")

log = logging.getLogger("ascinbox.tui")

NOTICE_S = 4.0
"""How long a notice stands in the status line, unless a key comes sooner."""
GATHER_S = 0.1
"""Events are gathered this long before a screen hears of them."""


class Heard(Message):
    """Something happened in the background."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class AscinboxApp(App[None], inherit_bindings=False):
    """The full-screen inbox. It owns no data: everything shown comes from the workspace."""

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
        """A verb was asked for with the start, such as linking: nothing else is offered first."""
        self._when_ready = when_ready
        self.keymap = Keymap.build(workspace.config.keys)
        self.roles = roles_of(manners.palette)
        self.frame = FrameState(demo=demo)
        self.tabs: tuple[Tab, ...] = tuple(
            Tab(place.id, self.keymap.shown(f"go_{place.id}"), place.title) for place in PLACES
        )
        native = manners.palette not in {"dark", "light"}
        self._curtain = curtain
        driver = thrifty_driver(self.get_driver_class())
        if curtain is not None and curtain.drawn:
            driver = behind_curtain(driver)
        super().__init__(driver_class=driver, ansi_color=True if native else None)
        for theme in textual_themes():
            self.register_theme(theme)
        self.set_reactive(App.theme, textual_name(manners.palette))
        if not manners.animations:
            self.animation_level = "none"
        self._nets: list[LineFilter] = [ControlFilter(), *([AsciiFilter()] if manners.ascii else [])]
        self.tour: Tour | None = None
        self.pump = KeyPump(Target(self._is_typing, self._is_safe, self._handle_key, self._pasted_keys))
        self._gathered: list[Event] = []
        self._notice_until = 0.0
        self._unsubscribe: Callable[[], None] = lambda: None
        self._watch: TerminalWatch | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._summary_wanted = asyncio.Event()
        self._summary_read = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- life ---

    def on_mount(self) -> None:
        """Listens to the workspace, to signals and to the terminal's death."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = self.workspace.subscribe(self._hear)
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(RuntimeError, ValueError, NotImplementedError):
                self._loop.add_signal_handler(number, self._end_by_signal, number)
        descriptor = stdin_descriptor()
        if descriptor is not None and not self.is_headless:
            self._watch = TerminalWatch(descriptor, self._terminal_died)
            self._watch.start()
        self.set_interval(1.0, self._tick)
        self.spawn(self._keep_summary()).set_name("summary")

    def _hear(self, event: Event) -> None:
        """On any thread."""
        self.post_message(Heard(event))

    def ready_for_keys(self) -> None:
        """Called by the first screen once its rows are there: keys typed ahead act now."""
        self.pump.start()
        self.refresh_summary()
        if self._when_ready is not None:
            when_ready, self._when_ready = self._when_ready, None
            when_ready()
        self.spawn(self._after_first_rows())

    async def _after_first_rows(self) -> None:
        notices = [*(clash.reason for clash in self.keymap.problems), *self.workspace.config.warnings]
        waiting = await self.work(self.workspace.replies.pending_notice)
        for notice in filter(None, (*notices[:1], waiting)):
            self.say_problem(notice)
        screen = self.screen
        if self._begin and isinstance(screen, Keyed):
            begin, self._begin = self._begin, ""
            await screen.run_verb(begin)

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

    async def on_unmount(self) -> None:
        """Stops listening and ends what still runs."""
        self._unsubscribe()
        if self._watch is not None:
            self._watch.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await self.pump.stop()

    async def leave(self) -> None:
        """Quits; asks first while a reply can still be taken back."""
        waiting = await self.ask(self.workspace.replies.waiting)
        if waiting:
            from ascinbox.tui.screens.ask import AskQuit

            await self.push_screen(AskQuit(waiting, self.frame.undo_until))
            return
        await self.finish()

    async def finish(self) -> None:
        """Saves what is being written, then ends."""
        self._keep_frame()
        await self._save_screens()
        self.exit()

    async def _save_screens(self) -> None:
        for stack in tuple(self._screen_stacks.values()):
            for screen in stack:
                save = getattr(screen, "save_now", None)
                if save is not None:
                    with contextlib.suppress(Exception):
                        await asyncio.wait_for(save(), 1.5)

    def _end_by_signal(self, number: int) -> None:
        exit_at_the_latest(128 + number)
        self.spawn(self._end(128 + number))

    def _terminal_died(self) -> None:
        """On the watcher's thread: the loop may be busy writing to nobody."""
        exit_at_the_latest(128 + signal.SIGHUP)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(lambda: self.spawn(self._end(128 + signal.SIGHUP)))

    def _keep_frame(self) -> None:
        """Leaves the painted Inbox for the next start; any other screen leaves none."""
        if self._curtain is not None:
            bare = self.current_mode == "inbox" and len(self.screen_stack) == 1 and not self._notice_until
            self._curtain.frame = frame_of(self) if bare else ""

    async def _end(self, code: int) -> None:
        self._keep_frame()
        await self._save_screens()
        self.exit(return_code=code)

    def _fatal_error(self) -> None:
        """Textual's own prints local variables, keys among them. Ours logs the bare traceback."""
        error = sys.exc_info()[1] or self._exception
        trace = "".join(traceback.format_exception(error)) if error is not None else ""
        log.error("the screen stopped\n%s", trace)
        name = type(error).__name__ if error is not None else "unknown"
        where = self.workspace.paths.log_file
        self._exit_renderables.append(
            Text(f"ascinbox stopped because of an error of its own ({name}). Drafts are saved. See {where}")
        )
        self._close_messages_no_wait()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters and, behind them, the last nets.

        Its translation of the terminal's palette is left out where nothing painted uses that palette.
        """
        own = super().get_line_filters()
        if self.manners.palette in {"dark", "light"}:
            own = [one for one in own if not isinstance(one, ANSIToTruecolor)]
        return [*own, *self._nets]

    # --- keys ---

    async def on_event(self, event: events.Event) -> None:
        """Keys go through the pump; text pasted outside a field goes nowhere."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.pump.put(event)
            return
        if isinstance(event, events.Paste) and not event.is_forwarded and not self._is_typing():
            self.say("pasted text is ignored outside a text field", "warning")
            return
        await super().on_event(event)

    def _is_typing(self) -> bool:
        screen = self.screen
        return isinstance(screen, Keyed) and screen.context in TYPING

    def _is_safe(self, key: str) -> bool:
        screen = self.screen
        if not isinstance(screen, Keyed):
            return False
        verb_id = self.keymap.find(screen.context, key)
        if verb_id is None:
            return self.keymap.is_prefix(screen.context, key)
        return BY_ID[verb_id].safe

    async def _handle_key(self, event: events.Key) -> None:
        screen = self.screen
        before = self._where()
        try:
            if isinstance(screen, Keyed) and await screen.take_key(
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
        return screen, screen.context if isinstance(screen, Keyed) else ""

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

    # --- the demo's tour ---

    def next_step(self) -> None:
        """Begins the tour, skips a step of it, or ends it after the last."""
        if self.tour is None:
            self.tour = Tour()
        else:
            self.tour.skip()
        if self.tour.over:
            self.end_tour()
        self.tell_frame()

    def toured(self, verb_id: str) -> None:
        """A verb was run, or another key taken: it may be what the step asked for."""
        screen = self.screen
        if self.tour is None or not isinstance(screen, Keyed):
            return
        if self.tour.saw(Doing(verb_id, screen.context, screen.place)):
            if self.tour.over:
                self.end_tour()
            self.tell_frame()

    def end_tour(self) -> None:
        """No more of it; the key begins it anew."""
        self.tour = None
        self.tell_frame()
        self.say(f"the tour is over; {self.keymap.shown('tour')} begins it again")

    # --- words ---

    def say(self, text: str, severity: str = "information") -> None:
        """One sentence in the status line, until the next key or for a few seconds."""
        for status in self.screen_stack[0].query(StatusLine) if self.screen_stack else ():
            status.notice(text, severity)
        for status in self.screen.query(StatusLine):
            status.notice(text, severity)
        self._notice_until = asyncio.get_running_loop().time() + NOTICE_S

    def say_problem(self, text: str) -> None:
        """What is wrong with one of the person's files; its folder is left out, so that the rest fits."""
        self.say(text.replace(f"{self.workspace.paths.config}{os.sep}", ""), "warning")

    def acted(self) -> None:
        """A key did something: an older notice gives way to the state of things."""
        if self._notice_until:
            self._notice_until = 0.0
            self._clear_notices()

    def _clear_notices(self) -> None:
        for screen in self.screen_stack:
            for status in screen.query(StatusLine):
                status.clear()
        self.tell_frame()

    def tell_error(self, error: BaseException) -> None:
        """An error as a sentence; what is not ours to foresee goes to the log as well."""
        if isinstance(error, AscinboxError):
            self.say(str(error), "error")
        elif not isinstance(error, (CancelledError, asyncio.CancelledError)):
            log.error("%s", "".join(traceback.format_exception(error)))
            self.say(f"that failed ({type(error).__name__}); the log has more", "error")

    def now(self) -> datetime:
        """The workspace's wall time, UTC."""
        return self.workspace.clock.now()

    # --- work ---

    async def ask(self, fn: Callable[..., R], *args: Any) -> R:
        """Runs a service's method on the store thread; the screen goes on meanwhile."""
        return await asyncio.wrap_future(self.workspace.ask(fn, *args))

    async def work(self, fn: Callable[..., R], *args: Any) -> R:
        """Runs network or file work in the background and waits for the answer."""
        return await asyncio.wrap_future(self.workspace.background(fn, *args))

    def sync_now(self) -> None:
        """Fetches every account now; progress and the result show in the status line."""
        if self.workspace.offline:
            self.say("offline: nothing is fetched (started with --offline)", "warning")
            return
        self.say("syncing")
        self.spawn(self._sync())

    async def _sync(self) -> None:
        await self.work(self.workspace.sync.run)
        self.refresh_summary()

    # --- screens ---

    async def go(self, place: str) -> None:
        """Shows a top screen."""
        if place not in MODES.values() or place == self.current_mode:
            return
        try:
            await self.switch_mode(place)
        except ModuleNotFoundError:
            self.say(f"{place.capitalize()} is not part of this build", "warning")
            return
        returned = getattr(self.screen_stack[0], "returned", None)
        if returned is not None:
            await returned()

    async def has_accounts(self) -> bool:
        """Whether an account is linked, once the store has said so."""
        await self._summary_read.wait()
        return self.frame.accounts > 0

    async def _in_inbox(self) -> InboxScreen:
        from ascinbox.tui.screens.inbox import InboxScreen

        await self.go("inbox")
        screen = self.top
        assert isinstance(screen, InboxScreen)
        return screen

    async def edit_reply(self, review_id: str, *, text: str | None = None, return_to: str = "") -> None:
        """Opens the editor on a review, in the Inbox."""
        await (await self._in_inbox()).edit_review(review_id, text=text, return_to=return_to)

    async def open_review(self, review_id: str) -> None:
        """Shows a review in the Inbox."""
        await (await self._in_inbox()).show_review(review_id)

    async def link_account(self, *, has_key: bool = False) -> None:
        """Goes to the Accounts and begins to link; `has_key`: the person holds a key file already."""
        await self.go("accounts")
        screen = self.top
        if screen is None or screen.PLACE != "accounts":
            return
        if has_key and screen.can("add_with_key"):
            await screen.run_verb("add_with_key")
        else:
            await screen.run_verb("add")

    async def set_setting(self, section: str, key: str, value: Any) -> None:
        """Writes one setting into config.toml and puts it in force."""
        path = self.workspace.paths.config_file
        self.workspace.config = await self.work(save_setting, path, section, key, value)

    def wear(self, theme: str) -> None:
        """Changes the colours at once."""
        self.manners = replace(self.manners, theme=theme)
        self.roles = roles_of(self.manners.palette)
        self.ansi_color = self.manners.palette not in {"dark", "light"} or None
        self.theme = textual_name(self.manners.palette)
        self.redraw()

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
        for screen in self.screen_stack:
            if isinstance(screen, FrameScreen):
                screen.tell_frame()

    def _tick(self) -> None:
        if self._notice_until and asyncio.get_running_loop().time() >= self._notice_until:
            self._notice_until = 0.0
            self._clear_notices()
        else:
            self.tell_frame()

    # --- news ---

    def on_heard(self, message: Heard) -> None:
        """Gathers events for a moment, so that a busy sync repaints ten times a second at most."""
        event = message.event
        if isinstance(event, SyncProgress):
            self.frame = with_progress(self.frame, event)
        elif isinstance(event, Notice):
            self.say(event.text, event.severity)
        if not self._gathered:
            self.set_timer(GATHER_S, self._deliver)
        self._gathered.append(event)

    def _deliver(self) -> None:
        gathered, self._gathered = self._gathered, []
        if any(not isinstance(event, SyncProgress | Notice) for event in gathered):
            self.refresh_summary()
        self.tell_frame()
        merged = merge_events(gathered)
        for stack in tuple(self._screen_stacks.values()):
            for screen in stack:
                hear = getattr(screen, "heard", None)
                if hear is not None:
                    for event in merged:
                        self.spawn(_await_maybe(hear(event)))
        if self.manners.bell and any(isinstance(e, ReviewsChanged) and e.new for e in merged):
            self.bell()

    def refresh_summary(self) -> None:
        """Reads the frame's numbers again, soon."""
        self._summary_wanted.set()

    async def _keep_summary(self) -> None:
        while True:
            await self._summary_wanted.wait()
            self._summary_wanted.clear()
            with contextlib.suppress(AscinboxError):
                self.frame = await self.ask(read_summary, self.workspace, self.frame)
                self.tell_frame()
                self._summary_read.set()
            await asyncio.sleep(GATHER_S)

    # --- the world outside ---

    def copy(self, text: str, what: str) -> None:
        """Copies by OSC 52, which also works over SSH, and says how much."""
        for sequence in clipboard_sequences(text, self.manners.tmux):
            self._write_raw(sequence)
        self.say(f"copied {what}: {len(text)} characters (by OSC 52; your terminal must allow it)")

    def _write_raw(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    def browse(self, address: str) -> None:
        """Opens an address of Apple's; over SSH, or without a browser, shows it instead."""
        if self.manners.ssh or not (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            self.say(address)
            return
        from ascinbox.tui.external import open_in_browser

        self.say(f"opening {address}" if open_in_browser(address) else address)

    def log_path(self) -> Path:
        """Where details of an error are."""
        return self.workspace.paths.log_file


async def _await_maybe(result: Any) -> None:
    if asyncio.iscoroutine(result):
        await result


def merge_events(gathered: Sequence[Event]) -> list[Event]:
    """A burst as few events: changed reviews as one, doubles and progress left out."""
    merged: list[Event] = []
    ids: dict[str, None] = {}
    new = 0
    every = False
    for event in gathered:
        if isinstance(event, ReviewsChanged):
            every = every or event.ids is None
            new += event.new
            ids.update(dict.fromkeys(event.ids or ()))
        elif not isinstance(event, SyncProgress | Notice) and event not in merged:
            merged.append(event)
    if ids or every or new:
        merged.insert(0, ReviewsChanged(None if every else tuple(ids), new))
    return merged
