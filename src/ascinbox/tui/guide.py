"""The guided tour of the demo, while it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.tour import Doing, Tour

if TYPE_CHECKING:
    from ascinbox.tui.app import AscinboxApp


class Guide:
    """Begins the tour, follows what is done, and ends it."""

    def __init__(self, app: AscinboxApp) -> None:
        self._app = app
        self.tour: Tour | None = None
        """Where a person is in it; None while there is none."""

    def next_step(self) -> None:
        """Begins the tour, skips a step of it, or ends it after the last."""
        if self.tour is None:
            self.tour = Tour()
        else:
            self.tour.skip()
        if self.tour.over:
            self.end()
        self._app.tell_frame()

    def saw(self, action_id: str) -> None:
        """An action was done, or another key taken: it may be what the step asked for."""
        screen = self._app.screen
        if self.tour is None or not isinstance(screen, KeyedScreen):
            return
        if self.tour.saw(Doing(action_id, screen.context, screen.place)):
            if self.tour.over:
                self.end()
            self._app.tell_frame()

    def end(self) -> None:
        """Ends the tour; the key starts it again."""
        self.tour = None
        self._app.tell_frame()
        self._app.notices.say(f"the tour is over; {self._app.keymap.shown('tour')} begins it again")
