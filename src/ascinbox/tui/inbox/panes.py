"""Which panes the Inbox has at a size of the terminal, and where its list lies. Pure.

`inbox.tcss` says the same to Textual; the list is also painted before Textual is there.
"""

from __future__ import annotations

from dataclasses import dataclass

WIDE_FROM = (110, 30)
SPLIT_FROM = (80, 20)
SINGLE_BELOW = (60, 16)
"""Below these columns or rows there are no hints either."""
FLAT_BELOW = 8
"""Below these rows there is only the list and the status line."""
SIDE_CELLS = 20


@dataclass(frozen=True, slots=True)
class Panes:
    """What a size has room for, and the list's place in it: column, row, width and height in cells."""

    wide: bool
    """Three panes, two-line rows."""
    split: bool
    """List over reading pane."""
    tiny: bool
    """No hints, no views, no column titles."""
    flat: bool
    """No tabs and no filter bar either."""
    left: int
    top: int
    width: int
    height: int

    @property
    def titled(self) -> bool:
        """Whether the line above the list holds column titles."""
        return not self.wide and not self.tiny


def is_wide(width: int, height: int) -> bool:
    """Whether three panes fit."""
    return width >= WIDE_FROM[0] and height >= WIDE_FROM[1]


def is_split(width: int, height: int) -> bool:
    """Whether the reading pane fits below the list, and not beside it."""
    return not is_wide(width, height) and width >= SPLIT_FROM[0] and height >= SPLIT_FROM[1]


def panes_of(width: int, height: int) -> Panes:
    """The panes when nothing is zoomed, hidden or being answered."""
    wide, split = is_wide(width, height), is_split(width, height)
    tiny = width < SINGLE_BELOW[0] or height < SINGLE_BELOW[1]
    flat = height < FLAT_BELOW
    if wide:
        # Tabs, filter and a rule above; a rule, status and hints below.
        middle = (width - SIDE_CELLS - 2) * 48 // 98
        return Panes(True, False, tiny, flat, SIDE_CELLS + 1, 3, middle, max(0, height - 6))
    above = (0 if flat else 2) + (0 if tiny else 1)
    below = 1 + (0 if tiny else 1)
    room = max(0, height - above - below)
    if split:
        room = room * 10 // 19
    titled = 0 if tiny else 1
    return Panes(False, split, tiny, flat, 0, above + titled, width, max(0, room - titled))
