"""What the rules make of what has come: deliveries to be sent, and deeds on reviews.

On the store's thread, in short steps. Reviews come by number (`store.arrivals`): each rule has looked at
them up to one, which is moved on in the transaction that adds its deliveries, so a kill loses none and
repeats none. All other events are read from what the store says now; their keys are the same each time, so
meeting one again adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.deliveries.events import OF_PAGES, EventKind, NotifyEvent, event_key, message_id
from ascinbox.core.deliveries.rules import NotifyRule, RuleFile
from ascinbox.core.deliveries.schedule import SendPlan, plan
from ascinbox.core.filters import AccountTerm, AppTerm, Query, choose, parse
from ascinbox.core.records import ReviewDetail
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.stores import store_of_review
from ascinbox.core.text import content_hash
from ascinbox.store.queue.deliveries import Evaluation, NewDelivery, RuleProgress
from ascinbox.workers.reviews.export import review_record

if TYPE_CHECKING:
    from ascinbox.store.cache.arrivals import Arrival
    from ascinbox.store.store import Store

HORIZON = timedelta(days=7)
"""So far back is looked for events that no page brings."""
AT_ONCE = 400
"""Arrivals that are looked at in one step on the store's thread."""
WRITE_DOWN_AFTER = 2_000
"""How far a rule has looked is written down with its deliveries; without any, after so many arrivals."""


@dataclass(slots=True)
class Looked:
    """What one step came to."""

    added: int = 0
    marked: tuple[str, ...] = ()
    more: bool = False
    """There is more to look at."""


@dataclass(slots=True)
class RuleEvaluator:
    """Looks at events for the rules of one program."""

    ahead: dict[str, RuleProgress] = field(default_factory=dict)
    """Rules that have looked further than is written down, because nothing there was for them."""

    def begin(self, store: Store, file: RuleFile) -> Mapping[str, RuleProgress]:
        """Notes rules that are new: they begin now."""
        names = [rule.name for rule in file.rules]
        if not names:
            return {}
        arrivals = store.arrivals
        return store.deliveries.begin(names, arrivals.cache(), arrivals.newest(), store.clock.now())

    def pages(self, store: Store, file: RuleFile) -> Looked:
        """One step through what pages brought since the rules last looked."""
        now = store.clock.now()
        progress = self.begin(store, file)
        rules = [rule for rule in file.rules if rule.on & OF_PAGES]
        if not rules:
            return Looked()
        cache, newest = store.arrivals.cache(), store.arrivals.newest()
        at = {rule.name: self._ahead(_here(progress[rule.name], cache, newest)) for rule in rules}
        arrivals = store.arrivals.since(min(each.seen for each in at.values()), AT_ONCE)
        if not arrivals:
            return Looked()
        last = arrivals[-1].number
        planner = Planner(store, file, now)
        found: list[Evaluation] = []
        for rule in rules:
            mine = [arrival for arrival in arrivals if arrival.number > at[rule.name].seen]
            after = replace(at[rule.name], seen=max(last, at[rule.name].seen))
            new, deeds = _told(store, rule, mine, planner, now)
            written = progress[rule.name]
            far = after.cache != written.cache or abs(after.seen - written.seen) >= WRITE_DOWN_AFTER
            if new or deeds or far:
                found.append(Evaluation(written, after, tuple(new), deeds))
                self.ahead.pop(rule.name, None)
            else:
                self.ahead[rule.name] = after
        taken = store.deliveries.take(found, now) if found else None
        return Looked(
            taken.added if taken else 0, taken.marked if taken else (), more=len(arrivals) == AT_ONCE
        )

    def events(self, store: Store, file: RuleFile, met: Iterable[NotifyEvent]) -> int:
        """Adds deliveries for events that no page brought; how many were not there yet."""
        now = store.clock.now()
        progress = self.begin(store, file)
        planner = Planner(store, file, now)
        new: list[NewDelivery] = []
        for event in met:
            for rule in file.rules:
                if event.kind not in rule.on or event.at < progress[rule.name].begun_at:
                    continue
                if _fits(store, parse(rule.when, now=now.astimezone()), event):
                    new += planner.of(rule, event)
        return store.deliveries.add(new, now) if new else 0

    def backfill(self, store: Store, file: RuleFile, number: int) -> int:
        """Adds the newest `number` reviews of each rule as new, whenever they were stored."""
        now = store.clock.now()
        self.begin(store, file)
        planner = Planner(store, file, now)
        new: list[NewDelivery] = []
        for rule in file.rules:
            if EventKind.REVIEW_NEW not in rule.on:
                continue
            query = parse(rule.when, now=now.astimezone())
            ids = [row.id for row in store.reviews.window(query, limit=number).rows]
            for detail in reversed(store.reviews.details(ids)):
                new += planner.of(rule, review_event(EventKind.REVIEW_NEW, detail, now))
        return store.deliveries.add(new, now) if new else 0

    def _ahead(self, written: RuleProgress) -> RuleProgress:
        ahead = self.ahead.get(written.name)
        known = ahead is not None and ahead.cache == written.cache and ahead.seen > written.seen
        return ahead if known and ahead is not None else written


def _here(progress: RuleProgress, cache: str, newest: int) -> RuleProgress:
    """The progress as it counts in this cache.db: a new one is looked at from its start; after a power cut
    the cache may have lost what a rule has looked at."""
    if progress.cache != cache:
        return replace(progress, cache=cache, seen=0)
    return replace(progress, seen=min(progress.seen, newest))


def _told(
    store: Store, rule: NotifyRule, mine: Sequence[Arrival], planner: Planner, now: datetime
) -> tuple[list[NewDelivery], dict[str, MarkChange]]:
    """Deliveries and deeds of a rule for what has come."""
    kinds: dict[str, set[str]] = {}
    for arrival in mine:
        kinds.setdefault(arrival.review_id, set()).add(arrival.kind)
    if EventKind.REVIEW_NEW not in rule.on:
        kinds = {review_id: each for review_id, each in kinds.items() if "new" not in each}
    query = parse(rule.when, now=now.astimezone())
    fitting = store.reviews.fitting(query, list(kinds)) if kinds else []
    new: list[NewDelivery] = []
    deeds: dict[str, MarkChange] = {}
    for detail in planner.details(fitting):
        kind = _kind(rule, kinds[detail.review.id], detail)
        if kind is None:
            continue
        new += planner.of(rule, planner.event(kind, detail))
        if rule.do is not None:
            deeds[detail.review.id] = rule.do
    return new, deeds


def _kind(rule: NotifyRule, kinds: set[str], detail: ReviewDetail) -> EventKind | None:
    """Which event of the rule's it is: a change is told once, by its nearest name."""
    if "new" in kinds:
        return EventKind.REVIEW_NEW if EventKind.REVIEW_NEW in rule.on else None
    dealt_with = "answered" in kinds or detail.done
    if dealt_with and EventKind.REVIEW_CHANGED_AFTER_REPLY in rule.on:
        return EventKind.REVIEW_CHANGED_AFTER_REPLY
    return EventKind.REVIEW_CHANGED if EventKind.REVIEW_CHANGED in rule.on else None


def review_event(
    kind: str, detail: ReviewDetail, at: datetime, *, key: str = "", say: str = ""
) -> NotifyEvent:
    """An event about a review; by itself its key is kind, review and content."""
    review = detail.review
    content = content_hash(review.rating, review.title, review.body)[:16]
    before = None
    if kind in (EventKind.REVIEW_CHANGED, EventKind.REVIEW_CHANGED_AFTER_REPLY) and detail.earlier:
        earlier = detail.earlier
        before = {"rating": earlier.rating, "title": earlier.title, "body": earlier.body}
    return NotifyEvent(
        key=key or event_key(kind, review.id, content),
        kind=str(kind),
        at=at,
        account=detail.account,
        app_id=review.app_id,
        app_name=detail.app_name,
        store=store_of_review(review.id).id,
        review=review_record(detail),
        before=before,
        detail=say,
    )


class Planner:
    """Decides when each delivery goes out; remembers what it has planned in this step."""

    def __init__(self, store: Store, file: RuleFile, now: datetime) -> None:
        self._store = store
        self._file = file
        self._now = now
        self._planned: dict[tuple[str, str], list[datetime]] = {}
        self._details: dict[str, ReviewDetail] = {}
        self._events: dict[tuple[EventKind, str], NotifyEvent] = {}

    def event(self, kind: EventKind, detail: ReviewDetail) -> NotifyEvent:
        """`review_event` of now, made once for all rules."""
        key = (kind, detail.review.id)
        if key not in self._events:
            self._events[key] = review_event(kind, detail, self._now)
        return self._events[key]

    def details(self, ids: Sequence[str]) -> list[ReviewDetail]:
        """Everything about these reviews, read once for all rules."""
        missing = [i for i in ids if i not in self._details]
        if missing:
            self._details |= {detail.review.id: detail for detail in self._store.reviews.details(missing)}
        return [self._details[i] for i in ids if i in self._details]

    def of(self, rule: NotifyRule, event: NotifyEvent) -> list[NewDelivery]:
        """A delivery for each destination of the rule."""
        found = []
        for name in rule.to:
            when = self._plan(rule, name)
            identifier = message_id(name, event.key, text=rule.text)
            found.append(NewDelivery(rule.name, name, event, when.at, identifier, when.digest))
        return found

    def _plan(self, rule: NotifyRule, name: str) -> SendPlan:
        planned: list[datetime] = []
        if rule.rate is not None and not rule.schedule.gathers:
            key = (rule.name, name)
            if key not in self._planned:
                since = self._now - rule.rate.within
                self._planned[key] = self._store.deliveries.planned(rule.name, name, since)
            planned = self._planned[key]
        found = plan(self._now, rule.schedule, rule.quiet, rule.rate, planned)
        destination = self._file.destinations.get(name)
        if destination is not None and destination.kind.for_machines:
            # Each event goes by itself, at its time.
            found = SendPlan(found.at)
        if not found.digest:
            planned.append(found.at)
        return found


def _fits(store: Store, query: Query, event: NotifyEvent) -> bool:
    if event.review is not None:
        return bool(store.reviews.fitting(query, [event.review_id]))
    for term in query.terms:
        match term:
            case AppTerm():
                names = (event.app_name, event.app_id)
                fits = bool(event.app_id) and bool(choose(term.values, [(0, names)]))
            case AccountTerm():
                fits = bool(event.account) and bool(choose(term.values, [(0, (event.account,))]))
            case _:
                return False
        if fits == term.negated:
            return False
    return True
