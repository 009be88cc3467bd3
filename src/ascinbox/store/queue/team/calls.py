"""Calls of a team's database by its queue: what an act changed is in the replica when the call returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.errors import TeamOffline
from ascinbox.store.queue.team.has_to_wait import has_to_wait
from ascinbox.store.queue.team.replica import PEOPLE, Applied, Replica, Row

AT_ONCE = 2000
"""Rows of the feed that are asked for at a time."""


class TeamCalls:
    """One session and the replica that follows it, on the store's thread."""

    def __init__(self, session: TeamSession, replica: Replica) -> None:
        self._session = session
        self._replica = replica
        self._applied = Applied()

    def catch_up(self) -> Applied:
        """Fetches what others did, now. The feed tells it: it finds these rows here already."""
        found = Applied()
        while True:
            after = self._replica.position(PEOPLE)
            rows = self._session.rows("SELECT * FROM ascinbox.changes(%s, %s)", after, AT_ONCE)
            applied = self._replica.take_people(after, rows)
            if applied is not None:
                found = found.plus(applied)
            if len(rows) < AT_ONCE and applied is not None:
                break
        if found != Applied():
            self.note(found)
            self.send_soon()
        return found

    def take_applied(self) -> Applied:
        """What acts changed since this was last asked, for events."""
        taken, self._applied = self._applied, Applied()
        return taken

    def ask(self, function: str, *args: Any, what: str = "") -> Any:
        """What a function answers; its rows are not in the replica yet. `what`: the act, where it is one of
        several uses of the function.

        Raises TeamError, and TeamOffline with words of its own for each act.
        """
        try:
            return self._session.call(function, *args)
        except TeamOffline as error:
            raise has_to_wait(what or function, error) from error

    def act(self, function: str, *args: Any, what: str = "") -> dict[str, Any]:
        """What a function answers, with its rows in the replica. Raises as `ask`."""
        answer: dict[str, Any] = self.ask(function, *args, what=what)
        self.take(answer["rows"])
        return answer

    def send_soon(self) -> None:
        """Something waits here: the feed sends or tells it as soon as it can, and why it cannot."""
        self._session.notified.set()

    def take(self, rows: Sequence[Row]) -> None:
        """Puts rows that an act answered into the replica."""
        self.note(self._replica.take_act(rows))

    def note(self, applied: Applied) -> None:
        """Something changed by an act: `take_applied` tells it."""
        self._applied = self._applied.plus(applied)
