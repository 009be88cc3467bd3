"""The port to what people did and decided. Its verbs are whole acts: each is there entirely or not at all,
but for a `LongAct`, which others see growing.

One person's queue is in user.db (`local.LocalQueue`), a team's in its database (docs/team-internals.md).
Whatever stands behind it has to pass the tests of `tests/store/queue_contract.py`. Lists of reviews, and what
a quick command shows, are read by `store.hot`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from ascinbox.core.outbox.states import Draft, OutboxRow, Rules

if TYPE_CHECKING:
    from ascinbox.core.reviews.acts import MarkChange
    from ascinbox.core.team import TeamNote


@dataclass(frozen=True, slots=True)
class Undone:
    """An act that was or could be taken back."""

    verb: str
    review_ids: tuple[str, ...]
    at: datetime


SMALLEST_PART, LARGEST_PART = 200, 2_000
PART_S = 0.05
"""So long a part of a long act may take."""


@dataclass(slots=True)
class LongAct:
    """An act on so many reviews that it is done, or taken back, in several transactions.

    It is one act all the same: `undo_last` takes back all that is done of it. Others write between two of its
    transactions. One object is handed to all of them.
    """

    number: int | None = None
    """Its number in the journal; None before the first part."""
    key: int | None = None
    """Its row in the list of acts: numbers of the journal come again."""
    told_in: int | None = None
    """The row in which its reviews are told: its own, or that of taking it back."""
    ended: bool = False
    """There is no more to do: it was taken back meanwhile, or all of it is taken back now."""
    part: int = 500
    """So many reviews its next transaction is to have."""

    def took(self, seconds: float) -> None:
        """Tells how long the last part took: others that write wait no longer than for one."""
        if seconds > PART_S:
            self.part = max(SMALLEST_PART, self.part // 2)
        elif seconds < PART_S / 3:
            self.part = min(LARGEST_PART, self.part * 2)


@dataclass(frozen=True, slots=True)
class Editing:
    """Who has a review's editor open."""

    review_id: str
    owner: str
    who: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """An account that sends nothing for now. `until` None: until a person acts or its key changes."""

    account_id: int
    credential: str
    until: datetime | None
    reason: str


class Busy(Exception):
    """The review has a reply under way that can no longer be taken back."""

    def __init__(self, row: OutboxRow) -> None:
        super().__init__(row.op_id)
        self.row = row


class Queue(Protocol):
    """Acts on reviews and replies. Verbs on reviews take ids and return those that they really changed."""

    def catch_up(self) -> object:
        """Fetches what others did, now, before something is decided by it. Raises Unreachable.

        Does nothing where nobody else acts.
        """

    # --- marks on reviews ---

    def in_parts(self) -> bool:
        """Whether acts on many reviews are better done in parts."""

    def mark(self, changes: Mapping[str, MarkChange], part_of: LongAct | None = None) -> tuple[str, ...]:
        """Several marks as one act, which is undone as one. The verbs below are this with a single mark.

        `part_of`: they belong to this act, unless that was taken back meanwhile, which ends it.
        """

    def done(self, ids: Iterable[str], done: bool = True) -> tuple[str, ...]:
        """Done without a reply (ends a snooze), or not done after all."""

    def snooze(self, ids: Iterable[str], until: datetime | None) -> tuple[str, ...]:
        """Out of sight until then; None wakes at once."""

    def wake(self, now: datetime) -> tuple[str, ...]:
        """Ends the snoozes whose time has come; returns their reviews."""

    def assign(self, ids: Iterable[str], assignee: str) -> tuple[str, ...]:
        """To a name; an empty one takes it away."""

    def tag(self, ids: Iterable[str], add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
        """Adds and removes tags. Tags keep their case but differ by more than case."""

    def flag(self, ids: Iterable[str], flagged: bool = True) -> tuple[str, ...]:
        """Sets or takes the flag."""

    def read(self, ids: Iterable[str], read: bool = True) -> tuple[str, ...]:
        """Marks as read or unread."""

    def note(self, review_id: str, text: str) -> tuple[str, ...]:
        """The internal note, never sent; an empty one takes it away."""

    def add_note(self, note: TeamNote) -> bool:
        """Adds to the review's thread of notes; False: a note with this id is there already."""

    def opened(self, ids: Iterable[str]) -> tuple[str, ...]:
        """The person has looked at them: read, and no longer new. Not an act that one undoes."""

    def undo_last(self, part_of: LongAct | None = None) -> Undone | None:
        """Takes back the last act of this or an earlier session; None when there is none left.

        `part_of`: only a part of it, and a further part of the same act with every call until it is `ended`.
        """

    def forget_acts(self) -> None:
        """What was done so far can no longer be taken back."""

    def record(self, verb: str, subject: str, detail: str, reviews: Sequence[str] = ()) -> None:
        """Notes an act on an account, on people or on settings, or one about reviews that has no verb
        here. Acts on reviews, and taking one back, are noted by their verbs. Does nothing where nothing
        can be saved.
        """

    def tells(self, messages: Sequence[str]) -> Collection[str]:
        """Of messages that rules made, by their ids, those that go out from here: on a team another worker
        may have the same rules."""

    def save_place(self, view: str, value: dict[str, Any]) -> None:
        """Keeps a small JSON object about a view: the review under the cursor, the sort, the filter."""

    # --- texts that have not left the editor ---

    def save_draft(self, draft: Draft, app_id: str) -> None:
        """Writes the draft down. A base that is already stored stays: it is what the writer saw first."""

    def discard_draft(self, review_id: str, now: datetime) -> bool:
        """Drops the draft, to be found again for thirty days if it says anything. False: there was none."""

    def keep_text(self, review_id: str, app_id: str, text: str, now: datetime) -> None:
        """Puts a text among the discarded ones, because a newer draft stands in its place."""

    def claim(self, review_id: str, owner: str, who: str, now: datetime, lasts: timedelta) -> Editing | None:
        """Notes that `owner` writes here, or returns who does already. Renewed by calling it again."""

    def take_over(
        self, review_id: str, owner: str, who: str, now: datetime, lasts: timedelta
    ) -> Editing | None:
        """`owner` writes here from now on, whoever did before; returns who did, who is told of it."""

    def release(self, review_id: str, owner: str) -> None:
        """`owner` has left the editor."""

    # --- replies on their way ---

    def queue(self, row: OutboxRow) -> OutboxRow:
        """Adds the intention; one that still waits, is held or failed for the same review gives way to it.

        The review's draft goes in the same transaction, its text being in the row; one with other words is
        kept among the discarded. Raises Busy when a reply to this review is being sent or is not settled.
        """

    def queue_all(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """`queue` for several reviews as one act: all of them or, when it raises, none."""

    def approve(self, row: OutboxRow, sha256: str, now: datetime, rules: Rules) -> OutboxRow | None:
        """Sends what waits for a publisher, after the undo window, if its text is the one that was read.

        `sha256`: of that text (`core.outbox.states.body_hash`). None: it has moved on, or is another text.
        """

    def send_back(self, row: OutboxRow, note: TeamNote | None, now: datetime) -> bool:
        """Makes what waits for a publisher, or is still queued, its author's draft again; a note says why.

        False: it has moved on, and the note is not added.
        """

    def move(self, old: OutboxRow, new: OutboxRow) -> bool:
        """Puts `new` in the place of exactly `old`. False: somebody else moved the row: drop the result."""

    def move_all(self, step: Callable[[OutboxRow], OutboxRow | None]) -> list[OutboxRow]:
        """Takes `step` with every unfinished row for which it gives a next one; returns those that moved."""

    def take_back(self, row: OutboxRow, now: datetime) -> bool:
        """Makes the text of a row that has not reached Apple a draft again; a newer draft stays beside it."""

    def pause(self, pause: Pause) -> None:
        """Stops sending for an account."""

    def resume(self, account_id: int) -> bool:
        """Lets an account send again; True when it was paused."""

    # --- what the sender and the checks of a reply ask ---

    def due(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """Queued rows whose time has come and whose account is not paused, in the order of confirmation."""

    def to_settle(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """Unknown rows whose next look is due and that nobody looks at."""

    def to_poll(self, now: datetime, review_id: str | None = None) -> list[OutboxRow]:
        """Accepted rows whose next look is due."""

    def of_earlier_sessions(self, is_gone: Callable[[str], bool], session: str) -> list[OutboxRow]:
        """Queued rows whose program has ended."""

    def next_moment(self, now: datetime) -> datetime | None:
        """When something has to be done next; in the past when it is overdue."""

    def last_put(self, review_id: str) -> OutboxRow | None:
        """What we last put or removed at the store for this review."""

    def put_since(self, review_id: str, since: datetime) -> OutboxRow | None:
        """The first intention for a review that the store took after `since`."""

    def recent_texts(self, since: datetime) -> list[tuple[str, str]]:
        """(review id, text) of what was confirmed since then and not taken back."""

    def templates_used(self, since: datetime) -> dict[str, int]:
        """How often each template was sent since then."""
