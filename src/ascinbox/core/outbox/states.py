"""The outbox: what a reply is on its way to its store, which ways it may go, and what a look there means.

A store keeps one response a review, has no idempotency key, and a POST overwrites whatever stands there. So
each intention is one row that is written down before every step, and what is not known is found out by
reading back. The steps themselves are in `core.outbox.delivery`; both are pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ascinbox.core.records import Response, Review
from ascinbox.core.replies.reply_key import reply_key
from ascinbox.core.text import content_hash


class Kind(StrEnum):
    """What the person wants to happen at the store."""

    PUBLISH = "publish"
    """Create the review's response, or replace it."""
    WITHDRAW = "withdraw"
    """Delete the review's response."""


class Phase(StrEnum):
    """Where an intention stands. The values are part of `ascinbox.outbox/1`."""

    QUEUED = "queued"
    """Left the editor; goes out at `send_after`, may be taken back until then."""
    WAITING = "waiting"
    """Left the editor of somebody who may not publish, or asked for a second look: a publisher reads it."""
    SENDING = "sending"
    """One program holds it under a lease."""
    UNKNOWN = "unknown"
    """Asked of the store, no answer heard: settled by reading back, never by posting blind."""
    PENDING = "pending_publish"
    """The store took it and has not shown it to customers yet."""
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    """A person decides."""
    FAILED = "failed"
    """The store said no; a person decides."""
    SUPERSEDED = "superseded"
    """A later text of ours, or somebody else's, took its place."""
    UNDONE = "undone"
    """Taken back: the text is a draft again."""
    DROPPED = "dropped"
    """A person let it go, or there is nothing left to answer."""


MOVING = frozenset({Phase.QUEUED, Phase.SENDING, Phase.UNKNOWN})
"""What goes on by itself."""
BEFORE_STORE = MOVING | {Phase.WAITING}
"""At most one row of a review is in one of these."""
NEEDS_PERSON = frozenset({Phase.HELD, Phase.FAILED})
OPEN = BEFORE_STORE | NEEDS_PERSON | {Phase.PENDING}
"""What the Outbox shows as open and what gives the review its letter."""

_P = Phase
_DONE = frozenset({_P.PENDING, _P.PUBLISHED, _P.WITHDRAWN})
WAYS: dict[Phase, frozenset[Phase]] = {
    _P.QUEUED: frozenset({_P.QUEUED, _P.SENDING, _P.HELD, _P.UNDONE, _P.SUPERSEDED}),
    _P.WAITING: frozenset({_P.QUEUED, _P.UNDONE, _P.SUPERSEDED, _P.DROPPED}),
    _P.SENDING: _DONE | {_P.SENDING, _P.QUEUED, _P.UNKNOWN, _P.HELD, _P.FAILED},
    _P.UNKNOWN: _DONE | {_P.UNKNOWN, _P.QUEUED, _P.HELD},
    _P.PENDING: frozenset({_P.PENDING, _P.PUBLISHED, _P.HELD, _P.SUPERSEDED, _P.DROPPED}),
    _P.HELD: _DONE | {_P.QUEUED, _P.UNDONE, _P.DROPPED, _P.SUPERSEDED},
    _P.FAILED: _DONE | {_P.QUEUED, _P.UNDONE, _P.DROPPED, _P.SUPERSEDED},
    _P.PUBLISHED: frozenset(),
    _P.WITHDRAWN: frozenset(),
    _P.SUPERSEDED: frozenset(),
    _P.UNDONE: frozenset(),
    _P.DROPPED: frozenset(),
}
"""From each phase, the phases that a row may move to."""


class Why(StrEnum):
    """Why a row stands where it stands."""

    NONE = ""
    REVIEW_CHANGED = "review_changed"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    REPLY_REMOVED = "reply_removed"
    REVIEW_GONE = "review_gone"
    TOO_OLD = "too_old"
    UNSETTLED = "unsettled"
    ACCOUNT_CHANGED = "account_changed"
    DAMAGED = "damaged"
    RESTORED = "restored"
    ALTERED = "altered"
    """Accepted, but the store gave another text back than the one that was sent."""
    REFUSED = "refused"
    OFFLINE = "offline"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    NOT_LANDED = "not_landed"


@dataclass(frozen=True, slots=True)
class Rules:
    """The times of the outbox in seconds, from `[outbox]` and `[network]` of config.toml."""

    undo_s: float = 30.0
    settle_s: float = 60.0
    """A lost answer is read back no earlier. Below twice the deadline a slow server may be doubled."""
    lease_s: float = 120.0
    deadline_s: float = 30.0
    """The longest one request may take, in all."""
    max_rounds: int = 3
    """So often an unheard reply is sent again before a person decides."""
    give_up_s: float = 86_400.0
    """An unsettled or unsent reply older than this asks a person."""
    late_s: float = 172_800.0
    """Apple usually publishes within a day; after this a warning is shown."""

    @property
    def lease(self) -> timedelta:
        """A lease always outlasts a request, whatever was configured: no store checks a fencing token."""
        return timedelta(seconds=max(self.lease_s, self.deadline_s * 1.25))

    @property
    def settle(self) -> timedelta:
        return timedelta(seconds=self.settle_s)

    @property
    def read_gap(self) -> timedelta:
        """Time between the two equal reads that prove that a reply did not arrive (10 s by default)."""
        return timedelta(seconds=self.settle_s / 6)


def body_hash(text: str) -> str:
    """SHA-256 (hex) of a frozen body: what is posted is, byte for byte, what was confirmed."""
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# Controls, lone halves, and what cannot be seen but acts: embeddings, overrides, isolates, zero-width, tags.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def freeze(text: str) -> str:
    """The body that will be posted: LF line ends, nothing that one does not see, nothing around it."""
    return _UNSEEN.sub("", re.sub("\r\n|[\r\u2028\u2029]", "\n", text)).strip()


@dataclass(frozen=True, slots=True)
class Base:
    """What the writer saw: the review's content and the response that our reply would replace."""

    review_hash: str
    response_id: str = ""
    """Empty: there was no response."""
    response_key: str = ""
    response_modified_at: datetime | None = None

    @classmethod
    def of(cls, review: Review) -> Base:
        """The base that this state of a review is."""
        response = review.response
        return cls(
            review_hash=content_hash(review.rating, review.title, review.body),
            response_id=response.id if response else "",
            response_key=reply_key(response.text) if response else "",
            response_modified_at=response.modified_at if response else None,
        )

    @property
    def answered(self) -> bool:
        return bool(self.response_id or self.response_key)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One intention. Each step makes the next row; the store writes it only over the one it was made from."""

    op_id: str
    kind: Kind
    review_id: str
    app_id: str
    account_id: int
    credential: str
    """Identity of the credential that the person had when confirming; nothing is sent with another one."""
    phase: Phase
    text: str
    sha256: str
    base: Base
    queued_at: datetime
    send_after: datetime
    changed_at: datetime
    by: str = ""
    template: str = ""
    batch: str = ""
    """What was confirmed together is taken back together."""
    session: str = ""
    """The program that queued it."""
    id: int = 0
    version: int = 1
    """Grows by one with each step: the fencing token of the store's compare-and-set."""
    lease_owner: str = ""
    lease_until: datetime | None = None
    attempts: int = 0
    """How often the store was asked to make it public."""
    posted_at: datetime | None = None
    """Set before the first byte leaves, cleared when it is proven that none did."""
    lost_at: datetime | None = None
    """When an answer was first lost."""
    rounds: int = 0
    """How often it was proven that an unheard reply had not arrived."""
    last_read: str = ""
    """What the last settling look found, for "two equal reads"."""
    last_read_at: datetime | None = None
    check_after: datetime | None = None
    """Next settling look or poll."""
    looks: int = 0
    """Polls, or looks that failed, since the phase began."""
    accepted_at: datetime | None = None
    published_at: datetime | None = None
    response_id: str = ""
    echo_key: str = ""
    """Key of the text as the store gave it back; it counts as ours too."""
    why: Why = Why.NONE
    detail: str = ""
    """Evidence in a few words: the store's own, cleaned."""
    status: int | None = None
    """The store's HTTP status when it said no."""
    theirs: Response | None = None
    """What stood at the store when the row was held, or what the store made of our text."""
    seen: Base | None = None
    """What the look that held it saw: what a person's consent is about."""

    @property
    def intact(self) -> bool:
        """The stored text is the one that was confirmed."""
        return body_hash(self.text) == self.sha256

    def is_ours(self, response: Response) -> bool:
        """Whether this response carries our text, or the store's echo of it."""
        return reply_key(response.text) in {reply_key(self.text), self.echo_key}


class IllegalStep(ValueError):
    """A row was asked to move where `WAYS` does not lead: a mistake in the program."""


def moved(row: OutboxRow, to: Phase, now: datetime, **changes: Any) -> OutboxRow:
    """The next row; raises IllegalStep for a way that does not exist."""
    if to not in WAYS[row.phase]:
        raise IllegalStep(f"{row.phase} -> {to}")
    return replace(row, phase=to, version=row.version + 1, changed_at=now, **changes)


class LookFinding(StrEnum):
    """What a look at the store means for one row."""

    OURS = "ours"
    """What the person wants is so already."""
    BASE = "base"
    """All is as the writer saw it."""
    REVIEW_CHANGED = "review_changed"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    REPLY_REMOVED = "reply_removed"
    """The response that would be replaced is no longer there."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a review and its response. `review` None: the store does not know it any more."""

    at: datetime
    review: Review | None


def judge(row: OutboxRow, reading: Reading) -> LookFinding:
    """What `reading` means for `row`. Our text standing there outweighs all but a review that is gone."""
    if reading.review is None:
        return LookFinding.GONE
    response = reading.review.response
    seen = Base.of(reading.review)
    if row.kind is Kind.WITHDRAW:
        if response is None:
            return LookFinding.OURS
        return LookFinding.BASE if _same_response(row.base, seen) else LookFinding.ANSWERED_ELSEWHERE
    if response is not None and row.is_ours(response):
        return LookFinding.OURS
    if response is not None and not _same_response(row.base, seen):
        return LookFinding.ANSWERED_ELSEWHERE
    if response is None and row.base.answered:
        return LookFinding.REPLY_REMOVED
    if seen.review_hash != row.base.review_hash:
        return LookFinding.REVIEW_CHANGED
    return LookFinding.BASE


def _same_response(base: Base, seen: Base) -> bool:
    # The text decides: the store touches the date when it publishes, and whether an id survives is not known.
    return base.answered and base.response_key == seen.response_key


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply that has not left the editor."""

    review_id: str
    text: str
    saved_at: datetime
    base: Base | None = None
    """What the writer saw when the draft was begun."""
    by: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True)
class Discarded:
    """A discarded text; kept for thirty days."""

    id: int
    review_id: str
    text: str
    discarded_at: datetime
