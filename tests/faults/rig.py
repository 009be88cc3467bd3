"""The fault rig: a simulated Apple with a ledger, a home, and child processes that may die at any moment."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, body_hash
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.faults import Fault, Faults
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.server import RunningSimulator, serve_in_thread
from ascinbox.store.hot.outbox_rows import rows_from
from ascinbox.workers.workspace import Workspace
from tests.faults.children import Where, Work
from tests.faults.nursery import Child, Nursery
from tests.workers.simulated_apple import Apple

POST = "/v1/customerReviewResponses"
FAST: Mapping[tuple[str, str], Any] = {
    ("outbox", "undo_seconds"): 0,
    ("outbox", "settle_seconds"): 0.6,
    ("outbox", "lease_seconds"): 2,
    ("network", "deadline_seconds"): 1.5,
    ("sync", "every_minutes"): 0,
    ("health", "every_minutes"): 0,
}
"""Times short enough for a test, in the proportions that the outbox needs."""


class ChanceFaults(Faults):
    """Beside the ordered faults, any POST goes wrong with a probability."""

    KINDS = (
        {"kind": "drop"},
        {"kind": "drop", "after": True},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 503, "after": True},
    )

    def __init__(self, seed: int, share: float) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self.share = share
        self.struck = 0

    def matching(self, method: str, path: str, key_id: str, query: str = "") -> list[Fault]:
        ordered = super().matching(method, path, key_id, query)
        if ordered or method == "GET" or self._chance.random() >= self.share:
            return ordered
        self.struck += 1
        chosen: Any = self._chance.choice(self.KINDS)
        return [Fault(method=method, path=path, **chosen)]


@dataclass
class Rig:
    """One simulator, one home, one linked account with its reviews cached."""

    apple: Apple
    served: RunningSimulator
    where: Where
    space: Workspace
    reviews: list[str]
    """Reviews without a reply, oldest first."""
    nursery: Nursery
    children: list[Child] = field(default_factory=list)

    @property
    def simulator(self) -> Simulator:
        return self.apple.simulator

    # --- the store ---

    def queue(self, replies: Iterable[tuple[str, str]], kind: Kind = Kind.PUBLISH) -> list[OutboxRow]:
        """Confirms replies (review id, text) in one transaction, on what the cache shows."""
        wanted = list(replies)

        def work(store: Any) -> list[OutboxRow]:
            now = datetime.now(UTC)
            account = store.accounts.list()[0]
            with store.database.write():
                return [
                    store.queue.queue(
                        OutboxRow(
                            op_id=uuid.uuid4().hex,
                            kind=kind,
                            review_id=review_id,
                            app_id=store.reviews.get(review_id).review.app_id,
                            account_id=account.id,
                            credential=account.primary.key_id,
                            phase=Phase.QUEUED,
                            text=text,
                            sha256=body_hash(text),
                            base=Base.of(store.reviews.get(review_id).review),
                            queued_at=now,
                            send_after=now + timedelta(microseconds=number),
                            changed_at=now,
                        )
                    )
                    for number, (review_id, text) in enumerate(wanted)
                ]

        return self.space.store.call(work)

    def rows(self) -> list[OutboxRow]:
        """Every row of the outbox, whatever became of it."""
        return all_rows(self.space)

    # --- Apple's side ---

    def landed(self) -> Counter[tuple[str, str]]:
        """How often each reply landed, by review and text."""
        return Counter((effect.target, effect.text) for effect in self.simulator.ledger.replies())

    def standing(self, review_id: str) -> str | None:
        """The text of the reply that stands at Apple."""
        review = self.simulator.world.reviews.get(review_id)
        return None if review is None or review.reply is None else review.reply.body()

    def posts(self) -> int:
        """How many replies were asked for, landed or not."""
        return sum(seen.method == "POST" and seen.path == POST for seen in self.simulator.ledger.requests)

    # --- children ---

    def spawn(self, work: Work, *args: Any, where: Where | None = None) -> Child:
        """Starts a child; killed with the rig if it still runs then."""
        child = self.nursery.fork(work, where or self.where, *args)
        self.children.append(child)
        return child

    def end(self, child: Child) -> None:
        """SIGKILL, and waits for its end."""
        child.kill()
        self.children.remove(child)

    def close(self) -> None:
        for child in list(self.children):
            self.end(child)
        self.space.close()
        self.served.stop()


def build(
    folder: Path,
    nursery: Nursery,
    *,
    reviews: int = 200,
    faults: Faults | None = None,
    settings: Mapping[tuple[str, str], Any] = FAST,
    publish_after_s: float = 0.2,
) -> Rig:
    """A simulator with one app, and a home that is linked to it and synced."""
    world = make_world(7, datetime.now(UTC), apps=1, reviews=reviews)
    simulator = Simulator(world, settings=Settings(publish_after_s=publish_after_s), hour_limit=10_000_000)
    served = serve_in_thread(simulator)
    keys = folder / "keys"
    keys.mkdir(mode=0o700, parents=True)
    apple = Apple(simulator, served.url, keys)
    where = Where(folder / "home", served.url, dict(settings))
    space = where.open()
    space.wait_ready()
    account = apple.account()
    space.store.call(lambda store: store.accounts.add(account))
    space.sync.run(datasets=("reviews",))
    if faults is not None:
        simulator.faults = faults
    simulator.ledger.reset()
    free = [review.id for review in reversed(apple.reviews_of(apple.app_ids[0])) if review.reply is None]
    return Rig(apple, served, where, space, free, nursery)


def all_rows(space: Workspace) -> list[OutboxRow]:
    """Every row of the outbox, whatever became of it."""

    def work(store: Any) -> list[OutboxRow]:
        rows: list[OutboxRow] = rows_from(store.database.execute("SELECT * FROM user.outbox ORDER BY id"))
        return rows

    return space.store.call(work)


def wait_for(condition: Any, limit_s: float = 20.0, step_s: float = 0.01) -> None:
    """Waits until `condition()`; AssertionError after `limit_s`."""
    until = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(step_s)
