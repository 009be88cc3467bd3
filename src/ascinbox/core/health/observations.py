"""What was learned of keys and analytics requests while asking Apple, beside the verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ascinbox.core.health.capabilities import Capability
from ascinbox.core.records import Credential


@dataclass(frozen=True, slots=True)
class KeyListing:
    """Which apps Apple listed for a credential last."""

    apps: tuple[str, ...] = ()
    """Ids of those that it sees, and of `missed` ones that it saw shortly before."""
    missed: tuple[str, ...] = ()
    """Ids of apps that it saw before and that the last list did not have."""
    missed_since: datetime | None = None
    """When just these were first missed."""

    @property
    def seen(self) -> frozenset[str]:
        """Ids of the apps in the last list."""
        return frozenset(self.apps).difference(self.missed)


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """A key that was replaced and still works at Apple, as far as is known."""

    credential: Credential
    since: datetime


class CreationProblem(StrEnum):
    """Why a sync could not have Apple make an app's analytics reports."""

    REFUSED = "refused"
    """The key may not ask for them the first time: that takes an Admin."""
    CONFLICT = "conflict"
    """Apple says that a request exists already, and lists none."""


class DataProblem(StrEnum):
    """What stands between a sync and the data of a capability."""

    UNREADABLE = "unreadable"
    """It came and cannot be read here."""
    REFUSED = "refused"
    """Apple refused it."""
    VERSIONS_REFUSED = "versions_refused"
    """Apple refused an app's versions: told beside reviews, which are fine without."""
    DIGESTS_REFUSED = "digests_refused"
    """Apple refused its digests of an app's reviews: told in the same way."""
    CHANGE_REFUSED = "change_refused"
    """Apple refused a key a change to a listing (`dataset` is the key's id): it counts until one is taken."""


@dataclass(frozen=True, slots=True)
class DataTrouble:
    """A problem that stands until a sync has had the data; `app_id` and `dataset` narrow it down."""

    problem: DataProblem
    capability: Capability
    app_id: str = ""
    dataset: str = ""
    why: str = ""
    since: datetime | None = field(default=None, compare=False)
    """When it was noted for this reason; known where it was read from the store."""
