"""One client a credential, one request budget a key: made on first use, closed with the workspace."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ascinbox.core.errors import CredentialError, NetworkError, NoKeysHere, StoreError
from ascinbox.core.health.capabilities import info
from ascinbox.core.health.serving import serving
from ascinbox.core.records import Account, Budget, Credential
from ascinbox.core.secret import Secret
from ascinbox.core.stores import APP_STORE, store_of_kind
from ascinbox.sources.registry import source_of_kind
from ascinbox.workers.accounts.visible_apps import known_of
from ascinbox.workers.runtime.daemon_pool import DaemonPool

if TYPE_CHECKING:
    from ascinbox.sources.base import Connection, Observe, Prober, RequestBudget, SourceTools, Target
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

IN_FLIGHT = 4
"""Requests of background work at a time."""
SAVE_EVERY_S = 5.0
"""A key's budget is written down at most this often, where the store tells it again with each answer; other
programs read it from there."""

log = logging.getLogger("ascinbox.clients")


class Clients:
    """The ways to the stores. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.RLock()
        self._open: dict[str, Connection] = {}
        self._budgets: dict[str, RequestBudget] = {}
        self._saved_at: dict[str, float] = {}
        self._turns = threading.BoundedSemaphore(IN_FLIGHT)

    def for_account(self, account: Account, capability: str, app_id: str | None = None) -> Connection:
        """The client of the credential that serves `capability` (of the app) best. Raises as
        `Workspace.client_for`."""
        self._need_keys()
        if app_id is None:
            credential = credential_for(account, capability)
        else:
            credential = self._workspace.store.call(credential_of_app, account, capability, app_id)
        if credential is None:
            title = info(capability).title
            raise CredentialError(
                f"No key of {account.name} can be used for {title}.",
                "",
                f"Link a key that may: ascinbox rotate {account.name}, or w in the app.",
            )
        return self.of(credential)

    def of(self, credential: Credential) -> Connection:
        """The client of this credential; the key is loaded from the vault once."""
        self._need_network()
        name = _name(credential)
        with self._lock:
            if name not in self._open:
                vault = self._workspace.vault
                secret = vault.load(vault.override(credential.key_id) or credential.secret_ref)
                self._open[name] = self._make(credential, secret)
            return self._open[name]

    def trial(self, credential: Credential, secret: Secret) -> Connection:
        """A client of a credential that is not linked yet; the caller closes it. Raises CredentialError."""
        self._need_network()
        return self._make(credential, secret)

    def _budget_of(self, credential: Credential) -> RequestBudget:
        """The budget that all clients of this key share, here and in other programs on the same files."""
        from ascinbox.sources.base import BudgetLedger

        key_id = credential.key_id
        every_s = SAVE_EVERY_S if store_of_kind(credential.kind).tells_budget else 0.0
        with self._lock:
            if key_id not in self._budgets:
                ledger = BudgetLedger(
                    save=lambda budget: self._save(key_id, budget, every_s),
                    hold=lambda until: self._submit(lambda store: store.sync.hold(key_id, until)),
                    others=lambda: self._seen_by_others(key_id),
                )
                source = source_of_kind(credential.kind)
                self._budgets[key_id] = source.budget(self.tools(credential.kind), ledger)
            return self._budgets[key_id]

    def tools(self, kind: str) -> SourceTools:
        """What the source of this kind of credential is handed."""
        from ascinbox.sources.base import SourceTools

        space, store = self._workspace, store_of_kind(kind)
        replaced = space.base_url if store is APP_STORE else None
        return SourceTools(
            clock=space.machine_clock,
            stop=space.stop,
            run_all=_together,
            base_url=replaced or space.environ.get(store.url_variable) or None,
            files_url=space.environ.get(store.files_variable) or None,
            deadline_s=space.config.seconds("network", "deadline_seconds"),
            keep_back_percent=float(space.config.get("network", "keep_back_percent")),
        )

    def prober(
        self, connection: Connection, kind: str, target: Target, observe: Observe | None = None
    ) -> Prober:
        """What finds out what the credential of this kind behind the connection may do."""
        return source_of_kind(kind).prober(connection, target, self.tools(kind), observe)

    def turn(self) -> threading.Semaphore:
        """A place among the few requests that syncs of reviews and reports have in flight together."""
        return self._turns

    def forget(self, credential: Credential) -> None:
        """Drops the key of an unlinked or replaced credential from memory; call it when nothing uses it."""
        with self._lock:
            client = self._open.pop(_name(credential), None)
        if client is not None:
            client.close()

    def close(self) -> None:
        """Closes every connection."""
        with self._lock:
            closing, self._open = list(self._open.values()), {}
        for client in closing:
            client.close()

    def _make(self, credential: Credential, secret: Secret) -> Connection:
        source = source_of_kind(credential.kind)
        return source.connect(credential, secret, self._budget_of(credential), self.tools(credential.kind))

    def _need_keys(self) -> None:
        if self._workspace.asks_no_store:
            raise NoKeysHere

    def _need_network(self) -> None:
        self._need_keys()
        if self._workspace.offline:
            raise NetworkError("Offline was asked for; nothing is sent.", unsent=True)

    def _save(self, key_id: str, budget: Budget, every_s: float) -> None:
        now = self._workspace.clock.monotonic()
        with self._lock:
            if now - self._saved_at.get(key_id, float("-inf")) < every_s:
                return
            self._saved_at[key_id] = now
        self._submit(lambda store: store.sync.save_budget(key_id, budget))

    def _submit(self, note: Callable[[Store], None]) -> None:
        try:
            self._workspace.store.submit(note)
        except StoreError as error:
            log.debug("budget not saved: %s", error)

    def _seen_by_others(self, key_id: str) -> Budget | None:
        try:
            seen: Budget | None = self._workspace.store.call(lambda store: store.sync.budget(key_id))
        except StoreError as error:
            log.debug("budget not read: %s", error)
            return None
        return seen


def credential_for(account: Account, capability: str) -> Credential | None:
    """The account's credential for `capability` of the whole team, or of any of its apps."""
    return next(iter(serving(account.credentials, capability, {})), None)


def credential_of_app(store: Store, account: Account, capability: str, app_id: str) -> Credential | None:
    """The account's credential for `capability` of one app. On the store thread."""
    return next(iter(serving(account.credentials, capability, known_of(store, account), app_id)), None)


def _together(steps: Iterable[Callable[[], None]]) -> None:
    """A few requests of one key at the same time; more of them provoke refusals in spite of a full hour."""
    with DaemonPool(IN_FLIGHT, "ascinbox-probe") as pool:
        pool.run_all(steps)


def _name(credential: Credential) -> str:
    return f"{credential.kind}:{credential.key_id}:{credential.secret_ref}"
