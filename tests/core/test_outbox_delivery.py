"""The steps of a reply, one at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ascinbox.core.errors import (
    AscinboxError,
    Forbidden,
    NetworkError,
    NotFound,
    RateLimited,
    Rejected,
    SourceProblem,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from ascinbox.core.outbox import decisions, delivery, reconciliation, recovery
from ascinbox.core.outbox.sentences import RowChoice, choices, sentence
from ascinbox.core.outbox.states import (
    Base,
    Kind,
    OutboxRow,
    Phase,
    Reading,
    Rules,
    Why,
    body_hash,
)
from ascinbox.core.records import Response, Review
from ascinbox.core.replies.reply_key import reply_key

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
RULES = Rules()


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def look(text: str | None = None, *, body: str = "It crashes", state: str = "PENDING_PUBLISH") -> Review:
    response = None if text is None else Response("r1", text, state, NOW)
    return Review("1", "app", 1, "Crash", body, "sam", NOW, "USA", response)


def queued(base: Review | None = None, kind: Kind = Kind.PUBLISH) -> OutboxRow:
    return OutboxRow(
        op_id="op",
        kind=kind,
        review_id="1",
        app_id="app",
        account_id=1,
        credential="team:KEY",
        phase=Phase.QUEUED,
        text="Ours",
        sha256=body_hash("Ours"),
        base=Base.of(base or look()),
        queued_at=NOW,
        send_after=later(30),
        changed_at=NOW,
    )


def sending(base: Review | None = None, kind: Kind = Kind.PUBLISH) -> OutboxRow:
    return delivery.claimed(queued(base, kind), "me", later(30), RULES)


def posted(base: Review | None = None, kind: Kind = Kind.PUBLISH) -> OutboxRow:
    return delivery.posting(sending(base, kind), later(31), RULES)


def unknown() -> OutboxRow:
    return delivery.lost(posted(), later(32), RULES, "timed out")


def apple_error(kind: type[AscinboxError], status: int) -> AscinboxError:
    problem = SourceProblem(status, "CODE", "Not so", "The text is too long.")
    return kind("Apple refused", "The text is too long.", status=status, problems=(problem,))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("row", "credential", "now", "why"),
    [
        (replace(queued(), text="Not what was confirmed"), "team:KEY", later(30), Why.DAMAGED),
        (queued(), "team:OTHER", later(30), Why.ACCOUNT_CHANGED),
        (queued(), None, later(30), Why.ACCOUNT_CHANGED),
        (queued(), "team:KEY", later(86_401), Why.TOO_OLD),
    ],
)
def test_what_never_goes_out_without_a_person(
    row: OutboxRow, credential: str | None, now: datetime, why: Why
) -> None:
    held = delivery.barred(row, credential, now, RULES)
    assert held is not None
    assert (held.phase, held.why, held.text) == (Phase.HELD, why, row.text)
    assert delivery.barred(queued(), "team:KEY", later(30), RULES) is None


def test_the_look_before_sending() -> None:
    at = later(31)
    assert delivery.reread(sending(), Reading(at, look()), None, RULES) is None
    for found, why in (
        (look(body="changed"), Why.REVIEW_CHANGED),
        (look("Theirs"), Why.ANSWERED_ELSEWHERE),
        (None, Why.REVIEW_GONE),
    ):
        held = delivery.reread(sending(), Reading(at, found), None, RULES)
        assert held is not None
        assert (held.phase, held.why, held.lease_owner) == (Phase.HELD, why, "")
    removed = delivery.reread(sending(look("Old")), Reading(at, look()), None, RULES)
    assert removed is not None
    assert removed.why is Why.REPLY_REMOVED
    ours = delivery.reread(sending(), Reading(at, look("Ours")), None, RULES)
    assert ours is not None
    assert (ours.phase, ours.attempts) == (Phase.PENDING, 0)


def test_a_held_row_keeps_theirs_beside_ours() -> None:
    held = delivery.reread(sending(), Reading(later(31), look("Theirs")), None, RULES)
    assert held is not None
    assert held.theirs is not None
    assert (held.theirs.text, held.text) == ("Theirs", "Ours")
    assert choices(held) == (RowChoice.EDIT, RowChoice.SEND, RowChoice.KEEP, RowChoice.COPY)
    assert "someone else answered" in sentence(held, NOW)


def test_a_look_soon_after_our_own_text_may_be_stale() -> None:
    row = sending(look("Our earlier text"))
    put = replace(posted(), phase=Phase.PENDING, accepted_at=later(10))
    again = delivery.reread(row, Reading(later(31), look()), put, RULES)
    assert again is not None
    assert (again.phase, again.send_after) == (Phase.QUEUED, later(70))
    believed = delivery.reread(row, Reading(later(71), look()), put, RULES)
    assert believed is not None
    assert believed.why is Why.REPLY_REMOVED


def test_a_look_that_shows_what_another_program_just_put_there_is_believed_at_once() -> None:
    put = replace(posted(), text="Another script's", phase=Phase.PENDING, accepted_at=later(30))
    held = delivery.reread(sending(), Reading(later(31), look("Another script's")), put, RULES)
    assert held is not None
    assert (held.phase, held.why) == (Phase.HELD, Why.ANSWERED_ELSEWHERE)


def test_consent_makes_what_was_shown_the_new_base() -> None:
    held = delivery.reread(sending(), Reading(later(31), look("Theirs", body="changed")), None, RULES)
    assert held is not None
    again = decisions.consented(held, "team:NEW", later(100), RULES)
    assert (again.phase, again.credential, again.queued_at) == (Phase.QUEUED, "team:NEW", later(100))
    assert again.send_after == later(130)
    claimed = delivery.claimed(again, "me", later(130), RULES)
    assert delivery.reread(claimed, Reading(later(131), look("Theirs", body="changed")), None, RULES) is None
    third = delivery.reread(claimed, Reading(later(131), look("A third one")), None, RULES)
    assert third is not None
    assert third.phase is Phase.HELD


def test_an_accepted_reply_waits_for_customers_to_see_it() -> None:
    row = delivery.accepted(posted(), Response("r9", "Ours ", "PENDING_PUBLISH"), later(32))
    assert (row.phase, row.response_id, row.echo_key) == (Phase.PENDING, "r9", reply_key("Ours"))
    assert row.check_after == later(37)
    public = delivery.accepted(posted(), Response("r9", "Ours", "PUBLISHED"), later(32))
    assert (public.phase, public.published_at) == (Phase.PUBLISHED, later(32))
    gone = delivery.accepted(posted(look("Old"), Kind.WITHDRAW), None, later(32))
    assert gone.phase is Phase.WITHDRAWN


def test_row_27_an_answer_with_another_text_is_accepted_and_told() -> None:
    cut = delivery.accepted(posted(), Response("r9", "Ou", "PENDING_PUBLISH"), later(32))
    assert (cut.phase, cut.why) == (Phase.PENDING, Why.ALTERED)
    assert "in other words than were sent: Ou" in sentence(cut, later(40))
    assert reconciliation.polled(cut, Reading(later(300), look("Ou")), RULES) is None, "it counts as ours"
    public = reconciliation.polled(cut, Reading(later(300), look("Ou", state="PUBLISHED")), RULES)
    assert public is not None
    assert sentence(public, later(301)).startswith("public, but stored in other words")
    silent = delivery.accepted(posted(), Response("r9", "", "PENDING_PUBLISH"), later(32))
    assert (silent.why, silent.echo_key) == (Why.NONE, "")
    assert reconciliation.polled(silent, Reading(later(300), look("Ours")), RULES) is None


@pytest.mark.parametrize(
    ("error", "phase", "attempts"),
    [
        (apple_error(Unauthorized, 401), Phase.FAILED, 1),
        (apple_error(Forbidden, 403), Phase.FAILED, 1),
        (apple_error(NotFound, 404), Phase.FAILED, 1),
        (apple_error(Rejected, 409), Phase.FAILED, 1),
        (apple_error(Rejected, 422), Phase.FAILED, 1),
        (RateLimited("Too many", retry_at=later(90)), Phase.QUEUED, 0),
        (NetworkError("No route", unsent=True), Phase.QUEUED, 0),
        (NetworkError("Timed out"), Phase.UNKNOWN, 1),
        (UnexpectedAnswer("HTML"), Phase.UNKNOWN, 1),
        (apple_error(Unavailable, 503), Phase.UNKNOWN, 1),
    ],
)
def test_what_an_answer_means(error: AscinboxError, phase: Phase, attempts: int) -> None:
    row = delivery.failed_post(posted(), error, later(32), RULES)
    assert (row.phase, row.attempts, row.lease_owner, row.text) == (phase, attempts, "", "Ours")
    if phase is Phase.FAILED:
        assert "(4" in sentence(row, NOW)
        assert "The text is too long." in sentence(row, NOW)
    if phase is Phase.UNKNOWN:
        assert row.check_after == later(92)


def test_a_wait_that_apple_asks_for_is_bounded() -> None:
    for asked, waited in ((9e9, 31 + 900), (0, 32), (90, 90)):
        limited = RateLimited("Too many", retry_at=later(asked))
        assert delivery.wait_until(limited, later(31)) == later(waited)


def test_a_withdrawal_of_what_is_gone_is_done() -> None:
    row = delivery.failed_post(
        posted(look("Old"), Kind.WITHDRAW), apple_error(NotFound, 404), later(32), RULES
    )
    assert row.phase is Phase.WITHDRAWN


def test_a_withdrawal_that_is_answered_404_without_a_reason_is_looked_after() -> None:
    bare = NotFound("Apple does not have this.", "Apple answered 404 without a reason.", status=404)
    row = delivery.failed_post(posted(look("Old"), Kind.WITHDRAW), bare, later(32), RULES)
    assert (row.phase, row.check_after) == (Phase.UNKNOWN, later(92))


def test_a_failed_look_leaves_nothing_unknown() -> None:
    for error, phase in (
        (NetworkError("Timed out"), Phase.QUEUED),
        (apple_error(Unavailable, 503), Phase.QUEUED),
        (RateLimited("Too many", retry_at=later(9e9)), Phase.QUEUED),
        (apple_error(Forbidden, 403), Phase.FAILED),
    ):
        row = delivery.failed_look(sending(), error, later(31), RULES)
        assert (row.phase, row.attempts, row.lease_owner) == (phase, 0, "")
        assert row.send_after <= later(31 + 900)


def settle(row: OutboxRow, found: Review | None, seconds: float) -> OutboxRow:
    return reconciliation.settled(
        reconciliation.settling(row, "me", later(seconds), RULES), Reading(later(seconds), found), RULES
    )


def test_an_unheard_reply_that_arrived_is_done() -> None:
    row = settle(unknown(), look("Ours"), 92)
    assert (row.phase, row.attempts) == (Phase.PENDING, 1)


def test_an_unheard_reply_is_sent_again_only_after_two_equal_reads_ten_seconds_apart() -> None:
    once = settle(unknown(), look(), 92)
    assert (once.phase, once.check_after) == (Phase.UNKNOWN, later(102))
    hasty = settle(once, look(), 95)
    assert (hasty.phase, hasty.check_after) == (Phase.UNKNOWN, later(102))
    twice = settle(once, look(), 102)
    assert (twice.phase, twice.rounds, twice.why) == (Phase.QUEUED, 1, Why.NOT_LANDED)
    other = settle(once, look(body="changed"), 102)
    assert (other.phase, other.last_read) == (Phase.UNKNOWN, "review_changed")


def test_an_unheard_reply_that_meets_another_answer_is_held() -> None:
    assert settle(unknown(), look("Theirs"), 92).why is Why.ANSWERED_ELSEWHERE


def test_an_unheard_reply_to_a_review_that_is_missing_once_waits_for_a_second_look() -> None:
    once = settle(unknown(), None, 92)
    assert (once.phase, once.check_after) == (Phase.UNKNOWN, later(102))
    assert settle(once, None, 102).why is Why.REVIEW_GONE
    back = settle(once, look("Ours"), 102)
    assert (back.phase, back.last_read) == (Phase.PENDING, "")


def test_after_three_rounds_a_person_decides() -> None:
    row = unknown()
    seconds = 100.0
    for _ in range(2):
        row = settle(settle(row, look(), seconds), look(), seconds + 10)
        assert row.phase is Phase.QUEUED
        row = delivery.posting(
            delivery.claimed(row, "me", later(seconds + 11), RULES), later(seconds + 11), RULES
        )
        row = delivery.lost(row, later(seconds + 12), RULES, "timed out")
        seconds += 80
    row = settle(settle(row, look(), seconds), look(), seconds + 10)
    assert (row.phase, row.why, row.rounds, row.attempts) == (Phase.HELD, Why.UNSETTLED, 3, 3)


def test_after_a_day_without_a_look_a_person_decides() -> None:
    error = NetworkError("Offline", unsent=True)
    soon = reconciliation.failed_settling(
        reconciliation.settling(unknown(), "me", later(92), RULES), error, later(93), RULES
    )
    assert (soon.phase, soon.looks) == (Phase.UNKNOWN, 1)
    assert soon.check_after is not None
    assert later(93) < soon.check_after <= later(153)
    day = later(86_500)
    held = reconciliation.failed_settling(reconciliation.settling(soon, "me", day, RULES), error, day, RULES)
    assert (held.phase, held.why) == (Phase.HELD, Why.UNSETTLED)


def pending() -> OutboxRow:
    return delivery.accepted(posted(), Response("r1", "Ours", "PENDING_PUBLISH"), NOW)


def test_the_polls_of_an_accepted_reply_grow_rare_and_end_after_a_week() -> None:
    row, now, ages = pending(), NOW, []
    while row.check_after is not None:
        now = row.check_after
        ages.append((now - NOW).total_seconds())
        row = reconciliation.polling(row, now)
    assert ages[:6] == [5, 15, 30, 60, 300, 900]
    assert ages[-1] == 7 * 86_400
    assert len(ages) == 17
    assert "a week ago" in sentence(row, now)


def test_what_a_poll_says() -> None:
    row = pending()
    assert reconciliation.polled(row, Reading(later(5), look("Ours")), RULES) is None
    public = reconciliation.polled(row, Reading(later(5), look("Ours", state="PUBLISHED")), RULES)
    assert public is not None
    assert (public.phase, public.published_at) == (Phase.PUBLISHED, later(5))
    assert reconciliation.polled(row, Reading(later(5), look()), RULES) is None, "a stale look proves nothing"
    missing = reconciliation.polled(row, Reading(later(60), look()), RULES)
    assert missing is not None
    assert missing.phase is Phase.PENDING
    removed = reconciliation.polled(missing, Reading(later(300), look()), RULES)
    assert removed is not None
    assert (removed.phase, removed.why) == (Phase.HELD, Why.REPLY_REMOVED)
    replaced = reconciliation.polled(row, Reading(later(60), look("Theirs")), RULES)
    assert replaced is not None
    assert (replaced.phase, replaced.why) == (Phase.SUPERSEDED, Why.ANSWERED_ELSEWHERE)


@pytest.mark.parametrize(
    ("nothing", "end"), [(None, (Phase.DROPPED, Why.REVIEW_GONE)), (look(), (Phase.HELD, Why.REPLY_REMOVED))]
)
def test_what_a_poll_misses_is_gone_after_two_looks_one_after_the_other(
    nothing: Review | None, end: tuple[Phase, Why]
) -> None:
    once = reconciliation.polled(pending(), Reading(later(60), nothing), RULES)
    assert once is not None
    assert (once.phase, once.check_after) == (Phase.PENDING, later(120))
    back = reconciliation.polled(once, Reading(later(120), look("Ours")), RULES)
    assert back is not None
    assert back.phase is Phase.PENDING
    again = reconciliation.polled(back, Reading(later(300), nothing), RULES)
    assert again is not None
    assert again.phase is Phase.PENDING, "it was there in between"
    gone = reconciliation.polled(again, Reading(later(360), nothing), RULES)
    assert gone is not None
    assert (gone.phase, gone.why) == end


def test_a_state_that_apple_never_had_is_shown_in_its_own_words() -> None:
    row = reconciliation.polled(pending(), Reading(later(5), look("Ours", state="REJECTED")), RULES)
    assert row is not None
    assert (row.phase, row.detail) == (Phase.PENDING, "REJECTED")
    assert "REJECTED" in sentence(row, NOW)


def test_after_two_days_an_accepted_reply_is_late() -> None:
    assert not reconciliation.is_late(pending(), later(47 * 3600), RULES)
    assert reconciliation.is_late(pending(), later(49 * 3600), RULES)


def test_a_vanished_holder_leaves_not_sent_or_find_out() -> None:
    assert recovery.recovered(sending(), later(60), RULES, abandoned=False) is None
    unsent = recovery.recovered(sending(), later(151), RULES, abandoned=False)
    assert unsent is not None
    assert (unsent.phase, unsent.attempts) == (Phase.QUEUED, 0)
    asked = recovery.recovered(posted(), later(152), RULES, abandoned=False)
    assert asked is not None
    assert (asked.phase, asked.attempts, asked.check_after) == (Phase.UNKNOWN, 1, later(212))
    at_once = recovery.recovered(posted(), later(40), RULES, abandoned=True)
    assert at_once is not None
    assert at_once.check_after == later(100)
    looking = reconciliation.settling(unknown(), "me", later(92), RULES)
    freed = recovery.recovered(looking, later(93), RULES, abandoned=True)
    assert freed is not None
    assert (freed.phase, freed.lease_owner) == (Phase.UNKNOWN, "")
    assert recovery.recovered(queued(), later(9999), RULES, abandoned=True) is None


def test_row_17_a_clock_set_back_neither_sends_early_nor_sticks() -> None:
    hour_ago = NOW - timedelta(hours=1)
    row = recovery.reanchored(queued(), hour_ago, RULES)
    assert row is not None
    assert (row.queued_at, row.send_after) == (hour_ago, hour_ago + timedelta(seconds=30))
    assert recovery.reanchored(queued(), NOW, RULES) is None
    assert recovery.lease_over(sending(), hour_ago, RULES)
    lost = recovery.reanchored(unknown(), hour_ago, RULES)
    assert lost is not None
    assert lost.check_after == hour_ago + RULES.settle
    poll = recovery.reanchored(pending(), NOW - timedelta(days=2), RULES)
    assert poll is not None
    assert poll.check_after == poll.accepted_at == NOW - timedelta(days=2)


def test_row_17_a_clock_set_forward_leaves_the_undo_window_open() -> None:
    expected, now = later(10), later(3610)
    row = recovery.delayed(queued(), expected, now, RULES)
    assert row is not None
    assert row.send_after == later(3630)
    assert recovery.delayed(queued(), later(31), now, RULES) is None
    assert recovery.delayed(row, expected, now, RULES) is None, "two programs notice one jump"
    young = replace(queued(), queued_at=later(3605), changed_at=later(3605), send_after=later(3635))
    assert recovery.delayed(young, expected, now, RULES) is None


def test_row_17_a_row_touched_after_the_clock_was_set_back_is_looked_at_soon_all_the_same() -> None:
    """Whoever took it over from a dead program wrote the row, and left the look a day away."""
    day_ago = NOW - timedelta(days=1, hours=1)
    lost = recovery.reanchored(replace(unknown(), changed_at=day_ago), day_ago, RULES)
    assert lost is not None
    assert (lost.check_after, lost.lost_at) == (day_ago + RULES.settle, day_ago)
    waits = replace(unknown(), changed_at=NOW, check_after=NOW + timedelta(minutes=15))
    assert recovery.reanchored(waits, NOW, RULES) is None, "as long as Apple asked for"
    two_days_ago = NOW - timedelta(days=2)
    poll = recovery.reanchored(replace(pending(), changed_at=two_days_ago), two_days_ago, RULES)
    assert poll is not None
    assert poll.check_after == two_days_ago


def test_row_17_a_clock_set_forward_shortens_no_wait_for_a_look_that_may_be_stale() -> None:
    expected, now = later(40), later(3640)
    jump = now - expected
    first = replace(unknown(), changed_at=later(35), check_after=later(95), last_read_at=later(35))
    row = recovery.delayed(first, expected, now, RULES)
    assert row is not None
    assert (row.check_after, row.last_read_at) == (later(95) + jump, later(35) + jump)
    assert recovery.delayed(row, expected, now, RULES) is None, "two programs notice one jump"
    fresh = replace(pending(), changed_at=later(35), accepted_at=later(35), check_after=later(50))
    poll = recovery.delayed(fresh, expected, now, RULES)
    assert poll is not None
    assert (poll.check_after, poll.accepted_at) == (later(50) + jump, later(35) + jump)
    assert recovery.delayed(fresh, later(35) + RULES.settle, now, RULES) is None, "no look is stale any more"


def test_row_17_far_dates_are_no_trouble() -> None:
    far = datetime(2038, 1, 20, tzinfo=UTC)
    row = replace(queued(), queued_at=far, send_after=far + timedelta(seconds=30))
    assert delivery.barred(row, "team:KEY", far + timedelta(seconds=30), RULES) is None
    assert delivery.claimed(row, "me", far + timedelta(seconds=30), RULES).lease_until is not None


def test_a_reply_of_an_earlier_session_leaves_time_to_take_it_back() -> None:
    row = recovery.resumed(queued(), later(100), "session 2", 10)
    assert (row.send_after, row.session) == (later(110), "session 2")
    assert recovery.resumed(queued(), later(1), "session 2", 10).send_after == later(30)
    assert "goes out in 10 s" in sentence(row, later(100))


def test_every_phase_has_a_sentence_and_a_choice() -> None:
    for phase in Phase:
        for why in Why:
            row = replace(queued(), phase=phase, why=why)
            assert sentence(row, later(60))
            assert choices(row)
