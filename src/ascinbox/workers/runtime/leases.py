"""One program refreshes a part of an account at a time: a lock of the kernel's, and a row where that does not
reach.

The lock goes with its holder, however that ends; the row runs out by itself and covers file systems without
locks. Losing either stops the paging at the next page: pages are stored by id, so an overlap is waste, not
damage.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from typing import TYPE_CHECKING

from ascinbox.core.errors import StoreError
from ascinbox.workers.runtime.lease_owner import is_gone, this_program

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

LASTS_S = 60
RENEW_EVERY_S = 20.0
LOOK_AGAIN_S = 0.2

log = logging.getLogger("ascinbox.leases")


class Lease:
    """The right to refresh one account's reviews and replies, or another `part` of it, while `held`."""

    def __init__(self, workspace: Workspace, account_id: int, part: str = "") -> None:
        self._workspace = workspace
        self._account_id = account_id
        self._name = f"account-{account_id}{'-' if part else ''}{part}"
        self._owner = this_program()
        self._descriptor: int | None = None
        self._done = threading.Event()
        self._lost = False

    @property
    def held(self) -> bool:
        """False as soon as somebody else may have it."""
        ours = self._workspace.works_on(self._account_id)
        return ours and not self._lost and not self._done.is_set()

    def take(self) -> bool:
        """Tries to get it, without waiting."""
        if not self._lock():
            return False
        if not self._take_row():
            self._unlock()
            return False
        threading.Thread(target=self._renew, name=f"lease-{self._name}", daemon=True).start()
        return True

    def wait(self, seconds: float) -> bool:
        """Tries for at most `seconds`, or until the program ends."""
        clock = self._workspace.clock
        until = clock.monotonic() + seconds
        while not self.take():
            if clock.monotonic() >= until or self._workspace.stop.wait(LOOK_AGAIN_S):
                return False
        return True

    def release(self) -> None:
        """Gives it back."""
        if self._done.is_set():
            return
        self._done.set()
        try:
            self._workspace.store.call(lambda store: store.sync.release_lease(self._name, self._owner))
        except StoreError as error:
            log.info("lease %s not released: %s", self._name, error)
        self._unlock()

    def _lock(self) -> bool:
        folder = self._workspace.paths.locks
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(folder / f"{self._name}.lock", flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:
            # This file system has no locks; the row alone decides.
            log.debug("no lock for %s", self._name)
        self._descriptor = descriptor
        return True

    def _unlock(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take_row(self) -> bool:
        def take(owner_seen: str | None) -> bool:
            def step(store: Store) -> bool:
                if owner_seen is not None:
                    store.sync.release_lease(self._name, owner_seen)
                return store.sync.take_lease(self._name, self._owner, LASTS_S)

            return self._workspace.store.call(step)

        if take(None):
            return True
        holder = self._workspace.store.call(lambda store: store.sync.lease(self._name))
        # The kernel's lock is ours, so a holder that is known to have ended leaves only its row behind.
        return holder is not None and is_gone(holder.owner) and take(holder.owner)

    def _renew(self) -> None:
        while not self._done.wait(RENEW_EVERY_S):
            try:
                renewed = self._workspace.store.call(
                    lambda store: store.sync.take_lease(self._name, self._owner, LASTS_S)
                )
            except StoreError:
                renewed = False
            if not renewed:
                self._lost = True
                log.warning("lease %s lost", self._name)
                return
