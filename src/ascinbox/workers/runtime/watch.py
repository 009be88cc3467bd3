"""What goes on by itself while the app or `sync --watch` is open: noticing, syncing, re-probing."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, StoreError
from ascinbox.core.events import AccountsChanged, Event, FactsChanged, Notice, OutboxChanged, ReviewsChanged
from ascinbox.workers.runtime.results import IN_NO_HURRY, REPLIES, REVIEWS

if TYPE_CHECKING:
    from datetime import datetime

    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

INDEX_AFTER_S = 2.0
"""Quiet time before the index is brought up to date."""
INDEX_AT_LATEST_S = 60.0
"""A sync that goes on for longer gets its reviews indexed meanwhile."""
FIRST_CHECK_S = 20.0
"""After the start the screen and the first sync go before a check of connections that is due."""
LOOK_EVERY_S = 0.5
"""How often another program's changes are looked for; what it wrote is on this screen within a second."""
UPKEEP_EVERY_S = 30.0
"""How often a snooze that has ended is looked for."""
UPKEEP_ROUNDS = 120
"""After so many looks the files are looked after: once an hour."""
REPORTS_AFTER_S = 3.0
"""Head start of reviews and replies over reports."""
DELIVERIES_AFTER_S = 0.5
"""Head start of the screen over what sends messages."""
DELIVERIES_EVERY_S = 5.0
"""How often is looked for a notify.toml that was not there."""
AFTER_A_LIMIT_S = 2.0
"""So long after a 429 has run out is asked again."""
BACK_OFF_LIMIT = 8
"""The pause after failures grows to at most this many times the usual one."""

log = logging.getLogger("ascinbox.watch")


def store_changes(workspace: Workspace) -> None:
    """Publishes what another program changed, and the store's own notices, until `workspace.stop`."""
    seen = workspace.store.versions()
    while not workspace.stop.wait(LOOK_EVERY_S):
        try:
            now, notices = workspace.store.call(_look)
            for notice in notices:
                workspace.publish(Notice(notice, "warning"))
        except StoreError as error:
            if not workspace.stop.is_set():
                log.warning("the store cannot be looked at: %s", error)
            continue
        user_changed, cache_changed = (a != b for a, b in zip(seen, now, strict=True))
        seen = now
        if user_changed or cache_changed:
            workspace.publish(ReviewsChanged(None))
        if user_changed:
            workspace.publish(OutboxChanged(None))
            workspace.publish(AccountsChanged())
        if cache_changed:
            workspace.publish(FactsChanged("all"))


def _look(store: Store) -> tuple[tuple[int, int], list[str]]:
    return store.versions(), store.take_notices()


def preload_store(workspace: Workspace) -> None:
    """Imports what the first act needs, beside whoever is at the keys."""
    from ascinbox.store.preload import preload

    workspace.throttle.wait_for_rest(workspace.stop)

    def rest() -> bool:
        workspace.throttle.give_way(workspace.stop)
        return workspace.stop.is_set()

    preload(rest)


def keep_up(workspace: Workspace) -> None:
    """Brings snoozed reviews back in time and looks after the files, until `workspace.stop`."""
    rounds = 0
    wait = 1.0
    while not workspace.stop.wait(wait):
        wait = UPKEEP_EVERY_S
        workspace.throttle.wait_for_rest(workspace.stop)
        try:
            now = workspace.clock.now()
            woken = workspace.store.call(lambda store, at: store.queue.wake(at), now)
            if woken:
                workspace.publish(ReviewsChanged(woken))
            if rounds % UPKEEP_ROUNDS == 0:
                workspace.store.maintain(workspace.stop.is_set)
            rounds += 1
        except StoreError as error:
            if not workspace.stop.is_set():
                log.warning("upkeep: %s", error)


def index_changes(workspace: Workspace) -> None:
    """Finds the languages of new texts and keeps the search index up with the cache, until `workspace.stop`.

    Begins some seconds after the last change, so that a short sync has the store for itself.
    """
    changed = threading.Event()
    changed.set()

    def hear(event: Event) -> None:
        if isinstance(event, ReviewsChanged):
            changed.set()

    unsubscribe = workspace.subscribe(hear)
    try:
        waited = 0.0
        while not workspace.stop.wait(INDEX_AFTER_S):
            if changed.is_set():
                changed.clear()
                waited += 2 * INDEX_AFTER_S
                if workspace.stop.wait(INDEX_AFTER_S):
                    break
                if not changed.is_set() or waited >= INDEX_AT_LATEST_S:
                    waited = 0.0
                    workspace.throttle.wait_for_rest(workspace.stop)
                    from ascinbox.store.cache.index.indexer import build_index

                    # First the languages: a block of the index files each review under its own.
                    workspace.languages.detect(stop=workspace.stop.is_set)
                    build_index(workspace.store, workspace.stop.is_set)
    finally:
        unsubscribe()


def sync_regularly(workspace: Workspace) -> None:
    """Fetches reviews and looks after replies every `[sync] every_minutes`, rarer after failures, until
    `workspace.stop`."""
    _regularly(workspace, (REVIEWS, REPLIES), due_by=(REVIEWS,))


def fetch_reports_regularly(workspace: Workspace) -> None:
    """Fetches reports, digests and versions as often, with a back-off of their own: a report that fails or a
    year that is being fetched keeps no reviews waiting."""
    if not workspace.stop.wait(REPORTS_AFTER_S):
        _regularly(workspace, IN_NO_HURRY, due_by=IN_NO_HURRY)


def _regularly(workspace: Workspace, datasets: Sequence[str], due_by: Sequence[str]) -> None:
    minutes = float(workspace.config.get("sync", "every_minutes"))
    if minutes <= 0:
        return
    failures = 0
    wait = 0.0
    looked = False
    while not workspace.stop.wait(wait):
        again = None
        # Also before the first look: it imports all that a sync is made of.
        workspace.throttle.wait_for_rest(workspace.stop)
        if not looked:
            looked = True
            wait = workspace.sync.due_in_s(minutes * 60, due_by)
            if wait > 0:
                continue
        try:
            result = workspace.sync.run(datasets=datasets, regular=True)
            failures = 0 if result.ok else failures + 1
            again = seconds_until(result.retry_at, workspace.clock.now())
        except AscinboxError as error:
            failures += 1
            log.warning("sync: %s", error)
        wait = pause_after(minutes * 60, failures, again)


def deliver(workspace: Workspace) -> None:
    """Tells what the rules of notify.toml ask for, until `workspace.stop`; without one only looks for it."""
    wait = DELIVERIES_AFTER_S
    while not workspace.stop.wait(wait):
        wait = DELIVERIES_EVERY_S
        if workspace.paths.notify_file.exists():
            break
    workspace.throttle.wait_for_rest(workspace.stop)
    if not workspace.stop.is_set():
        workspace.deliveries.run_forever(workspace.stop)


def send(workspace: Workspace) -> None:
    """Looks after the outbox until `workspace.stop`, once the keys rest: it imports what writing needs."""
    workspace.throttle.wait_for_rest(workspace.stop)
    if not workspace.stop.is_set():
        workspace.sender.run_forever(workspace.stop)


def probe_regularly(workspace: Workspace) -> None:
    """Takes verdicts again every `[health] every_minutes` until `workspace.stop`."""
    minutes = float(workspace.config.get("health", "every_minutes"))
    if minutes <= 0:
        return
    wait = FIRST_CHECK_S
    while not workspace.stop.wait(wait):
        wait = minutes * 60
        try:
            due = workspace.health.due_in_s(minutes * 60)
            if due > 0:
                wait = due
                continue
            workspace.throttle.wait_for_rest(workspace.stop)
            workspace.health.check()
        except AscinboxError as error:
            log.warning("health: %s", error)


def seconds_until(retry_at: datetime | None, now: datetime) -> float | None:
    """How long a 429 still counts, and a moment more; None without one."""
    return None if retry_at is None else max(0.0, (retry_at - now).total_seconds()) + AFTER_A_LIMIT_S


def pause_after(seconds: float, failures: int, again_s: float | None = None) -> float:
    """Seconds until the next try: doubled by each failure up to `BACK_OFF_LIMIT`, with a tenth of jitter, so
    that many machines do not ask Apple at the same moment. `again_s`: when Apple itself said when to come
    again, and that is sooner."""
    grown: float = seconds * min(2**failures, BACK_OFF_LIMIT)
    pause = grown * random.uniform(0.95, 1.05)  # noqa: S311
    return pause if again_s is None else min(pause, again_s)
