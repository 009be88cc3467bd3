"""Reviews into the cache: complete, cheap when nothing is new, resumable, one failure never spreads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ascinbox.core.errors import NetworkError, UsageError
from ascinbox.core.events import Connectivity, Event, ReviewsChanged, SyncProgress
from ascinbox.core.filters import parse
from ascinbox.core.text import clean_body, clean_line
from ascinbox.workers.runtime.results import DatasetResult, SyncResult
from ascinbox.workers.runtime.watch import pause_after, seconds_until
from ascinbox.workers.workspace import Workspace
from tests.workers.clocks import StepClock
from tests.workers.simulated_apple import Apple, Desk

REVIEWS = "customerReviews"
JSON = {"content-type": "application/json"}


def cached(workspace: Workspace, text: str = "") -> int:
    query = parse(text, now=datetime.now(UTC))
    return workspace.inbox.count(query)


def only(result: SyncResult, dataset: str = "reviews") -> DatasetResult:
    (account,) = result.accounts
    return account.datasets[dataset]


@pytest.mark.slow
def test_everything_arrives_field_for_field(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=3, reviews=2500)
    workspace = desk.open(apple.account())
    result = workspace.sync.run()
    pages = sum(max(1, -(-len(apple.reviews_of(app)) // 200)) for app in apple.app_ids)
    assert only(result) == DatasetResult(requests=pages + 1, new=2500)
    assert apple.asked() <= pages + 3
    for app_id in apple.app_ids:
        for there in apple.reviews_of(app_id):
            here = workspace.inbox.detail(there.id)
            assert here is not None
            review = here.review
            assert (review.app_id, review.rating, review.territory) == (app_id, there.rating, there.territory)
            assert review.created_at is not None
            assert review.created_at.timestamp() == int(there.created)
            title, body, nickname = there.words()
            assert review.title == clean_line(title)
            assert review.body == clean_body(body)
            assert review.nickname == clean_line(nickname)
            assert (review.response is None) == (there.reply is None)
            if there.reply is not None and review.response is not None:
                assert review.response.text == clean_body(there.reply.text)
                assert review.response.id == there.reply.id


def test_a_second_sync_costs_at_most_two_requests_an_app(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account())
    workspace.sync.run()
    apple.simulator.ledger.reset()
    again = only(workspace.sync.run())
    assert again == DatasetResult(requests=1 + len(apple.app_ids))
    assert apple.asked() <= 2 * len(apple.app_ids)


def test_new_and_edited_reviews_near_the_top_come_with_the_next_sync(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account())
    workspace.sync.run()
    app = apple.app_ids[0]
    edited = apple.reviews_of(app)[3].id
    fresh = apple.simulator.happen("write", app_id=app, rating=1, title="New", body="It broke.")
    apple.simulator.happen("edit", review_id=edited, rating=2, title="Hm", body="Worse now.")
    result = only(workspace.sync.run())
    assert (result.new, result.changed, result.removed) == (1, 1, 0)
    detail = workspace.inbox.detail(fresh)
    assert detail is not None
    assert detail.review.body == "It broke."
    changed = workspace.inbox.detail(edited)
    assert changed is not None
    assert changed.review.body == "Worse now."
    assert changed.earlier is not None


def test_a_full_walk_finds_deep_edits_and_removals(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=1, reviews=650)
    workspace = desk.open(apple.account())
    workspace.sync.run()
    deep = [review.id for review in apple.reviews_of(apple.app_ids[0])]
    apple.simulator.happen("edit", review_id=deep[500], rating=1, title="", body="Changed.")
    apple.simulator.happen("remove", review_id=deep[600])
    quick = only(workspace.sync.run())
    assert (quick.changed, quick.removed) == (0, 0)
    full = only(workspace.sync.run(full=True))
    assert (full.new, full.changed, full.removed) == (0, 1, 1)
    assert cached(workspace) == 649
    removed = workspace.inbox.detail(deep[600])
    assert removed is not None
    assert removed.removed_at is not None


def test_a_full_walk_is_due_after_full_walk_hours(apple: Apple, desk: Desk) -> None:
    clock = StepClock(datetime.now(UTC))
    workspace = desk.open(apple.account(), clock=clock, sync_full_walk_hours="24")
    workspace.sync.run()
    victim = apple.reviews_of(apple.app_ids[0])[-1].id
    apple.simulator.happen("remove", review_id=victim)
    clock.advance(23 * 3600)
    apple.simulator.settings.skew_s = 23 * 3600
    assert only(workspace.sync.run()).removed == 0
    clock.advance(2 * 3600)
    apple.simulator.settings.skew_s = 25 * 3600
    assert only(workspace.sync.run()).removed == 1


def test_an_interrupted_walk_goes_on_where_it_stopped(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=1, reviews=1900)
    workspace = desk.open(apple.account())
    apple.simulator.faults.add("status", path=f"*{REVIEWS}", status=403, skip=6)
    broken = only(workspace.sync.run())
    assert not broken.ok
    assert (broken.new, broken.removed) == (1200, 0)
    assert cached(workspace) == 1200
    assert workspace.sync.cache_age_s() is None
    apple.simulator.ledger.reset()
    late = apple.simulator.happen("write", app_id=apple.app_ids[0], rating=5, title="Late", body="Meanwhile.")
    result = only(workspace.sync.run())
    assert result.ok
    assert cached(workspace) == 1901
    assert workspace.inbox.detail(late) is not None
    assert apple.asked(REVIEWS) <= 4 + 3


def test_a_cursor_that_apple_no_longer_knows_starts_the_walk_over(
    make_apple: Callable[..., Apple], desk: Desk
) -> None:
    apple = desk.apple = make_apple(apps=1, reviews=900)
    workspace = desk.open(apple.account())
    apple.simulator.faults.add("status", path=f"*{REVIEWS}", status=403, skip=2)
    workspace.sync.run()
    apple.simulator.faults.add("status", path=f"*{REVIEWS}", status=400, code="PARAMETER_ERROR.INVALID")
    result = only(workspace.sync.run())
    assert result.ok
    assert cached(workspace) == 900


@pytest.mark.parametrize(("status", "code"), [(409, "STATE_ERROR"), (400, "ENTITY_ERROR.INVALID")])
def test_a_refusal_that_is_not_about_the_cursor_leaves_the_walk_where_it_stood(
    make_apple: Callable[..., Apple], desk: Desk, status: int, code: str
) -> None:
    apple = desk.apple = make_apple(apps=1, reviews=900)
    workspace = desk.open(apple.account())
    apple.simulator.faults.add("status", path=f"*{REVIEWS}", status=403, skip=3)
    workspace.sync.run()
    stored = cached(workspace)
    assert 0 < stored < 900
    apple.simulator.faults.add("status", path=f"*{REVIEWS}", status=status, code=code)
    before = apple.asked(REVIEWS)
    refused = only(workspace.sync.run())
    assert (refused.ok, apple.asked(REVIEWS) - before) == (False, 1)
    assert cached(workspace) == stored
    before = apple.asked(REVIEWS)
    assert only(workspace.sync.run()).ok
    assert cached(workspace) == 900
    assert apple.asked(REVIEWS) - before <= (900 - stored) // 200 + 2


def test_one_app_that_is_refused_leaves_the_others(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account())
    bad = apple.app_ids[1]
    apple.simulator.faults.add("status", path=f"*/apps/{bad}/*", status=403, times=None)
    result = workspace.sync.run()
    reviews = only(result)
    assert not reviews.ok
    assert not result.ok
    assert apple.simulator.world.apps[bad].name in reviews.detail
    assert cached(workspace) == 120 - len(apple.reviews_of(bad))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "html", "status": 200}, "a web page"),
        ({"kind": "cut", "times": 9}, ""),
        ({"kind": "status", "status": 500, "times": 9}, ""),
        ({"kind": "answer", "status": 200, "body": '{"data": 7}', "headers": JSON}, ""),
    ],
)  # fmt: skip
def test_a_page_that_is_no_page_is_named_and_never_stored(
    apple: Apple, desk: Desk, fault: dict[str, object], words: str
) -> None:
    bad = apple.app_ids[0]
    workspace = desk.open(apple.account(), network_deadline_seconds="4")
    apple.simulator.faults.add(path=f"*/apps/{bad}/*", **fault)  # type: ignore[arg-type]
    result = only(workspace.sync.run())
    assert not result.ok
    assert words in result.detail
    assert "Traceback" not in result.detail
    assert cached(workspace) == 120 - len(apple.reviews_of(bad))
    assert workspace.sync.cache_age_s() is None
    apple.simulator.faults.clear()
    assert only(workspace.sync.run()).ok
    assert cached(workspace) == 120


def test_one_account_that_is_refused_leaves_the_others(make_apple: Callable[..., Apple], desk: Desk) -> None:
    good, bad = make_apple(seed=1), make_apple(seed=2)
    desk.apple = good
    # The second account's key is unknown to the first one's Apple: everything of it is 401.
    workspace = desk.open(good.account("Good"), bad.account("Bad"))
    result = workspace.sync.run()
    assert [(account.name, account.ok) for account in result.accounts] == [("Good", True), ("Bad", False)]
    assert not result.ok
    assert not result.all_failed
    assert cached(workspace) == 120


def test_an_app_that_two_accounts_see_is_fetched_once(apple: Apple, desk: Desk) -> None:
    both = apple.account("First"), apple.account("Second", apple.key("CUSTOMER_SUPPORT"))
    workspace = desk.open(*both)
    result = workspace.sync.run()
    assert result.ok
    assert apple.asked(REVIEWS) == len(apple.app_ids)
    assert cached(workspace) == 120
    assert [account.datasets["reviews"].new for account in result.accounts] == [120, 0]


def test_where_the_first_account_is_refused_the_second_one_fetches(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account("First"), apple.account("Second", apple.key("CUSTOMER_SUPPORT")))
    app = apple.app_ids[0]
    apple.simulator.faults.add(
        "status", path=f"*/apps/{app}/*", status=403, key_id=apple.key().key_id, times=None
    )
    result = workspace.sync.run()
    assert result.ok
    assert cached(workspace) == 120


def test_hidden_apps_are_not_fetched(apple: Apple, desk: Desk) -> None:
    hidden = apple.app_ids[0]
    workspace = desk.open(replace(apple.account(), hidden_apps=(hidden,)))
    workspace.sync.run()
    assert apple.asked(f"/apps/{hidden}/") == 0


def test_an_unreachable_apple_is_a_sentence(apple: Apple, desk: Desk) -> None:
    desk.apple = replace(apple, url="http://127.0.0.1:9")
    workspace = desk.open(apple.account())
    heard: list[Event] = []
    workspace.subscribe(heard.append)
    result = workspace.sync.run()
    assert result.all_failed
    assert only(result).requests == 0
    assert only(result).detail
    assert any(isinstance(event, Connectivity) and not event.online for event in heard)


def test_offline_and_unknown_names_are_refused(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account())
    with pytest.raises(UsageError, match="No account is called"):
        workspace.sync.run(["Nobody"])
    workspace.offline = True
    with pytest.raises(NetworkError):
        workspace.sync.run()
    assert apple.asked() == 0


def test_only_the_chosen_data_sets_are_synced(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(replace(apple.account(), features=("reviews",)))
    result = workspace.sync.run(datasets=["replies", "sales"])
    (account,) = result.accounts
    assert list(account.datasets) == ["replies"]
    assert apple.asked(REVIEWS) == 0


def test_progress_and_changes_are_told(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=2, reviews=900)
    workspace = desk.open(apple.account())
    heard: list[Event] = []
    workspace.subscribe(heard.append)
    workspace.sync.run()
    steps = [event for event in heard if isinstance(event, SyncProgress) and event.dataset == "reviews"]
    assert steps[-1].finished
    assert max(step.done for step in steps) == 900
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    news = [event for event in heard if isinstance(event, ReviewsChanged) and event.ids]
    assert sum(event.new for event in news) == 900


@pytest.mark.slow
def test_four_requests_at_a_time(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=10, reviews=4000)
    apple.simulator.settings.latency_s = 0.05
    workspace = desk.open(apple.account())
    running, most = 0, 0
    lock = threading.Lock()
    call = apple.simulator.__class__.__call__

    async def counting(self: object, *args: object) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            await call(self, *args)  # type: ignore[arg-type]
        finally:
            with lock:
                running -= 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apple.simulator.__class__, "__call__", counting)
        workspace.sync.run()
    assert most == 4


def test_two_programs_do_not_both_page(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=2, reviews=1200)
    apple.simulator.settings.latency_s = 0.05
    first, second = desk.open(apple.account()), desk.open()
    results: list[SyncResult] = []
    threads = [
        threading.Thread(target=lambda w=w: results.append(w.sync.run(wait_s=30))) for w in (first, second)
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join(30)
    assert [result.ok for result in results] == [True, True]
    assert sorted(result.total("new") for result in results) == [0, 1200]
    pages = sum(-(-len(apple.reviews_of(app)) // 200) for app in apple.app_ids)
    assert apple.asked(REVIEWS) <= pages + len(apple.app_ids)


def test_a_busy_account_is_reported_and_left_alone(apple: Apple, desk: Desk) -> None:
    from ascinbox.workers.runtime.leases import Lease

    workspace, other = desk.open(apple.account()), desk.open()
    lease = Lease(other, 1)
    assert lease.take()
    result = only(workspace.sync.run())
    assert not result.ok
    assert "Another ascinbox" in result.detail
    lease.release()
    assert only(workspace.sync.run()).ok


def test_losing_the_lease_stops_at_the_next_page(
    make_apple: Callable[..., Apple], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ascinbox.workers.runtime import leases

    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.05)
    apple = desk.apple = make_apple(apps=1, reviews=3000)
    apple.simulator.settings.latency_s = 0.1
    workspace = desk.open(apple.account())
    running = threading.Thread(target=lambda: results.append(workspace.sync.run()))
    results: list[SyncResult] = []
    running.start()
    time.sleep(0.5)

    def steal(store: object) -> None:
        with store.database.write() as connection:  # type: ignore[attr-defined]
            connection.execute("UPDATE cache.lease SET owner = 'somebody else', expires_at = expires_at + 30")

    workspace.store.call(steal)
    running.join(10)
    (result,) = results
    assert not only(result).ok
    assert only(result).requests < 16


def test_closing_the_workspace_ends_a_sync_soon(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=1, reviews=3000)
    apple.simulator.settings.latency_s = 0.2
    workspace = desk.open(apple.account())
    future = workspace.background(workspace.sync.run)
    time.sleep(0.6)
    began = time.monotonic()
    workspace.stop.set()
    result = future.result(5)
    assert time.monotonic() - began < 3
    assert not only(result).ok
    reopened = desk.open()
    assert 0 < cached(reopened) < 3000
    apple.simulator.settings.latency_s = 0.0
    assert only(reopened.sync.run()).ok
    assert cached(reopened) == 3000


def test_a_429_says_from_when_on_to_ask_again(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account())
    apple.simulator.faults.add(
        kind="status", method="GET", path="/v1/apps/*/customerReviews", status=429, retry_after="20"
    )
    began = workspace.clock.now()
    result = workspace.sync.run(datasets=["reviews"])
    assert not only(result).ok
    assert result.retry_at is not None
    left = seconds_until(result.retry_at, began)
    assert left is not None
    assert 19 <= left <= 60
    assert pause_after(900, 1, left) == left, "Apple's word is sooner than our own pause"
    assert pause_after(900, 0, 7200) < 1000
    assert pause_after(900, 2) > 3000
