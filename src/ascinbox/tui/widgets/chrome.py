"""The frame of every screen: tab bar, status line and hint line. Each writes nothing when nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.message import Message

from ascinbox.core.text import list_cell
from ascinbox.tui.chrome_text import FrameState, status_line, tab_at, tab_line
from ascinbox.tui.context import app_of
from ascinbox.tui.hints import HINTS, WIDE, PlacedHint, place_hints
from ascinbox.tui.paint import Line, PaintSpan, clip, line, rule
from ascinbox.tui.widgets.lines import Lines, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class TabBar(Lines):
    """The top screens with their numbers, and what the screen adds at the right end."""

    def __init__(self, active: str) -> None:
        super().__init__(id="tabs")
        self._active = active
        self._right = ""

    def tell(self, state: FrameState, right: str | None = None) -> None:
        """Shows `state`; `right` stays as it was when None."""
        if right is not None:
            self._right = right
        self.show([tab_line(app_of(self).tabs, self._active, state, self._right, self.size.width)])

    async def on_click(self, event: events.Click) -> None:
        tabs = app_of(self).tabs
        number = tab_at(self.lines[0], event.x) if self.lines else None
        if number is not None and number < len(tabs):
            await app_of(self).go(tabs[number].id)


class StatusLine(Lines):
    """Sync age, budget, queue with countdown, offline; or for a moment what a key just did."""

    def __init__(self) -> None:
        super().__init__(id="status")
        self._notice: Line | None = None

    def tell(
        self, state: FrameState, own: Line | None = None, extra: Sequence[str] = (), word: str = ""
    ) -> None:
        """Shows the state of things, or `own` on a screen that says something else there."""
        if self._notice is None:
            app = app_of(self)
            more = (*(extra or state.health),) if self.size.width >= WIDE else ()
            shown = app.keymap.shown
            self.show([own or status_line(state, app.now(), shown, self.size.width, more, word)])

    def notice(self, text: str, severity: str = "information") -> None:
        """Says one sentence in place of the state, until `tell` follows a `clear`."""
        role = {"error": "bad", "warning": "warn"}.get(severity, "accent")
        mark = {"error": "! ", "warning": "! "}.get(severity, "")
        self._notice = plain(clip(f" {mark}{list_cell(text)}", self.size.width - 1), role)
        self.show([self._notice])

    def clear(self) -> None:
        """Forgets the sentence; the next `tell` shows the state again."""
        self._notice = None


class HintLine(Lines):
    """The keys that matter here; help is pinned at the right end. A click does what the key would."""

    class Chosen(Message):
        """A hint was clicked."""

        def __init__(self, action_id: str) -> None:
            super().__init__()
            self.action_id = action_id

    def __init__(self) -> None:
        super().__init__(id="hints")
        self._placed: list[PlacedHint] = []

    def tell(
        self, place: str, texts: Mapping[str, str], offers: Callable[[str], bool], *, typing: bool = False
    ) -> None:
        """Shows the hints of a place; `texts` replaces the words of single actions, `offers` says which are
        done there at all, `typing` that a text field has the keys."""
        hints, keymap, width = HINTS[place].fitting(texts, offers), app_of(self).keymap, self.size.width
        self._placed = place_hints(hints, keymap, width, cell_len, typing=typing)
        self.show([_painted(self._placed)])

    def on_click(self, event: events.Click) -> None:
        for start, words, hint in self._placed:
            if start <= event.x < start + cell_len(words):
                self.post_message(self.Chosen(hint.actions[0]))


def _painted(placed: Sequence[PlacedHint]) -> Line:
    """The hints in their places, each key in another colour than what it does."""
    spans: list[str | PaintSpan] = []
    cells = 0
    for start, words, hint in placed:
        keys = words.removesuffix(hint.text).rstrip()
        spans += [
            " " * (start - cells),
            PaintSpan(keys, "accent"),
            PaintSpan(words.removeprefix(keys), "dim"),
        ]
        cells = start + cell_len(words)
    return line(*spans)


class RuleLine(Lines):
    """A heading in a horizontal line."""

    def tell(self, left: str, right: str = "") -> None:
        """Shows `─ left ──── right ─`."""
        self.show([rule(left, right, self.size.width)])
