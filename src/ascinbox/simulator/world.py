"""What exists behind the API: teams, keys, apps, reviews, replies, users. Handed to the routes."""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from time import gmtime
from typing import Any, Protocol

from ascinbox.simulator.keys import ApiKey

REPLY_LIMIT = 5970
"""Three independent tools cite it from Apple's web form. Counted in UTF-16 units, the stricter reading."""


ON_SALE = ("READY_FOR_DISTRIBUTION", "REPLACED_WITH_NEW_VERSION")
"""States of a version that customers have or had."""


class TextMaker(Protocol):
    """Where a review's or reply's text comes from, made when it is first read."""

    def __call__(self) -> tuple[str, str, str]:
        """Title, body and nickname."""
        ...


@dataclass(slots=True)
class Reply:
    """A customerReviewResponse. Pending until `public_at` (epoch seconds), then published."""

    id: str
    review_id: str
    modified: float
    public_at: float
    text: str | None = None
    words: Callable[[], str] | None = None
    offset_min: int = -480
    cached: tuple[Any, bytes] | None = None

    def body(self) -> str:
        """The reply's text."""
        if self.text is None:
            self.text = self.words() if self.words else ""
        return self.text

    def state(self, now: float) -> str:
        """`PENDING_PUBLISH` or `PUBLISHED`."""
        return "PUBLISHED" if now >= self.public_at else "PENDING_PUBLISH"


@dataclass(slots=True)
class SimulatedReview:
    """A customerReview. Its texts may be made lazily: 50,000 of them need no memory until they are read."""

    id: str
    app_id: str
    created: float
    """Epoch seconds, with a fraction."""
    rating: int
    territory: str
    words: TextMaker
    offset_min: int = 0
    """Minutes east of UTC in which `createdDate` is written; Apple's vary."""
    reply: Reply | None = None
    stale_reply: Reply | None = None
    stale_until: float = 0.0
    """Until then, reads still show `stale_reply`."""
    version_id: str | None = None
    """The version of the app that it is about; None follows from its date, "" is none of them."""
    cached: tuple[Any, bytes] | None = None
    """The JSON of this review, with the key it was made for."""
    _texts: tuple[str, str, str] | None = None

    @property
    def texts(self) -> tuple[str, str, str]:
        """Title, body, nickname."""
        if self._texts is None:
            self._texts = self.words()
        return self._texts

    def rewrite(self, rating: int, title: str, body: str) -> None:
        """The customer replaces the review; Apple keeps id and creation date."""
        nickname = self.texts[2]
        self.rating = rating
        self._texts = (title, body, nickname)
        self.cached = None

    def shown_reply(self, now: float) -> Reply | None:
        """The reply that a read shows, which lags behind writes while reads are stale."""
        return self.stale_reply if now < self.stale_until else self.reply


@dataclass(frozen=True, slots=True)
class SimulatedVersion:
    """An appStoreVersion."""

    id: str
    name: str
    platform: str
    state: str
    """`AppVersionState` of Apple's description."""
    created: float


@dataclass(slots=True)
class SimulatedApp:
    """An app with its reviews, newest first."""

    id: str
    name: str
    bundle_id: str
    sku: str
    issuer_id: str
    primary_locale: str = "en-US"
    platforms: tuple[str, ...] = ("IOS",)
    made_for_kids: bool = False
    reviews: list[SimulatedReview] = field(default_factory=list)
    version: int = 0
    """Counts changes to the list or to any rating."""
    summaries: tuple[Summary, ...] = ()
    versions: tuple[SimulatedVersion, ...] = ()
    """Newest first."""
    by_version: tuple[int, dict[str, list[SimulatedReview]]] | None = None
    """The reviews of each version, newest first, with the `version` that they were sorted for."""

    def reviews_of(self, version_id: str) -> list[SimulatedReview]:
        """The reviews about one of its versions, newest first."""
        if self.by_version is None or self.by_version[0] != self.version:
            found: dict[str, list[SimulatedReview]] = {}
            for review in self.reviews:
                found.setdefault(self._version_of(review), []).append(review)
            self.by_version = (self.version, found)
        return self.by_version[1].get(version_id, [])

    def _version_of(self, review: SimulatedReview) -> str:
        """The newest version that was on sale when it was written; every sixth customer is one behind."""
        if review.version_id is not None:
            return review.version_id
        then = [v.id for v in self.versions if v.state in ON_SALE and v.created <= review.created]
        return "" if not then else then[-1] if len(then) == 1 else then[int(review.created) % 6 == 0]


@dataclass(frozen=True, slots=True)
class Summary:
    """A customerReviewSummarization."""

    id: str
    locale: str
    platform: str
    territory: str
    words: Callable[[], str]
    created: float


@dataclass(slots=True)
class User:
    """Someone in Users and Access."""

    id: str
    username: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    visible_apps: tuple[str, ...] | None = None
    """None means all apps."""
    provisioning: bool = False


@dataclass(slots=True)
class Invitation:
    """An invitation; gone at `expires`, 410 once accepted."""

    id: str
    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    expires: float
    visible_apps: tuple[str, ...] | None = None
    provisioning: bool = False
    accepted: bool = False


@dataclass(slots=True)
class Team:
    """One team: what an account in ascinbox is linked to."""

    name: str
    issuer_id: str
    vendor: str
    reporter_token: str = ""
    """Reporter access token of the team's Admin; empty when none was made."""
    reporter_accounts: dict[str, str] = field(default_factory=dict)
    """Accounts of the token's person by number; with more than one, Reporter wants to be told which."""
    users: dict[str, User] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    seats: int | None = None
    """So many users and open invitations fit; None is no limit."""


class World:
    """Everything at Apple. One lock for every change; reads happen in the server's thread."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.seed = seed
        self.now = now
        """The moment the world was made for; dates are relative to it."""
        self.teams: dict[str, Team] = {}
        self.keys: dict[str, ApiKey] = {}
        self.apps: dict[str, SimulatedApp] = {}
        self.reviews: dict[str, SimulatedReview] = {}
        self.replies: dict[str, Reply] = {}
        self.versions: dict[str, SimulatedApp] = {}
        """The app of each version, by the version's id."""
        self.lock = threading.RLock()
        self.market: object | None = None
        """What the teams sell; see `simulator.market`."""
        self.sells_since: date | None = None
        """Before this day nobody had bought anything; None where there always was somebody."""
        self.analytics: object | None = None
        """Analytics requests; see `simulator.routes.analytics`."""
        self.texts: object | None = None
        """The texts of the apps' pages; see `simulator.listing`."""
        self.public_ratings: dict[tuple[str, str], tuple[int, float] | None] = {}
        """By app and territory: how many ratings the store shows, and their mean; None where it is not sold.
        The others are invented; see `simulator.lookup`."""
        self._serial = 0

    def serial(self) -> int:
        """A number never given before, for new ids."""
        with self.lock:
            self._serial += 1
            return self._serial

    def add_team(self, team: Team) -> Team:
        """Adds a team."""
        self.teams[team.issuer_id] = team
        return team

    def add_key(self, key: ApiKey) -> ApiKey:
        """Adds a key."""
        self.keys[key.key_id] = key
        return key

    def add_app(self, app: SimulatedApp) -> SimulatedApp:
        """Adds an app; its reviews are put into order, newest first."""
        self.apps[app.id] = app
        self.versions.update((version.id, app) for version in app.versions)
        self.take_reviews(app, app.reviews)
        return app

    def take_reviews(self, app: SimulatedApp, reviews: Iterable[SimulatedReview]) -> None:
        """Makes these the app's reviews."""
        app.reviews = sorted(reviews, key=newest_first)
        app.version += 1
        for review in app.reviews:
            self.reviews[review.id] = review
            if review.reply is not None:
                self.replies[review.reply.id] = review.reply

    def visible(self, key: ApiKey) -> Iterator[SimulatedApp]:
        """The apps of the key's team that the key may see."""
        for app in self.apps.values():
            if app.issuer_id == key.issuer_id and (key.visible_apps is None or app.id in key.visible_apps):
                yield app

    def sees(self, key: ApiKey, app_id: str) -> bool:
        """Whether the key may see the app."""
        app = self.apps.get(app_id)
        return (
            app is not None
            and app.issuer_id == key.issuer_id
            and (key.visible_apps is None or app_id in key.visible_apps)
        )

    def write_review(self, review: SimulatedReview) -> None:
        """A customer writes a new review."""
        with self.lock:
            app = self.apps[review.app_id]
            insort(app.reviews, review, key=newest_first)
            app.version += 1
            self.reviews[review.id] = review

    def edit_review(
        self, review_id: str, *, rating: int | None = None, title: str | None = None, body: str | None = None
    ) -> None:
        """A customer changes a review, which is then about the version on sale; what is None stays.

        Raises KeyError for an unknown id.
        """
        with self.lock:
            review = self.reviews[review_id]
            old_title, old_body, _ = review.texts
            review.rewrite(
                review.rating if rating is None else rating,
                old_title if title is None else title,
                old_body if body is None else body,
            )
            app = self.apps[review.app_id]
            review.version_id = next((v.id for v in app.versions if v.state in ON_SALE), None)
            app.version += 1

    def remove_review(self, review_id: str) -> None:
        """A review vanishes, as Apple leaves no trace of removed ones. Raises KeyError for an unknown id."""
        with self.lock:
            review = self.reviews.pop(review_id)
            app = self.apps[review.app_id]
            app.reviews.remove(review)
            app.version += 1
            if review.reply is not None:
                self.replies.pop(review.reply.id, None)

    def answer(
        self, review_id: str, text: str, *, at: float, public_at: float, stale_until: float = 0.0
    ) -> Reply:
        """Creates the review's reply or overwrites it, keeping its id. Raises KeyError for an unknown id."""
        with self.lock:
            review = self.reviews[review_id]
            before = review.reply
            reply_id = before.id if before else _reply_id(self.seed, self.serial())
            reply = Reply(reply_id, review_id, at, public_at, text)
            review.stale_reply, review.stale_until = before, stale_until
            review.reply = reply
            review.cached = None
            self.replies[reply.id] = reply
            return reply

    def withdraw(self, reply_id: str) -> Reply:
        """Deletes a reply. Raises KeyError for an unknown id."""
        with self.lock:
            reply = self.replies.pop(reply_id)
            review = self.reviews[reply.review_id]
            review.reply = None
            review.stale_until = 0.0
            review.cached = None
            return reply

    def publish_all(self, now: float) -> int:
        """Publishes every pending reply at once; returns how many there were."""
        with self.lock:
            pending = [reply for reply in self.replies.values() if reply.public_at > now]
            for reply in pending:
                reply.public_at = now
            return len(pending)


def newest_first(review: SimulatedReview) -> tuple[float, str]:
    """Sort key of an app's list; the id settles ties so that paging is stable."""
    return (-review.created, review.id)


def _reply_id(seed: int, serial: int) -> str:
    return f"{0x52000000 + serial:08x}-{seed & 0xFFFF:04x}-4000-8000-{serial:012x}"


def date_text(epoch: float, offset_min: int) -> str:
    """A date-time as Apple writes them: an offset or `Z`, fractional seconds only where there are some."""
    whole = int(epoch // 1)
    millis = min(999, round((epoch - whole) * 1000))
    year, month, day, hour, minute, second = gmtime(whole + offset_min * 60)[:6]
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    if millis:
        text += f".{millis:03}"
    if not offset_min:
        return f"{text}Z"
    hours, minutes = divmod(abs(offset_min), 60)
    return f"{text}{'-' if offset_min < 0 else '+'}{hours:02}:{minutes:02}"
