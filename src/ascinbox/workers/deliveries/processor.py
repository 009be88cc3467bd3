"""Carries deliveries out: claims what is due, sends it, and writes down what came of it.

Every step is made in core, written by one compare-and-set, and written before the request that it allows.
A delivery backs off by itself; a destination that hangs holds at most a few of the threads.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.clock import Clock
from ascinbox.core.deliveries.events import NotifyEvent, group_id, without_words
from ascinbox.core.deliveries.messages import OutgoingMessage
from ascinbox.core.deliveries.rules import Destination, NotifyRule, RuleFile
from ascinbox.core.deliveries.states import (
    OPEN,
    WAITING,
    Delivery,
    DeliveryState,
    TryOutcome,
    TryResult,
    claimed,
    concluded,
    reanchored,
    recovered,
    stepped,
)
from ascinbox.core.errors import StoreError, VaultError
from ascinbox.workers.deliveries.senders import MessageSender, SenderTools, sender_of
from ascinbox.workers.runtime import lease_owner as owners
from ascinbox.workers.runtime.crash_points import Point, no_point
from ascinbox.workers.runtime.daemon_pool import DaemonPool

if TYPE_CHECKING:
    from ascinbox.store.queue.deliveries import DeliveryQueue
    from ascinbox.store.thread import StoreThread

AT_A_TIME = 12
"""Messages on their way at once."""
PER_DESTINATION = 4
LOOKED_AT = 64
"""Due rows that are looked at in one step on the store's thread."""
ENDING_S = 1.5
"""So long a program that ends waits for answers."""
UNREADABLE_WAIT = timedelta(seconds=60)
"""A delivery whose rule cannot be read waits so long for the person to mend it."""

log = logging.getLogger("ascinbox.deliveries")


@dataclass(slots=True)
class Passed:
    """What one pass did."""

    sent: int = 0
    waiting: int = 0
    """Tries after which a delivery waits for another."""
    failed: int = 0
    dropped: int = 0


@dataclass(slots=True)
class _Batch:
    """What goes out in one message."""

    rows: list[Delivery]
    rule: NotifyRule
    destination: Destination


@dataclass(slots=True)
class _Pass:
    """One pass while it runs. Changed under its lock."""

    done: Passed = field(default_factory=Passed)
    under_way: Counter[str] = field(default_factory=Counter)
    moved: threading.Condition = field(default_factory=threading.Condition)
    passed_over: set[int] = field(default_factory=set)
    """Rows that another program has taken, or that wait for a free place of their destination."""
    crowded: bool = False
    """Some of these wait for a free place."""

    def look_at_all_again(self) -> None:
        """Forgets what was passed over."""
        self.passed_over.clear()
        self.crowded = False


class DeliveryProcessor:
    """One sender of deliveries. Several, in as many programs as there are, work on the same queue."""

    def __init__(
        self,
        *,
        store: StoreThread,
        rules: Callable[[], RuleFile],
        secret: Callable[[str], str],
        clock: Clock,
        environ: Mapping[str, str],
        lease_s: float,
        deadline_s: float,
        stop: threading.Event,
        owner: str | None = None,
        point: Point = no_point,
        is_gone: Callable[[str], bool] = owners.is_gone,
        find_sender: Callable[..., MessageSender] = sender_of,
        without_secrets: Callable[[str], str] = str,
    ) -> None:
        self.owner = owner or owners.this_program()
        self._store = store
        self._rules = rules
        self._clock = clock
        self._tools = SenderTools(clock, deadline_s, secret, environ)
        self._lease = timedelta(seconds=max(lease_s, deadline_s * 1.25))
        self._stop = stop
        self._point = point
        self._is_gone = is_gone
        self._find_sender = find_sender
        self._without_secrets = without_secrets
        self._at_work = threading.Lock()
        self._pool: DaemonPool | None = None

    def flush(self, only: str | None = None) -> Passed:
        """Mends what a crash left and sends what is due, one delivery (its id) or all; ends when nothing is
        due any more. Does nothing in a session that can save nothing."""
        with self._at_work:
            run = _Pass()
            if not self._store.call(lambda s: s.lasting):
                return run.done
            self._mend()
            while not self._stop.is_set():
                started = self._start_some(run, only)
                if only is not None:
                    break
                with run.moved:
                    if run.under_way.total() == 0 and not started:
                        if not run.crowded:
                            break
                        # Its destination was busy when it was looked at, and has become free meanwhile.
                        run.look_at_all_again()
                        continue
                    full = run.under_way.total() >= AT_A_TIME
                    if full or not started:
                        run.moved.wait(0.5)
                        run.look_at_all_again()
            self._settle_down(run)
            return run.done

    def close(self) -> None:
        """Ends the threads; what is under way is left to its lease."""
        if self._pool is not None:
            self._pool.close()

    # --- what crashes leave ---

    def _mend(self) -> None:
        file, now = self._rules(), self._clock.now()

        def step(row: Delivery) -> Delivery | None:
            holder = row.lease_owner
            # No pass begins before the last one is over, so what is under our own name was left behind.
            abandoned = holder == self.owner or (holder != "" and self._is_gone(holder))
            destination = file.destinations.get(row.destination)
            keyed = destination is not None and destination.kind.keyed
            return recovered(row, now, keyed=keyed, abandoned=abandoned) or reanchored(row, now)

        for row in self._store.call(lambda s: s.deliveries.move_all(step)):
            self._point("delivery mended")
            log.info("delivery %s was left by a program that ended, or by another clock", row.uid)

    # --- claiming ---

    def _start_some(self, run: _Pass, only: str | None) -> int:
        """Claims what is due and there is room for; how many messages were started."""
        with run.moved:
            room = AT_A_TIME - run.under_way.total()
            busy = Counter(run.under_way)
            passed_over = set(run.passed_over)
        if room <= 0:
            return 0
        batches, dropped, crowded = self._store.call(
            lambda s: self._claim(s.deliveries, room, busy, passed_over, only)
        )
        with run.moved:
            run.passed_over |= passed_over
            run.crowded |= crowded
            run.done.dropped += dropped
            for batch in batches:
                run.under_way[batch.destination.name] += 1
        if self._pool is None:
            self._pool = DaemonPool(AT_A_TIME, "ascinbox-deliver")
        for batch in batches:
            self._point("delivery claimed")
            self._pool.submit(self._carry_out, run, batch)
        return len(batches) + dropped

    def _claim(
        self,
        deliveries: DeliveryQueue,
        room: int,
        busy: Counter[str],
        passed_over: set[int],
        only: str | None,
    ) -> tuple[list[_Batch], int, bool]:
        """On the store's thread: the messages to send now, claimed, how many rows were dropped, and whether a
        destination was too busy for one."""
        file, now = self._rules(), self._clock.now()
        batches: list[_Batch] = []
        taken: set[int] = set()
        dropped = 0
        crowded = False
        if only is None:
            due = deliveries.due(now, LOOKED_AT + len(passed_over))
        else:
            due = [row for row in deliveries.find(only) if row.uid == only and row.state in WAITING]
        for row in due:
            if len(batches) >= room:
                break
            if row.id in passed_over or row.id in taken:
                continue
            rule, destination = _route(file, row)
            if rule is None or destination is None:
                gone = _put_aside(file, row, now)
                deliveries.move([(row, gone)])
                dropped += gone.state is DeliveryState.DROPPED
                continue
            if busy[destination.name] >= PER_DESTINATION:
                passed_over.add(row.id)
                crowded = True
                continue
            rows = deliveries.beside(row, now)
            ids = row.message or group_id([each.uid for each in rows])
            steps = [(each, claimed(each, self.owner, now, self._lease, ids)) for each in rows]
            taken |= {each.id for each in rows}
            if steps and deliveries.move(steps):
                batches.append(_Batch([new for _, new in steps], rule, destination))
                busy[destination.name] += 1
            else:
                passed_over.add(row.id)
        return batches, dropped, crowded

    # --- sending ---

    def _carry_out(self, run: _Pass, batch: _Batch) -> None:
        """On a thread of the pool: one try of one message, and what came of it."""
        state: DeliveryState | None = None
        try:
            state = self._deliver(batch)
        except StoreError as error:
            log.warning("a delivery could not be written down: %s", error)
        except Exception as error:
            # Its words are anybody's and could hold an address; the kind of error says enough.
            log.error("a delivery met what it does not know: %s", type(error).__name__)
        finally:
            with run.moved:
                run.done.sent += len(batch.rows) if state is DeliveryState.SENT else 0
                run.done.failed += len(batch.rows) if state is DeliveryState.FAILED else 0
                run.done.waiting += len(batch.rows) if state in OPEN else 0
                run.under_way[batch.destination.name] -= 1
                run.moved.notify_all()

    def _deliver(self, batch: _Batch) -> DeliveryState | None:
        first = batch.rows[0]
        if self._stop.is_set():
            outcome = TryOutcome(TryResult.AGAIN, "the program ended before it was sent")
        else:
            message = message_of(batch.rows, batch.rule)
            self._point("before delivery")
            outcome = self._tried(message, batch.destination, first.reached)
            outcome = replace(outcome, detail=self._without_secrets(outcome.detail))
            self._point("after delivery")
        now = self._clock.now()
        keyed = batch.destination.kind.keyed
        steps = [
            (row, _out_of_quiet(concluded(row, outcome, now, keyed=keyed), batch.rule)) for row in batch.rows
        ]
        if not self._store.call(lambda s: s.deliveries.move(steps)):
            log.info("delivery %s: another program has moved it on", first.uid)
            return None
        state = steps[0][1].state
        self._point(f"delivery is {state}")
        return state

    def _tried(
        self, message: OutgoingMessage, destination: Destination, reached: tuple[str, ...]
    ) -> TryOutcome:
        try:
            return self._find_sender(destination.kind)(message, destination, reached, self._tools)
        except VaultError as error:
            return TryOutcome(TryResult.AGAIN, error.title, why="secret", reached=reached)
        except Exception as error:
            log.error("sending to %s: %s", destination.name, type(error).__name__)
            return TryOutcome(TryResult.LOST, f"an unknown error ({type(error).__name__})")

    def _settle_down(self, run: _Pass) -> None:
        """Waits for what is under way; when the program ends, only a little: a lost answer is worse."""
        ends: float | None = None
        with run.moved:
            while run.under_way.total():
                if ends is None and self._stop.is_set():
                    ends = self._clock.monotonic() + ENDING_S
                if ends is not None and self._clock.monotonic() >= ends:
                    return
                run.moved.wait(0.2)


def message_of(rows: Sequence[Delivery], rule: NotifyRule) -> OutgoingMessage:
    """What these rows are as a message."""
    events: tuple[NotifyEvent, ...] = tuple(
        row.event if rule.text else without_words(row.event) for row in rows
    )
    return OutgoingMessage(rows[0].message, events, rule.name, any(row.maybe_sent for row in rows))


TEST_RULE = NotifyRule("test")
"""The rule of `ascinbox notify test`, which is in no file."""


def _route(file: RuleFile, row: Delivery) -> tuple[NotifyRule | None, Destination | None]:
    rule = TEST_RULE if row.rule == "" else file.rule(row.rule)
    return rule, file.destinations.get(row.destination)


def _put_aside(file: RuleFile, row: Delivery, now: datetime) -> Delivery:
    """A row whose rule or destination is gone is dropped; one that only cannot be read now waits."""
    names = {row.destination} | ({row.rule} if row.rule else set())
    if not file.whole or names <= file.written:
        to, detail = row.state, "notify.toml cannot be used, see: ascinbox notify list"
        return stepped(row, to, now, next_at=now + UNREADABLE_WAIT, detail=detail)
    missing = ", ".join(sorted(names - file.written))
    return stepped(row, DeliveryState.DROPPED, now, detail=f"{missing} is no longer in notify.toml")


def _out_of_quiet(row: Delivery, rule: NotifyRule) -> Delivery:
    """A second try does not break into quiet hours."""
    ends = rule.quiet.until(row.next_at) if rule.quiet is not None and row.state in WAITING else None
    return row if ends is None else replace(row, next_at=ends)
