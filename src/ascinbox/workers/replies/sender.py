"""`workspace.sender`: sends what is queued, settles what is unknown, watches what was accepted."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import AccountsChanged, Event, Notice, OutboxChanged
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.records import Account
from ascinbox.workers.replies.outbox_rules import rules_of
from ascinbox.workers.replies.reply_gateway import Flushed, ReplyRoute
from ascinbox.workers.replies.sending import OutboxProcessor
from ascinbox.workers.runtime import crash_points, lease_owner

if TYPE_CHECKING:
    from ascinbox.core.outbox.states import OutboxRow, Rules
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

LOOK_EVERY_S = 5.0
"""The longest that another program's change to the outbox goes unseen by a sender at rest."""
SHORTEST_WAIT_S = 0.05
BACK_OFF_S = (2.0, 4.0, 8.0, 16.0, 30.0, 60.0)
"""Waits after passes that could not reach the store."""
GRACE_S = 10.0
"""What an earlier session left waits so long after a start, to be taken back."""

log = logging.getLogger("ascinbox.outbox")


def identity_of(store: Store, account: Account | None, app_id: str) -> str | None:
    """Identity of the credential with which an account replies to reviews of an app; None when it has none
    that sees the app, or is not linked."""
    from ascinbox.workers.runtime.clients import credential_of_app

    credential = credential_of_app(store, account, Capability.REPLY, app_id) if account is not None else None
    return None if credential is None else credential.key_id


class Sender:
    """The outbox's way out of this program. Thread-safe: one pass at a time."""

    def __init__(self, workspace: Workspace, *, point: crash_points.Point | None = None) -> None:
        self._workspace = workspace
        self.owner = lease_owner.this_program()
        """Names this program in leases and in the rows that it queues."""
        self._awake = threading.Event()
        self._troubles = 0
        self._thread: threading.Thread | None = None
        self._processor = OutboxProcessor(
            store=workspace.store,
            route_of=self._route_of,
            clock=workspace.clock,
            rules=rules_of(workspace.config),
            publish=workspace.publish,
            stop=workspace.stop,
            owner=self.owner,
            point=point or crash_points.from_environment(workspace.environ),
        )
        workspace.subscribe(self._heard)
        self._announced: dict[int, datetime] = {}

    @property
    def rules(self) -> Rules:
        """The outbox's times as they are now: the undo window can be changed while the program runs."""
        return rules_of(self._workspace.config)

    def flush_once(self, review_id: str | None = None) -> Flushed:
        """One pass over what is due, of one review or of all. Sends nothing in read-only mode."""
        if self._workspace.read_only or self._workspace.asks_no_store:
            return Flushed()
        with self._workspace.working():
            return self._processor.flush(review_id)

    def poll_pending(self, review_id: str | None = None) -> Flushed:
        """One look at each accepted reply whose look is due."""
        if self._workspace.asks_no_store:
            return Flushed()
        with self._workspace.working():
            return self._processor.poll(review_id)

    def adopt_earlier(self) -> int:
        """Takes over what an ended program left in the queue and leaves ten seconds to take it back.

        Returns how many go out then. What is more than a day old is not among them: it waits for a person.
        """
        from ascinbox.core.outbox import recovery

        space, now = self._workspace, self._workspace.clock.now()
        day = timedelta(seconds=self.rules.give_up_s)

        def adopt(store: Store) -> int:
            if not store.outbox.has_queued_of_others(self.owner):
                # As at nearly every start. What follows imports all that writing needs.
                return 0
            left = store.queue.of_earlier_sessions(lease_owner.is_gone, self.owner)
            young = [row for row in left if now - row.queued_at <= day]
            steps = [(row, recovery.resumed(row, now, self.owner, GRACE_S)) for row in young]
            moved = [row.id for row, step in steps if store.queue.move(row, step)]
            self._announced |= dict.fromkeys(moved, now)
            return len(moved)

        return space.store.call(adopt)

    def last_told(self, row: OutboxRow) -> datetime:
        """When the person was last told that a queued reply can be taken back: when it was confirmed, or at
        the start of this program, which announced it."""
        return max(row.queued_at, self._announced.get(row.id, row.queued_at))

    def run_forever(self, stop: threading.Event) -> None:
        """Passes whenever something is due, until `stop`. Nothing that goes wrong in one pass ends it."""
        self._thread = threading.current_thread()
        self._announce()
        while not stop.is_set():
            self._awake.clear()
            self._troubles = 0 if self._pass() else self._troubles + 1
            wait = self._until_next()
            if self._troubles:
                wait = max(wait, BACK_OFF_S[min(self._troubles, len(BACK_OFF_S)) - 1])
            self._rest(stop, wait)

    def wake(self) -> None:
        """Makes a resting `run_forever` look at once."""
        self._awake.set()

    # --- pieces ---

    def _pass(self) -> bool:
        try:
            flushed, polled = self.flush_once(), self.poll_pending()
        except AscinboxError as error:
            log.warning("outbox: %s", error)
            return False
        except Exception:
            log.exception("the outbox met what it does not know")
            self._workspace.publish(
                Notice("A reply could not be looked after; ascinbox doctor says more.", "error")
            )
            return False
        return not (flushed.trouble or polled.trouble)

    def _until_next(self) -> float:
        now = self._workspace.clock.now()
        try:
            due: datetime | None = self._workspace.store.call(lambda s: s.queue.next_moment(now))
        except AscinboxError:
            return LOOK_EVERY_S
        if due is None:
            return LOOK_EVERY_S
        return min(max((due - now).total_seconds(), SHORTEST_WAIT_S), LOOK_EVERY_S)

    def _rest(self, stop: threading.Event, seconds: float) -> None:
        clock = self._workspace.clock
        until = clock.monotonic() + seconds
        while not stop.is_set() and (left := until - clock.monotonic()) > 0:
            if self._awake.wait(min(left, 0.5)):
                return

    def _announce(self) -> None:
        try:
            waiting = self.adopt_earlier()
        except AscinboxError as error:
            log.warning("outbox: %s", error)
            return
        if waiting:
            self._workspace.publish(Notice(notice_of(waiting), "warning"))

    def _heard(self, event: Event) -> None:
        if threading.current_thread() is self._thread:
            return
        match event:
            case OutboxChanged(review_id=str()):
                self._awake.set()
            case OutboxChanged() | AccountsChanged():
                # Another program's failed tries must not end the pause after ours, and so in turn.
                if not self._troubles:
                    self._awake.set()

    def _route_of(self, account_id: int, app_id: str) -> ReplyRoute | None:
        space = self._workspace

        def look(store: Store) -> tuple[Account | None, str | None]:
            account = store.accounts.get(account_id)
            return account, identity_of(store, account, app_id)

        account, credential = space.store.call(look)
        if account is None or credential is None:
            return None
        return ReplyRoute(credential, lambda: space.client_for(account, Capability.REPLY, app_id))


def notice_of(waiting: int) -> str:
    """What the person is told at a start."""
    replies = "1 reply" if waiting == 1 else f"{waiting} replies"
    goes = "goes" if waiting == 1 else "go"
    return f"{replies} from an earlier session {goes} out in {GRACE_S:.0f} s (u = undo)"
