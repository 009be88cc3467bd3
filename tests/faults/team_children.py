"""What the children of the team's rig do: workers until they are killed, and members who act and note it."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ascinbox.config import load_config
from ascinbox.core.clock import SystemClock
from ascinbox.core.errors import AscinboxError, Unreachable
from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, Rules, body_hash
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.team import TeamNote
from ascinbox.paths import Paths
from ascinbox.store.hot.outbox import OutboxReads
from ascinbox.store.queue.port import Busy
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.errors import TeamError
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.workers.replies.sender import Sender
from ascinbox.workers.workspace import Workspace
from tests.faults.children import QuickClock, Where
from tests.workers.outbox_bench import database_in_memory

CLAIM = timedelta(seconds=3)
CONTESTED = 5
"""Reviews at the end of the list whose internal note everybody replaces all the time."""


def open_joined(where: Where) -> Workspace:
    """A workspace of a home that has joined, without background threads."""
    config = load_config(None, {})
    return Workspace.open(
        paths=Paths.under(where.home).in_force,
        config=replace(config, values={**config.values, **where.settings}),
        clock=QuickClock(),
        base_url=where.url,
        environ=dict(where.environ),
    )


def work(where: Where) -> None:
    """A worker: syncs, sends and follows the feed until it is killed."""
    space = open_joined(where)
    assert space.team is not None
    for task in (space.team.follow, space.team.stay_at_work):
        threading.Thread(target=task, daemon=True).start()
    sender = Sender(space)
    synced = time.monotonic()
    while True:
        with suppress(AscinboxError):
            sender.flush_once()
            sender.poll_pending()
        if time.monotonic() - synced > 4:
            synced = time.monotonic()
            with suppress(AscinboxError):
                space.sync.run(datasets=("reviews",))
        time.sleep(0.05)


@dataclass(frozen=True)
class Crowd:
    """What a process of members is told."""

    addresses: Mapping[str, str]
    """By login."""
    publishers: frozenset[str]
    reviews: tuple[tuple[str, str, Base], ...]
    """Review, app, what was seen of it. The last ones are contested."""
    account: int
    credential: str
    pause_s: float
    """Between two acts of one member, at most."""
    folder: Path
    """`stop` there ends the acts, `finish` has everybody catch up and write down what he has."""


@dataclass
class Story:
    """What one member did, and what he has in the end."""

    name: str
    replies: list[tuple[str, str, str]] = field(default_factory=list)
    """(op_id, review, text) of replies that the queue said it has."""
    notes: list[str] = field(default_factory=list)
    claims: list[tuple[str, float, float]] = field(default_factory=list)
    """(review, from, until) for how long a claim was surely one's own."""
    replaced: list[tuple[str, str, str]] = field(default_factory=list)
    """(review, seen, wanted) of internal notes that were replaced."""
    differences: int = 0
    away: int = 0
    acts: int = 0
    complaints: list[str] = field(default_factory=list)
    has: dict[str, str] = field(default_factory=dict)
    """Of each table of the replica, a digest of its rows."""


TABLES = {
    "note": "SELECT id, review_id, author, body FROM {}note ORDER BY id",
    "outbox": "SELECT op_id, state, version, text FROM {}outbox WHERE state <> 'superseded' ORDER BY op_id",
    "triage": "SELECT review_id, note, flagged FROM {}triage WHERE note <> '' ORDER BY review_id",
}
"""What every replica has to have, with the order that both databases give it (ids are plain ASCII)."""


def digest(rows: Any) -> str:
    """One word for rows of any driver, whatever order it gives them."""
    told = sorted(json.dumps([str(value) for value in row]) for row in rows)
    return f"{len(told)} rows, {hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]}"


def attend(crowd: Crowd) -> None:
    """A process of members, each a thread of his own; writes their stories into the folder."""
    members = [_Member(crowd, name) for name in crowd.addresses]
    threads = [threading.Thread(target=member.live) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for member in members:
        (crowd.folder / f"{member.story.name}.json").write_text(json.dumps(asdict(member.story)))


class _Member:
    def __init__(self, crowd: Crowd, name: str) -> None:
        self.crowd, self.story = crowd, Story(name)
        self.chance = random.Random(name)
        self.clock = SystemClock()

    def live(self) -> None:
        try:
            self._live()
        except BaseException as error:
            self.story.complaints.append(f"ended by {type(error).__name__}: {error}")

    def _live(self) -> None:
        # SQLite's connections belong to their threads.
        self.database = database_in_memory()
        address = TeamAddress.parse(self.crowd.addresses[self.story.name])
        self.session = TeamSession(address)
        self.queue = TeamQueue(self.database, self.clock, self.session, self.story.name)
        self.outbox = OutboxReads(self.database)
        while not (self.crowd.folder / "stop").exists():
            time.sleep(self.chance.uniform(0.2, 1.0) * self.crowd.pause_s)
            self._try(self._catch_up)
            self._try(self._act)
        while not (self.crowd.folder / "finish").exists():
            time.sleep(0.1)
        for _ in range(20):
            self._try(self._catch_up)
            time.sleep(0.2)
            with suppress(AscinboxError):
                self.session.retry()
            self.story.has = {
                name: digest(self.database.execute(sql.format("user."))) for name, sql in TABLES.items()
            }
            if not self.database.one("SELECT count(*) FROM user.intent WHERE theirs IS NULL"):
                break
        self._try(self._catch_up)
        self.story.has = {
            name: digest(self.database.execute(sql.format("user."))) for name, sql in TABLES.items()
        }
        self.session.close()

    def _try(self, work: Any) -> None:
        try:
            work()
        except Unreachable:
            self.story.away += 1
        except (TeamError, Busy) as error:
            # Somebody else was quicker; everything else is not expected.
            expected = any(word in str(error) for word in ("is writing", "on its way", "holds the team"))
            if not (expected or isinstance(error, Busy)):
                self.story.complaints.append(f"{type(error).__name__}: {error}")

    def _catch_up(self) -> None:
        self.queue.catch_up()
        self.story.differences += self.queue.pending.send().against

    def _act(self) -> None:
        self.story.acts += 1
        match self.chance.randrange(5):
            case 0 | 1:
                self._reply()
            case 2:
                note = TeamNote.new(self._any(), self.story.name, f"by {self.story.name}", datetime.now(UTC))
                if self.queue.add_note(note):
                    self.story.notes.append(note.id)
            case 3:
                self._replace_note()
            case _:
                self._approve()

    def _any(self) -> str:
        return self.chance.choice(self.crowd.reviews)[0]

    def _replace_note(self) -> None:
        review = self.chance.choice(self.crowd.reviews[-CONTESTED:])[0]
        seen = str(self.database.one("SELECT note FROM user.triage WHERE review_id = ?", review) or "")
        wanted = f"{self.story.name} {self.story.acts}"
        before = self.session.online
        changed = self.queue.mark({review: MarkChange(note=wanted)})
        waits = self.database.one("SELECT count(*) FROM user.intent WHERE theirs IS NULL")
        if changed and before and not waits:
            self.story.replaced.append((review, seen, wanted))

    def _approve(self) -> None:
        if self.story.name not in self.crowd.publishers:
            return
        waiting = [row for row in self.outbox.open_rows() if row.phase is Phase.WAITING]
        if waiting:
            row = self.chance.choice(waiting)
            self.queue.approve(row, row.sha256, datetime.now(UTC), Rules(undo_s=0))

    def _reply(self) -> None:
        review, app, base = self.chance.choice(self.crowd.reviews[:-CONTESTED])
        if self.outbox.latest(review) is not None:
            return
        owner = f"{self.story.name}:1:1"
        asked = time.time()
        if self.queue.claim(review, owner, self.story.name, datetime.now(UTC), CLAIM) is not None:
            return
        mine = time.time()
        try:
            self.queue.catch_up()
            if self.outbox.latest(review) is None:
                self._queue(review, app, base)
        finally:
            self.story.claims.append((review, mine, min(time.time(), asked + CLAIM.total_seconds())))
            self.queue.release(review, owner)

    def _queue(self, review: str, app: str, base: Base) -> None:
        text = f"Reply of {self.story.name} to {review}, {uuid.uuid4().hex}"
        now = datetime.now(UTC)
        row = OutboxRow(
            op_id=uuid.uuid4().hex,
            kind=Kind.PUBLISH,
            review_id=review,
            app_id=app,
            account_id=self.crowd.account,
            credential=self.crowd.credential,
            phase=Phase.QUEUED,
            text=text,
            sha256=body_hash(text),
            base=base,
            queued_at=now,
            send_after=now,
            changed_at=now,
            by=self.story.name,
        )
        try:
            self.queue.queue(row)
        except Unreachable:
            # Whether it arrived is not known: a person presses the key once more.
            time.sleep(0.5)
            self.queue.queue(row)
        self.story.replies.append((row.op_id, review, text))
