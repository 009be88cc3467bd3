"""The stores' things and ours as frozen records. Every string in them has been through `core.text`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from ascinbox.core.reviews.language_decision import UNCLEAR, FoundLanguage
from ascinbox.core.stores import APPLE

if TYPE_CHECKING:
    from ascinbox.core.team import TeamNote

T = TypeVar("T")


class CredentialKind(StrEnum):
    """App Store Connect's kinds of credential. Every kind of every store is in `core.stores`."""

    TEAM = "team"
    INDIVIDUAL = "individual"
    REPORTER = "reporter"


@dataclass(frozen=True, slots=True)
class Credential:
    """How an account is reached. The secret itself is in the vault, under `secret_ref`."""

    kind: str
    """The id of a `KindInfo` (see core.stores); for App Store Connect a `CredentialKind`."""
    key_id: str
    issuer_id: str | None
    """Which team at Apple it acts for. A team key: the issuer id. A Reporter token: the account number,
    needed where its person has several. None for an individual key (its token carries `sub: user` and no
    `iss`)."""
    secret_ref: str
    """`keyring:…`, `file:…`, `env:…` or `enc:…`; never the key."""
    fingerprint: str = ""
    """First 16 hex digits of the SHA-256 of the public key."""
    id: int = 0
    added_at: datetime | None = None
    last_ok_at: datetime | None = None
    expires_at: datetime | None = None
    """Reporter tokens only: 180 days after they were made."""
    capabilities: tuple[str, ...] = ()
    """Capabilities that this credential is used for; empty means all that work."""
    apps: tuple[str, ...] = ()
    """Ids of the apps that it is for, at a store that does not tell them (`KindInfo.tells_apps`)."""
    bucket: str = ""
    """Where such a store lays down its files for it; "" where that is not known."""

    @property
    def reporter_account(self) -> str | None:
        """The account number at Apple that a Reporter token is used for; None for its only one."""
        return self.issuer_id if self.kind == CredentialKind.REPORTER else None


@dataclass(frozen=True, slots=True)
class Account:
    """One linked team, or whatever a store's credentials reach together."""

    id: int
    name: str
    vendor: str | None
    features: tuple[str, ...]
    """Chosen capabilities by name (see core.capabilities)."""
    credentials: tuple[Credential, ...]
    linked_at: datetime | None = None
    hidden_apps: tuple[str, ...] = ()
    store: str = APPLE
    """The id of its store (see core.stores)."""

    @property
    def primary(self) -> Credential:
        """The credential that the account was linked with (or last rotated to)."""
        return self.credentials[0]


@dataclass(frozen=True, slots=True)
class App:
    """An app as Apple lists it. `id` is the numeric Apple ID, as text."""

    id: str
    name: str
    bundle_id: str
    sku: str = ""
    primary_locale: str = ""


@dataclass(frozen=True, slots=True)
class AppVersion:
    """Apple's appStoreVersion: one version of an app on one platform."""

    id: str
    name: str
    """`versionString`, as the App Store shows it."""
    platform: str
    state: str
    """`appVersionState`."""
    created_at: datetime | None


class ResponseState(StrEnum):
    """`CustomerReviewResponseV1.state` in Apple's description."""

    PENDING_PUBLISH = "PENDING_PUBLISH"
    PUBLISHED = "PUBLISHED"


@dataclass(frozen=True, slots=True)
class Response:
    """Apple's customerReviewResponse."""

    id: str
    text: str
    state: str
    """A `ResponseState` value, or Apple's raw word if it is a new one."""
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a store tells of a review beside its text. Apple tells nothing of it."""

    app_version: str = ""
    device: str = ""
    os_version: str = ""
    language: str | None = None
    """ISO 639-1, of the customer's device."""
    thumbs_up: int = 0
    thumbs_down: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """A customer's review with its response, as a store shows it."""

    id: str
    app_id: str
    rating: int | None
    """1 to 5; None when Apple sent something else."""
    title: str
    body: str
    nickname: str
    created_at: datetime | None
    territory: str | None
    """Alpha-3."""
    response: Response | None = None
    told: Told | None = None
    """None where the store tells nothing beside the text."""


@dataclass(frozen=True, slots=True)
class Rating:
    """Stars that a customer gave without a word; nobody can answer it."""

    id: str
    """Made here, where the store gives none: the same rating always has the same."""
    app_id: str
    stars: int
    submitted_at: datetime
    updated_at: datetime | None
    told: Told


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """Apple's customerReviewSummarization: what Apple's machine makes of an app's reviews."""

    id: str
    text: str
    locale: str
    platform: str
    created_at: datetime | None
    territory: str | None = None
    """Alpha-3."""


LeftOut = tuple[str, str]
"""An item of a list that could not be used: its id, "" if it had none, and what was wrong with it."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list at Apple."""

    items: tuple[T, ...]
    next_query: str | None = None
    """The query of `links.next`, the only part of it that is ever used; None on the last page."""
    total: int | None = None
    """`meta.paging.total` when Apple gave one."""
    left_out: tuple[LeftOut, ...] = ()
    """Items that could not be read; counted and remembered, never guessed."""


@dataclass(frozen=True, slots=True)
class PageChanges:
    """What a page of reviews really changed in the cache."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    unanswered: tuple[str, ...] = ()
    """Reviews that the page showed without the response that is known. It is kept: one page alone is no proof
    that it is gone, the review read by itself is."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Every review id that a screen may have to repaint."""
        return self.new + self.changed + self.removed


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of a key's rolling hour, from `X-Rate-Limit`."""

    hour_limit: int | None = None
    hour_left: int | None = None
    minute_limit: int | None = None
    minute_left: int | None = None
    seen_at: datetime | None = None
    held_until: datetime | None = None
    """Until when another program was told to ask nothing (429)."""


@dataclass(frozen=True, slots=True)
class EarlierText:
    """A review's text before the customer changed it."""

    rating: int | None
    title: str
    body: str
    seen_until: datetime


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """What one line of the list needs, and no more."""

    id: str
    key: int
    """Position key: rows are ordered by it; newer reviews have larger keys."""
    state: str
    rating: int | None
    created_at: datetime | None
    territory: str | None
    app_id: str
    app_name: str
    title: str
    body: str
    """First 400 characters, line breaks folded to spaces."""
    nickname: str = ""
    flagged: bool = False
    read: bool = False
    writer: str = ""
    """Who else writes a reply to it; empty when nobody does."""
    waits_by: str = ""
    """Who wrote the reply that waits for a publisher; empty when none does."""
    due_at: datetime | None = None
    """By when it is to be answered; None where no clock runs."""
    assignee: str = ""
    """Whose it is; empty when nobody's."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewDetail:
    """Everything the reading pane, `reviews --json` and `export` show of one review."""

    review: Review
    account: str
    app_name: str
    state: str
    tags: tuple[str, ...] = ()
    note: str = ""
    """Internal, never sent."""
    assignee: str = ""
    flagged: bool = False
    read: bool = False
    done: bool = False
    snoozed_until: datetime | None = None
    draft: str | None = None
    answered_elsewhere: bool = False
    """The response is somebody else's: it was met when a reply of this program was to be sent."""
    response_by: str | None = None
    """Who of the team wrote the response, empty when none of it did as far as is known. None: one's own."""
    earlier: EarlierText | None = None
    changed_at: datetime | None = None
    removed_at: datetime | None = None
    seen_at: datetime | None = None
    """When Apple last showed it to us."""
    app_version: str | None = None
    """The version of the app that it is about; None when Apple lists it under none, or not looked for yet."""
    language: FoundLanguage = UNCLEAR
    """The language of its text, and who says so."""
    writer: str = ""
    """Who else writes a reply to it."""
    writes_since: datetime | None = None
    waiting: Waiting | None = None
    """The reply that waits for a publisher."""
    thread: tuple[TeamNote, ...] = ()
    """Notes, the first one first. Internal, never sent."""
    due_at: datetime | None = None
    """By when it is to be answered; None where no clock runs."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply that a publisher has not read yet."""

    by: str
    text: str
    at: datetime
