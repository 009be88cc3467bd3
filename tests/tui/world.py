"""A small cache of reviews on disk, and the screen driven on it by keys."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.segment import Segment
from textual._context import visible_screen_stack
from textual._queue import Queue
from textual.dom import DOMNode
from textual.events import Key
from textual.geometry import Region
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.message import Message
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.strip import Strip

from ascinbox.config import load_config
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.records import Account, App, Credential, CredentialKind, Response, Review
from ascinbox.paths import Paths
from ascinbox.store.hot.sync import Run
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from ascinbox.tui.app import AscinboxApp
from ascinbox.tui.inbox.screen import InboxScreen
from ascinbox.tui.runtime.terminal import TerminalProfile
from ascinbox.workers.workspace import Workspace
from tests.tui.parsed_styles import keep_parsed_styles

keep_parsed_styles()

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
LINKED_AT = NOW - timedelta(days=60)
"""The home is in use for a while: nothing is asked that a new one is asked."""

APPS = (
    App("1476097583", "Tide Clock", "example.tide"),
    App("1501120384", "HabitGarden", "example.habit"),
    App("1533301177", "Moon Diary", "example.moon"),
    App("1476097599", "PixelBakery", "example.pixel"),
)

TEXTS = (
    (
        "Stürzt beim Start ab",
        "Seit dem Update kann ich die App nicht mehr öffnen. Früher 5 Sterne.",
        "DEU",
        1,
    ),
    ("Crashes on launch since 5.2", "Every time I open the app it closes again.", "USA", 1),
    ("起動しない", "アップデート後に落ちます。直してください。", "JPN", 2),
    ("Charged twice", "I bought the yearly plan and was billed twice.", "USA", 1),
    ("بطيء جدا", "التطبيق بطيء منذ التحديث الأخير", "SAU", 1),
    ("Ótimo app mas trava", "Gosto muito, porém quando tento exportar o app fecha.", "BRA", 3),
    ("Widget never refreshes", "It shows yesterday until I open it. 👨‍👩‍👧‍👦 ❤️ [/red] [b]", "GBR", 2),
    ("Presque parfait", "Il manque seulement un mode sombre.", "FRA", 4),
)


QUIET_LOOKS = 3
"""So often, 4 ms apart, nothing may be under way before the screen counts as at rest."""
MOMENT_S = 0.1
"""What a timer of at most this length will do belongs to the key before."""


def review(number: int, *, app: App | None = None, answered: bool = False, **more: Any) -> Review:
    """The review of that number; greater numbers are older."""
    title, body, territory, rating = TEXTS[number % len(TEXTS)]
    reply = Response(f"reply{number}", "Thank you, we look into it.", "PUBLISHED", NOW - timedelta(days=1))
    facts: dict[str, Any] = {
        "id": f"rev{number:05d}",
        "app_id": (app or APPS[number % len(APPS)]).id,
        "rating": rating,
        "title": f"{title} {number}",
        "body": body,
        "nickname": f"writer{number}",
        "created_at": NOW - timedelta(hours=5 * number + 1),
        "territory": territory,
        "response": reply if answered else None,
    }
    return Review(**{**facts, **more})


def build(
    home: Path, reviews: Sequence[Review], *, linked: bool = True, linked_at: datetime = LINKED_AT
) -> Paths:
    """Makes the two data files under `home`."""
    paths = Paths.under(home)
    paths.create()
    store = StoreThread.open(paths, ShiftedClock(NOW))

    def fill(open_store: Store) -> None:
        if linked:
            credential = Credential(CredentialKind.TEAM, "ABCD127F2K", "69a6de7f-03d1-47e3", "file:/none")
            account = Account(0, "Northwind", "85012345", ("reviews", "reply"), (credential,), linked_at)
            open_store.accounts.add(account, APPS)
            moment = NOW - timedelta(minutes=2)
            open_store.sync.save_run(Run(1, "reviews", moment, moment, True))
        for app in APPS:
            mine = [one for one in reviews if one.app_id == app.id]
            if mine:
                open_store.reviews.save_page(app.id, mine)

    try:
        store.call(fill)
    finally:
        store.close()
    return paths


def template(paths: Paths, name: str, text: str) -> None:
    """Writes a template file."""
    paths.templates.mkdir(parents=True, exist_ok=True)
    (paths.templates / f"{name}.md").write_text(text, "utf-8")


def key_event(key: str, app: AscinboxApp) -> Key:
    """What the driver sends for a key by its name or its character."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    character: str | None
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        character = name if len(name) == 1 else None
    event = Key(name, character)
    event.set_sender(app)
    return event


def _is_at_rest(pump: MessagePump) -> bool:
    """Whether it waits for a message, nothing waits for its next paint, and nothing was put off for a moment,
    such as reading the review under a moving cursor."""
    messages: Queue[Message | None] = pump._message_queue
    if pump._next_callbacks or messages.values or not messages.ready_event._waiters:
        return False
    return not len(pump._timers) or not any(
        timer._repeat == 0 and timer._interval <= MOMENT_S and timer._task and not timer._task.done()
        for timer in pump._timers
    )


class Ui:
    """The running app: keys in, lines out."""

    def __init__(self, app: AscinboxApp, pilot: Pilot[None], workspace: Workspace) -> None:
        self.app = app
        self.pilot = pilot
        self.workspace = workspace

    async def press(self, *keys: str, background: bool = True) -> None:
        """Types keys one after the other and waits until all of them have done their work.

        `background=False` leaves what a key began in the background under way.

        Textual's pilot waits after each key until the whole process was quiet for 40 ms; here the key queue
        says when a key has been handled.
        """
        for key in keys:
            self.app.post_message(key_event(key, self.app))
            await self._key_handled()
        if background and not self._has_left:
            await self.rest()

    async def type(self, text: str) -> None:
        """Types a text into a field."""
        await self.press(*(_character_to_key(character) for character in text))

    async def rest(self) -> None:
        """Waits for keys, background reading and painting."""
        for _ in range(200):
            await self._key_handled()
            await self._quiet()
            if self._has_left:
                return
            # Painting calls what waited for it, and that may begin to read.
            self.app.screen._on_timer_update()
            await asyncio.sleep(0)
            if self._is_quiet():
                break

    @property
    def _has_left(self) -> bool:
        """Whether the app is being left: nothing that is sent to it is taken any more."""
        return self.app._exit or not self.app._running

    async def _quiet(self) -> None:
        """Waits until nothing is under way any more, for a moment at least."""
        looks = 0
        for _ in range(500):
            looks = looks + 1 if self._is_quiet() else 0
            if looks == QUIET_LOOKS:
                break
            await asyncio.sleep(0.004)

    def _is_quiet(self) -> bool:
        screen = self.app.screen
        if screen._callbacks or self.app.is_busy("summary", "alike", "engine"):
            return False
        if not _is_at_rest(self.app):
            return False
        nodes: list[DOMNode] = [screen]
        for node in nodes:
            if not _is_at_rest(node):
                return False
            nodes += node._nodes
        return True

    async def _key_handled(self) -> None:
        """Waits until the app has taken what was sent to it and the key queue has done it."""
        taken = asyncio.Event()
        if self.app.call_later(taken.set):
            await self._wait(taken.wait(), self.app._exception_event.wait())
        await self._wait(self.app.keyboard.queue.idle())

    async def _wait(self, *awaited: Coroutine[Any, Any, object]) -> None:
        """Waits for the first of them, or until the app is being left."""
        waits = [asyncio.ensure_future(each) for each in awaited]
        while not any(wait.done() for wait in waits) and not self._has_left:
            await asyncio.wait(waits, timeout=0.02, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        """Waits until something is true."""
        if condition():
            return
        for _ in range(int(seconds / 0.02)):
            await asyncio.sleep(0.02)
            self.app.screen._on_timer_update()
            if condition():
                # It sends something to each widget and waits for all: too much for each look.
                await self.pilot.pause(0)
                if condition():
                    return
        raise AssertionError("\n".join(self.lines()))

    def strips(self) -> Sequence[Sequence[Segment]]:
        """What is on the terminal, line by line, with its colours."""
        # A window paints the screens below it only where it is told which, and keeps what it painted.
        visible_screen_stack.set(list(self.app._background_screens))
        return [list(strip) for strip in self.app.screen._compositor.render_strips()]

    def lines(self) -> list[str]:
        """What is on the terminal, line by line."""
        return ["".join(segment.text for segment in strip).rstrip() for strip in self.strips()]

    def text(self) -> str:
        """What is on the terminal."""
        return "\n".join(self.lines())

    @property
    def status(self) -> str:
        """The status line, which alone is painted: it is looked at again and again while one waits."""
        visible_screen_stack.set(list(self.app._background_screens))
        compositor = self.app.screen._compositor
        width, height = compositor.size
        place = height - 2
        chops = compositor._render_chops(Region(0, place, width, 1), lambda y: y == place)
        return Strip.join(chops[place].values()).text.strip()

    @property
    def inbox(self) -> InboxScreen:
        """The Inbox."""
        screen = self.app.screen_stack[0]
        assert isinstance(screen, InboxScreen)
        return screen

    @property
    def current(self) -> str:
        """Id of the review under the cursor."""
        row = self.inbox.listing.current
        return row.id if row is not None else ""


@asynccontextmanager
async def running(
    paths: Paths,
    *,
    size: tuple[int, int] = (80, 24),
    view: str | None = None,
    demo: bool = False,
    profile: TerminalProfile | None = None,
    environ: dict[str, str] | None = None,
    review_id: str = "",
    offline: bool = True,
) -> AsyncIterator[Ui]:
    """The app on these files, until the block ends; without network unless `offline` is False."""
    workspace = Workspace.open(
        paths=paths,
        config=load_config(paths.config_file, environ or {}),
        clock=ShiftedClock(NOW),
        environ={"USER": "mia", **(environ or {})},
        offline=offline,
    )
    try:
        await asyncio.to_thread(workspace.wait_ready)
        if not offline:
            workspace.start(sync=False)
        app = AscinboxApp(workspace, profile or TerminalProfile(), view=view, demo=demo, review=review_id)
        async with app.run_test(size=size) as pilot:
            ui = Ui(app, pilot, workspace)
            await ui.until(lambda: app.frame.accounts or app.summary.is_read)
            await ui.rest()
            yield ui
    finally:
        await asyncio.to_thread(workspace.close)
