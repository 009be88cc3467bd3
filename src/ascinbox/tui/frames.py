"""The painted frame as terminal output, and a driver that paints over it without a blank moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.driver import Driver

ENTER_SCREEN = "\x1b[?1049h"


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


def behind_curtain(base: type[Driver], up: Callable[[], bool]) -> type[Driver]:
    """The driver for a start with a frame on the alternate screen: entering that again would clear it.

    While the curtain is `up`, Textual sets the terminal's modes but paints nothing: its first frames have no
    rows yet. Whoever lowers it has everything painted then.
    """

    class Behind(base):  # type: ignore[misc, valid-type]
        _prepared = False
        _entered = False

        def start_application_mode(self) -> None:
            super().start_application_mode()
            self._prepared = True

        def stop_application_mode(self) -> None:
            self._prepared = False
            super().stop_application_mode()

        def write(self, data: str) -> None:
            if ENTER_SCREEN in data and not self._entered:
                # After another program or a stop the screen is entered like any other.
                self._entered = True
                data = data.replace(ENTER_SCREEN, "", 1)
            if not self._prepared or not up():
                super().write(data)

    return Behind
