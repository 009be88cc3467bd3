"""What all screens share: keys become verbs, verbs say why they cannot act, the frame stays current."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen

from ascinbox.tui.compositing import LineCompositor
from ascinbox.tui.keys import BY_ID, CHECK, LIST, MENU, TYPING, is_printing, show_key
from ascinbox.tui.widgets.frame import HintLine, StatusLine, TabBar, app_of
from ascinbox.tui.widgets.tour_card import TourCard

if TYPE_CHECKING:
    from textual import events
    from textual.widget import Widget

    from ascinbox.tui.application import AscinboxApp
    from ascinbox.tui.framewords import FrameState
    from ascinbox.tui.paint import Line

PASSED_TO_TEXT = frozenset({"pageup", "pagedown", "left", "right"})
"""Keys of verbs that a text field does itself, in the same sense."""


class Keyed:
    """Turns keys into verbs. A verb `done` is the method `verb_done`, plain or async.

    `take_key` returns once the verb has done its work, so that the next key finds the screen as it then is.
    """

    _prefix = ""

    @property
    def context(self) -> str:
        """The letter of the context that the keys are looked up in."""
        return LIST

    @property
    def place(self) -> str:
        """Id of the top screen that this is, or lies over."""
        return "inbox"

    def why_not(self, verb_id: str) -> str:
        """Why a verb cannot act now, as a sentence for the status line; empty when it can."""
        del verb_id
        return ""

    def can(self, verb_id: str) -> bool:
        """Whether this screen knows the verb at all."""
        return hasattr(self, f"verb_{verb_id}")

    def refusal(self, verb_id: str) -> str:
        """Why a verb would do nothing here; empty when it would act."""
        if not self.can(verb_id):
            verb = BY_ID[verb_id]
            where = ", ".join(place.capitalize() for place in verb.screens if place != self.place)
            return f"{verb.label} works in {where}" if where else f"{verb.label}: not here"
        return self.why_not(verb_id)

    async def take_key(self, name: str, event: events.Key) -> bool:
        """Does what the key means here; False hands it to the focused widget."""
        app = app_of(self)  # type: ignore[arg-type]
        context = self.context
        prefix, self._prefix = self._prefix, ""
        verb_id = app.keymap.find(context, prefix + name) if prefix else None
        if verb_id is None:
            if app.keymap.is_prefix(context, name):
                self._prefix = name
                return True
            verb_id = app.keymap.find(context, name)
        if verb_id is None:
            return await self.other_key(name, event)
        if context in TYPING and name in PASSED_TO_TEXT:
            return False
        await self.run_verb(verb_id, name)
        return True

    async def other_key(self, name: str, event: events.Key) -> bool:
        """A key without a verb here. Outside of text it says so, rather than nothing."""
        del event
        if self.context in TYPING or not is_printing(name):
            return False
        app = app_of(self)  # type: ignore[arg-type]
        app.say(f"{show_key(name)} does nothing here; {app.keymap.shown('help')} shows the keys")
        return True

    async def run_verb(self, verb_id: str, key: str = "") -> None:
        """Runs a verb, or says why not."""
        app = app_of(self)  # type: ignore[arg-type]
        app.acted()
        refusal = self.refusal(verb_id)
        if refusal:
            shown = show_key(key) if key else app.keymap.shown(verb_id)
            app.say(f"{shown}: {refusal}" if shown else refusal)
            return
        if app.tour is not None and verb_id == "back" and self.context == LIST:
            app.end_tour()
            return
        result: Any = getattr(self, f"verb_{verb_id}")()
        if inspect.isawaitable(result):
            await result
        if app.tour is not None:
            app.toured(verb_id)

    # --- verbs that every screen has ---

    async def verb_help(self) -> None:
        """Opens the page of the keys that work here."""
        from ascinbox.tui.screens.help import HelpScreen

        await app_of(self).push_screen(HelpScreen(self))  # type: ignore[arg-type]

    async def verb_commands(self) -> None:
        """Opens the command line."""
        from ascinbox.tui.screens.commands import CommandsScreen

        await app_of(self).push_screen(CommandsScreen(self))  # type: ignore[arg-type]

    async def verb_quit(self) -> None:
        """Quits, asking first while a reply waits in its undo window."""
        await app_of(self).leave()  # type: ignore[arg-type]

    def verb_redraw(self) -> None:
        """Paints everything again."""
        app_of(self).redraw()  # type: ignore[arg-type]


class FrameScreen(Keyed, Screen[None]):
    """A top screen: tab bar, body, status line, hints. Subclasses give `PLACE` and `compose_body`."""

    PLACE: ClassVar[str] = "inbox"
    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(self) -> None:
        super().__init__()
        self._compositor = LineCompositor()
        self._tabs = TabBar(self.PLACE)
        self._card = TourCard()
        self._status = StatusLine()
        self._hints = HintLine()

    def compose(self) -> ComposeResult:
        yield self._tabs
        with Vertical(id="body"):
            yield from self.compose_body()
        yield self._card
        yield self._status
        yield self._hints

    def _compositor_refresh(self) -> None:
        """Composes nothing that nobody would see."""
        if not self.desk.curtain_is_up:
            super()._compositor_refresh()

    def compose_body(self) -> ComposeResult:
        """The widgets between tab bar and status line."""
        yield from ()

    @property
    def place(self) -> str:
        return self.PLACE

    @property
    def desk(self) -> AscinboxApp:
        """The app, with its own type."""
        return app_of(self)

    @property
    def hint_place(self) -> str:
        """Which row of the hint table is shown."""
        return self.PLACE

    def hint_texts(self) -> Mapping[str, str]:
        """Words of single hints that depend on what is shown."""
        return {}

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
        state = self.desk.frame
        self._tabs.tell(state, self.tab_right())
        self._card.tell(self.desk.tour, self.desk.keymap, self.size.width, self.size.height)
        extra, word = self.status_extra()
        self._status.tell(state, self.own_status(state), extra, word)
        self._hints.tell(self.hint_place, self.hint_texts())

    def on_mount(self) -> None:
        """Screens that override this are still called here: Textual runs both."""
        self.call_after_refresh(self.tell_frame)

    def on_resize(self) -> None:
        """The frame's lines follow the width."""
        self.tell_frame()

    def on_screen_resume(self) -> None:
        """Coming back, the frame may have changed meanwhile."""
        self.tell_frame()

    # --- verbs of every top screen ---

    async def verb_leave(self) -> None:
        """`q` on a top screen quits."""
        await self.desk.leave()

    async def verb_back(self) -> None:
        """`esc` on a top screen has nothing to go back to."""
        self.desk.say(f"nothing to go back to; {self.desk.keymap.shown('leave')} quits")

    def refusal(self, verb_id: str) -> str:
        if verb_id == "tour" and not self.desk.frame.demo:
            return "the tour is part of the demo: ascinbox demo"
        if verb_id == f"go_{self.PLACE}" and self.context == LIST:
            return f"this is {self.PLACE.capitalize()} already"
        return super().refusal(verb_id)

    def verb_tour(self) -> None:
        """Begins the tour, or goes on to its next step."""
        self.desk.next_step()

    async def verb_go_inbox(self) -> None:
        """To the Inbox."""
        await self.desk.go("inbox")

    async def verb_go_outbox(self) -> None:
        """To the Outbox."""
        await self.desk.go("outbox")

    async def verb_go_metrics(self) -> None:
        """To the Metrics."""
        await self.desk.go("metrics")

    async def verb_go_health(self) -> None:
        """To the Health screen."""
        await self.desk.go("health")

    async def verb_go_accounts(self) -> None:
        """To the Accounts."""
        await self.desk.go("accounts")

    def verb_sync(self) -> None:
        """Fetches from Apple in the background."""
        self.desk.sync_now()


class Overlay(Keyed, ModalScreen[None]):
    """A screen over another: a menu, a prompt, help. It lends the keys of `MENU` unless it says otherwise."""

    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(self, below: Keyed | None = None) -> None:
        super().__init__()
        self.below = below

    @property
    def context(self) -> str:
        return MENU

    @property
    def place(self) -> str:
        return self.below.place if self.below is not None else "inbox"

    @property
    def desk(self) -> AscinboxApp:
        """The app, with its own type."""
        return app_of(self)

    async def close(self) -> None:
        """Goes back to the screen below, and returns when that is shown."""
        if self.is_current:
            await self.app.pop_screen()

    async def verb_back(self) -> None:
        """`esc` closes without doing anything."""
        await self.close()

    async def verb_leave(self) -> None:
        """`q` closes as well."""
        await self.verb_back()


def keyed(widget: Widget) -> Keyed | None:
    """The screen as something that takes keys; None for a foreign screen."""
    return widget if isinstance(widget, Keyed) else None


__all__ = ["CHECK", "FrameScreen", "Keyed", "Overlay", "keyed"]
