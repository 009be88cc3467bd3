"""One client a credential, one request budget a key: made on first use, closed with the workspace."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ascinbox.core.errors import CredentialError, NetworkError, StoreError
from ascinbox.core.health.capabilities import info
from ascinbox.core.health.serving import serving
from ascinbox.core.records import Account, Budget, Credential, CredentialKind
from ascinbox.core.secret import Secret
from ascinbox.workers.accounts.visible_apps import known_of

if TYPE_CHECKING:
    from ascinbox.sources.apple.budget import RateBudget
    from ascinbox.sources.apple.client import AppStoreConnect
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

IN_FLIGHT = 4
"""Requests of background work at a time."""
SAVE_EVERY_S = 5.0
"""A key's budget is written down at most this often; other programs read it from there."""

log = logging.getLogger("ascinbox.clients")


class Clients:
    """The ways to Apple. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.RLock()
        self._open: dict[str, AppStoreConnect] = {}
        self._budgets: dict[str, RateBudget] = {}
        self._saved_at: dict[str, float] = {}
        self._turns = threading.BoundedSemaphore(IN_FLIGHT)

    def for_account(self, account: Account, capability: str, app_id: str | None = None) -> AppStoreConnect:
        """The client of the credential that serves `capability` (of the app) best. Raises as
        `Workspace.client_for`."""
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

    def of(self, credential: Credential) -> AppStoreConnect:
        """The client of this credential; the key is loaded from the vault once."""
        self._need_network()
        name = _name(credential)
        with self._lock:
            if name not in self._open:
                vault = self._workspace.vault
                secret = vault.load(vault.override(credential.key_id) or credential.secret_ref)
                self._open[name] = self._make(credential, secret)
            return self._open[name]

    def trial(self, credential: Credential, secret: Secret) -> AppStoreConnect:
        """A client of a credential that is not linked yet; the caller closes it. Raises CredentialError."""
        self._need_network()
        return self._make(credential, secret)

    def budget_of(self, key_id: str) -> RateBudget:
        """The budget that all clients of this key share, here and in other programs on the same files."""
        from ascinbox.sources.apple.budget import RateBudget

        with self._lock:
            if key_id not in self._budgets:
                self._budgets[key_id] = RateBudget(
                    self._workspace.clock,
                    keep_back_percent=float(self._workspace.config.get("network", "keep_back_percent")),
                    on_budget=lambda budget: self._save(key_id, budget),
                    on_hold=lambda until: self._submit(lambda store: store.sync.hold(key_id, until)),
                    others=lambda: self._seen_by_others(key_id),
                )
            return self._budgets[key_id]

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

    def _make(self, credential: Credential, secret: Secret) -> AppStoreConnect:
        from ascinbox.sources.apple.client import AppStoreConnect
        from ascinbox.sources.apple.keys import load_private_key
        from ascinbox.sources.apple.origin import APPLE
        from ascinbox.sources.apple.tokens import TokenSource

        if credential.kind is CredentialKind.REPORTER:
            raise CredentialError("A Reporter token is no key for App Store Connect's API.")
        space = self._workspace
        tokens = TokenSource(
            credential.kind, credential.key_id, credential.issuer_id, load_private_key(secret), space.clock
        )
        return AppStoreConnect(
            tokens=tokens,
            clock=space.clock,
            base_url=space.base_url or APPLE,
            deadline_s=space.config.seconds("network", "deadline_seconds"),
            budget=self.budget_of(credential.key_id),
            stop=space.stop,
        )

    def _need_network(self) -> None:
        if self._workspace.offline:
            raise NetworkError("Offline was asked for; nothing is sent.", unsent=True)

    def _save(self, key_id: str, budget: Budget) -> None:
        now = self._workspace.clock.monotonic()
        with self._lock:
            if now - self._saved_at.get(key_id, float("-inf")) < SAVE_EVERY_S:
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


def _name(credential: Credential) -> str:
    return f"{credential.kind}:{credential.key_id}:{credential.secret_ref}"
