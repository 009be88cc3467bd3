"""The filter bar: shows the filter in force, edits it live, completes keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from ascinbox.core.filters import Completion, Query, Suggestion
from ascinbox.tui.context import app_of
from ascinbox.tui.filter_chips import chip_cross_at, chips_line
from ascinbox.tui.paint import Line, PaintSpan, clip, pad
from ascinbox.tui.signs import BAR
from ascinbox.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

LIVE_AFTER_S = 0.150
OPTIONS_SHOWN = 8
LEAST_CELLS, OFFSET_CELLS = 44, 3
"""Cells of the box of options at least, and those left of it."""


class FilterBar(Horizontal):
    """One line. Closed it shows the filter and the counts; open it is a text field."""

    DEFAULT_CSS = """
    FilterBar { height: 1; width: 1fr; }
    FilterBar #filtershown { width: 1fr; }
    FilterBar #filterend { width: 0; display: none; }
    FilterBar Input { display: none; border: none; height: 1; padding: 0; width: 1fr; }
    FilterBar Input { background: $background; }
    """

    class Clicked(Message):
        """The closed bar was clicked."""

    class CrossClicked(Message):
        """The cross of a chip was clicked; chips are counted from 0."""

        def __init__(self, chip: int) -> None:
            super().__init__()
            self.chip = chip

    class Changed(Message):
        """150 ms passed since the last key in the open bar."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="filterbar")
        self._query = Query()
        self._right = self._while_open = ""
        self._problem = ""
        self._is_open = False
        self._timer: Timer | None = None
        self._history: list[str] = []
        self._history_at = 0

    def compose(self) -> ComposeResult:
        yield Lines(id="filtershown")
        field = Input(compact=True, id="filterfield", select_on_focus=False, max_length=2_000)
        field.cursor_blink = False
        yield field
        yield Lines(id="filterend")

    # --- showing ---

    @property
    def is_open(self) -> bool:
        """Whether the filter is being edited."""
        return self._is_open

    def tell(self, query: Query, right: str, while_open: str) -> None:
        """Shows the filter in force, and what stands at the right end of the closed and of the open bar."""
        self._query, self._right, self._while_open = query, right, while_open
        self._paint()

    def tell_problem(self, problem: str) -> None:
        """Says why the text in the open bar is no filter; empty: it is one."""
        if problem != self._problem:
            self._problem = problem
            self._paint()

    def on_click(self, event: events.Click) -> None:
        """A click on the cross of a chip takes it off, one anywhere else opens the closed bar."""
        if self.is_open:
            return
        shown = self.query_one("#filtershown", Lines).lines
        chip = chip_cross_at(shown[0], event.x) if shown else None
        self.post_message(self.Clicked() if chip is None else self.CrossClicked(chip))

    def on_resize(self) -> None:
        """The line follows the width."""
        self._paint()

    def _paint(self) -> None:
        width = self.size.width
        if not self.is_mounted or width < 2:
            return
        shown = self.query_one("#filtershown", Lines)
        if self.is_open:
            shown.show([(PaintSpan(" / ", "accent"),)])
            self._paint_end(width)
            return
        app = app_of(self)
        key, plain = app.keymap.shown("filter"), app.profile.ascii
        shown.show([chips_line(self._query, key, self._right, width, ascii_only=plain)])

    def _paint_end(self, width: int) -> None:
        end = self.query_one("#filterend", Lines)
        text = self._problem or self._while_open
        cells = min(cell_len(text) + 2, width - 13) if width > 30 else 0
        if end.styles.width is None or end.size.width != cells:
            end.styles.width = max(0, cells)
        end.show([(PaintSpan(pad(" " + clip(text, cells - 2), cells), "bad" if self._problem else "dim"),)])

    # --- editing ---

    @property
    def field(self) -> Input:
        """The text field."""
        return self.query_one("#filterfield", Input)

    def open(self, text: str) -> None:
        """Begins to edit."""
        self._show_field(True)
        field = self.field
        field.value = text + (" " if text and not text.endswith(" ") else "")
        field.cursor_position = len(field.value)
        field.focus()
        self._problem = ""
        self._history_at = len(self._history)
        self.call_after_refresh(self._paint)

    def _show_field(self, is_open: bool) -> None:
        # Part by part: a class of the bar would style the text field anew.
        self._is_open = is_open
        self.query_one("#filtershown").styles.width = 3 if is_open else "1fr"
        self.field.display = self.query_one("#filterend").display = is_open

    def close(self, keep: str | None) -> None:
        """Ends editing; `keep` goes into the history."""
        self._stop_timer()
        if keep and (not self._history or self._history[-1] != keep):
            self._history.append(keep)
        self._show_field(False)
        self._problem = ""
        self.screen.set_focus(None)
        self.call_after_refresh(self._paint)

    def on_input_changed(self, event: Input.Changed) -> None:
        """The list follows 150 ms after the last key."""
        event.stop()
        if not self.is_open:
            return
        self._stop_timer()
        self._timer = self.set_timer(LIVE_AFTER_S, self._settled)

    def _settled(self) -> None:
        self._timer = None
        self.post_message(self.Changed(self.field.value))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def recall(self, step: int) -> None:
        """Earlier filters, with the arrow up."""
        if not self._history:
            return
        self._history_at = max(0, min(self._history_at + step, len(self._history)))
        text = self._history[self._history_at] if self._history_at < len(self._history) else ""
        self.put(text, len(text))

    def put(self, text: str, cursor: int) -> None:
        """Replaces the text, as completion does."""
        self.field.value = text
        self.field.cursor_position = cursor


class Options(Lines):
    """What can be put at the cursor, below the bar."""

    DEFAULT_CSS = """
    Options { layer: over; display: none; dock: top; width: 44; height: 8; offset: 3 3; }
    Options.shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(id="options")
        self.options: Sequence[Suggestion] = ()
        self.completion: Completion | None = None
        self.cursor = 0
        self.offered_for = ""
        """The query that the options are for; whoever types on is ahead of them."""

    def tell(self, completion: Completion | None, options: Sequence[Suggestion], text: str = "") -> None:
        """Shows the options for a place in the query `text`; none hides them."""
        self.completion, self.options, self.cursor = completion, options, 0
        self.offered_for = text
        self.set_class(bool(options), "shown")
        self.styles.height = min(len(options), OPTIONS_SHOWN) or 1
        self.styles.width = self._cells()
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """The options follow the width."""
        self._paint()

    def _cells(self) -> int:
        """As wide as the longest option needs, as far as the terminal has room."""
        longest = max(
            (cell_len(f"{self._left(one, False)}  {_count(one)} ") for one in self.options), default=0
        )
        return max(1, min(max(LEAST_CELLS, longest), self.app.size.width - OFFSET_CELLS))

    def step(self, by: int) -> None:
        """To the next option."""
        if self.options:
            self.cursor = (self.cursor + by) % len(self.options)
            self._paint()

    @property
    def chosen(self) -> Suggestion | None:
        """The option under the cursor."""
        return self.options[self.cursor] if self.options else None

    def _paint(self) -> None:
        top = max(0, self.cursor - OPTIONS_SHOWN + 1)
        lines = [self._line(number) for number in range(top, min(top + OPTIONS_SHOWN, len(self.options)))]
        self.show(lines)

    @staticmethod
    def _left(option: Suggestion, here: bool) -> str:
        words = f"  {option.meaning}" if option.meaning else ""
        return f"{BAR if here else ' '} {option.text}{words}"

    def _line(self, number: int) -> Line:
        option = self.options[number]
        width, count = self.size.width or LEAST_CELLS, _count(option)
        left = self._left(option, number == self.cursor)
        text = pad(clip(left, width - cell_len(count) - 2), width - cell_len(count) - 1) + count + " "
        return (PaintSpan(pad(text, width), "cursor" if number == self.cursor else "picked"),)


def _count(option: Suggestion) -> str:
    return f"{option.count:,}" if option.count is not None else ""
