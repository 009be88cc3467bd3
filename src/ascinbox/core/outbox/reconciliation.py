"""Finding out: what became of a reply whose answer was lost, and when an accepted one is public. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ascinbox.core.errors import AscinboxError, RateLimited
from ascinbox.core.outbox.delivery import (
    FIRST_POLL,
    HELD_BY,
    accepted,
    held,
    look_again,
    look_at,
    requeued,
    response_of,
    wait_until,
)
from ascinbox.core.outbox.states import (
    NEEDS_PERSON,
    Base,
    LookFinding,
    OutboxRow,
    Phase,
    Reading,
    Rules,
    Why,
    judge,
    moved,
)
from ascinbox.core.records import ResponseState, Review

POLL_AFTER_S = (FIRST_POLL.seconds, 15, 30, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400)
"""Ages of an accepted reply at which it is looked at; daily after that, until `POLL_UNTIL`."""
POLL_UNTIL = timedelta(days=7)

_NOT_LANDED = frozenset({LookFinding.BASE, LookFinding.REVIEW_CHANGED, LookFinding.REPLY_REMOVED})


# --- a lost answer -----------------------------------------------------------------------------------


def settling(row: OutboxRow, owner: str, now: datetime, rules: Rules) -> OutboxRow:
    """`owner` looks at the store for this unknown row."""
    return moved(row, Phase.UNKNOWN, now, lease_owner=owner, lease_until=now + rules.lease)


def settled(row: OutboxRow, reading: Reading, rules: Rules) -> OutboxRow:
    """What a look at the store says about an unheard reply.

    It arrived: done. It did not, or the review is gone: believed after two equal reads. Then it is sent
    again, at most `max_rounds` times and not after a day; otherwise a person decides.
    """
    now = reading.at
    finding = judge(row, reading)
    if finding is LookFinding.OURS:
        return accepted(row, response_of(reading), now)
    if finding not in _NOT_LANDED and finding is not LookFinding.GONE:
        return held(row, HELD_BY[finding], now, reading)
    if row.last_read != finding or row.last_read_at is None or row.last_read_at > now:
        return look_at(row, now, now + rules.read_gap, last_read=str(finding), last_read_at=now)
    if now - row.last_read_at < rules.read_gap:
        return look_at(row, now, row.last_read_at + rules.read_gap)
    if finding is LookFinding.GONE:
        return held(row, Why.REVIEW_GONE, now, reading)
    rounds = row.rounds + 1
    if rounds >= rules.max_rounds or _given_up(row, now, rules):
        return held(row, Why.UNSETTLED, now, reading, rounds=rounds)
    # It keeps its place before the replies that were confirmed after it.
    return requeued(replace(row, rounds=rounds), now, min(row.send_after, now), Why.NOT_LANDED, row.detail)


def failed_settling(row: OutboxRow, error: AscinboxError, now: datetime, rules: Rules) -> OutboxRow:
    """The look itself failed: look again later, and ask a person after a day."""
    if _given_up(row, now, rules):
        return held(row, Why.UNSETTLED, now)
    after = now + min(look_again(row.looks), rules.settle)
    if isinstance(error, RateLimited):
        after = wait_until(error, now)
    return look_at(row, now, after, looks=row.looks + 1, detail=error.title)


def read_by_sync(row: OutboxRow, review: Review, now: datetime) -> OutboxRow | None:
    """What a review as a sync read it says about a held or failed reply; None: nothing.

    The store may answer "no" after it has done what was asked. What stands there counts for more.
    """
    if row.phase not in NEEDS_PERSON or not row.intact:
        return None
    if judge(row, Reading(now, review)) is not LookFinding.OURS:
        return None
    return accepted(row, review.response, now)


# --- an accepted reply --------------------------------------------------------------------------------


def polling(row: OutboxRow, now: datetime) -> OutboxRow:
    """Taken for one poll: the next look is written down first, so that only one program makes this one."""
    return moved(row, Phase.PENDING, now, looks=row.looks + 1, check_after=_next_poll(row, now))


def polled(row: OutboxRow, reading: Reading, rules: Rules) -> OutboxRow | None:
    """What a look at an accepted reply says; None: nothing new.

    That the review or the reply is gone is believed after two looks, one after the other.
    """
    now = reading.at
    if reading.review is None:
        if row.last_read == LookFinding.GONE:
            return moved(row, Phase.DROPPED, now, why=Why.REVIEW_GONE, check_after=None)
        return _looked_for(row, LookFinding.GONE, now, rules)
    response = reading.review.response
    if response is not None and row.is_ours(response):
        if response.state == ResponseState.PUBLISHED:
            return moved(row, Phase.PUBLISHED, now, published_at=now, check_after=None, detail="")
        unusual = response.state if response.state != ResponseState.PENDING_PUBLISH else ""
        if unusual == row.detail and not row.last_read:
            return None
        return moved(row, Phase.PENDING, now, detail=unusual, last_read="")
    if row.accepted_at is not None and now - row.accepted_at < rules.settle:
        return None
    seen = Base.of(reading.review)
    if response is None:
        if row.last_read == LookFinding.REPLY_REMOVED:
            return moved(
                row, Phase.HELD, now, why=Why.REPLY_REMOVED, theirs=None, seen=seen, check_after=None
            )
        return _looked_for(row, LookFinding.REPLY_REMOVED, now, rules)
    return moved(row, Phase.SUPERSEDED, now, why=Why.ANSWERED_ELSEWHERE, theirs=response, check_after=None)


def failed_poll(row: OutboxRow, now: datetime) -> OutboxRow:
    """The look did not come about; the one that was written down comes too late if that is a day away."""
    soon = now + timedelta(minutes=5)
    return moved(row, Phase.PENDING, now, check_after=min(row.check_after or soon, soon))


def is_late(row: OutboxRow, now: datetime, rules: Rules) -> bool:
    """Accepted two days ago and still not public."""
    return (
        row.phase is Phase.PENDING
        and row.accepted_at is not None
        and now - row.accepted_at > timedelta(seconds=rules.late_s)
    )


# --- pieces -------------------------------------------------------------------------------------------


def _looked_for(row: OutboxRow, missed: LookFinding, now: datetime, rules: Rules) -> OutboxRow:
    """Missing for the first time: looked for once more before that is believed."""
    return moved(row, Phase.PENDING, now, last_read=str(missed), check_after=now + rules.settle)


def _given_up(row: OutboxRow, now: datetime, rules: Rules) -> bool:
    return row.lost_at is not None and now - row.lost_at >= timedelta(seconds=rules.give_up_s)


def _next_poll(row: OutboxRow, now: datetime) -> datetime | None:
    start = row.accepted_at or now
    age = max(now - start, timedelta(0))
    if age >= POLL_UNTIL:
        return None
    for seconds in POLL_AFTER_S:
        if timedelta(seconds=seconds) > age:
            return start + timedelta(seconds=seconds)
    return now + timedelta(days=1)
