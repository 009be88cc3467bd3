"""`workspace.deliveries`: tells people and programs what the rules of notify.toml ask for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.deliveries import events
from ascinbox.core.deliveries.events import EventKind, NotifyEvent
from ascinbox.core.deliveries.rules import RuleFile
from ascinbox.core.deliveries.states import Delivery, DeliveryState, again
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.events import (
    DeliveriesChanged,
    Event,
    HealthChanged,
    Notice,
    OutboxChanged,
    ReviewsChanged,
    SyncProgress,
)
from ascinbox.core.secret import Secret
from ascinbox.workers.deliveries import signals
from ascinbox.workers.deliveries.evaluation import HORIZON, RuleEvaluator
from ascinbox.workers.deliveries.processor import DeliveryProcessor, Passed
from ascinbox.workers.deliveries.rule_file import RuleFiles, complete, for_members
from ascinbox.workers.runtime import crash_points, lease_owner

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

LOOK_EVERY_S = 5.0
"""The longest that another program's change goes unseen by a thread at rest."""
GATHER_S = 0.2
"""Pages come in quick succession: so long is waited for the next one before the rules look."""
BESIDE_A_SYNC_S = 1.2
"""A sync that takes longer is not waited for: what it has brought is told meanwhile."""
SLOW_SIGNALS = timedelta(minutes=10)
"""How often what changes slowly is looked for: tokens, data that stays away, spikes."""
TRY_S = 15.0
"""The longest that one try to deliver may take."""
FORGET_EVERY = timedelta(hours=12)

log = logging.getLogger("ascinbox.deliveries")


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule or destination as `notify list` shows it."""

    name: str
    what: str
    """`rule` or `destination`."""
    detail: str
    state: str
    """`ok`, `paused`, or what is wrong."""


class Deliveries:
    """The service `workspace.deliveries`. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace
        self.files = RuleFiles(workspace.paths.notify_file)
        self._evaluator = RuleEvaluator()
        self._looking = threading.Lock()
        self._awake = threading.Event()
        self._running = 0
        self._told: tuple[str, ...] = ()
        self._quick_due = True
        self._minute = 0
        self._slow_at: datetime | None = None
        self._forgot_at: datetime | None = None
        self._secrets: dict[str, str] = {}
        config = workspace.config
        self.processor = DeliveryProcessor(
            store=workspace.store,
            rules=self.rules,
            secret=self._secret,
            clock=workspace.clock,
            environ=workspace.environ,
            lease_s=config.seconds("outbox", "lease_seconds"),
            deadline_s=min(TRY_S, config.seconds("network", "deadline_seconds")),
            stop=workspace.stop,
            owner=lease_owner.this_program(),
            point=crash_points.from_environment(workspace.environ),
            without_secrets=self._without_secrets,
        )
        workspace.subscribe(self._heard)

    # --- rules ---

    def rules(self) -> RuleFile:
        """What notify.toml says now; what is wrong with it is told once, by a notice."""
        file = self._without_strangers(self.files.read())
        if file.problems != self._told:
            self._told = file.problems
            for problem in file.problems:
                self._space.publish(Notice(problem, "warning"))
        return file

    def _without_strangers(self, file: RuleFile) -> RuleFile:
        """The rules, but for assignments to who is not on the team: those are problems."""
        if not any(rule.do is not None and rule.do.assign for rule in file.rules):
            return file
        return for_members(file, self._space.store.call(lambda store: store.team.members()))

    def begin(self) -> None:
        """Notes rules that are met for the first time: from now on they count."""
        file = self.rules()
        if file.rules and self._may_save():
            self._space.store.call(self._evaluator.begin, file)

    def complete_file(self) -> list[str]:
        """See `rule_file.complete`."""
        return complete(self.files.path)

    # --- looking and sending ---

    def evaluate(self, *, all_signals: bool = False) -> int:
        """Lets the rules look at what has come; how many deliveries that made."""
        file = self.rules()
        if not file.rules or not self._may_save():
            return 0
        with self._looking:
            added = self._evaluate_pages(file)
            added += self._evaluate_signals(file, everything=all_signals)
            self._forget_old()
        if added:
            self._space.publish(DeliveriesChanged())
        return added

    def _evaluate_pages(self, file: RuleFile) -> int:
        added = 0
        while not self._space.stop.is_set():
            looked = self._space.store.call(self._evaluator.pages, file)
            added += looked.added
            if looked.marked:
                self._space.publish(ReviewsChanged(looked.marked))
            if not looked.more:
                break
        return added

    def _evaluate_signals(self, file: RuleFile, *, everything: bool) -> int:
        now = self._space.clock.now()
        wanted = frozenset().union(*(rule.on for rule in file.rules))
        slow = everything or self._slow_at is None or not timedelta() <= now - self._slow_at < SLOW_SIGNALS
        if EventKind.REVIEW_DUE in wanted and self._space.config.answer_clock is not None:
            # Time alone makes reviews due.
            minute = int(now.timestamp()) // 60
            self._quick_due = self._quick_due or minute != self._minute
            self._minute = minute
        kinds = wanted - events.OF_PAGES if slow else wanted & signals.QUICK
        if not (slow or self._quick_due):
            return 0
        self._quick_due = False
        if slow:
            self._slow_at = now
        if not kinds:
            return 0
        stale = timedelta(hours=self._space.config.seconds("health", "stale_hours"))
        # Statistics read many reviews: beside what a sync writes.
        met = self._space.store.call(
            lambda store: signals.events_of(store, frozenset(kinds), now - HORIZON, stale), slow=True
        )
        return self._space.store.call(self._evaluator.events, file, met) if met else 0

    def _forget_old(self) -> None:
        now = self._space.clock.now()
        if self._forgot_at is None or not timedelta() <= now - self._forgot_at < FORGET_EVERY:
            self._forgot_at = now

            def forget(store: Store) -> None:
                store.deliveries.forget(now)
                store.arrivals.forget(now)

            self._space.store.call(forget)

    def flush_once(self, only: str | None = None) -> Passed:
        """Sends what is due. Nothing in read-only mode and offline."""
        if self._space.read_only or self._space.offline:
            return Passed()
        self._secrets = {}
        done = self.processor.flush(only)
        if done != Passed():
            self._space.publish(DeliveriesChanged())
        return done

    def backfill(self, number: int) -> int:
        """Queues the newest `number` reviews of each rule; how many were not told yet."""
        file = self.rules()
        return self._space.store.call(self._evaluator.backfill, file, number)

    def run_forever(self, stop: threading.Event) -> None:
        """Looks and sends whenever something has come or is due, until `stop`."""
        self._running += 1
        try:
            while not stop.is_set() and not self._space.stop.is_set():
                self._awake.clear()
                self._pass()
                self._rest(stop, self._until_next())
        finally:
            self._running -= 1

    @contextmanager
    def while_syncing(self) -> Iterator[None]:
        """Delivers beside a sync that no background thread accompanies, and what is due when it ends."""
        if not self.files.exists or self._running:
            yield
            return
        stop = threading.Event()
        beside = threading.Thread(
            target=self.run_forever, args=(stop,), name="ascinbox-deliveries", daemon=True
        )
        beside.start()
        try:
            yield
        finally:
            stop.set()
            self._awake.set()
            beside.join()
            if not self._space.stop.is_set():
                self.deliver_now()

    def deliver_now(self) -> Passed:
        """Looks at everything and sends what is due; nothing that goes wrong is raised."""
        try:
            self.evaluate(all_signals=True)
            return self.flush_once()
        except AscinboxError as error:
            log.warning("deliveries: %s", error)
            return Passed()

    def wake(self) -> None:
        """Makes a resting `run_forever` look at once."""
        self._awake.set()

    def _pass(self) -> None:
        try:
            self.evaluate()
            self.flush_once()
        except AscinboxError as error:
            if not self._space.stop.is_set():
                log.warning("deliveries: %s", error)
        except Exception as error:
            # Its words could hold an address.
            log.error("deliveries met what they do not know: %s", type(error).__name__)

    def _until_next(self) -> float:
        try:
            due: datetime | None = self._space.store.call(lambda s: s.deliveries.next_moment())
        except AscinboxError:
            return LOOK_EVERY_S
        if due is None:
            return LOOK_EVERY_S
        return min(max((due - self._space.clock.now()).total_seconds(), 0.05), LOOK_EVERY_S)

    def _rest(self, stop: threading.Event, seconds: float) -> None:
        clock = self._space.clock
        until = clock.monotonic() + seconds
        while not stop.is_set() and not self._space.stop.is_set():
            left = until - clock.monotonic()
            if left <= 0:
                return
            if self._awake.wait(min(left, 0.5)):
                self._gather(stop)
                return

    def _gather(self, stop: threading.Event) -> None:
        """Waits for the pages that follow, and for the end of a sync that is a short one: looking at what it
        brings would keep the store from storing the rest."""
        clock = self._space.clock
        at_latest = clock.monotonic() + BESIDE_A_SYNC_S
        while not stop.wait(GATHER_S) and self._space.throttle.at_work and clock.monotonic() < at_latest:
            pass

    def _heard(self, event: Event) -> None:
        match event:
            case ReviewsChanged(new=new) if new:
                self._awake.set()
            case ReviewsChanged() | OutboxChanged() | HealthChanged():
                self._quick_due = True
                self._awake.set()
            case SyncProgress(finished=True):
                self._awake.set()

    # --- what people ask for ---

    def log(self, limit: int | None = None) -> list[Delivery]:
        """Deliveries, the last one first."""
        return self._space.store.call(lambda s: s.deliveries.log(limit))

    def paused(self) -> Mapping[str, datetime]:
        """What is paused, since when."""
        return self._space.store.call(lambda s: s.deliveries.paused())

    def pause(self, name: str) -> None:
        """Sends nothing for a rule or destination until `resume`. Raises UsageError for an unknown name."""
        self._must_be_known(name)
        now = self._space.clock.now()
        self._space.store.call(lambda s: s.deliveries.pause(name, now))
        self._space.publish(DeliveriesChanged())

    def resume(self, name: str) -> bool:
        """Ends a pause; False when there was none."""
        ended = self._space.store.call(lambda s: s.deliveries.resume(name))
        self.wake()
        self._space.publish(DeliveriesChanged())
        return ended

    def test(self, name: str) -> list[Delivery]:
        """Sends one marked message to a destination, or to all of a rule's, now; what became of each."""
        file = self.rules()
        rule = file.rule(name)
        wanted = (name,) if name in file.destinations else rule.to if rule is not None else ()
        if not wanted:
            self._must_be_known(name)
            raise UsageError(f"{name[:60]!r} cannot be used.", "", "See: ascinbox notify list")
        sent = []
        for destination in wanted:
            uid = self._space.store.call(_add_test, destination)
            self.flush_once(only=uid)
            sent.append(self.find(uid))
        return sent

    def retry(self, beginning: str) -> Delivery:
        """Sends a delivery again, now: one that failed, was dropped or waits; what became of it."""
        row = self.find(beginning)
        if row.state is DeliveryState.SENDING:
            raise UsageError(f"{row.uid} is being sent.")
        if row.state is DeliveryState.SENT:
            raise UsageError(f"{row.uid} was sent.", row.detail)
        self.queue_again(row)
        self.flush_once(only=row.uid)
        return self.find(row.uid)

    def queue_again(self, row: Delivery) -> bool:
        """Puts a failed, dropped or waiting delivery back into the queue, due now; False when it moved."""
        now = self._space.clock.now()
        moved = self._space.store.call(lambda s: s.deliveries.move([(row, again(row, now))]))
        self.wake()
        self._space.publish(DeliveriesChanged())
        return moved

    def find(self, beginning: str) -> Delivery:
        """The delivery whose id begins so. Raises UsageError when there is none, or more than one."""
        found = self._space.store.call(lambda s: s.deliveries.find(beginning)) if beginning else []
        exact = [row for row in found if row.uid == beginning]
        if len(exact or found) != 1:
            what = "More than one delivery has" if found else "No delivery has"
            raise UsageError(f"{what} an id that begins with {beginning[:60]!r}.", "", "ascinbox notify log")
        return (exact or found)[0]

    def keep_secret(self, name: str, secret: Secret, kind: str | None) -> str:
        """Stores what notify.toml calls `vault:NAME`; a sentence about where it is now."""
        from ascinbox.workers.deliveries.secrets import keep_secret

        return keep_secret(self._space, name, secret, kind)

    def views(self) -> list[RuleView]:
        """Destinations and rules, with what is wrong with them."""
        from ascinbox.workers.deliveries.listing import views

        return views(self._space, self.rules())

    # --- pieces ---

    def _may_save(self) -> bool:
        return self._space.store.call(lambda s: s.lasting)

    def _must_be_known(self, name: str) -> None:
        written = self.rules().written
        if name not in written:
            listed = ", ".join(sorted(written)) or "none"
            raise UsageError(f"No rule or destination is called {name[:60]!r}.", "", f"There are: {listed}.")

    def _without_secrets(self, text: str) -> str:
        """What a receiver said, without an address or token of any destination in it."""
        from ascinbox.workers.deliveries.senders.http import without_secrets

        return without_secrets(text, self._secrets.values())

    def _secret(self, reference: str) -> str:
        """The text behind `vault:NAME` or `env:NAME`; asked for once a pass. Raises VaultRefusal."""
        from ascinbox.workers.deliveries.secrets import load_secret

        found = self._secrets.get(reference)
        if found is None:
            found = self._secrets[reference] = load_secret(self._space, reference)
        return found


def _add_test(store: Store, name: str) -> str:
    import uuid

    from ascinbox.store.queue.deliveries import NewDelivery

    now = store.clock.now()
    event = NotifyEvent(
        key=events.event_key(events.TEST, uuid.uuid4().hex),
        kind=events.TEST,
        at=now,
        detail=f"{name} hears from ascinbox.",
    )
    uid = events.message_id(name, event.key)
    store.deliveries.add([NewDelivery("", name, event, now, uid)], now)
    return uid
