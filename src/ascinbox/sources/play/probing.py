"""Finds out what one service account may do: a review of each package, and the names in the bucket.

Google's API lists no apps, so the packages are tried one by one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, RateLimited, SourceError
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import Evidence
from ascinbox.core.records import App
from ascinbox.sources.base import Found, SourceTools, Target
from ascinbox.sources.play.parse import packages_of
from ascinbox.sources.play.refusals import describe

if TYPE_CHECKING:
    from ascinbox.sources.play.client import PlayClient


class PlayProber:
    """Probes one service account."""

    def __init__(self, client: PlayClient, target: Target, tools: SourceTools) -> None:
        self._client = client
        self._target = target
        self._clock = tools.clock
        self._names: tuple[str, ...] = ()

    def run(self) -> Found:
        """What the answers showed."""
        began = self._clock.monotonic()
        ends = began + self._target.deadline_s
        bucket = self._try_bucket(ends) if self._client.bucket and self._asks_bucket() else None
        packages = self._client.packages or packages_of(self._names)
        shown = {package: self._try(package, ends) for package in packages}
        if not shown:
            assert bucket is not None
            return _without_packages(bucket)
        good = [package for package, evidence in shown.items() if evidence.status == 200]
        bad = [evidence for evidence in shown.values() if evidence.status != 200]
        shown = {package: replace(evidence, listed=bool(good)) for package, evidence in shown.items()}
        found = Found(elapsed_s=self._clock.monotonic() - began, tried=tuple(shown.values()))
        if len(good) == len(shown) or (good and self._target.apps):
            found.apps = tuple(App(package, package, package) for package in packages)
        reviews = _worst(bad) if bad else shown[good[0]]
        if bad:
            named = ", ".join(evidence.subject for evidence in bad)
            reviews = replace(reviews, subject=named, listed=bool(good))
        linked = bool(good and self._target.apps)
        found.apps_evidence = shown[good[0]] if linked or (good and not bad) else reviews
        if Capability.REVIEWS in self._target.features:
            found.evidence[Capability.REVIEWS] = reviews
        if bucket is not None and Capability.BULK_REPORTS in self._target.features:
            found.evidence[Capability.BULK_REPORTS] = bucket
        return found

    def _asks_bucket(self) -> bool:
        return Capability.BULK_REPORTS in self._target.features or not self._client.packages

    def _try(self, package: str, ends: float) -> Evidence:
        request = f"GET /androidpublisher/v3/applications/{package}/reviews"
        blank = Evidence(Capability.REVIEWS, self._clock.now(), request=request, subject=package)
        try:
            skew = self._client.try_package(package, max(1.0, ends - self._clock.monotonic()))
        except AscinboxError as error:
            return _refused(blank, error)
        budget = self._client.budget.budget
        left = (
            budget.hour_left / budget.hour_limit
            if budget.hour_left is not None and budget.hour_limit
            else None
        )
        return replace(blank, status=200, clock_skew_s=skew, budget_left=left)

    def _try_bucket(self, ends: float) -> Evidence:
        bucket = self._client.bucket
        blank = Evidence(
            Capability.BULK_REPORTS,
            self._clock.now(),
            request=f"GET /storage/v1/b/{bucket}/o",
            subject=bucket,
        )
        try:
            self._names = self._client.monthly_files(deadline_s=max(1.0, ends - self._clock.monotonic()))
        except AscinboxError as error:
            return _refused(blank, error)
        return replace(blank, status=200, empty=not self._names)


def _without_packages(bucket: Evidence) -> Found:
    """No package was named, and the bucket names none."""
    shown = bucket
    if bucket.status == 200:
        shown = replace(
            bucket,
            status=None,
            failure="The bucket names no package yet.",
            next_step="Name the packages: --packages com.example.app",
        )
    return Found(
        evidence={Capability.REVIEWS: replace(shown, capability=Capability.REVIEWS)}, apps_evidence=shown
    )


def _refused(blank: Evidence, error: AscinboxError) -> Evidence:
    if not isinstance(error, SourceError):
        failure = " ".join(part for part in (error.title, error.detail) if part)
        return replace(blank, failure=failure, next_step=error.next_step)
    problem = error.problems[0] if error.problems else None
    return replace(
        blank,
        status=error.status if not isinstance(error, RateLimited) else 429,
        code=problem.code if problem else "",
        detail=problem.detail if problem else "" if error.problems else describe(error.status, ()),
        request=error.request or blank.request,
        clock_skew_s=error.clock_skew_s,
        retry_at=error.retry_at if isinstance(error, RateLimited) else None,
        next_step=error.next_step,
    )


def _worst(bad: list[Evidence]) -> Evidence:
    """What to mend first: the key, then rights, then a package that is not there, then the way."""
    order = {400: 0, 401: 0, 403: 1, 404: 2, 429: 3}
    return min(bad, key=lambda evidence: order.get(evidence.status or 0, 4))
