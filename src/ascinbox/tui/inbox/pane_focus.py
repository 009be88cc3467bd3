"""Which pane of the Inbox has the keys, and how it looks: its heading, the lines around it, its cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.tui.inbox.panes import pane_rule
from ascinbox.tui.inbox.rowtext import header
from ascinbox.tui.paint import PaintSpan, line
from ascinbox.tui.widgets.lines import Lines, VerticalRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.widget import Widget

    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.state import InboxState
    from ascinbox.tui.paint import Line

EDGES = {"side": ("edge1",), "list": ("edge1", "edge2"), "read": ("edge2", "edge4"), "others": ("edge4",)}
"""The lines beside each pane."""


class PaneFocus:
    """Lights the pane that has the keys."""

    def __init__(self, screen: InboxScreen, state: InboxState) -> None:
        self._screen = screen
        self._state = state
        self._lit = "list"

    @property
    def pane(self) -> str:
        """Where the keys go: side, list, read or others; empty while one filters or answers."""
        if self._screen.answering or self._screen.bar.is_open:
            return ""
        if self._state.alone:
            return "others" if self._state.pane == "others" else "read"
        return self._state.pane

    def tell(self) -> None:
        """Lights what has the keys now."""
        screen, pane = self._screen, self.pane
        if not screen.is_mounted or pane == self._lit:
            return
        self._lit = pane
        screen.listing.focus_on(pane == "list")
        screen.reader.focus_on(pane == "read")
        for edge in screen.query(VerticalRule):
            edge.focus_on(edge.id in EDGES.get(pane, ()))
        self.paint_rules()

    def paint_rules(self) -> None:
        """The lines above and below the panes, and the column titles."""
        self.tell_header()
        if self._screen.is_wide:
            for name, tee in (("#toprule", "┬"), ("#bottomrule", "┴")):
                self._screen.query_one(name, Lines).show([self._rule(tee)])

    def tell_header(self) -> None:
        """Brings the column titles up to date."""
        role = "focus" if self.pane == "list" else "dim"
        widget = self._screen.query_one("#header", Lines)
        widget.show([line(PaintSpan(header(self._screen.listing.layout_of_rows), role))])

    def _rule(self, tee: str) -> Line:
        rules = self._screen.query(VerticalRule)
        edges = [x for edge in rules if (x := edge.region.x) and edge.region.width]
        screen = self._screen
        widgets: Mapping[str, Widget] = {
            "side": screen.side, "list": screen.listing, "read": screen.reader, "others": screen.others,
        }  # fmt: skip
        pane = widgets.get(self.pane)
        lit = (pane.region.x, pane.region.right) if pane is not None and tee == "┬" else (0, 0)
        return pane_rule(screen.app.size.width, edges, lit, tee)
