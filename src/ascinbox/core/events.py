"""What the workers tell whoever listens. Small, frozen, safe to hand across threads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewsChanged:
    """Rows changed in the store. `ids` None means: by another process, re-read what is shown."""

    ids: tuple[str, ...] | None = None
    new: int = 0


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """A reply moved on."""

    review_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccountsChanged:
    """An account was linked, rotated, unlinked or its apps changed."""


@dataclass(frozen=True, slots=True)
class ListingsChanged:
    """Listings of these apps were read, edited or sent."""

    app_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HealthChanged:
    """A verdict was taken."""

    account: str | None = None


@dataclass(frozen=True, slots=True)
class FactsChanged:
    """Report rows were stored."""

    dataset: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a data set of an account has come. `total` None while unknown."""

    account: str
    dataset: str
    done: int
    total: int | None
    finished: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DeliveriesChanged:
    """Deliveries came up or moved on."""


@dataclass(frozen=True, slots=True)
class Connectivity:
    """Apple became reachable or unreachable."""

    online: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One calm sentence for the person."""

    text: str
    severity: str = "information"
    """`information`, `warning` or `error`."""


@dataclass(frozen=True, slots=True)
class ClaimTaken:
    """Somebody took over the review that this person was writing a reply to."""

    review_id: str
    by: str


@dataclass(frozen=True, slots=True)
class ReplyWaiting:
    """A reply waits for a publisher. Told to those who may publish and did not write it."""

    review_id: str
    author: str


@dataclass(frozen=True, slots=True)
class TeamChanged:
    """Members of the team, their levels or its settings changed."""


@dataclass(frozen=True, slots=True)
class TeamConnection:
    """The team's database became reachable or unreachable, or wants this login no more."""

    online: bool
    words: str = ""
    """Why, or that it is not known whether an act arrived; empty where nothing but that is to be said."""


@dataclass(frozen=True, slots=True)
class DifferencesFound:
    """So many acts of this person wait for a choice, because somebody had changed the same."""

    count: int


@dataclass(frozen=True, slots=True)
class ActLookedUp:
    """What became of an act that the team's database was asked for and had not answered."""

    review_ids: tuple[str, ...]
    act: str
    """`queue`, `withdraw`, `approve`, `take_back`, `send_back`, `move`, `claim` or `undo_last`."""
    arrived: bool
    words: str
    """A clause for the person."""


@dataclass(frozen=True, slots=True)
class NoteMentioned:
    """Somebody named this person in a note."""

    review_id: str
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """Somebody else sent back, took back or dropped a reply that this person wrote or approved, before it
    went out, or put another in its place."""

    review_id: str
    by: str
    verb: str
    """As the team's log calls it: `send back`, `take back`, `replace` or `drop`."""
    approved_of: str = ""
    """Whose reply it was, where this person had approved it; empty for one of their own."""


Event = (
    ReviewsChanged
    | OutboxChanged
    | AccountsChanged
    | ListingsChanged
    | HealthChanged
    | FactsChanged
    | SyncProgress
    | DeliveriesChanged
    | Connectivity
    | Notice
    | ClaimTaken
    | ReplyWaiting
    | TeamChanged
    | TeamConnection
    | DifferencesFound
    | ActLookedUp
    | NoteMentioned
    | ReplyEnded
)
