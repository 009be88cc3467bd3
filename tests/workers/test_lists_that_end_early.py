"""Lists that end before all of it came: nothing vanishes, the sync says so, the next one reads it again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ascinbox.cli.sync import exit_code
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.filters import parse
from ascinbox.core.health.people import PersonState
from ascinbox.workers.runtime.results import DatasetResult, SyncResult
from ascinbox.workers.workspace import Workspace
from tests.workers.clocks import StepClock
from tests.workers.simulated_apple import Apple, Desk

REVIEWS = "*customerReviews"


def cached(workspace: Workspace) -> int:
    return workspace.inbox.count(parse("", now=datetime.now(UTC)))


def reviews(result: SyncResult) -> DatasetResult:
    (account,) = result.accounts
    return account.datasets["reviews"]


@pytest.fixture
def large(make_apple: Callable[..., Apple], desk: Desk) -> Apple:
    """One app with 900 reviews: five pages."""
    desk.apple = make_apple(apps=1, reviews=900)
    return desk.apple


CUTS = [
    pytest.param({"variant": "no_next", "skip": 1}, "400 of 900", id="page 2 has no next"),
    pytest.param({"variant": "no_next", "skip": 2}, "600 of 900", id="page 3 has no next"),
    pytest.param({"variant": "empty", "skip": 1}, "200 of 900", id="page 2 is empty"),
    pytest.param({"variant": "empty"}, "", id="page 1 is empty"),
    pytest.param({"variant": "repeated", "skip": 2}, "800 of 900", id="rows repeated"),
]


@pytest.mark.parametrize(("fault", "words"), CUTS)
def test_a_full_walk_that_is_cut_removes_nothing(
    large: Apple, desk: Desk, fault: dict[str, object], words: str
) -> None:
    workspace = desk.open(large.account())
    assert reviews(workspace.sync.run()).ok
    large.simulator.faults.add("list", path=REVIEWS, **fault)  # type: ignore[arg-type]
    cut = reviews(workspace.sync.run(full=True))
    assert cut.removed == 0
    assert cached(workspace) == 900
    if not words:
        # The page that was empty came when it was asked for again.
        assert cut.ok
        return
    assert not cut.ok
    assert f"Apple's list ended early: {words} came." in cut.detail
    large.simulator.ledger.reset()
    victim = large.reviews_of(large.app_ids[0])[-1].id
    large.simulator.happen("remove", review_id=victim)
    again = reviews(workspace.sync.run())
    assert again.ok
    assert again.removed == 1, "the next sync is a full one"
    assert cached(workspace) == 899


def test_a_first_sync_that_is_cut_is_not_complete(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    large.simulator.faults.add("list", path=REVIEWS, variant="no_next", skip=1)
    result = workspace.sync.run()
    assert not result.ok
    assert reviews(result).new == 400
    assert workspace.sync.cache_age_s() is None
    again = reviews(workspace.sync.run())
    assert (again.ok, again.new) == (True, 500)


def test_an_incremental_walk_that_is_cut_is_walked_again(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    workspace.sync.run()
    app = large.app_ids[0]
    for number in range(450):
        large.simulator.happen("write", app_id=app, rating=1, title=f"{number}", body="New.")
    large.simulator.faults.add("list", path=REVIEWS, variant="no_next", skip=1)
    cut = reviews(workspace.sync.run())
    assert (cut.ok, cut.new) == (False, 400)
    again = reviews(workspace.sync.run())
    assert (again.ok, again.new) == (True, 50)
    assert cached(workspace) == 1350


def test_an_empty_page_with_a_next_does_not_end_an_incremental_walk(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    workspace.sync.run()
    for number in range(150):
        large.simulator.happen("write", app_id=large.app_ids[0], rating=1, title=f"{number}", body="New.")
    large.simulator.faults.add("list", path=REVIEWS, variant="empty_next")
    result = reviews(workspace.sync.run())
    assert (result.ok, result.new) == (True, 150)


def test_an_empty_page_with_a_next_does_not_end_a_full_walk(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    large.simulator.faults.add("list", path=REVIEWS, variant="empty_next", skip=2, times=2)
    result = reviews(workspace.sync.run())
    assert (result.ok, result.new) == (True, 900)


def test_new_and_removed_reviews_during_a_walk_are_allowed_for(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    workspace.sync.run()
    app = large.app_ids[0]
    listed = [review.id for review in large.reviews_of(app)]
    event = {"what": "write", "app_id": app, "rating": 2, "title": "Meanwhile", "body": "Now."}
    large.simulator.faults.add("world", path=REVIEWS, skip=2, event=event)
    large.simulator.happen("remove", review_id=listed[700])
    result = reviews(workspace.sync.run(full=True))
    assert (result.ok, result.new, result.removed) == (True, 1, 1)
    # Removed between two pages: the pages after it move up, and one review is passed over.
    large.simulator.faults.add(
        "world", path=REVIEWS, skip=2, event={"what": "remove", "review_id": listed[5]}
    )
    moved = reviews(workspace.sync.run(full=True))
    assert (moved.ok, moved.removed) == (True, 0)
    last = reviews(workspace.sync.run(full=True))
    assert (last.ok, last.removed) == (True, 1)
    assert cached(workspace) == 899


def test_more_new_reviews_than_a_page_holds_make_up_for_none_that_was_passed_over(
    large: Apple, desk: Desk
) -> None:
    """Before page 2, 300 are written: 100 of them stand on it. Before page 4 two go: two are passed over."""
    # The walk began some seconds ago by the time the reviews are written.
    workspace = desk.open(large.account(), clock=ShiftedClock(datetime.now(UTC) - timedelta(seconds=5)))
    workspace.sync.run()
    app = large.app_ids[0]
    listed = [review.id for review in large.reviews_of(app)]
    event = {"what": "write", "app_id": app, "rating": 2, "title": "Meanwhile", "body": "Now."}
    for _ in range(300):
        large.simulator.faults.add("world", path=REVIEWS, skip=1, event=event)
    for review_id in listed[5:7]:
        event = {"what": "remove", "review_id": review_id}
        large.simulator.faults.add("world", path=REVIEWS, skip=3, event=event)
    moved = reviews(workspace.sync.run(full=True))
    assert (moved.ok, moved.new, moved.removed) == (True, 300, 0)
    workspace.close()
    workspace = desk.open()
    last = reviews(workspace.sync.run(full=True))
    assert (last.ok, last.removed) == (True, 2)
    assert cached(workspace) == 898 + 300


@pytest.mark.parametrize("total", [None, "many", 5000, "5000", 10, 0, "0"])
def test_a_wrong_or_missing_total_takes_nothing_away(
    large: Apple, desk: Desk, total: int | str | None
) -> None:
    workspace = desk.open(large.account())
    workspace.sync.run()
    large.simulator.happen("remove", review_id=large.reviews_of(large.app_ids[0])[-1].id)
    large.simulator.faults.add("list", path=REVIEWS, variant="total", total=total, times=None)
    result = reviews(workspace.sync.run(full=True))
    assert result.ok == (total in (None, "many"))
    assert result.removed == 0
    if total in (0, 10, "0"):
        assert f"Apple's list and its count do not agree: 899 came, {total} are counted." in result.detail


def test_a_list_that_does_not_end_is_walked_again_from_the_top(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    workspace.sync.run()
    # From the second page on, every page is empty and names a next one.
    large.simulator.faults.add("list", path=REVIEWS, variant="empty_next", skip=1, times=5)
    endless = reviews(workspace.sync.run(full=True))
    assert not endless.ok
    assert "does not end" in endless.detail
    large.simulator.faults.clear()
    large.simulator.happen("remove", review_id=large.reviews_of(large.app_ids[0])[0].id)
    again = reviews(workspace.sync.run())
    assert (again.ok, again.removed, cached(workspace)) == (True, 1, 899)


def test_an_only_account_whose_list_ended_early_has_not_failed_altogether(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    large.simulator.faults.add("list", path=REVIEWS, variant="no_next", skip=1)
    assert exit_code(workspace.sync.run(datasets=("reviews",))) == 1
    large.simulator.faults.add("status", path=REVIEWS, status=403, times=None)
    assert exit_code(workspace.sync.run(datasets=("reviews",))) == 2


def test_an_interrupted_walk_that_goes_on_is_counted_as_a_whole(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    large.simulator.faults.add("status", path=REVIEWS, status=403, skip=2)
    assert not reviews(workspace.sync.run()).ok
    large.simulator.faults.add("list", path=REVIEWS, variant="no_next", skip=1)
    cut = reviews(workspace.sync.run())
    assert "800 of 900" in cut.detail
    assert reviews(workspace.sync.run()).ok
    assert cached(workspace) == 900


def test_a_list_of_apps_that_ends_early_takes_no_app_away(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account())
    workspace.sync.run()
    apple.simulator.faults.add("list", path="/v1/apps", variant="repeated", times=None)
    cut = reviews(workspace.sync.run())
    assert not cut.ok
    assert "Apple's list ended early: 2 of 3 came." in cut.detail
    (account,) = workspace.accounts.list()
    assert len(workspace.store.call(lambda store: store.accounts.apps(account.id))) == 3
    apple.simulator.faults.clear()
    apple.simulator.faults.add("list", path="/v1/apps", variant="empty")
    assert not reviews(workspace.sync.run()).ok
    assert len(workspace.store.call(lambda store: store.accounts.apps(account.id))) == 3
    assert reviews(workspace.sync.run()).ok


def test_people_who_did_not_come_are_not_gone(apple: Apple, desk: Desk) -> None:
    account = apple.account(features=("reviews", "users"))
    workspace = desk.open(account)
    (linked,) = workspace.accounts.list()

    def known() -> list[tuple[str, PersonState]]:
        return [(person.email, person.standing) for person in workspace.people.known(linked)]

    workspace.people.refresh(linked)
    before = known()
    assert {standing for _, standing in before} >= {PersonState.ACTIVE, PersonState.PENDING}
    for path, variant in (("users", "empty"), ("users", "repeated"), ("userInvitations", "empty")):
        apple.simulator.faults.add("list", path=f"/v1/{path}", variant=variant)
        with pytest.raises(UnexpectedAnswer, match="ended early"):
            workspace.people.refresh(linked)
        assert known() == before


def test_a_walk_that_is_due_again_after_a_cut_stays_due(large: Apple, desk: Desk) -> None:
    clock = StepClock(datetime.now(UTC))
    workspace = desk.open(large.account(), clock=clock, sync_full_walk_hours="24")
    workspace.sync.run()
    clock.advance(timedelta(hours=25).total_seconds())
    large.simulator.settings.skew_s = 25 * 3600
    large.simulator.faults.add("list", path=REVIEWS, variant="no_next", skip=1)
    assert not reviews(workspace.sync.run()).ok
    large.simulator.ledger.reset()
    assert reviews(workspace.sync.run()).ok
    assert large.asked("customerReviews") == 5


def test_a_page_that_repeats_new_reviews_does_not_end_an_incremental_walk(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    workspace.sync.run()
    for number in range(450):
        large.simulator.happen("write", app_id=large.app_ids[0], rating=1, title=f"{number}", body="New.")
    # The second page is the first one again: nothing on it is new any more, and yet more follows.
    large.simulator.faults.add("list", path=REVIEWS, variant="again", times=2)
    repeated = reviews(workspace.sync.run())
    assert (repeated.ok, repeated.new) == (False, 200)
    assert "Apple's list repeats itself." in repeated.detail
    rest = reviews(workspace.sync.run())
    assert (rest.ok, rest.new) == (True, 250)
    assert cached(workspace) == 1350


def test_a_page_that_repeats_its_own_rows_hides_no_new_review(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    workspace.sync.run()
    for number in range(450):
        large.simulator.happen("write", app_id=large.app_ids[0], rating=1, title=f"{number}", body="New.")
    large.simulator.faults.add("list", path=REVIEWS, variant="repeated", skip=1)
    assert (repeated := reviews(workspace.sync.run())).new == 300
    assert not repeated.ok
    rest = reviews(workspace.sync.run())
    assert (rest.ok, rest.new) == (True, 150)


def answered(workspace: Workspace) -> dict[str, str]:
    """Review id -> the reply that is known."""
    details = workspace.inbox.export(parse("has:reply", now=datetime.now(UTC)))
    return {detail.review.id: detail.review.response.text for detail in details if detail.review.response}


@pytest.mark.parametrize("full", [True, False])
def test_a_page_without_responses_takes_no_reply_away(large: Apple, desk: Desk, full: bool) -> None:
    workspace = desk.open(large.account())
    workspace.sync.run()
    before = answered(workspace)
    assert len(before) > 200
    large.simulator.faults.add("list", path=REVIEWS, variant="no_responses", times=None)
    large.simulator.ledger.reset()
    result = reviews(workspace.sync.run(full=full))
    assert (result.ok, result.changed) == (True, 0)
    assert answered(workspace) == before
    assert large.asked("/v1/customerReviews/") == 20, "those that are too many are not asked for one by one"


def test_a_reply_that_was_withdrawn_is_gone_once_the_review_itself_shows_it(large: Apple, desk: Desk) -> None:
    workspace = desk.open(large.account())
    workspace.sync.run()
    before = answered(workspace)
    gone, kept = list(before)[:2]
    for review_id in (gone, kept):
        reply = large.simulator.world.reviews[review_id].reply
        assert reply is not None
        large.simulator.world.withdraw(reply.id)
    # The list says that both are gone; of one of them Apple does not know the review itself.
    large.simulator.faults.add("status", path=f"/v1/customerReviews/{kept}", status=404)
    result = reviews(workspace.sync.run(full=True))
    assert (result.ok, result.changed) == (True, 1)
    assert answered(workspace).keys() == before.keys() - {gone}
    assert reviews(workspace.sync.run(full=True)).ok
    assert answered(workspace).keys() == before.keys() - {gone, kept}
