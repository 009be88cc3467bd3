"""Rows 2 and 13: flushers that are killed or that race lose nothing, double nothing and overwrite nobody."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

import pytest

from ascinbox.core.outbox.states import Kind, OutboxRow, Phase, Why
from tests.faults.children import Work, flush_blindly, flush_for_ever, flush_to_rest, resting, to_rest
from tests.faults.rig import FAST, ChanceFaults, Rig, wait_for

MakeRig = Callable[..., Rig]
KILLS = 200
OPS = 920
RIVALS = 20
SETTINGS = {
    **FAST,
    ("outbox", "settle_seconds"): 2.0,
    ("network", "deadline_seconds"): 5.0,
    ("outbox", "lease_seconds"): 7.0,
}
"""The settle window has to outlast what a busy machine's server may take for a request that was cut off."""


@pytest.mark.slow
def test_row_02_two_flushers_killed_two_hundred_times(make_rig: MakeRig) -> None:
    # Those at the end, when nothing goes wrong any more, included, it is more than three of ten.
    faults = ChanceFaults(seed=2, share=0.4)
    rig = make_rig(reviews=1600, faults=faults, settings=SETTINGS)
    pairs = replies_to(rig, OPS)
    queued = kill_flushers(rig, flush_for_ever, pairs, KILLS)
    faults.share = 0.0
    to_rest(rig.space.sender, rig.space, limit_s=60)
    assert len(queued) == OPS
    check(rig, pairs)
    rows = {row.id: row for row in rig.rows()}
    assert all(rows[row.id].text == row.text for row in queued), "O1, O12"
    assert faults.struck > 50
    held = sum(row.phase is Phase.HELD for row in rows.values())
    print(
        f"{KILLS} kills, {OPS} replies, {faults.struck} of {rig.posts()} requests to publish went wrong:"
        f" {sum(rig.landed().values())} landed, {held} held ({RIVALS} for a colleague's answer),"
        " 0 lost, 0 doubled, 0 overwritten"
    )
    assert rig.space.store.call(lambda store: [store.database.check(name) for name in ("user", "cache")]) == [
        "",
        "",
    ]


@pytest.mark.slow
def test_row_02_turns_red_without_the_look_before_sending(make_rig: MakeRig) -> None:
    """The same with flushers that post without reading the review again first."""
    faults = ChanceFaults(seed=2, share=0.3)
    rig = make_rig(reviews=200, faults=faults, settings=SETTINGS)
    pairs = replies_to(rig, RIVALS + 40)
    kill_flushers(rig, flush_blindly, pairs, 10)
    faults.share = 0.0
    to_rest(rig.space.sender, rig.space, limit_s=60)
    with pytest.raises(AssertionError):
        check(rig, pairs)


def replies_to(rig: Rig, number: int) -> list[tuple[str, str]]:
    """So many replies, the last to reviews that a colleague answers before they are sent."""
    assert len(rig.reviews) >= number
    pairs = [(review_id, f"Reply {n} to {review_id}") for n, review_id in enumerate(rig.reviews[:number])]
    for review_id, _ in pairs[-RIVALS:]:
        rig.simulator.happen("answer", review_id=review_id, text="A colleague's answer")
    return pairs


def kill_flushers(rig: Rig, work: Work, pairs: Sequence[tuple[str, str]], kills: int) -> list[OutboxRow]:
    """Queues the replies little by little while one of two flushers is killed again and again."""
    chance = random.Random(2)
    flushers = [rig.spawn(work) for _ in range(2)]
    queued: list[OutboxRow] = []
    for kill in range(kills):
        # New work with each kill, so that there is always something under way to be interrupted.
        queued += rig.queue(pairs[kill * len(pairs) // kills : (kill + 1) * len(pairs) // kills])
        time.sleep(chance.uniform(0.03, 0.2))
        number = chance.randrange(2)
        rig.end(flushers[number])
        flushers[number] = rig.spawn(work)
    if work is not flush_for_ever:
        wait_for(lambda: resting(rig.rows()), limit_s=30, step_s=0.1)
    for flusher in flushers:
        rig.end(flusher)
    return queued


def check(rig: Rig, pairs: list[tuple[str, str]]) -> None:
    """0 lost, 0 doubled, 0 clobbered: the ledger and the store tell the same story."""
    landed = rig.landed()
    assert max(landed.values()) == 1, "O4"
    rivals = {review_id for review_id, _ in pairs[-RIVALS:]}
    for row in rig.rows():
        if row.review_id in rivals:
            assert row.why is Why.ANSWERED_ELSEWHERE
            assert rig.standing(row.review_id) == "A colleague's answer", "O6"
        elif row.phase is Phase.HELD:
            assert row.why is Why.UNSETTLED
            assert (row.review_id, row.text) not in landed
        else:
            assert row.phase in {Phase.PENDING, Phase.PUBLISHED}
            assert rig.standing(row.review_id) == row.text, "O3, O5"
    expected = {(row.review_id, row.text) for row in rig.rows() if row.phase is not Phase.HELD}
    assert set(landed) == expected


@pytest.mark.slow
def test_row_13_four_flushers_send_each_of_five_hundred_once(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=900, settings=SETTINGS)
    pairs = [(review_id, f"Reply {number}") for number, review_id in enumerate(rig.reviews[:500])]
    rig.queue(pairs)
    children = [rig.spawn(flush_to_rest) for _ in range(4)]
    assert [child.join(60) for child in children] == [0] * 4
    assert rig.posts() == 500
    assert rig.landed() == dict.fromkeys(pairs, 1)
    assert all(row.attempts == 1 and row.kind is Kind.PUBLISH for row in rig.rows())


def test_row_16_a_killed_holder_is_followed_at_once(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=60, settings={**SETTINGS, ("outbox", "lease_seconds"): 3600})
    [row] = rig.queue([(rig.reviews[0], "Thank you")])
    rig.simulator.settings.latency_s = 1.0
    child = rig.spawn(flush_for_ever)
    wait_for(lambda: rig.rows()[0].phase is Phase.SENDING)
    rig.end(child)
    rig.simulator.settings.latency_s = 0.0
    began = time.monotonic()
    to_rest(rig.space.sender, rig.space)
    assert time.monotonic() - began < 2 + SETTINGS["outbox", "settle_seconds"] * 1.5
    assert rig.landed() == {(row.review_id, row.text): 1}


def test_row_25_what_was_confirmed_survives_a_kill_in_its_undo_window(make_rig: MakeRig) -> None:
    from tests.faults.children import queue_and_wait

    rig = make_rig(reviews=60, settings={**SETTINGS, ("outbox", "undo_seconds"): 30})
    confirmed = rig.where.home / "confirmed"
    for number, review_id in enumerate(rig.reviews[:20]):
        child = rig.spawn(queue_and_wait, review_id, f"Thank you, customer {number}")
        wait_for(confirmed.exists)
        rig.end(child)
        confirmed.unlink()
    rows = rig.rows()
    assert [row.phase for row in rows] == [Phase.QUEUED] * 20
    assert rig.space.replies.pending_notice() == (
        "20 replies from an earlier session go out in 10 s (u = undo)"
    )
    rig.space.sender.flush_once()
    assert rig.posts() == 0
