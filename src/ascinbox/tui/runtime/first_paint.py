"""The first rows, on the screen before Textual is in memory.

Importing Textual takes longer than everything that the list needs: so the rows are read first and written as
they are about to be painted. The screen behind them reads them again and paints over them cell by cell.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from rich.color import ColorSystem

from ascinbox.config import TEXTUAL_THEMES
from ascinbox.core.errors import AscinboxError
from ascinbox.tui.actions import Keymap
from ascinbox.tui.chrome_text import FrameState, tab_line, tabs_of
from ascinbox.tui.filter_chips import chips_line
from ascinbox.tui.inbox.panes import Panes, panes_of
from ascinbox.tui.inbox.rows import BLOCK, RowWindow
from ascinbox.tui.inbox.rowtext import RowLayout, header, row_lines
from ascinbox.tui.inbox.source import QuerySource
from ascinbox.tui.paint import Line, PaintSpan
from ascinbox.tui.runtime.output_text import safe_text, to_ascii
from ascinbox.tui.sidetext import ViewLabel, views_line
from ascinbox.tui.theme import roles_of

if TYPE_CHECKING:
    from datetime import datetime

    from ascinbox.core.filters import Query
    from ascinbox.tui.runtime.terminal import TerminalProfile
    from ascinbox.workers.reviews.inbox import Beginning
    from ascinbox.workers.workspace import Workspace

R = TypeVar("R")
Placed = tuple[int, int, Line]
"""Column, row and what stands there."""


def first_paint(
    workspace: Workspace,
    profile: TerminalProfile,
    size: os.terminal_size,
    environ: Mapping[str, str],
    view: str | None = None,
) -> FirstPaint | None:
    """The Inbox's first rows and its frame; None when there is nothing true to show.

    `view`: the view to begin with, as for the screen. Blocks until the store has answered.
    """
    if not size.columns or not size.lines:
        # A terminal that does not tell its size; Textual settles on one.
        return None
    if profile.palette in TEXTUAL_THEMES:
        # Its colours are Textual's.
        return None
    try:
        first = workspace.inbox.beginning(view)
        query = workspace.inbox.query(first.query)
        panes = panes_of(size.columns, size.lines)
        layout = RowLayout.for_width(
            max(1, panes.width),
            two_lines=panes.wide and panes.height > 1,
            one_app=query.one_app,
            due=workspace.config.answer_clock is not None,
            several_stores=first.several_stores and not query.one_store,
            ascii_only=profile.ascii,
            me=workspace.me,
        )
        rows = _rows(workspace, query, first.review, panes.height // layout.lines)
    except AscinboxError:
        # The screen says what is wrong.
        return None
    if not rows.rows:
        return None
    frame = _frame(first, query, panes, size, layout, Keymap.build(workspace.config.keys))
    return FirstPaint(rows, panes, layout, frame, _Pen(profile, environ), workspace.clock.now())


class FirstPaint:
    """What is painted first. Its cursor moves over the rows that were read."""

    def __init__(
        self,
        rows: RowWindow,
        panes: Panes,
        layout: RowLayout,
        frame: Sequence[Placed],
        pen: _Pen,
        now: datetime,
    ) -> None:
        self._rows, self._panes, self._layout = rows, panes, layout
        self._frame, self._pen, self._now = frame, pen, now

    def picture(self) -> str:
        """All of it, as terminal output."""
        # What is not painted yet has the theme's ground already.
        return f"{self._pen.ground}\x1b[2J" + self._pen.written(self._frame) + self.page()

    def page(self) -> str:
        """The rows of the page, as terminal output."""
        shown = range(self._rows.top, self._rows.top + self._rows.height)
        return self._painted(*shown)

    def step(self, by: int) -> str | None:
        """Moves the cursor by a row; what is to be written, or None when it needs rows that were not read."""
        rows = self._rows
        old, top, target = rows.cursor, rows.top, rows.cursor + by
        if not 0 <= target < len(rows.rows):
            return "" if (rows.at_head if by < 0 else rows.at_tail) else None
        turned = rows.place(target)
        if turned and not rows.at_tail and rows.top + rows.height > len(rows.rows):
            rows.cursor, rows.top = old, top
            return None
        return self.page() if turned else self._painted(old, target)

    @property
    def place(self) -> tuple[str, str]:
        """Ids of the review under the cursor and of the first one on the page."""
        return self._rows.rows[self._rows.cursor].id, self._rows.rows[self._rows.top].id

    def _painted(self, *numbers: int) -> str:
        placed: list[Placed] = []
        rows, layout = self._rows, self._layout
        for number in numbers:
            lines: tuple[Line, ...] = ((PaintSpan(" " * layout.width),),) * layout.lines
            if number < len(rows.rows):
                cursor = "cursor" if number == rows.cursor else ""
                lines = row_lines(rows.rows[number], layout, self._now, cursor=cursor)
            top = self._panes.top + (number - rows.top) * layout.lines
            placed += [(self._panes.left, top + below, one) for below, one in enumerate(lines)]
        return self._pen.written(placed)


def _rows(workspace: Workspace, query: Query, review: str | None, height: int) -> RowWindow:
    async def ask(fn: Callable[..., Any], *args: Any) -> Any:
        return fn(*args)

    source = QuerySource(ask, workspace.inbox, query)
    rows = RowWindow()
    rows.resize(height)
    around = _at_once(source.around(review, BLOCK)) if review is not None else None
    if around is not None:
        rows.fill_around(around)
    else:
        rows.fill(_at_once(source.head(BLOCK)), from_head=True)
    return rows


def _at_once(work: Coroutine[Any, Any, R]) -> R:
    """The result of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        result: R = done.value
        return result
    raise RuntimeError("it waited")


def _frame(
    first: Beginning, query: Query, panes: Panes, size: os.terminal_size, layout: RowLayout, keymap: Keymap
) -> list[Placed]:
    width = size.columns
    lines: list[Line] = []
    if not panes.flat:
        lines.append(tab_line(tabs_of(keymap), "inbox", FrameState(), "", width))
    if not panes.tiny and not panes.wide:
        labels = [ViewLabel(view.name) for view in first.views.views]
        lines.append(views_line(labels, first.view, f"{keymap.shown('views')} views", width))
    if not panes.flat:
        key = keymap.shown("filter")
        lines.append(chips_line(query, key, "", width, ascii_only=layout.ascii_only))
    if panes.titled:
        lines.append((PaintSpan(header(layout), "dim"),))
    return [(0, number, one) for number, one in enumerate(lines)]


class _Pen:
    """Lines as terminal output, in the colours of a terminal."""

    def __init__(self, profile: TerminalProfile, environ: Mapping[str, str]) -> None:
        self._roles = roles_of(profile.palette)
        self._system = color_system(environ)
        self._ascii = profile.ascii

    @property
    def ground(self) -> str:
        """What switches to the colours of plain text."""
        return self._styled("\0", "text").split("\0")[0]

    def written(self, placed: Iterable[Placed]) -> str:
        """Each line in its place; the terminal's plain style at the end."""
        parts = []
        for column, row, one in placed:
            parts.append(f"\x1b[{row + 1};{column + 1}H")
            for span in one:
                text = safe_text(span.text)
                parts.append(self._styled(to_ascii(text) if self._ascii else text, span.role))
        return "".join(parts) + "\x1b[0m"

    def _styled(self, text: str, role: str) -> str:
        return self._roles[role].render(text, color_system=self._system)


def color_system(environ: Mapping[str, str]) -> ColorSystem:
    """How many colours the terminal says it has, by the rule that Rich goes by."""
    if environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return ColorSystem.TRUECOLOR
    colors = environ.get("TERM", "").strip().lower().rpartition("-")[2]
    return {"256color": ColorSystem.EIGHT_BIT, "kitty": ColorSystem.EIGHT_BIT}.get(
        colors, ColorSystem.STANDARD
    )
