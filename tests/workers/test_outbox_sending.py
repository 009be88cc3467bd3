"""The sender against Apple's model: the rows of the fault table that need no process of their own."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from ascinbox.core.events import OutboxChanged
from ascinbox.core.outbox import decisions, delivery, reconciliation
from ascinbox.core.outbox.sentences import RowChoice, choices, sentence
from ascinbox.core.outbox.states import Kind, Phase, Why
from tests.store.team.conftest import team_bench
from tests.workers.outbox_bench import Bench


@pytest.fixture(params=["alone", "team"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The same sender on a person's own queue and on a team's."""
    with ExitStack() as closes:
        is_team = request.param == "team"
        made = team_bench(request.getfixturevalue("postgres"), closes) if is_team else Bench()
        made.apple.write("1")
        yield made


def test_a_reply_goes_out_after_its_undo_window_and_is_watched_until_it_is_public(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")
    bench.clock.advance(29)
    assert bench.me.flush().moved == []
    bench.clock.advance(1)
    done = bench.me.flush()
    assert [moved.phase for moved in done.moved] == [Phase.PENDING]
    assert done.last("1") == bench.row(row.id)
    assert bench.apple.posted() == ["Thank you"]
    bench.run(60)
    after = bench.row(row.id)
    assert (after.phase, after.attempts) == (Phase.PUBLISHED, 1)
    assert OutboxChanged("1") in bench.events


def test_a_reply_costs_two_requests(bench: Bench) -> None:
    bench.queue("1", "Thank you")
    bench.clock.advance(30)
    bench.me.flush()
    assert (bench.apple.gets, bench.apple.posts) == (1, 1)


@pytest.mark.parametrize("fault", ["lost after", "503 after"])
def test_row_18_and_20_an_answer_lost_after_the_effect_is_found_out(bench: Bench, fault: str) -> None:
    for number in range(bench.rounds):
        review_id = f"review {number}"
        bench.apple.write(review_id)
        row = bench.queue(review_id, f"Thanks {number}")
        bench.clock.advance(30)
        bench.apple.faults.append(fault)
        bench.me.flush(review_id)
        assert bench.row(row.id).phase is Phase.UNKNOWN
        bench.clock.advance(60)
        bench.me.flush(review_id)
        assert bench.row(row.id).phase in {Phase.PENDING, Phase.PUBLISHED}
        assert bench.apple.posted(review_id) == [f"Thanks {number}"]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["lost", "503"])
def test_row_19_and_20_what_was_dropped_before_the_effect_is_sent_in_the_end(
    bench: Bench, fault: str
) -> None:
    for number in range(bench.rounds):
        review_id = f"review {number}"
        bench.apple.write(review_id)
        row = bench.queue(review_id, f"Thanks {number}")
        bench.clock.advance(30)
        bench.apple.faults.append(fault)
        bench.me.flush(review_id)
        bench.clock.advance(60)
        bench.me.flush(review_id)
        assert bench.apple.posted(review_id) == [], "one look is no proof"
        bench.clock.advance(10)
        bench.me.flush(review_id)
        assert bench.row(row.id).phase is Phase.PENDING
        assert bench.apple.posted(review_id) == [f"Thanks {number}"]


def test_row_21_reads_that_are_stale_for_twenty_seconds_double_nothing(bench: Bench) -> None:
    bench.apple.stale_s = 20
    row = bench.queue("1", "Thank you")
    bench.clock.advance(30)
    bench.apple.faults.append("lost after")
    bench.run(200)
    assert bench.apple.posted() == ["Thank you"]
    assert bench.row(row.id).phase is Phase.PUBLISHED


def test_without_the_settle_window_a_stale_read_doubles(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that the net of rows 18 to 21 is what holds there."""
    monkeypatch.setattr(delivery, "lost", lambda row, now, _rules, _detail: delivery.unsent(row, now))
    bench.apple.stale_s = 20
    bench.queue("1", "Thank you")
    bench.apple.faults.append("lost after")
    bench.run(60)
    assert bench.apple.posted() == ["Thank you", "Thank you"]


def test_row_21_an_edit_right_after_the_first_reply_meets_no_false_conflict(bench: Bench) -> None:
    bench.apple.stale_s = 20
    bench.queue("1", "First")
    bench.clock.advance(30)
    bench.me.flush()
    second = bench.queue("1", "Second")
    bench.acts.move(bench.row(second.id), decisions.sent_now(bench.row(second.id), bench.clock.now()))
    bench.run(100)
    assert bench.apple.posted() == ["First", "Second"]
    assert bench.row(second.id).phase is Phase.PUBLISHED


def lost_and_landed(bench: Bench) -> int:
    """A reply that landed and whose answer was lost; its row."""
    bench.apple.write("a")
    row = bench.queue("a", "Thank you")
    bench.apple.faults.append("lost after")
    bench.clock.advance(bench.rules.undo_s + 1)
    bench.me.flush()
    assert bench.row(row.id).phase is Phase.UNKNOWN
    return row.id


def test_o4_what_a_colleague_removed_before_it_was_looked_for_is_sent_once_more(bench: Bench) -> None:
    """The one limit of O4: no look can tell such a reply from one that never landed."""
    number = lost_and_landed(bench)
    bench.apple.remove_answer("a")
    bench.run(300)
    assert bench.apple.posted("a") == ["Thank you", "Thank you"]
    assert bench.row(number).phase is Phase.PUBLISHED


def test_o4_what_a_colleague_removed_after_it_was_looked_for_is_not_sent_again(bench: Bench) -> None:
    number = lost_and_landed(bench)
    bench.clock.advance(bench.rules.settle.total_seconds() + 1)
    bench.me.flush()
    assert bench.row(number).phase in {Phase.PENDING, Phase.PUBLISHED}
    bench.apple.remove_answer("a")
    bench.run(2 * 86_400, 600)
    assert bench.apple.posted("a") == ["Thank you"]
    assert bench.apple.standing("a") is None


def test_row_22_an_answer_from_elsewhere_is_never_overwritten(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")
    bench.apple.answer("1", "Theirs")
    bench.run(200)
    held = bench.row(row.id)
    assert (held.phase, held.why, held.text) == (Phase.HELD, Why.ANSWERED_ELSEWHERE, "Thank you")
    assert held.theirs is not None
    assert held.theirs.text == bench.apple.standing("1") == "Theirs"
    assert bench.store.store.reviews.saved[-1].response == held.theirs, "the cache shows what was seen"


def test_row_22_consent_replaces_what_was_shown_and_nothing_else(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")
    bench.apple.answer("1", "Theirs")
    bench.run(60)
    held = bench.row(row.id)
    bench.acts.move(held, decisions.consented(held, "KEY1", bench.clock.now(), bench.rules))
    bench.apple.answer("1", "Theirs, once more")
    bench.run(60)
    assert bench.row(row.id).why is Why.ANSWERED_ELSEWHERE
    held = bench.row(row.id)
    bench.acts.move(held, decisions.consented(held, "KEY1", bench.clock.now(), bench.rules))
    bench.run(60)
    assert bench.apple.standing("1") == "Thank you"
    assert bench.row(row.id).phase is Phase.PUBLISHED


def test_row_23_a_review_that_changed_or_vanished_holds_the_reply(bench: Bench) -> None:
    bench.apple.write("2")
    first, second = bench.queue("1", "Thank you"), bench.queue("2", "Sorry")
    bench.apple.edit("1", "It crashes less")
    bench.apple.remove("2")
    bench.run(200)
    assert bench.row(first.id).why is Why.REVIEW_CHANGED
    assert bench.row(second.id).why is Why.REVIEW_GONE
    assert bench.apple.posts == 0
    assert bench.row(second.id).text == "Sorry"


@pytest.mark.parametrize("seconds", [0, 5, 9.9, 29.9])
def test_row_24_what_was_taken_back_is_never_sent(bench: Bench, seconds: float) -> None:
    row = bench.queue("1", "Thank you")
    bench.clock.advance(seconds)
    bench.me.flush()
    assert bench.acts.take_back(bench.row(row.id), bench.clock.now())
    bench.run(300)
    assert bench.apple.posts == 0
    assert bench.row(row.id).phase is Phase.UNDONE


def test_row_26_offline_keeps_the_order_and_counts_no_attempt(bench: Bench) -> None:
    for number in range(30):
        bench.apple.write(f"r{number}")
        bench.queue(f"r{number}", f"Thanks {number}")
        bench.clock.advance(0.1)
    bench.clock.advance(30)
    bench.apple.get_faults.extend(["unsent"] * 5)
    for _ in range(5):
        done = bench.me.flush()
        assert done.offline
        assert done.trouble
        bench.clock.advance(2)
    assert bench.apple.posts == 0
    assert all(row.attempts == 0 and row.phase is Phase.QUEUED for row in bench.outbox.open_rows())
    assert [row.review_id for row in bench.acts.due(bench.clock.now())] == [f"r{n}" for n in range(30)]
    bench.me.flush()
    assert bench.apple.posted() == [f"Thanks {n}" for n in range(30)]
    times = [landed.at for landed in bench.apple.ledger]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= timedelta(seconds=1)


def test_ordinary_sends_do_not_wait_for_each_other(bench: Bench) -> None:
    for number in range(5):
        bench.apple.write(f"r{number}")
        bench.queue(f"r{number}", "Thanks")
    bench.clock.advance(30)
    bench.me.flush()
    assert len(bench.apple.posted()) == 5
    assert bench.clock.slept == []


def test_row_27_a_trimmed_or_recomposed_echo_is_no_conflict(bench: Bench) -> None:
    bench.apple.echo = lambda text: unicodedata.normalize("NFD", text).strip()
    row = bench.queue("1", "Grüße ,\n\nIhr Team")
    bench.run(120)
    assert (bench.row(row.id).phase, bench.row(row.id).why) == (Phase.PUBLISHED, Why.NONE)
    bench.apple.echo = lambda text: text.upper()
    edit = bench.queue("1", "Noch ein Gruß")
    bench.run(120)
    assert bench.row(edit.id).phase is Phase.PUBLISHED, "the echo counts as ours"


@pytest.mark.parametrize("fault", ["401", "403"])
@pytest.mark.parametrize("where", ["get", "post"])
def test_row_28_a_refused_key_parks_the_account_after_one_reply(bench: Bench, fault: str, where: str) -> None:
    rows = []
    for number in range(5):
        bench.apple.write(f"r{number}")
        rows.append(bench.queue(f"r{number}", "Thanks"))
    faults = bench.apple.get_faults if where == "get" else bench.apple.faults
    faults.extend([fault] * 50)
    bench.run(600)
    first, *others = (bench.row(row.id) for row in rows)
    assert (first.phase, first.status) == (Phase.FAILED, int(fault))
    assert [row.phase for row in others] == [Phase.QUEUED] * 4
    assert bench.apple.gets + bench.apple.posts <= (7 if (fault, where) == ("401", "post") else 2)
    assert bench.apple.posts <= (2 if fault == "401" else 1)
    faults.clear()
    bench.acts.resume(1)
    bench.run(60)
    assert len(bench.apple.posted()) == 4


def test_row_15_a_sender_that_stood_still_past_its_lease_posts_nothing(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")

    def stand_still(name: str) -> None:
        if name == "posting":
            bench.clock.advance(bench.rules.lease.total_seconds())

    frozen = bench.processor(point=stand_still)
    bench.clock.advance(30)
    frozen.flush()
    assert bench.apple.posts == 0
    assert bench.row(row.id).text == "Thank you"
    bench.run(600)
    assert bench.apple.posted() == ["Thank you"]


def test_row_28_after_a_401_it_looks_again_and_overwrites_no_colleague(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")
    bench.apple.faults.append("401")

    def colleague(review_id: str, _text: str | None) -> None:
        bench.apple.on_post = lambda *_: None
        bench.apple.answer(review_id, "Theirs")

    bench.apple.on_post = colleague
    bench.clock.advance(30)
    bench.me.flush()
    held = bench.row(row.id)
    assert (held.phase, held.why, bench.apple.standing("1")) == (Phase.HELD, Why.ANSWERED_ELSEWHERE, "Theirs")
    assert bench.apple.posts == 1


def test_row_28_a_401_after_the_effect_doubles_nothing(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")
    bench.apple.faults.append("401 after")
    bench.clock.advance(30)
    bench.me.flush()
    assert bench.apple.posted() == ["Thank you"]
    assert (bench.row(row.id).phase, bench.apple.posts) == (Phase.PENDING, 1)


def test_row_28_a_401_for_an_old_token_is_sent_again_after_the_settle_window(bench: Bench) -> None:
    bench.apple.write("2")
    row, other = bench.queue("1", "Thank you"), bench.queue("2", "Thank you")
    bench.apple.faults.append("401")
    bench.clock.advance(30)
    bench.me.flush()
    assert (bench.row(row.id).phase, bench.row(row.id).status) == (Phase.UNKNOWN, 401)
    assert (bench.apple.gets, bench.apple.posts) == (2, 1)
    assert "perhaps after taking the reply" in sentence(bench.row(row.id), bench.clock.now())
    bench.run(60)
    assert bench.apple.posts == 1, "the other replies of the account wait for that"
    bench.run(60)
    assert bench.apple.posted("1") == bench.apple.posted("2") == ["Thank you"]
    assert bench.row(row.id).status is None
    assert bench.row(other.id).phase in {Phase.PENDING, Phase.PUBLISHED}


@pytest.mark.parametrize("kind", list(Kind))
def test_row_28_a_401_after_the_effect_and_stale_reads_double_nothing(bench: Bench, kind: Kind) -> None:
    """The look after the 401 does not show yet what landed: it is no proof that nothing did."""
    bench.apple.stale_s = 20
    text = "Thank you"
    if kind is Kind.WITHDRAW:
        bench.apple.answer("1", "Earlier")
        text = ""
    row = bench.queue("1", text, kind=kind)
    bench.apple.faults.append("401 after")
    bench.run(200)
    assert bench.apple.posts == 1
    assert bench.row(row.id).phase in {Phase.PUBLISHED, Phase.WITHDRAWN}


def test_a_crash_while_an_answer_is_waited_for_and_stale_reads_double_nothing(bench: Bench) -> None:
    bench.apple.stale_s = 20
    row = bench.queue("1", "Thank you")
    bench.clock.advance(30)

    def die(point: str) -> None:
        if point == "after post":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.processor("dead", point=die).flush()
    assert bench.row(row.id).phase is Phase.SENDING
    bench.gone.add("dead")
    bench.run(200)
    assert bench.apple.posted() == ["Thank you"]
    assert bench.row(row.id).phase is Phase.PUBLISHED


@pytest.mark.parametrize("fault", ["unsent", "lost", "503", "429"])
def test_row_28_a_look_that_fails_after_a_401_leaves_it_to_be_found_out(bench: Bench, fault: str) -> None:
    row = bench.queue("1", "Thank you")
    bench.apple.faults.append("401 after")
    bench.apple.on_post = lambda *_: bench.apple.get_faults.append(fault)
    bench.clock.advance(30)
    bench.me.flush()
    assert bench.row(row.id).phase is Phase.UNKNOWN
    bench.apple.on_post = lambda *_: None
    bench.run(120)
    assert bench.apple.posted() == ["Thank you"]
    assert bench.row(row.id).phase is Phase.PUBLISHED


def test_too_many_requests_wait_as_long_as_apple_says(bench: Bench) -> None:
    bench.apple.write("2")
    bench.queue("1", "Thanks"), bench.queue("2", "Thanks")
    bench.apple.faults.append("429")
    bench.clock.advance(30)
    bench.me.flush()
    assert bench.apple.posts == 1
    bench.clock.advance(29)
    bench.me.flush()
    assert bench.apple.posts == 1
    bench.clock.advance(2)
    bench.me.flush()
    assert bench.apple.posted() == bench.apple.posted("2") == ["Thanks"], "the refused one may have landed"
    bench.clock.advance(30)
    bench.me.flush()
    assert bench.apple.posted("1") == ["Thanks"]


@pytest.mark.parametrize("moment", ["", "send now", "set back"])
def test_o4_a_429_that_came_after_the_effect_and_a_stale_look_double_nothing(
    bench: Bench, moment: str
) -> None:
    bench.apple.stale_s = 55
    row = bench.queue("1", "Thank you")
    bench.apple.faults.append("429 after")
    bench.clock.advance(30)
    bench.me.flush()
    waiting = bench.row(row.id)
    assert (waiting.phase, waiting.why) == (Phase.QUEUED, Why.RATE_LIMITED)
    if moment == "send now":
        assert decisions.sent_now(waiting, bench.clock.now()) == waiting
        assert RowChoice.SEND_NOW not in choices(waiting)
    elif moment == "set back":
        bench.clock.set_wall(bench.clock.now() - timedelta(hours=2))
    bench.run(200)
    assert bench.apple.posted() == ["Thank you"]
    assert bench.row(row.id).phase is Phase.PUBLISHED


def test_a_429_of_the_look_waits_only_as_long_as_apple_says(bench: Bench) -> None:
    bench.queue("1", "Thanks")
    bench.apple.get_faults.append("429")
    bench.clock.advance(30)
    bench.me.flush()
    assert bench.apple.posts == 0
    bench.clock.advance(31)
    bench.me.flush()
    assert bench.apple.posted() == ["Thanks"]


def test_apples_own_words_are_kept_with_the_text(bench: Bench) -> None:
    row = bench.queue("1", "Thanks")
    bench.apple.faults.append("422")
    bench.run(300)
    failed = bench.row(row.id)
    assert (failed.phase, failed.status, failed.text) == (Phase.FAILED, 422, "Thanks")
    assert "Apple's own words." in failed.detail
    assert bench.apple.posts == 1


def test_row_16_a_dead_holder_is_followed_at_once_and_a_silent_one_after_its_lease(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")
    bench.clock.advance(30)
    claimed = delivery.claimed(bench.row(row.id), "other", bench.clock.now(), bench.rules)
    assert bench.acts.move(row, claimed)
    bench.me.flush()
    assert bench.row(row.id).lease_owner == "other"
    bench.gone.add("other")
    bench.me.flush()
    assert bench.row(row.id).phase is Phase.PENDING

    bench.apple.write("2")
    silent = bench.queue("2", "Thank you")
    bench.clock.advance(30)
    claimed = delivery.claimed(bench.row(silent.id), "frozen", bench.clock.now(), bench.rules)
    assert bench.acts.move(silent, claimed)
    bench.clock.advance(119)
    bench.me.flush()
    assert bench.apple.posted("2") == []
    bench.clock.advance(2)
    bench.me.flush()
    assert bench.apple.posted("2") == ["Thank you"]


def test_o2_a_row_that_another_sender_took_is_not_posted(bench: Bench) -> None:
    """The other one claims the second reply while the first one is on its way."""
    bench.apple.write("2")
    bench.queue("1", "Thank you")
    second = bench.queue("2", "Thank you")

    def take(point: str) -> None:
        waits = bench.row(second.id)
        if point == "before post" and waits.phase is Phase.QUEUED:
            assert bench.acts.move(waits, delivery.claimed(waits, "other", bench.clock.now(), bench.rules))

    bench.clock.advance(30)
    bench.processor(point=take).flush()
    assert bench.apple.posted("1") == ["Thank you"]
    assert bench.apple.posted("2") == []
    assert bench.row(second.id).lease_owner == "other"


def test_row_17_a_clock_that_jumps_forward_ends_no_undo_window(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")
    bench.me.flush()
    bench.clock.advance(1)
    bench.clock.set_wall(bench.clock.now() + timedelta(hours=1))
    bench.me.flush()
    assert bench.apple.posts == 0
    bench.clock.advance(28)
    bench.me.flush()
    assert bench.apple.posts == 0
    bench.clock.advance(2)
    bench.me.flush()
    assert bench.apple.posted() == ["Thank you"]
    assert bench.row(row.id).phase is Phase.PENDING


def test_row_17_a_clock_that_jumps_forward_sends_nothing_twice_because_a_look_was_stale(bench: Bench) -> None:
    bench.apple.write("a")
    bench.queue("a", "Thanks")
    bench.clock.advance(31)
    bench.apple.faults.append("lost after")
    bench.me.flush()
    bench.apple.stale_s = 40
    bench.clock.set_wall(bench.clock.now() + timedelta(hours=1))
    bench.run(120, 11)
    assert bench.apple.posted("a") == ["Thanks"]


def test_row_17_a_program_that_takes_over_after_the_clock_was_set_back_looks_within_minutes(
    bench: Bench,
) -> None:
    bench.apple.write("a")
    sent = bench.queue("a", "Thanks")
    bench.clock.advance(31)
    bench.apple.faults.append("lost")
    bench.me.flush()
    dead = bench.row(sent.id)
    assert bench.acts.move(dead, reconciliation.settling(dead, "dead", bench.clock.now(), bench.rules))
    bench.gone.add("dead")
    bench.clock.set_wall(bench.clock.now() - timedelta(hours=25))
    bench.run(300, 20)
    assert bench.apple.posted("a") == ["Thanks"]


@pytest.mark.parametrize("hours", [-1, -24 * 365])
def test_row_17_a_clock_that_jumps_back_sends_nothing_early_and_sticks_nowhere(
    bench: Bench, hours: int
) -> None:
    row = bench.queue("1", "Thank you")
    bench.apple.write("2")
    stuck = bench.queue("2", "Held by another")
    claimed = delivery.claimed(stuck, "frozen", bench.clock.now(), bench.rules)
    assert bench.acts.move(stuck, claimed)
    bench.clock.advance(20)
    bench.clock.set_wall(bench.clock.now() + timedelta(hours=hours))
    bench.me.flush()
    assert bench.apple.posted("1") == []
    bench.run(120)
    assert bench.apple.posted("1") == ["Thank you"]
    assert bench.apple.posted("2") == ["Held by another"]
    assert bench.row(row.id).phase is Phase.PUBLISHED


def test_row_69_nothing_posts_after_the_key_changed_or_the_account_went(bench: Bench) -> None:
    bench.apple.write("2")
    first = bench.queue("1", "Thank you")
    bench.key.identity = "KEY2"
    bench.run(120)
    assert bench.row(first.id).why is Why.ACCOUNT_CHANGED
    second = bench.queue("2", "Thank you")
    bench.key.identity = None
    bench.run(120)
    assert bench.row(second.id).why is Why.ACCOUNT_CHANGED
    assert bench.apple.posts == bench.apple.gets == 0
    bench.key.identity = "KEY2"
    held = bench.row(first.id)
    bench.acts.move(held, decisions.consented(held, "KEY2", bench.clock.now(), bench.rules))
    bench.run(60)
    assert bench.apple.posted() == ["Thank you"]


def test_without_the_look_at_the_account_a_changed_key_sends(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that the net of row 69 is what holds there, and the one of an altered text."""
    monkeypatch.setattr(delivery, "barred", lambda *_args: None)
    bench.apple.write("2")
    bench.queue("1", "Thank you")
    altered = bench.queue("2", "Confirmed")
    assert bench.acts.move(altered, replace(altered, version=2, text="Altered"))
    bench.key.identity = "KEY2"
    bench.run(120)
    sent = "Altered" if bench.text_can_change else "Confirmed"
    assert sorted(bench.apple.posted()) == [sent, "Thank you"]


def test_row_70_after_a_long_sleep_the_queue_goes_out_calmly(bench: Bench) -> None:
    for number in range(5):
        bench.apple.write(f"r{number}")
        bench.queue(f"r{number}", "Thanks")
    bench.me.flush()
    bench.clock.advance(900)
    bench.me.flush()
    times = [landed.at for landed in bench.apple.ledger]
    assert len(times) == 5
    assert all(b - a >= timedelta(seconds=1) for a, b in itertools.pairwise(times))


def test_what_is_older_than_a_day_waits_for_a_person(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")
    bench.clock.advance(25 * 3600)
    bench.me.flush()
    assert bench.row(row.id).why is Why.TOO_OLD
    assert bench.apple.posts == 0


def test_after_three_rounds_a_person_decides(bench: Bench) -> None:
    row = bench.queue("1", "Thank you")
    bench.apple.faults.extend(["lost"] * 9)
    bench.run(1200)
    held = bench.row(row.id)
    assert (held.phase, held.why, held.attempts) == (Phase.HELD, Why.UNSETTLED, 3)
    assert bench.apple.posts == 3


def test_a_published_reply_is_withdrawn_unless_it_is_somebody_elses(bench: Bench) -> None:
    bench.queue("1", "Thank you")
    bench.run(120)
    row = bench.queue("1", "", kind=Kind.WITHDRAW)
    bench.run(60)
    assert bench.row(row.id).phase is Phase.WITHDRAWN
    assert bench.apple.standing("1") is None
    bench.apple.answer("1", "Theirs")
    seen = bench.apple.reviews["1"]
    bench.apple.answer("1", "Theirs, better")
    other = bench.queue("1", "", base=seen, kind=Kind.WITHDRAW)
    bench.run(120)
    assert bench.row(other.id).why is Why.ANSWERED_ELSEWHERE
    assert bench.apple.standing("1") == "Theirs, better"


@pytest.mark.parametrize("fault", ["lost", "lost after", "503", "503 after"])
def test_a_lost_answer_to_a_withdrawal_is_found_out(bench: Bench, fault: str) -> None:
    bench.queue("1", "Thank you")
    bench.run(120)
    row = bench.queue("1", "", kind=Kind.WITHDRAW)
    bench.apple.faults.append(fault)
    bench.run(300)
    assert bench.row(row.id).phase is Phase.WITHDRAWN
    assert bench.apple.standing("1") is None


def test_a_pending_reply_that_someone_replaced_or_removed(bench: Bench) -> None:
    bench.apple.write("2")
    first, second = bench.queue("1", "Thank you"), bench.queue("2", "Thank you")
    bench.clock.advance(30)
    bench.me.flush()
    bench.apple.answer("1", "Theirs")
    bench.apple.remove_answer("2")
    bench.run(1000)
    assert bench.row(first.id).phase is Phase.SUPERSEDED
    assert (bench.row(second.id).phase, bench.row(second.id).why) == (Phase.HELD, Why.REPLY_REMOVED)


def test_a_mistake_of_ours_while_posting_is_found_out_like_a_lost_answer(bench: Bench) -> None:
    def broken(_text: str) -> str:
        raise ZeroDivisionError

    bench.apple.echo = broken
    row = bench.queue("1", "Thank you")
    bench.clock.advance(30)
    bench.me.flush()
    assert bench.row(row.id).phase is Phase.UNKNOWN


def test_what_cannot_be_saved_is_not_sent(bench: Bench) -> None:
    bench.queue("1", "Thank you")
    bench.database.volatile = True
    bench.run(120)
    assert bench.apple.gets == bench.apple.posts == 0
