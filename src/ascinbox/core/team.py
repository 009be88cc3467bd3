"""Several people on one queue: who they are, what they wrote to each other, what they have to choose."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """What a login of the team's database may do."""

    VIEWER = "viewer"
    """Reads."""
    REPLIER = "replier"
    """Marks, notes, claims and drafts; hands replies over to a publisher."""
    PUBLISHER = "publisher"
    """Publishes, also what others wrote."""
    ADMIN = "admin"
    """Changes members and settings too, and may run a worker."""
    WORKER = "worker"
    """Syncs and sends; writes and approves nothing."""

    @property
    def may_write(self) -> bool:
        """Marks, notes, claims, drafts and replies."""
        return self in (Level.REPLIER, Level.PUBLISHER, Level.ADMIN)

    @property
    def may_publish(self) -> bool:
        return self in (Level.PUBLISHER, Level.ADMIN)

    @property
    def may_work(self) -> bool:
        """Syncs and sends."""
        return self in (Level.ADMIN, Level.WORKER)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on the team."""

    name: str
    """The login of the database: who did it, in claims, notes, replies and Activity."""
    level: Level
    added_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TeamNote:
    """A note in the thread of a review. Never changed, never taken away, never sent to a store."""

    review_id: str
    author: str
    body: str
    at: datetime
    id: str = ""
    """UUID, made by the writer, so that sending it once more adds nothing."""

    @classmethod
    def new(cls, review_id: str, author: str, body: str, at: datetime) -> TeamNote:
        """A note with an id of its own."""
        return cls(review_id, author, body, at, str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Difference:
    """An act that was not carried out because somebody had changed the same in the meantime."""

    id: int
    review_id: str
    wanted: Mapping[str, object]
    """Field -> what the person wants. Fields are those of `core.reviews.acts.MarkChange`."""
    seen: Mapping[str, object]
    """Field -> what stood there then."""
    theirs: Mapping[str, object]
    """Field -> what stands there now, and `by`, who put it there, where that is known."""
    at: datetime


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker as `ascinbox.team/1` tells it."""

    name: str
    seen_at: datetime
    accounts: tuple[str, ...]
    """Names of the accounts that it works on now."""


@dataclass(frozen=True, slots=True)
class QueueLengths:
    """How many replies stand where."""

    waiting: int = 0
    queued: int = 0
    sending: int = 0
    """On their way, or asked of the store without an answer so far."""
    held: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class TeamStatus:
    """What `ascinbox team status` tells."""

    team: str
    me: str
    level: Level
    seq: int
    """How far the database is."""
    lag_s: float | None
    """Seconds since this replica was last known to have everything; None before it ever had."""
    workers: tuple[WorkerSeen, ...]
    queue: QueueLengths
