"""Which panes the Inbox has at a size of the terminal, and where its list lies. Pure.

`inbox.tcss` says to Textual how wide and how high they are; the list is also painted before Textual is there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from ascinbox.tui.paint import Line, PaintSpan

WIDE_FROM = (110, 30)
SPLIT_FROM = (80, 20)
SINGLE_BELOW = (60, 16)
"""Below these columns or rows there are no hints either."""
FLAT_BELOW = 8
"""Below these rows there is only the list and the status line."""
ROOMY_FROM = 140
"""From these columns on the side column has `ROOMY_SIDE_CELLS`."""
SIDE_CELLS, ROOMY_SIDE_CELLS = 24, 26
LIST_SHARE, READ_SHARE = 54, 40
"""How list and reading pane share what the side column leaves."""
FOUR_FROM = 160
"""From these columns on a fourth pane shows other reviews beside the one that is read."""
FOUR_READ_SHARE, FOUR_OTHERS_SHARE = 48, 34
"""The shares of the reading pane and of that fourth pane, beside `LIST_SHARE`."""
MOST_READ_CELLS = 92
"""Longer lines are hard to read: a text has at most 90 cells and a margin, however wide the pane is."""


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


def has_others(width: int, height: int) -> bool:
    """Whether other reviews fit beside the one that is read."""
    return is_wide(width, height) and width >= FOUR_FROM


def _list_cells(width: int) -> int:
    """Cells of the list between the other panes and the lines that separate them."""
    room = width - side_cells(width) - 2
    if width < FOUR_FROM:
        return room * LIST_SHARE // (LIST_SHARE + READ_SHARE)
    room -= 1
    if room * FOUR_READ_SHARE > MOST_READ_CELLS * (LIST_SHARE + FOUR_READ_SHARE + FOUR_OTHERS_SHARE):
        return (room - MOST_READ_CELLS) * LIST_SHARE // (LIST_SHARE + FOUR_OTHERS_SHARE)
    return room * LIST_SHARE // (LIST_SHARE + FOUR_READ_SHARE + FOUR_OTHERS_SHARE)


def side_cells(width: int) -> int:
    """Cells of the side column."""
    return ROOMY_SIDE_CELLS if width >= ROOMY_FROM else SIDE_CELLS


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
        return Panes(
            True, False, tiny, flat, side_cells(width) + 1, 3, _list_cells(width), max(0, height - 6)
        )
    above = (0 if flat else 2) + (0 if tiny else 1)
    below = 1 + (0 if tiny else 1)
    room = max(0, height - above - below)
    if split:
        room = room * 10 // 19
    titled = 0 if tiny else 1
    return Panes(False, split, tiny, flat, 0, above + titled, width, max(0, room - titled))


def classes_of(width: int, height: int) -> dict[str, bool]:
    """The classes that the style sheet knows a size by."""
    panes = panes_of(width, height)
    return {
        "wide": panes.wide,
        "four": has_others(width, height),
        "roomy": side_cells(width) > SIDE_CELLS,
        "split": panes.split,
        "single": not panes.wide and not panes.split,
    }


PARTS = frozenset(
    {
        *("tabs", "viewsbar", "filterbar", "toprule", "bottomrule", "hints"),
        *("side", "edge1", "middle", "header", "edge2", "read", "edge3", "reply", "edge4", "others"),
    }
)
"""Ids of the Inbox's widgets of which not all are shown at once."""


def shown_parts(
    width: int, height: int, *, alone: bool = False, side_hidden: bool = False, answering: bool = False
) -> frozenset[str]:
    """Which of `PARTS` are shown.

    `alone`: the reading pane without the list; `side_hidden`: without what `p` takes away; `answering`: the
    reply is two thirds beside the review where three panes fit, else the whole screen.
    """
    panes = panes_of(width, height)
    hints = () if panes.tiny else ("hints",)
    bars = () if panes.flat else ("tabs", "filterbar")
    titles = () if panes.tiny else ("viewsbar", "header")
    if panes.wide:
        shown = {*hints, *bars, "toprule", "bottomrule", "read"}
        if answering:
            return frozenset(shown | {"edge3", "reply"})
        if not alone:
            shown |= {"middle", "edge2"} if side_hidden else {"side", "edge1", "middle", "edge2"}
        return frozenset(shown | {"edge4", "others"} if has_others(width, height) else shown)
    if answering:
        return frozenset({*hints, "reply"})
    if alone:
        return frozenset({*hints, *bars, *titles, "read"})
    read = ("read",) if panes.split and not side_hidden else ()
    return frozenset({*hints, *bars, *titles, "middle", *read})


def pane_rule(width: int, edges: Collection[int], lit: tuple[int, int], tee: str) -> Line:
    """The line above or below the panes: `tee` at each edge, thick between the columns of the lit pane."""
    cells = [
        (tee if x in edges else "━" if lit[0] <= x < lit[1] else "─", lit[0] <= x < lit[1])
        for x in range(width)
    ]
    return tuple(
        PaintSpan("".join(cell for cell, _ in run), "focus" if is_lit else "rule")
        for is_lit, run in groupby(cells, key=lambda cell: cell[1])
    )
