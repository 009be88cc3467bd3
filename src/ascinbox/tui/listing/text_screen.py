"""Writes one text of a listing, with its limit and what is wrong shown as one types. Nothing leaves here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult, SuspendNotSupported
from textual.containers import Vertical
from textual.widgets import TextArea

from ascinbox.core.listing.checks import check_field, measure
from ascinbox.core.listing.fields import FieldKind, ListingField
from ascinbox.core.listing.records import shown
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import EDITOR, Handler, Handlers
from ascinbox.tui.external import EditorFiles
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, spread, wrap
from ascinbox.tui.screens import KeyedScreen, Overlay
from ascinbox.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.timer import Timer

SAVE_AFTER_S = 0.4
"""A pause of this length saves the text."""
FILES = "listing-"
"""What the files begin with by which texts go to `$EDITOR`."""

Keep = Callable[[str, bool], Awaitable[None]]
"""Writes the text down; the second says whether it goes on with the act before."""


class TextScreen(Overlay):
    """One field of one language. What is typed is saved as one act; `u` on the Listing takes it back."""

    FILLS = True

    def __init__(
        self, below: KeyedScreen, name: str, row: ListingField, locale: str, text: str, keep: Keep
    ) -> None:
        """`name`: the app's, for the heading."""
        super().__init__(below)
        self._app_name, self._row, self._locale = name, row, locale
        self._text = shown(text)
        self._keep = keep
        self._kept = False
        self._timer: Timer | None = None

    @property
    def context(self) -> str:
        return EDITOR

    @property
    def place(self) -> str:
        return "listing"

    @property
    def area(self) -> TextArea:
        """The text field."""
        return self.query_one("#lt-text", TextArea)

    @property
    def hint_place(self) -> str:
        return "listing_text"

    def compose_body(self) -> ComposeResult:
        with Vertical(id="all"):
            yield Lines(id="lt-head")
            area = TextArea(self._text, soft_wrap=True, show_line_numbers=False, compact=True, id="lt-text")
            area.cursor_blink = False
            area.highlight_cursor_line = False
            yield area
            yield Lines(id="lt-say")
            yield Lines(id="lt-foot")

    def on_mount(self) -> None:
        self.area.move_cursor(self.area.document.end)
        self.set_focus(self.area)
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """The lines follow the width."""
        self.call_after_refresh(self._paint)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """The counter follows at once, the text is saved a moment later."""
        event.stop()
        if self.area.text == self._text:
            return
        self._text = self.area.text
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SAVE_AFTER_S, self._save_soon)
        self._paint()

    def _save_soon(self) -> None:
        self.app.spawn(self.save_now())

    async def save_now(self) -> None:
        """Writes the text down, if something was typed since the last time."""
        if self._timer is None:
            return
        self._timer.stop()
        self._timer = None
        await self._keep(self._text, self._kept)
        self._kept = True

    def _paint(self) -> None:
        if not self.is_mounted or self.size.width < 8:
            return
        width, row = self.size.width, self._row
        count = measure(self._text)
        limit = f"{count:,} of {row.most:,}" if row.most else f"{count:,} characters"
        head = spread(f" {list_cell(self._app_name)} · {self._locale} · {row.title}", f"{limit} ", width)
        over = bool(row.most) and count > row.most
        self.query_one("#lt-head", Lines).show([line(PaintSpan(head, "bad" if over else "strong"))])
        lines: list[Line] = []
        for one in check_field(row, self._text):
            role = "bad" if one.blocks else "warn"
            lines += [line(PaintSpan(f" {part}", role)) for part in wrap(one.sentence, width - 2, 2)]
        say = self.query_one("#lt-say", Lines)
        say.show([*lines[:3], *([BLANK] * max(0, 3 - len(lines)))])
        words = f" nothing of it leaves before {self.app.keymap.shown('publish')} on the Listing"
        self.query_one("#lt-foot", Lines).show([line(PaintSpan(clip(words, width), "dim"))])

    # --- keys ---

    def actions(self) -> Handlers:
        """What the keys do while one writes."""
        return {
            "back": Handler(self.back),
            "save": Handler(self.save_now),
            "external": Handler(self.external),
        }

    async def back(self) -> None:
        """Keeps the text and goes back."""
        await self.save_now()
        await self.close()

    async def external(self) -> None:
        """To `$EDITOR` and back. A text that was left in its file by a kill is taken up first."""
        files = EditorFiles(self.app.workspace.paths.editing, prefix=FILES)
        name = f"{self._locale}.{self._row.name}"
        text = self._text
        left = await self.app.work(files.left, name)
        if left:
            text = left[-1].text
            self.app.notices.say("the text that your editor had saved was found again", "warning")
        try:
            with self.app.suspend():
                edited = files.edit(text, name)
        except SuspendNotSupported:
            self.app.notices.say("this terminal cannot hand over to another program", "warning")
            return
        self.app.redraw()
        if edited.text is None:
            self.app.notices.say(edited.problem, "warning")
            return
        taken = " ".join(edited.text.split()) if self._row.kind is FieldKind.LINE else edited.text
        self.area.replace(taken, self.area.document.start, self.area.document.end)
        await self.app.settled()
        await self.save_now()
        for path in [*(one.path for one in left), edited.path]:
            if path is not None:
                files.drop(path)
