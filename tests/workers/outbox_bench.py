"""A sender, its store in memory and Apple's model, all in one thread and on one clock."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from ascinbox.core.events import Event
from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, Rules, body_hash
from ascinbox.core.records import Review
from ascinbox.sources.base import ReplyGateway
from ascinbox.store.database import Database, Files
from ascinbox.store.hot.outbox import OutboxReads
from ascinbox.store.hot.outbox_rows import rows_from
from ascinbox.store.migrations import cache as cache_schema
from ascinbox.store.migrations import migrate
from ascinbox.store.migrations import user as user_schema
from ascinbox.store.queue.local import LocalQueue
from ascinbox.store.queue.port import Queue
from ascinbox.workers.replies.reply_gateway import ReplyRoute
from ascinbox.workers.replies.sending import OutboxProcessor
from ascinbox.workers.runtime.crash_points import Point, no_point
from tests.workers.clocks import StepClock
from tests.workers.model_apple import ModelApple

if TYPE_CHECKING:
    from ascinbox.store.thread import StoreThread

KEY = "KEY1"


class _Reviews:
    """Stands for the cache: notes what it was given."""

    def __init__(self) -> None:
        self.saved: list[Review] = []

    def save_page(self, app_id: str, reviews: list[Review]) -> None:
        self.saved += reviews


class _Store:
    def __init__(self, database: Database, queue: Queue) -> None:
        self.database = database
        self.queue = queue
        self.outbox = OutboxReads(database)
        self.reviews = _Reviews()

    @property
    def lasting(self) -> bool:
        return self.database.lasting


class Inline:
    """Does at once, in this thread, what a StoreThread does in its own."""

    def __init__(self, store: _Store) -> None:
        self.store = store

    def call(self, fn: Callable[..., Any], *args: Any) -> Any:
        return fn(self.store, *args)

    def submit(self, fn: Callable[..., Any], *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(self.store, *args))
        return future


class _InMemory(Database):
    def replaced(self, schema: str) -> bool:
        return False


def database_in_memory() -> Database:
    """Both schemas, migrated, on no disk."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for schema in (user_schema.SCHEMA, cache_schema.SCHEMA):
        connection.execute(f"ATTACH ':memory:' AS {schema.name}")
        migrate(connection, schema, schema.name)
    nowhere = cast("Any", None)
    return _InMemory(connection, Files(nowhere, nowhere, nowhere, nowhere))


@dataclass
class Key:
    """The credential that the account has now."""

    identity: str | None = KEY


class Bench:
    """Everything that a test of the sender needs. `processor()` makes another sender on the same store.

    `queue` makes what stands behind the port; without it that is user.db.
    """

    rounds = 200
    """How often a test of what may happen once in a while makes it happen."""

    text_can_change = True
    """Whether a step of a row can carry another text; in a team's database none can."""

    def __init__(
        self,
        *,
        rules: Rules | None = None,
        database: Database | None = None,
        queue: Callable[[Database, StepClock], Queue] = LocalQueue,
    ) -> None:
        self.clock = StepClock()
        self.rules = rules or Rules()
        self.apple = ModelApple(self.clock)
        self.database = database or database_in_memory()
        self.store = Inline(_Store(self.database, queue(self.database, self.clock)))
        self.acts, self.outbox = self.store.store.queue, self.store.store.outbox
        self.key = Key()
        self.gone: set[str] = set()
        self.events: list[Event] = []
        self.stop = threading.Event()
        self.me = self.processor()

    def processor(self, owner: str = "", point: Point = no_point) -> OutboxProcessor:
        return OutboxProcessor(
            store=cast("StoreThread", self.store),
            route_of=self._route_of,
            clock=self.clock,
            rules=self.rules,
            publish=self.events.append,
            stop=self.stop,
            owner=owner or uuid.uuid4().hex,
            point=point,
            is_gone=self.gone.__contains__,
        )

    def _route_of(self, _account_id: int, _app_id: str) -> ReplyRoute | None:
        if self.key.identity is None:
            return None
        return ReplyRoute(self.key.identity, lambda: cast("ReplyGateway", self.apple))

    def queue(
        self, review_id: str, text: str, *, base: Review | None = None, kind: Kind = Kind.PUBLISH
    ) -> OutboxRow:
        """Confirms a reply written on what stands at Apple now, or on `base`."""
        now = self.clock.now()
        row = OutboxRow(
            op_id=uuid.uuid4().hex,
            kind=kind,
            review_id=review_id,
            app_id="app",
            account_id=1,
            credential=self.key.identity or KEY,
            phase=Phase.QUEUED,
            text=text,
            sha256=body_hash(text),
            base=Base.of(base or self.apple.reviews[review_id]),
            queued_at=now,
            send_after=now + timedelta(seconds=self.rules.undo_s),
            changed_at=now,
            session="test",
        )
        return self.acts.queue(row)

    def row(self, number: int) -> OutboxRow:
        """The row as it stands now."""
        found = self.outbox.get(number)
        assert found is not None
        return found

    def all_rows(self) -> list[OutboxRow]:
        """Every row that there ever was."""
        return rows_from(self.database.execute("SELECT * FROM user.outbox ORDER BY id"))

    def run(self, seconds: float, step: float = 5.0, *, processor: OutboxProcessor | None = None) -> None:
        """Lets time go by with passes in between, as `run_forever` makes them."""
        sender = processor or self.me
        until = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < until:
            self.clock.advance(step)
            sender.flush()
            sender.poll()
