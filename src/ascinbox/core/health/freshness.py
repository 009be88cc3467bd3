"""What time alone does to a connection that works: data that no sync renews, a token that runs out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.verdicts import say_span, say_time
from ascinbox.core.stores import APP_STORE

INTERVALS_MISSED = 3
"""A data set that missed this many of its intervals is stale,"""
AT_LEAST = timedelta(days=1)
"""but never before this long: a machine may sleep overnight."""
EXPIRY_DAYS = (30, 14, 3, 1)
"""Days before the end of a token at which it is warned; from the first on its cells are `expiring`."""
DATASETS: dict[str, str] = {
    "reviews": "reviews",
    "reply": "replies",
    "sales": "sales",
    "finance": "finance",
    "analytics": "analytics",
    "ratings": "ratings",
}
"""Capabilities that fill a data set, and the data set's name."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far a data set has come, and how old it may be."""

    fresh_at: datetime | None
    """When a sync of it last went well; None when none ever did."""
    since: datetime | None
    """From when on it was to be fetched, for a data set that never was."""
    interval: timedelta
    """How often it is meant to be fetched; zero when only on demand."""
    critical_after: timedelta
    trouble: str = ""
    """Why the last sync of it failed, a sentence; empty when it did not."""
    missed: str = ""
    """What is lost once it is critical, a sentence; empty when nothing is."""

    @property
    def warns_after(self) -> timedelta:
        """From this age on it is stale."""
        return max(AT_LEAST, INTERVALS_MISSED * self.interval)


def with_expiry(verdict: Verdict, expires_at: datetime | None, now: datetime, account_arg: str) -> Verdict:
    """The verdict on a capability of a credential that ends: `expiring` in its last days, severity 2 past it.

    What is wrong already stays as it is. `account_arg` is the account's name as a word of a command line.
    """
    if expires_at is None or verdict.severity is None:
        return verdict
    verdict = replace(verdict, expires_at=expires_at)
    left = expires_at - now
    if verdict.severity != 0 or left > timedelta(days=EXPIRY_DAYS[0]):
        return verdict
    over = left <= timedelta(0)
    day = say_time(expires_at, now)
    accepted = verdict.checked_at is not None and verdict.checked_at > expires_at
    detail = (
        f"The Reporter token ended on {day}, 180 days after the day on which it was made."
        if over
        else f"The Reporter token ends in {say_span(left)}, on {day}; without a new one these figures stop."
    )
    if accepted:
        detail += " Apple still took it later than that, so the day that was given may be wrong."
    return replace(
        verdict,
        state=HealthState.EXPIRING,
        severity=2 if over else 1,
        detail=detail,
        fix=f"{APP_STORE.place('reporter token')} (it ends "
        f"the old one at once), then: ascinbox rotate {account_arg} --reporter-token FILE",
        who="the person whose token it is",
        then="",
        instead="",
    )


def with_age(verdict: Verdict, freshness: Freshness, now: datetime, title: str) -> Verdict:
    """The verdict on a capability whose data set is old: `stale`, unless something worse is known already."""
    if verdict.severity in {None, 3}:
        return replace(verdict, fresh_at=freshness.fresh_at)
    verdict = replace(verdict, fresh_at=freshness.fresh_at)
    from_when = freshness.fresh_at or freshness.since
    if from_when is None:
        return verdict
    age = now - from_when
    severity = 2 if age > freshness.critical_after else 1 if age > freshness.warns_after else 0
    if severity <= (verdict.severity or 0):
        return verdict
    last = (
        f"{title} was last fetched {say_time(freshness.fresh_at, now)}, {say_span(age)} ago"
        if freshness.fresh_at is not None
        else f"{title} was never fetched, in {say_span(age)}"
    )
    why = (
        f"The last try failed: {freshness.trouble.rstrip('.')}."
        if freshness.trouble
        else ("Nothing has fetched it since." if freshness.fresh_at else "")
    )
    lost = freshness.missed if severity == 2 else ""
    return replace(
        verdict,
        state=HealthState.STALE,
        severity=severity,
        detail=" ".join(filter(None, (f"{last}; what is shown is as old.", why, lost))),
        fix="Run: ascinbox sync. If a timer or service does that, see why it stopped: "
        "systemctl --user status ascinbox-sync",
        who="you, on this machine",
        then="",
        instead="",
    )
