"""Acts that the team's database was asked for and did not answer: whether they arrived is looked up later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ascinbox.core.events import ActLookedUp
from ascinbox.core.outbox.states import Kind, OutboxRow, Phase
from ascinbox.store.queue.team.errors import TeamOffline
from ascinbox.store.queue.team.has_to_wait import not_known

ARRIVED, NOT_ARRIVED = "it had arrived", "it did not arrive"
_TAKEN_BACK = frozenset({Phase.UNDONE, Phase.DROPPED, Phase.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class AskedAct:
    """An act that cannot be kept for later, while it is asked of the database."""

    act: str
    """As `has_to_wait` names it."""
    reviews: tuple[str, ...]
    look: Callable[[], tuple[bool, str]]
    """Whether it arrived, by the replica, and what became of it in words."""
    note: Callable[[], None] = lambda: None
    """Writes down for a later start what has to be known of it."""


class UnknownActs:
    """Those of one program, on the store's thread."""

    def __init__(self) -> None:
        self._acts: dict[tuple[str, tuple[str, ...]], AskedAct] = {}

    def __bool__(self) -> bool:
        return bool(self._acts)

    @contextmanager
    def watching(self, asked: AskedAct) -> Iterator[None]:
        """While the act is asked of the database. Raises TeamOffline with what is known of it."""
        key = asked.act, asked.reviews
        try:
            yield
        except TeamOffline as error:
            if error.unknown:
                self._acts[key] = asked
                asked.note()
            if key in self._acts:
                raise not_known(error) from error
            raise
        self._acts.pop(key, None)

    def look(self) -> tuple[ActLookedUp, ...]:
        """What became of them, once nothing can arrive any more and the replica has everything."""
        acts, self._acts = list(self._acts.values()), {}
        return tuple(ActLookedUp(one.reviews, one.act, *one.look()) for one in acts)


def of_queued(rows: Sequence[OutboxRow | None]) -> tuple[bool, str]:
    """Replies that were handed over or confirmed, as the replica has them by now."""
    found = [row for row in rows if row is not None]
    if not found:
        return False, f"{NOT_ARRIVED}: nothing was queued"
    row = found[0]
    if row.phase is Phase.WAITING:
        return True, f"{ARRIVED}: a publisher reads it first"
    if row.phase in _TAKEN_BACK:
        return True, f"{ARRIVED}, and was taken back since"
    return True, f"{ARRIVED}: the reply is {'queued' if row.kind is Kind.PUBLISH else 'being deleted'}"


def of_moved(old: OutboxRow, now: OutboxRow | None) -> tuple[bool, str]:
    """A reply that was approved, sent back, taken back or decided about."""
    if now is None or now.phase is old.phase:
        return False, f"{NOT_ARRIVED}: the reply stands as it was"
    if now.phase in _TAKEN_BACK:
        return True, f"{ARRIVED}: the reply does not go out"
    return True, f"{ARRIVED}: the reply is {now.phase.value.replace('_', ' ')}"
