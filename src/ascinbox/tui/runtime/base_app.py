"""What the app needs of Textual's App below its public surface."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from textual.app import App

from ascinbox.tui.widgets.safe import cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.screen import Screen


class BaseApp(App[None], inherit_bindings=False):
    """Textual's app without its key bindings; an error of the program's own ends it in a sentence."""

    def explain_fatal_error(self, error: BaseException | None) -> str:
        """What is printed once the terminal is given back; subclasses also log the error."""
        del error
        return ""

    def _fatal_error(self) -> None:
        # Textual's own prints local variables, keys among them.
        error = sys.exc_info()[1] or self._exception
        self._exit_renderables.append(cell(self.explain_fatal_error(error)))
        self._close_messages_no_wait()

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
