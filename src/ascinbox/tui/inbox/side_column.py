"""The column of views, apps, ratings and territories, and the bar of views for narrow terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

from ascinbox.tui.context import app_of
from ascinbox.tui.sidetext import SideEntry, ViewLabel, side_lines, views_line
from ascinbox.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence


class SideColumn(Lines):
    """A column one can walk through; `Chosen` tells which filter term was picked."""

    DEFAULT_CSS = """
    SideColumn { width: 24; height: 1fr; }
    """

    class Chosen(Message):
        """An entry was picked."""

        def __init__(self, term: str) -> None:
            super().__init__()
            self.term = term

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._entries: Sequence[SideEntry] = ()
        self._cursor: int | None = None

    def tell(self, entries: Sequence[SideEntry]) -> None:
        """Shows the entries; the cursor stays on its line."""
        self._entries = entries
        if self._cursor is not None and not self._can_stand(self._cursor):
            self._cursor = self._nearest(self._cursor, 1)
        self._paint()

    def enter(self) -> None:
        """The keys are the column's now."""
        active = next((n for n, entry in enumerate(self._entries) if entry.active), None)
        self._cursor = active if active is not None else self._nearest(0, 1)
        self._paint()

    def leave(self) -> None:
        """The keys are elsewhere again."""
        self._cursor = None
        self._paint()

    @property
    def entered(self) -> bool:
        """Whether the keys move in this column."""
        return self._cursor is not None

    def step(self, by: int) -> None:
        """Moves the cursor over headings."""
        if self._cursor is not None:
            self._cursor = self._nearest(self._cursor + by, 1 if by > 0 else -1, self._cursor)
            self._paint()

    @property
    def term(self) -> str:
        """What the entry under the cursor stands for."""
        return self._entries[self._cursor].term if self._cursor is not None and self._entries else ""

    def _can_stand(self, number: int) -> bool:
        return 0 <= number < len(self._entries) and bool(self._entries[number].term)

    def _nearest(self, number: int, step: int, otherwise: int | None = None) -> int | None:
        while 0 <= number < len(self._entries):
            if self._can_stand(number):
                return number
            number += step
        return otherwise

    def _paint(self) -> None:
        plain = app_of(self).profile.ascii
        lines = side_lines(self._entries, self._cursor, self.size.width, ascii_only=plain)
        top = 0
        if self._cursor is not None and self._cursor >= self.size.height:
            top = self._cursor - self.size.height + 1
        self.show(lines, top)

    def on_resize(self) -> None:
        """Names are cut to the width."""
        self._paint()

    def on_click(self, event: events.Click) -> None:
        number = self.top + event.y
        if self._can_stand(number):
            self.post_message(self.Chosen(self._entries[number].term))


class ViewsBar(Lines):
    """The views in one line, for terminals without the column."""

    def __init__(self) -> None:
        super().__init__(id="viewsbar")
        self._views: Sequence[ViewLabel] = ()
        self._active: int | None = None

    def tell(self, views: Sequence[ViewLabel], active: int | None) -> None:
        """Shows the views; `active` is the one in force."""
        self._views, self._active = views, active
        self.on_resize()

    def on_resize(self) -> None:
        """As many views as fit."""
        right = f"{app_of(self).keymap.shown('views')} views"
        if self.size.width:
            self.show([views_line(self._views, self._active, right, self.size.width)])
