"""Cells of the tables of Metrics: what a value's colour is, and how rows of them are painted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from ascinbox.tui.paint import Line, PaintSpan, app_label, clip, line, pad
from ascinbox.tui.theme import on

UNKNOWN = "?"
_NOTHING = frozenset("0.%pt-+~$€£¥, ")
"""Characters of a zero, however it is written."""


@dataclass(frozen=True, slots=True)
class TableHead:
    """The head of a column."""

    text: str
    width: int
    sorted: bool = False
    plotted: bool = False


@dataclass(frozen=True, slots=True)
class TableCell:
    """A value of a row, and whether it tells of a change."""

    text: str
    width: int
    is_change: bool = False
    less_is_better: bool = False
    sorted: bool = False

    @property
    def role(self) -> str:
        """Good news green, bad news red; zeros and what is not known faint; the sorted column bright."""
        text = self.text.strip()
        if not text or text == UNKNOWN or _is_zero(text):
            return "faint"
        if self.is_change:
            return "good" if text.startswith("+") is not self.less_is_better else "bad"
        return "text" if self.sorted else "dim"


def head_line(label: str, names: int, heads: Sequence[TableHead], width: int, *, ascii_only: bool) -> Line:
    """The heads: the sorted one marked, the plotted one in the colour of the plot."""
    mark = "v" if ascii_only else "▾"
    by_name = not any(head.sorted for head in heads)
    spans = [PaintSpan(pad(f"  {label}{mark if by_name else ''}", names + 2), "dim")]
    for head in heads:
        text = clip(f"{head.text}{mark if head.sorted else ''}", head.width + 1)
        role = "accent" if head.plotted else "strong" if head.sorted else "dim"
        spans.append(PaintSpan(" " * (head.width + 1 - cell_len(text)) + text, role))
    return _padded(spans, width)


BAR_FROM, BAR_MOST = 14, 48
"""Cells that a bar needs beside the columns, and the most it takes."""


def bar_room(used: int, width: int) -> int:
    """Cells for a bar behind columns that take `used` of `width` cells; 0 where there is no room."""
    room = width - used - 3
    return min(room, BAR_MOST) if room >= BAR_FROM else 0


def share_bar(share: float, room: int, *, ascii_only: bool) -> str:
    """A bar for a part of the largest row; anything that is there shows."""
    full = "#" if ascii_only else "█"
    return full * (max(1, round(share * room)) if share > 0 and room else 0)


def row_line(
    name: str, names: int, cells: Sequence[TableCell], width: int, *, mark: str, lit: bool, bar: str = ""
) -> Line:
    """A row: its mark, its name, its cells and the bar behind them; `lit` is the one under the cursor."""
    surface = "cursor" if lit else ""
    spans = [PaintSpan(f"{mark} {pad(app_label(name, names), names)}", surface or "text")]
    for cell in cells:
        text = clip(cell.text, cell.width)
        padded = " " * (cell.width + 1 - cell_len(text)) + text
        spans.append(PaintSpan(padded, on(surface, cell.role)))
    if bar:
        spans += [PaintSpan("  ", surface or "text"), PaintSpan(bar, on(surface, "accent"))]
    return _padded(spans, width, surface)


def _padded(spans: Sequence[PaintSpan], width: int, surface: str = "") -> Line:
    """The spans that fit into `width` cells, filled up to it, with neighbours of one role joined."""
    joined: list[PaintSpan] = []
    used = 0
    for span in spans:
        text = clip(span.text, width - used)
        used += cell_len(text)
        if joined and joined[-1].role == span.role:
            joined[-1] = PaintSpan(joined[-1].text + text, span.role)
        elif text:
            joined.append(PaintSpan(text, span.role))
    if used < width:
        joined.append(PaintSpan(" " * (width - used), surface or "text"))
    return line(*joined)


def _is_zero(text: str) -> bool:
    return "0" in text and _NOTHING.issuperset(text)
