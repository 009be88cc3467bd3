"""Reviews and replies of every app into the cache: newest first, four requests in flight, resumable.

An app that several accounts or credentials see is fetched once, by the one that serves it
(core/health/serving.py). How one app is walked is in walk.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, Forbidden, NotFound, Unauthorized
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.records import Account, App
from ascinbox.workers.health.unreadable import note_read, note_unreadable
from ascinbox.workers.reviews.app_lists import AppLists
from ascinbox.workers.reviews.sync_run import AccountProgress, Interrupted, SyncRun, Way
from ascinbox.workers.reviews.walk import AppWalk
from ascinbox.workers.runtime.daemon_pool import DaemonPool
from ascinbox.workers.runtime.results import DatasetResult

if TYPE_CHECKING:
    from ascinbox.workers.runtime.leases import Lease
    from ascinbox.workers.workspace import Workspace

IN_FLIGHT = 4
"""Requests at a time, over all apps and accounts."""


class ReviewSync:
    """One run over some accounts."""

    def __init__(
        self,
        workspace: Workspace,
        accounts: Iterable[tuple[Account, Lease]],
        *,
        full: bool,
        in_bulk: bool = False,
    ) -> None:
        """`in_bulk`: nobody is reading meanwhile, so many pages may be stored at once."""
        self._run = SyncRun(workspace, accounts, full=full, in_bulk=in_bulk)

    @property
    def broken(self) -> dict[int, AscinboxError]:
        """Account id -> what made further requests pointless, with every key of the account."""
        return {
            state.account.id: next(iter(state.broken.values()))
            for state in self._run.accounts
            if state.broken and all(key.key_id in state.broken for key in state.keys)
        }

    def run(self) -> dict[int, DatasetResult]:
        """Account id -> what was done. One app's or one account's trouble is in its result, never raised."""
        lists = AppLists(self._run)
        with DaemonPool(IN_FLIGHT, "ascinbox-sync") as pool:
            try:
                pool.run_all(partial(lists.read, state) for state in self._run.accounts)
                _in_turns(pool, [self._sync_app(app, seers) for app, seers in self._jobs()])
            finally:
                self._run.stop.set()
                self._run.reader.close()
        for state in self._run.accounts:
            self._run.tell(state, finished=True)
            self._note_unreadable(state)
        return {state.account.id: state.result for state in self._run.accounts}

    def _note_unreadable(self, state: AccountProgress) -> None:
        """An answer that could not be read counts in Health until a whole run could be."""
        if state.unreadable or state.result.ok:
            now, account = self._run.workspace.clock.now(), state.account
            self._run.workspace.store.call(
                note_unreadable, account, Capability.REVIEWS, state.unreadable, now
            )
            if state.answered and state.result.ok:
                self._run.workspace.store.call(note_read, account, Capability.REVIEWS, now)

    def _jobs(self) -> list[tuple[App, list[Way]]]:
        """Each app with the ways to it, the account that was linked first first."""
        jobs: dict[str, tuple[App, list[Way]]] = {}
        for state in self._run.accounts:
            for app in state.apps:
                if state.ways[app.id]:
                    jobs.setdefault(app.id, (app, []))[1].extend(state.ways[app.id])
        return list(jobs.values())

    def _sync_app(self, app: App, ways: Sequence[Way]) -> Iterator[None]:
        """By the first credential that may; the next one is tried when Apple refuses it to this one.

        A step is one page: the apps take turns, so that the newest reviews of all of them come first.
        """
        for way in ways:
            if way is not ways[-1] and way.credential.key_id in way.state.broken:
                continue
            try:
                yield from AppWalk(self._run, app, way).steps()
                return
            except (Forbidden, NotFound, Unauthorized) as error:
                if way is ways[-1]:
                    self._run.note(way, app, error)
                elif isinstance(error, Unauthorized):
                    self._run.give_up(way, error)
            except (AscinboxError, Interrupted) as error:
                self._run.note(way, app, error)
                return


def _in_turns(pool: DaemonPool, walks: Iterable[Iterator[None]]) -> None:
    """Takes a step of each walk in turn, `IN_FLIGHT` steps at a time, until all have ended."""
    waiting = deque(walks)

    def work() -> None:
        while True:
            try:
                walk = waiting.popleft()
            except IndexError:
                return
            for _ in walk:
                waiting.append(walk)
                break

    pool.run_all([work] * IN_FLIGHT)
