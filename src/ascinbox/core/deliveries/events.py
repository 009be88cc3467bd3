"""What a rule can be told of, and the JSON object that stands for it outside (`ascinbox.event/1`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from ascinbox.core.clock import iso

SCHEMA = "ascinbox.event/1"


class EventKind(StrEnum):
    """The words of `on`."""

    REVIEW_NEW = "review.new"
    REVIEW_CHANGED = "review.changed"
    REVIEW_CHANGED_AFTER_REPLY = "review.changed_after_reply"
    """The customer changed a review that was answered or done."""
    REPLY_HELD = "reply.held"
    REPLY_FAILED = "reply.failed"
    REPLY_PUBLISHED = "reply.published"
    REPLY_WAITING = "reply.waiting"
    """A reply waits for somebody's approval."""
    NOTE_MENTION = "note.mention"
    """An internal note names somebody: `@anna`."""
    REVIEW_DUE = "review.due"
    """A snooze has ended, or the time to answer it (`[sla]`) is over or soon will be."""
    HEALTH_CHANGED = "health.changed"
    TOKEN_EXPIRING = "token.expiring"  # noqa: S105  (an event's name)
    SYNC_STALE = "sync.stale"
    SPIKE = "spike"
    """Far more, or far less, than usual (see `spikes`)."""


TEST = "test"
"""The event of `ascinbox notify test`: in no rule, so that nobody takes it for news."""

OF_PAGES = frozenset({EventKind.REVIEW_NEW, EventKind.REVIEW_CHANGED, EventKind.REVIEW_CHANGED_AFTER_REPLY})
"""Events that a page of reviews brings."""
WITHOUT_REVIEW = frozenset(
    {EventKind.HEALTH_CHANGED, EventKind.TOKEN_EXPIRING, EventKind.SYNC_STALE, EventKind.SPIKE}
)
"""Events that are about no review: of a filter, only `app:` and `acct:` can fit them."""

TITLES: Mapping[str, str] = {
    EventKind.REVIEW_NEW: "New review",
    EventKind.REVIEW_CHANGED: "Review changed",
    EventKind.REVIEW_CHANGED_AFTER_REPLY: "Review changed after your reply",
    EventKind.REPLY_HELD: "A reply is held: it needs a decision",
    EventKind.REPLY_FAILED: "A reply was refused",
    EventKind.REPLY_PUBLISHED: "A reply is public",
    EventKind.REPLY_WAITING: "A reply waits for approval",
    EventKind.NOTE_MENTION: "You are named in a note",
    EventKind.REVIEW_DUE: "A review is due",
    EventKind.HEALTH_CHANGED: "A connection changed",
    EventKind.TOKEN_EXPIRING: "A token ends soon",
    EventKind.SYNC_STALE: "Nothing new was fetched",
    EventKind.SPIKE: "Out of the ordinary",
    TEST: "Test message",
}


@dataclass(frozen=True, slots=True)
class NotifyEvent:
    """Something that happened. Strings in it were cleaned when they were parsed."""

    key: str
    """Names it for ever: kind, what it is about, and a hash or version of that. The same key is the same
    event, however often it is met."""
    kind: str
    at: datetime
    account: str = ""
    app_id: str = ""
    app_name: str = ""
    store: str = "apple"
    review: Mapping[str, Any] | None = None
    """As in `ascinbox.reviews/1`; None for what is about no review."""
    before: Mapping[str, Any] | None = None
    """Rating, title and body before the customer changed them."""
    detail: str = ""
    """What happened in a sentence, where the kind alone does not say it."""

    @property
    def title(self) -> str:
        """What happened in a few words."""
        return TITLES.get(self.kind, self.kind)

    @property
    def review_id(self) -> str:
        """The review that it is about, or an empty text."""
        return str(self.review["id"]) if self.review else ""


def event_key(kind: str, *parts: object) -> str:
    """The key of an event."""
    return ":".join((str(kind), *map(str, parts)))


def message_id(destination: str, key: str, *, text: bool = True) -> str:
    """The id under which a receiver knows an event, the same for every try: `webhook-id`, `Idempotency-Key`,
    the left part of a Message-ID. Two rules that tell one destination the same use the same."""
    told = "\x00".join((destination, key, "" if text else "no text"))
    import hashlib

    return f"evt_{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def group_id(ids: list[str]) -> str:
    """The id of a digest of these messages."""
    import hashlib

    return f"dig_{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:32]}"


def without_words(event: NotifyEvent) -> NotifyEvent:
    """The event with everything that people wrote left out (`text = false`): stars, app and state stay."""
    hidden = {"title": "", "body": "", "nickname": "", "note": ""}
    review = dict(event.review) if event.review else None
    if review is not None:
        review |= {name: "" for name in hidden if name in review}
        if review.get("reply"):
            review["reply"] = {**review["reply"], "text": ""}
    before = {**event.before, "title": "", "body": ""} if event.before else None
    detail = "" if event.review else event.detail
    return replace(event, review=review, before=before, detail=detail)


def body_of(event: NotifyEvent, identifier: str) -> dict[str, Any]:
    """The event as `ascinbox.event/1`: what a webhook's body and a program's standard input are."""
    app = {"id": event.app_id, "name": event.app_name, "store": event.store} if event.app_id else None
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "id": identifier,
        "event": event.kind,
        "occurred_at": iso(event.at),
        "account": event.account or None,
        "app": app,
        "review": event.review,
        "before": event.before,
    }
    if event.detail:
        body["detail"] = event.detail
    return body
