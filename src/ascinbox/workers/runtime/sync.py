"""Fills the cache from the stores: reviews, replies and versions, and by the metrics service the reports."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, NetworkError, RateLimited, StoreError, UsageError
from ascinbox.core.records import Account
from ascinbox.core.stores import store_info
from ascinbox.workers.reviews.sync import ReviewSync
from ascinbox.workers.runtime.leases import Lease
from ascinbox.workers.runtime.results import (
    DATASETS,
    HISTORY,
    IN_NO_HURRY,
    RATINGS,
    REPLIES,
    REPORTS,
    REVIEWS,
    SUMMARIES,
    VERSIONS,
    AccountResult,
    DatasetResult,
    SyncResult,
)

if TYPE_CHECKING:
    from ascinbox.workers.team.team import JoinedTeam
    from ascinbox.workers.workspace import Workspace

TROUBLE = "Some replies could not be looked after; see the outbox."

log = logging.getLogger("ascinbox.sync")


@dataclass(frozen=True, slots=True)
class _Run:
    """What one run is asked for, and what it has so far."""

    wanted: Mapping[int, Sequence[str]]
    done: dict[int, dict[str, DatasetResult]]
    began: datetime
    wait_s: float
    full: bool
    in_bulk: bool

    def misses(self, account: Account, dataset: str) -> bool:
        """Whether this data set of the account is still to be fetched."""
        return dataset in self.wanted[account.id] and dataset not in self.done[account.id]


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
        regular: bool = False,
    ) -> SyncResult:
        """Syncs the chosen data sets of the named accounts (None: all that are chosen for each account).

        One account's trouble is in its result and never stops the others. An account that another ascinbox
        is refreshing is waited for at most `wait_s`; what that one fetched meanwhile is not fetched again.
        `in_bulk` says that nobody reads meanwhile, so many pages may be stored at once. A `regular` run keeps
        the pauses that a store asks for.
        Raises UsageError for an unknown name, NetworkError when offline was asked for.
        """
        space = self._workspace
        if space.offline:
            raise NetworkError("Offline was asked for; nothing was fetched.", unsent=True)
        space.preload()
        if space.team is None:
            return self._run(accounts, datasets, full=full, wait_s=wait_s, in_bulk=in_bulk, regular=regular)
        if space.asks_no_store:
            return self._replicated(space.team)
        with space.working():
            space.catch_up()
            result = self._run(accounts, datasets, full=full, wait_s=wait_s, in_bulk=in_bulk, regular=regular)
            space.team.share()
            return result

    def _replicated(self, team: JoinedTeam) -> SyncResult:
        """A member's sync: what is new in the team's database."""
        applied = team.catch_up()
        changed = max(0, len(set(applied.reviews)) - applied.new)
        reviews = DatasetResult(new=applied.new, changed=changed)
        return SyncResult((AccountResult(team.membership.team, {REVIEWS: reviews}),))

    def _run(
        self,
        accounts: Sequence[str] | None,
        datasets: Sequence[str] | None,
        *,
        full: bool,
        wait_s: float,
        in_bulk: bool,
        regular: bool,
    ) -> SyncResult:
        space = self._workspace
        chosen = self._chosen(accounts)
        wanted = {account.id: self._datasets_of(account, datasets) for account in chosen}
        if regular:
            wanted = {account.id: self._due(account, wanted[account.id]) for account in chosen}
        began = space.clock.now()
        done: dict[int, dict[str, DatasetResult]] = {account.id: {} for account in chosen}
        run = _Run(wanted, done, began, wait_s, full, in_bulk)
        with space.throttle.working(), self._telling():
            self._look_at_new_pairs(chosen)
            self._reviews_and_replies(chosen, run)
            for account in chosen:
                self._in_no_hurry(account, run)
        return SyncResult(
            tuple(
                AccountResult(
                    account.name,
                    {name: done[account.id][name] for name in DATASETS if name in done[account.id]},
                )
                for account in chosen
            )
        )

    def _look_at_new_pairs(self, accounts: Sequence[Account]) -> None:
        """Finds out what a credential of several may do, where a feature came after it and nobody has asked.

        An app that only such a credential sees would be asked for with it, and a refusal be called a failure.
        """
        for account in accounts:
            if len(account.credentials) > 1:
                self._workspace.health.check(account.name, max_age=timedelta.max)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What comes meanwhile is told as notify.toml asks for."""
        space = self._workspace
        if not space.paths.notify_file.exists():
            yield
            return
        try:
            space.deliveries.begin()
        except StoreError as error:
            log.warning("deliveries: %s", error)
        with nullcontext() if space.read_only else space.deliveries.while_syncing():
            yield

    def _reviews_and_replies(self, chosen: Sequence[Account], run: _Run) -> None:
        """All accounts together, each under the lease of its reviews."""
        space = self._workspace
        with ExitStack() as leases:
            held = self._leased(leases, chosen, run, (REVIEWS, REPLIES))
            reviewed = [(account, lease) for account, lease in held if run.misses(account, REVIEWS)]
            if reviewed:
                started = space.clock.now()
                reviews = ReviewSync(space, reviewed, full=run.full, in_bulk=run.in_bulk)
                for account_id, result in reviews.run().items():
                    run.done[account_id][REVIEWS] = result
                    self._save(account_id, REVIEWS, started, result)
                for account_id, error in reviews.broken.items():
                    if isinstance(error, RateLimited):
                        limited = replace(run.done[account_id][REVIEWS], retry_at=error.retry_at)
                        run.done[account_id][REVIEWS] = limited
                        if error.kept_back:
                            # Replies may use what is kept for them.
                            continue
                    hit = run.wanted[account_id] if isinstance(error, NetworkError) else (REPLIES,)
                    failed = DatasetResult(ok=False, detail=error.title)
                    for dataset in hit:
                        if dataset in run.wanted[account_id]:
                            run.done[account_id].setdefault(dataset, failed)
                # Mostly there is no reply, and to import what looks after them takes 40 ms.
                if space.store.call(lambda store: store.outbox.open_rows()):
                    space.replies.settle_from_cache()
            replying = [account for account, _ in held if run.misses(account, REPLIES)]
            if replying:
                for account_id, result in self._replies(replying).items():
                    run.done[account_id][REPLIES] = result

    def _in_no_hurry(self, account: Account, run: _Run) -> None:
        """Reports, digests and versions, under a lease of their own: they keep no reviews waiting."""
        with ExitStack() as leases:
            for _, lease in self._leased(leases, [account], run, IN_NO_HURRY, part="reports"):
                for dataset in IN_NO_HURRY:
                    if run.misses(account, dataset):
                        result = self._report(account, dataset, lease, full=run.full)
                        run.done[account.id][dataset] = result

    def _leased(
        self,
        leases: ExitStack,
        accounts: Sequence[Account],
        run: _Run,
        datasets: Sequence[str],
        part: str = "",
    ) -> list[tuple[Account, Lease]]:
        """The accounts whose lease could be had; of the others it is noted that somebody else is at work."""
        held: list[tuple[Account, Lease]] = []
        for account in accounts:
            missing = [name for name in datasets if run.misses(account, name)]
            if not missing:
                continue
            if not self._workspace.works_on(account.id):
                other = DatasetResult(detail="Another worker of the team works on this account.")
                run.done[account.id] |= dict.fromkeys(missing, other)
                continue
            lease = Lease(self._workspace, account.id, part)
            if lease.wait(run.wait_s):
                leases.callback(lease.release)
                held.append((account, lease))
                run.done[account.id] |= self._by_another(account, missing, run.began)
            else:
                busy = DatasetResult(ok=False, detail="Another ascinbox is refreshing this account.")
                run.done[account.id] |= dict.fromkeys(missing, busy)
        return held

    def due_in_s(self, every_s: float, datasets: Sequence[str] = (REVIEWS,)) -> float:
        """Seconds until these are due if they are to come every `every_s`; 0 when some account is behind."""
        ages = self._workspace.store.call(lambda store: [store.sync.cache_age_s(name) for name in datasets])
        return min((0.0 if age is None else max(0.0, every_s - age) for age in ages), default=0.0)

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
        """What is to be synced of this account: reviews bring their replies and the app's versions along,
        figures the digests."""
        features = set(account.features)
        has = {name for name in REPORTS if name in features}
        if REVIEWS in features or "reply" in features:
            figures = bool(has) or datasets is not None
            beside = {VERSIONS, SUMMARIES} if figures else {VERSIONS}
            has |= {REVIEWS, REPLIES} | (beside & store_info(account.store).datasets)
        if RATINGS in features and store_info(account.store).lookup:
            has.add(RATINGS)
        if "bulk_reports" in features and any(credential.bucket for credential in account.credentials):
            has.add(HISTORY)
        return tuple(name for name in DATASETS if name in has and (datasets is None or name in datasets))

    def _due(self, account: Account, datasets: tuple[str, ...]) -> tuple[str, ...]:
        """Without reviews where their store wants a longer pause than has passed since the last time."""
        pause = timedelta(minutes=store_info(account.store).every_minutes)
        if not pause or REVIEWS not in datasets:
            return datasets
        now = self._workspace.clock.now()
        runs = self._workspace.store.call(lambda store: store.sync.runs())
        last = (r.started_at for r in runs if (r.account_id, r.dataset, r.ok) == (account.id, REVIEWS, True))
        # A timer that fires a moment early is no reason to wait for its next turn.
        early = timedelta(0) <= now - max(last, default=datetime.min.replace(tzinfo=UTC)) < pause * 0.9
        return tuple(name for name in datasets if name != REVIEWS) if early else datasets

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
            if dataset == VERSIONS:
                from ascinbox.workers.reviews.app_versions import fetch_versions

                result = fetch_versions(space, account, full=full)
            elif dataset == HISTORY:
                from ascinbox.workers.reviews.history import AGAIN, fetch_history

                last = self._last(account, HISTORY)
                if last is not None and started - last < AGAIN and not full:
                    return DatasetResult()
                result = fetch_history(space, account, None if full else last)
            else:
                result = space.metrics.fetch(account, dataset, full=full)
            if dataset != RATINGS:
                space.saw_apple(True)
        except AscinboxError as error:
            log.warning("%s: %s: %s", account.name, dataset, error)
            result = DatasetResult(ok=False, detail=error.title)
        self._save(account.id, dataset, started, result)
        return result

    def _last(self, account: Account, dataset: str) -> datetime | None:
        """When a data set of the account was last fetched whole; None when it never was."""
        runs = self._workspace.store.call(lambda store: store.sync.runs())
        found = (run.succeeded_at for run in runs if (run.account_id, run.dataset) == (account.id, dataset))
        return next(found, None)

    def _save(self, account_id: int, dataset: str, started: datetime, result: DatasetResult) -> None:
        from ascinbox.store.hot.sync import Run

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
            fresh=result.fresh,
        )
        self._workspace.store.call(lambda store: store.sync.save_run(run))
