"""Who may do what: Apple's roles as one table.

Cells that Apple states or that several sources agree on are firm; the others are this simulator's reading:
a team key with only Customer Support reads reviews and is refused a reply, while an individual key of a
Customer Support user may reply; Sales and Finance keys see apps, but no reviews.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Task(StrEnum):
    """What a request asks to do."""

    APPS = "apps"
    REVIEWS = "reviews"
    REPLY = "reply"
    USERS = "users"
    SALES = "sales"
    FINANCE = "finance"
    ANALYTICS_READ = "analytics_read"
    ANALYTICS_WRITE = "analytics_write"
    LISTING = "listing"


_EVERYONE = frozenset(
    (
        "ADMIN",
        "ACCOUNT_HOLDER",
        "APP_MANAGER",
        "CUSTOMER_SUPPORT",
        "DEVELOPER",
        "MARKETING",
        "SALES",
        "FINANCE",
        "ACCESS_TO_REPORTS",
    )
)
_HEADS = frozenset(("ADMIN", "ACCOUNT_HOLDER"))

TEAM_KEY: dict[Task, frozenset[str]] = {
    Task.APPS: _EVERYONE,
    Task.REVIEWS: frozenset(("ADMIN", "APP_MANAGER", "CUSTOMER_SUPPORT", "DEVELOPER", "MARKETING")),
    Task.REPLY: frozenset(("ADMIN",)),
    Task.USERS: frozenset(("ADMIN",)),
    Task.SALES: frozenset(("ADMIN", "SALES", "FINANCE", "ACCESS_TO_REPORTS")),
    Task.FINANCE: frozenset(("ADMIN", "FINANCE")),
    Task.ANALYTICS_READ: frozenset(("ADMIN", "SALES", "FINANCE", "ACCESS_TO_REPORTS")),
    Task.ANALYTICS_WRITE: frozenset(("ADMIN",)),
    Task.LISTING: frozenset(("ADMIN", "APP_MANAGER")),
}

INDIVIDUAL_KEY: dict[Task, frozenset[str]] = {
    **TEAM_KEY,
    Task.REVIEWS: TEAM_KEY[Task.REVIEWS] | {"ACCOUNT_HOLDER"},
    Task.ANALYTICS_READ: TEAM_KEY[Task.ANALYTICS_READ] | {"ACCOUNT_HOLDER"},
    Task.REPLY: _HEADS | {"CUSTOMER_SUPPORT"},
    Task.USERS: _HEADS,
    Task.SALES: frozenset(),
    Task.FINANCE: frozenset(),
    Task.ANALYTICS_WRITE: _HEADS,
    Task.LISTING: _HEADS | {"APP_MANAGER"},
}


def allowed(task: Task, roles: Iterable[str], *, individual: bool) -> bool:
    """Whether a key with these roles may do the task."""
    table = INDIVIDUAL_KEY if individual else TEAM_KEY
    return not table[task].isdisjoint(roles)
