"""The hourly budget: what is kept for replies, and when background work may look again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ascinbox.core.errors import RateLimited
from ascinbox.core.records import Budget
from ascinbox.sources.apple.budget import RateBudget
from ascinbox.sources.apple.client import AppleClient
from tests.sources.apple.conftest import Connect
from tests.sources.apple.scripted_server import (
    POST,
    REVIEWS,
    ScriptedServer,
    StepClock,
    reply_json,
    reply_problem,
    response_document,
    reviews_document,
)


def limits(left: int, limit: int = 1000, name: str = "hour") -> list[str]:
    return [f"user-{name}-lim:{limit};user-{name}-rem:{left};"]


@pytest.fixture
def budget(clock: StepClock) -> RateBudget:
    return RateBudget(clock, keep_back_percent=15, jitter=lambda: 1.0)


def test_nothing_waits_while_nothing_is_known(budget: RateBudget) -> None:
    assert [budget.admit(urgent=False) for _ in range(50)] == [0.0] * 50
    assert budget.budget == Budget()


def test_background_stops_at_the_kept_share_and_replies_pass(budget: RateBudget) -> None:
    budget.observe(limits(155))
    admitted = [budget.admit(urgent=False) for _ in range(20)]
    assert admitted.count(0.0) == 5
    assert admitted[5:] == [60.0] * 15
    assert [budget.admit(urgent=True) for _ in range(160)] == [0.0] * 160
    assert budget.budget.hour_left == 0


def test_one_background_request_a_minute_looks_whether_the_hour_has_moved_on(
    budget: RateBudget, clock: StepClock
) -> None:
    budget.observe(limits(100))
    budget.admit(urgent=True)
    went = 0
    for _ in range(3600):
        clock.advance(1)
        if budget.admit(urgent=False) == 0:
            went += 1
            budget.observe(limits(100))
    assert 58 <= went <= 60
    budget.observe(limits(900))
    assert budget.admit(urgent=False) == 0


def test_what_was_seen_an_hour_ago_counts_no_more(budget: RateBudget, clock: StepClock) -> None:
    budget.observe(limits(0))
    clock.advance(3600)
    assert budget.budget.hour_left is None
    assert budget.budget.hour_limit == 1000
    assert budget.admit(urgent=False) == budget.admit(urgent=False) == 0


def test_the_minute_is_kept_too(budget: RateBudget, clock: StepClock) -> None:
    budget.observe(limits(10, 150, "minute"))
    clock.advance(20)
    assert budget.admit(urgent=False) == 40
    assert budget.admit(urgent=True) == 0
    clock.advance(40)
    assert budget.admit(urgent=False) == 0


def test_nothing_kept_back_means_nothing_kept_back(clock: StepClock) -> None:
    budget = RateBudget(clock, keep_back_percent=0)
    budget.observe(limits(2))
    assert [budget.admit(urgent=False) for _ in range(3)] == [0, 0, 60]


def test_limits_that_change_while_running_are_taken_as_they_come(budget: RateBudget) -> None:
    budget.observe(limits(700, 3500))
    assert budget.admit(urgent=False) == 0
    budget.observe(limits(700, 7200))
    assert budget.admit(urgent=False) > 0
    assert budget.budget.hour_limit == 7200


def test_fields_without_a_remainder_change_nothing(budget: RateBudget) -> None:
    budget.observe(limits(500))
    budget.observe([])
    budget.observe(["nonsense", "user-hour-lim:5;"])
    assert (budget.budget.hour_limit, budget.budget.hour_left) == (1000, 500)


def test_what_another_process_saw_is_taken_over_if_newer(budget: RateBudget, clock: StepClock) -> None:
    budget.observe(limits(500))
    older = Budget(1000, 100, seen_at=clock.now() - timedelta(minutes=1))
    budget.learn(older)
    assert budget.budget.hour_left == 500
    clock.advance(10)
    budget.learn(Budget(1000, 100, seen_at=clock.now(), held_until=clock.now() + timedelta(hours=5)))
    assert budget.budget.hour_left == 100
    assert budget.held_until == clock.now() + timedelta(minutes=15)
    assert budget.admit(urgent=True) == 900


def test_callers_are_told(server: ScriptedServer, connect: Connect, clock: StepClock) -> None:
    told: list[Budget] = []
    client = connect(server, on_budget=told.append)
    server.on(REVIEWS, reply_json(reviews_document(range(1)), 200, ("X-Rate-Limit", limits(3499, 3500)[0])))
    client.reviews("1")
    assert told == [Budget(3500, 3499, None, None, clock.now())]
    assert client.budget.budget == told[0]


def test_a_low_budget_stops_reading_but_not_replying(
    server: ScriptedServer, client: AppleClient, clock: StepClock
) -> None:
    low = ("X-Rate-Limit", limits(300, 3500)[0])
    server.on(REVIEWS, reply_json(reviews_document(range(1)), 200, low))
    server.on(POST, reply_json(response_document("Hi"), 201, low))
    client.reviews("1")
    with pytest.raises(RateLimited) as caught:
        client.reviews("1")
    assert "kept for replies" in caught.value.title
    assert caught.value.retry_at == clock.now() + timedelta(seconds=60)
    assert caught.value.problems == ()
    assert client.publish("r1", "Hi").text == "Hi"
    assert client.reviews("1", urgent=True).items
    clock.advance(60)
    assert client.reviews("1").items


def test_two_clients_of_one_key_share_a_budget(
    server: ScriptedServer, connect: Connect, clock: StepClock
) -> None:
    shared = RateBudget(clock)
    first, second = connect(server, budget=shared), connect(server, budget=shared)
    low = ("X-Rate-Limit", limits(300, 3500)[0])
    server.on(REVIEWS, reply_json(reviews_document(range(1)), 200, low))
    first.reviews("1")
    with pytest.raises(RateLimited):
        second.reviews("1")


def test_a_429_is_told_to_others_and_their_waits_are_heard(clock: StepClock) -> None:
    told: list[datetime] = []
    heard: list[Budget | None] = [None]
    asked = 0

    def others() -> Budget | None:
        nonlocal asked
        asked += 1
        return heard[0]

    budget = RateBudget(clock, on_hold=told.append, others=others)
    until = budget.refused("120")
    assert told == [until] == [clock.now() + timedelta(seconds=120)]
    other = RateBudget(clock, others=others)
    assert other.admit(urgent=True) == 0
    heard[0] = Budget(held_until=until)
    assert other.admit(urgent=True) == 0, "they are looked up once a second at most"
    clock.advance(1)
    assert other.admit(urgent=True) == 119
    assert other.held_until == until
    assert asked == 2
    clock.advance(119)
    heard[0] = None
    assert other.admit(urgent=False) == 0


def test_a_hold_without_figures_leaves_the_figures_alone(budget: RateBudget, clock: StepClock) -> None:
    budget.observe(limits(500))
    budget.learn(Budget(held_until=clock.now() + timedelta(seconds=30)))
    assert (budget.budget.hour_left, budget.admit(urgent=True)) == (500, 30)


def test_reports_leave_reviews_a_share_of_the_hour(budget: RateBudget) -> None:
    budget.observe(limits(303))
    assert [budget.admit(urgent=False, patient=True) for _ in range(5)] == [0, 0, 0, 60, 60]
    assert [budget.admit(urgent=False) for _ in range(100)] == [0.0] * 100


def test_a_report_that_has_to_wait_says_what_for(server: ScriptedServer, connect: Connect) -> None:
    client = connect(server)
    client.budget.observe(limits(290))
    client.budget.admit(urgent=True)
    with pytest.raises(RateLimited, match="kept for reviews and replies"):
        client.download("/v1/salesReports", {})
    assert server.seen == []


@pytest.mark.parametrize("headers", ["one", "two"])
def test_a_minutes_limit_is_waited_out(
    server: ScriptedServer, client: AppleClient, clock: StepClock, headers: str
) -> None:
    def told(minute_left: int, hour_left: int = 3000) -> list[tuple[str, str]]:
        hour, minute = limits(hour_left, 3500)[0], limits(minute_left, 100, "minute")[0]
        values = [hour + minute] if headers == "one" else [hour, minute]
        return [("X-Rate-Limit", value) for value in values]

    page = reviews_document(range(1))
    server.on(
        REVIEWS,
        reply_json(page, 200, *told(10)),
        reply_json(page, 200, *told(99)),
        reply_problem(429, "RATE_LIMIT_EXCEEDED").with_headers(*told(0)),
        reply_json(page, 200, *told(99)),
    )
    began = clock.monotonic()
    assert client.reviews("1").items
    assert client.reviews("1").items
    assert clock.monotonic() - began == pytest.approx(60, abs=1)
    assert client.reviews("1").items
    assert clock.monotonic() - began == pytest.approx(120, abs=2)
    assert len(server.asked(REVIEWS)) == 4


def test_the_minutes_limit_is_no_excuse_where_the_hour_is_over(
    server: ScriptedServer, client: AppleClient, clock: StepClock
) -> None:
    over = limits(0, 3500)[0] + limits(0, 100, "minute")[0]
    server.on(REVIEWS, reply_problem(429, "RATE_LIMIT_EXCEEDED").with_headers(("X-Rate-Limit", over)))
    with pytest.raises(RateLimited):
        client.reviews("1")
    assert len(server.asked(REVIEWS)) == 1


def test_a_reply_does_not_stand_still_for_a_minute(
    server: ScriptedServer, client: AppleClient, clock: StepClock
) -> None:
    over = limits(900, 3500)[0] + limits(0, 100, "minute")[0]
    server.on(REVIEWS, reply_problem(429, "RATE_LIMIT_EXCEEDED").with_headers(("X-Rate-Limit", over)))
    began = clock.monotonic()
    with pytest.raises(RateLimited) as caught:
        client.reviews("1", urgent=True)
    assert clock.monotonic() == began
    assert caught.value.retry_at == clock.now() + timedelta(seconds=60)


def test_each_429_of_the_minute_waits_a_minute_and_no_longer(budget: RateBudget, clock: StepClock) -> None:
    """Others who use the key may take the minute again and again; the hour is not over by that."""
    of_the_minute = limits(900, 3500) + limits(0, 100, "minute")
    for _ in range(4):
        until = budget.refused(None, of_the_minute)
        assert until == clock.now() + timedelta(seconds=60)
        clock.sleep(60)
    waits = []
    for _ in range(3):
        waits.append((budget.refused(None, limits(0, 3500)) - clock.now()).total_seconds())
        clock.sleep(waits[-1])
    assert waits == sorted(set(waits))
