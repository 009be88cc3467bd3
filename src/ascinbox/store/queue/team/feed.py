"""The thread that brings what others did into this replica, and sends what waited for the database."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from ascinbox.core.clock import to_epoch
from ascinbox.core.errors import StoreError
from ascinbox.core.events import (
    AccountsChanged,
    ActLookedUp,
    ClaimTaken,
    DifferencesFound,
    Event,
    HealthChanged,
    NoteMentioned,
    Notice,
    OutboxChanged,
    ReplyWaiting,
    ReviewsChanged,
    TeamChanged,
    TeamConnection,
)
from ascinbox.core.text import sentences
from ascinbox.store.cache.new_reviews import Row as NewRow
from ascinbox.store.queue.team import restored
from ascinbox.store.queue.team.connection import Hello, TeamSession
from ascinbox.store.queue.team.errors import NotAllowed, TeamError, TeamFull, TeamOffline
from ascinbox.store.queue.team.has_to_wait import NOT_KNOWN
from ascinbox.store.queue.team.looks import Looks
from ascinbox.store.queue.team.pending import Sent
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.store.queue.team.replica import FILL_COLUMNS, Applied, TeamReview, fill_row
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread

ASK_EVERY_S = 30.0
"""A pooler in transaction mode drops LISTEN without a word, so NOTIFY alone is not relied on."""
AGAIN_S = 5.0
REFUSED_AGAIN_S = 60.0
"""After a login was refused: a server counts such tries. What an upgrade mends is tried again sooner."""
AT_ONCE = 1_000
FILLED_AT_ONCE = 10_000
"""Reviews of one page of a fill."""
FILLS_S = 120.0
"""How long the server may take for such a page."""
FAR_BEHIND = 5_000
"""So many numbers behind, the feed of reviews is read in large pages."""

log = logging.getLogger("ascinbox.team")


@dataclass(frozen=True, slots=True)
class ReplicaChoice:
    """Which reviews a replica holds: of these apps (empty: all), created since then."""

    apps: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def parameters(self) -> tuple[list[str] | None, int | None]:
        """As the functions take it."""
        return list(self.apps) or None, None if self.since is None else to_epoch(self.since)


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """How far a replica is."""

    seq: int
    lag_s: float | None
    """Seconds since it was last known to have everything; None before it ever had."""


class TeamFeed:
    """Keeps one home's replica up with its team. `run` is the work of one background thread."""

    def __init__(
        self,
        session: TeamSession,
        store: StoreThread,
        publish: Callable[[Event], None],
        stop: threading.Event,
        choice: ReplicaChoice | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        completed: Callable[[], None] = lambda: None,
        restored: Callable[[], None] = lambda: None,
    ) -> None:
        """`completed` hears when the replica has everything, `restored` when the database is an older one."""
        self._session = session
        self._completed = completed
        self._restored = restored
        self._store = store
        self._publish = publish
        self._stop = stop
        self._choice = choice or ReplicaChoice()
        self._monotonic = monotonic
        self._looks = Looks(session, stop, monotonic)
        self._found = False
        """Whether the last fetch brought any row."""
        self._seq = 0
        self._looked_at: Hello | None = None
        self._complete_at: float | None = None
        self._said: TeamConnection | None = None
        self._said_refused = ""

    @property
    def position(self) -> FeedPosition:
        """As of the last fetch."""
        at = self._complete_at
        return FeedPosition(self._seq, None if at is None else self._monotonic() - at)

    def run(self) -> None:
        """Listens, fetches and sends until `stop`. Nothing that goes wrong ends it."""
        while not self._stop.is_set():
            pause = AGAIN_S
            try:
                self._follow()
            except NotAllowed as error:
                self._say(TeamConnection(False, sentences(error.title, error.next_step)))
                pause = REFUSED_AGAIN_S
            except TeamFull as error:
                self._say(TeamConnection(False, sentences(error.title, error.next_step)))
            except TeamOffline as error:
                # What the person has to know fits a line; `team status` tells why.
                log.debug("%s", error)
                asked = self._store.call(lambda store: bool(_queue(store).unknown))
                self._say(TeamConnection(False, NOT_KNOWN if asked else ""))
            except TeamError as error:
                self._say(TeamConnection(False, sentences(error.title, error.next_step)))
            except StoreError as error:
                log.warning("the feed could not be put into the replica: %s", error)
            except Exception:
                log.exception("the feed met what it does not know")
            self._stop.wait(pause)

    def _follow(self) -> None:
        self._session.retry()
        self._looks.begin()
        self._session.greet_again()
        self._session.end_left()
        self.fetch()
        self._look_up()
        self._store.call(_try_again)
        self.send()
        self._say(TeamConnection(True))
        greeted = self._monotonic()
        while not self._stop.is_set():
            self._looks.wait(self._found, ASK_EVERY_S)
            # Also on a team that is never quiet: the version, one's level and the clock may be others now.
            if not self._stop.is_set() and self._monotonic() - greeted >= ASK_EVERY_S:
                self._session.greet_again()
                greeted = self._monotonic()
            self._session.end_left()
            self.fetch()
            self._look_up()
            self.send()

    def _look_up(self) -> None:
        """Tells what became of acts that were asked without an answer, once none can arrive any more."""
        for found in self._store.call(self._looked_up):
            self._publish(found)
            for review in found.review_ids:
                self._publish(OutboxChanged(review))

    def _looked_up(self, store: Store) -> tuple[ActLookedUp, ...]:
        if self._session.is_clear:
            return _queue(store).unknown.look()
        self._session.notified.set()
        return ()

    def fetch(self) -> Applied:
        """Fetches everything that is new; tells what it changed. Raises TeamError."""
        found = Applied()
        self._found = False
        while not self._stop.is_set():
            positions = self._store.call(lambda store: _queue(store).replica.positions())
            self._seq = max(positions)
            if self._was_restored(positions):
                self._begin_anew()
                positions = (0, 0, 0)
            if self._session.hello.seq - positions[2] > FAR_BEHIND:
                found = found.plus(Applied(new=self.fill()))
                positions = self._store.call(lambda store: _queue(store).replica.positions())
            rows = self._session.rows(
                "SELECT * FROM ascinbox.news(%s, %s, %s, %s, %s, %s)",
                *positions,
                AT_ONCE,
                *self._choice.parameters,
            )
            applied = self._store.call(_take, positions, rows) if rows else Applied()
            self._tell(applied)
            found = found.plus(applied)
            if rows:
                self._found = True
                self._seq = max(self._seq, *(row[1] for row in rows))
            if len(rows) < AT_ONCE:
                break
        self._complete_at = self._monotonic()
        self._completed()
        return found

    def _was_restored(self, positions: tuple[int, int, int]) -> bool:
        """Whether the database is not the one, or not as far, as what this replica comes from. Looked at once
        for each time that the database said what it is."""
        hello = self._session.open()
        if hello is self._looked_at:
            return False
        here = self._store.call(lambda store: _queue(store).replica.copy())
        if not here:
            self._store.call(lambda store: _queue(store).replica.note_copy(hello.copy))
        if max(positions) > hello.seq:
            # Another program of this home may have been further since the database said so.
            hello = self._session.greet_again()
        self._looked_at = hello
        return here not in ("", hello.copy) or max(positions) > hello.seq

    def _begin_anew(self) -> None:
        """A backup was restored: what people did is fetched anew, and what only this home knows is told."""
        copy = self._session.hello.copy
        found = self._store.call(lambda store: restored.begin_anew(store, _queue(store).replica, copy))
        self._publish(Notice(found.words, "warning"))
        self._publish(ReviewsChanged(None))
        self._publish(OutboxChanged(None))
        self._restored()

    def fill(self, told: Callable[[int], None] = lambda _count: None) -> int:
        """Reads reviews in large pages until none is left; how many. `told` hears how many there are so far.

        Goes on where an earlier fill stopped. Over a connection of its own, so that acts do not wait for its
        pages; while one page is put into the files the next one is read and made ready. Raises TeamError.
        """
        count, after = 0, self._reviews_here()
        putting: Future[Applied | None] | None = None
        with closing(self._session.beside()) as session:
            while not self._stop.is_set():
                rows, last = self._page(session, after)
                if putting is not None and not self._was_put(putting):
                    # Another program of this home fills it too: go on where that one is.
                    after, putting = self._reviews_here(), None
                    continue
                putting = None
                if rows:
                    putting = self._store.submit(_take_fill, after, rows, last)
                    after = last
                    count += len(rows)
                    told(count)
                if len(rows) < FILLED_AT_ONCE:
                    break
            if putting is not None:
                self._was_put(putting)
        return count

    def _reviews_here(self) -> int:
        return self._store.call(lambda store: _queue(store).replica.positions())[2]

    def _page(self, session: TeamSession, after: int) -> tuple[list[NewRow], int]:
        found = session.rows(
            f"SELECT {FILL_COLUMNS} FROM ascinbox.reviews(%s, %s, %s, %s)",
            after,
            FILLED_AT_ONCE,
            *self._choice.parameters,
            binary=True,
            answers_s=FILLS_S,
        )
        return [fill_row(row) for row in found], found[-1][0] if found else after

    def _was_put(self, putting: Future[Applied | None]) -> bool:
        applied = putting.result()
        if applied is not None and (applied.new or applied.reviews):
            self._publish(ReviewsChanged(None, applied.new))
        return applied is not None

    def send(self) -> None:
        """Sends drafts and acts that waited. Raises TeamError."""
        sent, applied = self._store.call(_send)
        self._tell(applied)
        if sent.refused:
            self._tell_refused(sent.refused)
        if sent.against:
            self._publish(DifferencesFound(self._store.call(lambda store: len(store.team.differences()))))

    def _tell(self, applied: Applied) -> None:
        if applied.reviews or applied.new:
            self._publish(ReviewsChanged(applied.reviews or None, applied.new))
        for review in applied.replies:
            self._publish(OutboxChanged(review))
        for review, by in applied.taken_over:
            self._publish(ClaimTaken(review, by))
        for note in applied.mentions:
            self._publish(NoteMentioned(note.review_id, note.author, note.body))
        told = {(note.review_id, note.author) for note in applied.mentions}
        for ended in applied.ended:
            # What somebody says of it themselves says more.
            if (ended.review_id, ended.by) not in told:
                self._publish(ended)
        if applied.options:
            self._publish(TeamChanged())
            # One's own level may be another one now, and so may the version of the database.
            self._session.greet_again()
            self._store.call(_try_again)
        hello = self._session.hello
        if hello.level.may_publish:
            for review, author in applied.waiting:
                if author != hello.me:
                    self._publish(ReplyWaiting(review, author))
        if applied.asks:
            self._publish(Notice(_written_offline(len(applied.asks)), "warning"))
        if applied.accounts:
            self._publish(AccountsChanged())
            self._publish(HealthChanged())

    def _tell_refused(self, refused: Sequence[TeamError]) -> None:
        what = "Your act is" if len(refused) == 1 else f"{len(refused)} acts of yours are"
        # A narrow line holds the first two at most.
        words = sentences(refused[0].title, f"{what} kept here only", refused[0].next_step)
        if words != self._said_refused:
            self._said_refused = words
            self._publish(Notice(words, "warning"))

    def _say(self, said: TeamConnection) -> None:
        if said != self._said:
            self._said = said
            self._publish(said)


def _written_offline(count: int) -> str:
    if count == 1:
        return "The reply that you wrote offline is a draft: open it and publish it."
    return f"{count} replies that you wrote offline are drafts: open them and publish them."


def _queue(store: Store) -> TeamQueue:
    return cast(TeamQueue, store.queue)


def _take(store: Store, positions: tuple[int, int, int], rows: Sequence[Sequence[Any]]) -> Applied:
    """Puts a batch of `news` into the replica; what somebody else has put there meanwhile is left."""
    replica = _queue(store).replica
    people = [tuple(row[1:]) for row in rows if row[0] == "people"]
    facts = [tuple(row[1:]) for row in rows if row[0] == "facts"]
    reviews = [TeamReview.of_doc(row[3]) for row in rows if row[0] == "reviews" and row[2] != "end"]
    upto = max((row[1] for row in rows if row[0] == "reviews"), default=0)
    found = Applied()
    # Reviews first: what is said about them changes how they look.
    if upto > positions[2]:
        found = found.plus(replica.take_reviews(positions[2], reviews, upto) or Applied())
    if facts:
        found = found.plus(replica.take_facts(positions[1], facts) or Applied())
    if people:
        found = found.plus(replica.take_people(positions[0], people) or Applied())
    return found


def _take_fill(store: Store, after: int, rows: Sequence[NewRow], upto: int) -> Applied | None:
    return _queue(store).replica.take_fill(after, rows, upto)


def _send(store: Store) -> tuple[Sent, Applied]:
    queue = _queue(store)
    sent = queue.pending.send()
    return sent, queue.take_applied()


def _try_again(store: Store) -> None:
    _queue(store).pending.try_again()


def has_news(session: TeamSession, positions: tuple[int, int, int], choice: ReplicaChoice) -> bool:
    """Whether the database holds rows that a replica at these positions lacks. Raises TeamError."""
    return bool(
        session.rows(
            "SELECT feed FROM ascinbox.news(%s, %s, %s, %s, %s, %s)", *positions, 1, *choice.parameters
        )
    )
