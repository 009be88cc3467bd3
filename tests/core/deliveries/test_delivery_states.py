"""The steps of a delivery: every way of tries, crashes and people stays within the table of ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.deliveries.events import NotifyEvent
from ascinbox.core.deliveries.states import (
    OPEN,
    Delivery,
    DeliveryState,
    IllegalDeliveryStep,
    TryOutcome,
    TryResult,
    again,
    claimed,
    concluded,
    reanchored,
    recovered,
    stepped,
)

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
LEASE = timedelta(seconds=120)


def row() -> Delivery:
    event = NotifyEvent("review.new:1:x", "review.new", NOW)
    return Delivery("evt_1", "low", "team", event, DeliveryState.QUEUED, "", False, NOW, NOW, NOW)


def tried(result: TryResult, *, keyed: bool, times: int = 1, retry: float | None = None) -> Delivery:
    found = row()
    for _ in range(times):
        found = claimed(found, "me", NOW, LEASE, "evt_1")
        found = concluded(found, TryOutcome(result, "said", retry), NOW, keyed=keyed)
    return found


def test_a_try_that_lands_is_sent() -> None:
    found = tried(TryResult.SENT, keyed=False)
    assert (found.state, found.attempts, found.lease_owner) == (DeliveryState.SENT, 1, "")


def test_what_may_be_tried_again_waits_longer_each_time() -> None:
    pauses = [tried(TryResult.AGAIN, keyed=True, times=n).next_at - NOW for n in (1, 2, 3)]
    assert pauses == [timedelta(seconds=s) for s in (10, 20, 40)]
    assert tried(TryResult.AGAIN, keyed=True, retry=33).next_at == NOW + timedelta(seconds=33)


def test_a_lost_answer_is_asked_for_again_after_ten_seconds_where_the_receiver_has_a_key() -> None:
    found = tried(TryResult.LOST, keyed=True)
    assert (found.state, found.next_at - NOW) == (DeliveryState.QUEUED, timedelta(seconds=10))
    assert not found.maybe_sent


def test_a_lost_answer_elsewhere_is_unknown_and_marked() -> None:
    found = tried(TryResult.LOST, keyed=False)
    assert (found.state, found.next_at - NOW) == (DeliveryState.UNKNOWN, timedelta(seconds=60))
    sent = concluded(
        claimed(found, "me", NOW, LEASE, "evt_1"), TryOutcome(TryResult.SENT, "200"), NOW, keyed=False
    )
    assert sent.state is DeliveryState.SENT
    assert "twice" in sent.detail


def test_a_day_without_success_is_a_failure_that_a_person_may_send_again() -> None:
    begun = tried(TryResult.AGAIN, keyed=True)
    later = NOW + timedelta(hours=25)
    failed = concluded(
        claimed(begun, "me", later, LEASE, "evt_1"), TryOutcome(TryResult.AGAIN), later, keyed=True
    )
    assert failed.state is DeliveryState.FAILED
    assert again(failed, later).state is DeliveryState.QUEUED


def test_a_dead_holder_is_followed_at_once_and_a_living_one_when_its_lease_is_over() -> None:
    held = claimed(row(), "other", NOW, LEASE, "evt_1")
    assert recovered(held, NOW, keyed=True, abandoned=False) is None
    followed = recovered(held, NOW, keyed=True, abandoned=True)
    assert followed is not None
    assert (followed.state, followed.next_at) == (DeliveryState.QUEUED, NOW)
    over = recovered(held, NOW + LEASE, keyed=False, abandoned=False)
    assert over is not None
    assert over.state is DeliveryState.UNKNOWN
    assert over.maybe_sent
    wrong_clock = replace(held, lease_until=NOW + timedelta(days=9))
    assert recovered(wrong_clock, NOW, keyed=True, abandoned=False) is not None


def test_a_clock_set_back_leaves_no_row_waiting_for_the_time_it_showed() -> None:
    before = NOW - timedelta(days=4000)
    failed = tried(TryResult.AGAIN, keyed=True)
    waiting = reanchored(failed, before)
    assert waiting is not None
    assert waiting.next_at - before == failed.next_at - failed.changed_at
    assert waiting.first_try_at == before
    assert reanchored(waiting, before) is None
    assert reanchored(failed, NOW) is None
    assert reanchored(tried(TryResult.REFUSED, keyed=True), before) is None


def test_what_is_sent_moves_no_more() -> None:
    with pytest.raises(IllegalDeliveryStep):
        stepped(tried(TryResult.SENT, keyed=True), DeliveryState.QUEUED, NOW)


@given(
    st.lists(st.tuples(st.sampled_from([*TryResult, "kill", "retry"]), st.integers(0, 40_000))), st.booleans()
)
def test_any_history_keeps_the_row_sound(steps: list[tuple[str, int]], keyed: bool) -> None:
    now, found = NOW, row()
    for word, seconds in steps:
        now += timedelta(seconds=seconds)
        before = found
        if found.state in (DeliveryState.QUEUED, DeliveryState.UNKNOWN):
            found = claimed(found, "me", now, LEASE, found.uid)
            if word == "kill":
                left = recovered(found, now, keyed=keyed, abandoned=True)
                assert left is not None
                found = left
            elif word != "retry":
                found = concluded(found, TryOutcome(TryResult(word), "x"), now, keyed=keyed)
            else:
                continue
        elif word == "retry" and found.state is DeliveryState.FAILED:
            found = again(found, now)
        else:
            break
        assert found.version > before.version
        assert (found.lease_owner == "") == (found.state is not DeliveryState.SENDING)
        assert found.state not in OPEN or found.next_at >= before.created_at
        assert keyed <= (found.state is not DeliveryState.UNKNOWN)
