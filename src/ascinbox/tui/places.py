"""The top screens: one line each. A screen is imported when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ascinbox.tui.screens import FrameScreen


class TopScreen(NamedTuple):
    """A top screen: its id (also `go_<id>` in the key table), its name in the tab bar, how it is made."""

    id: str
    title: str
    make: Callable[[], FrameScreen]


def _inbox() -> FrameScreen:
    from ascinbox.tui.inbox.screen import InboxScreen

    return InboxScreen()


def _outbox() -> FrameScreen:
    from ascinbox.tui.outbox.screen import OutboxScreen

    return OutboxScreen()


def _metrics() -> FrameScreen:
    from ascinbox.tui.metrics.screen import MetricsScreen

    return MetricsScreen()


def _health() -> FrameScreen:
    from ascinbox.tui.health.screen import HealthScreen

    return HealthScreen()


def _accounts() -> FrameScreen:
    from ascinbox.tui.accounts.screen import AccountsScreen

    return AccountsScreen()


def _listing() -> FrameScreen:
    from ascinbox.tui.listing.screen import ListingScreen

    return ListingScreen()


PLACES: tuple[TopScreen, ...] = (
    TopScreen("inbox", "Inbox", _inbox),
    TopScreen("outbox", "Outbox", _outbox),
    TopScreen("metrics", "Metrics", _metrics),
    TopScreen("health", "Health", _health),
    TopScreen("accounts", "Accounts", _accounts),
    TopScreen("listing", "Listing", _listing),
)
