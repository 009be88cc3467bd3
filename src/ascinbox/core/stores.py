"""The stores whose reviews ascinbox works with: one row each, and nothing is opened here.

A new store is its folder below `sources/` and one row of `STORES`. The row is pure, so that the filter
language, the rules of replies, the health matrix and the screens can ask it; `sources/registry.py` imports
the package that it names when something is first said to the store.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ascinbox.core.link_guides import PLAY_GUIDE, LinkGuide

APPLE = "apple"
"""The store that accounts of older files belong to, and the only one whose ids have no prefix."""
PLAY = "play"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """One kind of credential. Its id is unlike those of every other store: it tells the store."""

    id: str
    title: str
    """In a sentence: `team key`."""
    short: str
    """In a column: `team`."""
    capabilities: frozenset[str]
    """Capabilities by name (see `core.health.capabilities`) that it can have at all."""
    secret: str = "key"  # noqa: S105  (a word of the language)
    """What its secret is called in a sentence."""
    file_name: str = "{key_id}.key"
    """What a file with the secret is called."""
    tells_apps: bool = True
    """Whether the store tells which apps it sees; False: the person names them."""
    lists_apps: bool = True
    """Whether apps and reviews are asked for with it; False: it is asked in another way, for reports only."""
    owner: str = "Issuer"
    """What names whose it is, in a column."""
    revoked_at: str = ""
    """The clicks that end it; `{key_id}` is filled in."""

    @property
    def one(self) -> str:
        """`a team key`, `an individual key`."""
        return f"{'an' if self.title[0] in 'aeiou' else 'a'} {self.title}"


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What is known of a store without asking it."""

    id: str
    """Also the prefix of its review ids, and the value of `store` in JSON."""
    label: str
    """Its name on screen."""
    short: str
    """Two letters, for a column of a list."""
    market: str
    """What customers call it: `App Store`."""
    company: str
    """Who answers, in sentences: `Apple accepted a reply`."""
    package: str
    """The module whose `SOURCE` is the store's `StoreSource` (see `sources/base.py`)."""
    kinds: tuple[KindInfo, ...]
    reply_limit: int
    """Characters that a reply may have."""
    reply_amber: int
    """From so many on the count is shown in amber."""
    keeps_all_reviews: bool = True
    """Whether a list that came whole holds every review, so that one that is missing was removed."""
    shows_days: int = 0
    """For how many days its list shows a review; 0: for ever."""
    critical_days: int = 0
    """After how many days without a sync reviews are about to be missed; 0: none ever are."""
    every_minutes: int = 0
    """The least pause between two regular syncs of reviews; 0: as the person chose."""
    tells_budget: bool = True
    """Whether its answers tell what is left of the hour; False: we count, and no request may be forgotten."""
    refuses_single_reviews: bool = False
    """Whether a 403 to a reply is about that review alone, and says nothing about the key."""
    withdraws: bool = True
    """Whether a published reply can be deleted."""
    keeps_one: str = "keeps one reply a review"
    """What becomes of a reply that is written over, after the company's name."""
    datasets: frozenset[str] = frozenset()
    """Data sets beside reviews and replies that need no capability of their own (`versions`, `summaries`)."""
    api: str = ""
    """The address of its API, https."""
    files: str = ""
    """The address of the service where it lays down files, https; "" where its API has them."""
    files_variable: str = ""
    """The environment variable whose address replaces that one."""
    url_variable: str = ""
    """The environment variable whose address replaces the store's; plain http on loopback only."""
    lookup: str = ""
    """The address of its public look-up of ratings, https, asked without a key; "" where there is none."""
    lookup_variable: str = ""
    """The environment variable whose address replaces that one."""
    app_ids: str = ""
    """How the ids of its apps are written: a pattern that fits no other store's ids."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Where something is found or mended, as clicks from the store's front page: subject -> path."""
    front: str = ""
    """What the pages are called where clicks begin; "": as the store."""
    web: str = ""
    """The front page, https."""
    takes: str = ""
    """How long linking takes, and whom one needs."""
    guide: LinkGuide | None = None
    """What the wizard says where the person names the apps; None: it has steps of its own for the store."""
    pages: tuple[tuple[str, str], ...] = ()
    """Where something is mended: words of what is to be done -> https address; the first that fits."""
    keys_page: str = ""
    """The https address of the page with its keys."""
    reviews_page: str = ""
    """Below it, the page with an app's reviews; `{app}` is the app's id."""

    def kind(self, kind: str) -> KindInfo:
        """The row of a kind of credential; KeyError for one that is not the store's."""
        return next((row for row in self.kinds if row.id == kind), None) or _unknown(kind)

    @property
    def capabilities(self) -> frozenset[str]:
        """What some kind of credential can have at all."""
        return frozenset(name for kind in self.kinds for name in kind.capabilities)

    def place(self, subject: str) -> str:
        """`App Store Connect > Users and Access`: the path of a link with the store's name before it."""
        return f"{self.front or self.label} > {self.links[subject]}"


def _unknown(kind: str) -> KindInfo:
    raise KeyError(f"no kind of credential: {kind}")


_KEY_FILE = "AuthKey_{key_id}.p8"

APP_STORE = StoreInfo(
    id=APPLE,
    label="App Store Connect",
    short="AS",
    market="App Store",
    company="Apple",
    package="ascinbox.sources.apple.source",
    kinds=(
        KindInfo(
            "team",
            "team key",
            "team",
            frozenset(("reviews", "reply", "sales", "finance", "analytics", "users", "listing")),
            file_name=_KEY_FILE,
            revoked_at="Users and Access > Integrations > Team Keys > {key_id} > Revoke",
        ),
        KindInfo(
            "individual",
            "individual key",
            "indiv",
            frozenset(("reviews", "reply", "analytics", "users", "listing")),
            file_name=_KEY_FILE,
            revoked_at="the user's profile > Individual API Key > {key_id} > Revoke",
        ),
        KindInfo(
            "reporter",
            "Reporter token",
            "token",
            frozenset(("sales", "finance")),
            secret="token",  # noqa: S106  (a word of the language)
            file_name="Reporter_{key_id}.token",
            lists_apps=False,
        ),
    ),
    reply_limit=5_970,
    reply_amber=5_800,
    keeps_one="keeps one reply a review and tells the customer that it was edited",
    datasets=frozenset(("versions", "summaries")),
    api="https://api.appstoreconnect.apple.com",
    url_variable="ASCINBOX_API_URL",
    lookup="https://itunes.apple.com",
    lookup_variable="ASCINBOX_RATINGS_URL",
    app_ids=r"\d+",
    web="https://appstoreconnect.apple.com",
    takes="about 3 minutes; an Admin of the team makes the key",
    keys_page="https://appstoreconnect.apple.com/access/integrations/api",
    reviews_page="/apps/{app}/distribution/activity/ios/ratingsResponses",
    links=MappingProxyType(
        {
            "users": "Users and Access",
            "keys": "Users and Access > Integrations",
            "api keys": "Users and Access > Integrations > App Store Connect API",
            "team keys": "Users and Access > Integrations > App Store Connect API > Team Keys",
            "reporter token": "Sales and Trends > Reports > About Reports > Generate access token",
            "vendor number": "Payments and Financial Reports",
            "agreements": "Business",
        }
    ),
)
"""No document of Apple's gives the length of a reply: 5,970 is what several tools found."""

PLAY_STORE = StoreInfo(
    id=PLAY,
    label="Google Play",
    short="GP",
    market="Google Play",
    company="Google",
    package="ascinbox.sources.play.source",
    kinds=(
        KindInfo(
            "service_account",
            "service account",
            "svc",
            frozenset(("reviews", "reply", "bulk_reports")),
            file_name="play_{key_id}.json",
            tells_apps=False,
            owner="Address",
            revoked_at="Google Cloud > IAM & Admin > Service Accounts > the account > Keys > {key_id}",
        ),
    ),
    reply_limit=350,
    reply_amber=320,
    keeps_all_reviews=False,
    shows_days=7,
    critical_days=5,
    every_minutes=30,
    tells_budget=False,
    refuses_single_reviews=True,
    withdraws=False,
    api="https://androidpublisher.googleapis.com",
    url_variable="ASCINBOX_PLAY_URL",
    files="https://storage.googleapis.com",
    files_variable="ASCINBOX_PLAY_STORAGE_URL",
    takes="about 10 minutes; an admin of Play Console invites it",
    guide=PLAY_GUIDE,
    front="Play Console",
    app_ids=r"[A-Za-z]\w*(\.\w+)+",
    web="https://play.google.com",
    pages=(
        ("APIs & Services", "https://console.cloud.google.com/apis/library/androidpublisher.googleapis.com"),
        ("Service Accounts", "https://console.cloud.google.com/iam-admin/serviceaccounts"),
        ("Users and permissions", "https://play.google.com/console/users-and-permissions"),
    ),
    keys_page="https://console.cloud.google.com/iam-admin/serviceaccounts",
    reviews_page="/store/apps/details?id={app}&showAllReviews=true",
    links=MappingProxyType(
        {
            "users": "Users and permissions",
            "bucket": "Play Console > Download reports > Reviews > Copy Cloud Storage URI",
            "accounts": "Google Cloud > IAM & Admin > Service Accounts > Create service account",
            "keys": "Google Cloud > IAM & Admin > Service Accounts > the account > Keys",
            "api": "Google Cloud > APIs & Services > Library > Google Play Android Developer API > Enable",
        }
    ),
)
"""Google rejects replies of more than about 350 characters; its list holds the last week."""

STORES: tuple[StoreInfo, ...] = (APP_STORE, PLAY_STORE)


def store_info(store: str) -> StoreInfo:
    """The row of a store; KeyError for one that is not known."""
    for row in STORES:
        if row.id == store:
            return row
    raise KeyError(f"no store: {store}")


def kind_info(kind: str) -> KindInfo:
    """The row of a kind of credential, of whichever store; KeyError for one that is not known."""
    return store_of_kind(kind).kind(kind)


def store_of_kind(kind: str) -> StoreInfo:
    """The store that credentials of this kind are for; KeyError for a kind that is not known."""
    for row in STORES:
        if any(known.id == kind for known in row.kinds):
            return row
    raise KeyError(f"no kind of credential: {kind}")


def kinds_with(capability: str) -> frozenset[str]:
    """The kinds of credential that can have a capability at all."""
    return frozenset(kind.id for row in STORES for kind in row.kinds if capability in kind.capabilities)


def store_of_app(app_id: str) -> StoreInfo:
    """The store that an app is in; the App Store for an id that is written as no store writes them."""
    return next((row for row in STORES if re.fullmatch(row.app_ids, app_id)), APP_STORE)


# --- ids of reviews: unique over all stores ---


def unique_id(store: str, native: str) -> str:
    """The id of a review here: Apple's own as they are, others as `store:id`. Attached by the source."""
    return native if store == APPLE else f"{store}:{native}"


def store_of_review(review_id: str) -> StoreInfo:
    """The store that a review is in."""
    prefix, colon, _ = review_id.partition(":")
    if colon:
        for row in STORES:
            if row.id == prefix and row.id != APPLE:
                return row
    return store_info(APPLE)


def native_id(review_id: str) -> str:
    """The id by which the store itself knows a review; taken by the source before it asks."""
    store = store_of_review(review_id)
    return review_id if store.id == APPLE else review_id.partition(":")[2]


def short_id(review_id: str) -> str:
    """As much of an id as names the review on a command line: the start of Apple's, another store's whole."""
    return review_id[:8] if store_of_review(review_id).id == APPLE else review_id
