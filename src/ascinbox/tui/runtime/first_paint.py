"""The first rows, on the screen before Textual is in memory.

Importing Textual takes longer than everything that the list needs: so the rows are read first and written as
they are about to be painted. The screen behind them reads them again and paints over them cell by cell.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping
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
    from rich.style import Style

    from ascinbox.core.filters import Query
    from ascinbox.tui.runtime.terminal import TerminalProfile
    from ascinbox.workers.reviews.inbox import Beginning
    from ascinbox.workers.workspace import Workspace

R = TypeVar("R")


def first_paint(
    workspace: Workspace,
    profile: TerminalProfile,
    size: os.terminal_size,
    environ: Mapping[str, str],
    view: str | None = None,
) -> str:
    """The Inbox's first rows and its frame as terminal output; empty when there is nothing true to show.

    `view`: the view to begin with, as for the screen. Blocks until the store has answered.
    """
    if not size.columns or not size.lines:
        # A terminal that does not tell its size; Textual settles on one.
        return ""
    if profile.palette in TEXTUAL_THEMES:
        # Its colours are Textual's.
        return ""
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
        return ""
    if not rows.rows:
        return ""
    now = workspace.clock.now()
    placed = _frame(first, query, panes, size, layout, Keymap.build(workspace.config.keys))
    for number, row in enumerate(rows.page()):
        lines = row_lines(row, layout, now, cursor="cursor" if rows.top + number == rows.cursor else "")
        top = panes.top + number * layout.lines
        placed += [(panes.left, top + below, one) for below, one in enumerate(lines)]
    return _written(placed, profile, environ)


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


Placed = tuple[int, int, Line]
"""Column, row and what stands there."""


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


def _written(placed: list[Placed], profile: TerminalProfile, environ: Mapping[str, str]) -> str:
    roles = roles_of(profile.palette)
    system = color_system(environ)
    # What is not painted yet has the theme's ground already.
    parts = [_styled("\0", roles["text"], system).split("\0")[0], "\x1b[2J"]
    for column, row, one in placed:
        parts.append(f"\x1b[{row + 1};{column + 1}H")
        for span in one:
            text = safe_text(span.text)
            parts.append(_styled(to_ascii(text) if profile.ascii else text, roles[span.role], system))
    return "".join(parts) + "\x1b[0m"


def _styled(text: str, style: Style, system: ColorSystem) -> str:
    return style.render(text, color_system=system)


def color_system(environ: Mapping[str, str]) -> ColorSystem:
    """How many colours the terminal says it has, by the rule that Rich goes by."""
    if environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return ColorSystem.TRUECOLOR
    colors = environ.get("TERM", "").strip().lower().rpartition("-")[2]
    return {"256color": ColorSystem.EIGHT_BIT, "kitty": ColorSystem.EIGHT_BIT}.get(
        colors, ColorSystem.STANDARD
    )
