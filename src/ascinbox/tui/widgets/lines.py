"""A widget that is handed finished lines and repaints only what differs from the last ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ascinbox.tui.paint import BLANK, Line, PaintSpan, changed_regions, width_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.style import Style


class PaintsLines(Widget):
    """A widget whose lines are painted one by one, each in exactly the widget's width."""

    @property
    def is_bare(self) -> bool:
        """Nothing is drawn around the lines or over them."""
        styles = self.styles
        return not any(styles.gutter) and self.opacity == 1 and not styles.tint.a

    def netting(self) -> Callable[[Strip], Strip]:
        """A function that applies the output filters to a line; valid while nothing but the lines changes."""
        nets = self.get_line_filters()
        background = self.background_colors[1]

        def netted(strip: Strip) -> Strip:
            for net in nets:
                strip = strip.apply_filter(net, background)
            return strip

        return netted


class Lines(PaintsLines):
    """Shows lines from the top left. Showing the same lines again writes nothing.

    A line longer than the widget is cut at its right edge; `offset` scrolls by whole lines.
    """

    DEFAULT_CSS = """
    Lines { height: 1; width: 1fr; background: $background; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()
        self._top = 0

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown, from the first line, scrolled or not."""
        return self._lines

    @property
    def top(self) -> int:
        """The line at the upper edge."""
        return self._top

    def show(self, lines: Sequence[Line], top: int = 0) -> None:
        """Puts `lines` on the screen, `top` first; repaints the cells that changed."""
        before = self._visible(self._lines, self._top)
        self._lines = lines
        self._top = max(0, min(top, max(0, len(lines) - self.size.height)))
        after = self._visible(self._lines, self._top)
        regions = [
            Region(first, number, cells, 1)
            for number, first, cells in changed_regions(before, after, self.size.width)
            if number < self.size.height
        ]
        if regions:
            self.refresh(*regions)

    def scroll_lines(self, by: int) -> bool:
        """Scrolls by whole lines; False when it was at the end already."""
        before = self._top
        self.show(self._lines, self._top + by)
        return self._top != before

    def _visible(self, lines: Sequence[Line], top: int) -> Sequence[Line]:
        return lines[top : top + self.size.height]

    def render_line(self, y: int) -> Strip:
        number = self._top + y
        one = self._lines[number] if number < len(self._lines) else BLANK
        return to_strip(one, self.size.width, self.app.roles)  # type: ignore[attr-defined]


class VerticalRule(PaintsLines):
    """A line from top to bottom, as high as the widget is laid out; in the accent colour beside the pane that
    has the keys."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._role = "rule"

    def focus_on(self, has_it: bool) -> None:
        """Whether a pane beside it has the keys."""
        role = "focus" if has_it else "rule"
        if role != self._role:
            self._role = role
            self.refresh()

    def render_line(self, y: int) -> Strip:
        del y
        return to_strip((PaintSpan("│", self._role),), self.size.width, self.app.roles)  # type: ignore[attr-defined]


def to_strip(one: Line, width: int, roles: Mapping[str, Style]) -> Strip:
    """A line as Textual paints it, in exactly `width` cells."""
    segments = [Segment(span.text, roles[span.role]) for span in one]
    used = width_of(one)
    if used < width:
        segments.append(Segment(" " * (width - used), roles["text"]))
    strip = Strip(segments, max(used, width))
    return strip if used <= width else strip.crop(0, width)


def plain(text: str, role: str = "text") -> Line:
    """One line in one role."""
    return (PaintSpan(text, role),)
