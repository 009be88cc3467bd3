"""Events that no page of reviews brings, read from what the store says: replies, notes, snoozes, connections,
tokens, data that stays away, and what is out of the ordinary."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.deliveries.events import EventKind, NotifyEvent, event_key
from ascinbox.core.deliveries.spikes import USUAL_DAYS, find_spikes
from ascinbox.core.filters import DueTerm, Query, Sort, SortKey
from ascinbox.core.health.capabilities import info
from ascinbox.core.health.credential_shapes import name_with_key
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.health.freshness import EXPIRY_DAYS
from ascinbox.core.outbox.states import OutboxRow, Phase
from ascinbox.workers.deliveries.evaluation import review_event

if TYPE_CHECKING:
    from ascinbox.store.store import Store

QUICK = frozenset(
    {
        EventKind.REPLY_HELD,
        EventKind.REPLY_FAILED,
        EventKind.REPLY_PUBLISHED,
        EventKind.REPLY_WAITING,
        EventKind.NOTE_MENTION,
        EventKind.REVIEW_DUE,
        EventKind.HEALTH_CHANGED,
    }
)
"""Events that are told within seconds; the others change slowly and cost more to look for."""

_PHASES = {
    Phase.HELD: EventKind.REPLY_HELD,
    Phase.FAILED: EventKind.REPLY_FAILED,
    Phase.PUBLISHED: EventKind.REPLY_PUBLISHED,
    Phase.WAITING: EventKind.REPLY_WAITING,
}
_MENTION = re.compile(r"(?<![\w.])@\w")
MOST_DUE = 1_000
"""The last that became due; more at once are no news but a backlog."""
AVERAGES = timedelta(days=90)
"""Versions are compared over so long."""


def events_of(store: Store, kinds: frozenset[str], since: datetime, stale: timedelta) -> list[NotifyEvent]:
    """The events of these kinds since then. `stale`: the age at which data that no sync renewed is told."""
    readers: tuple[tuple[frozenset[str], Callable[[], Iterator[NotifyEvent]]], ...] = (
        (frozenset(_PHASES.values()), lambda: _replies(store, since)),
        (frozenset({EventKind.NOTE_MENTION}), lambda: _notes(store, since)),
        (frozenset({EventKind.REVIEW_DUE}), lambda: _woken(store, since)),
        (frozenset({EventKind.REVIEW_DUE}), lambda: _due(store, since)),
        (frozenset({EventKind.HEALTH_CHANGED}), lambda: _health(store, since)),
        (frozenset({EventKind.TOKEN_EXPIRING}), lambda: _tokens(store)),
        (frozenset({EventKind.SYNC_STALE}), lambda: _stale(store, stale)),
        (frozenset({EventKind.SPIKE}), lambda: _spikes(store)),
    )
    return [event for about, read in readers if about & kinds for event in read() if event.kind in kinds]


def _replies(store: Store, since: datetime) -> Iterator[NotifyEvent]:
    rows = [row for row in store.outbox.open_rows() if row.changed_at >= since]
    rows += store.outbox.finished(since)
    wanted = [row for row in rows if row.phase in _PHASES]
    details = {detail.review.id: detail for detail in store.reviews.details([r.review_id for r in wanted])}
    for row in wanted:
        detail = details.get(row.review_id)
        if detail is not None:
            kind = _PHASES[row.phase]
            key = event_key(kind, row.op_id, row.version)
            yield review_event(kind, detail, row.changed_at, key=key, say=_said(row))


def _said(row: OutboxRow) -> str:
    why = str(row.why).replace("_", " ")
    # Whoever is told need not be who wrote it.
    whose = f"Reply by {row.by}" if row.by else "Reply"
    parts = (row.detail or why, f"{whose}: {row.text}" if row.text else "")
    return "\n".join(part for part in parts if part)


def _notes(store: Store, since: datetime) -> Iterator[NotifyEvent]:
    """Who is named in the thread of a review, and in the one note of its own."""
    thread = [note for note in store.team.notes_since(since) if _MENTION.search(note.body)]
    about = {d.review.id: d for d in store.reviews.details(list(dict.fromkeys(n.review_id for n in thread)))}
    for note in thread:
        if (detail := about.get(note.review_id)) is not None:
            key = event_key(EventKind.NOTE_MENTION, note.review_id, note.id)
            said = f"{note.author}: {note.body}"
            yield review_event(EventKind.NOTE_MENTION, detail, note.at, key=key, say=said)
    latest: dict[str, datetime] = {}
    for act in store.acts.since(since):
        if "note" in act.verb.split(", "):
            for review_id in act.review_ids:
                latest.setdefault(review_id, act.at)
    for detail in store.reviews.details(list(latest)):
        if _MENTION.search(detail.note):
            content = hashlib.sha256(detail.note.encode()).hexdigest()[:16]
            key = event_key(EventKind.NOTE_MENTION, detail.review.id, content)
            at = latest[detail.review.id]
            yield review_event(EventKind.NOTE_MENTION, detail, at, key=key, say=f"Note: {detail.note}")


def _woken(store: Store, since: datetime) -> Iterator[NotifyEvent]:
    woken = {review_id: (due, at) for review_id, due, at in store.triage.woken_since(since)}
    for detail in store.reviews.details(list(woken)):
        due, at = woken[detail.review.id]
        key = event_key(EventKind.REVIEW_DUE, detail.review.id, due)
        yield review_event(EventKind.REVIEW_DUE, detail, at, key=key, say="Its snooze has ended.")


def _due(store: Store, since: datetime) -> Iterator[NotifyEvent]:
    """What is to be answered by a time that has come, or that comes within `tell_before`: once a time."""
    clock = store.answer_clock
    if clock is None:
        return
    before = clock.tell_before
    minute = from_epoch(clock.now(store.clock.now()))
    term = DueTerm("", int((since + before - minute).total_seconds()), int(before.total_seconds()))
    window = store.reviews.window(Query((term,), Sort(SortKey.DUE, reverse=True)), limit=MOST_DUE)
    for detail in store.reviews.details([row.id for row in window.rows]):
        due = detail.due_at
        if due is None:
            continue
        key = event_key(EventKind.REVIEW_DUE, detail.review.id, "answer", to_epoch(due))
        say = f"To be answered by {due:%Y-%m-%d %H:%M} UTC."
        yield review_event(EventKind.REVIEW_DUE, detail, due - before, key=key, say=say)


def _health(store: Store, since: datetime) -> Iterator[NotifyEvent]:
    for account in store.accounts.list():
        for change in store.health.changes(account.id):
            if change.at < since or change.before == HealthState.NEVER.value:
                continue
            key = event_key(
                EventKind.HEALTH_CHANGED,
                account.id,
                change.credential,
                change.capability,
                int(change.at.timestamp()),
                change.state,
            )
            before, after = HealthState(change.before).word, HealthState(change.state).word
            name = name_with_key(account, change.credential)
            said = f"{name}: {info(change.capability).title} was {before}, now {after}."
            yield NotifyEvent(key, EventKind.HEALTH_CHANGED, change.at, account.name, detail=said)


def _tokens(store: Store) -> Iterator[NotifyEvent]:
    now = store.clock.now()
    for account in store.accounts.list():
        for credential in account.credentials:
            if credential.expires_at is None:
                continue
            left = (credential.expires_at - now).days
            passed = next((days for days in sorted(EXPIRY_DAYS) if left <= days), None)
            if passed is None:
                continue
            day = f"{credential.expires_at:%Y-%m-%d}"
            key = event_key(EventKind.TOKEN_EXPIRING, account.id, credential.key_id, day, passed)
            ends = f"ends on {day}" if left >= 0 else f"ended on {day}"
            said = f"{account.name}: the Reporter token {ends}."
            yield NotifyEvent(key, EventKind.TOKEN_EXPIRING, now, account.name, detail=said)


def _stale(store: Store, stale: timedelta) -> Iterator[NotifyEvent]:
    now = store.clock.now()
    names = {account.id: account.name for account in store.accounts.list()}
    for run in store.sync.runs():
        last = run.succeeded_at
        if last is None or now - last < stale or run.account_id not in names:
            continue
        name = names[run.account_id]
        key = event_key(EventKind.SYNC_STALE, run.account_id, run.dataset, int(last.timestamp()))
        said = f"{name}: {run.dataset} were last fetched on {last:%Y-%m-%d %H:%M} UTC. {run.detail}".rstrip()
        yield NotifyEvent(key, EventKind.SYNC_STALE, now, name, detail=said)


def _spikes(store: Store) -> Iterator[NotifyEvent]:
    now = store.clock.now()
    for number, app_id, name in store.arrivals.apps():
        reviews = store.arrivals.for_statistics(number, now - AVERAGES)
        recent = now - timedelta(days=USUAL_DAYS + 1)
        for spike in find_spikes(name, reviews, now):
            if spike.kind not in ("average", "silence") and spike.since < recent:
                continue
            about = event_key(EventKind.SPIKE, app_id, spike.kind, spike.subject)
            lasting = spike.kind in ("average", "silence")
            if not lasting and store.deliveries.told_since(f"{about}:", now - timedelta(days=1)):
                continue
            event = NotifyEvent(
                f"{about}:{spike.since:%Y-%m-%d}", EventKind.SPIKE, now, detail=spike.sentence
            )
            yield replace(event, app_id=app_id, app_name=name)
