"""Evidence in, verdict out: every kind of answer has its own state, sentence and person to act."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.health.capabilities import Capability, info
from ascinbox.core.health.evidence import Circumstances, Evidence, HealthState, Verdict
from ascinbox.core.health.verdict_rules import RULES
from ascinbox.core.health.verdicts import best, inherit, judge, say_span, say_time, shell_word, words_of
from ascinbox.core.records import CredentialKind

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
TEAM, OWN, REPORTER = CredentialKind.TEAM, CredentialKind.INDIVIDUAL, CredentialKind.REPORTER
S = HealthState


def facts(kind: CredentialKind = TEAM, **changes: object) -> Circumstances:
    base = Circumstances(
        "Northwind", kind, "ABCD127F2K", NOW, vendor="85012345", wanted=("Customer Support", "Finance")
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def answer(capability: Capability, status: int | None, **changes: object) -> Evidence:
    base = Evidence(capability, NOW, status=status, request="GET /v1/somewhere")
    return replace(base, **changes)  # type: ignore[arg-type]


def refusal(capability: Capability, code: str = "FORBIDDEN_ERROR", **changes: object) -> Evidence:
    detail = "The API key in use does not allow this request"
    return answer(capability, 403, code=code, **{"detail": detail, **changes})


REVIEWS, REPLY, SALES, FINANCE = Capability.REVIEWS, Capability.REPLY, Capability.SALES, Capability.FINANCE
ANALYTICS, USERS, LISTING = Capability.ANALYTICS, Capability.USERS, Capability.LISTING
AGREEMENT = "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"
LAPSED = "Team ID is not associated with an active membership."

CASES: list[tuple[str, Capability, Evidence | None, Circumstances, HealthState, int | None, str]] = [
    ("not chosen", SALES, None, facts(chosen=False), S.OFF, None, "not chosen"),
    ("individual sales", SALES, None, facts(OWN), S.NOT_POSSIBLE, None, "never gives Sales to an individual"),
    ("reporter reviews", REVIEWS, None, facts(REPORTER), S.NOT_POSSIBLE, None, "Reporter token"),
    ("no vendor", FINANCE, None, facts(vendor=None), S.NEVER, 3, "needs the vendor number"),
    ("never asked", USERS, None, facts(), S.NEVER, 3, "never checked"),
    ("reply unproved", REPLY, None, facts(), S.ASSUMED, 0, "Not proved"),
    ("reply of nobody", REPLY, None, facts(checked=False), S.NEVER, 3, "never checked"),
    ("reply proved", REPLY, None, facts(reply_accepted_at=NOW), S.OK, 0, "accepted a reply"),
    ("reply likely", REPLY, answer(REPLY, 404, made_up=True), facts(), S.LIKELY, 0, "review only"),
    ("reply conflict", REPLY, answer(REPLY, 409, made_up=True), facts(), S.LIKELY, 0, "review only"),
    ("reply refused", REPLY, refusal(REPLY), facts(), S.NO_ROLE, 2, "may not answer"),
    (
        "made-up refused",
        REPLY,
        refusal(REPLY, made_up=True),
        facts(OWN),
        S.NO_ROLE,
        2,
        "Apple refused replying",
    ),
    (
        "listing: a team key may not change it",
        LISTING,
        refusal(LISTING, request="PATCH /v1/appStoreVersionLocalizations/1", subject="Tide Clock"),
        facts(capability_ok_at=NOW),
        S.NO_ROLE,
        2,
        "refused this team key a change (of Tide Clock): that takes App Manager or Admin",
    ),
    (
        "listing: an individual key may not change it",
        LISTING,
        refusal(LISTING, request="POST /v1/appStoreVersions", subject="Tide Clock"),
        facts(OWN, capability_ok_at=NOW),
        S.NO_ROLE,
        2,
        "its user needs App Manager or Admin",
    ),
    ("works", REVIEWS, answer(REVIEWS, 200), facts(), S.OK, 0, "Reviews works"),
    ("no sales that day", SALES, answer(SALES, 404, detail="There were no sales"), facts(), S.OK, 0, "works"),
    ("past retention", SALES, answer(SALES, 410), facts(), S.OK, 0, "works"),
    ("version wanted", SALES, answer(SALES, 400, detail="include the version"), facts(), S.OK, 0, "works"),
    (
        "vendor of another",
        SALES,
        answer(SALES, 400, detail="Invalid vendor number specified"),
        facts(),
        S.REJECTED,
        2,
        "does not know vendor number 85012345",
    ),
    (
        "offline",
        REVIEWS,
        answer(REVIEWS, None, failure="No way."),
        facts(key_ok_at=NOW),
        S.OFFLINE,
        1,
        "from",
    ),
    (
        "offline for long",
        REVIEWS,
        answer(REVIEWS, None, failure="No way."),
        facts(key_ok_at=NOW - timedelta(days=2)),
        S.OFFLINE,
        2,
        "nothing has been proved since",
    ),
    ("Apple down", REVIEWS, answer(REVIEWS, 503), facts(), S.OFFLINE, 1, "fault of its own"),
    ("slow down", REVIEWS, answer(REVIEWS, 429, retry_at=NOW), facts(), S.LIMITED, 1, "patience"),
    ("nearly spent", REVIEWS, answer(REVIEWS, 200, budget_left=0.04), facts(), S.LIMITED, 1, "less than 5 %"),
    ("clock", REVIEWS, answer(REVIEWS, 401, clock_skew_s=600.0), facts(), S.CLOCK, 2, "10 min ahead of"),
    ("clock back", REVIEWS, answer(REVIEWS, 401, clock_skew_s=-61.0), facts(), S.CLOCK, 2, "61 s behind"),
    (
        "never worked",
        REVIEWS,
        answer(REVIEWS, 401, clock_skew_s=2.0),
        facts(),
        S.REJECTED,
        2,
        "never accepted",
    ),
    ("issuer missing", REVIEWS, answer(REVIEWS, 401), facts(OWN), S.REJECTED, 2, "without an issuer id"),
    (
        "worked until",
        REVIEWS,
        answer(REVIEWS, 401),
        facts(key_ok_at=NOW - timedelta(hours=1)),
        S.REJECTED,
        2,
        "worked until",
    ),
    ("just here", SALES, answer(SALES, 401), facts(apps_seen=True), S.REJECTED, 2, "refused it just here"),
    (
        "several accounts",
        SALES,
        answer(SALES, 400, code="214"),
        facts(REPORTER),
        S.REJECTED,
        2,
        "reaches several accounts",
    ),
    ("reporter 404", SALES, answer(SALES, 404), facts(REPORTER), S.REJECTED, 2, "does not know what"),
    ("no time told", SALES, answer(SALES, 429), facts(REPORTER), S.LIMITED, 1, "until the next check"),
    ("old token", SALES, answer(SALES, 401), facts(REPORTER), S.REJECTED, 2, "Reporter token"),
    ("agreement", SALES, refusal(SALES, AGREEMENT), facts(), S.CONTRACT, 2, "agreement is unsigned"),
    ("agreement by link", SALES, refusal(SALES, see="/business"), facts(), S.CONTRACT, 2, "agreement"),
    (
        "agreement by address",
        SALES,
        refusal(SALES, see="https://appstoreconnect.apple.com/agreements/"),
        facts(),
        S.CONTRACT,
        2,
        "agreement",
    ),
    ("membership", REVIEWS, refusal(REVIEWS, detail=LAPSED), facts(), S.CONTRACT, 2, "membership"),
    (
        "scope",
        REVIEWS,
        refusal(REVIEWS, "FORBIDDEN.REQUEST_DOES_NOT_MATCH_SCOPE"),
        facts(),
        S.REJECTED,
        2,
        "scope claim",
    ),
    ("revoked by 403", REVIEWS, refusal(REVIEWS, detail="revoked"), facts(), S.REJECTED, 2, "was revoked"),
    (
        "own key revoked by 403",
        REVIEWS,
        refusal(REVIEWS, detail="The key has been revoked."),
        facts(OWN),
        S.REJECTED,
        2,
        "ABCD127F2K was revoked at Apple.",
    ),
    (
        "team role",
        FINANCE,
        refusal(FINANCE),
        facts(apps_seen=True),
        S.NO_ROLE,
        2,
        "Finance needs Finance or Admin",
    ),
    ("team no apps", REVIEWS, refusal(REVIEWS), facts(apps_seen=False), S.NO_ROLE, 2, "may not even list"),
    (
        "team once worked",
        REVIEWS,
        refusal(REVIEWS),
        facts(capability_ok_at=NOW - timedelta(hours=1), apps_seen=True),
        S.NO_ROLE,
        2,
        "roles never change",
    ),
    (
        "team refused for days",
        REVIEWS,
        refusal(REVIEWS),
        facts(capability_ok_at=NOW - timedelta(days=4), apps_seen=True),
        S.NO_ROLE,
        2,
        "for too long to pass",
    ),
    (
        "individual role",
        USERS,
        refusal(USERS),
        facts(OWN, apps_seen=True),
        S.NO_ROLE,
        2,
        "user of this individual",
    ),
    (
        "individual once worked",
        USERS,
        refusal(USERS),
        facts(OWN, capability_ok_at=NOW - timedelta(hours=1)),
        S.NO_ROLE,
        2,
        "they were changed",
    ),
    ("reporter role", FINANCE, refusal(FINANCE), facts(REPORTER), S.NO_ROLE, 2, "person behind"),
    (
        "app gone",
        REVIEWS,
        answer(REVIEWS, 404, subject="Tide Clock"),
        facts(capability_ok_at=NOW - timedelta(days=1)),
        S.REMOVED,
        2,
        "Tide Clock: no longer visible to this key. It was until 20 Nov",
    ),
    (
        "app listed all the same",
        REVIEWS,
        answer(REVIEWS, 404, subject="Tide Clock", listed=True),
        facts(capability_ok_at=NOW - timedelta(days=1)),
        S.REJECTED,
        1,
        "The app was not removed",
    ),
    (
        "listing not there",
        LISTING,
        answer(LISTING, 404, subject="Tide Clock", listed=True),
        facts(capability_ok_at=NOW - timedelta(days=1)),
        S.NEVER,
        3,
        "the cell of Reviews tells",
    ),
    (
        "listing not there and the apps not known",
        LISTING,
        answer(LISTING, 404, subject="Tide Clock"),
        facts(capability_ok_at=NOW - timedelta(days=1)),
        S.NEVER,
        3,
        "Not known",
    ),
    (
        "listing read",
        LISTING,
        answer(LISTING, 200, subject="Tide Clock"),
        facts(),
        S.OK,
        0,
        "changing it needs App Manager or Admin",
    ),
    (
        "listing refused",
        LISTING,
        refusal(LISTING),
        facts(),
        S.NO_ROLE,
        2,
        "Listing needs App Manager or Admin",
    ),
    (
        "agreement by words",
        SALES,
        refusal(SALES, detail="A required agreement is missing or has expired."),
        facts(),
        S.CONTRACT,
        2,
        "agreement is unsigned",
    ),
    (
        "access to an app gone",
        REVIEWS,
        answer(REVIEWS, 200, subject="Tide Clock", vanished=True, detail="the list is without Tide Clock"),
        facts(OWN),
        S.REMOVED,
        2,
        "access to it was taken",
    ),
    (
        "all apps gone",
        REVIEWS,
        answer(REVIEWS, 200, empty=True),
        facts(capability_ok_at=NOW),
        S.REMOVED,
        2,
        "No app is visible",
    ),
    ("no apps at all", REVIEWS, answer(REVIEWS, 200, empty=True), facts(), S.NO_ROLE, 2, "shows it no app"),
    (
        "analytics stopped",
        ANALYTICS,
        answer(ANALYTICS, 200, stopped=True),
        facts(),
        S.STALLED,
        1,
        "nobody downloaded",
    ),
    (
        "analytics stopped, and this key may not make it anew",
        ANALYTICS,
        answer(ANALYTICS, 200, stopped=True, create_refused=True),
        facts(),
        S.STALLED,
        1,
        "may not request them anew",
    ),
    (
        "an analytics request that is in no list",
        ANALYTICS,
        answer(ANALYTICS, 200, empty=True, create_conflict=True),
        facts(),
        S.STALLED,
        1,
        "exists already",
    ),
    (
        "analytics refused",
        ANALYTICS,
        answer(ANALYTICS, 200, empty=True, create_refused=True),
        facts(),
        S.STALLED,
        1,
        "ever requested",
    ),
    (
        "analytics none yet",
        ANALYTICS,
        answer(ANALYTICS, 200, empty=True),
        facts(),
        S.PENDING,
        0,
        "no report has been",
    ),
    (
        "analytics fresh",
        ANALYTICS,
        answer(ANALYTICS, 200, requested_at=NOW - timedelta(hours=22)),
        facts(),
        S.PENDING,
        0,
        "22 h ago",
    ),
    (
        "analytics late",
        ANALYTICS,
        answer(ANALYTICS, 200, requested_at=NOW - timedelta(hours=50)),
        facts(),
        S.PENDING,
        1,
        "50 h old",
    ),
    (
        "analytics dead",
        ANALYTICS,
        answer(ANALYTICS, 200, requested_at=NOW - timedelta(hours=80)),
        facts(),
        S.STALLED,
        1,
        "delivered nothing",
    ),
    ("analytics", ANALYTICS, answer(ANALYTICS, 200, delivered=True), facts(), S.OK, 0, "Analytics works"),
    (
        "a report that cannot be read",
        SALES,
        answer(SALES, 200, unreadable="The file cannot be read: its packing is damaged."),
        facts(),
        S.STALLED,
        2,
        "cannot be read. The file",
    ),
    (
        "locked keyring",
        REVIEWS,
        answer(REVIEWS, None, failure="The keyring is locked.", key_unreadable=True, next_step="Unlock it."),
        facts(),
        S.REJECTED,
        2,
        "The keyring is locked.",
    ),
    (
        "unheard of",
        REVIEWS,
        answer(REVIEWS, 418, detail="teapot"),
        facts(),
        S.REJECTED,
        2,
        "its words say why",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_the_table(
    case: tuple[str, Capability, Evidence | None, Circumstances, HealthState, int | None, str],
) -> None:
    _, capability, evidence, circumstances, state, severity, words = case
    verdict = judge(capability, evidence, circumstances)
    assert (verdict.state, verdict.severity) == (state, severity)
    assert words in verdict.detail
    if severity in {1, 2}:
        assert verdict.fix, "what is wrong has a way out"
        assert verdict.who, "and somebody who can take it"
    if evidence is not None and evidence.status is not None:
        assert str(evidence.status) in verdict.evidence
        if evidence.status >= 400:
            assert evidence.code in verdict.evidence
            assert evidence.detail in verdict.evidence


def test_every_row_of_the_table_is_reached_by_a_case() -> None:
    details = {judge(c, e, f).detail for _, c, e, f, *_ in CASES}
    for rule in RULES:
        texts = {rule.detail.format_map(words_of(c, e, f)).strip() for _, c, e, f, *_ in CASES}
        assert texts & details, rule.detail


def test_different_refusals_have_different_sentences() -> None:
    same_meaning = {"agreement by link", "agreement by address", "agreement by words", "made-up refused"}
    broken = [c for c in CASES if c[5] == 2 and c[0] not in same_meaning]
    sentences = {judge(c, e, f).detail for _, c, e, f, *_ in broken}
    assert len(sentences) == len(broken)


def test_apples_code_and_words_stay() -> None:
    verdict = judge(FINANCE, refusal(FINANCE), facts())
    assert verdict.evidence == (
        "403 FORBIDDEN_ERROR on GET /v1/somewhere: The API key in use does not allow this request"
    )


def test_a_refused_key_is_told_which_new_key_to_make() -> None:
    verdict = judge(FINANCE, refusal(FINANCE), facts(apps_seen=True))
    assert "Access: Customer Support + Finance" in verdict.fix
    assert "w here with the new key" in verdict.then
    reply = judge(REPLY, refusal(REPLY), facts())
    assert "Access: Admin" in reply.fix


def test_the_best_credential_speaks_for_the_account() -> None:
    def of(state: HealthState) -> Verdict:
        return Verdict("sales", state, "")

    assert best([of(S.NOT_POSSIBLE), of(S.OK)]).state is S.OK
    assert best([of(S.NOT_POSSIBLE), of(S.NO_ROLE)]).state is S.NO_ROLE
    assert best([of(S.NEVER), of(S.NO_ROLE)]).state is S.NO_ROLE


@pytest.mark.parametrize("state", [S.REJECTED, S.CLOCK, S.CONTRACT, S.OFFLINE, S.REMOVED, S.NO_ROLE])
def test_replying_fails_where_reading_fails(state: HealthState) -> None:
    reply = judge(REPLY, None, facts())
    reviews = Verdict("reviews", state, "because", severity=2)
    assert inherit(reply, reviews).state is state
    assert inherit(reply, reviews).capability == "reply"
    proved = judge(REPLY, None, facts(reply_accepted_at=NOW - timedelta(days=3)))
    whole_key = {S.REJECTED, S.CLOCK, S.CONTRACT, S.OFFLINE}
    assert inherit(proved, reviews).state is (state if state in whole_key else S.OK)


statuses = st.one_of(
    st.none(), st.sampled_from([200, 201, 400, 401, 403, 404, 405, 409, 410, 415, 422, 429, 500, 503])
)


@given(
    st.sampled_from([capability for capability in Capability if not info(capability).public]),
    st.sampled_from(list(CredentialKind)),
    statuses,
    st.text(max_size=40),
    st.text(max_size=80),
    st.booleans(),
    st.one_of(st.none(), st.floats(-1e6, 1e6)),
)
def test_no_answer_of_apples_is_without_a_verdict(
    capability: Capability,
    kind: CredentialKind,
    status: int | None,
    code: str,
    detail: str,
    flag: bool,
    skew: float | None,
) -> None:
    evidence = answer(
        capability,
        status,
        code=code,
        detail=detail,
        empty=flag,
        made_up=flag,
        stopped=flag,
        clock_skew_s=skew,
    )
    verdict = judge(capability, evidence, facts(kind, key_ok_at=NOW if flag else None))
    assert verdict.detail
    assert "{" not in verdict.fix.replace(detail, "").replace(code, "")
    assert verdict.checked_at == NOW


def test_times_and_spans_in_words() -> None:
    local = NOW.astimezone()
    assert say_time(NOW, NOW) == f"{local:%H:%M}"
    assert say_time(None, NOW) == "never"
    assert "2025" in say_time(NOW - timedelta(days=365), NOW)
    assert [say_span(timedelta(seconds=s)) for s in (-5, 40, 720, 79_200, 400_000)] == [
        "0 s",
        "40 s",
        "12 min",
        "22 h",
        "4 days",
    ]


@pytest.mark.parametrize(
    ("name", "word"), [("North", "North"), ("Indie (me)", "'Indie (me)'"), ("O'N", "'O'\\''N'")]
)
def test_names_in_commands_are_quoted(name: str, word: str) -> None:
    assert shell_word(name) == word
