"""Looks up the public ratings of an account's apps: once a day, storefront by storefront, without a key."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, RateLimited
from ascinbox.core.metrics.public_ratings import PublicRating
from ascinbox.core.records import Account
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.stores import APP_STORE
from ascinbox.sources.apple.lookup import MOST_APPS, PAUSE_S, RatingsLookup, lookup_origin
from ascinbox.sources.http.errors import Stopped
from ascinbox.sources.http.origin import Origin
from ascinbox.workers.metrics.reports.common import DatasetProgress, FetchTally
from ascinbox.workers.metrics.tables.common import shown_apps

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.runtime.results import DatasetResult
    from ascinbox.workers.workspace import Workspace

SOLD_SINCE = timedelta(days=60)
"""A storefront without reviews is looked up while it has had sales, or was looked up, in these days."""

Errand = tuple[str, tuple[str, ...]]
"""A storefront (alpha-3), and the apps to look up in it."""


def fetch_ratings(workspace: Workspace, account: Account, *, full: bool = False) -> DatasetResult:
    """Looks up what was not looked up today (UTC); with `full`, everything again.

    Each answer is stored as it comes. What fails is told, and the next sync goes on from there.
    """
    tally = FetchTally()
    day = workspace.clock.now().date()
    errands = workspace.store.call(_errands, account, day, full, slow=True)
    if not errands:
        return tally.result()
    progress = DatasetProgress(workspace, account, "ratings", len(errands))
    address = lookup_address(workspace)
    limit = workspace.config.seconds("network", "deadline_seconds")
    pace = workspace.metrics.lookup_pace(0.0 if lookup_origin(address).loopback else PAUSE_S)
    lookup = RatingsLookup(workspace.clock, pace, base_url=address, deadline_s=limit, stop=workspace.stop)
    try:
        with closing(lookup):
            for territory, app_ids in errands:
                tally.add(requests=1)
                new = _look_up(workspace, lookup, territory, app_ids, day)
                tally.add(new=new)
                progress.step()
    except RateLimited as error:
        tally.postpone(error.retry_at, fresh=False)
    except Stopped:
        tally.add(trouble="Stopped; the next sync goes on from here.")
    except AscinboxError as error:
        tally.add(trouble=error.title)
    progress.finish()
    return tally.result()


def lookup_address(workspace: Workspace) -> str | None:
    """What stands in for the look-up: what its variable names, or a stand-in for Apple on this machine.

    None is Apple's own. A demo, or a simulator, never makes one ask Apple.
    """
    named = workspace.environ.get(APP_STORE.lookup_variable)
    if named:
        return named
    stand_in = workspace.base_url or ""
    if not stand_in:
        return None
    return stand_in if Origin.parse(stand_in).loopback else None


def _look_up(
    workspace: Workspace, lookup: RatingsLookup, territory: str, app_ids: tuple[str, ...], day: date
) -> int:
    """Stores what a storefront shows; how many apps it shows ratings of."""
    seen = lookup.ratings(app_ids, alpha2(territory))
    now = workspace.clock.now()
    rows = [
        PublicRating(app_id, territory, day, found.count, found.average, now)
        for app_id, found in seen.items()
    ]
    workspace.store.call(lambda store: store.public_ratings.save(rows))
    return sum(row.count is not None for row in rows)


def _errands(store: Store, account: Account, day: date, full: bool) -> list[Errand]:
    app_ids = [app.id for app in shown_apps(store, account)]
    wanted = store.public_ratings.storefronts(app_ids, day - SOLD_SINCE)
    if not full:
        wanted -= store.public_ratings.seen_on(app_ids, day)
    places: defaultdict[str, list[str]] = defaultdict(list)
    for app_id, territory in sorted(wanted):
        places[territory].append(app_id)
    return [
        (territory, tuple(ids[at : at + MOST_APPS]))
        for territory, ids in sorted(places.items())
        for at in range(0, len(ids), MOST_APPS)
    ]
