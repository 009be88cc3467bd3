"""Last runs, budgets and leases, as several programs share them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ascinbox.core.records import Budget
from ascinbox.paths import Paths
from ascinbox.store.hot.sync import Run, is_stale
from ascinbox.store.store import Store
from tests.store.conftest import NOW
from tests.workers.clocks import StepClock


def test_the_last_run_is_kept_and_a_failure_remembers_the_last_success(store: Store) -> None:
    good = Run(1, "reviews", NOW, NOW + timedelta(seconds=5), True, 12, 3, 2, 1, "fine")
    store.sync.save_run(good)
    assert store.sync.runs()[0].succeeded_at == good.finished_at
    bad = Run(1, "reviews", NOW + timedelta(hours=1), NOW + timedelta(hours=1), detail="403")
    store.sync.save_run(bad)
    (run,) = store.sync.runs()
    assert (run.ok, run.detail, run.succeeded_at) == (False, "403", good.finished_at)
    store.sync.save_run(Run(1, "sales", NOW))
    assert [run.dataset for run in store.sync.runs()] == ["reviews", "sales"]


def test_the_cache_is_as_old_as_the_account_furthest_behind(store: Store, clock: StepClock) -> None:
    assert store.sync.cache_age_s() is None
    store.sync.save_run(Run(1, "reviews", NOW, NOW, True))
    clock.advance(100)
    store.sync.save_run(Run(2, "reviews", clock.now(), clock.now(), True))
    clock.advance(20)
    assert store.sync.cache_age_s() == 120
    store.sync.save_run(Run(3, "reviews", clock.now()))
    assert store.sync.cache_age_s() is None


@pytest.mark.parametrize(
    ("ago", "stale"),
    [(timedelta(minutes=5), False), (timedelta(minutes=15), True), (timedelta(minutes=-5), True)],
)
def test_staleness_survives_a_wrong_clock(ago: timedelta, stale: bool) -> None:
    run = Run(1, "reviews", NOW, NOW, True, succeeded_at=NOW - ago)
    assert is_stale(run, NOW, timedelta(minutes=10)) is stale
    assert is_stale(None, NOW, timedelta(minutes=10))


def test_the_newest_word_on_a_budget_counts(store: Store) -> None:
    assert store.sync.budget("KEY") is None
    store.sync.save_budget("KEY", Budget(3500, 3000, None, 20, NOW))
    store.sync.save_budget("KEY", Budget(3500, 3400, None, 20, NOW - timedelta(minutes=1)))
    assert store.sync.budget("KEY") == Budget(3500, 3000, None, 20, NOW)
    store.sync.save_budget("KEY", Budget(3500, 2900, None, None, NOW + timedelta(seconds=1)))
    assert store.sync.budget("KEY") == Budget(3500, 2900, None, None, NOW + timedelta(seconds=1))


def test_a_hold_is_shared_until_it_ends_and_the_later_one_counts(paths: Paths, clock: StepClock) -> None:
    one, two = Store.open(paths, clock), Store.open(paths, clock)
    one.sync.hold("KEY", NOW + timedelta(seconds=60))
    found = two.sync.budget("KEY")
    assert found is not None
    assert (found.hour_left, found.seen_at) == (None, None)
    assert found.held_until == NOW + timedelta(seconds=61), "rounded up, never down"
    two.sync.hold("KEY", NOW + timedelta(seconds=30))
    two.sync.save_budget("KEY", Budget(3500, 10, seen_at=NOW))
    found = one.sync.budget("KEY")
    assert found == Budget(3500, 10, None, None, NOW, NOW + timedelta(seconds=61))
    clock.advance(61)
    found = one.sync.budget("KEY")
    assert found == Budget(3500, 10, None, None, NOW)
    one.close()
    two.close()


def test_a_hold_written_under_a_wrong_clock_holds_nobody(store: Store, clock: StepClock) -> None:
    clock.set_wall(NOW + timedelta(days=4000))
    store.sync.hold("KEY", clock.now() + timedelta(seconds=60))
    clock.set_wall(NOW)
    found = store.sync.budget("KEY")
    assert found is not None
    assert found.held_until is None
    store.sync.hold("KEY", NOW + timedelta(seconds=60))
    found = store.sync.budget("KEY")
    assert found is not None
    assert found.held_until is not None


def test_one_of_two_holds_a_lease_until_it_ends(paths: Paths, clock: StepClock) -> None:
    one, two = Store.open(paths, clock), Store.open(paths, clock)
    assert one.sync.take_lease("account 1", "one", 60)
    assert not two.sync.take_lease("account 1", "two", 60)
    assert two.sync.take_lease("account 2", "two", 60)
    lease = two.sync.lease("account 1")
    assert lease is not None
    assert (lease.owner, lease.expires_at) == ("one", NOW + timedelta(seconds=60))
    clock.advance(40)
    assert one.sync.take_lease("account 1", "one", 60)
    clock.advance(40)
    assert not two.sync.take_lease("account 1", "two", 60)
    clock.advance(20)
    assert two.sync.lease("account 1") is None
    assert two.sync.take_lease("account 1", "two", 60)
    one.sync.release_lease("account 1", "one")
    assert not one.sync.take_lease("account 1", "one", 60)
    two.sync.release_lease("account 1", "two")
    assert one.sync.take_lease("account 1", "one", 60)
    one.close()
    two.close()


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=4000)])
def test_row_17_no_lease_is_stuck_when_the_clock_jumps(
    store: Store, clock: StepClock, jump: timedelta
) -> None:
    store.sync.take_lease("account 1", "one", 60)
    clock.set_wall(NOW + jump)
    assert store.sync.take_lease("account 1", "two", 60)
