"""Opens and closes store, vault, clients and clock; what the command line and the screen are handed.

A service is a class that is made with the workspace as its only argument. It reaches the store by
`workspace.store.call(fn, *args)` (`fn` gets the open `Store` first), Apple by `workspace.client_for`, and
tells what happened by `workspace.publish`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Mapping, MutableMapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from ascinbox.config import Config
from ascinbox.core.clock import Clock, SystemClock
from ascinbox.core.errors import StoreError
from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from ascinbox.workers.runtime.daemon_pool import DaemonPool
from ascinbox.workers.runtime.throttle import Throttle

if TYPE_CHECKING:
    from datetime import timedelta

    from ascinbox.core.events import Event
    from ascinbox.core.records import Account, Credential
    from ascinbox.sources.base import Connection
    from ascinbox.vault import Vault
    from ascinbox.workers.accounts.linking import Accounts
    from ascinbox.workers.accounts.people import People
    from ascinbox.workers.deliveries.deliveries import Deliveries
    from ascinbox.workers.health.health import Health
    from ascinbox.workers.languages.assist import Assist
    from ascinbox.workers.languages.detecting import LanguageDetection
    from ascinbox.workers.listing.folders import ListingFolders
    from ascinbox.workers.listing.listings import Listings
    from ascinbox.workers.metrics.metrics import Metrics
    from ascinbox.workers.replies.composing import Composing
    from ascinbox.workers.replies.replies import Replies
    from ascinbox.workers.replies.sender import Sender
    from ascinbox.workers.reviews.history import HistoryImport
    from ascinbox.workers.reviews.inbox import Inbox
    from ascinbox.workers.reviews.triage import Triage
    from ascinbox.workers.runtime.clients import Clients
    from ascinbox.workers.runtime.sync import Sync
    from ascinbox.workers.team.team import JoinedTeam

R = TypeVar("R")
S = TypeVar("S")
C = TypeVar("C", bound=Callable[..., Any])

CLOSING_LIMIT_S = 2.0
"""The longest that `close` waits for work in progress."""

log = logging.getLogger("ascinbox.workspace")


def login_name(environ: Mapping[str, str]) -> str:
    """Who is logged in, as far as the environment or the system tells."""
    import getpass

    for name in ("LOGNAME", "USER"):
        if environ.get(name):
            return environ[name]
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"


def name_alone(config: Config, environ: Mapping[str, str]) -> str:
    """What the person at the keyboard is called where no team is joined."""
    return config.get("reply", "me") or login_name(environ)


def takes_long(method: C) -> C:
    """Marks a service's method that only reads, may take long, and asks the store with `slow=True`."""
    method.takes_long = True  # type: ignore[attr-defined]
    return method


def reads_only(method: C) -> C:
    """Marks a service's method that a keystroke waits for, and that only reads from the store."""
    method.reads_only = True  # type: ignore[attr-defined]
    return method


class Workspace:
    """One program's hold on one set of folders. Made by `open`, ended by `close`."""

    def __init__(
        self,
        *,
        paths: Paths,
        config: Config,
        clock: Clock,
        base_url: str | None,
        vault: Vault | None,
        environ: MutableMapping[str, str],
        ask_passphrase: Callable[[bool], Secret] | None,
        offline: bool,
    ) -> None:
        self.paths = paths
        self.config = config
        self.clock = clock
        """What everything goes by; on a team it is the server's."""
        self.machine_clock = clock
        """This machine's, by which tokens for the stores are signed: the team's server may be off as well."""
        self.base_url = base_url
        """Another service instead of Apple's; None is Apple."""
        self.environ = environ
        self.offline = offline
        """True: the person wants no network at all."""
        self.stop = threading.Event()
        """Set when the program ends; whatever loops or waits looks at it."""
        self.throttle = Throttle()
        """How work in the background gives way to somebody who is at the keys."""
        self._listeners: list[Callable[[Event], None]] = []
        self.team = self._joined()
        """The team that this home has joined; None for a person alone."""
        team = self.team
        if team is not None:
            self.clock = team.clock
        self.me = team.membership.me if team else name_alone(config, environ)
        """The person at the keyboard, for assignments, notes and `is:mine`."""
        self.store = StoreThread(
            lambda: Store.open(
                paths,
                self.clock,
                me=self.me,
                queue=team.queue if team else None,
                mirror=team.mirror if team else None,
                app_names=config.apps,
                answer_clock=config.answer_clock,
            )
        )
        self._vault = vault
        self._ask_passphrase = ask_passphrase
        self._services: dict[str, Any] = {}
        self._making = threading.RLock()
        self._pool = DaemonPool(4, "ascinbox-work")
        self._threads: list[threading.Thread] = []
        self._preloading = False
        self._online: bool | None = None

    def _joined(self) -> JoinedTeam | None:
        if not self.paths.membership_file.exists():
            return None
        from ascinbox.workers.team import membership
        from ascinbox.workers.team.team import JoinedTeam

        found = membership.read(self.paths)
        return None if found is None else JoinedTeam(self, found)

    @classmethod
    def open(
        cls,
        *,
        paths: Paths,
        config: Config,
        clock: Clock | None = None,
        base_url: str | None = None,
        vault: Vault | None = None,
        environ: MutableMapping[str, str] | None = None,
        ask_passphrase: Callable[[bool], Secret] | None = None,
        offline: bool = False,
    ) -> Workspace:
        """Starts opening the store in its own thread; does not wait for it.

        Without `vault` one is made on first use; `ask_passphrase` is then what it asks by.
        """
        workspace = cls(
            paths=paths,
            config=config,
            clock=clock or SystemClock(),
            base_url=base_url,
            vault=vault,
            environ=os.environ if environ is None else environ,
            ask_passphrase=ask_passphrase,
            offline=offline,
        )
        workspace.store.submit(lambda _store: None)
        return workspace

    # --- work ---

    def wait_ready(self) -> None:
        """Waits until the store is open. Raises the StoreError that kept it from opening."""
        self.store.call(lambda _store: None)

    def ask(self, fn: Callable[..., R], *args: Any) -> Future[R]:
        """Runs a service's method on the store thread; for what a screen reads and for short writes.

        A method marked `@takes_long` or `@reads_only` runs on a thread of such, beside the others.
        """
        return self.store.submit(
            lambda _store: fn(*args),
            slow=getattr(fn, "takes_long", False),
            reads=getattr(fn, "reads_only", False),
        )

    def background(self, fn: Callable[..., R], *args: Any) -> Future[R]:
        """Runs network work in a small pool of threads."""
        return self._pool.submit(fn, *args)

    # --- events ---

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Calls `callback` with every event, on whatever thread it happened; the answer ends that."""
        self._listeners.append(callback)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(callback)

        return unsubscribe

    def record(self, verb: str, subject: str, detail: str = "") -> None:
        """Notes for Activity what the person did with an account, people or a setting, once it is done."""
        try:
            self.store.call(lambda store: store.queue.record(verb, subject, detail))
        except StoreError as error:
            log.warning("not noted for Activity: %s %s: %s", verb, subject, error)

    def publish(self, event: Event) -> None:
        """Tells every listener. A listener that fails does not keep the others from hearing."""
        for callback in tuple(self._listeners):
            try:
                callback(event)
            except Exception:
                log.exception("a listener failed")

    def saw_apple(self, online: bool, detail: str = "") -> None:
        """Notes whether Apple was reachable; publishes only the change."""
        if self._online is not online:
            from ascinbox.core.events import Connectivity

            self._online = online
            self.publish(Connectivity(online, detail))

    @property
    def online(self) -> bool | None:
        """Whether Apple, or for a member the team's database, was reachable when last tried; None before
        the first try."""
        if self.team is not None and self.asks_no_store and not self.offline:
            return self.team.reachable
        return False if self.offline else self._online

    @property
    def read_only(self) -> bool:
        """Whether publishing and key changes are refused here."""
        return bool(self.config.get("ui", "read_only"))

    # --- a team ---

    @property
    def asks_no_store(self) -> bool:
        """Whether this is a member's home: the team's workers hold the keys."""
        return self.team is not None and not self.team.works

    def catch_up(self) -> None:
        """Brings the replica of a team's member up to date, once; nothing for a person alone.

        Raises TeamError, and TeamOffline when the database cannot be reached."""
        if self.team is not None and not self.offline:
            self.team.catch_up()

    def look_at_team(self, max_age: timedelta | None = None) -> None:
        """Asks whether the team's database is there, for `health`; nothing for a person alone, or offline."""
        if self.team is not None and not self.offline:
            self.team.look(max_age)

    def working(self) -> contextlib.AbstractContextManager[None]:
        """While the block runs, a worker holds what accounts it can get. Nothing for others."""
        if self.team is None or not self.team.works:
            return contextlib.nullcontext()
        return self.team.working()

    def works_on(self, account_id: int) -> bool:
        """Whether this program may ask the store about an account: on a team one worker an account does."""
        return self.team is None or (self.team.works and self.team.works_on(account_id))

    # --- what services stand on ---

    @property
    def vault(self) -> Vault:
        """Where the secrets are."""
        with self._making:
            if self._vault is None:
                from ascinbox.vault import Vault

                self._vault = Vault(self.paths, self.environ, ask_passphrase=self._ask_passphrase)
            return self._vault

    def client_for(self, account: Account, capability: str, app_id: str | None = None) -> Connection:
        """The client of the account's credential that can do `capability`, with `app_id` of that app.

        Raises CredentialError when none can, VaultError when its key cannot be had, NetworkError when the
        person asked to stay offline.
        """
        return self.clients.for_account(account, capability, app_id)

    def client_of(self, credential: Credential) -> Connection:
        """The client of one credential. Raises as `client_for`."""
        return self.clients.of(credential)

    @property
    def clients(self) -> Clients:
        """The clients in use, one a credential."""
        from ascinbox.workers.runtime.clients import Clients

        return self._service("clients", Clients)

    # --- services ---

    @property
    def inbox(self) -> Inbox:
        """Reads reviews: windows, counts, details, views, completion."""
        from ascinbox.workers.reviews.inbox import Inbox

        return self._service("inbox", Inbox)

    @property
    def triage(self) -> Triage:
        """Marks reviews, and takes it back."""
        from ascinbox.workers.reviews.triage import Triage

        return self._service("triage", Triage)

    @property
    def composing(self) -> Composing:
        """Drafts, templates, and what is checked of a reply."""
        from ascinbox.workers.replies.composing import Composing

        return self._service("composing", Composing)

    @property
    def replies(self) -> Replies:
        """The queue, and what became of replies."""
        from ascinbox.workers.replies.replies import Replies

        return self._service("replies", Replies)

    @property
    def accounts(self) -> Accounts:
        """Links, rotates and unlinks."""
        from ascinbox.workers.accounts.linking import Accounts

        return self._service("accounts", Accounts)

    @property
    def health(self) -> Health:
        """Probes and verdicts."""
        from ascinbox.workers.health.health import Health

        return self._service("health", Health)

    @property
    def sync(self) -> Sync:
        """Fills the cache from Apple."""
        from ascinbox.workers.runtime.sync import Sync

        return self._service("sync", Sync)

    @property
    def sender(self) -> Sender:
        """Sends what is queued, settles what is unknown."""
        from ascinbox.workers.replies.sender import Sender

        return self._service("sender", Sender)

    @property
    def metrics(self) -> Metrics:
        """Report figures."""
        from ascinbox.workers.metrics.metrics import Metrics

        return self._service("metrics", Metrics)

    @property
    def history(self) -> HistoryImport:
        """Reads past reviews in."""
        from ascinbox.workers.reviews.history import HistoryImport

        return self._service("history", HistoryImport)

    @property
    def languages(self) -> LanguageDetection:
        """Finds the languages of reviews."""
        from ascinbox.workers.languages.detecting import LanguageDetection

        return self._service("languages", LanguageDetection)

    @property
    def assist(self) -> Assist:
        """Translations and drafts by the engine that the person plugged in."""
        from ascinbox.workers.languages.assist import Assist

        return self._service("assist", Assist)

    @property
    def people(self) -> People:
        """Users and invitations at Apple."""
        from ascinbox.workers.accounts.people import People

        return self._service("people", People)

    @property
    def listings(self) -> Listings:
        """The texts of the apps' pages."""
        from ascinbox.workers.listing.listings import Listings

        return self._service("listings", Listings)

    @property
    def folders(self) -> ListingFolders:
        """Listings in folders: pulled, compared, pushed."""
        from ascinbox.workers.listing.folders import ListingFolders

        return self._service("folders", ListingFolders)

    @property
    def deliveries(self) -> Deliveries:
        """Tells people and programs what the rules of notify.toml ask for."""
        from ascinbox.workers.deliveries.deliveries import Deliveries

        return self._service("deliveries", Deliveries)

    def _service(self, name: str, make: Callable[[Workspace], S]) -> S:
        with self._making:
            if name not in self._services:
                self._services[name] = make(self)
            service: S = self._services[name]
            return service

    # --- life ---

    def start(self, *, sync: bool = True) -> None:
        """Starts the background threads; offline only those that need no network."""
        from ascinbox.workers.runtime import watch

        self.preload()
        self._run_thread("watcher", lambda: watch.store_changes(self))
        self._run_thread("upkeep", lambda: watch.keep_up(self))
        self._run_thread("index", lambda: watch.index_changes(self))
        if self.offline:
            return
        if self.team is not None:
            self._run_thread("team", self.team.follow)
            if not self.team.works:
                return
            self._run_thread("work", self.team.stay_at_work)
        if sync:
            self._run_thread("sync", lambda: watch.sync_regularly(self))
            self._run_thread("reports", lambda: watch.fetch_reports_regularly(self))
        self._run_thread("health", lambda: watch.probe_regularly(self))
        if not self.read_only:
            self._run_thread("deliveries", lambda: watch.deliver(self))
            self._run_thread("sender", lambda: watch.send(self))

    def preload(self) -> None:
        """Imports what writing to the store needs in a thread of its own: no first act waits for it."""
        from ascinbox.workers.runtime import watch

        if not self._preloading:
            self._preloading = True
            self._run_thread("preload", lambda: watch.preload_store(self))

    def _run_thread(self, name: str, work: Callable[[], object]) -> None:
        def body() -> None:
            try:
                work()
            except Exception:
                # One thread's end must not take the screen with it; it is in the log and in `doctor`.
                log.exception("the %s thread ended", name)

        thread = threading.Thread(target=body, name=f"ascinbox-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Ends the background threads (at most `CLOSING_LIMIT_S`), the clients and the store."""
        self.stop.set()
        deadline = self.clock.monotonic() + CLOSING_LIMIT_S
        self._pool.close()
        if "clients" in self._services:
            self.clients.close()
        for thread in self._threads:
            thread.join(max(0.0, deadline - self.clock.monotonic()))
        if self.team is not None:
            self.team.close()
        self.store.interrupt_slow()
        self.store.close()
