"""From evidence to a verdict: what an answer of Apple's says about a capability, and who has to do what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ascinbox.core.health.capabilities import Capability, info
from ascinbox.core.health.evidence import Circumstances, Evidence, HealthState, Unread, Verdict
from ascinbox.core.health.verdict_case import Case
from ascinbox.core.health.verdict_rules import RULES
from ascinbox.core.records import CredentialKind
from ascinbox.core.stores import APP_STORE

__all__ = [
    "Circumstances",
    "Evidence",
    "HealthState",
    "Verdict",
    "best",
    "inherit",
    "judge",
    "mind_unread",
    "say_span",
    "say_time",
]

_GOODNESS: tuple[HealthState, ...] = (
    HealthState.OK,
    HealthState.LIKELY,
    HealthState.ASSUMED,
    HealthState.LIMITED,
    HealthState.PENDING,
    HealthState.EXPIRING,
    HealthState.STALE,
    HealthState.OFFLINE,
    HealthState.STALLED,
    HealthState.CONTRACT,
    HealthState.CLOCK,
    HealthState.REMOVED,
    HealthState.NO_ROLE,
    HealthState.REJECTED,
    HealthState.NEVER,
    HealthState.OFF,
    HealthState.NOT_POSSIBLE,
)
"""When several credentials serve one account, the cell shows the best that one of them can."""


def judge(capability: str, evidence: Evidence | None, facts: Circumstances) -> Verdict:
    """The verdict on one capability of one credential."""
    case = Case(info(capability), facts, evidence)
    rule = next(rule for rule in RULES if rule.when(case))
    words = words_of(case.row.capability, evidence, facts)
    return Verdict(
        capability=case.row.capability.value,
        state=rule.state,
        detail=rule.detail.format_map(words).strip(),
        evidence=_evidence_line(evidence),
        fix=rule.fix.format_map(words),
        who=rule.who,
        then=rule.then.format_map(words),
        instead=rule.instead.format_map(words),
        severity=rule.severity,
        checked_at=evidence.at if evidence else None,
        credential=facts.key_id,
    )


def best(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of an account that has several credentials; ValueError for none."""
    return min(verdicts, key=lambda verdict: _GOODNESS.index(verdict.state))


_READS = frozenset({HealthState.OK, HealthState.LIMITED, HealthState.OFF, HealthState.NEVER})
_WHOLE_KEY = frozenset({HealthState.REJECTED, HealthState.CLOCK, HealthState.CONTRACT, HealthState.OFFLINE})
"""What is wrong with the whole connection, so that no earlier proof of replying stands against it."""


def inherit(reply: Verdict, reviews: Verdict) -> Verdict:
    """Replying with a key that cannot even read reviews fails for the same reason.

    A reply that Apple once accepted proves nothing about a key that is refused today.
    """
    unproved = reply.state in {HealthState.ASSUMED, HealthState.NEVER} and reviews.state not in _READS
    proved = reply.state in {HealthState.OK, HealthState.LIKELY} and reviews.state in _WHOLE_KEY
    return replace(reviews, capability=reply.capability) if unproved or proved else reply


def mind_unread(verdict: Verdict, unread: Unread | None, company: str) -> Verdict:
    """A capability is not fine while what is fetched with it cannot be read, whatever a probe showed."""
    if unread is None or (verdict.severity != 0 and verdict.state is not HealthState.STALE):
        return verdict
    what = f"what {company} sends could not be read"
    if unread.refused:
        what = f"{company} refused it to the last sync that asked"
    elif unread.day is not None:
        many = "1 file" if unread.files == 1 else f"{unread.files} files"
        what = f"{many} of {company}'s, the newest of {unread.day}, could not be read"
    title = info(verdict.capability).title
    return replace(
        verdict,
        state=HealthState.STALLED,
        severity=2 if unread.newest else 1,
        detail=f"{title} is let through, but {what}: {unread.why}",
        fix="It is asked for again with the next sync, at once by: ascinbox sync. "
        "If it stays so: ascinbox doctor --bundle, and report it.",
        who="you",
    )


def _evidence_line(evidence: Evidence | None) -> str:
    """`403 FORBIDDEN_ERROR on GET /v1/financeReports: The API key in use does not allow this request`."""
    if evidence is None:
        return ""
    if evidence.status is None:
        named = evidence.request in evidence.failure
        return evidence.failure if named else f"{evidence.request}: {evidence.failure}"
    answer = " ".join(part for part in (str(evidence.status), evidence.code) if part)
    line = f"{answer} on {evidence.request}" if evidence.request else answer
    shown = evidence.status >= 400 or evidence.vanished
    return f"{line}: {evidence.detail}" if evidence.detail and shown else line


def words_of(capability: str, evidence: Evidence | None, facts: Circumstances) -> dict[str, str]:
    """What fills the templates of the rules."""
    case = Case(info(capability), facts, evidence)
    least = case.row.least(facts.kind)
    # What Apple refused a Customer Support key is only certain with an Admin key.
    refused_reply = case.row.capability is Capability.REPLY and case.status == 403
    wanted = (
        ("Admin",) if refused_reply else facts.wanted or ((least.words_for(facts.kind),) if least else ())
    )
    integrations = APP_STORE.links["team keys"]
    return {
        "account": facts.account,
        "account_arg": shell_word(facts.account),
        "title": case.row.title,
        "needs": case.row.needs,
        "reading": case.row.reading,
        "least": least.words_for(facts.kind) if least else "Admin",
        "wanted": " + ".join(wanted) or "Admin",
        "key": facts.key_id,
        "vendor": facts.vendor or "",
        "where": integrations
        if facts.kind == CredentialKind.TEAM
        else "the user's own profile > Individual API Key",
        "key_ok": say_time(facts.key_ok_at, facts.now),
        "capability_ok": say_time(facts.capability_ok_at, facts.now),
        "until": f" It was until {say_time(facts.capability_ok_at, facts.now)}."
        if facts.capability_ok_at is not None
        else "",
        "reply_accepted": say_time(facts.reply_accepted_at, facts.now),
        "retry": say_time(evidence.retry_at, facts.now)
        if evidence is not None and evidence.retry_at is not None
        else "the next check",
        "failure": evidence.failure if evidence else "",
        "unreadable": evidence.unreadable if evidence else "",
        "next_step": evidence.next_step if evidence else "",
        "reach": (evidence.next_step if evidence else "")
        or "Check the network, HTTPS_PROXY and SSL_CERT_FILE.",
        "subject": (evidence.subject if evidence else "") or "The app",
        "skew": say_skew(case.skew),
        "request_age": say_span(case.request_age),
    }


def shell_word(text: str) -> str:
    """`text` as one word of a command line."""
    plain = text.replace("-", "").replace("_", "").replace(".", "")
    return text if plain.isalnum() and plain.isascii() else "'" + text.replace("'", "'\\''") + "'"


def say_time(moment: datetime | None, now: datetime) -> str:
    """`14:02` today, `20 Nov 14:02` earlier, in the machine's time zone; `never` for None."""
    if moment is None:
        return "never"
    local, today = moment.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def say_span(span: timedelta) -> str:
    """`40 s`, `12 min`, `22 h`, `3 days`."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 72 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"


def say_skew(seconds: float) -> str:
    """`3 min ahead of`, `20 s behind`."""
    size = abs(seconds)
    amount = f"{size:.0f} s" if size < 600 else f"{size / 60:.0f} min"
    return f"{amount} {'ahead of' if seconds > 0 else 'behind'}"
