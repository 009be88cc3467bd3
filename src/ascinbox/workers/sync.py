"""Fills the cache from Apple: reviews and replies, and by the metrics service the reports."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, NetworkError, UsageError
from ascinbox.core.records import Account
from ascinbox.workers.leases import Lease
from ascinbox.workers.results import (
    DATASETS,
    REPLIES,
    REPORTS,
    REVIEWS,
    AccountResult,
    DatasetResult,
    SyncResult,
)
from ascinbox.workers.reviewsync import ReviewSync

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

TROUBLE = "Some replies could not be looked after; see the outbox."

log = logging.getLogger("ascinbox.sync")


class Sync:
    """The service `workspace.sync`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def run(
        self,
        accounts: Sequence[str] | None = None,
        datasets: Sequence[str] | None = None,
        *,
        full: bool = False,
        wait_s: float = 0.0,
        in_bulk: bool = False,
    ) -> SyncResult:
        """Syncs the chosen data sets of the named accounts (None: all that are chosen for each account).

        One account's trouble is in its result and never stops the others. An account that another ascinbox
        is refreshing is waited for at most `wait_s`; what that one fetched meanwhile is not fetched again.
        `in_bulk` says that nobody reads meanwhile, so many pages may be stored at once.
        Raises UsageError for a name that is none, NetworkError when offline was asked for.
        """
        space = self._workspace
        if space.offline:
            raise NetworkError("Offline was asked for; nothing was fetched.", unsent=True)
        chosen = self._chosen(accounts)
        wanted = {account.id: self._datasets_of(account, datasets) for account in chosen}
        began = space.clock.now()
        done: dict[int, dict[str, DatasetResult]] = {account.id: {} for account in chosen}
        with ExitStack() as leases:
            held: list[tuple[Account, Lease]] = []
            for account in chosen:
                lease = Lease(space, account.id)
                if lease.wait(wait_s):
                    leases.callback(lease.release)
                    held.append((account, lease))
                    done[account.id] = self._by_another(account, wanted[account.id], began)
                else:
                    busy = DatasetResult(ok=False, detail="Another ascinbox is refreshing this account.")
                    done[account.id] = dict.fromkeys(wanted[account.id], busy)

            def missing(account: Account, dataset: str) -> bool:
                return dataset in wanted[account.id] and dataset not in done[account.id]

            reviewed = [(account, lease) for account, lease in held if missing(account, REVIEWS)]
            if reviewed:
                started = space.clock.now()
                reviews = ReviewSync(space, reviewed, full=full, in_bulk=in_bulk)
                for account_id, result in reviews.run().items():
                    done[account_id][REVIEWS] = result
                    self._save(account_id, REVIEWS, started, result)
                for account_id, error in reviews.broken.items():
                    hit = wanted[account_id] if isinstance(error, NetworkError) else (REPLIES,)
                    failed = DatasetResult(ok=False, detail=error.title)
                    for dataset in hit:
                        if dataset in wanted[account_id]:
                            done[account_id].setdefault(dataset, failed)
            replying = [account for account, _ in held if missing(account, REPLIES)]
            if replying:
                for account_id, result in self._replies(replying).items():
                    done[account_id][REPLIES] = result
            for account, lease in held:
                for dataset in REPORTS:
                    if missing(account, dataset):
                        done[account.id][dataset] = self._report(account, dataset, lease, full=full)
        return SyncResult(
            tuple(
                AccountResult(
                    account.name,
                    {name: done[account.id][name] for name in DATASETS if name in done[account.id]},
                )
                for account in chosen
            )
        )

    def due_in_s(self, every_s: float) -> float:
        """Seconds until a sync that is to come every `every_s` is due; 0 when some account is behind."""
        age = self._workspace.store.call(lambda store: store.sync.cache_age_s(REVIEWS))
        return 0.0 if age is None else max(0.0, every_s - age)

    def cache_age_s(self, dataset: str = REVIEWS) -> int | None:
        """Age of what is cached, of the account that is furthest behind; None when never synced."""
        age: int | None = self._workspace.store.call(lambda store: store.sync.cache_age_s(dataset))
        return age

    # --- inside ---

    def _chosen(self, names: Sequence[str] | None) -> list[Account]:
        linked = self._workspace.store.call(lambda store: store.accounts.list())
        if names is None:
            return list(linked)
        found = []
        for name in names:
            account = next((a for a in linked if a.name.casefold() == name.casefold()), None)
            if account is None:
                known = ", ".join(a.name for a in linked) or "none"
                raise UsageError(f"No account is called {name[:60]!r}.", "", f"Linked: {known}.")
            found.append(account)
        return found

    def _datasets_of(self, account: Account, datasets: Sequence[str] | None) -> tuple[str, ...]:
        """What is to be synced of this account: reviews bring their replies along."""
        features = set(account.features)
        has = {name for name in REPORTS if name in features}
        if REVIEWS in features or "reply" in features:
            has |= {REVIEWS, REPLIES}
        return tuple(name for name in DATASETS if name in has and (datasets is None or name in datasets))

    def _by_another(
        self, account: Account, wanted: Sequence[str], began: datetime
    ) -> dict[str, DatasetResult]:
        """What another program has fetched since we began to wait for it."""
        runs = self._workspace.store.call(lambda store: store.sync.runs())
        return {
            run.dataset: DatasetResult(detail="Just fetched by another ascinbox.")
            for run in runs
            if run.account_id == account.id and run.dataset in wanted and run.ok and run.started_at > began
        }

    def _replies(self, accounts: Sequence[Account]) -> dict[int, DatasetResult]:
        """Sends what is due and looks at what Apple has accepted. The outbox is one for all accounts."""
        space = self._workspace
        started = space.clock.now()
        try:
            passes = (space.sender.flush_once(), space.sender.poll_pending())
            troubled = [done.offline or TROUBLE for done in passes if done.trouble]
            trouble = troubled[0] if troubled else ""
            moved = [row.account_id for done in passes for row in done.moved]
        except AscinboxError as error:
            log.warning("replies: %s", error)
            trouble, moved = error.title, []
        results = {
            account.id: DatasetResult(ok=not trouble, changed=moved.count(account.id), detail=trouble)
            for account in accounts
        }
        for account_id, result in results.items():
            self._save(account_id, REPLIES, started, result)
        return results

    def _report(self, account: Account, dataset: str, lease: Lease, *, full: bool) -> DatasetResult:
        space = self._workspace
        if space.stop.is_set() or not lease.held:
            return DatasetResult(ok=False, detail="Interrupted; the next sync goes on from here.")
        started = space.clock.now()
        try:
            result = space.metrics.fetch(account, dataset, full=full)
            space.saw_apple(True)
        except AscinboxError as error:
            log.warning("%s: %s: %s", account.name, dataset, error)
            result = DatasetResult(ok=False, detail=error.title)
        self._save(account.id, dataset, started, result)
        return result

    def _save(self, account_id: int, dataset: str, started: datetime, result: DatasetResult) -> None:
        from ascinbox.store.sync import Run

        run = Run(
            account_id=account_id,
            dataset=dataset,
            started_at=started,
            finished_at=self._workspace.clock.now(),
            ok=result.ok,
            requests=result.requests,
            new=result.new,
            changed=result.changed,
            removed=result.removed,
            detail=result.detail,
        )
        self._workspace.store.call(lambda store: store.sync.save_run(run))
