"""The ports: what workers ask of a store, and the records in which it answers.

`StoreSource` is what a store's package offers, as the object `SOURCE` of the module that its row names. It
makes a `Connection` for one credential (a `ReviewSource` and a `ReplyGateway`) and a `Prober` for one. Every
method raises the errors of core/errors.py and nothing else. Ids of reviews are unique over all stores: a
source attaches its store's prefix when it reads one and takes it off before it asks (see `core.stores`).
Foreign text is cleaned where it is read. `tests/sources/contract.py` holds every implementation to this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from ascinbox.core.errors import AscinboxError, CredentialError, VaultError
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import Circumstances, Evidence, Verdict
from ascinbox.core.records import App, Budget, Credential, LeftOut, Page, Rating, Response, Review

if TYPE_CHECKING:
    from ascinbox.core.clock import Clock
    from ascinbox.core.secret import Secret

T = TypeVar("T")
Observe = Callable[[str], datetime]
"""Gives when a thing of that name was first seen."""


# --- reading reviews ---


class RawReviews(Protocol):
    """A page of reviews as it came. It may be parsed here, or its bytes in another process."""

    @property
    def store(self) -> str:
        """The id of the store."""
        ...

    @property
    def latest(self) -> datetime:
        """No date in it can be later."""
        ...

    def packed(self) -> bytes:
        """What `StoreSource.parse_reviews` reads, complete."""
        ...

    def parse(self) -> Page[Review]:
        """The reviews. Raises UnexpectedAnswer."""
        ...


class ReviewSource(Protocol):
    """Reads apps and reviews with one credential. Thread-safe."""

    def apps(self, *, urgent: bool = False) -> Iterator[Page[App]]:
        """Every app that the credential sees, page by page."""
        ...

    def reviews_read(self, app_id: str, read: Callable[[RawReviews], T], *, query: str | None = None) -> T:
        """One page of an app's reviews with their replies, newest first, as `read` makes it: the first, or
        the one that `query` (`next_query` of the page before) names."""
        ...

    def review(self, review_id: str, app_id: str = "", *, urgent: bool = True) -> Review:
        """One review with its reply. NotFound when there is none."""
        ...


# --- replying ---


class ReplyGateway(Protocol):
    """Publishes replies with one credential. Thread-safe."""

    def review(self, review_id: str, app_id: str = "", *, urgent: bool = True) -> Review:
        """As `ReviewSource.review`: what is looked at before and after a request."""
        ...

    def publish(self, review_id: str, text: str) -> Response:
        """Creates or replaces the reply; sent once, never blindly again.

        NetworkError with `unsent` means that nothing left this machine. Any other NetworkError,
        UnexpectedAnswer or Unavailable leaves open whether it was taken: read the review back.
        """
        ...

    def withdraw(self, response_id: str) -> None:
        """Deletes a reply. NotFound when there is none; open outcomes as in `publish`."""
        ...


class Connection(ReviewSource, ReplyGateway, Protocol):
    """One credential's way to its store; close it when done."""

    def close(self) -> None:
        """Closes what is its own."""
        ...


# --- probing ---


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be found out about one credential."""

    features: frozenset[Capability]
    vendor: str | None = None
    apps: tuple[App, ...] = ()
    """Apps that this credential saw before; the first one stands for all in requests about one app."""
    delivered: frozenset[str] = frozenset()
    """Analytics requests that are known to have delivered."""
    made_up_reply: bool = False
    """Also try a reply to a review that cannot exist."""
    deadline_s: float = 15.0
    """For all the requests together: a credential that hangs holds nobody up for longer."""


@dataclass(slots=True)
class Found:
    """What the answers showed."""

    evidence: dict[Capability, Evidence] = field(default_factory=dict)
    apps: tuple[App, ...] | None = None
    """The list of apps, when it came whole."""
    apps_evidence: Evidence | None = None
    tried: tuple[Evidence, ...] = ()
    """What asking for the reviews of each app showed, where the person names the apps: `subject` is the "
    "app."""
    elapsed_s: float = 0.0
    """Of the request for the apps."""
    requests: tuple[str, ...] = ()
    """Ids of the analytics requests that are not stopped."""
    delivering: str = ""
    """The analytics request that has instances."""

    @property
    def accepted(self) -> bool:
        """Whether the store let this credential list the apps."""
        return self.apps_evidence is not None and self.apps_evidence.status == 200


class Prober(Protocol):
    """Finds out what one credential may do, by requests that change nothing."""

    def run(self) -> Found:
        """What the answers showed. Raises nothing: what went wrong is in the evidence."""
        ...


def unusable(target: Target, error: AscinboxError, now: datetime) -> Found:
    """What is found when there is no connection: the key cannot be had, or no network was wanted."""
    failure = " ".join(part for part in (error.title, error.detail) if part)
    at_fault = isinstance(error, VaultError | CredentialError)
    shown = Evidence(
        Capability.REVIEWS, now, failure=failure, key_unreadable=at_fault, next_step=error.next_step
    )
    evidence = {capability: replace(shown, capability=capability) for capability in target.features}
    return Found(evidence=evidence, apps_evidence=shown)


# --- history ---


@dataclass(frozen=True, slots=True)
class History:
    """What stands in one file of past reviews."""

    apps: tuple[str, ...]
    reviews: tuple[Review, ...]
    """Each once; of one that comes again the latest."""
    ratings: tuple[Rating, ...] = ()
    """Stars without a word."""
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    """What is odd about the file and was passed over, a sentence each."""


# --- credentials as people have them ---


@dataclass(frozen=True, slots=True)
class CredentialInput:
    """What a person or another tool gives for a credential."""

    text: Secret
    """The content of the file."""
    key_id: str | None = None
    issuer_id: str | None = None
    apps: tuple[str, ...] = ()
    """Apps that it is for, at a store that does not tell them."""
    bucket: str = ""


@dataclass(frozen=True, slots=True)
class ReadCredential:
    """A credential that was understood; nothing was sent."""

    kind: str
    key_id: str
    issuer_id: str | None
    secret: Secret
    """As it is to be kept: repaired, and nothing beside what is needed."""
    fingerprint: str
    apps: tuple[str, ...] = ()
    bucket: str = ""


# --- what a store's package offers, and what it is handed ---


class RequestBudget(Protocol):
    """How many requests one key has left, shared by everything that uses the key. Thread-safe."""

    @property
    def budget(self) -> Budget:
        """What is left, as far as is known."""
        ...


@dataclass(frozen=True, slots=True)
class BudgetLedger:
    """Where a key's budget is written down, and what other programs wrote there."""

    save: Callable[[Budget], None]
    hold: Callable[[datetime], None]
    """Called with the end of each wait that the store asks for."""
    others: Callable[[], Budget | None]


@dataclass(frozen=True, slots=True)
class SourceTools:
    """Everything with I/O that a source is handed."""

    clock: Clock
    stop: threading.Event
    """Set when the program ends; it ends waits."""
    run_all: Callable[[Iterable[Callable[[], None]]], object]
    """Runs a few requests at the same time and waits for all of them."""
    base_url: str | None = None
    """Another service in the store's place."""
    files_url: str | None = None
    """Another service in place of the one with its files."""
    deadline_s: float = 30.0
    """The longest time for one call, retries included."""
    keep_back_percent: float = 15.0
    """The share of a key's requests that is kept for replies."""


class StoreSource(Protocol):
    """One store of reviews."""

    def read_credential(self, given: CredentialInput) -> ReadCredential:
        """Understands a credential. CredentialError or UsageError, a title of its own for each defect."""
        ...

    def checked_reach(self, apps: Sequence[str], bucket: str) -> tuple[tuple[str, ...], str]:
        """Apps, each once, and bucket as a person typed them. UsageError for what cannot be one; for any, at
        a store that tells its apps."""
        ...

    def budget(self, tools: SourceTools, ledger: BudgetLedger) -> RequestBudget:
        """The budget of one key; made once and handed to every connection of that key."""
        ...

    def connect(
        self, credential: Credential, secret: Secret, budget: RequestBudget, tools: SourceTools
    ) -> Connection:
        """The way of one credential. CredentialError for a secret that cannot be one. Nothing is sent yet."""
        ...

    def prober(
        self, connection: Connection, target: Target, tools: SourceTools, observe: Observe | None = None
    ) -> Prober:
        """What finds out what the connection's credential may do."""
        ...

    def judge(self, capability: str, evidence: Evidence | None, facts: Circumstances) -> Verdict:
        """What the evidence means for one capability, who has to do what, and where."""
        ...

    def is_accepted(self, connection: Connection, deadline_s: float) -> bool | None:
        """Whether the store accepts the credential for a read now; None when the answer does not tell."""
        ...

    def read_history(self, content: bytes, name: str, latest: datetime) -> History:
        """What stands in a file of past reviews, in whichever process. Raises UnexpectedAnswer; UsageError
        for a store that has no such files."""
        ...

    def history_files(
        self, connection: Connection, app_ids: Sequence[str], since: date | None = None
    ) -> Iterator[tuple[str, bytes]]:
        """The files of past reviews of these apps, as the credential reaches them, oldest first; none where
        it reaches none. `since`: without those of months before its own."""
        ...

    def parse_reviews(self, packed: bytes, app_id: str, latest: datetime) -> Page[Review]:
        """The page that `RawReviews.packed` gave, in whichever process. Raises UnexpectedAnswer."""
        ...
