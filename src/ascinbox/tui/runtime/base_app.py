"""What the app needs of Textual's App below its public surface."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from textual.app import App

from ascinbox.tui.widgets.safe import cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.screen import Screen


class BaseApp(App[None], inherit_bindings=False):
    """Textual's app without its key bindings; an error of the program's own ends it in a sentence."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._colours: tuple[object, ...] = ()
        self._to_style: WeakSet[Screen[Any]] = WeakSet()
        """Screens that were styled in other colours than those."""

    def explain_fatal_error(self, error: BaseException | None) -> str:
        """What is printed once the terminal is given back; subclasses also log the error."""
        del error
        return ""

    def _fatal_error(self) -> None:
        # Textual's own prints local variables, keys among them.
        error = sys.exc_info()[1] or self._exception
        self._exit_renderables.append(cell(self.explain_fatal_error(error)))
        self._close_messages_no_wait()

    def begin_with(self, theme: str) -> None:
        """Puts on a theme before the app runs: the style sheets are then parsed with its colours at once."""
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        self._colours = self._colours_now()

    def _colours_now(self) -> tuple[object, ...]:
        """All that colours in style sheets depend on."""
        return self.theme, self.ansi_color, self.ansi_theme

    def refresh_css(self, animate: bool = True) -> None:
        """Parses all style sheets anew, and styles the shown screens by them, where the colours are others.

        Textual also asks for it, up to two times, when a screen is the first of its mode, for which nothing
        has changed.
        """
        colours = self._colours_now()
        if colours != self._colours:
            self._colours = colours
            self._to_style = WeakSet(self.every_screen())
        shown = self.screen_stack
        if not self._to_style.isdisjoint(shown):
            self._to_style.difference_update(shown)
            super().refresh_css(animate)

    def stop_on(self, error: Exception) -> None:
        """Ends the app because of an error in a key's work."""
        self._handle_exception(error)

    def every_screen(self) -> Iterator[Screen[Any]]:
        """The screens of all modes that were shown so far."""
        for stack in tuple(self._screen_stacks.values()):
            yield from tuple(stack)

    def write_raw(self, sequence: str) -> None:
        """Sends a sequence to the terminal as it is."""
        if self._driver is not None:
            self._driver.write(sequence)
