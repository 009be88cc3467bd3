"""Several people on one queue: who they are, what they wrote to each other, what they have to choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ascinbox.core.errors import UsageError
from ascinbox.core.text import clean_line, shortened


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


LONGEST_LOGIN = 63
"""Bytes of a role's name in PostgreSQL."""


def check_login(name: str) -> None:
    """Raises UsageError for a name that nobody on a team can have.

    PostgreSQL takes more in quotes: blanks at the ends and what cannot be seen. Those look like other names.
    """
    if why := _why_no_login(name):
        raise UsageError(
            f"A login cannot be called {clean_line(name)[:80]!r}.",
            why,
            "Such as anna, or anna.b@north.example.",
        )


def _why_no_login(name: str) -> str:
    if not name.strip():
        return "It needs a name."
    if not name.isprintable():
        return "It has a character that cannot be seen."
    if name != name.strip():
        return "It begins or ends with a blank."
    if (length := len(name.encode())) > LONGEST_LOGIN:
        return f"It has {length} bytes, and {LONGEST_LOGIN} are the most."
    if name in ("public", "none") or name.startswith("pg_"):
        return "PostgreSQL keeps public, none and all that begins with pg_ for itself."
    return ""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on the team."""

    name: str
    """The login of the database: who did it, in claims, notes, replies and Activity."""
    level: Level
    added_at: datetime
    removed_at: datetime | None = None


def login_of(members: Sequence[Member], name: str) -> str:
    """The login that a person means by a name: itself, or the one that differs by case alone."""
    logins = [each.name for each in members]
    same = [login for login in logins if login.casefold() == name.casefold()]
    return same[0] if name not in logins and len(same) == 1 else name


def why_not_assigned(members: Sequence[Member], name: str) -> str:
    """Why no review can be assigned to a login, as sentences that name who is there; empty when one can, and
    where no member is known."""
    there = [each.name for each in members if each.removed_at is None]
    if not members or not name or name in there:
        return ""
    gone = any(each.name == name for each in members)
    shown = shortened(clean_line(name), 60)
    why = f"{shown} is not on the team any more" if gone else f"Nobody on the team is called {shown!r}"
    return f"{why}. On it: {', '.join(there)}."


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is at the keyboard and what the team lets them do, as this home last heard it."""

    me: str = ""
    level: Level | None = None
    """None: there is no team, and the person may do everything."""
    four_eyes: bool = False
    """What somebody wrote is published by somebody else."""
    per_person: bool = False
    """Figures are shown for each person, to everybody."""

    @property
    def alone(self) -> bool:
        """Whether there is no team."""
        return self.level is None

    def is_mine(self, author: str) -> bool:
        """Whether this person wrote it. Alone, everything is, under whatever name it was written."""
        return self.alone or author in ("", self.me)

    def why_not_write(self) -> str:
        """Why marks, notes and replies are refused, as a sentence; empty when they are not."""
        if self.level is None or self.level.may_write:
            return ""
        return f"Your level on the team is {self.level}: it reads, and changes nothing."

    def why_not_publish(self, author: str) -> str:
        """Why this person may not publish what `author` wrote, as a sentence; empty when they may."""
        if self.level is None:
            return ""
        if not self.level.may_publish:
            return f"Your level on the team is {self.level}: a publisher reads and publishes it."
        if self.four_eyes and author == self.me:
            return "On this team somebody else publishes what you wrote (four eyes)."
        return ""

    def why_not_edit(self, author: str) -> str:
        """Why this person may not take a reply of `author` back into the editor; empty when they may."""
        if why := self.why_not_write():
            return why
        if self.level is None or self.level.may_publish or author == self.me:
            return ""
        return f"The reply is {author}'s: only {author} or a publisher changes it."


@dataclass(frozen=True, slots=True)
class TeamNote:
    """A note in the thread of a review. Never changed, never taken away, never sent to a store."""

    review_id: str
    author: str
    body: str
    at: datetime
    id: str = ""
    """UUID, made by the writer, so that sending it once more adds nothing."""

    def names(self, name: str) -> bool:
        """Whether `@name` stands in it, whatever the case."""
        import re

        return re.search(rf"(?<![\w@])@{re.escape(name)}(?!\w)", self.body, re.IGNORECASE) is not None

    @classmethod
    def new(cls, review_id: str, author: str, body: str, at: datetime) -> TeamNote:
        """A note with an id of its own."""
        import uuid

        return cls(review_id, author, body, at, str(uuid.uuid4()))

    @classmethod
    def to(cls, name: str, review_id: str, author: str, words: str, at: datetime) -> TeamNote:
        """A note that names somebody, once."""
        note = cls.new(review_id, author, words, at)
        return note if note.names(name) else cls.new(review_id, author, f"@{name} {words}", at)


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


ALIVE = timedelta(minutes=5)
"""A worker that holds no account and was not seen for longer does not work."""


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker as `ascinbox.team/1` tells it."""

    name: str
    seen_at: datetime
    accounts: tuple[str, ...]
    """Names of the accounts that it works on now."""

    def is_alive(self, now: datetime) -> bool:
        """Whether it works, `now` by the server's clock."""
        return bool(self.accounts) or now - self.seen_at < ALIVE


_PROCESS = ", process "


def worker_name(login: str, host: str, process: int) -> str:
    """Who a worker is. The number of its process keeps two on one machine apart."""
    return f"{login} on {host}{_PROCESS}{process}"


def distinct_workers(seen: Iterable[WorkerSeen]) -> tuple[WorkerSeen, ...]:
    """One for each login and machine, without the process: the one that was seen last, of those that work on
    an account if any do. Several that do keep their whole names."""
    groups: dict[str, list[WorkerSeen]] = {}
    for each in seen:
        groups.setdefault(each.name.rpartition(_PROCESS)[0] or each.name, []).append(each)
    found: list[WorkerSeen] = []
    for name, group in groups.items():
        working = [each for each in group if each.accounts]
        last = max(working or group, key=lambda each: each.seen_at)
        found += working if len(working) > 1 else [replace(last, name=name)]
    return tuple(found)


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
