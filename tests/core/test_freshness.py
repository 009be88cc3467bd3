"""What time alone does to a verdict: stale data, a token in its last days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.freshness import Freshness, with_age, with_expiry

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
S = HealthState
OK = Verdict("sales", S.OK, "Sales works.", checked_at=NOW)


def aged(
    age: timedelta | None,
    *,
    verdict: Verdict = OK,
    minutes: int = 15,
    hours: int = 72,
    linked: timedelta = timedelta(days=30),
    trouble: str = "",
) -> Verdict:
    fresh = None if age is None else NOW - age
    known = Freshness(fresh, NOW - linked, timedelta(minutes=minutes), timedelta(hours=hours), trouble)
    return with_age(verdict, known, NOW, "Sales")


@pytest.mark.parametrize(
    ("age", "minutes", "hours", "state", "severity"),
    [
        (timedelta(minutes=50), 15, 72, S.OK, 0),
        (timedelta(hours=24), 15, 72, S.OK, 0),
        (timedelta(hours=25), 15, 72, S.STALE, 1),
        (timedelta(hours=25), 0, 72, S.STALE, 1),
        (timedelta(hours=25), 720, 72, S.OK, 0),
        (timedelta(hours=37), 720, 72, S.STALE, 1),
        (timedelta(hours=72), 15, 72, S.STALE, 1),
        (timedelta(hours=73), 15, 72, S.STALE, 2),
        (timedelta(hours=7), 15, 6, S.STALE, 2),
        (timedelta(hours=-3), 15, 72, S.OK, 0),
    ],
)
def test_data_grow_stale_by_their_own_interval(
    age: timedelta, minutes: int, hours: int, state: HealthState, severity: int
) -> None:
    found = aged(age, minutes=minutes, hours=hours)
    assert (found.state, found.severity, found.fresh_at) == (state, severity, NOW - age)
    assert (found.fix != "") == (state is S.STALE)


def test_what_was_never_fetched_counts_from_the_linking() -> None:
    assert aged(None, linked=timedelta(hours=3)).state is S.OK
    found = aged(None, linked=timedelta(days=4), trouble="Apple did not answer.")
    assert (found.state, found.severity, found.fresh_at) == (S.STALE, 2, None)
    assert "never fetched, in 4 days" in found.detail
    assert "The last try failed: Apple did not answer." in found.detail


@pytest.mark.parametrize(
    ("state", "severity", "shown"),
    [
        (S.NO_ROLE, 2, S.NO_ROLE),
        (S.OFF, None, S.OFF),
        (S.NEVER, 3, S.NEVER),
        (S.LIMITED, 1, S.STALE),
        (S.PENDING, 0, S.STALE),
    ],
)
def test_the_worse_of_two_is_shown(state: HealthState, severity: int | None, shown: HealthState) -> None:
    assert aged(timedelta(days=4), verdict=Verdict("sales", state, "x", severity=severity)).state is shown


@pytest.mark.parametrize(
    ("left", "state", "severity", "words"),
    [
        (timedelta(days=31), S.OK, 0, "Sales works."),
        (timedelta(days=30), S.EXPIRING, 1, "ends in 30 days"),
        (timedelta(hours=10), S.EXPIRING, 1, "ends in 10 h"),
        (timedelta(0), S.EXPIRING, 2, "ended on"),
        (timedelta(days=-2), S.EXPIRING, 2, "Apple still took it later than that"),
    ],
)
def test_a_token_warns_before_its_end_and_is_critical_past_it(
    left: timedelta, state: HealthState, severity: int, words: str
) -> None:
    found = with_expiry(OK, NOW + left, NOW, "North")
    assert (found.state, found.severity, found.expires_at) == (state, severity, NOW + left)
    assert words in found.detail
    assert ("ascinbox rotate North" in found.fix) == (state is S.EXPIRING)


def test_a_refusal_says_more_than_the_day_of_the_end() -> None:
    refused = Verdict("sales", S.REJECTED, "Refused.", severity=2)
    assert with_expiry(refused, NOW - timedelta(days=1), NOW, "North").state is S.REJECTED
    assert with_expiry(OK, None, NOW, "North") == OK
