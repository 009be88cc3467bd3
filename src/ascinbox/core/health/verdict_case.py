"""A case that the rules of `verdict_rules` judge, what they ask about it, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ascinbox.core.health.capabilities import Capability, CapabilityInfo
from ascinbox.core.health.evidence import Circumstances, Evidence, HealthState
from ascinbox.core.records import CredentialKind

SEVERAL_ACCOUNTS = "214"
"""Reporter's number for: the token's person has several accounts, and none was named."""
BUDGET_LOW = 0.05
REQUEST_USUAL = timedelta(hours=48)
REQUEST_LATE = timedelta(hours=72)
"""Apple: the first analytics report comes 24 to 48 hours after the request."""
PASSES_WITHIN = timedelta(hours=48)
"""A team key that is suddenly refused is often let in again; after this long it is taken for good."""


@dataclass(frozen=True, slots=True)
class Case:
    """Evidence in its circumstances: what the rules look at."""

    row: CapabilityInfo
    facts: Circumstances
    evidence: Evidence | None = None

    @property
    def status(self) -> int | None:
        return self.evidence.status if self.evidence else None

    @property
    def skew(self) -> float:
        """Seconds that our clock is off, 0 when unknown."""
        return (self.evidence.clock_skew_s if self.evidence else None) or 0.0

    @property
    def reached(self) -> bool:
        """The request got through the check of rights, whatever it then found."""
        if self.status is None:
            return False
        if self.status in {200, 201, 204}:
            return True
        # Apple says of a report that is not there why: a 404 without a word does not come from there.
        figures = self.row.capability in {Capability.SALES, Capability.FINANCE}
        reports = figures and self.facts.kind != CredentialKind.REPORTER
        missing = self.status == 410 or (
            self.status == 404 and self.evidence is not None and self.evidence.said
        )
        return reports and (missing or (self.status == 400 and self.says("version")))

    def says(self, *words: str) -> bool:
        """Whether Apple's detail or code contains one of the words."""
        if self.evidence is None:
            return False
        text = f"{self.evidence.code} {self.evidence.detail}".lower()
        return any(word in text for word in words)

    @property
    def request_age(self) -> timedelta:
        """How long ago the analytics request was made, as far as known."""
        since = self.evidence.requested_at if self.evidence else None
        return self.facts.now - since if since else timedelta(0)


@dataclass(frozen=True, slots=True)
class VerdictRule:
    """One row: when it fits, and what is then said. Words are `str.format` templates over `_words`."""

    state: HealthState
    severity: int | None
    when: Callable[[Case], bool]
    detail: str
    fix: str = ""
    who: str = ""
    then: str = ""
    instead: str = ""


def about(capability: Capability) -> Callable[[Case], bool]:
    """Rules about one capability."""
    return lambda case: case.row.capability is capability


def agreement(case: Case) -> bool:
    """Refused because an agreement waits to be signed."""
    see = case.evidence.see.rstrip("/") if case.evidence else ""
    named = case.says("required_agreements", "required agreement") or see.endswith(
        ("/agreements", "/business")
    )
    return case.status == 403 and named


def refused(case: Case) -> bool:
    """Apple refused the right."""
    return case.status == 403


def changing(case: Case) -> bool:
    """What was asked for was a change, not something to read."""
    request = case.evidence.request if case.evidence else ""
    return bool(request) and not request.startswith("GET ")


def low_budget(case: Case) -> bool:
    """Few of the hour's requests are left."""
    left = case.evidence.budget_left if case.evidence else None
    return left is not None and left < BUDGET_LOW


def analytics(check: Callable[[Case, Evidence], bool]) -> Callable[[Case], bool]:
    """Rules about analytics that Apple let through."""
    return lambda case: (
        case.row.capability is Capability.ANALYTICS
        and case.evidence is not None
        and case.reached
        and check(case, case.evidence)
    )


def made_up(*statuses: int) -> Callable[[Case], bool]:
    """Rules about the answer to a made-up reply."""
    return lambda case: case.evidence is not None and case.evidence.made_up and case.status in statuses


def untested_reply(case: Case) -> bool:
    """Replying, without a refusal and without an answer that says anything about the key."""
    reply = case.row.capability is Capability.REPLY
    return reply and (case.evidence is None or case.status in {400, 404, 409, 422})


def stale(case: Case) -> bool:
    """Nothing was proved with this key for too long."""
    last = case.facts.key_ok_at
    return last is None or case.facts.now - last > case.facts.max_age


def worked_lately(case: Case) -> bool:
    """The capability worked a short while ago."""
    last = case.facts.capability_ok_at
    return last is not None and case.facts.now - last <= PASSES_WITHIN


def gone(case: Case) -> bool:
    """An app that was there is not any more."""
    about_an_app = case.row.capability in {Capability.REVIEWS, Capability.ANALYTICS}
    if case.evidence is None or not about_an_app:
        return False
    return case.evidence.vanished or (case.status in {404, 410} and not case.evidence.listed)


def empty(case: Case) -> bool:
    """What was asked for came empty."""
    return case.evidence is not None and case.evidence.empty
