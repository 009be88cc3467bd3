"""Painting changed lines without composing the whole screen around them.

Textual asks every widget between the outermost changed cells for all of its lines and cuts them together,
however few cells changed. Where the changed cells belong to widgets that paint whole lines themselves, with
nothing around and nothing in front of them, those lines are all that is needed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.segment import Segment
from textual._compositor import Compositor, CompositorUpdate
from textual.screen import Screen
from textual.strip import Strip

from ascinbox.tui.runtime.terminal import ERASE_LINE, erases_in_colour
from ascinbox.tui.widgets.lines import PaintsLines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import App
    from textual.geometry import Region
    from textual.widget import Widget


class LinePiece(NamedTuple):
    """Cells of one line of the screen, from column `x`."""

    x: int
    y: int
    strip: Strip
    blank_behind: bool = False
    """From the blanks at its end to the right edge of the screen there is nothing else."""


class Part(NamedTuple):
    """Where on a line of the screen a widget shows, and where that widget begins."""

    start: int
    end: int
    widget: PaintsLines
    left: int
    top: int


class LinesUpdate(CompositorUpdate):
    """What is written for changed cells."""

    def __init__(self, pieces: Sequence[LinePiece]) -> None:
        self.pieces = pieces

    def render_segments(self, console: Any) -> str:
        """The pieces, each where it belongs."""
        return "".join(
            f"\x1b[{piece.y + 1};{piece.x + 1}H{_rendered(piece, console)}" for piece in self.pieces
        )


def _rendered(piece: LinePiece, console: Any) -> str:
    """A piece; blanks up to the right edge are erased."""
    strip = piece.strip
    last = next(reversed(strip), None)
    if not piece.blank_behind or last is None or last.style is None:
        return strip.render(console)
    blanks = len(last.text) - len(last.text.rstrip(" "))
    if blanks <= len(ERASE_LINE):
        return strip.render(console)
    erased = Strip([Segment(ERASE_LINE, last.style)])
    return strip.crop(0, strip.cell_length - blanks).render(console) + erased.render(console)


def _is_blank_from(strip: Strip, column: int) -> bool:
    """Whether a line is blank from that column on, and erasing it would look the same."""
    last = next(reversed(strip), None)
    if last is None or last.style is None or last.style.reverse or last.style.underline:
        return False
    return strip.cell_length - (len(last.text) - len(last.text.rstrip(" "))) <= column


class LineCompositor(Compositor):
    """Composes as Textual does, but takes changed lines straight from widgets that paint lines."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[int, Sequence[Part] | None] = {}
        self._parts_of: object = None
        self.erases = erases_in_colour(os.environ)
        """Blanks up to the right edge are erased: three bytes however many they are."""

    def render_partial_update(self) -> Any:
        """Only the changed cells; None when nothing changed."""
        pieces = self._pieces()
        if pieces is None:
            return super().render_partial_update()
        self._dirty_regions.clear()
        return LinesUpdate(pieces)

    def _pieces(self) -> list[LinePiece] | None:
        """The changed cells; None when a part of them has to be composed."""
        if self._full_map_invalidated or not self._dirty_regions:
            return None
        pieces: list[LinePiece] = []
        width = self.size.width
        nettings: dict[PaintsLines, Callable[[Strip], Strip]] = {}
        for y, start, end in self._regions_to_spans(self._dirty_regions):
            parts = self._parts_on(y)
            if parts is None:
                return None
            for part in parts:
                if part.start < end and part.end > start:
                    x1, x2 = max(start, part.start), min(end, part.end)
                    if part.widget not in nettings:
                        nettings[part.widget] = part.widget.netting()
                    strip = nettings[part.widget](part.widget.render_line(y - part.top))
                    blank = self.erases and part.end == width and _is_blank_from(strip, x2 - part.left - 1)
                    pieces.append(LinePiece(x1, y, strip.crop(x1 - part.left, x2 - part.left), blank))
        return pieces

    def _parts_on(self, y: int) -> Sequence[Part] | None:
        """The widgets that make up a line of the screen; None when it has to be composed."""
        layers = self.layers_visible
        if self._parts_of is not layers:
            self._parts_of = layers
            self._parts.clear()
        if y not in self._parts:
            self._parts[y] = parts_of(layers[y], self.size.width) if y < len(layers) else ()
        return self._parts[y]


def parts_of(layers: Sequence[tuple[Widget, Region, Region]], width: int) -> Sequence[Part] | None:
    """The parts of a line `width` cells wide; `layers`: what shows there, cut and whole, from the front.

    None unless bare widgets that paint lines fill it side by side, with only their containers behind them.
    """
    behind: list[object] = []
    parts: list[Part] = []
    for widget, shown, whole in layers:
        if isinstance(widget, PaintsLines):
            if not widget.is_bare:
                return None
            parts.append(Part(shown.x, shown.right, widget, whole.x, whole.y))
            behind += widget.ancestors
        elif widget not in behind:
            return None
    parts.sort(key=lambda part: part.start)
    edges = [0, *(part.end for part in parts)]
    if edges != [*(part.start for part in parts), width]:
        return None
    return parts


def frame_of(app: App[Any]) -> str:
    """Every line of the shown screen but the status line, whose ages and countdowns would be wrong later."""
    strips = app.screen._compositor.render_strips(app.size)
    status = len(strips) - 2
    painted = [
        f"\x1b[{row};1H{strip.render(app.console)}\x1b[0m"
        for row, strip in enumerate(strips, start=1)
        if row != status + 1
    ]
    return "".join(painted)


class LineScreen(Screen[None]):
    """A screen whose changed lines are painted without composing the whole screen around them."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = LineCompositor()

    def is_covered(self) -> bool:
        """Whether nobody would see what is painted now; subclasses say."""
        return False

    def _compositor_refresh(self) -> None:
        if not self.is_covered():
            super()._compositor_refresh()
