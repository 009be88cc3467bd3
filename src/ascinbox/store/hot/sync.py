"""How far the cache has come: walks through pages, last runs, budgets, and who is refreshing what."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.clock import Clock, from_epoch, to_epoch
from ascinbox.core.completeness import ListCount
from ascinbox.core.errors import StoreError
from ascinbox.core.records import Budget
from ascinbox.store.database import Database

if TYPE_CHECKING:
    from ascinbox.store.cache.progress import ProgressRows

LONGEST_HOLD_S = 15 * 60
"""Nobody is told to wait longer for Apple; a hold that ends later was written under a wrong clock."""


class WalkTaken(StoreError):
    """Another program has taken the walk over; the page was not stored."""

    def __init__(self, app_id: str) -> None:
        super().__init__(
            "Another ascinbox is refreshing this app", f"App {app_id}.", "Its pages are being stored there."
        )


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through an app's pages of reviews, newest first. Pages are stored only while it is ours."""

    app_id: str
    number: int
    full: bool
    """Goes to the last page, so that what it did not see is gone at Apple."""
    started_at: datetime
    pages: int = 0
    """Pages stored."""
    next_query: str | None = None
    """Where the next page is; None at the start and after the last page."""
    count: ListCount = field(default_factory=ListCount)
    """What the pages said about the length of the list."""

    def after(self, next_query: str | None, count: ListCount | None = None) -> Walk:
        """The same walk one page further: hand it to `Reviews.save_page` with that page."""
        return replace(self, pages=self.pages + 1, next_query=next_query, count=count or self.count)


@dataclass(frozen=True, slots=True)
class WalkState:
    """What is known about an app's walks."""

    full_at: datetime | None = None
    """When the last complete full walk ended."""
    finished_at: datetime | None = None
    """When the last complete walk of either kind ended."""
    unfinished: bool = False
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One sync of a data set of an account."""

    account_id: int
    dataset: str
    started_at: datetime
    finished_at: datetime | None = None
    ok: bool = False
    requests: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0
    detail: str = ""
    succeeded_at: datetime | None = None
    """When it last went well; kept by later failures."""
    fresh: bool = True
    """False: nothing failed, but nothing new was fetched either. Not stored."""


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """Who holds a name, until when."""

    name: str
    owner: str
    host: str
    pid: int
    expires_at: datetime


class SyncRecords:
    """Progress and claims of whoever fills the cache."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @cached_property
    def _progress(self) -> ProgressRows:
        from ascinbox.store.cache.progress import ProgressRows

        return ProgressRows(self._database)

    # --- walks ---

    def open_walk(self, app_id: str, *, full: bool, resume: bool = True) -> Walk:
        """Takes the app's walk: goes on with an unfinished one, or begins one.

        An unfinished full walk is resumed for either kind; `resume=False` starts over (Apple refused the
        cursor). Whoever held the walk before can store no more pages of it.
        """
        now = self._clock.now()
        with self._database.write():
            last = self._progress.walk(app_id)
            number = (last.number if last else 0) + 1
            if last and resume and last.open and last.next_query is not None and (last.full or not full):
                count = ListCount(last.first_total, last.last_total, last.unnamed or 0)
                walk = Walk(
                    app_id,
                    number,
                    bool(last.full),
                    from_epoch(last.started_at),
                    last.pages,
                    last.next_query,
                    count,
                )
            else:
                walk = Walk(app_id, number, full, now)
                self._progress.drop_pages(app_id)
            self._progress.put_walk(
                app_id=app_id,
                number=number,
                full=walk.full,
                started_at=to_epoch(walk.started_at),
                pages=walk.pages,
                next_query=walk.next_query,
                first_total=walk.count.first_total,
                last_total=walk.count.last_total,
                unnamed=walk.count.unnamed,
            )
        return walk

    def walk_state(self, app_id: str) -> WalkState:
        """When the app was last walked, and whether a walk waits to be resumed."""
        row = self._database.execute(
            "SELECT full_at, finished_at, open, pages FROM cache.walk WHERE app_id = ?", (app_id,)
        ).fetchone()
        return WalkState(_time(row[0]), _time(row[1]), bool(row[2]), row[3]) if row else WalkState()

    # --- runs ---

    def save_run(self, run: Run) -> None:
        """Replaces the last run of this data set; when it failed, the former `succeeded_at` stays."""
        finished = _seconds(run.finished_at)
        succeeded = _seconds(run.succeeded_at) or (finished if run.ok and run.fresh else None)
        with self._database.write():
            self._progress.put_run(
                account_id=run.account_id,
                dataset=run.dataset,
                started_at=to_epoch(run.started_at),
                finished_at=finished,
                ok=run.ok,
                requests=run.requests,
                new=run.new,
                changed=run.changed,
                removed=run.removed,
                detail=run.detail,
                succeeded_at=succeeded,
            )

    def runs(self) -> tuple[Run, ...]:
        """The last run of every data set of every account."""
        rows = self._database.execute(
            "SELECT account_id, dataset, started_at, finished_at, ok, requests, new, changed, removed, "
            "detail, succeeded_at FROM cache.run ORDER BY account_id, dataset"
        )
        return tuple(
            Run(
                r[0],
                r[1],
                from_epoch(r[2]),
                _time(r[3]),
                bool(r[4]),
                r[5],
                r[6],
                r[7],
                r[8],
                r[9],
                _time(r[10]),
            )
            for r in rows
        )

    def cache_age_s(self, dataset: str = "reviews") -> int | None:
        """Seconds since the data set of the account that is furthest behind was last fetched; None: never."""
        oldest = self._database.one(
            "SELECT min(coalesce(succeeded_at, 0)) FROM cache.run WHERE dataset = ?", dataset
        )
        return max(0, to_epoch(self._clock.now()) - oldest) if oldest else None

    # --- budgets ---

    def save_budget(self, key_id: str, budget: Budget) -> None:
        """What Apple last said about this key's requests; an older word never replaces a newer one."""
        seen = to_epoch(budget.seen_at or self._clock.now())
        with self._database.write():
            self._progress.put_budget(
                key_id=key_id,
                hour_limit=budget.hour_limit,
                hour_left=budget.hour_left,
                minute_limit=budget.minute_limit,
                minute_left=budget.minute_left,
                seen_at=seen,
            )

    def hold(self, key_id: str, until: datetime) -> None:
        """Apple wants no request of this key before `until` (429); the latest such word counts."""
        now = to_epoch(self._clock.now())
        with self._database.write():
            self._progress.put_hold(key_id, to_epoch(until) + 1, now + LONGEST_HOLD_S)

    def budget(self, key_id: str) -> Budget | None:
        """What Apple last said about this key's requests, to any program on these files."""
        row = self._database.execute(
            "SELECT hour_limit, hour_left, minute_limit, minute_left, seen_at, held_until FROM cache.budget "
            "WHERE key_id = ?",
            (key_id,),
        ).fetchone()
        if row is None:
            return None
        now = to_epoch(self._clock.now())
        held = row[5] is not None and now < row[5] <= now + LONGEST_HOLD_S + 1
        return Budget(
            row[0], row[1], row[2], row[3], _time(row[4] or None), from_epoch(row[5]) if held else None
        )

    # --- leases ---

    def take_lease(self, name: str, owner: str, seconds: int = 60) -> bool:
        """Takes or renews the name for `seconds`; False while somebody else holds it.

        A lease that ends later than anyone could have asked for was written under a wrong clock and counts
        as expired.
        """
        now = to_epoch(self._clock.now())
        with self._database.write():
            return self._progress.take_lease(
                name=name,
                owner=owner,
                host=_host(),
                boot_id=_boot_id(),
                pid=os.getpid(),
                expires_at=now + seconds,
                now=now,
                latest=now + 2 * seconds,
            )

    def release_lease(self, name: str, owner: str) -> None:
        """Gives the name back, if it is ours."""
        with self._database.write():
            self._progress.release_lease(name, owner)

    def lease(self, name: str) -> LeaseRecord | None:
        """Who holds the name now; None when nobody does or the lease ran out."""
        row = self._database.execute(
            "SELECT name, owner, host, pid, expires_at FROM cache.lease WHERE name = ? AND expires_at > ?",
            (name, to_epoch(self._clock.now())),
        ).fetchone()
        return LeaseRecord(row[0], row[1], row[2], row[3], from_epoch(row[4])) if row else None


def is_stale(run: Run | None, now: datetime, after: timedelta) -> bool:
    """True when the data set never came in, or longer ago than `after`, or (a wrong clock) in the future."""
    if run is None or run.succeeded_at is None:
        return True
    return not timedelta(0) <= now - run.succeeded_at < after


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_epoch(seconds)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else to_epoch(moment)


@cache
def _host() -> str:
    return os.uname().nodename


@cache
def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
