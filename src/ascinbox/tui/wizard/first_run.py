"""The first screen of somebody without an account: the ways on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from ascinbox.tui.actions import LIST, Handler, Handlers
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, wrap
from ascinbox.tui.screens import KeyedScreen, Overlay
from ascinbox.tui.signs import BAR
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation

if TYPE_CHECKING:
    from textual import events

ROWS = (
    ("demo", "Look around with invented data", "Nothing leaves this machine; the same as `ascinbox demo`."),
    ("link", "Link an account", "App Store Connect or Google Play; the next step says how long it takes."),
    (
        "sent",
        "I was sent a key",
        "You have a .p8 file, a Key ID and an Issuer ID: go straight to entering them (Google's .json: 2).",
    ),
    ("join", "Join a team", "Others work these reviews too; you were given the address of a database."),
)


class FirstRunScreen(Overlay):
    """A row a way; enter or its number chooses. esc shows the empty Inbox."""

    FILLS = True

    def __init__(self, below: KeyedScreen) -> None:
        super().__init__(below)
        self._cursor = ListCursor(lambda: len(ROWS))
        self._navigation = ListNavigation.over(self._cursor, self._paint, lambda: len(ROWS))

    def compose_body(self) -> ComposeResult:
        with Vertical(id="welcome"):
            yield Lines(id="rows")

    @property
    def hint_place(self) -> str:
        return "first_run"

    def on_mount(self) -> None:
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """The text is wrapped for the new width."""
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        rows = self.query_one("#rows", Lines)
        width = rows.size.width
        lines: list[Line] = [(PaintSpan(" ascinbox", "strong"),), BLANK]
        welcome = "Reviews of all your apps in one inbox, answered by keyboard. No account is linked yet."
        lines += [(PaintSpan(f" {part}"),) for part in wrap(welcome, width - 2)]
        lines.append(BLANK)
        for number, (_, title, detail) in enumerate(ROWS):
            here = number == self._cursor.number
            text = f" {BAR if here else ' '} {number + 1}  {title}"
            lines.append((PaintSpan(clip(text, width), "cursor" if here else "strong"),))
            lines += [(PaintSpan(f"      {part}", "dim"),) for part in wrap(detail, width - 7)]
            lines.append(BLANK)
        rows.show(lines)

    def actions(self) -> Handlers:
        """What the keys of this screen do."""
        return {
            **self._navigation.actions(),
            "open": Handler(lambda: self._take(ROWS[self._cursor.number][0])),
            "add": Handler(lambda: self._take("link")),
        }

    async def other_key(self, name: str, event: events.Key) -> bool:
        """A digit takes a way at once; the key that links an account links one here as well."""
        del event
        if self.app.keymap.find(LIST, name, self.place) == "add":
            await self._take("link")
            return True
        if name not in [str(number + 1) for number in range(len(ROWS))]:
            return False
        self._cursor.go(int(name) - 1)
        await self._take(ROWS[self._cursor.number][0])
        return True

    async def _take(self, way: str) -> None:
        await self.close()
        if way == "demo":
            self.app.wants_demo = True
            await self.app.shutdown.finish()
            return
        if way == "join":
            from ascinbox.tui.wizard.joining import JoinScreen

            await self.app.push_screen(JoinScreen(self.below))
            return
        await self.app.link_account(has_key=way == "sent")
