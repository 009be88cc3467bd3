"""A team's queue keeps the contract of every queue, over a real PostgreSQL."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from ascinbox.core.outbox.states import Discarded, Draft, OutboxRow
from ascinbox.core.records import ReviewDetail
from ascinbox.core.team import TeamNote
from ascinbox.store.queue.port import Queue
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.store.store import Store
from tests.store.conftest import Written
from tests.store.queue_contract import NOW, QueueContract
from tests.store.team.conftest import Team


class TimedQueue:
    """A queue whose server's clock shows what each call gives as `now`."""

    def __init__(self, queue: TeamQueue, team: Team) -> None:
        self._queue, self._team = queue, team

    def __getattr__(self, name: str) -> Any:
        verb: Callable[..., Any] = getattr(self._queue, name)
        signature = inspect.signature(verb)

        def timed(*args: Any, **kwargs: Any) -> Any:
            given = signature.bind(*args, **kwargs).arguments
            rows = given.get("rows") or [given.get("row")]
            # What is queued is queued now.
            now = given.get("now", rows[0].queued_at if rows[0] is not None else None)
            if isinstance(now, datetime):
                self._team.clock.set_wall(now)
                self._team.set_clock()
            return verb(*args, **kwargs)

        return timed


class TeamWorld:
    """Anna's two homes on one team. Reading catches up first, as the feed does all the time."""

    def __init__(self, team: Team, folder: Path, written: Written) -> None:
        self._team, self._folder = team, folder
        self._store = team.home("Anna", folder / "home", works=True)
        self._store.reviews.save_page("1", [written(n) for n in range(1, 6)])
        self._homes = 0

    @property
    def _queue(self) -> TeamQueue:
        return cast(TeamQueue, self._store.queue)

    @property
    def queue(self) -> Queue:
        return cast(Queue, TimedQueue(self._queue, self._team))

    def another(self) -> Queue:
        self._homes += 1
        store = self._team.home("Anna", self._folder / f"other{self._homes}", works=True)
        queue = cast(TeamQueue, store.queue)
        queue.catch_up()
        return cast(Queue, TimedQueue(queue, self._team))

    def _caught_up(self) -> Store:
        self._queue.catch_up()
        return self._store

    def detail(self, review_id: str) -> ReviewDetail:
        found = self._caught_up().reviews.get(review_id)
        assert found is not None
        return found

    def draft(self, review_id: str) -> Draft | None:
        return self._caught_up().drafts.get(review_id)

    def discarded(self, review_id: str) -> list[Discarded]:
        return list(self._caught_up().drafts.discarded(review_id))

    def row(self, number: int) -> OutboxRow:
        found = self._caught_up().outbox.get(number)
        assert found is not None
        return found

    def acts(self) -> list[tuple[str, str, str, tuple[str, ...]]]:
        acts = self._caught_up().acts.since(NOW - timedelta(days=1))
        mine = [act for act in acts if act.verb != "member"]
        assert {act.by for act in mine} <= {"Anna"}
        return [(act.verb, act.subject, act.detail, act.review_ids) for act in mine]

    def notes(self, review_id: str) -> tuple[TeamNote, ...]:
        return self._caught_up().team.notes(review_id)

    def place(self, view: str) -> dict[str, object] | None:
        return self._store.triage.place(view)


class TestTeamQueue(QueueContract):
    """See `QueueContract`."""

    @pytest.fixture
    def world(self, team: Team, tmp_path: Path, written: Written) -> TeamWorld:
        return TeamWorld(team, tmp_path, written)
