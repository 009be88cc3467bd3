"""Marks on reviews of a team: sent at once, kept while the database is away, and each person's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from ascinbox.core.clock import Clock, from_epoch
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.store.cache.review_state import refresh_states
from ascinbox.store.database import Database
from ascinbox.store.queue import marks
from ascinbox.store.queue.marks import Marks
from ascinbox.store.queue.port import Undone
from ascinbox.store.queue.team import offline
from ascinbox.store.queue.team.calls import TeamCalls
from ascinbox.store.queue.team.errors import TeamOffline
from ascinbox.store.queue.team.has_to_wait import may_have_arrived

_OWN = frozenset({"read", "unread", "language"})
"""Verbs of `MarkChange.parts` that are each person's own."""


class TeamMarks:
    """What a person marks, on the store's thread."""

    def __init__(self, database: Database, clock: Clock, calls: TeamCalls) -> None:
        self._database = database
        self._clock = clock
        self._calls = calls
        self._met = 0

    def take_met(self) -> int:
        """How many acts met somebody else's at once, and wait for a choice, since this was last asked."""
        taken, self._met = self._met, 0
        return taken

    def mark(self, changes: Mapping[str, MarkChange]) -> tuple[str, ...]:
        """See `Queue.mark`. Offline the changes are shown, and wait."""
        changed: dict[str, None] = {}
        wanted = {
            i: change
            for i, change in changes.items()
            if replace(change, read=None, language=None) != MarkChange()
        }
        if wanted:
            parts = dict.fromkeys(
                part for c in dict.fromkeys(wanted.values()) for part in c.parts if part[0] not in _OWN
            )
            verb = ", ".join(verb for verb, _ in parts)
            detail = ", ".join(detail for _, detail in parts if detail)
            changed |= dict.fromkeys(self._mark(wanted, verb, detail))
        read = {i: change.read for i, change in changes.items() if change.read is not None}
        changed |= dict.fromkeys(self.mark_own(read, lambda i, m: replace(m, read=bool(read[i]))))
        said = {i: change.language for i, change in changes.items() if change.language is not None}
        changed |= dict.fromkeys(self.mark_own(said, lambda i, m: replace(m, language=said[i] or None)))
        return tuple(i for i in changes if i in changed)

    def _mark(self, wanted: Mapping[str, MarkChange], verb: str, detail: str) -> tuple[str, ...]:
        stood = self.marks_of(wanted)
        asked = [offline.asked(i, change, stood[i]) for i, change in wanted.items()]
        try:
            answer = self._calls.act("mark", asked, verb, detail)
        except TeamOffline as error:
            about = {"verb": verb, "detail": detail, "act": uuid4().hex, "tried": error.unknown}
            return self._mark_offline(wanted, stood, asked, about)
        by_id = {item["id"]: item for item in asked}
        if answer["differs"]:
            with self._database.write():
                for found in answer["differs"]:
                    self.differs(by_id[found["id"]], found["theirs"])
            self._met += len(answer["differs"])
            # The feed tells it.
            self._calls.send_soon()
        return tuple(answer["changed"])

    def _mark_offline(
        self,
        wanted: Mapping[str, MarkChange],
        stood: Mapping[str, Marks],
        asked: Sequence[dict[str, Any]],
        about: Mapping[str, Any],
    ) -> tuple[str, ...]:
        now = int(self._clock.now().timestamp())
        after = {i: marks.marked(stood[i], replace(change, read=None), now) for i, change in wanted.items()}
        changed = {i: each for i, each in after.items() if each != stood[i]}
        with self._database.write():
            marks.put_marks(self._database, changed)
            for item in asked:
                if (i := item["id"]) in changed:
                    was, became = (
                        marks.difference(stood[i], changed[i]),
                        marks.difference(changed[i], stood[i]),
                    )
                    kept = {**item, **about, "was": was, "is": became}
                    offline.remember(self._database, "mark", i, kept, item["seen"], self._clock.now())
            refresh_states(self._database, changed)
        self._calls.send_soon()
        return tuple(changed)

    def take_back(self) -> Undone | None:
        """Takes back the last act that the database was not asked for; None: none waits.

        What became of it here since stays. Raises TeamOffline for an act that may have arrived.
        """
        waiting = offline.last_act(self._database)
        if not waiting:
            return None
        if any(intent.wanted.get("tried") for intent in waiting):
            raise may_have_arrived()
        stood = self.marks_of(intent.review_id for intent in waiting)
        restored = {i.review_id: marks.restored(stood[i.review_id], i.wanted) for i in waiting}
        with self._database.write():
            marks.put_marks(self._database, restored)
            for intent in waiting:
                offline.drop(self._database, intent.id)
            refresh_states(self._database, restored)
        verb, at = str(waiting[0].wanted.get("verb", "")), from_epoch(waiting[0].at)
        return Undone(verb, tuple(restored), at)

    def differs(self, item: Mapping[str, Any], theirs: Mapping[str, Any], number: int | None = None) -> None:
        """Notes that somebody else's act stands against this one; `number`: of the act, where it waited."""
        fields = [name for name in theirs if name != "by"]
        wanted = {name: item["want"][name] for name in fields if name in item["want"]}
        seen = {name: item["seen"][name] for name in fields}
        if number is None:
            offline.remember(self._database, "mark", item["id"], wanted, seen, self._clock.now())
            number = int(self._database.one("SELECT max(id) FROM user.intent"))
        offline.differs(self._database, number, wanted, seen, theirs)

    def marks_of(self, ids: Iterable[str]) -> dict[str, Marks]:
        """The marks of each review as the replica has them."""
        listed = list(ids)
        found: dict[str, Marks] = {}
        for start in range(0, len(listed), 500):
            found |= marks.marks_of(self._database, listed[start : start + 500])
        return {i: found.get(i, Marks()) for i in listed}

    def mark_own(self, ids: Iterable[str], change: Callable[[str, Marks], Marks]) -> tuple[str, ...]:
        """Changes marks that are each person's own: nothing is sent."""
        stood = self.marks_of(ids)
        after = {i: new for i, old in stood.items() if (new := change(i, old)) != old}
        if after:
            with self._database.write():
                marks.put_marks(self._database, after)
                refresh_states(self._database, after)
        return tuple(after)
