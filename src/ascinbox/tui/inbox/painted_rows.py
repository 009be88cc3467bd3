"""Rows of the list as the terminal gets them, remembered: what was painted once costs nothing again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from ascinbox.tui.inbox.rowtext import RowLayout, row_lines
from ascinbox.tui.widgets.lines import to_strip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from rich.style import Style
    from textual.strip import Strip

    from ascinbox.core.records import ReviewRow

KEPT = 256
"""Rows remembered; those painted longest ago go first."""


class RowLook(NamedTuple):
    """A row as it is to be painted."""

    row: ReviewRow
    cursor: str
    """The surface of the row under the cursor; empty for the others."""
    selected: bool


class PaintedRows:
    """Strips by look, for one layout, one width and one set of colours."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now`: what ages are counted from."""
        self._now = now
        self.layout = RowLayout(80)
        self._width = 0
        self._roles: Mapping[str, Style] = {}
        self._strips: OrderedDict[RowLook, tuple[Strip, ...]] = OrderedDict()

    def arrange(self, layout: RowLayout, width: int) -> None:
        """Paints in this layout from now on, each line `width` cells wide."""
        self.layout, self._width = layout, width
        self._strips.clear()

    def forget(self) -> None:
        """Paints everything again."""
        self._strips.clear()

    def __contains__(self, look: RowLook) -> bool:
        return look in self._strips

    def strips(self, look: RowLook, roles: Mapping[str, Style]) -> tuple[Strip, ...]:
        """The lines of a row."""
        if roles is not self._roles:
            self._roles = roles
            self._strips.clear()
        found = self._strips.get(look)
        if found is None:
            found = self._strips[look] = self._paint(look)
            if len(self._strips) > KEPT:
                self._strips.popitem(last=False)
        return found

    def aged(self, looks: Iterable[RowLook]) -> list[RowLook]:
        """Forgets everything, as ages have grown; gives those of `looks` that read otherwise now."""
        before = [(look, self._strips[look]) for look in looks if look in self._strips]
        self._strips.clear()
        return [look for look, strips in before if strips != self.strips(look, self._roles)]

    def _paint(self, look: RowLook) -> tuple[Strip, ...]:
        lines = row_lines(look.row, self.layout, self._now(), cursor=look.cursor, selected=look.selected)
        return tuple(to_strip(line, self._width, self._roles) for line in lines)
