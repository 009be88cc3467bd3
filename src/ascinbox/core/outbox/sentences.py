"""What the outbox says to a person: one sentence for where a reply stands, and what can be done about it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ascinbox.core.outbox.states import NEEDS_PERSON, Kind, OutboxRow, Phase, Why
from ascinbox.core.records import EarlierText
from ascinbox.core.stores import store_of_review
from ascinbox.core.team import Standing
from ascinbox.core.text import list_cell, shortened

ALONE = Standing()


class RowChoice(StrEnum):
    """What a person may do with a row."""

    UNDO = "undo"
    """Queued: back to being a draft."""
    SEND_NOW = "send_now"
    """Queued: do not wait for the undo window."""
    EDIT = "edit"
    """Waiting, held or failed: into the editor. One's own that is held or failed is a draft again."""
    SEND = "send"
    """Held or failed: send all the same; what is shown counts as seen."""
    KEEP = "keep"
    """Held or failed: let ours go, mark the review done."""
    COPY = "copy"
    APPROVE = "approve"
    """Waiting: publish the text as it was read."""
    SEND_BACK = "send_back"
    """Waiting: a draft of its author's again, with a note."""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One row as the Outbox, Activity and `ascinbox outbox` show it."""

    row: OutboxRow
    account: str
    app_name: str
    rating: int | None
    territory: str | None
    title: str
    nickname: str
    sentence: str
    choices: tuple[RowChoice, ...]
    late: bool = False
    """Accepted two days ago and still not public."""
    review_body: str = ""
    earlier: EarlierText | None = None
    """The review's text before the customer changed it."""
    paused: str = ""
    """Why its account sends nothing at present; empty when it does."""
    standing: Standing = ALONE
    """What the team lets the person do."""
    approver: str = ""
    """Who approved it, while it is not sent; empty where nobody had to."""
    by_workers: bool = False
    """A team's workers send it."""
    ended_by: str = ""
    """Who else than its author sent it back or put another in its place; empty for nobody."""
    ended_verb: str = ""
    """What that person did, as the team's log calls it."""

    @property
    def by(self) -> str:
        """Whose doing it is that it stands where it stands."""
        return self.ended_by or self.row.by

    def ended(self, by: str, verb: str) -> OutboxItem:
        """The same, with somebody else's act on it told in its sentence."""
        return replace(self, ended_by=by, ended_verb=verb, sentence=ended_words(self.row, by, verb))

    def sentence_at(self, now: datetime) -> str:
        """`sentence` as it reads later: a countdown has gone on since the row was read."""
        if self.row.phase is not Phase.QUEUED:
            return self.sentence
        return sentence(self.row, now, paused=self.paused, approver=self.approver, by_workers=self.by_workers)

    @property
    def needs_you(self) -> bool:
        return needs_decision(self.row, self.standing)


_HELD = {
    Why.REVIEW_CHANGED: "the customer changed the review after this was written",
    Why.ANSWERED_ELSEWHERE: "someone else answered while this was written",
    Why.REPLY_REMOVED: "the reply that stood there was removed at {who}",
    Why.REVIEW_GONE: "the review is gone at {who}; the text is kept",
    Why.TOO_OLD: "it is more than a day old and was not sent; send it still?",
    Why.UNSETTLED: "{who}'s answer never came and the reply is not there; sending it again is up to you",
    Why.ACCOUNT_CHANGED: "the account was unlinked or its key changed since; send it with the present key?",
    Why.RESTORED: "it is from a restored copy and may have been sent or taken back since; send it still?",
    Why.DAMAGED: "the stored text is not the one that was confirmed; look at it before it goes out",
}
_WAITS = {
    Why.OFFLINE: "waits for a connection to {who}",
    Why.RATE_LIMITED: "{who} asks to wait",
    Why.UNAVAILABLE: "{who} has trouble; it is tried again by itself",
    Why.NOT_LANDED: "did not reach {who} and is sent again",
}


UNSENT_AFTER = timedelta(minutes=3)
"""A worker that is at work has taken a reply so long after it was due, unless many are before it."""


def unsent_words(due: datetime | None, now: datetime) -> str:
    """`due for 4 min`, of a reply that a team's worker was to send from `due` on; empty at first."""
    if due is None or now - due < UNSENT_AFTER:
        return ""
    minutes = (now - due) // timedelta(minutes=1)
    return f"due for {minutes} min" if minutes < 120 else f"due for {minutes // 60} h"


def sentence(
    row: OutboxRow, now: datetime, *, paused: str = "", approver: str = "", by_workers: bool = False
) -> str:
    """Where the row stands, in one sentence. `paused`: why its account sends nothing at present; `approver`:
    who approved what is queued; `by_workers`: a team's workers send it."""
    if approver and row.phase is Phase.QUEUED:
        return f"approved by {approver}, {sentence(row, now, paused=paused, by_workers=by_workers)}"
    store = store_of_review(row.review_id)
    who = store.company
    match row.phase:
        case Phase.QUEUED if row.send_after > now and row.why is Why.NONE:
            verb = f"is deleted at {who}" if row.kind is Kind.WITHDRAW else "goes out"
            return f"{verb} in {seconds_left(row.send_after, now)} s"
        case Phase.QUEUED if paused:
            return f"waits: {paused}"
        case Phase.QUEUED if by_workers and row.why is Why.NONE and now - row.send_after >= UNSENT_AFTER:
            due = unsent_words(row.send_after, now)
            return f"{due} and not sent; see whether a worker of the team runs"
        case Phase.QUEUED:
            return _WAITS.get(row.why, "goes out next").format(who=who)
        case Phase.WAITING:
            return f"by {row.by}, waits for a publisher" if row.by else "waits for a publisher"
        case Phase.SENDING:
            return f"is on its way to {who}"
        case Phase.UNKNOWN if row.status == 401:
            return (
                f"{who} refused the key, perhaps after taking the reply: reading back before it is sent again"
            )
        case Phase.UNKNOWN:
            return f"asked of {who}, no answer heard: reading back before anything is sent again"
        case Phase.PENDING | Phase.PUBLISHED if row.why is Why.ALTERED and row.theirs is not None:
            state = "public" if row.phase is Phase.PUBLISHED else f"accepted by {who}"
            return f"{state}, but stored in other words than were sent: {shortened(row.theirs.text, 60)}"
        case Phase.PENDING if row.detail:
            return f"accepted by {who}, state {row.detail}"
        case Phase.PENDING if row.check_after is None:
            return f"accepted by {who} a week ago and still not public; look at {store.label}"
        case Phase.PENDING:
            return f"accepted by {who}, not public yet (usually within a day)"
        case Phase.HELD:
            return _HELD.get(row.why, "you decide").format(who=who)
        case Phase.FAILED:
            status = f" ({row.status})" if row.status else ""
            return f"{who} did not accept it{status}: {row.detail}"
        case Phase.SUPERSEDED if row.why is Why.ANSWERED_ELSEWHERE:
            return f"was public, then someone else replaced it at {who}"
        case Phase.UNDONE if row.kind is Kind.WITHDRAW:
            return f"not deleted after all, the reply stays at {who}"
        case Phase.DROPPED if row.why is Why.REVIEW_GONE and row.accepted_at is not None:
            return f"{who} took it, then the review vanished"
        case _:
            return _DONE[row.phase].format(who=who)


def said_again(row: OutboxRow, following: OutboxRow | None) -> bool:
    """Whether the next intention for the review confirmed the same once more: Activity tells it there."""
    return (
        following is not None
        and row.phase in _SETTLED
        and row.theirs is None
        and following.phase not in _TAKEN_BACK
        and (row.kind, row.text) == (following.kind, following.text)
    )


ENDED = {
    "send back": (Phase.UNDONE, "sent back by {by}, a draft of {author}'s again"),
    "take back": (Phase.UNDONE, "taken back by {by}, who has its text as a draft"),
    "replace": (Phase.SUPERSEDED, "replaced by a text of {by}'s"),
    "drop": (Phase.DROPPED, "dropped by {by}"),
}
"""By the verbs of a team's log: where a reply stands after somebody else's act, and what is said of it."""


def ended_words(row: OutboxRow, by: str, verb: str) -> str:
    """Where a reply stands that somebody else ended, as a clause."""
    return ENDED[verb][1].format(by=list_cell(by), author=list_cell(row.by))


_SETTLED = frozenset({Phase.PUBLISHED, Phase.WITHDRAWN, Phase.SUPERSEDED})
_TAKEN_BACK = frozenset({Phase.UNDONE, Phase.DROPPED}) | NEEDS_PERSON


def taken_back_words(
    rows: Sequence[OutboxRow], standing: Standing = ALONE, approvers: Collection[str] = ()
) -> str:
    """What taking back these rows, at least one, came to; a clause without a stop. `approvers`: who had
    approved them."""
    replies = sum(row.kind is Kind.PUBLISH for row in rows)
    others = {row.by for row in rows if row.kind is Kind.PUBLISH and not standing.is_mine(row.by)}
    deletions = [row for row in rows if row.kind is not Kind.PUBLISH]
    parts = []
    if replies:
        drafts = "the reply is a draft again" if replies == 1 else f"{replies} replies are drafts again"
        if others:
            whose = f"{list_cell(others.pop())}'s" if len(others) == 1 else "their authors'"
            drafts = drafts.replace(" again", f" of {whose} again")
        if approvers:
            drafts += f", no longer approved by {' and '.join(map(list_cell, sorted(approvers)))}"
        parts.append(f"{drafts}; nothing was sent")
    if deletions:
        stay = "the reply stays" if len(deletions) == 1 else f"{len(deletions)} replies stay"
        where = " and ".join(dict.fromkeys(store_of_review(row.review_id).company for row in deletions))
        parts.append(f"nothing is deleted; {stay} at {where}")
    return "; ".join(parts)


def as_sentence(words: str) -> str:
    """The words with a capital at the beginning and a stop at the end."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


_DONE = {
    Phase.PUBLISHED: "public",
    Phase.WITHDRAWN: "deleted at {who}",
    Phase.SUPERSEDED: "replaced by a later text from here",
    Phase.UNDONE: "taken back, a draft again",
    Phase.DROPPED: "dropped",
    Phase.PENDING: "accepted by {who}",
}


def seconds_left(until: datetime, now: datetime) -> int:
    """Whole seconds until a reply goes out, as every countdown shows them; 0 when it is due."""
    return max(0, -(-(until - now) // timedelta(seconds=1)))


def choices(row: OutboxRow, standing: Standing = ALONE) -> tuple[RowChoice, ...]:
    """What the person may do now, in the order in which it is offered."""
    return tuple(choice for choice in _offered(row) if not why_not(choice, row, standing))


def needs_decision(row: OutboxRow, standing: Standing = ALONE) -> bool:
    """Whether the row waits for this person: held or failed and theirs to decide, or theirs to approve."""
    decides = {RowChoice.APPROVE} if row.phase is Phase.WAITING else {RowChoice.SEND, RowChoice.KEEP}
    return row.phase in NEEDS_PERSON | {Phase.WAITING} and not decides.isdisjoint(choices(row, standing))


def why_not(choice: RowChoice, row: OutboxRow, standing: Standing) -> str:
    """Why the team does not let the person do this with the row, as a sentence; empty when it does."""
    match choice:
        case RowChoice.APPROVE | RowChoice.SEND:
            return standing.why_not_publish(row.by)
        case RowChoice.SEND_NOW if row.phase is Phase.QUEUED:
            # It was approved, or needs no approval: only the wait ends.
            return standing.why_not_publish("")
        case RowChoice.SEND_BACK if standing.is_mine(row.by):
            return "It is your own: edit it instead."
        case RowChoice.SEND_BACK:
            return standing.why_not_publish("")
        case RowChoice.UNDO | RowChoice.EDIT | RowChoice.KEEP:
            return standing.why_not_edit(row.by)
        case _:
            return ""


def _offered(row: OutboxRow) -> tuple[RowChoice, ...]:
    if row.phase is Phase.QUEUED and row.why is Why.RATE_LIMITED:
        return (RowChoice.UNDO, RowChoice.COPY)
    if row.phase is Phase.QUEUED:
        return (RowChoice.UNDO, RowChoice.SEND_NOW, RowChoice.COPY)
    if row.phase is Phase.WAITING:
        return (RowChoice.APPROVE, RowChoice.EDIT, RowChoice.SEND_BACK, RowChoice.COPY)
    if row.phase not in NEEDS_PERSON:
        return (RowChoice.COPY,)
    if row.kind is Kind.WITHDRAW:
        return (RowChoice.SEND, RowChoice.KEEP)
    if row.why is Why.DAMAGED:
        return (RowChoice.EDIT, RowChoice.KEEP, RowChoice.COPY)
    return (RowChoice.EDIT, RowChoice.SEND, RowChoice.KEEP, RowChoice.COPY)
