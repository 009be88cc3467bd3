"""What a sync did, account by account and data set by data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

REVIEWS, REPLIES = "reviews", "replies"
REPORTS = ("sales", "finance", "analytics")
SUMMARIES = "summaries"
"""Apple's digests of an app's reviews: small, seldom new, fetched with the reports."""
VERSIONS = "versions"
"""The version of the app that each review is about: Apple tells it by other lists than the reviews'."""
RATINGS = "ratings"
"""Public ratings by storefront and day: of a host of its own, without a key, where switched on."""
HISTORY = "history"
"""Past reviews and ratings without a text, from the monthly files in the bucket that was named."""
IN_NO_HURRY = (*REPORTS, SUMMARIES, VERSIONS, RATINGS, HISTORY)
"""What may take long and comes after reviews and replies."""
DATASETS = (REVIEWS, REPLIES, *IN_NO_HURRY)


@dataclass(frozen=True, slots=True)
class DatasetResult:
    """One data set of one account. `ok`: all of it is as Apple has it, but for what waits its turn."""

    ok: bool = True
    partly: bool = False
    """Not `ok`, but Apple gave a part of it, which is stored."""
    requests: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0
    detail: str = ""
    """One sentence: what kept it from being complete, or what is to be known."""
    retry_at: datetime | None = None
    """After a 429: from when on Apple lets this be asked again (UTC)."""
    waiting_until: datetime | None = None
    """Nothing went wrong, but a part waits for requests of the key: from then on a sync fetches it (UTC)."""
    fresh: bool = True
    """Whether the newest of it was fetched; False: what is cached is no newer than before."""

    def plus(self, other: DatasetResult) -> DatasetResult:
        """Both together: ok only if both are, details joined."""
        details = dict.fromkeys(part for part in (self.detail, other.detail) if part)
        return DatasetResult(
            ok=self.ok and other.ok,
            partly=self.partly or other.partly,
            requests=self.requests + other.requests,
            new=self.new + other.new,
            changed=self.changed + other.changed,
            removed=self.removed + other.removed,
            detail="; ".join(details),
            retry_at=max(filter(None, (self.retry_at, other.retry_at)), default=None),
            waiting_until=max(filter(None, (self.waiting_until, other.waiting_until)), default=None),
            fresh=self.fresh and other.fresh,
        )


@dataclass(frozen=True, slots=True)
class AccountResult:
    """One account."""

    name: str
    datasets: Mapping[str, DatasetResult] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every data set is complete."""
        return all(result.ok for result in self.datasets.values())


@dataclass(frozen=True, slots=True)
class SyncResult:
    """One run over some accounts."""

    accounts: tuple[AccountResult, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything is complete."""
        return all(account.ok for account in self.accounts)

    @property
    def all_failed(self) -> bool:
        """Whether there were accounts and Apple gave nothing of any of their data sets."""
        results = [result for account in self.accounts for result in account.datasets.values()]
        return bool(results) and not any(result.ok or result.partly for result in results)

    @property
    def retry_at(self) -> datetime | None:
        """From when on everything that met a 429 may be asked again; None when nothing did."""
        times = (result.retry_at for account in self.accounts for result in account.datasets.values())
        return max(filter(None, times), default=None)

    def total(self, figure: str) -> int:
        """The sum of `new`, `changed`, `removed` or `requests` over everything."""
        return sum(
            getattr(result, figure) for account in self.accounts for result in account.datasets.values()
        )
