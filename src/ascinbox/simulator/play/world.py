"""What is at the simulated Google: packages, their reviews, service accounts, who is invited."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ascinbox.simulator.hostile import HOSTILE
from ascinbox.simulator.phrases import compose

WEEK_S = 7 * 86_400
COLUMNS = (
    "Package Name", "App Version Code", "App Version Name", "Reviewer Language", "Device",
    "Review Submit Date and Time", "Review Submit Millis Since Epoch", "Review Last Update Date and Time",
    "Review Last Update Millis Since Epoch", "Star Rating", "Review Title", "Review Text",
    "Developer Reply Date and Time", "Developer Reply Millis Since Epoch", "Developer Reply Text",
    "Review Link",
)  # fmt: skip
"""Of a monthly file."""
_DEVICES = ("oriole", "panther", "a52q", "beyond1", "coral", "taro", "kona", "star2lte")
_LANGUAGES = ("en", "en_US", "de", "fr", "es_419", "pt_BR", "it", "ja", "ko", "nl", "pl", "iw", "in", "zh_CN")
_WRITTEN = frozenset(("en", "de", "fr", "es", "pt", "it", "ja", "ko", "nl", "pl", "zh"))
_NAMES = ("Ada", "Noor", "Jun", "Léa", "Marek", "Sofia", "Bo", "Inés", "Tariq", "Olga")
_VERSIONS = ((520, "5.2.0"), (511, "5.1.1"), (500, "5.0"))


@dataclass(slots=True)
class PlayReview:
    """One review. Times are epoch seconds."""

    id: str
    package: str
    author: str
    title: str
    body: str
    stars: int
    submitted: float
    modified: float
    language: str = "en"
    device: str = "oriole"
    android: int = 33
    version: tuple[int, str] = (520, "5.2.0")
    thumbs_up: int = 0
    thumbs_down: int = 0
    reply: str = ""
    replied: float = 0.0
    refuses_replies: bool = False
    """Replies to it are answered with 403, as Google does to about one in twenty."""

    def document(self, *, translated: str = "") -> dict[str, Any]:
        """As the API gives it."""
        user: dict[str, Any] = {
            "text": f"{self.title}\t{self.body}",
            "lastModified": _stamp(self.modified),
            "starRating": self.stars,
            "reviewerLanguage": self.language,
            "device": self.device,
            "androidOsVersion": self.android,
            "appVersionCode": self.version[0],
            "appVersionName": self.version[1],
            "thumbsUpCount": self.thumbs_up,
            "thumbsDownCount": self.thumbs_down,
            "deviceMetadata": {"productName": f"{self.device} (Phone)", "manufacturer": "Maker"},
        }
        if translated:
            user |= {"originalText": user["text"], "text": f"[{translated}] {self.body}"}
        comments = [{"userComment": user}]
        if self.reply:
            comments.append({"developerComment": {"text": self.reply, "lastModified": _stamp(self.replied)}})
        return {"reviewId": self.id, "authorName": self.author, "comments": comments}

    def row(self) -> dict[str, str]:
        """As a monthly file has it."""
        link = "http://play.google.com/console/developers/app/user-feedback/review-details?reviewId="
        return {
            "Package Name": self.package,
            "App Version Code": str(self.version[0]),
            "App Version Name": self.version[1],
            "Reviewer Language": self.language,
            "Device": self.device,
            "Review Submit Date and Time": _iso(self.submitted),
            "Review Submit Millis Since Epoch": _millis(self.submitted),
            "Review Last Update Date and Time": _iso(self.modified),
            "Review Last Update Millis Since Epoch": _millis(self.modified),
            "Star Rating": str(self.stars),
            "Review Title": self.title,
            "Review Text": self.body,
            "Developer Reply Date and Time": _iso(self.replied) if self.reply else "",
            "Developer Reply Millis Since Epoch": _millis(self.replied) if self.reply else "",
            "Developer Reply Text": self.reply,
            "Review Link": f"{link}{quote(self.id, safe='')}&corpus=PUBLIC_REVIEWS" if self.body else "",
        }


@dataclass(slots=True)
class ServiceAccountKey:
    """A service account with one key. The key is made at run time."""

    email: str
    key_id: str
    key: rsa.RSAPrivateKey
    deleted: bool = False
    api_enabled: bool = True
    packages: set[str] = field(default_factory=set)
    """It is invited for these, with Reply to reviews."""
    may_reply: bool = True
    bulk: bool = True

    def document(self, token_uri: str) -> dict[str, str]:
        """The JSON file that Google Cloud lets one download."""
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
        return {
            "type": "service_account",
            "project_id": "tide-clock-7",
            "private_key_id": self.key_id,
            "private_key": pem,
            "client_email": self.email,
            "client_id": "100000000000000000007",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }

    def write(self, folder: Path, token_uri: str) -> Path:
        """Writes it, readable by the owner only."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"play_{self.key_id}.json"
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(json.dumps(self.document(token_uri), indent=2), "utf-8")
        return path


@dataclass(slots=True)
class PlayWorld:
    """Everything at Google."""

    packages: dict[str, dict[str, PlayReview]] = field(default_factory=dict)
    accounts: dict[str, ServiceAccountKey] = field(default_factory=dict)
    """By address."""
    bucket: str = "pubsite_prod_rev_01234567890123456789"
    replies: list[tuple[float, str, str]] = field(default_factory=list)
    """Every accepted reply: time, review id, text."""

    def listed(self, package: str, now: float) -> list[PlayReview]:
        """What the list shows: written or changed in the last week, with text, the last change first."""
        recent = [r for r in self.packages[package].values() if r.body and now - r.modified < WEEK_S]
        return sorted(recent, key=lambda r: (-r.modified, r.id))

    def monthly_files(self) -> dict[str, bytes]:
        """The bucket: a file a package and month, UTF-16 with a byte-order mark."""
        months: dict[str, list[PlayReview]] = {}
        for package, reviews in self.packages.items():
            for review in sorted(reviews.values(), key=lambda r: r.submitted):
                for at in dict.fromkeys((_month(review.submitted), _month(review.modified))):
                    months.setdefault(f"reviews/reviews_{package}_{at}.csv", []).append(review)
        return {name: monthly_csv(rows) for name, rows in months.items()}


def monthly_csv(reviews: list[PlayReview]) -> bytes:
    """A monthly file with these reviews."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(review.row() for review in reviews)
    return text.getvalue().encode("utf-16")


def make_account(email: str, packages: set[str], seed: int = 7) -> ServiceAccountKey:
    """A service account with a new key."""
    key = rsa.generate_private_key(65537, 2048)
    return ServiceAccountKey(
        email,
        f"{random.Random(email + str(seed)).getrandbits(160):040x}",  # noqa: S311  (a simulator)
        key,
        packages=packages,
    )


def make_play_world(
    seed: int, now: datetime, *, packages: tuple[str, ...] = ("com.example.tide",), reviews: int = 60
) -> PlayWorld:
    """Packages with so many reviews each: two of three in the last week, the rest in the months before."""
    rng = random.Random(seed)  # noqa: S311  (a simulator)
    world = PlayWorld()
    for package in packages:
        world.packages[package] = {}
        for number in range(reviews):
            review = _review(rng, package, number, reviews, now.timestamp())
            world.packages[package][review.id] = review
    email = "ascinbox@tide-clock-7.iam.gserviceaccount.com"
    world.accounts[email] = make_account(email, set(packages), seed)
    return world


def _review(rng: random.Random, package: str, number: int, many: int, now: float) -> PlayReview:
    week = number * 3 < many * 2
    age = (number + 1) / (many + 1) * 1.5 * (WEEK_S - 3600) if week else WEEK_S + rng.uniform(1, 90) * 86_400
    at = float(int(now - age))
    language = rng.choice(_LANGUAGES)
    stars = rng.choice((1, 1, 2, 3, 4, 5, 5))
    spoken = language[:2] if language[:2] in _WRITTEN else "en"
    title, body, _ = compose(spoken, stars, rng.getrandbits(40), package.rpartition(".")[2].title())
    if number % 17 == 3:
        title, body, _ = HOSTILE[number // 17 % len(HOSTILE)]
        body = body or title
    # Two in three have no title on Play.
    review = PlayReview(
        id=f"gp:AOqpTO{rng.getrandbits(120):030x}" if number % 9 == 4 else f"{rng.getrandbits(128):032x}",
        package=package,
        author=rng.choice(_NAMES),
        title=title if number % 3 == 0 else "",
        body="" if number % 11 == 7 and not week else body,
        stars=stars,
        submitted=at,
        modified=at,
        language=language,
        device=rng.choice(_DEVICES),
        android=rng.choice((29, 30, 31, 33, 34)),
        version=rng.choice(_VERSIONS),
        thumbs_up=rng.randrange(9),
        thumbs_down=rng.randrange(3),
    )
    if number % 5 == 2 and review.body:
        review.reply, review.replied = "Thank you for telling us.", min(at + 7200, now - 60)
    return review


def _stamp(seconds: float) -> dict[str, Any]:
    return {"seconds": str(int(seconds)), "nanos": int(seconds % 1 * 1e9)}


def _iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _millis(seconds: float) -> str:
    return str(int(seconds * 1000))


def _month(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y%m}"
