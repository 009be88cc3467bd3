"""The answer-by clock: how long a review may wait, and since when it does. Pure.

It begins when the review was written or, if later, last changed by the customer, counts open hours only, and
stops when the review is answered (a reply of ours is queued, at the store or public) or done. A snooze and a
draft do not stop it. The first rule that a review fits is the one that counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ascinbox.core.clock import to_epoch
from ascinbox.core.filters.parse import parse
from ascinbox.core.filters.tree import Query
from ascinbox.core.reviews.open_hours import OpenHours
from ascinbox.core.reviews.states import NEEDS_YOU, State

MINUTE = 60
RUNNING = NEEDS_YOU | {State.SNOOZED}
"""States in which the clock goes on, unless a reply is there and the customer changed nothing since."""


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """How long reviews that fit a filter may wait."""

    when: str
    seconds: int
    """Open seconds, more than 0."""


class AnswerClock:
    """The rules and the hours of `[sla]`. There is at least one rule."""

    def __init__(
        self, rules: Sequence[AnswerRule], hours: OpenHours, tell_before: timedelta = timedelta()
    ) -> None:
        self.rules = tuple(rules)
        self.hours = hours
        self.tell_before = tell_before
        """How long before it is due `review.due` is told."""
        self._queries: tuple[int, tuple[Query, ...]] = (-1, ())

    def now(self, now: datetime) -> int:
        """The minute that `now` is in: what is overdue changes once a minute, and not each second."""
        return to_epoch(now) // MINUTE * MINUTE

    def queries(self, now: datetime) -> tuple[Query, ...]:
        """The filters of the rules, in order, as they are to be read now."""
        minute = self.now(now)
        if self._queries[0] != minute:
            self._queries = (minute, tuple(parse(rule.when, now=now.astimezone()) for rule in self.rules))
        return self._queries[1]

    def due(self, rule: int, start: int) -> int | None:
        """When a review of this rule (from 0) whose clock began at `start` is due; epoch seconds."""
        return self.hours.due(start, self.rules[rule].seconds)

    def starts_until(self, rule: int, due: int) -> int:
        """The last start of which a review of this rule is due by then; below 0 when there is none."""
        return self.hours.latest_start(due, self.rules[rule].seconds)
