"""Analytics reports: requests, their reports, daily instances with corrections, and segments behind links."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from ascinbox.simulator import files
from ascinbox.simulator.phrases import mix
from ascinbox.simulator.trade import MARKETS, Shop

LINK_SECONDS = 300
KEPT_DAYS = 35
IDS_KEPT = 16_384
"""An instance is found by looking at the ids of all."""
FILES_KEPT = 1024
"""Packed segments in memory: each is asked for twice at least, when it is listed and when it is fetched."""
FIRST_AFTER = timedelta(hours=26)
"""From the request to the first instance; Apple says 24 to 48 hours."""
SNAPSHOT_DAYS = 300
PRELIMINARY = 3
"""For so many days after a day its figures are preliminary, a tenth low; then they are restated."""


@dataclass(frozen=True, slots=True)
class ReportKind:
    """A report by name: header, and one line per label with its share of the daily downloads in percent."""

    name: str
    category: str
    value: str
    label: str | None
    shares: tuple[tuple[str, int], ...]


KINDS = (
    ReportKind(
        "App Downloads Standard",
        "COMMERCE",
        "Counts",
        "Download Type",
        (
            ("First-time download", 100),
            ("Redownload", 40),
            ("Auto-update", 220),
            ("Manual update", 30),
            ("Restore", 12),
            ("Institutional purchase", 4),
        ),
    ),
    ReportKind(
        "App Downloads Detailed", "COMMERCE", "Counts", "Download Type", (("First-time download", 97),)
    ),
    ReportKind(
        "App Store Discovery and Engagement Standard",
        "APP_STORE_ENGAGEMENT",
        "Counts",
        "Event",
        (("Impression", 2400), ("Page view", 310), ("Tap", 120)),
    ),
    ReportKind("App Sessions Standard", "APP_USAGE", "Sessions", None, (("", 900),)),
    ReportKind(
        "App Store Installation and Deletion Standard",
        "APP_USAGE",
        "Counts",
        "Event",
        (("Install", 95), ("Delete", 31)),
    ),
    ReportKind("App Crashes", "APP_USAGE", "Crashes", None, (("", 2),)),
    ReportKind("Streaming Downloads Performance", "PERFORMANCE", "Counts", "Download Type", (("Stream", 5),)),
)


OTHER_REPORTS = tuple(
    ReportKind(f"Framework Usage {number}", "FRAMEWORK_USAGE", "Counts", None, ()) for number in range(143)
)
"""Apple lists some 150 reports a request, most of them about its frameworks; these have no instances here."""


@dataclass(slots=True)
class Request:
    """An analyticsReportRequest."""

    id: str
    app_id: str
    access: str
    created: float
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """One processing date of one report of one request."""

    request: Request
    kind: int
    processed: date
    edition: int = 0

    @property
    def id(self) -> str:
        """Stable and opaque."""
        return _instance_id(self.request.id, self.kind, self.processed, self.edition)

    @property
    def days(self) -> list[date]:
        """The days that the instance tells: its newest and the restated ones before."""
        newest = self.processed - timedelta(days=2)
        if self.request.access == "ONE_TIME_SNAPSHOT":
            return [newest - timedelta(days=n) for n in range(SNAPSHOT_DAYS)]
        return [newest - timedelta(days=n) for n in range(PRELIMINARY + 1)]


@lru_cache(maxsize=IDS_KEPT)
def _instance_id(request_id: str, kind: int, processed: date, edition: int) -> str:
    seed = f"{request_id}:{kind}:{processed.toordinal()}" + ":again" * edition
    return str(UUID(bytes=hashlib.md5(seed.encode(), usedforsecurity=False).digest()))


@dataclass(slots=True)
class Analytics:
    """All requests of a world."""

    seed: int
    requests: dict[str, Request] = field(default_factory=dict)
    serial: int = 0
    editions: int = 1
    """Instances of the newest processing date: another one may come later, with an id of its own."""
    ghosts: set[tuple[str, str]] = field(default_factory=set)
    """(app id, access) of requests that are in the way of a new one and in no list."""

    def ask(self, app_id: str, access: str, now: float) -> Request | None:
        """A new request, or None when the app has one of this kind: a stopped one too is in the way."""
        if (app_id, access) in self.ghosts:
            return None
        if any(r.app_id == app_id and r.access == access for r in self.requests.values()):
            return None
        self.serial += 1
        request_id = str(UUID(int=mix(self.seed * 77 + self.serial) << 64 | mix(self.serial)))
        request = Request(request_id, app_id, access, now)
        self.requests[request_id] = request
        return request

    def instances(self, request: Request, kind: int, now: float) -> list[Instance]:
        """The instances of a report that exist at `now`, oldest first."""
        begun = datetime.fromtimestamp(request.created, UTC) + FIRST_AFTER
        today = datetime.fromtimestamp(now, UTC)
        if today < begun or (request.stopped and request.access == "ONGOING"):
            return []
        if request.access == "ONE_TIME_SNAPSHOT":
            return [Instance(request, kind, begun.date())]
        first = max(begun.date(), today.date() - timedelta(days=KEPT_DAYS - 1))
        days = (today.date() - first).days + 1
        made = [Instance(request, kind, first + timedelta(days=n)) for n in range(days)]
        return made + [Instance(request, kind, today.date(), n) for n in range(1, self.editions)]


def true_value(shop: Shop, kind: ReportKind, label: int, country: int, day: date, seed: int) -> int:
    """What Apple finally says of a UTC day: the ground truth of every instance."""
    market = MARKETS[country]
    share = kind.shares[label][1]
    wobble = 70 + mix(seed * 13 + day.toordinal() * 31 + country * 7 + label) % 60
    return shop.daily * share * market.weight * wobble // 1_000_000


def segment_file(instance: Instance, shop: Shop, segment: int, seed: int) -> bytes:
    """One of the two segments: even storefronts in the first, odd ones in the second."""
    return _segment_file(instance.kind, instance.processed, tuple(instance.days), shop, segment, seed)


@lru_cache(maxsize=FILES_KEPT)
def _segment_file(
    number: int, processed: date, days: tuple[date, ...], shop: Shop, segment: int, seed: int
) -> bytes:
    """Pure, so worlds of one seed share what was packed."""
    kind = KINDS[number]
    header = ["Date", "App Name", "App Apple Identifier"]
    header += [kind.label] if kind.label else []
    header += ["App Version", "Device", "Platform Version", "Territory", kind.value, "Unique Devices"]
    rows = []
    for day in days:
        fresh = (processed - day).days < PRELIMINARY
        for country in range(segment, len(MARKETS), 2):
            for label, (word, _) in enumerate(kind.shares):
                value = true_value(shop, kind, label, country, day, seed)
                row: dict[str, object] = {
                    "Date": day.isoformat(),
                    "App Name": shop.name,
                    "App Apple Identifier": shop.app_id,
                    "App Version": "5.2",
                    "Device": "iPhone",
                    "Territory": MARKETS[country].country,
                    kind.value: value * 9 // 10 if fresh else value,
                }
                rows.append(row | ({kind.label: word} if kind.label else {}))
    return files.pack(files.table(header, rows))


def signature(name: str, expires: int, seed: int) -> str:
    """What makes a link valid; it names nobody."""
    return hashlib.sha256(f"{seed}:{name}:{expires}".encode()).hexdigest()[:32]
