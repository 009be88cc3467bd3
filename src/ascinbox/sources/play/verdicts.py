"""From evidence to a verdict: what an answer of Google's says about a capability, and who has to do what."""

from __future__ import annotations

from datetime import timedelta

from ascinbox.core.clock import CLOCK_TOLERANCE_S
from ascinbox.core.health.capabilities import Capability, info
from ascinbox.core.health.evidence import Circumstances, Evidence, HealthState, Verdict
from ascinbox.core.health.verdicts import say_skew, say_time, shell_word
from ascinbox.core.stores import PLAY_STORE, kind_info
from ascinbox.sources.play.refusals import DISABLED, LIMITED

BUDGET_LOW = 0.05
_OWNER = "the owner of the Play Console account, or an admin of it"
_CLOUD = "whoever has the Google Cloud project"


def judge(capability: str, evidence: Evidence | None, facts: Circumstances) -> Verdict:
    """The verdict on one capability of one service account."""
    kind, row = kind_info(facts.kind), info(capability)
    make = _Maker(row.title, evidence, facts)
    if capability not in kind.capabilities:
        return make(
            HealthState.NOT_POSSIBLE,
            None,
            f"Google Play gives no {row.title} to a service account here.",
        )
    if not facts.chosen:
        return make(
            HealthState.OFF,
            None,
            f"{row.title} was not chosen for this account.",
            instead="enter on the cell switches it on.",
        )
    if capability == Capability.REPLY and (evidence is None or evidence.status in {None, 400, 404, 422}):
        return _untested_reply(make, facts)
    if evidence is None:
        return _not_asked(make, capability)
    if evidence.key_unreadable:
        return make(
            HealthState.REJECTED,
            2,
            f"The service account's key cannot be had: {evidence.failure}",
            evidence.next_step,
            "you",
        )
    if evidence.status is None:
        return _unreached(make, evidence, facts)
    if evidence.status == 200:
        return _works(make, capability, evidence)
    return _refused(make, capability, evidence, facts)


class _Maker:
    """Builds verdicts of one case."""

    def __init__(self, title: str, evidence: Evidence | None, facts: Circumstances) -> None:
        self.title = title
        self._evidence = evidence
        self._facts = facts

    def __call__(
        self,
        state: HealthState,
        severity: int | None,
        detail: str,
        fix: str = "",
        who: str = "",
        then: str = "",
        instead: str = "",
    ) -> Verdict:
        capability = next(c for c in Capability if info(c).title == self.title)
        shown = self._evidence
        return Verdict(
            capability=capability.value,
            state=state,
            detail=detail,
            evidence=_evidence_line(shown),
            fix=fix,
            who=who,
            then=then,
            instead=instead,
            severity=severity,
            checked_at=shown.at if shown else None,
            credential=self._facts.key_id,
        )


def _untested_reply(make: _Maker, facts: Circumstances) -> Verdict:
    if facts.reply_accepted_at is not None:
        when = say_time(facts.reply_accepted_at, facts.now)
        return make(HealthState.OK, 0, f"Google accepted a reply with this service account {when}.")
    if facts.checked:
        return make(
            HealthState.ASSUMED,
            0,
            "Whoever may read reviews with Reply to reviews may answer them; the first reply proves it.",
        )
    return make(HealthState.NEVER, 3, "It was never checked.", "F5 checks it now.", "you")


def _not_asked(make: _Maker, capability: str) -> Verdict:
    if capability == Capability.BULK_REPORTS:
        return make(
            HealthState.NEVER,
            3,
            "The monthly files need the name of the bucket, which only Play Console shows.",
            f"{PLAY_STORE.links['bucket']}. Then: ascinbox rotate NAME --bucket pubsite_prod_rev_…",
            "you",
            instead="Download the files there and read them in with: ascinbox import FILE…",
        )
    return make(HealthState.NEVER, 3, "It was never checked.", "F5 checks it now.", "you")


def _unreached(make: _Maker, evidence: Evidence, facts: Circumstances) -> Verdict:
    last = facts.key_ok_at
    old = last is None or facts.now - last > facts.max_age
    return make(
        HealthState.OFFLINE,
        2 if old else 1,
        f"Google was not reached: {evidence.failure}",
        evidence.next_step or "Check the network, HTTPS_PROXY and SSL_CERT_FILE.",
        "you",
    )


def _works(make: _Maker, capability: str, evidence: Evidence) -> Verdict:
    if evidence.budget_left is not None and evidence.budget_left < BUDGET_LOW:
        return make(
            HealthState.LIMITED,
            1,
            f"{make.title} works, but less than 5 % of an app's 200 requests an hour are left.",
            "Nothing to do: it recovers within the hour.",
            "nobody",
        )
    if capability == Capability.BULK_REPORTS and evidence.empty:
        return make(
            HealthState.PENDING,
            0,
            f"The bucket {evidence.subject} can be read and holds no reviews yet.",
            "Nothing to do: Google lays the files down some days after the first review.",
            "nobody",
        )
    return make(HealthState.OK, 0, f"{make.title} works.")


def _refused(make: _Maker, capability: str, evidence: Evidence, facts: Circumstances) -> Verdict:
    status, said = evidence.status, f"{evidence.code} {evidence.detail}".lower()
    rotate = f"ascinbox rotate {shell_word(facts.account)} --service-account FILE"
    skew = evidence.clock_skew_s or 0.0
    if status == 429 or evidence.code in LIMITED:
        until = say_time(evidence.retry_at, facts.now) if evidence.retry_at else "later"
        return make(
            HealthState.LIMITED,
            1,
            f"Google's limit of requests is reached; it is asked again {until}.",
            "Nothing to do. If another tool asks for the same app, it shares the 200 requests an hour.",
            "nobody",
        )
    if status in {400, 401} and (abs(skew) > CLOCK_TOLERANCE_S or "reasonable timeframe" in said):
        off = f"{say_skew(skew)} Google's" if abs(skew) > CLOCK_TOLERANCE_S else "off"
        return make(
            HealthState.CLOCK,
            2,
            f"This machine's clock is {off}, so Google refuses its tokens.",
            "Set the clock: timedatectl set-ntp true",
            "you, on this machine",
        )
    if status in {400, 401}:
        return make(
            HealthState.REJECTED,
            2,
            "Google refuses this key: it was deleted, or its service account was deleted or switched off.",
            f"{PLAY_STORE.links['keys']} > Add key > Create new key > JSON.",
            _CLOUD,
            f"Then: {rotate}",
        )
    if status == 403 and (evidence.code in DISABLED or "has not been used in project" in said):
        return make(
            HealthState.NO_ROLE,
            2,
            "The Google Play Android Developer API is not enabled in the service account's project.",
            f"{PLAY_STORE.links['api']}. It takes effect after a few minutes.",
            _CLOUD,
            "F5 here.",
        )
    if status == 403 and capability == Capability.BULK_REPORTS:
        return make(
            HealthState.NO_ROLE,
            1,
            f"The service account may not read the bucket {evidence.subject}.",
            f"{PLAY_STORE.place('users')} > the service account > Account permissions > View app information "
            "and download bulk reports.",
            _OWNER,
            "Google lets it in after some hours, at most a day; F5 then.",
            "Download the files in Play Console and read them in with: ascinbox import FILE…",
        )
    if status == 403:
        lacks = (
            f"The service account is not invited for {evidence.subject}, or without Reply to reviews."
            if evidence.listed
            else "The service account is not invited in Play Console, or lacks Reply to reviews."
        )
        return make(
            HealthState.NO_ROLE,
            2,
            lacks,
            f"{PLAY_STORE.place('users')} > Invite new users > the address of the service account > "
            "App permissions > Reply to reviews.",
            _OWNER,
            "It takes effect after some minutes, at times a day; F5 then.",
        )
    if status == 404 and capability == Capability.BULK_REPORTS:
        return make(
            HealthState.REMOVED,
            1,
            f"There is no bucket {evidence.subject}.",
            f"{PLAY_STORE.links['bucket']}. Its name begins with pubsite_prod_rev_.",
            "you",
        )
    if status in {404, 410}:
        return make(
            HealthState.REMOVED,
            2,
            f"Google knows no package {evidence.subject} in this Play Console account.",
            "Compare it with the name below the app's title in Play Console > All apps.",
            "you",
            f"Then: ascinbox rotate {shell_word(facts.account)} --packages a,b",
        )
    if status is not None and status >= 500:
        recent = facts.key_ok_at is not None and facts.now - facts.key_ok_at < timedelta(hours=24)
        return make(
            HealthState.OFFLINE,
            1 if recent else 2,
            "Google Play does not work right now.",
            "Nothing to do; it is tried again.",
            "nobody",
        )
    return make(
        HealthState.REJECTED,
        2,
        "Google refused the check itself; its words say why.",
        "F5 later; if it stays, send Google's words with a bug report (ascinbox doctor --bundle FILE).",
        "you",
    )


def _evidence_line(evidence: Evidence | None) -> str:
    """`403 PERMISSION_DENIED on GET /androidpublisher/…: The caller does not have permission`."""
    if evidence is None:
        return ""
    if evidence.status is None:
        return (
            evidence.failure
            if evidence.request in evidence.failure
            else f"{evidence.request}: {evidence.failure}"
        )
    answer = " ".join(part for part in (str(evidence.status), evidence.code) if part)
    line = f"{answer} on {evidence.request}" if evidence.request else answer
    return f"{line}: {evidence.detail}" if evidence.detail and evidence.status >= 400 else line
