"""The local queue keeps the contract of every queue, and its statements are those of the models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta

import pytest

from ascinbox.core.outbox.states import Discarded, Draft, OutboxRow
from ascinbox.core.records import ReviewDetail
from ascinbox.core.team import TeamNote
from ascinbox.paths import Paths
from ascinbox.store.queue.port import Queue
from ascinbox.store.store import Store
from tests.store.conftest import Written
from tests.store.queue_contract import NOW, QueueContract
from tests.workers.clocks import StepClock


class LocalWorld:
    """user.db and cache.db in a folder; another program is another connection."""

    def __init__(self, paths: Paths, clock: StepClock, closes: ExitStack) -> None:
        self._paths, self._clock, self._closes = paths, clock, closes
        self._store = self._opened()

    def _opened(self) -> Store:
        return self._closes.enter_context(closing(Store.open(self._paths, self._clock, me="anna")))

    @property
    def queue(self) -> Queue:
        return self._store.queue

    def another(self) -> Queue:
        return self._opened().queue

    def fill(self, written: Written) -> None:
        self._store.reviews.save_page("1", [written(n) for n in range(1, 6)])

    def detail(self, review_id: str) -> ReviewDetail:
        found = self._store.reviews.get(review_id)
        assert found is not None
        return found

    def draft(self, review_id: str) -> Draft | None:
        return self._store.drafts.get(review_id)

    def discarded(self, review_id: str) -> list[Discarded]:
        return list(self._store.drafts.discarded(review_id))

    def row(self, number: int) -> OutboxRow:
        found = self._store.outbox.get(number)
        assert found is not None
        return found

    def acts(self) -> list[tuple[str, str, str, tuple[str, ...]]]:
        acts = self._store.acts.since(NOW - timedelta(days=1))
        assert {act.by for act in acts} <= {"anna"}
        return [(act.verb, act.subject, act.detail, act.review_ids) for act in acts]

    def notes(self, review_id: str) -> tuple[TeamNote, ...]:
        return self._store.team.notes(review_id)

    def place(self, view: str) -> dict[str, object] | None:
        return self._store.triage.place(view)


class TestLocalQueue(QueueContract):
    """See `QueueContract`."""

    @pytest.fixture
    def world(self, paths: Paths, clock: StepClock, written: Written) -> Iterator[LocalWorld]:
        with ExitStack() as closes:
            world = LocalWorld(paths, clock, closes)
            world.fill(written)
            yield world
