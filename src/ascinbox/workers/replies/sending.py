"""Carries the outbox out: claims a row, looks at the store, posts, and finds out what became of it.

Every step is made in core, written by one compare-and-set in the store, and written before the request that
it allows. Whoever loses a row to another program drops what it knows about it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.clock import Clock
from ascinbox.core.errors import (
    AscinboxError,
    Forbidden,
    NetworkError,
    NotFound,
    RateLimited,
    StoreError,
    Unauthorized,
)
from ascinbox.core.events import Event, OutboxChanged, ReviewsChanged
from ascinbox.core.outbox import delivery, reconciliation, recovery
from ascinbox.core.outbox.states import Kind, OutboxRow, Phase, Reading, Rules
from ascinbox.core.records import Response
from ascinbox.workers.replies.reply_gateway import Flushed, ReplyRoute
from ascinbox.workers.runtime import lease_owner as owners
from ascinbox.workers.runtime.crash_points import Point, no_point

if TYPE_CHECKING:
    from ascinbox.sources.base import ReplyGateway
    from ascinbox.store.thread import StoreThread

CATCH_UP_GAP_S = 1.0
"""Between two replies when several have waited for a connection."""
OVERDUE_S = 60.0
"""A reply that is later than this has waited for something."""
JUMP_S = 5.0
"""The wall clock and the steady one apart by more: it was set, or the machine slept."""
NO_KEY_PAUSE = timedelta(seconds=60)

log = logging.getLogger("ascinbox.outbox")


class _Offline(Exception):
    """The store cannot be reached: nothing else of this pass can be done."""


class OutboxProcessor:
    """One sender. Several, in as many programs as there are, work on the same outbox without harm."""

    def __init__(
        self,
        *,
        store: StoreThread,
        route_of: Callable[[int, str], ReplyRoute | None],
        clock: Clock,
        rules: Rules,
        publish: Callable[[Event], None],
        stop: threading.Event,
        owner: str | None = None,
        point: Point = no_point,
        is_gone: Callable[[str], bool] = owners.is_gone,
    ) -> None:
        self.owner = owner or owners.this_program()
        """The name under which this sender holds leases."""
        self._store = store
        self._route_of = route_of
        self._clock = clock
        self._rules = rules
        self._publish = publish
        self._stop = stop
        self._point = point
        self._is_gone = is_gone
        self._at_work = threading.Lock()
        self._wall = clock.now()
        self._steady = clock.monotonic()
        self._was_offline = False

    # --- passes ---

    def flush(self, review_id: str | None = None) -> Flushed:
        """Mends what a crash left, settles what is unknown, sends what is due; of one review or of all.

        Does nothing in a session that can save nothing: what is not written down first is not sent.
        """
        with self._at_work:
            done = Flushed()
            if not self._store.call(lambda s: s.lasting):
                return done
            try:
                self._mend(done)
                self._settle(done, review_id)
                self._send(done, review_id)
            except _Offline as error:
                done.offline, done.trouble = str(error), True
            self._was_offline = bool(done.offline)
            return done

    def poll(self, review_id: str | None = None) -> Flushed:
        """Looks at accepted replies whose next look is due."""
        with self._at_work:
            done = Flushed()
            try:
                for row in self._store.call(lambda s: s.queue.to_poll(self._now(), review_id)):
                    if self._stop.is_set():
                        break
                    self._poll_one(done, row)
            except _Offline as error:
                done.offline, done.trouble = str(error), True
            return done

    # --- what crashes and clocks leave ---

    def _mend(self, done: Flushed) -> None:
        now, steady = self._now(), self._clock.monotonic()
        expected = self._wall + timedelta(seconds=steady - self._steady)
        jumped = now - expected > timedelta(seconds=JUMP_S)
        self._wall, self._steady = now, steady

        def step(row: OutboxRow) -> OutboxRow | None:
            if jumped and (later := recovery.delayed(row, expected, now, self._rules)) is not None:
                return later
            holder = row.lease_owner
            # No pass begins before the last one is over, so what is under our own name was left behind.
            abandoned = holder == self.owner or (holder != "" and self._is_gone(holder))
            found = recovery.recovered(row, now, self._rules, abandoned=abandoned)
            return found or recovery.reanchored(row, now, self._rules)

        for row in self._store.call(lambda s: s.queue.move_all(step)):
            self._point("mended")
            self._tell(done, row)

    # --- settling ---

    def _settle(self, done: Flushed, review_id: str | None) -> None:
        for row in self._store.call(lambda s: s.queue.to_settle(self._now(), review_id)):
            if self._stop.is_set():
                return
            route = self._route_of(row.account_id, row.app_id)
            if route is None:
                continue
            mine = self._move(
                row, reconciliation.settling(row, self.owner, self._now(), self._rules), "settling"
            )
            if mine is None:
                continue
            try:
                reading = self._look(route, row, "settle")
            except AscinboxError as error:
                self._finish(
                    done, mine, reconciliation.failed_settling(mine, error, self._now(), self._rules)
                )
                self._give_way(done, error)
                continue
            self._finish(done, mine, reconciliation.settled(mine, reading, self._rules), reading)

    # --- sending ---

    def _send(self, done: Flushed, review_id: str | None) -> None:
        now = self._now()
        due = self._store.call(lambda s: s.queue.due(now, review_id))
        waited = self._was_offline or any((now - row.send_after).total_seconds() > OVERDUE_S for row in due)
        stopped: set[int] = set()
        for number, row in enumerate(due):
            if self._stop.is_set():
                return
            if row.account_id in stopped:
                continue
            if waited and number:
                self._clock.sleep(CATCH_UP_GAP_S)
            if not self._send_one(done, row):
                stopped.add(row.account_id)

    def _send_one(self, done: Flushed, row: OutboxRow) -> bool:
        """One due row. False: nothing more of this account for now."""
        route = self._route_of(row.account_id, row.app_id)
        now = self._now()
        held = delivery.barred(row, route.credential if route else None, now, self._rules)
        if held is not None or route is None:
            if held is not None:
                self._finish(done, row, held)
            return True
        try:
            gateway = route.open()
        except AscinboxError as error:
            self._give_way(done, error)
            self._pause(row, now + NO_KEY_PAUSE, error.title)
            return False
        mine = self._move(row, delivery.claimed(row, self.owner, now, self._rules), "claimed")
        if mine is None:
            return True
        return self._deliver(done, route, gateway, mine)

    def _deliver(self, done: Flushed, route: ReplyRoute, gateway: ReplyGateway, row: OutboxRow) -> bool:
        """Looks at the store, posts the claimed row and writes down what came of it.

        False: nothing more of this account for now.
        """
        try:
            reading = self._look(route, row, "reread")
        except AscinboxError as error:
            after = delivery.failed_look(row, error, self._now(), self._rules)
            return self._after_refusal(done, row, after, error)
        put = self._store.call(lambda s: s.queue.last_put(row.review_id))
        decided = delivery.reread(row, reading, put, self._rules)
        if decided is not None:
            self._finish(done, row, decided, reading)
            return True
        renewed = self._clock.monotonic()
        posting = self._move(row, delivery.posting(row, self._now(), self._rules), "posting")
        if posting is None:
            return True
        if self._clock.monotonic() - renewed > self._rules.lease.total_seconds() - self._rules.deadline_s:
            # This program stood still; somebody else may hold the row by now, and nothing has left yet.
            self._finish(done, posting, delivery.unsent(posting, self._now()))
            return True
        self._point("before post")
        try:
            response = _carry_out(gateway, posting, reading)
        except Unauthorized as error:
            self._point("after post")
            return self._after_401(done, route, posting, error)
        except AscinboxError as error:
            self._point("after post")
            after = delivery.failed_post(posting, error, self._now(), self._rules)
            return self._after_refusal(done, posting, after, error)
        except Exception as error:
            log.exception("a reply was posted and its answer not understood")
            # Its words are anybody's; the log has them, with secrets starred.
            self._finish(
                done, posting, delivery.lost(posting, self._now(), self._rules, type(error).__name__)
            )
            return True
        self._point("after post")
        self._finish(done, posting, delivery.accepted(posting, response, self._now()), reading, response)
        return True

    def _after_401(self, done: Flushed, route: ReplyRoute, row: OutboxRow, error: Unauthorized) -> bool:
        """A 401 may only mean an old token, and may come after the store had taken the reply.

        The first one is followed by a look with a new token. What that does not settle is found out as
        after a lost answer: a look so soon may not show yet what landed. A later 401 counts as a no.
        """
        if row.rounds:
            after = delivery.failed_post(row, error, self._now(), self._rules)
            return self._after_refusal(done, row, after, error)
        refused = self._move(row, delivery.unauthorized_once(row, self._now(), self._rules), "unauthorized")
        if refused is None:
            return True
        try:
            reading = self._look(route, refused, "reread")
        except AscinboxError as failure:
            after = delivery.failed_look(refused, failure, self._now(), self._rules)
            return self._after_refusal(done, refused, after, failure)
        put = self._store.call(lambda s: s.queue.last_put(refused.review_id))
        after = delivery.reread_after_401(refused, reading, put, self._rules, error.title)
        self._finish(done, refused, after, reading)
        if after.check_after is not None and after.phase is Phase.UNKNOWN:
            # By then it is found out, and is the first to go again.
            self._pause(refused, after.check_after + self._rules.settle / 2, error.title)
        return False

    def _after_refusal(self, done: Flushed, row: OutboxRow, after: OutboxRow, error: AscinboxError) -> bool:
        self._finish(done, row, after)
        match error:
            case Unauthorized() | Forbidden():
                self._pause(row, None, error.title)
            case RateLimited():
                self._pause(row, delivery.wait_until(error, self._now()), error.title)
            case _:
                if after.phase is not Phase.QUEUED:
                    return True
                self._give_way(done, error)
        return False

    def _pause(self, row: OutboxRow, until: datetime | None, reason: str) -> None:
        from ascinbox.store.queue.port import Pause

        pause = Pause(row.account_id, row.credential, until, reason)
        self._store.call(lambda s: s.queue.pause(pause))
        self._publish(OutboxChanged(None))

    def _give_way(self, done: Flushed, error: AscinboxError) -> None:
        done.trouble = True
        if isinstance(error, NetworkError) and error.unsent:
            raise _Offline(error.title)

    # --- polling ---

    def _poll_one(self, done: Flushed, row: OutboxRow) -> None:
        route = self._route_of(row.account_id, row.app_id)
        if route is None:
            return
        mine = self._move(row, reconciliation.polling(row, self._now()), "polling")
        if mine is None:
            return
        try:
            reading = self._look(route, row, "poll", urgent=False)
        except AscinboxError as error:
            self._move(mine, reconciliation.failed_poll(mine, self._now()), "polled")
            self._give_way(done, error)
            return
        after = reconciliation.polled(mine, reading, self._rules)
        if after is not None:
            self._finish(done, mine, after, reading)

    # --- pieces ---

    def _now(self) -> datetime:
        return self._clock.now()

    def _look(self, route: ReplyRoute, row: OutboxRow, point: str, *, urgent: bool = True) -> Reading:
        self._point(f"before {point}")
        try:
            review = route.open().review(row.review_id, row.app_id, urgent=urgent)
        except NotFound:
            return Reading(self._now(), None)
        finally:
            self._point(f"after {point}")
        return Reading(self._now(), review)

    def _move(self, old: OutboxRow, new: OutboxRow, point: str) -> OutboxRow | None:
        if not self._store.call(lambda s: s.queue.move(old, new)):
            return None
        self._point(point)
        return new

    def _finish(
        self,
        done: Flushed,
        old: OutboxRow,
        new: OutboxRow,
        reading: Reading | None = None,
        response: Response | None = None,
    ) -> None:
        if self._move(old, new, f"is {new.phase}") is None:
            log.info("reply %s: another program has moved it on", old.op_id)
            return
        if reading is not None:
            self._remember(new, reading, response)
        self._tell(done, new)

    def _remember(self, row: OutboxRow, reading: Reading, response: Response | None) -> None:
        """Puts what the store showed into the cache: the screen shows what the decision was made on."""
        review = reading.review
        if review is None:
            return
        if row.phase is Phase.WITHDRAWN:
            review = replace(review, response=None)
        elif response is not None:
            review = replace(review, response=response)
        try:
            self._store.call(lambda s: s.reviews.save_page(row.app_id, [review]))
        except StoreError as error:
            log.warning("what Apple showed could not be cached: %s", error)
        self._point("remembered")

    def _tell(self, done: Flushed, row: OutboxRow) -> None:
        done.moved.append(row)
        self._publish(OutboxChanged(row.review_id))
        self._publish(ReviewsChanged((row.review_id,)))


def _carry_out(gateway: ReplyGateway, row: OutboxRow, reading: Reading) -> Response | None:
    if row.kind is Kind.PUBLISH:
        return gateway.publish(row.review_id, row.text)
    assert reading.review is not None
    assert reading.review.response is not None
    gateway.withdraw(reading.review.response.id)
    return None
