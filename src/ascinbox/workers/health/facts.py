"""What is known of a credential beside what a probe shows: facts for the verdict on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import Capability, parse_features
from ascinbox.core.health.evidence import Circumstances, Evidence, HealthState, Verdict
from ascinbox.core.health.planner import least_roles
from ascinbox.core.records import Credential

if TYPE_CHECKING:
    from ascinbox.sources.base import Found
    from ascinbox.workers.health.report import Background

SERIOUS_AFTER = timedelta(hours=24)
"""Being offline is critical when nothing was proved for this long, unless the caller says otherwise."""
TRIAL_COUNTS = timedelta(days=7)
"""How long the outcome of a made-up reply stands against a plain assumption."""


def circumstances(
    background: Background,
    credential: Credential,
    capability: Capability,
    now: datetime,
    found: Found | None = None,
) -> Circumstances:
    """What is known of a credential and a capability. `found`: what a probe showed just now."""
    account = background.account
    kept = background.kept.get((credential.key_id, capability.value))
    accepted = background.accepted.get(credential.key_id)
    return Circumstances(
        account=account.name,
        kind=credential.kind,
        key_id=credential.key_id,
        now=now,
        chosen=capability in parse_features(account.features),
        vendor=account.vendor,
        apps_seen=found.accepted if found is not None and found.apps_evidence is not None else None,
        key_ok_at=credential.last_ok_at,
        capability_ok_at=kept.proved_at if kept else None,
        reply_accepted_at=accepted,
        expires_at=credential.expires_at,
        wanted=tuple(r.words_for(credential.kind) for r in least_roles(account.features, credential.kind)),
        max_age=SERIOUS_AFTER,
    )


def tried_before(background: Background, credential: Credential, now: datetime) -> Verdict | None:
    """What a made-up reply showed lately says more than an assumption; it keeps the time it was taken."""
    kept = background.kept.get((credential.key_id, Capability.REPLY.value))
    if kept is None or age_of(kept.verdict, now) > TRIAL_COUNTS:
        return None
    tried = kept.verdict.state in {HealthState.LIKELY, HealthState.NO_ROLE}
    return kept.verdict if tried and "POST" in kept.verdict.evidence else None


def reply_evidence(background: Background, credential: Credential) -> Evidence | None:
    """A refusal of a real reply counts until a reply is accepted again."""
    refused = background.refused.get(credential.key_id)
    accepted = background.accepted.get(credential.key_id)
    if refused is None or (accepted is not None and accepted > refused.at):
        return None
    return refused


def age_of(verdict: Verdict, now: datetime) -> timedelta:
    """How long ago a verdict was taken; endless when it never was."""
    return now - verdict.checked_at if verdict.checked_at else timedelta.max
