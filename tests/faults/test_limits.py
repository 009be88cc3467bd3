"""Rows 30, 32 and 33: what one key may not do, and one hour's requests for everybody who uses the key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ascinbox.core.errors import RateLimited
from ascinbox.core.records import Account
from ascinbox.sources.apple.source import apple_client
from ascinbox.store.store import Store
from ascinbox.workers.workspace import Workspace
from tests.faults.askers import ask_without_rest
from tests.faults.rig import FAST, Rig, wait_for
from tests.workers.clocks import MovedClock

MakeRig = Callable[..., Rig]
BUDGET = 150


@pytest.fixture
def two(tmp_path: Path, make_rig: MakeRig) -> tuple[Rig, Workspace]:
    """A rig, and a second program on its files."""
    rig = make_rig(reviews=20)
    second = rig.where.open()
    second.wait_ready()
    return rig, second


def account_of(space: Workspace) -> Account:
    return space.store.call(lambda store: store.accounts.list()[0])


def first_page(space: Workspace, rig: Rig, *, urgent: bool = False) -> int:
    client = apple_client(space.client_for(account_of(space), "reviews"))
    return len(client.reviews(rig.apple.app_ids[0], limit=5, urgent=urgent).items)


def test_row_30_403_on_sales_only_and_reviews_still_come(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=40)
    account = rig.apple.account("South", vendor="85012345", features=("reviews", "reply", "sales"))
    rig.space.store.call(lambda store: store.accounts.add(account))
    rig.simulator.faults.add("status", "GET", "/v1/salesReports", status=403, times=None)
    result = next(a for a in rig.space.sync.run(full=True).accounts if a.name == "South")
    assert result.datasets["reviews"].ok
    assert not result.datasets["sales"].ok
    asked = sum(seen.path == "/v1/salesReports" for seen in rig.simulator.ledger.requests)
    assert asked == 3, "one of each of its three reports, not day after day"


@pytest.mark.parametrize("urgent", [False, True], ids=["a sync", "a reply"])
def test_row_33_a_429_met_by_one_program_holds_the_other(two: tuple[Rig, Workspace], urgent: bool) -> None:
    rig, second = two
    assert first_page(second, rig) == 5
    rig.simulator.faults.add("status", status=429, retry_after="120", times=1)
    with pytest.raises(RateLimited) as met:
        first_page(rig.space, rig)
    asked = len(rig.simulator.ledger.requests)
    held = []

    def is_held() -> bool:
        try:
            first_page(second, rig, urgent=urgent)
        except RateLimited as error:
            held.append(error)
        return bool(held)

    wait_for(is_held, limit_s=5)
    free_looks = len(rig.simulator.ledger.requests) - asked
    for _ in range(20):
        assert is_held()
    assert len(rig.simulator.ledger.requests) == asked + free_looks, "nothing more is asked"
    assert abs(held[-1].retry_at - met.value.retry_at) <= timedelta(seconds=2)
    # A program that starts now hears of it before its first request.
    third = rig.where.open()
    third.wait_ready()
    with pytest.raises(RateLimited):
        first_page(third, rig)
    assert len(rig.simulator.ledger.requests) == asked + free_looks
    third.close()
    second.close()


def test_row_33_the_wait_ends_for_all_of_them(make_rig: MakeRig) -> None:
    rig, clock = make_rig(reviews=20), MovedClock()
    spaces = [rig.where.open(clock) for _ in range(2)]
    rig.simulator.faults.add("status", status=429, retry_after="60", times=1)
    with pytest.raises(RateLimited):
        first_page(spaces[0], rig)
    wait_for(lambda: spaces[1].store.call(_is_held), limit_s=5)
    with pytest.raises(RateLimited):
        first_page(spaces[1], rig)
    clock.ahead += timedelta(seconds=62)
    assert [first_page(space, rig) for space in spaces] == [5, 5]
    for space in spaces:
        space.close()


def _is_held(store: Store) -> bool:
    budget = store.sync.budget(store.accounts.list()[0].primary.key_id)
    return budget is not None and budget.held_until is not None


@pytest.mark.parametrize("tells", [True, False], ids=["X-Rate-Limit", "429 alone"])
def test_row_33_three_programs_in_a_storm_keep_to_one_budget(
    make_rig: MakeRig, tmp_path: Path, tells: bool
) -> None:
    settings = {**FAST, ("network", "keep_back_percent"): 0}
    rig = make_rig(reviews=20, settings=settings)
    key_id = account_of(rig.space).primary.key_id
    budgets = rig.simulator.budgets
    budgets.hour_limit = BUDGET
    if not tells:
        budgets.header = lambda *_: "unknown"  # type: ignore[method-assign]
    already = len(budgets._recent(key_id, rig.simulator.clock.monotonic()))
    children = [
        rig.spawn(ask_without_rest, rig.apple.app_ids[0], 3.0, tmp_path / f"seen{n}") for n in range(3)
    ]
    assert [child.join(30) for child in children] == [0] * 3
    asked = len(rig.simulator.ledger.requests)
    read, limited = zip(
        *(map(int, (tmp_path / f"seen{n}").read_text().split()) for n in range(3)), strict=True
    )
    assert sum(read) == BUDGET - already, "all of it is used"
    assert asked <= 1.1 * BUDGET
    assert all(limited), "each of them was held"
