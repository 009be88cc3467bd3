"""Row 1: a sync that is killed leaves a page with its cursor or neither, and goes on from there."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from ascinbox.store.store import Store
from tests.faults.children import sync_once
from tests.faults.rig import Rig, wait_for

MakeRig = Callable[..., Rig]


@pytest.mark.slow
def test_row_01_a_sync_killed_two_hundred_times(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=3_000)
    rig.simulator.settings.latency_s = 0.01
    chance = random.Random(1)
    app_id = rig.apple.app_ids[0]
    reviews = list(rig.simulator.world.reviews)
    seen_pages: set[int] = set()
    for number in range(200):
        # Something has changed each time, so that the pages have something to write.
        for review_id in chance.sample(reviews, 40):
            rig.simulator.happen("edit", review_id=review_id, body=f"Changed for the {number}th time")
        asked = len(rig.simulator.ledger.requests)
        child = rig.spawn(sync_once, True)
        # The lists of apps and the first page come before anything is stored: what follows them is cut.
        wait_for(lambda before=asked: len(rig.simulator.ledger.requests) > before + 2, step_s=0.002)
        time.sleep(chance.uniform(0.0, 0.12))
        rig.end(child)
        pages, stored, is_open = rig.space.store.call(_full_walk, app_id)
        if is_open:
            assert pages == stored, "the cursor stands behind the last stored page"
            seen_pages.add(pages)
    assert len(seen_pages) > 3, "the kills came at different pages"
    assert rig.space.store.call(lambda store: [store.database.check(name) for name in ("user", "cache")]) == [
        "",
        "",
    ]
    rig.space.sync.run(full=True, datasets=("reviews",))
    for review_id in chance.sample(reviews, 300):
        detail = rig.space.inbox.detail(review_id)
        assert detail is not None
        assert detail.review.body == rig.simulator.world.reviews[review_id].texts[1]
    assert rig.space.inbox.count(rig.space.inbox.query("")) == len(rig.simulator.world.reviews)
    print(f"200 kills of a sync, at {len(seen_pages)} different pages: whole pages, whole files")


def _full_walk(store: Store, app_id: str) -> tuple[int, int, bool]:
    """The cursor's page, the pages stored, and whether an unfinished full walk is there."""
    database = store.database
    row = database.execute(
        "SELECT pages, open AND full FROM cache.walk WHERE app_id = ?", (app_id,)
    ).fetchone()
    stored = database.one("SELECT count(*) FROM cache.walk_page WHERE app_id = ?", app_id)
    return (row[0], stored, bool(row[1])) if row is not None else (0, 0, False)
