"""The first screen of somebody without an account: three ways on."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from ascinbox.tui.keys import LIST
from ascinbox.tui.paint import BLANK, Line, Span, clip, wrap
from ascinbox.tui.screens.base import Overlay
from ascinbox.tui.widgets.lines import Lines

ROWS = (
    ("demo", "Look around with invented data", "Nothing leaves this machine; the same as `ascinbox demo`."),
    ("link", "Link an account", "About 3 minutes; an Admin of the team makes the key."),
    (
        "sent",
        "I was sent a key",
        "You have a .p8 file, a Key ID and an Issuer ID: go straight to entering them.",
    ),
)


class FirstRunScreen(Overlay):
    """Three rows; enter or 1-3 chooses. esc shows the empty Inbox."""

    CSS_PATH = "first_run.tcss"

    def __init__(self, below: object) -> None:
        super().__init__(below)  # type: ignore[arg-type]
        self._cursor = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="welcome"):
            yield Lines(id="rows")

    def on_mount(self) -> None:
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """The text is broken anew."""
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        rows = self.query_one("#rows", Lines)
        width = rows.size.width
        lines: list[Line] = [(Span(" ascinbox", "strong"),), BLANK]
        welcome = "Reviews of all your apps in one inbox, answered by keyboard. No account is linked yet."
        lines += [(Span(f" {part}"),) for part in wrap(welcome, width - 2)]
        lines.append(BLANK)
        for number, (_, title, detail) in enumerate(ROWS):
            here = number == self._cursor
            text = f" {'>' if here else ' '} {number + 1}  {title}"
            lines.append((Span(clip(text, width), "cursor" if here else "strong"),))
            lines += [(Span(f"      {part}", "dim"),) for part in wrap(detail, width - 7)]
            lines.append(BLANK)
        shown = self.desk.keymap.shown
        keys = (
            f"{shown('next')} {shown('prev')}",
            f"{shown('open')} chooses",
            f"{shown('add')} link",
            f"{shown('help')} help",
            f"{shown('back')} empty Inbox",
            f"{shown('quit')} quit",
        )
        lines.append((Span(clip(f" {'  '.join(keys)}", width), "dim"),))
        rows.show(lines)

    async def other_key(self, name: str, event: object) -> bool:
        if self.desk.keymap.find(LIST, name) == "add":
            await self._take("link")
            return True
        if name in ("1", "2", "3"):
            self._cursor = int(name) - 1
            await self.verb_open()
            return True
        return await super().other_key(name, event)  # type: ignore[arg-type]

    def verb_next(self) -> None:
        """Down."""
        self._cursor = min(self._cursor + 1, len(ROWS) - 1)
        self._paint()

    def verb_prev(self) -> None:
        """Up."""
        self._cursor = max(self._cursor - 1, 0)
        self._paint()

    async def verb_open(self) -> None:
        """Takes the way under the cursor."""
        await self._take(ROWS[self._cursor][0])

    async def _take(self, way: str) -> None:
        await self.close()
        if way == "demo":
            self.desk.wants_demo = True
            await self.desk.finish()
            return
        await self.desk.link_account(has_key=way == "sent")
