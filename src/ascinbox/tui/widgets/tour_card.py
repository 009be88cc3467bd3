"""The card of the guided tour, between a screen's body and its status line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.tui.paint import Line, PaintSpan, clip, rule, wrap
from ascinbox.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from ascinbox.tui.actions import Keymap
    from ascinbox.tui.tour import Tour

HIGHEST = 5
"""Lines of the card where there is room."""
LOW = 16
"""On a screen of fewer lines the card may take half of it: what to do must be legible first."""


class TourCard(Lines):
    """Takes no room while there is no tour."""

    DEFAULT_CSS = """
    TourCard { display: none; }
    """

    def __init__(self) -> None:
        super().__init__(id="tour")

    def tell(self, tour: Tour | None, keymap: Keymap, width: int, height: int) -> None:
        """Shows the step of `tour` in as few lines of a screen of this size as it needs."""
        self.display = tour is not None
        if tour is None:
            return
        title, says, press = tour.words(keymap, width, height)
        key = keymap.shown("tour")
        body: list[Line] = [(PaintSpan(f" {text}"),) for text in wrap(says, max(8, width - 2))]
        room = max(1, (height // 2 if height < LOW else min(HIGHEST, height // 4)) - 2)
        last: Line = (PaintSpan(clip(f" {press}", width), "accent"),)
        lines = [rule(title, f"{key} skips · esc ends", width), *body[:room], last]
        self.styles.height = len(lines)
        self.show(lines)
