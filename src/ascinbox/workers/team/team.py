"""`workspace.team`: a joined home's connection, its feed, and as a worker its accounts.

Made without connecting and without loading psycopg or SQLModel: both wait for the first act or the feed.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from ascinbox.core.errors import StoreError
from ascinbox.core.events import AccountsChanged, Event, HealthChanged, TeamConnection
from ascinbox.core.secret import Secret
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import Hello, ServerClock, TeamSession
from ascinbox.store.queue.team.errors import TeamError
from ascinbox.workers.team.reach import Reach

if TYPE_CHECKING:
    from ascinbox.core.health.team_reach import Idle, TeamReach
    from ascinbox.core.team import TeamStatus
    from ascinbox.store.cache.prepared_review import PreparedPage
    from ascinbox.store.queue.team.feed import TeamFeed
    from ascinbox.store.queue.team.queue import TeamQueue
    from ascinbox.store.queue.team.replica import Applied
    from ascinbox.store.queue.team.working import TeamWorker
    from ascinbox.store.store import Store
    from ascinbox.workers.team.membership import Membership
    from ascinbox.workers.workspace import Workspace

LOOK_FOR_FREE_S = 5.0
"""How often a worker looks whether an account that another one has became free."""
CLOCKS_APART_S = 60.0
"""More than this between this machine's clock and the server's is told."""

log = logging.getLogger("ascinbox.team")


class JoinedTeam:
    """One program's part in a team."""

    def __init__(self, workspace: Workspace, membership: Membership) -> None:
        self._space = workspace
        self.membership = membership
        self._machine = workspace.clock
        self.session = TeamSession(
            TeamAddress(membership.address),
            password=self.password,
            stays_offline=lambda: workspace.offline,
        )
        self.clock = ServerClock(self.session, workspace.clock)
        """The server's time as soon as it has told it."""
        self.mirror = _Mirror(self) if membership.works else None
        """Where a worker's reviews go first."""
        self._lock = threading.RLock()
        self._at_work = 0
        self._ends_work: threading.Event | None = None
        self._follows = False
        self.reach = Reach(
            workspace.paths.state,
            self.session.address,
            membership.team,
            workspace.clock,
            works=membership.works,
        )
        """What is known of the way to the database."""
        if membership.works:
            workspace.subscribe(self._heard)

    @property
    def reachable(self) -> bool | None:
        """Whether the database answered when it was last asked; None before the first time."""
        found = self.reach.found
        return None if found is None else found.answers

    @property
    def works(self) -> bool:
        """Whether this home asks the stores; a member's never does."""
        return self.membership.works

    # --- the replica ---

    def queue(self, store: Store) -> TeamQueue:
        """What stands behind the port `Queue` of this home's store."""
        from ascinbox.store.queue.team.queue import TeamQueue

        worker = self.worker if self.works else None
        return TeamQueue(store.database, store.clock, self.session, self.membership.me, worker=worker)

    @cached_property
    def feed(self) -> TeamFeed:
        """What brings the replica up to date."""
        from ascinbox.store.queue.team.feed import ReplicaChoice, TeamFeed

        space = self._space
        choice = ReplicaChoice(self.membership.apps, self.membership.since)
        return TeamFeed(
            self.session,
            space.store,
            self._tell,
            space.stop,
            choice,
            completed=self.reach.note_complete,
            restored=self._after_restore,
        )

    def _tell(self, event: Event) -> None:
        """What the feed says, to everybody; this part remembers whether the database is there."""
        if isinstance(event, TeamConnection):
            self.reach.heard(online=event.online, words=event.words)
        self._space.publish(event)

    def _after_restore(self) -> None:
        """A worker gives an older database the reviews that it has; the rest comes with its next sync."""
        if not self.works:
            return
        from ascinbox.store.queue.team import taking_over

        self.worker.forget()
        self.know_accounts()
        for pages, versions in taking_over.pages(self._space.store):
            self.worker.save_pages(pages)
            for version, ids in versions.items():
                self.worker.name_versions(ids, version)
        self.worker.renew()

    def catch_up(self) -> Applied:
        """Fetches what others did and sends what waited, once; for commands that do not stay.

        Raises TeamError."""
        from ascinbox.store.queue.team.replica import Applied

        if self._follows:
            return Applied()
        self._begin()
        try:
            found = self.feed.fetch()
            self.feed.send()
        except TeamError:
            self.reach.note_trouble()
            raise
        return found

    def follow(self) -> None:
        """Keeps the replica up to date until the program ends; the work of a background thread."""
        self._follows = True
        while not self._space.stop.is_set():
            try:
                self._begin()
                break
            except TeamError as error:
                log.warning("team: %s", error)
                # The feed tells it on screen and tries again; numbers of accounts have to be known first.
                if not self.works:
                    break
                self._space.stop.wait(LOOK_FOR_FREE_S)
        self.feed.run()

    def _begin(self) -> None:
        """What has to be so before rows are put into the replica."""
        hello = self.connect()
        if self.works:
            self._need_worker(hello.level.may_work)
            self.know_accounts()

    def connect(self) -> Hello:
        """Connects, and brings the team's settings to what an admin's config.toml says. Raises TeamError."""
        from ascinbox.store.queue.team import members

        try:
            hello = self.session.open()
        except TeamError:
            self.reach.note_trouble()
            raise
        wanted = {name: self._space.config.get("team", name) for name in ("four_eyes", "per_person")}
        for name in members.apply_settings(self.session, wanted):
            log.info("%s is now %s, as config.toml says", name, wanted[name])
        return hello

    def _need_worker(self, may_work: bool) -> None:
        if not may_work:
            from ascinbox.store.queue.team.errors import ADMIN, NotAllowed

            raise NotAllowed(
                f"{self.membership.me} may not be a worker of {self.membership.team}",
                "A worker's login has the level worker or admin.",
                ADMIN,
            )

    # --- a worker's part ---

    @cached_property
    def worker(self) -> TeamWorker:
        """What only a worker does."""
        from ascinbox.core.team import worker_name
        from ascinbox.store.queue.team.working import TeamWorker

        name = worker_name(self.membership.me, socket.gethostname(), os.getpid())
        lease = timedelta(seconds=self._space.config.seconds("outbox", "lease_seconds"))
        return TeamWorker(self.session, name, lease, self._machine.monotonic)

    def know_accounts(self) -> None:
        """Makes this home's accounts known by the team's numbers. Raises TeamError."""
        accounts = self._space.store.call(lambda store: store.accounts.list())
        self.worker.know((account.id, account.name) for account in accounts)

    def works_on(self, account_id: int) -> bool:
        """Whether an account is this worker's now."""
        return self.worker.works_on(account_id)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Holds the accounts that nobody else works on while the block runs; blocks may overlap.

        Raises TeamError when the database cannot be asked."""
        with self._lock:
            if not self._at_work:
                self._begin()
                self.worker.renew()
                self._ends_work = threading.Event()
                threading.Thread(
                    target=self._keep_renewing, args=(self._ends_work,), name="ascinbox-lease", daemon=True
                ).start()
            self._at_work += 1
        try:
            yield
        finally:
            with self._lock:
                self._at_work -= 1
                if not self._at_work:
                    self._end_work()

    def stay_at_work(self) -> None:
        """Holds accounts until the program ends; the work of a background thread."""
        stop = self._space.stop
        while not stop.is_set():
            try:
                with self.working():
                    stop.wait()
            except StoreError as error:
                log.warning("no account can be worked on: %s", error)
                stop.wait(LOOK_FOR_FREE_S)

    def _keep_renewing(self, stop: threading.Event) -> None:
        third = self._space.config.seconds("outbox", "lease_seconds") / 3
        while not stop.wait(third if self._has_all() else min(third, LOOK_FOR_FREE_S)):
            try:
                self.know_accounts()
                self.worker.renew()
            except StoreError as error:
                log.warning("the lease of the accounts was not renewed: %s", error)

    def _has_all(self) -> bool:
        with suppress(StoreError):
            accounts = self._space.store.call(lambda store: store.accounts.list())
            return all(self.works_on(account.id) for account in accounts)
        return False

    def _end_work(self) -> None:
        if self._ends_work is not None:
            self._ends_work.set()
            self._ends_work = None
        with suppress(TeamError):
            self.worker.release()

    def share(self) -> None:
        """Tells the team what changed of accounts, apps, verdicts and runs. What fails is told next time."""
        if not self.works:
            return
        try:
            self.know_accounts()
            self._space.store.call(lambda store: self.worker.share(store.database))
        except StoreError as error:
            log.warning("what this worker found was not shared: %s", error)

    def _heard(self, event: Event) -> None:
        if isinstance(event, AccountsChanged | HealthChanged) and self._at_work:
            self.share()

    # --- telling ---

    def look(self, max_age: timedelta | None = None) -> TeamReach:
        """Asks whether the database is there and lets this login in, and whether a worker is, and brings the
        replica up to date; see `Reach.look`. A program whose feed follows the team asks for workers alone."""
        found = self.reach.found
        if not self._follows or found is None:
            return self.reach.look(max_age, self._ask)
        if found.answers:
            # The feed tells of what is wrong with the way to the database.
            with suppress(TeamError):
                self.reach.heard_idle(self._idle())
        return self.reach.found or found

    def _ask(self) -> Idle | None:
        # An act's patience: somebody waits for it.
        self.session.call("hello")
        self.catch_up()
        return self._idle()

    def _idle(self) -> Idle | None:
        from ascinbox.core.health.team_reach import why_idle
        from ascinbox.store.queue.team import members

        linked = bool(self._space.store.call(lambda store: store.accounts.list()))
        return why_idle(members.workers(self.session), self.session.now(), linked=linked)

    def status(self) -> TeamStatus:
        """Level, how far this replica is, workers, queue. Raises TeamError."""
        from ascinbox.store.queue.team import members
        from ascinbox.store.queue.team.feed import ReplicaChoice, has_news

        choice = ReplicaChoice(self.membership.apps, self.membership.since)
        positions = self._space.store.call(_positions)
        self.connect()
        behind = has_news(self.session, positions, choice)
        told = members.status(self.session, self.reach.lag_s() if behind else 0.0)
        return _at(told, max(positions))

    def clock_words(self) -> str:
        """A sentence when this machine's clock and the server's are apart; empty when they agree."""
        if not self.session.was_greeted:
            return ""
        apart = (self._machine.now() - self.session.now()).total_seconds()
        if abs(apart) <= CLOCKS_APART_S:
            return ""
        size = f"{abs(apart) / 60:.0f} min" if abs(apart) < 7200 else f"{abs(apart) / 3600:.0f} h"
        return (
            f"This machine's clock is {size} {'ahead of' if apart > 0 else 'behind'} the team's server;"
            " the team goes by the server's."
        )

    def password(self) -> Secret | None:
        """What the vault has for the database; None where none is needed, or libpq finds it."""
        ref = self.membership.secret_ref
        return self._space.vault.load(ref) if ref else None

    def close(self) -> None:
        """Gives the accounts back and ends the connection."""
        if self._ends_work is not None:
            self._end_work()
        self.session.close()


class _Mirror:
    """The worker as the store's mirror; made on first use."""

    def __init__(self, team: JoinedTeam) -> None:
        self._team = team

    def save_pages(self, pages: Sequence[PreparedPage]) -> int:
        """See `Mirror`."""
        return self._team.worker.save_pages(pages)

    def remove(self, ids: Sequence[str]) -> None:
        """See `Mirror`."""
        self._team.worker.remove(ids)

    def name_versions(self, ids: Sequence[str], version: str) -> None:
        """See `Mirror`."""
        self._team.worker.name_versions(ids, version)


def _positions(store: Store) -> tuple[int, int, int]:
    from typing import cast

    from ascinbox.store.queue.team.queue import TeamQueue

    return cast(TeamQueue, store.queue).replica.positions()


def _at(status: TeamStatus, seq: int) -> TeamStatus:
    from dataclasses import replace

    return replace(status, seq=seq)
