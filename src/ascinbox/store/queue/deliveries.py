"""The port to deliveries: which event goes where, and what became of it. Its verbs are whole acts.

One person's are in user.db (`local_deliveries.LocalDeliveries`). Whatever else stands behind it has to pass
the tests of `tests/store/delivery_queue_contract.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ascinbox.core.deliveries.events import NotifyEvent
from ascinbox.core.deliveries.states import Delivery
from ascinbox.core.reviews.acts import MarkChange


@dataclass(frozen=True, slots=True)
class RuleProgress:
    """Since when a rule counts, and how far it has looked."""

    name: str
    begun_at: datetime
    cache: str
    """Which cache.db `seen` counts in."""
    seen: int
    """The last arrival that it has looked at."""


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """An event that a rule wants told to a destination."""

    rule: str
    destination: str
    event: NotifyEvent
    next_at: datetime
    message: str
    """The id on the wire, if it goes out by itself (see `events.message_id`)."""
    digest: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a rule makes of what has come since it last looked."""

    before: RuleProgress
    after: RuleProgress
    new: tuple[NewDelivery, ...] = ()
    deeds: Mapping[str, MarkChange] = field(default_factory=dict)
    """Review id -> what the rule does with it by itself."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of evaluations."""

    added: int = 0
    """Deliveries that were not there yet."""
    marked: tuple[str, ...] = ()
    """Reviews that a rule has marked."""


class DeliveryQueue(Protocol):
    """Deliveries of one person or team."""

    def begin(self, rules: Sequence[str], cache: str, seen: int, now: datetime) -> Mapping[str, RuleProgress]:
        """How far these rules are. One that is met for the first time begins now, behind arrival `seen`."""

    def take(self, found: Sequence[Evaluation], now: datetime) -> Taken:
        """Adds what is new and notes how far the rules have looked, in one transaction.

        An event that a rule has told a destination before is not added again. A rule that another program has
        moved on meanwhile is left as it is, its deeds are not done: that program has done them.
        """

    def add(self, new: Sequence[NewDelivery], now: datetime) -> int:
        """Adds deliveries without moving a rule on; how many were not there yet."""

    def planned(self, rule: str, destination: str, since: datetime) -> list[datetime]:
        """When the single messages of a rule to a destination since then were to go out."""

    def told_since(self, key: str, since: datetime) -> bool:
        """Whether an event whose key begins so was met since then."""

    def due(self, now: datetime, limit: int) -> list[Delivery]:
        """At most `limit` waiting deliveries whose time has come and whose rule and destination are not
        paused, in the order of their time."""

    def beside(self, row: Delivery, now: datetime) -> list[Delivery]:
        """What goes out in one message with this row, itself included: of a digest all that is due."""

    def move(self, steps: Sequence[tuple[Delivery, Delivery]]) -> bool:
        """Puts each second row in the place of exactly the first; all of them, or False and none."""

    def move_all(self, step: Callable[[Delivery], Delivery | None]) -> list[Delivery]:
        """Takes `step` with every open delivery for which it gives a next one; returns those that moved."""

    def next_moment(self) -> datetime | None:
        """When something has to be done next; in the past when it is overdue."""

    def log(self, limit: int | None = None) -> list[Delivery]:
        """Deliveries, the last one first."""

    def find(self, beginning: str) -> list[Delivery]:
        """The deliveries whose id begins so, at most ten."""

    def pause(self, name: str, now: datetime) -> None:
        """Nothing is sent for this rule or destination until `resume`."""

    def resume(self, name: str) -> bool:
        """Ends that; False when there was no pause."""

    def paused(self) -> Mapping[str, datetime]:
        """What is paused, since when."""

    def keep_secret(self, name: str, reference: str, now: datetime) -> str:
        """Notes where the vault keeps a secret; gives the former reference, or an empty text."""

    def secrets(self) -> Mapping[str, str]:
        """Every name with its reference."""

    def forget(self, now: datetime) -> None:
        """Drops what ended long ago, with the events that nothing refers to any more."""
