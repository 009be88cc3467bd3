"""What becomes of a reply after a crash, a freeze, a jump of the clock or the end of a session. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from ascinbox.core.outbox.delivery import held, look_at, lost, requeued
from ascinbox.core.outbox.states import OutboxRow, Phase, Rules, Why, moved
from ascinbox.core.stores import store_of_review

_CLOCK_SLACK = timedelta(seconds=5)
_LEAST_WINDOW_S = 10.0
_FARTHEST_LOOK = {Phase.UNKNOWN: timedelta(hours=1), Phase.PENDING: timedelta(days=1)}
"""No step puts the next look further away than this; what is further was put there by another clock."""


def lease_over(row: OutboxRow, now: datetime, rules: Rules) -> bool:
    """Nobody holds the row any more. A lease far in the future was made before the clock was set back."""
    return row.lease_until is None or not now < row.lease_until <= now + 2 * rules.lease


def recovered(row: OutboxRow, now: datetime, rules: Rules, *, abandoned: bool) -> OutboxRow | None:
    """The row after its holder vanished, or None when it is still held or nobody held it.

    `abandoned`: the holder is known to be dead, the lease need not run out.
    """
    if not row.lease_owner or not (abandoned or lease_over(row, now, rules)):
        return None
    if row.phase is Phase.SENDING:
        if row.posted_at is None:
            return requeued(row, now, row.send_after, Why.NONE, "")
        company = store_of_review(row.review_id).company
        return lost(row, now, rules, f"the program stopped while it waited for {company}'s answer")
    if row.phase is Phase.UNKNOWN:
        return look_at(row, now, row.check_after or now)
    return None


def reanchored(row: OutboxRow, now: datetime, rules: Rules) -> OutboxRow | None:
    """The row with its times moved when the clock was set back behind them, or None when they are sound."""
    if row.phase is Phase.QUEUED and row.queued_at > now + _CLOCK_SLACK:
        longest = max(timedelta(seconds=max(rules.undo_s, _LEAST_WINDOW_S)), _unsettled(row, rules))
        window = min(row.send_after - row.queued_at, longest)
        return moved(row, row.phase, now, queued_at=now, send_after=now + window)
    if row.phase is Phase.QUEUED and row.send_after > now + timedelta(hours=1):
        return moved(row, row.phase, now, send_after=now + _unsettled(row, rules))
    farthest = _FARTHEST_LOOK.get(row.phase)
    if farthest is None or row.check_after is None:
        return None
    # A program that took the row over from a dead one has touched it since, and left the look where it was.
    if max(row.changed_at, row.check_after - farthest) <= now + _CLOCK_SLACK:
        return None
    if row.phase is Phase.UNKNOWN:
        return moved(
            row,
            row.phase,
            now,
            check_after=now + rules.settle,
            lost_at=min(row.lost_at or now, now),
            last_read="",
            last_read_at=None,
        )
    return moved(row, row.phase, now, check_after=now, accepted_at=min(row.accepted_at or now, now))


def _unsettled(row: OutboxRow, rules: Rules) -> timedelta:
    """How long a look may still not show what a refused request did all the same."""
    return rules.settle if row.why is Why.RATE_LIMITED else timedelta(0)


def delayed(row: OutboxRow, expected: datetime, now: datetime, rules: Rules) -> OutboxRow | None:
    """The row when the wall clock shows `now` where `expected` was due: it jumped, or the machine slept.

    What was left of a wait stays left: of the undo window, and of the time in which a look at the store may
    be stale. None when it was over, or the row was touched after the jump (by its making, or by another
    program that noticed the same jump).
    """
    if row.changed_at > expected:
        return None
    jump = now - expected
    if row.phase is Phase.QUEUED and row.send_after > expected:
        return moved(row, row.phase, now, send_after=row.send_after + jump)
    if row.check_after is None or row.check_after <= expected:
        return None
    if row.phase is Phase.UNKNOWN:
        read = row.last_read_at
        return moved(
            row,
            row.phase,
            now,
            check_after=row.check_after + jump,
            last_read_at=read + jump if read is not None else None,
        )
    if (
        row.phase is Phase.PENDING
        and row.accepted_at is not None
        and expected < row.accepted_at + rules.settle
    ):
        return moved(
            row, row.phase, now, check_after=row.check_after + jump, accepted_at=row.accepted_at + jump
        )
    return None


def resumed(row: OutboxRow, now: datetime, session: str, grace_s: float) -> OutboxRow:
    """A queued row of an earlier session: this one adopts it and leaves `grace_s` seconds to take it back."""
    grace = now + timedelta(seconds=grace_s)
    return moved(row, Phase.QUEUED, now, session=session, send_after=max(row.send_after, grace))


def restored(row: OutboxRow, now: datetime) -> OutboxRow:
    """An unfinished row of a copy that took the place of a lost user.db: a person decides.

    Since the copy was made it may have been sent, which a look would find out, or taken back, which nothing
    tells any more.
    """
    return held(row, Why.RESTORED, now)
