"""What the rig's child processes do. They are forked from a server that has everything imported already."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ascinbox.config import load_config
from ascinbox.core.clock import Clock, SystemClock
from ascinbox.core.errors import AscinboxError
from ascinbox.core.outbox.states import OutboxRow, Phase
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.workers.replies.sender import Sender
from ascinbox.workers.workspace import Workspace

PRELOAD = [
    "tests.faults.children",
    "ascinbox.sources.apple.client",
    "ascinbox.core.replies.rules",
    "ascinbox.store.hot.health",
    "ascinbox.store.cache.pages",
    "ascinbox.store.queue.local",
    "ascinbox.store.hot.reviews",
    "ascinbox.store.hot.search",
    "ascinbox.vault",
    "ascinbox.vault.keyfile",
    "ascinbox.workers.runtime.clients",
    "ascinbox.workers.reviews.inbox",
    "ascinbox.workers.health.health",
    "ascinbox.workers.replies.replies",
    "ascinbox.workers.deliveries.deliveries",
    "ascinbox.workers.deliveries.senders.webhook",
    "ascinbox.workers.deliveries.senders.mail",
    "ascinbox.store.queue.local_deliveries",
    "ascinbox.store.cache.arrivals",
    "ascinbox.sources.apple.source",
    "ascinbox.workers.reviews.sync",
    "ascinbox.workers.runtime.sync",
    "cryptography.hazmat.backends.openssl.backend",
    "encodings.idna",
    "jwt",
]


class QuickClock(SystemClock):
    """The machine's time, but its sleeps (retries, the gaps of catching up) are a fiftieth as long."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 50)


@dataclass(frozen=True)
class Where:
    """A home, the service it talks to, and the settings that differ from the usual ones."""

    home: Path
    url: str
    settings: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)

    def open(self, clock: Clock | None = None) -> Workspace:
        """A workspace there, without background threads."""
        config = load_config(None, {})
        return Workspace.open(
            paths=Paths.under(self.home),
            config=replace(config, values={**config.values, **self.settings}),
            clock=clock or QuickClock(),
            base_url=self.url,
            environ={**os.environ, **self.environ},
        )


def resting(rows: list[OutboxRow]) -> bool:
    """Nothing left that a sender would still move (accepted replies are only watched)."""
    return not any(row.phase in (Phase.QUEUED, Phase.SENDING, Phase.UNKNOWN) for row in rows)


def to_rest(sender: Sender, space: Workspace, *, review_id: str | None = None, limit_s: float = 30.0) -> None:
    """Passes until everything (or one review's reply) rests."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        sender.flush_once(review_id)
        rows = space.store.call(lambda store: store.outbox.open_rows())
        if resting([row for row in rows if review_id in (None, row.review_id)]):
            return
        time.sleep(0.02)
    raise TimeoutError("the outbox did not come to rest")


# --- what children run ---


def flush_for_ever(where: Where) -> None:
    """A flusher: passes until it is killed."""
    space = where.open()
    sender = Sender(space)
    while True:
        with suppress(AscinboxError):
            sender.flush_once()
            sender.poll_pending()
        time.sleep(0.01)


def flush_blindly(where: Where) -> None:
    """A flusher without a net: it posts without looking at the review again."""
    from ascinbox.core.outbox import delivery

    delivery.reread = lambda *_args: None
    flush_for_ever(where)


def flush_to_rest(where: Where, review_id: str | None = None) -> None:
    """A flusher that ends when everything rests (or dies at its crash point)."""
    space = where.open()
    to_rest(Sender(space), space, review_id=review_id)
    space.close()


def queue_and_wait(where: Where, review_id: str, text: str) -> None:
    """Confirms a reply, says so by a file, and waits to be killed."""
    space = where.open()
    accepted = [finding.key for finding in space.composing.check(review_id, text)]
    space.replies.queue(review_id, text, accepted)
    (where.home / "confirmed").touch()
    time.sleep(60)


def sync_once(where: Where, full: bool, start_at: float = 0.0) -> None:
    """One sync of the reviews, begun at a moment of the steady clock."""
    space = where.open()
    space.wait_ready()
    time.sleep(max(0.0, start_at - time.monotonic()))
    space.sync.run(full=full, datasets=("reviews",))
    space.close()


def contend(where: Where, begin: str, rounds: int, complaints: Path) -> None:
    """Reads and writes in each transaction, as queueing does; notes every error in a file."""
    space = where.open()
    if begin != "BEGIN IMMEDIATE":
        _begin_with(space.store.call(lambda store: store.database), begin)

    def step(store: Store, number: int) -> None:
        with store.database.write() as connection:
            connection.execute("SELECT count(*) FROM user.draft").fetchone()
            connection.execute(
                "INSERT INTO user.discarded (review_id, app_id, text, discarded_at) VALUES (?, '', 'x', 0)",
                (f"{os.getpid()}-{number}",),
            )

    for number in range(rounds):
        began = time.perf_counter()
        try:
            space.store.call(step, number)
        except AscinboxError as error:
            _note(complaints, str(error))
        _note(complaints.with_suffix(".waits"), f"{time.perf_counter() - began:.4f}")
    space.close()


def _begin_with(database: Any, begin: str) -> None:
    """Takes the net away: transactions of this connection begin differently."""
    connection = database.connection

    class Loosened:
        def __getattr__(self, name: str) -> Any:
            return getattr(connection, name)

        def execute(self, sql: str, *values: Any) -> Any:
            return connection.execute(begin if sql == "BEGIN IMMEDIATE" else sql, *values)

    database.connection = Loosened()


def _note(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)


def full_screen(where: Where, seed: int, complaints: Path, told: Path) -> None:
    """What a full screen does with its workspace: threads, reading, marking, confirming replies."""
    import random

    choice = random.Random(seed)
    space = where.open()
    space.start()
    number = 0
    while True:
        number += 1
        try:
            _act(space, choice, f"screen {seed}-{os.getpid()}-{number}", complaints, told)
        except AscinboxError as error:
            if "on its way" not in str(error):
                _note(complaints, f"{type(error).__name__}: {error}")
        time.sleep(choice.uniform(0.01, 0.06))


def _act(space: Workspace, choice: Any, name: str, complaints: Path, told: Path) -> None:
    rows = space.inbox.window(
        space.inbox.query(choice.choice(["", "rating:<=2", "is:needs-reply"])), limit=40
    ).rows
    if not rows:
        return
    row = choice.choice(rows)
    space.inbox.detail(row.id)
    began = time.perf_counter()
    match choice.randrange(4):
        case 0:
            space.triage.flag([row.id], not row.flagged)
        case 1:
            space.composing.save_draft(row.id, f"draft of {name}")
        case 2:
            space.replies.outbox()
        case _:
            text = f"Thank you, this is the reply of {name}."
            accepted = [finding.key for finding in space.composing.check(row.id, text)]
            queued = space.replies.queue(row.id, text, accepted)
            _note(told, f"{queued.row.id}\t{row.id}\t{text}")
    _note(complaints.with_suffix(".waits"), f"{time.perf_counter() - began:.4f}")


def watch(where: Where, complaints: Path) -> None:
    """`sync --watch` without a pause."""
    space = where.open()
    while True:
        try:
            space.sync.run(datasets=("reviews",))
        except AscinboxError as error:
            _note(complaints, f"{type(error).__name__}: {error}")
        time.sleep(0.3)


Work = Callable[..., None]
