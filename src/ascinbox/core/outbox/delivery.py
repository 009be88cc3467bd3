"""The steps of a reply: from a row and what is known, the next row. Pure; each result is one committed write.

A step that depends on what a store said is asked for after the request, never during it, so a kill at any
moment leaves either a row of which nothing left this machine or a row that has to be found out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ascinbox.core.errors import (
    AscinboxError,
    Forbidden,
    NetworkError,
    NotFound,
    RateLimited,
    Rejected,
    SourceError,
    Unauthorized,
    Unavailable,
)
from ascinbox.core.outbox.states import (
    Base,
    Kind,
    LookFinding,
    OutboxRow,
    Phase,
    Reading,
    Rules,
    Why,
    judge,
    moved,
)
from ascinbox.core.records import Response, ResponseState
from ascinbox.core.replies.reply_key import reply_key

FIRST_POLL = timedelta(seconds=5)
"""After acceptance; when the later ones come is in `core.outbox.reconciliation`."""

_LOOK_AGAIN_S = (15, 30, 60, 120, 300)
HELD_BY: Mapping[LookFinding, Why] = {
    LookFinding.REVIEW_CHANGED: Why.REVIEW_CHANGED,
    LookFinding.ANSWERED_ELSEWHERE: Why.ANSWERED_ELSEWHERE,
    LookFinding.REPLY_REMOVED: Why.REPLY_REMOVED,
    LookFinding.GONE: Why.REVIEW_GONE,
}
"""Why a reply is held after a look that found this."""


# --- before anything is asked of the store ------------------------------------------------------------


def barred(row: OutboxRow, credential: str | None, now: datetime, rules: Rules) -> OutboxRow | None:
    """The held row when a queued one must not go out without a person, else None.

    `credential`: identity of the account's credential now; None when the account is no longer linked.
    """
    if not row.intact:
        return held(row, Why.DAMAGED, now)
    if credential != row.credential:
        return held(row, Why.ACCOUNT_CHANGED, now)
    if now - row.queued_at > timedelta(seconds=rules.give_up_s):
        return held(row, Why.TOO_OLD, now)
    return None


def claimed(row: OutboxRow, owner: str, now: datetime, rules: Rules) -> OutboxRow:
    """`owner` holds the row; nothing has been asked of the store for it."""
    return moved(
        row,
        Phase.SENDING,
        now,
        lease_owner=owner,
        lease_until=now + rules.lease,
        posted_at=None,
        why=Why.NONE,
        detail="",
        status=None,
    )


def reread(row: OutboxRow, reading: Reading, put: OutboxRow | None, rules: Rules) -> OutboxRow | None:
    """What the look just before sending means; None: all is as the writer saw it, post.

    `put`: what was last put or removed for the review from here. A look that contradicts it within
    the settle window may be stale, so it is repeated later instead of being believed.
    """
    finding = judge(row, reading)
    if finding is LookFinding.BASE:
        return None
    if finding is LookFinding.OURS:
        return accepted(row, response_of(reading), reading.at)
    if put is not None and put.accepted_at is not None and finding is not LookFinding.GONE:
        fresh = timedelta(0) <= reading.at - put.accepted_at < rules.settle
        if fresh and not _shows(reading, put):
            return requeued(row, reading.at, max(put.accepted_at + rules.settle, reading.at), Why.NONE, "")
    return held(row, HELD_BY[finding], reading.at, reading)


def _shows(reading: Reading, put: OutboxRow) -> bool:
    """Whether the look shows what this row put there, and so cannot be older than that."""
    standing = response_of(reading)
    return standing is None if put.kind is Kind.WITHDRAW else standing is not None and put.is_ours(standing)


def posting(row: OutboxRow, now: datetime, rules: Rules) -> OutboxRow:
    """Committed before the first byte leaves; renews the lease so that it outlasts the request."""
    return moved(
        row, Phase.SENDING, now, posted_at=now, attempts=row.attempts + 1, lease_until=now + rules.lease
    )


# --- what the store answered --------------------------------------------------------------------------


def accepted(row: OutboxRow, response: Response | None, now: datetime) -> OutboxRow:
    """The store has what the person wanted. `response` is None for a withdrawal."""
    done = free(row, detail="", status=None, seen=None, looks=0, last_read="", last_read_at=None)
    if row.kind is Kind.WITHDRAW or response is None:
        return moved(done, Phase.WITHDRAWN, now, why=Why.NONE, theirs=None, accepted_at=now, check_after=None)
    public = response.state == ResponseState.PUBLISHED
    # An answer without a text says nothing about it.
    altered = bool(response.text) and reply_key(response.text) != reply_key(row.text)
    return moved(
        done,
        Phase.PUBLISHED if public else Phase.PENDING,
        now,
        why=Why.ALTERED if altered else Why.NONE,
        theirs=response if altered else None,
        accepted_at=now,
        published_at=now if public else None,
        response_id=response.id,
        echo_key=reply_key(response.text) if response.text else "",
        check_after=None if public else now + FIRST_POLL,
    )


def unauthorized_once(row: OutboxRow, now: datetime, rules: Rules) -> OutboxRow:
    """The store refused the token of the request: the same holder looks before anything else is decided.

    `posted_at` stays, since a refusal may come after the effect: a crash from here on is found out.
    """
    return moved(row, Phase.SENDING, now, lease_until=now + rules.lease)


def reread_after_401(
    row: OutboxRow, reading: Reading, put: OutboxRow | None, rules: Rules, detail: str
) -> OutboxRow:
    """What the look after a 401 means.

    Where it does not show our reply, that is no proof that it did not land: it is looked for after the settle
    window, as after a lost answer.
    """
    decided = reread(row, reading, put, rules)
    if decided is None or decided.phase is Phase.QUEUED:
        return replace(lost(row, reading.at, rules, detail), status=401)
    return decided


def failed_look(row: OutboxRow, error: AscinboxError, now: datetime, rules: Rules) -> OutboxRow:
    """The look before sending failed. Nothing was posted, unless this is the look after a 401."""
    match error:
        case Unauthorized() | Forbidden() | NotFound() | Rejected():
            return _refused(row, error, now)
        case _ if row.posted_at is not None:
            return lost(row, now, rules, error.title)
        case RateLimited():
            return requeued(row, now, wait_until(error, now), Why.RATE_LIMITED, error.title)
        case Unavailable():
            return requeued(row, now, now + look_again(row.looks), Why.UNAVAILABLE, error.title)
        case SourceError():
            return _refused(row, error, now)
        case _:
            return requeued(row, now, row.send_after, Why.OFFLINE, error.title)


def failed_post(row: OutboxRow, error: AscinboxError, now: datetime, rules: Rules) -> OutboxRow:
    """The request to publish or delete failed. Only what provably changed nothing is not unknown.

    A 429 may come after the effect, and a look within the settle window may not show that yet: the row waits
    at least so long before it is looked at and sent again.
    """
    match error:
        case RateLimited():
            again = max(wait_until(error, now), now + rules.settle)
            return requeued(row, now, again, Why.RATE_LIMITED, error.title)
        case NotFound() if row.kind is Kind.WITHDRAW:
            # A 404 without the store's words may come from anybody: whether the reply is gone is looked at.
            return accepted(row, None, now) if error.problems else lost(row, now, rules, error.title)
        case Unauthorized() | Forbidden() | NotFound() | Rejected():
            return _refused(row, error, now)
        case NetworkError() if error.unsent:
            return requeued(row, now, row.send_after, Why.OFFLINE, error.title)
        case _:
            return lost(row, now, rules, error.title)


def wait_until(error: RateLimited, now: datetime) -> datetime:
    """When the store may be asked again: what it said, from a second to fifteen minutes away."""
    return min(max(error.retry_at, now + timedelta(seconds=1)), now + timedelta(minutes=15))


def unsent(row: OutboxRow, now: datetime) -> OutboxRow:
    """Back in the queue: it is certain that no byte left."""
    return requeued(row, now, now, Why.NONE, "")


def lost(row: OutboxRow, now: datetime, rules: Rules, detail: str) -> OutboxRow:
    """Asked, and no answer heard: to be found out after the settle window."""
    return moved(
        free(row),
        Phase.UNKNOWN,
        now,
        lost_at=row.lost_at or now,
        last_read="",
        last_read_at=None,
        check_after=now + rules.settle,
        looks=0,
        detail=detail,
    )


# --- pieces -----------------------------------------------------------------------------------------------


def free(row: OutboxRow, **changes: object) -> OutboxRow:
    """The same row, held by nobody."""
    return replace(row, lease_owner="", lease_until=None, **changes)  # type: ignore[arg-type]


def held(
    row: OutboxRow, why: Why, now: datetime, reading: Reading | None = None, *, rounds: int | None = None
) -> OutboxRow:
    """A person decides; what `reading` showed is kept beside it."""
    review = reading.review if reading is not None else None
    return moved(
        free(row),
        Phase.HELD,
        now,
        why=why,
        check_after=None,
        rounds=row.rounds if rounds is None else rounds,
        seen=Base.of(review) if review is not None else None,
        theirs=review.response if review is not None and why is not Why.REVIEW_CHANGED else None,
    )


def requeued(row: OutboxRow, now: datetime, send_after: datetime, why: Why, detail: str) -> OutboxRow:
    """Back in the queue. An attempt that provably did nothing is not counted."""
    uncount = 1 if row.phase is Phase.SENDING and row.posted_at is not None else 0
    return moved(
        free(row),
        Phase.QUEUED,
        now,
        send_after=send_after,
        posted_at=None,
        attempts=row.attempts - uncount,
        check_after=None,
        last_read="",
        last_read_at=None,
        looks=row.looks + 1 if why is Why.UNAVAILABLE else 0,
        why=why,
        detail=detail,
    )


def _refused(row: OutboxRow, error: SourceError, now: datetime) -> OutboxRow:
    return moved(free(row), Phase.FAILED, now, why=Why.REFUSED, status=error.status, detail=str(error))


def look_at(row: OutboxRow, now: datetime, after: datetime, **changes: object) -> OutboxRow:
    """Still unknown; the next look is due at `after`."""
    return moved(free(row), Phase.UNKNOWN, now, check_after=after, **changes)


def look_again(looks: int) -> timedelta:
    """The pause after so many looks that failed."""
    return timedelta(seconds=_LOOK_AGAIN_S[min(looks, len(_LOOK_AGAIN_S) - 1)])


def response_of(reading: Reading) -> Response | None:
    """What stands at the store as of a look."""
    return reading.review.response if reading.review is not None else None
