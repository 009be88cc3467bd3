"""What a query selects and in which order, told in plain Python: the measure for SQL and index."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from ascinbox.core.clock import to_epoch
from ascinbox.core.filters import (
    OVERDUE,
    AccountTerm,
    AppTerm,
    AssigneeTerm,
    ByTerm,
    ClaimedTerm,
    DueTerm,
    Has,
    HasTerm,
    IsTerm,
    LanguageTerm,
    Mark,
    Query,
    RatingTerm,
    SortKey,
    TagTerm,
    Term,
    TerritoryTerm,
    TextTerm,
    TimeTerm,
    VersionTerm,
    choose,
)
from ascinbox.core.records import App, Review
from ascinbox.core.reviews.answer_clock import AnswerClock
from ascinbox.core.reviews.language import guess
from ascinbox.core.text import fold
from tests.store.conftest import NOW

folded = cache(fold)
"""The same few texts are looked at for each query."""


@dataclass
class Known:
    """A review with everything that the store knows of it."""

    review: Review
    state: str
    tags: tuple[str, ...] = ()
    note: str = ""
    draft: str | None = None
    assignee: str = ""
    flagged: bool = False
    read: bool = False
    removed: bool = False
    changed_at: int | None = None
    app_version: str | None = None
    writer: str = ""


@dataclass
class World:
    """All reviews, apps, and which app is seen by which account."""

    known: list[Known]
    apps: list[App]
    accounts: dict[str, set[str]] = field(default_factory=dict)
    me: str = "anna"
    clock: AnswerClock | None = None
    now: datetime = NOW

    def rows(self, query: Query) -> list[str]:
        """The ids that the query selects, in its order."""
        chosen = [
            k
            for k in self.known
            if (query.shows_removed or not k.removed)
            and all(self.holds(term, k) is not term.negated for term in query.terms)
        ]
        return [k.review.id for k in sorted(chosen, key=lambda k: self._order(query, k))]

    def _order(self, query: Query, k: Known) -> tuple[float, int, str]:
        newest = -self._second(k)
        turn = -1 if query.sort.reverse else 1
        match query.sort.key:
            case SortKey.NEWEST:
                return (0, newest, "")
            case SortKey.OLDEST:
                return (0, -newest, "")
            case SortKey.RATING:
                return (math.inf if k.review.rating is None else turn * k.review.rating, newest, "")
            case SortKey.CHANGED:
                return (math.inf if k.changed_at is None else -turn * k.changed_at, newest, "")
            case SortKey.LONGEST:
                return (-turn * len(k.review.body), newest, "")
            case SortKey.DUE:
                due = self.due(k)
                if self.clock is None:
                    return (0, newest, "")
                return (math.inf if due is None else turn * due, newest, "")

    def _second(self, k: Known) -> int:
        return 0 if k.review.created_at is None else to_epoch(k.review.created_at)

    def holds(self, term: Term, k: Known) -> bool:
        review = k.review
        match term:
            case AppTerm():
                entries = [(app.id, (app.name, app.id, app.bundle_id)) for app in self.apps]
                return review.app_id in choose(term.values, entries)
            case AccountTerm():
                names = choose(term.values, [(name, (name,)) for name in self.accounts])
                return any(review.app_id in self.accounts[name] for name in names)
            case RatingTerm():
                return review.rating in term.ratings
            case TerritoryTerm():
                return review.territory in term.values
            case LanguageTerm():
                return guess(f"{review.title} {review.body}") in term.values
            case VersionTerm():
                return k.app_version in term.values
            case TimeTerm():
                created = review.created_at
                return (
                    created is not None
                    and (term.after is None or term.after <= created)
                    and (term.before is None or created < term.before)
                )
            case IsTerm():
                return k.state in term.states or any(self._marked(mark, k) for mark in term.marks)
            case HasTerm():
                return any(self._has(thing, k) for thing in term.things)
            case DueTerm():
                return self._is_due(term, k)
            case TagTerm():
                return any(tag.casefold() in term.values for tag in k.tags)
            case AssigneeTerm():
                who = k.assignee.casefold()
                wanted = {self.me if value == "me" else value for value in term.values if value != "none"}
                return (bool(who) and who in wanted) or (not who and "none" in term.values)
            case ClaimedTerm():
                who = k.writer.casefold()
                wanted = {self.me if value == "me" else value for value in term.values}
                return bool(who) and (who in wanted or ("others" in wanted and who != self.me))
            case ByTerm():
                return any(folded(value).rstrip() in folded(review.nickname) for value in term.values)
            case TextTerm():
                return any(
                    words.pattern in folded(review.title) or words.pattern in folded(review.body)
                    for words in term.options
                )
            case _:
                raise AssertionError(term)

    def _marked(self, mark: Mark, k: Known) -> bool:
        if mark is Mark.OVERDUE:
            return self._is_due(OVERDUE, k)
        answered = k.review.response is not None
        return {
            Mark.ANSWERED: answered,
            Mark.UNANSWERED: not answered,
            Mark.FLAGGED: k.flagged,
            Mark.READ: k.read,
            Mark.UNREAD: not k.read,
            Mark.REMOVED: k.removed,
            Mark.CLAIMED: bool(k.writer),
            Mark.MINE: k.assignee.casefold() == self.me,
        }[mark]

    def due(self, k: Known) -> int | None:
        """When the review is to be answered; None where no clock runs."""
        response = k.review.response
        replied = None if response is None or response.modified_at is None else to_epoch(response.modified_at)
        stale = replied is not None and k.changed_at is not None and replied < k.changed_at
        begun = self._second(k) if k.changed_at is None else k.changed_at
        if self.clock is None or k.state in "QPA-" or (response is not None and not stale) or not begun:
            return None
        for rule, query in enumerate(self.clock.queries(self.now)):
            if all(self.holds(term, k) is not term.negated for term in query.terms):
                return self.clock.due(rule, begun)
        return None

    def _is_due(self, term: DueTerm, k: Known) -> bool:
        due = self.due(k)
        if due is None:
            return False
        left = due - to_epoch(self.now) // 60 * 60
        return (term.more_than is None or left > term.more_than) and (
            term.at_most is None or left <= term.at_most
        )

    def _has(self, thing: Has, k: Known) -> bool:
        return {
            Has.REPLY: k.review.response is not None,
            Has.NOTE: bool(k.note),
            Has.DRAFT: k.draft is not None,
            Has.TAG: bool(k.tags),
        }[thing]
