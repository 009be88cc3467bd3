"""The states of a delivery and the steps between them.

One row is one event for one destination by one rule. Each step makes the next row; the queue writes it only
over the one it was made from. A receiver *with a key* (signed webhook, Zendesk, e-mail) drops a second copy
of the same message id itself, so a lost answer is simply sent again; elsewhere it is `unknown` meanwhile,
and what is sent again says that it may be there already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ascinbox.core.deliveries.events import NotifyEvent
from ascinbox.core.deliveries.schedule import GIVE_UP, pause_s

REPEAT_WITH_KEY_S = 10.0
"""A lost answer of a receiver with a key is asked for again after this long."""
REPEAT_WITHOUT_KEY_S = 60.0
MAY_BE_TWICE = "may be there twice: an answer was lost"


class DeliveryState(StrEnum):
    """Where a delivery stands. The values are part of `ascinbox.notify/1`."""

    QUEUED = "queued"
    SENDING = "sending"
    """One program holds it under a lease."""
    SENT = "sent"
    UNKNOWN = "unknown"
    """The answer was lost at a receiver without a key: sent again, and marked as perhaps a second copy."""
    FAILED = "failed"
    """Refused, or not to be delivered for a day; a person may send it again."""
    DROPPED = "dropped"
    """Its rule or destination is no longer in notify.toml."""


WAITING = frozenset({DeliveryState.QUEUED, DeliveryState.UNKNOWN})
OPEN = WAITING | {DeliveryState.SENDING}

_CLOCK_SLACK = timedelta(seconds=5)

_S = DeliveryState
WAYS: dict[DeliveryState, frozenset[DeliveryState]] = {
    _S.QUEUED: frozenset({_S.QUEUED, _S.SENDING, _S.DROPPED}),
    _S.UNKNOWN: frozenset({_S.UNKNOWN, _S.QUEUED, _S.SENDING, _S.DROPPED}),
    _S.SENDING: frozenset({_S.QUEUED, _S.UNKNOWN, _S.SENT, _S.FAILED}),
    _S.SENT: frozenset(),
    _S.FAILED: frozenset({_S.QUEUED}),
    _S.DROPPED: frozenset({_S.QUEUED}),
}
"""From each state, the states that a row may move to."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one destination by one rule."""

    uid: str
    rule: str
    destination: str
    event: NotifyEvent
    state: DeliveryState
    message: str
    """The id on the wire; what has the same goes out in one message. Empty: not put together yet."""
    digest: bool
    created_at: datetime
    next_at: datetime
    changed_at: datetime
    id: int = 0
    version: int = 1
    """Grows by one with each step: the fencing token of the queue's compare-and-set."""
    attempts: int = 0
    lease_owner: str = ""
    lease_until: datetime | None = None
    first_try_at: datetime | None = None
    maybe_sent: bool = False
    """An answer was lost at a receiver without a key."""
    reached: tuple[str, ...] = ()
    """Recipients of an e-mail whose server took it, when others did not yet."""
    reference: str = ""
    """What the receiver gave back to find it by."""
    why: str = ""
    """`secret`: the destination's secret cannot be had; otherwise empty."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BrokenDestination:
    """A destination that refuses, or whose secret cannot be had."""

    name: str
    since: datetime
    """When that was last seen."""
    detail: str
    deliveries: int
    """How many wait for a person because of it."""


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery as a list shows it."""

    uid: str
    rule: str
    destination: str
    event: str
    state: DeliveryState
    created_at: datetime
    changed_at: datetime
    next_at: datetime
    attempts: int
    detail: str
    app_name: str = ""
    review_id: str = ""
    rating: int | None = None
    title: str = ""
    said: str = ""
    """What happened, where it is about no review."""

    @property
    def needs_you(self) -> bool:
        """Whether it waits for a person."""
        return self.state is DeliveryState.FAILED

    @property
    def can_go_again(self) -> bool:
        """Whether a person may have it sent (again) now."""
        return self.state in WAITING | {DeliveryState.FAILED, DeliveryState.DROPPED}


class TryResult(StrEnum):
    """What a try came to."""

    SENT = "sent"
    AGAIN = "again"
    """Surely not delivered, or not for good: 429, 408, 5xx, a redirect, no connection, a full mailbox."""
    LOST = "lost"
    """It went out, and no answer came."""
    REFUSED = "refused"
    """The receiver does not want it: trying again is for a person to decide."""


@dataclass(frozen=True, slots=True)
class TryOutcome:
    """What a try came to, in the receiver's words (cleaned, without secrets)."""

    verdict: TryResult
    detail: str = ""
    retry_after_s: float | None = None
    reference: str = ""
    reached: tuple[str, ...] = ()
    why: str = ""


class IllegalDeliveryStep(ValueError):
    """A row was asked to move where `WAYS` does not lead: a mistake in the program."""


def stepped(row: Delivery, to: DeliveryState, now: datetime, **changes: Any) -> Delivery:
    """The next row; raises IllegalDeliveryStep for a way that does not exist."""
    if to not in WAYS[row.state]:
        raise IllegalDeliveryStep(f"{row.state} -> {to}")
    return replace(row, state=to, version=row.version + 1, changed_at=now, **changes)


def claimed(row: Delivery, owner: str, now: datetime, lease: timedelta, message: str) -> Delivery:
    """Written down before the first byte leaves."""
    return stepped(
        row,
        DeliveryState.SENDING,
        now,
        message=message,
        attempts=row.attempts + 1,
        lease_owner=owner,
        lease_until=now + lease,
        first_try_at=row.first_try_at or now,
    )


def concluded(row: Delivery, outcome: TryOutcome, now: datetime, *, keyed: bool) -> Delivery:
    """What becomes of a claimed row after a try. `keyed`: the receiver drops second copies itself."""
    free = {"lease_owner": "", "lease_until": None, "detail": outcome.detail, "why": outcome.why}
    match outcome.verdict:
        case TryResult.SENT:
            if row.maybe_sent:
                free["detail"] = f"{outcome.detail} ({MAY_BE_TWICE})".strip()
            return stepped(
                row, DeliveryState.SENT, now, reference=outcome.reference, reached=outcome.reached, **free
            )
        case TryResult.REFUSED:
            return stepped(row, DeliveryState.FAILED, now, **free)
        case TryResult.LOST if _is_over(row, now):
            free["detail"] = f"not answered for a day: {outcome.detail}"
            return stepped(row, DeliveryState.FAILED, now, maybe_sent=row.maybe_sent or not keyed, **free)
        case TryResult.LOST:
            return _lost(row, now, keyed=keyed, detail=outcome.detail, at_once=False)
        case TryResult.AGAIN:
            if _is_over(row, now):
                free["detail"] = f"not delivered for a day: {outcome.detail}"
                return stepped(row, DeliveryState.FAILED, now, **free)
            pause = timedelta(seconds=pause_s(row.attempts, outcome.retry_after_s))
            reached = tuple(dict.fromkeys((*row.reached, *outcome.reached)))
            return stepped(row, DeliveryState.QUEUED, now, next_at=now + pause, reached=reached, **free)


def recovered(row: Delivery, now: datetime, *, keyed: bool, abandoned: bool) -> Delivery | None:
    """What becomes of a row whose holder ended or let its lease run out; None while that still counts.

    A lease that ends further ahead than any lasts was written under a wrong clock.
    """
    if row.state is not DeliveryState.SENDING:
        return None
    until = row.lease_until
    over = until is None or until <= now or until > now + timedelta(hours=2)
    if not (abandoned or over):
        return None
    return _lost(row, now, keyed=keyed, detail="the program that sent it ended", at_once=True)


def reanchored(row: Delivery, now: datetime) -> Delivery | None:
    """A waiting row that was written under a clock ahead of this one, or None when its times are sound.

    The clock was set back since: what was left to wait then is left to wait now.
    """
    if row.state not in WAITING or row.changed_at <= now + _CLOCK_SLACK:
        return None
    left = max(row.next_at - row.changed_at, timedelta(0))
    first = min(row.first_try_at, now) if row.first_try_at is not None else None
    return stepped(row, row.state, now, next_at=min(row.next_at, now + left), first_try_at=first)


def _is_over(row: Delivery, now: datetime) -> bool:
    return row.first_try_at is not None and now - row.first_try_at >= GIVE_UP


def _lost(row: Delivery, now: datetime, *, keyed: bool, detail: str, at_once: bool) -> Delivery:
    grown = pause_s(row.attempts) if row.attempts > 1 else 0.0
    pause = 0.0 if at_once else max(grown, REPEAT_WITH_KEY_S if keyed else REPEAT_WITHOUT_KEY_S)
    return stepped(
        row,
        DeliveryState.QUEUED if keyed else DeliveryState.UNKNOWN,
        now,
        lease_owner="",
        lease_until=None,
        next_at=now + timedelta(seconds=pause),
        maybe_sent=row.maybe_sent or not keyed,
        detail=detail if keyed else f"{detail}; {MAY_BE_TWICE}",
        why="",
    )


def again(row: Delivery, now: datetime) -> Delivery:
    """A person wants it sent now: what failed, was dropped, or waits."""
    changes: dict[str, Any] = {"next_at": now, "first_try_at": None, "attempts": 0, "detail": "", "why": ""}
    return stepped(row, DeliveryState.QUEUED, now, **changes)
