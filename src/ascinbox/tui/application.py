"""The app: which screen is shown, and what it does for all of them."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.tui.actions import MODES
from ascinbox.tui.ending import EndingApp
from ascinbox.tui.garbage import collect_if_due, leave_alone_what_is_there
from ascinbox.tui.screens.base import KeyedScreen
from ascinbox.tui.terminal import clipboard_sequences
from ascinbox.tui.theme import roles_of, textual_name
from ascinbox.workers.settings import save_setting

if TYPE_CHECKING:
    from ascinbox.tui.inbox.screen import InboxScreen


class AscinboxApp(EndingApp):
    """The full-screen inbox. It owns no data: everything shown comes from the workspace."""

    # --- the start ---

    def on_mount(self) -> None:
        """Listens to the workspace, to signals and to the terminal's death."""
        self._unsubscribe = self.workspace.subscribe(self._hear)
        self.watch_the_end()
        self.set_interval(1.0, self._tick)
        self.spawn(self._keep_summary()).set_name("summary")

    def ready_for_keys(self) -> None:
        """Called by the first screen once its rows are there: keys typed ahead act now."""
        if self.curtain_is_up:
            self.call_after_refresh(self._lower_curtain)
        leave_alone_what_is_there()
        self.pump.start()
        self.refresh_summary()
        if self._when_ready is not None:
            when_ready, self._when_ready = self._when_ready, None
            when_ready()
        self.spawn(self._after_first_rows())

    def _tick(self) -> None:
        super()._tick()
        collect_if_due(self.workspace.courtesy.in_use)

    def _lower_curtain(self) -> None:
        self.curtain_is_up = False
        self.screen.refresh()

    async def _after_first_rows(self) -> None:
        notices = [*(clash.reason for clash in self.keymap.problems), *self.workspace.config.warnings]
        waiting = await self.work(self.workspace.replies.pending_notice)
        for notice in filter(None, (*notices[:1], waiting)):
            self.say_problem(notice)
        await self.work(self.workspace.store.read_ahead)
        # The first reply opens as quickly as the second.
        await self.work(import_module, "ascinbox.tui.inbox.reply_panel")
        screen = self.screen
        if self._begin and isinstance(screen, KeyedScreen):
            begin, self._begin = self._begin, ""
            await screen.dispatcher.run(begin)

    # --- screens ---

    async def go(self, place: str) -> None:
        """Shows a top screen."""
        if place not in MODES.values() or place == self.current_mode:
            return
        await self.switch_mode(place)
        returned = getattr(self.screen_stack[0], "returned", None)
        if returned is not None:
            await returned()

    async def has_accounts(self) -> bool:
        """Whether an account is linked, once the store has said so."""
        await self._summary_read.wait()
        return bool(self.frame.accounts)

    async def _in_inbox(self) -> InboxScreen:
        from ascinbox.tui.inbox.screen import InboxScreen

        await self.go("inbox")
        screen = self.top
        assert isinstance(screen, InboxScreen)
        return screen

    async def edit_reply(self, review_id: str, *, text: str | None = None, return_to: str = "") -> None:
        """Opens the editor on a review, in the Inbox."""
        await (await self._in_inbox()).edit_review(review_id, text=text, return_to=return_to)

    async def open_review(self, review_id: str, *, return_to: str = "") -> None:
        """Shows a review in the Inbox; from there esc leads to the screen `return_to`."""
        inbox = await self._in_inbox()
        await inbox.show_review(review_id, return_to=return_to)

    async def link_account(self, *, has_key: bool = False) -> None:
        """Goes to the Accounts and begins to link; `has_key`: the person holds a key file already."""
        from ascinbox.tui.screens.accounts import AccountsScreen

        await self.go("accounts")
        screen = self.top
        if not isinstance(screen, AccountsScreen):
            return
        refusal = screen.dispatcher.refusal("add")
        if refusal:
            self.say(refusal)
        else:
            await screen.add(has_key=has_key)

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
