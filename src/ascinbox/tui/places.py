"""The top screens: one line each. A screen is imported when it is first shown."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ascinbox.tui.screens import FrameScreen


class TopScreen(NamedTuple):
    """A top screen: its id (its folder, and `go_<id>` in the key table), its title, its class."""

    id: str
    title: str
    screen: str

    def make(self) -> FrameScreen:
        """The screen, imported now."""
        made: FrameScreen = getattr(import_module(f"ascinbox.tui.{self.id}.screen"), self.screen)()
        return made


PLACES: tuple[TopScreen, ...] = (
    TopScreen("inbox", "Inbox", "InboxScreen"),
    TopScreen("outbox", "Outbox", "OutboxScreen"),
    TopScreen("metrics", "Metrics", "MetricsScreen"),
    TopScreen("health", "Health", "HealthScreen"),
    TopScreen("accounts", "Accounts", "AccountsScreen"),
    TopScreen("listing", "Listing", "ListingScreen"),
)
