"""The state letter of a review: what it is, what it is called, whether it needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """One letter per review, shown in every list (ux: state = letter + word)."""

    NEW = "N"
    OPENED = "O"
    CHANGED = "C"
    DRAFT = "D"
    QUEUED = "Q"
    WAITING = "W"
    PENDING = "P"
    ANSWERED = "A"
    HELD = "H"
    FAILED = "F"
    SNOOZED = "Z"
    DONE = "-"

    @property
    def word(self) -> str:
        """The word beside the letter, lower case, also the value of `is:`."""
        return self.name.lower()

    @property
    def needs_you(self) -> bool:
        """True for the states that ask for a person's decision."""
        return self in NEEDS_YOU


NEEDS_YOU = frozenset(
    {State.NEW, State.OPENED, State.CHANGED, State.DRAFT, State.WAITING, State.HELD, State.FAILED}
)


@dataclass(frozen=True, slots=True)
class StateFacts:
    """Everything that decides a review's letter; the strongest fact wins in `letter_of`."""

    has_reply: bool = False
    """The store shows a response, pending or published."""
    reply_published: bool = False
    opened: bool = False
    changed_after_reply: bool = False
    """The customer changed the review after our reply or after it was marked done."""
    has_draft: bool = False
    outbox: str | None = None
    """State of the open outbox row: waiting, queued, sending, unknown, pending_publish, held, failed."""
    snoozed: bool = False
    done: bool = False


def letter_of(facts: StateFacts) -> State:
    """The one state letter of a review.

    Order: what is on its way (outbox) before what waits (snoozed) before what was written (draft)
    before what happened at the store.
    """
    match facts.outbox:
        case "held":
            return State.HELD
        case "failed":
            return State.FAILED
        case "waiting":
            return State.WAITING
        case "queued" | "sending" | "unknown":
            return State.QUEUED
        case "pending_publish":
            return State.PENDING
        case _:
            pass
    if facts.snoozed:
        return State.SNOOZED
    if facts.has_draft:
        return State.DRAFT
    if facts.changed_after_reply:
        return State.CHANGED
    if facts.has_reply:
        return State.ANSWERED if facts.reply_published else State.PENDING
    if facts.done:
        return State.DONE
    return State.OPENED if facts.opened else State.NEW
