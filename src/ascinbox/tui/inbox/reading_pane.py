"""The pane in which one review is read whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.tui.context import app_of
from ascinbox.tui.inbox.panes import MOST_READ_CELLS
from ascinbox.tui.inbox.readtext import LINES_AT_ONCE, ReadingText, heading, narrow_lines, wide_lines
from ascinbox.tui.paint import BLANK, Line, plain_rule
from ascinbox.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence


class ReadingPane(Lines):
    """Shows a `ReadingText`. Only lines that differ from the last review's are written, and only so far as
    they are filled. `edged`: the first line is a rule with the review's title, as under a list."""

    DEFAULT_CSS = """
    ReadingPane { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.edged = True
        self.whole = False
        self.reading: ReadingText | None = None
        self._body: Sequence[Line] = ()
        self._scrolled = 0
        self._limit = LINES_AT_ONCE
        self._has_focus = False
        self.beside_reply = False
        """The draft is shown where it is written."""

    def focus_on(self, has_it: bool) -> None:
        """Whether the keys scroll this pane: its heading says so."""
        if has_it != self._has_focus:
            self._has_focus = has_it
            self.lay_out()

    def read(self, reading: ReadingText | None) -> None:
        """Shows another review, from its top; the same one stays scrolled as it was."""
        before = self.reading.detail.review.id if self.reading is not None else None
        if reading is None or before != reading.detail.review.id:
            self._scrolled = 0
            self._limit = LINES_AT_ONCE
        self.reading = reading
        self.lay_out()

    def lay_out(self) -> None:
        """Breaks the texts for the present width and shows them."""
        width, height = self.size
        if width < 4 or height < 1:
            return
        self._body = self._made(width)
        room = height - (1 if self.edged else 0)
        self._scrolled = max(0, min(self._scrolled, len(self._body) - room))
        visible = list(self._body[self._scrolled : self._scrolled + room])
        if self.edged:
            visible.insert(0, self._edge(width))
        self.show([*visible, *([BLANK] * (height - len(visible)))])

    def _made(self, width: int) -> Sequence[Line]:
        if self.reading is None:
            return ()
        app = app_of(self)
        now, plain = app.now(), app.profile.ascii
        reading = self.reading
        if self.beside_reply:
            reading = replace(reading, detail=replace(reading.detail, draft=None))
        if self.edged:
            return narrow_lines(reading, now, width, whole=self.whole, limit=self._limit, ascii_only=plain)
        width = min(width, MOST_READ_CELLS)
        return wide_lines(reading, now, width, self._limit, focused=self._has_focus, ascii_only=plain)

    def _edge(self, width: int) -> Line:
        if self.reading is None:
            return plain_rule(width)
        return heading(self.reading, app_of(self).now(), width, focused=self._has_focus)

    def scroll_text(self, by: int) -> bool:
        """Scrolls by whole lines; False at either end."""
        room = self.size.height - (1 if self.edged else 0)
        wanted = self._scrolled + by
        if wanted + room > self._limit // 2:
            self._limit = wanted + room + LINES_AT_ONCE
            self._body = self._made(self.size.width)
        wanted = max(0, min(wanted, len(self._body) - room))
        if wanted == self._scrolled:
            return False
        self._scrolled = wanted
        self.lay_out()
        return True

    def on_resize(self) -> None:
        """The text is wrapped for the new width."""
        self.lay_out()

    def on_mouse_scroll_down(self) -> None:
        self.scroll_text(3)

    def on_mouse_scroll_up(self) -> None:
        self.scroll_text(-3)
